#include "reports/terminal.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/rung_text.hpp"
#include "reports/words.hpp"

namespace reports {
namespace {

constexpr std::size_t page_columns = 110;
constexpr std::size_t number_columns = 14;     // "100.00 ± 10.00"
constexpr std::size_t published_columns = 15;  // … and the mark of a poster
constexpr std::size_t difference_columns = 22; // "-10.12 [-12.30, +9.54]"
constexpr std::size_t verdict_columns = 14;    // "inconclusive ≡"
constexpr std::size_t shortest_cell_columns = 15;
constexpr std::size_t claim_columns = 48;
constexpr std::string_view reset = "\033[0m";

std::string_view colour_of(const std::string& verdict) {
    if (verdict.starts_with("equivalent") || verdict.starts_with("holds") || verdict == "identical" ||
        verdict.starts_with("as recorded")) {
        return "\033[32m"; // green
    }
    if (verdict.starts_with("different") || verdict.starts_with("drifted") || verdict == "fails") {
        return "\033[1;31m"; // bold red
    }
    return verdict.starts_with("missing") ? "\033[33m" : "\033[2m"; // yellow, dim
}

std::string painted(const std::string& verdict, const std::string& padded, Colours colours) {
    return colours == Colours::off ? padded : fmt::format("{}{}{}", colour_of(verdict), padded, reset);
}

std::string trimmed(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
}

/// Model, source and shots: what tells the cells of one target apart.
std::string short_name(const CellResult& cell) {
    return fmt::format("{:<6} {}{}", cell.cell.model, cell.cell.source,
                       cell.cell.shots == "full" ? "" : "/" + cell.cell.shots);
}

std::string published_text(const CellResult& cell) {
    return mean_sd_text(cell.published) + (cell.published && cell.published->where == "poster" ? "†" : " ");
}

/// Writes one table.
class TableWriter {
public:
    TableWriter(const CheckResult& result, Colours colours) : result_(result), colours_(colours) {
        for (const CellResult& cell : result.cells) {
            cell_columns_ = std::max(cell_columns_, columns_of(short_name(cell)));
        }
    }
    std::string write();

private:
    void add_title();
    void add_line(const std::string& cell, const std::string& published, const std::string& baseline,
                  const std::string& ours, const std::string& difference, const std::string& n,
                  const std::string& verdict);
    void add_group(const Group& group);
    void add_rungs();
    void add_claims();
    void add_absences();
    void add_end();

    const CheckResult& result_;
    Colours colours_;
    std::size_t cell_columns_ = shortest_cell_columns;
    std::string text_;
};

void TableWriter::add_title() {
    text_ += fmt::format("{} · {}\n{} · profile {}: {}\n{}\n", result_.source, result_.title, result_.paper,
                         result_.profile, result_.profile_title,
                         wrapped(comparison_text(result_), page_columns, 0));
}

void TableWriter::add_line(const std::string& cell, const std::string& published, const std::string& baseline,
                           const std::string& ours, const std::string& difference, const std::string& n,
                           const std::string& verdict) {
    std::string line = " " + left(cell, cell_columns_) + "  " + right(published, published_columns) + "  ";
    if (result_.compares_with_baseline) {
        line += right(baseline, number_columns) + "  ";
    }
    line +=
        right(ours, number_columns) + "  " + left(difference, difference_columns) + "  " + right(n, 3) + "  ";
    text_ += trimmed(std::move(line) + painted(verdict, verdict, colours_));
}

void TableWriter::add_group(const Group& group) {
    const CellResult& first = result_.cells[group.begin];
    text_ += fmt::format("\n{} ({})\n", first.cell.target, metric_text(first.metric));
    for (std::size_t i = group.begin; i < group.end; ++i) {
        const CellResult& cell = result_.cells[i];
        if (result_.is_scaling && cell.planned == 0 && !cell.published) {
            continue; // a rung of another profile's ladder that nobody published
        }
        add_line(short_name(cell), published_text(cell), mean_sd_text(cell.baseline), mean_sd_text(cell.ours),
                 difference_text(cell.comparison), fmt::format("{}/{}", cell.values.size(), cell.planned),
                 verdict_text(cell));
    }
}

void TableWriter::add_rungs() {
    for (const RungTable& table : rung_tables(result_)) {
        text_ += "\n" + plain_text(table);
    }
    if (!result_.caveat.empty()) {
        text_ += "\n" + wrapped(result_.caveat, page_columns, 0) + "\n";
    }
}

void TableWriter::add_claims() {
    if (result_.claims.empty()) {
        return;
    }
    const auto line = [this](const std::string& id, const std::string& published, const std::string& baseline,
                             const std::string& ours) {
        std::string text = " " + left(id, claim_columns) + "  " + left(published, verdict_columns) + "  ";
        text += result_.compares_with_baseline ? left(baseline, verdict_columns) + "  " : "";
        text_ += trimmed(text + painted(ours, ours, colours_));
    };
    text_ += '\n';
    line("claim", "published", "baseline", "ours");
    for (const ClaimResult& claim : result_.claims) {
        line(claim.id, std::string(verdict_word(claim.published)),
             claim.baseline ? std::string(verdict_word(*claim.baseline)) : "", verdict_text(claim));
        text_ += "   " + wrapped(fmt::format("{} ({})", claim.text, claim.where), page_columns - 3, 3) + "\n";
        if (claim.ours.robustness.starts_with("fragile")) {
            text_ += "   " + wrapped(claim.ours.robustness, page_columns - 3, 3) + "\n";
        }
        if (!claim.differs.empty()) {
            text_ += "   " + wrapped("unlike the paper: " + claim.differs, page_columns - 3, 3) + "\n";
        }
    }
}

/// Cells with the same reason stand together, so that an empty store does not say the same thing once a cell.
void TableWriter::add_absences() {
    std::map<std::string, std::vector<std::string>> cells_by_reason;
    for (const CellResult& cell : result_.cells) {
        if (cell.comparison.verdict == metrics::Verdict::missing || cell.is_incomplete()) {
            cells_by_reason[cell.comparison.reason].push_back(cell.id);
        }
    }
    if (cells_by_reason.empty()) {
        return;
    }
    text_ += "\nMissing or incomplete\n";
    for (const auto& [reason, cells] : cells_by_reason) {
        const std::string names = cells.size() == result_.cells.size() && cells.size() > 1
                                      ? fmt::format("all {} cells", cells.size())
                                      : fmt::format("{}", fmt::join(cells, " "));
        text_ += " " + wrapped(fmt::format("{}: {}", reason, names), page_columns - 1, 3) + "\n";
    }
}

void TableWriter::add_end() {
    const bool repeats = std::any_of(result_.cells.begin(), result_.cells.end(),
                                     [](const CellResult& cell) { return cell.repeats_baseline; });
    const bool posters = std::any_of(result_.cells.begin(), result_.cells.end(), [](const CellResult& cell) {
        return cell.published && cell.published->where == "poster";
    });
    text_ += fmt::format("\n{} cells: {}\n", result_.cells.size(),
                         counts_text(result_.counts(), result_.compared_with()));
    text_ += repeats ? "≡ every value repeats the baseline's of the same seed exactly\n" : "";
    text_ += posters ? "† printed on the authors' posters only\n" : "";
    const std::vector<std::string> stand_ins = stand_ins_of(result_.cells);
    if (!stand_ins.empty()) {
        text_ += wrapped(fmt::format("Stand-ins (published → used): {}", fmt::join(stand_ins, ", ")),
                         page_columns, 2) +
                 "\n";
    }
}

std::string TableWriter::write() {
    add_title();
    text_ += '\n';
    add_line("cell", "published ", "baseline", "ours", "difference [95 %]", "n", "verdict");
    for (const Group& group : groups_by_target(result_.cells)) {
        add_group(group);
    }
    if (result_.is_scaling) {
        add_rungs();
    }
    add_claims();
    add_absences();
    add_end();
    return std::move(text_);
}

std::string cell_line(const CellResult& cell, std::size_t id_columns, Colours colours) {
    const std::string verdict = verdict_text(cell);
    std::string line =
        fmt::format("{}  {}  {} (n = {})", painted(verdict, left(verdict, verdict_columns), colours),
                    left(cell.id, id_columns), mean_sd_text(cell.ours), cell.values.size());
    if (cell.reference()) {
        line += fmt::format(" against {} (n = {}, {})", mean_sd_text(cell.reference()),
                            cell.reference()->sample.n, suite::plan::to_string(cell.reference()->kind));
    }
    if (cell.comparison.difference) {
        line += fmt::format(", difference {}", difference_text(cell.comparison));
    }
    return cell.comparison.reason.empty() ? line + "\n"
                                          : fmt::format("{}: {}\n", line, cell.comparison.reason);
}

std::string claim_line(const ClaimResult& claim, std::size_t id_columns, Colours colours) {
    const std::string verdict(verdict_word(claim.ours.verdict));
    std::string line = fmt::format(
        "{}  {}  {} The published numbers: {}", painted(verdict, left(verdict, verdict_columns), colours),
        left("claim " + claim.id, id_columns), claim.text, verdict_word(claim.published));
    if (claim.baseline) {
        line += fmt::format("; the recorded ones: {}", verdict_word(*claim.baseline));
    }
    return fmt::format("{}; {}{}\n", line, claim.ours.robustness, claim.expected ? "; expected here" : "");
}

} // namespace

std::string table_text(const CheckResult& result, Colours colours) {
    return TableWriter(result, colours).write();
}

std::string check_text(const CheckResult& result, Colours colours) {
    std::size_t id_columns = 0;
    for (const CellResult& cell : result.cells) {
        id_columns = std::max(id_columns, columns_of(cell.id));
    }
    std::string text;
    for (const CellResult& cell : result.cells) {
        text += cell_line(cell, id_columns, colours);
    }
    id_columns = 0;
    for (const ClaimResult& claim : result.claims) {
        id_columns = std::max(id_columns, columns_of("claim " + claim.id));
    }
    for (const ClaimResult& claim : result.claims) {
        text += claim_line(claim, id_columns, colours);
    }
    text += fmt::format("{} at {}: {} cells: {}; {} claims\n", result.workload, result.profile,
                        result.cells.size(), counts_text(result.counts(), result.compared_with()),
                        result.claims.size());
    return text;
}

} // namespace reports
