#include "suite/plan/reference.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "suite/base/files.hpp"
#include "suite/base/hash.hpp"
#include "suite/base/names.hpp"
#include "suite/plan/declare/csv_table.hpp"
#include "suite/plan/plan.hpp"

namespace suite::plan {
namespace {

namespace fs = std::filesystem;

constexpr double highest_percent = 100.0;

/// Half a unit of the last digit: "56.07" gives 0.005.
double half_of_last_digit(std::string_view number) {
    const std::size_t point = number.find('.');
    const std::size_t decimals = point == std::string_view::npos ? 0 : number.size() - point - 1;
    return 0.5 * std::pow(10.0, -static_cast<double>(decimals));
}

/// Of the file that the row names; 0 where it names none.
std::uint64_t line_of(CsvTable& table, const CsvRow& row) {
    return table.text(row, "line").empty() ? 0 : table.whole(row, "line").value_or(0);
}

/// Reads the files of one workload under one profile.
class ReferenceReader {
public:
    ReferenceReader(const Catalog& catalog, const WorkloadSpec& workload, const ProfileSpec& profile,
                    const std::string& protocol);
    References read();

private:
    void read_unshown(const fs::path& path);
    /// What the workloads of a view hold of its cells; what it prints itself stays.
    void inherit(References part);
    void merge_raw(std::map<std::string, Reference> raw);
    /// The file's name as messages say it.
    [[nodiscard]] std::string name_of(const fs::path& path) const;
    /// Cell and metric of a row; nothing (and a fault) unless both are the workload's.
    std::optional<std::string> cell_of(CsvTable& table, const CsvRow& row);
    std::optional<double> percent(CsvTable& table, const CsvRow& row, std::string_view column);
    void read_printed(const fs::path& path);
    void read_seeds(const fs::path& path, ReferenceKind kind, std::map<std::string, Reference>& cells);
    void add_printed(CsvTable& table, const CsvRow& row, const std::string& cell);
    void add_value(CsvTable& table, const CsvRow& row, const std::string& cell, Reference& reference);
    void read_throughput(const fs::path& path);
    void add_rung(CsvTable& table, const CsvRow& row, const std::string& cell, const PrintedThroughput& base);
    void read_baseline(const fs::path& path);
    std::string read_baseline_origin(const fs::path& csv, const fs::path& json);
    void add_baseline_facts(const std::map<std::string, std::string>& facts);

    const Catalog& catalog_;
    const WorkloadSpec& workload_;
    const ProfileSpec& profile_;
    const std::string& protocol_;
    fs::path root_;
    std::map<std::string, std::string> metrics_; ///< cell -> metric
    std::vector<std::string> cells_;
    References references_;
    FaultList faults_;
};

ReferenceReader::ReferenceReader(const Catalog& catalog, const WorkloadSpec& workload,
                                 const ProfileSpec& profile, const std::string& protocol)
    : catalog_(catalog), workload_(workload), profile_(profile), protocol_(protocol), root_(catalog.root) {
    for (const CellId& id : workload_cells(workload)) {
        cells_.push_back(id.text());
        const DataSetSpec* target =
            workload.scaling ? nullptr : &find(catalog.data_sets, id.target(), "data set");
        metrics_[id.text()] = target == nullptr ? std::string(efficiency_metric) : target->metric;
        if (target != nullptr) {
            references_.test_images[id.target()] = target->test_images;
        }
    }
}

std::string ReferenceReader::name_of(const fs::path& path) const {
    return (root_.filename() / path.lexically_relative(root_)).string();
}

std::optional<std::string> ReferenceReader::cell_of(CsvTable& table, const CsvRow& row) {
    const std::string& cell = table.text(row, "cell");
    const auto known = metrics_.find(cell);
    if (known == metrics_.end()) {
        table.add_fault(row, fmt::format("cell '{}'", cell), expected_names(cell, cells_));
        return std::nullopt;
    }
    if (const std::string& metric = table.text(row, "metric"); metric != known->second) {
        table.add_fault(row, fmt::format("metric '{}'", metric),
                        fmt::format("{} of {}", known->second, cell));
        return std::nullopt;
    }
    return cell;
}

std::optional<double> ReferenceReader::percent(CsvTable& table, const CsvRow& row, std::string_view column) {
    const std::optional<double> value = table.number(row, column);
    if (value && (*value < 0.0 || *value > highest_percent)) {
        table.add_fault(row, fmt::format("{} {}", column, *value), "percent, 0 to 100");
        return std::nullopt;
    }
    return value;
}

void ReferenceReader::add_printed(CsvTable& table, const CsvRow& row, const std::string& cell) {
    const auto mean = percent(table, row, "mean");
    const auto sd = percent(table, row, "sd");
    const auto n = table.whole(row, "n");
    const std::string& bold = table.text(row, "bold");
    if (bold != "" && bold != "0" && bold != "1") {
        table.add_fault(row, fmt::format("bold '{}'", bold), "1, 0 or nothing");
    }
    if (!mean || !sd || !n) {
        return;
    }
    Reference reference{.kind = ReferenceKind::printed,
                        .metric = metrics_.at(cell),
                        .values = {},
                        .printed =
                            PrintedCell{.mean = *mean,
                                        .sd = *sd,
                                        .n = static_cast<std::size_t>(*n),
                                        .rounding_half_width = half_of_last_digit(table.text(row, "mean")),
                                        .where = table.text(row, "where"),
                                        .bold = bold.empty() ? std::nullopt : std::optional(bold == "1"),
                                        .origin = table.text(row, "origin"),
                                        .file = table.text(row, "file"),
                                        .line = line_of(table, row)},
                        .origin = table.text(row, "origin"),
                        .raw_source = {}};
    if (!references_.published.try_emplace(cell, std::move(reference)).second) {
        table.add_fault(row, fmt::format("a second row of {}", cell), "one row a cell");
    }
}

void ReferenceReader::read_printed(const fs::path& path) {
    if (!fs::exists(path)) {
        return;
    }
    CsvTable table(path, name_of(path),
                   {"cell", "metric", "mean", "sd", "n", "where", "bold", "origin", "file?", "line?"},
                   faults_);
    for (const CsvRow& row : table.rows()) {
        if (const auto cell = cell_of(table, row)) {
            add_printed(table, row, *cell);
        }
    }
}

// E(N) = 100 T(N) / (N T(1)), known as well as the last printed digits of both
// (paper.md#throughput-and-efficiency).
void ReferenceReader::add_rung(CsvTable& table, const CsvRow& row, const std::string& cell,
                               const PrintedThroughput& base) {
    const auto throughput = table.number(row, "images_per_second");
    const auto speedup = table.number(row, "speedup");
    if (!throughput || !speedup || !(*throughput > 0.0) || !(base.images_per_second > 0.0)) {
        table.add_fault(row, fmt::format("no throughput of {}", cell), "images per second above 0");
        return;
    }
    const double ranks = std::stod(cell.substr(cell.rfind('/') + 1));
    const double mean = highest_percent * *throughput / (ranks * base.images_per_second);
    const double rounding =
        mean * (half_of_last_digit(table.text(row, "images_per_second")) / *throughput +
                half_of_last_digit(table.text(row, "images_per_second")) / base.images_per_second);
    PrintedCell printed{.mean = mean,
                        .sd = 0.0,
                        .n = 1,
                        .rounding_half_width = ranks > 1 ? rounding : 0.0,
                        .where = table.text(row, "where"),
                        .bold = std::nullopt,
                        .origin = table.text(row, "origin"),
                        .file = table.text(row, "file"),
                        .line = line_of(table, row)};
    Reference reference{.kind = ReferenceKind::printed,
                        .metric = metrics_.at(cell),
                        .values = {{.seed = 0, .value = mean}},
                        .printed = std::move(printed),
                        .origin = table.text(row, "origin"),
                        .throughput = PrintedThroughput{*throughput, *speedup}};
    if (!references_.published.try_emplace(cell, std::move(reference)).second) {
        table.add_fault(row, fmt::format("a second row of {}", cell), "one row a cell");
    }
}

// The base case of a target, network and mode stands before its rungs.
void ReferenceReader::read_throughput(const fs::path& path) {
    if (!fs::exists(path)) {
        return;
    }
    CsvTable table(path, name_of(path),
                   {"cell", "images_per_second", "speedup", "where", "origin", "file?", "line?"}, faults_);
    std::map<std::string, PrintedThroughput> bases;
    for (const CsvRow& row : table.rows()) {
        const std::string& cell = table.text(row, "cell");
        if (cell.ends_with("/1")) {
            bases[cell.substr(0, cell.rfind('/'))] = {
                .images_per_second = table.number(row, "images_per_second").value_or(0.0), .speedup = 1.0};
        }
        const auto base = bases.find(cell.substr(0, cell.rfind('/')));
        if (!metrics_.contains(cell) || base == bases.end()) {
            table.add_fault(row, fmt::format("cell '{}'", cell),
                            base == bases.end() ? "its base case of 1 rank before it"
                                                : expected_names(cell, cells_));
            continue;
        }
        add_rung(table, row, cell, base->second);
    }
}

void ReferenceReader::add_value(CsvTable& table, const CsvRow& row, const std::string& cell,
                                Reference& reference) {
    const auto seed = table.whole(row, "seed");
    const auto value = percent(table, row, "value");
    if (!seed || !value) {
        return;
    }
    const auto place =
        std::lower_bound(reference.values.begin(), reference.values.end(), *seed,
                         [](const SeedValue& entry, std::uint64_t s) { return entry.seed < s; });
    if (place != reference.values.end() && place->seed == *seed) {
        table.add_fault(row, fmt::format("seed {} of {} a second time", *seed, cell),
                        "each seed of a cell once");
        return;
    }
    reference.values.insert(place, SeedValue{.seed = *seed,
                                             .value = *value,
                                             .key = table.text(row, "key"),
                                             .line = line_of(table, row)});
}

void ReferenceReader::read_seeds(const fs::path& path, ReferenceKind kind,
                                 std::map<std::string, Reference>& cells) {
    if (!fs::exists(path)) {
        return;
    }
    CsvTable table(path, name_of(path),
                   {"cell", "metric", "seed", "value", "origin?", "key?", "raw_source?", "file?", "line?"},
                   faults_);
    for (const CsvRow& row : table.rows()) {
        const auto cell = cell_of(table, row);
        if (!cell) {
            continue;
        }
        Reference& reference = cells[*cell];
        reference.kind = kind;
        reference.metric = metrics_.at(*cell);
        reference.origin =
            kind == ReferenceKind::baseline ? references_.baseline_origin : table.text(row, "origin");
        reference.raw_source = table.text(row, "raw_source");
        reference.raw_file = table.text(row, "file");
        add_value(table, row, *cell, reference);
    }
}

std::string ReferenceReader::read_baseline_origin(const fs::path& csv, const fs::path& json) {
    const auto fail = [&](std::string found, std::string expected) {
        faults_.add(
            {.where = name_of(json),
             .found = std::move(found),
             .expected = std::move(expected),
             .fix = fmt::format("transferscale baseline record {} --profile {}", workload_.id, profile_.id)});
        return std::string();
    };
    if (!fs::exists(json)) {
        return fail("no such file", fmt::format("where and from what {} was recorded", name_of(csv)));
    }
    const auto document = nlohmann::json::parse(read_file(json, ErrorKind::usage), nullptr, false);
    for (const char* key : {"recorded", "host", "cpu", "commit", "values_sha256"}) {
        if (!document.is_object() || !document.contains(key) || !document[key].is_string()) {
            return fail(fmt::format("no text '{}'", key), "a JSON object as `baseline record` writes it");
        }
    }
    if (const std::string now = sha256_hex_of_file(csv); document["values_sha256"] != now) {
        return fail(
            "values_sha256 " + document["values_sha256"].get<std::string>(),
            fmt::format("{}, the SHA-256 of {}: values are recorded, never edited", now, name_of(csv)));
    }
    std::map<std::string, std::string> facts;
    for (const auto& [name, value] : document.items()) {
        if (value.is_string()) {
            facts[name] = value.get<std::string>();
        }
    }
    add_baseline_facts(facts);
    return fmt::format("baseline of profile {}, recorded {} on {} ({}), commit {:.12}", profile_.id,
                       document["recorded"].get<std::string>(), document["host"].get<std::string>(),
                       document["cpu"].get<std::string>(), document["commit"].get<std::string>());
}

void ReferenceReader::add_baseline_facts(const std::map<std::string, std::string>& facts) {
    for (const auto& [name, value] : facts) {
        std::string& known = references_.baseline_facts[name];
        if (known.empty()) {
            known = value;
        } else if (("; " + known + "; ").find("; " + value + "; ") == std::string::npos) {
            known += "; " + value;
        }
    }
}

void ReferenceReader::read_baseline(const fs::path& path) {
    if (fs::exists(path)) {
        references_.baseline_origin = read_baseline_origin(path, fs::path(path).replace_extension(".json"));
        read_seeds(path, ReferenceKind::baseline, references_.baseline);
    }
}

// Their rows are checked like those of cells: they are cells for the time of reading.
void ReferenceReader::read_unshown(const fs::path& path) {
    if (!fs::exists(path)) {
        return;
    }
    const std::map<std::string, std::string> shown = metrics_;
    const std::vector<std::string>& targets = workload_.values(AxisRole::target);
    FaultList faults_of_header;
    CsvTable table(path, name_of(path),
                   {"cell", "metric", "seed", "value", "origin", "raw_source", "file", "line"},
                   faults_of_header);
    for (const CsvRow& row : table.rows()) {
        const std::string& cell = table.text(row, "cell");
        const std::string target = plan::cell_of(workload_.axes, cell).target();
        if (shown.contains(cell)) {
            faults_.add({.where = fmt::format("{}:{}", name_of(path), row.line),
                         .found = fmt::format("cell '{}' of the workload", cell),
                         .expected = "cells that it does not have",
                         .fix = "move the row to raw_seeds.csv"});
        } else if (std::count(targets.begin(), targets.end(), target) > 0 &&
                   std::count(cell.begin(), cell.end(), '/') >= 2) {
            metrics_[cell] = find(catalog_.data_sets, target, "data set").metric;
        }
    }
    read_seeds(path, ReferenceKind::raw_seeds, references_.unshown);
    metrics_ = shown;
}

// Raw values are used where there are any; the printed summary is kept beside them.
void ReferenceReader::merge_raw(std::map<std::string, Reference> raw) {
    for (auto& [cell, reference] : raw) {
        const auto printed = references_.published.find(cell);
        if (printed != references_.published.end() && printed->second.printed) {
            reference.printed = printed->second.printed;
        }
        references_.published[cell] = std::move(reference);
    }
}

void ReferenceReader::inherit(References part) {
    std::erase_if(part.published, [this](const auto& entry) {
        return !metrics_.contains(entry.first) ||
               (references_.published.contains(entry.first) && entry.second.values.empty());
    });
    std::erase_if(part.baseline, [this](const auto& entry) { return !metrics_.contains(entry.first); });
    merge_raw(std::move(part.published));
    references_.baseline.merge(part.baseline);
    add_baseline_facts(part.baseline_facts);
    const std::string& origin = part.baseline_origin;
    if (!origin.empty() && references_.baseline_origin.find(origin) == std::string::npos) {
        references_.baseline_origin += (references_.baseline_origin.empty() ? "" : "; ") + origin;
    }
}

References ReferenceReader::read() {
    const fs::path folder = workload_.folder;
    // Efficiencies of another machine are no baseline: rungs are compared with what was published.
    references_.compares_with_baseline = profile_.recorded_baseline && !workload_.scaling;
    read_throughput(folder / "reference" / "throughput.csv");
    read_printed(folder / "reference" / "printed.csv");
    std::map<std::string, Reference> raw;
    read_seeds(folder / "reference" / "raw_seeds.csv", ReferenceKind::raw_seeds, raw);
    merge_raw(std::move(raw));
    read_unshown(folder / "reference" / "unshown_seeds.csv");
    if (workload_.scaling) {
        faults_.throw_if_any(ErrorKind::usage, 2);
        return std::move(references_);
    }
    const fs::path own = folder / "baseline" / (baseline_name(profile_.id, protocol_) + ".csv");
    read_baseline(fs::exists(own) ? own : folder / "baseline" / (profile_.id + ".csv"));
    for (const std::string& id : workload_.union_of) {
        inherit(load_references(catalog_, id, profile_.id, protocol_));
    }
    faults_.throw_if_any(ErrorKind::usage, 2);
    return std::move(references_);
}

} // namespace

std::string_view to_string(ReferenceKind kind) noexcept {
    constexpr std::array<std::string_view, 3> words{"raw_seeds", "printed", "baseline"};
    return words[static_cast<std::size_t>(kind)];
}

double Reference::rounding_half_width() const {
    return values.empty() && printed ? printed->rounding_half_width : 0.0;
}

const Reference* References::judging(const std::string& cell) const {
    const auto& cells = compares_with_baseline ? baseline : published;
    const auto found = cells.find(cell);
    return found == cells.end() ? nullptr : &found->second;
}

std::string baseline_name(const std::string& profile, const std::string& protocol) {
    return protocol == as_run ? profile : profile + "-" + protocol;
}

References load_references(const Catalog& catalog, const std::string& workload, const std::string& profile,
                           const std::string& protocol) {
    return ReferenceReader(catalog, find(catalog.workloads, workload, "workload"),
                           find(catalog.profiles, profile, "profile"), protocol)
        .read();
}

} // namespace suite::plan
