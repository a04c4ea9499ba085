#include <algorithm>
#include <bit>
#include <cmath>
#include <set>
#include <span>
#include <stdexcept>

#include <fmt/format.h>

#include "metrics/earlier_rules.hpp"
#include "reports/bundle/bundle.hpp"
#include "reports/bundle/scaling.hpp"
#include "reports/bundle/tables.hpp"
#include "reports/bundle/test_set.hpp"
#include "reports/check/check.hpp"
#include "suite/base/hash.hpp"
#include "suite/plan/spec/enum_names.hpp"
#include "suite/store/bundle_file.hpp"
#include "suite/store/exclusive_file.hpp"

namespace reports {
namespace {

using namespace bundle;
using suite::ErrorKind;
using suite::store::Lookup;
using suite::store::LookupState;
using suite::store::RunRecord;
using suite::store::RunStatus;
using suite::store::Table;

constexpr int schema_with_parents = 3;
/// Above this a bundle is refused: 100,000 runs take about 0.5 GB.
constexpr std::size_t longest_bundle_bytes = std::size_t{4} << 30;
constexpr std::size_t most_faults_told = 20;
/// Earlier bundles were judged by other rules.
constexpr int schema_of_rules = 3;
/// Relative.
constexpr double earlier_tolerance = 1e-9;
constexpr const char* foreign_fix = "bundle again from the store: these records do not belong together";

/// Reads the tables and makes of them what a check needs.
class BundleReader {
public:
    BundleReader(std::string_view bytes, std::string where) : where_(where), file_(bytes, std::move(where)) {}

    OpenedBundle read();

private:
    template<typename Row, typename... Values>
    std::vector<Row> rows(const std::string& name, const std::tuple<Field<Row, Values>...>& fields) {
        const Table columns = suite::store::to_table(std::span<const Row>(), fields);
        return suite::store::from_table<Row>(file_.table(name, columns), fields);
    }
    void add_foreign(const std::string& what, std::string found, std::string expected) {
        foreign_.add({.where = where_ + ": " + what,
                      .found = std::move(found),
                      .expected = std::move(expected),
                      .fix = foreign_fix});
    }
    void read_declaration();
    void read_runs();
    void take_run(const RunRow& row);
    void check_links();
    void read_records();
    [[nodiscard]] RunRecord* record_at(std::int64_t run, const char* table);
    void read_parts();
    void check_keys();
    void compare_tables(const CheckResult& result);
    /// With the columns that this schema has.
    [[nodiscard]] Table as_stored(Table table) const;
    [[nodiscard]] bool is_compared(const std::string& table, const std::string& column) const;
    /// Puts what the rules of earlier schemas called otherwise into the recomputed cells.
    void take_earlier_cells(const CheckResult& result, const Table& stored, Table& recomputed) const;
    void compare_cells(const CheckResult& result);
    void compare(const std::string& name, const Table& stored, const Table& recomputed);

    std::string where_;
    suite::store::BundleFile file_;
    std::string group_;
    ContentRow contents_;
    BundleSubject subject_;
    std::vector<RunRow> run_rows_;
    std::vector<RunRecord> records_; ///< one a run; those without a record are not used
    std::vector<bool> has_record_;
    suite::FaultList foreign_;
    suite::FaultList faults_;
};

void BundleReader::read_declaration() {
    const std::vector<ContentRow> contents = rows("/contents", content_fields);
    if (contents.size() != 1) {
        throw std::invalid_argument(fmt::format("{} rows in /contents", contents.size()));
    }
    contents_ = contents.front();
    group_ = "/" + contents_.workload;
    subject_ = declaration_from_json(nlohmann::ordered_json::parse(file_.text(group_ + "/declaration")));
    take_references(rows(group_ + "/references", reference_fields), subject_.references);
}

void BundleReader::take_run(const RunRow& row) {
    suite::plan::PlannedRun run;
    run.key = row.key;
    run.cell = row.cell;
    run.label = row.label;
    run.seed = row.seed;
    run.parent = row.parent;
    const auto kind = suite::plan::enum_value<suite::plan::RunKind>(row.kind);
    if (!kind) {
        throw std::invalid_argument(
            fmt::format("a run of kind '{}', which this version does not know", row.kind));
    }
    run.config.kind = *kind;
    run.config.metric = row.metric;
    subject_.plan.runs.push_back(std::move(run));
}

void BundleReader::read_runs() {
    run_rows_ = rows(group_ + "/runs", run_fields);
    for (const RunRow& row : run_rows_) {
        take_run(row);
    }
    check_links();
}

/// Every run is one of a cell (equal runs of two cells are one run), or the parent of such a run.
void BundleReader::check_links() {
    std::set<std::string> parents;
    std::vector<bool> is_of_a_cell(run_rows_.size());
    for (const suite::plan::PlannedCell& cell : subject_.plan.cells) {
        for (const std::size_t run : suite::plan::all_runs(cell)) {
            if (run >= run_rows_.size()) {
                throw std::invalid_argument(
                    fmt::format("run {} of cell {}, of {} runs", run, cell.text, run_rows_.size()));
            }
            is_of_a_cell[run] = true;
            parents.insert(run_rows_[run].parent);
        }
    }
    for (std::size_t i = 0; i < run_rows_.size(); ++i) {
        const RunRow& row = run_rows_[i];
        const bool is_parent = row.kind == "pretrain" && row.cell.empty() && parents.contains(row.key);
        if (!is_parent && !is_of_a_cell[i]) {
            add_foreign(fmt::format("{}/runs row {}", group_, i),
                        fmt::format("the record of {} ({})", row.key, row.label), "a run of the plan");
        }
    }
}

void BundleReader::read_records() {
    records_.resize(run_rows_.size());
    has_record_.resize(run_rows_.size());
    for (const ConfigRow& row : rows(group_ + "/configs", config_fields)) {
        if (row.run < 0 || static_cast<std::size_t>(row.run) >= records_.size()) {
            add_foreign(group_ + "/configs", fmt::format("the record of run {}", row.run), "a planned run");
            continue;
        }
        const auto place = static_cast<std::size_t>(row.run);
        const RunRow& run = run_rows_[place];
        RunRecord& record = records_[place];
        has_record_[place] = true;
        record.key = run.key;
        record.status = run.state == to_string(RunState::failed) ? RunStatus::failed : RunStatus::finished;
        record.kind = run.kind;
        record.cell = run.cell;
        record.config = row.config;
        record.seed = run.seed;
        record.parent_key = run.parent;
        record.weights_digest = run.weights_digest;
        record.images_seen = run.images_seen;
        record.parameters = run.parameters;
        record.train_seconds = run.train_seconds;
        record.wall_seconds = run.wall_seconds;
        if (!std::isnan(run.started_seconds)) {
            record.timing = {.started_seconds = run.started_seconds,
                             .data_seconds = run.data_seconds,
                             .evaluation_seconds = run.evaluation_seconds,
                             .store_seconds = run.store_seconds};
        }
    }
    read_parts();
}

RunRecord* BundleReader::record_at(std::int64_t run, const char* table) {
    const auto place = static_cast<std::size_t>(run);
    if (run < 0 || place >= records_.size() || !has_record_[place]) {
        add_foreign(group_ + table, fmt::format("a row of run {}", run), "a run with a record");
        return nullptr;
    }
    return &records_[place];
}

void BundleReader::read_parts() {
    for (MetricRow& row : rows(group_ + "/metrics", metric_fields)) {
        if (RunRecord* record = record_at(row.run, "/metrics")) {
            record->metrics.push_back({.name = std::move(row.name),
                                       .split = std::move(row.split),
                                       .value = row.value,
                                       .unit = std::move(row.unit),
                                       .direction = std::move(row.direction)});
        }
    }
    for (const LossRow& row : rows(group_ + "/losses", loss_fields)) {
        if (RunRecord* record = record_at(row.run, "/losses")) {
            record->losses.push_back({.step = row.step, .loss = row.loss, .lr = row.lr});
        }
    }
    for (FailureRow& row : rows(group_ + "/failures", failure_fields)) {
        if (RunRecord* record = record_at(row.run, "/failures")) {
            record->failure = suite::store::Failure{.phase = std::move(row.phase),
                                                    .kind = std::move(row.kind),
                                                    .reason = std::move(row.reason),
                                                    .step = row.step};
        }
    }
    if (subject_.workload.scaling) {
        for (auto& [run, section] : ScalingTables::read(file_, group_)) {
            if (RunRecord* record = record_at(run, "/scaling")) {
                record->scaling = std::move(section);
            }
        }
    }
    for (auto& [run, outcomes] : OutcomeTables::read(file_, group_)) {
        if (RunRecord* record = record_at(run, "/outcomes")) {
            record->outcomes = std::move(outcomes);
        }
    }
    std::map<std::int64_t, Provenance> sets;
    for (ProvenanceRow& row : rows(group_ + "/provenance", provenance_fields)) {
        sets[row.set][std::move(row.name)] = std::move(row.value);
    }
    for (std::size_t i = 0; i < records_.size(); ++i) {
        records_[i].provenance = sets[run_rows_[i].provenance];
        for (const auto& [name, value] :
             {std::pair{"started", run_rows_[i].started}, std::pair{"finished", run_rows_[i].finished}}) {
            if (!value.empty()) {
                records_[i].provenance[name] = value;
            }
        }
    }
}

/// A record is that of its key: the configuration's digest, and the configuration's own seed and parent.
void BundleReader::check_keys() {
    for (std::size_t i = 0; i < records_.size(); ++i) {
        const RunRow& row = run_rows_[i];
        const bool ended =
            row.state == to_string(RunState::finished) || row.state == to_string(RunState::failed);
        if (ended != has_record_[i]) {
            add_foreign(fmt::format("{}/runs row {}", group_, i),
                        fmt::format("state {} {} a record", row.state, has_record_[i] ? "with" : "without"),
                        "a record of every run that ended");
        } else if (ended && suite::sha256_hex(records_[i].config) != row.key) {
            add_foreign(
                fmt::format("{}/configs, run {}", group_, i), fmt::format("key {}", row.key),
                fmt::format("{}, the SHA-256 of its configuration", suite::sha256_hex(records_[i].config)));
        }
        if (ended && (row.state == to_string(RunState::failed)) != records_[i].failure.has_value()) {
            add_foreign(fmt::format("{}/failures, run {}", group_, i), "a failure without its state",
                        "a failure exactly when the run failed");
        }
    }
}

metrics::Rules rules_of(int schema) {
    return schema >= schema_of_rules ? metrics::Rules{} : metrics::earlier_rules;
}

/// What claims were tested by before the present rules is no longer computed.
bool is_verdict_on_claim(const std::string& column) {
    static const std::set<std::string> verdicts{"verdict", "published", "baseline", "expected", "differs"};
    return verdicts.contains(column);
}

/// What a version of the program says in words, not what it computed: an older schema keeps its own.
bool is_wording(const std::string& column) {
    static const std::set<std::string> wordings{"reason", "robustness", "evidence", "text"};
    return wordings.contains(column);
}

std::string text_of(const suite::store::Column& column, std::size_t row) {
    return std::visit([row](const auto& values) { return fmt::format("{}", values[row]); }, column.values);
}

/// Bits: NaN equals itself. The last digits of a p-value are those of the version that computed it.
bool is_same(double a, double b, bool is_earlier) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) ||
           (is_earlier && std::fabs(a - b) <= earlier_tolerance * std::fabs(b));
}

bool is_same(const suite::store::Column& a, const suite::store::Column& b, std::size_t row, bool is_earlier) {
    return std::visit(
        [&]<typename Value>(const std::vector<Value>& values) {
            const auto& others = std::get<std::vector<Value>>(b.values);
            if constexpr (std::is_same_v<Value, double>) {
                return is_same(values[row], others[row], is_earlier);
            } else {
                return values[row] == others[row];
            }
        },
        a.values);
}

void BundleReader::compare(const std::string& name, const Table& stored, const Table& recomputed) {
    const auto add = [&](const std::string& at, std::string found, std::string expected) {
        faults_.add({.where = where_ + ": " + group_ + name + at,
                     .found = std::move(found),
                     .expected = std::move(expected),
                     .fix = fmt::format("it was written by version {}; bundle again from the store",
                                        contents_.version)});
    };
    if (stored.front().rows() != recomputed.front().rows()) {
        add("", fmt::format("{} rows", stored.front().rows()),
            fmt::format("{}, as recomputed", recomputed.front().rows()));
        return;
    }
    for (std::size_t row = 0; row < stored.front().rows(); ++row) {
        for (std::size_t i = 0; i < stored.size(); ++i) {
            if (is_compared(name, stored[i].name) &&
                !is_same(stored[i], recomputed[i], row, file_.schema() < schema_of_rules)) {
                add(fmt::format(" row {} ({}) {}", row, text_of(stored.front(), row), stored[i].name),
                    text_of(stored[i], row), text_of(recomputed[i], row) + ", as recomputed");
            }
        }
    }
}

/// The schema that brought a column of the cells or claims.
int schema_of(const suite::store::Column& column) {
    static const std::map<std::string, int> later{{"compared_with", 2},  {"parents", 3},
                                                  {"conditional_on", 3}, {"test", 3},
                                                  {"pairs", 3},          {"differs_size_unresolved", 3},
                                                  {"margin_cap", 3},     {"rounding_half_width", 3},
                                                  {"chance", 3},         {"at_chance", 3}};
    const auto entry = later.find(column.name);
    return entry == later.end() ? 1 : entry->second;
}

Table BundleReader::as_stored(Table table) const {
    std::erase_if(table,
                  [this](const suite::store::Column& column) { return schema_of(column) > file_.schema(); });
    return table;
}

bool BundleReader::is_compared(const std::string& table, const std::string& column) const {
    if (file_.schema() < suite::store::bundle_schema && is_wording(column)) {
        return false;
    }
    return file_.schema() >= schema_of_rules || table != "/claims" || !is_verdict_on_claim(column);
}

template<typename Value, typename AnyTable>
auto& values_of(AnyTable& table, std::string_view name) {
    const auto column = std::ranges::find(table, name, &suite::store::Column::name);
    return std::get<std::vector<Value>>(column->values);
}

/// Schema 1 had no word for these two and wrote what the statistics alone said.
bool is_earlier_verdict(const std::string& stored, const std::string& verdict) {
    return verdict == metrics::to_string(metrics::Verdict::identical)
               ? stored == "equivalent" || stored == "inconclusive"
               : verdict == metrics::to_string(metrics::Verdict::no_reference) &&
                     (stored == "missing" || stored == "equivalent");
}

void BundleReader::take_earlier_cells(const CheckResult& result, const Table& stored,
                                      Table& recomputed) const {
    const auto& earlier = values_of<std::string>(stored, "verdict");
    if (file_.schema() >= schema_of_rules || earlier.size() != result.cells.size()) {
        return;
    }
    auto& verdicts = values_of<std::string>(recomputed, "verdict");
    auto& margins = values_of<double>(recomputed, "margin");
    for (std::size_t i = 0; i < earlier.size(); ++i) {
        const metrics::CellComparison& cell = result.cells[i].comparison;
        const bool constants = cell.test == metrics::CellTest::constants && earlier[i] == "inconclusive";
        const bool is_earlier = file_.schema() == 1 && is_earlier_verdict(earlier[i], verdicts[i]);
        verdicts[i] = constants || is_earlier ? earlier[i] : verdicts[i];
        margins[i] += cell.rounding_half_width;
    }
}

void BundleReader::compare_cells(const CheckResult& result) {
    const Table columns = suite::store::to_table(std::span<const CellRow>(), cell_fields);
    const Table stored = file_.table(group_ + "/cells", as_stored(columns));
    Table recomputed = as_stored(cell_table(result));
    take_earlier_cells(result, stored, recomputed);
    compare("/cells", stored, recomputed);
}

void BundleReader::compare_tables(const CheckResult& result) {
    const auto stored = [this]<typename Row, typename... Values>(
                            const char* name, const std::tuple<Field<Row, Values>...>& fields) {
        return file_.table(group_ + name, suite::store::to_table(std::span<const Row>(), fields));
    };
    std::vector<RunRow> runs = run_rows(result);
    for (std::size_t i = 0; i < runs.size(); ++i) {
        runs[i].message = run_rows_[i].message;
    }
    compare_cells(result);
    const Table claim_columns = suite::store::to_table(std::span<const ClaimRow>(), claim_fields);
    compare("/claims", file_.table(group_ + "/claims", as_stored(claim_columns)),
            as_stored(claim_table(result)));
    if (file_.schema() >= schema_with_parents) {
        compare("/parents", stored("/parents", parents_fields), parents_table(result));
    }
    for (const auto& [name, table] : test_set_tables(result)) {
        if (file_.schema() >= schema_with_parents && !result.is_scaling) {
            compare(name, file_.table(group_ + name, table), table);
        }
    }
    compare("/runs", stored("/runs", run_fields),
            suite::store::to_table(std::span<const RunRow>(runs), run_fields));
    compare("/provenance", stored("/provenance", provenance_fields), provenance_table(result));
    if (faults_.faults().size() > most_faults_told) {
        suite::FaultList told;
        for (std::size_t i = 0; i < most_faults_told; ++i) {
            told.add(faults_.faults()[i]);
        }
        told.add({.where = where_,
                  .found = fmt::format("{} more differences", faults_.faults().size() - most_faults_told),
                  .expected = "none",
                  .fix = ""});
        faults_ = told;
    }
    faults_.throw_if_any(ErrorKind::corruption);
}

OpenedBundle BundleReader::read() {
    read_declaration();
    read_runs();
    read_records();
    check_keys();
    foreign_.throw_if_any(ErrorKind::store);
    std::map<std::string, Lookup> lookups;
    std::size_t count = 0;
    for (std::size_t i = 0; i < records_.size(); ++i) {
        const RunRow& row = run_rows_[i];
        Lookup& lookup = lookups[row.key];
        if (has_record_[i]) {
            lookup.state = records_[i].failure ? LookupState::failed : LookupState::finished;
            lookup.record = std::move(records_[i]);
            ++count;
        } else if (row.state == to_string(RunState::damaged)) {
            lookup = {.state = LookupState::damaged, .record = {}, .message = row.message};
        }
    }
    Records records(std::move(lookups));
    CheckResult result = check(subject_.workload, subject_.profile, subject_.plan, subject_.references,
                               records, rules_of(file_.schema()));
    compare_tables(result);
    return {.result = std::move(result), .records = count};
}

} // namespace

OpenedBundle open_bundle(std::string_view bytes, const std::string& where) {
    const auto wrong_content = [&where](const std::string& what) {
        return suite::Error(ErrorKind::store, suite::Fault{.where = where,
                                                           .found = what,
                                                           .expected = "the content of a bundle",
                                                           .fix = "name a file that `bundle` wrote"});
    };
    try {
        return BundleReader(bytes, where).read();
    } catch (const nlohmann::json::exception& error) {
        throw wrong_content(fmt::format("a declaration that does not read ({})", error.what()));
    } catch (const std::invalid_argument& error) {
        throw wrong_content(error.what());
    }
}

std::string read_bundle(const std::filesystem::path& path) {
    auto bytes = suite::store::read_regular_file(path, longest_bundle_bytes, ErrorKind::store);
    if (!bytes) {
        throw suite::Error(ErrorKind::store, suite::Fault{.where = path.string(),
                                                          .found = "no such file",
                                                          .expected = "a bundle",
                                                          .fix = "transferscale bundle WORKLOAD --out FILE"});
    }
    return *std::move(bytes);
}

OpenedBundle open_bundle(const std::filesystem::path& path) {
    return open_bundle(read_bundle(path), path.string());
}

} // namespace reports
