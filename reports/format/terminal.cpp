#include "reports/format/terminal.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/check/parents.hpp"
#include "reports/check/parents_claims.hpp"
#include "reports/check/test_set.hpp"
#include "reports/format/rung_text.hpp"
#include "reports/format/summary.hpp"
#include "reports/format/text_format.hpp"
#include "reports/format/text_table.hpp"

namespace reports {
namespace {

constexpr std::string_view colour_off = "\033[0m";
constexpr std::size_t claim_verdict_columns = 14; // "cannot be told"

/// How much a table says, from everything down to what is needed.
struct Detail {
    bool p_values = true;
    bool test_set = true; ///< the standard error over test sets
    bool interval = true;
    bool difference = true;
    bool both_references = true; ///< also the one that does not judge
    bool spread_and_n = true;
};
constexpr std::array<Detail, 7> details{
    {{},
     {.p_values = false},
     {.p_values = false, .test_set = false},
     {.p_values = false, .test_set = false, .interval = false},
     {.p_values = false, .test_set = false, .interval = false, .difference = false},
     {.p_values = false, .test_set = false, .interval = false, .difference = false, .both_references = false},
     {.p_values = false,
      .test_set = false,
      .interval = false,
      .difference = false,
      .both_references = false,
      .spread_and_n = false}}};

std::string painted(std::string_view text, std::string_view colour, Colours colours) {
    return colours == Colours::off ? std::string(text) : fmt::format("{}{}{}", colour, text, colour_off);
}

/// The values of all axes but the first: what tells the cells of one group apart.
std::string short_name(const CellResult& cell) {
    const auto& places = cell.cell.places;
    return places.size() < 3 ? cell.cell.text_from(1)
                             : fmt::format("{:<6} {}", places[1].value, cell.cell.text_from(2));
}

std::string number_text(const metrics::Sample& sample, const Detail& detail) {
    return detail.spread_and_n || sample.n == 0 ? mean_sd_text(sample) : fmt::format("{:.2f}", sample.mean);
}

std::string number_text(const std::optional<ReferenceSide>& side, const Detail& detail) {
    return side ? number_text(side->sample, detail) : mean_sd_text(side);
}

std::string published_text(const CellResult& cell, const Detail& detail) {
    return number_text(cell.published, detail) +
           (cell.published && cell.published->where == "poster" ? "†" : " ");
}

std::string short_difference_text(const metrics::CellComparison& comparison) {
    return comparison.difference ? fmt::format("{:+.2f}", *comparison.difference) : "";
}

/// What reports list of a scaling series: no scale point of another profile that nobody published.
bool is_shown(const CheckResult& result, const CellResult& cell) {
    return !result.is_scaling || cell.planned > 0 || cell.published;
}

/// The parts that the text of `report` and of `check` share.
class Writer {
public:
    /// `only_shown`: footnotes for the cells that a table shows, and for no others.
    Writer(const CheckResult& result, const Page& page, bool only_shown) : result_(result), page_(page) {
        for (const CellResult& cell : result.cells) {
            const bool shown = !only_shown || is_shown(result, cell);
            marks_.push_back(shown ? footnote_mark(notes_.number(footnote_text(cell))) : "");
        }
    }
    std::string table();
    std::string check();

private:
    void add_wrapped(const std::string& text, std::size_t indent = 0);
    void add_summary();
    [[nodiscard]] TextCell verdict_cell(std::size_t cell) const;
    [[nodiscard]] TextTable cell_table(const Detail& detail) const;
    [[nodiscard]] TextTable check_table(const Detail& detail) const;
    [[nodiscard]] std::vector<TextCell> numbers_of(const CellResult& cell, const Detail& detail) const;
    void add_rungs();
    void add_parents();
    void add_claims();
    void add_claim_notes(const ClaimResult& claim);
    void add_checked_claim(const ClaimResult& claim);
    void add_notes();
    void add_legend();

    const CheckResult& result_;
    const Page& page_;
    Footnotes notes_;
    std::vector<std::string> marks_; ///< by cell
    std::string text_;
};

void Writer::add_wrapped(const std::string& text, std::size_t indent) {
    text_ += std::string(indent, ' ') + wrapped(text, page_.columns - indent, indent) + "\n";
}

void Writer::add_summary() {
    const Summary summary = summary_of(result_);
    add_wrapped(summary.comparison);
    for (const std::string& line : {summary.cells, summary.claims, summary.parents}) {
        if (!line.empty()) {
            add_wrapped(line);
        }
    }
}

TextCell Writer::verdict_cell(std::size_t cell) const {
    const CellResult& entry = result_.cells[cell];
    return {.text = verdict_text(entry) + (marks_[cell].empty() ? "" : " " + marks_[cell]),
            .colour = colour_of(verdict_class(entry.comparison.verdict))};
}

/// The difference and the p-values, as much of them as is wanted.
std::vector<TextCell> Writer::numbers_of(const CellResult& cell, const Detail& detail) const {
    std::vector<TextCell> cells;
    const metrics::CellComparison& comparison = cell.comparison;
    if (detail.test_set && !result_.is_scaling) {
        cells.push_back({.text = test_set_text(cell.test_set)});
    }
    if (detail.difference) {
        cells.push_back(
            {.text = detail.interval ? difference_text(comparison) : short_difference_text(comparison)});
    }
    if (detail.p_values) {
        cells.push_back({.text = p_text(comparison.p_different)});
        cells.push_back({.text = p_text(comparison.p_equivalent)});
    }
    return cells;
}

void add_number_columns(std::vector<TextColumn>& columns, const Detail& detail, bool has_test_sets) {
    if (detail.test_set && has_test_sets) {
        columns.push_back({.heading = std::string(test_set_heading), .align = Align::right});
    }
    if (detail.difference) {
        columns.push_back({.heading = detail.interval ? "difference [95 %]" : "diff."});
    }
    if (detail.p_values) {
        columns.push_back({.heading = "p diff.", .align = Align::right});
        columns.push_back({.heading = "p equiv.", .align = Align::right});
    }
}

TextTable Writer::cell_table(const Detail& detail) const {
    const bool recorded = result_.compares_with_baseline;
    const bool published = detail.both_references || !recorded;
    std::vector<TextColumn> columns{{.heading = "cell"}};
    if (published) {
        columns.push_back({.heading = "published ", .align = Align::right});
    }
    if (recorded) {
        columns.push_back({.heading = "recorded", .align = Align::right});
    }
    columns.push_back({.heading = "ours", .align = Align::right});
    add_number_columns(columns, detail, !result_.is_scaling);
    if (detail.spread_and_n) {
        columns.push_back({.heading = "n", .align = Align::right});
    }
    columns.push_back({.heading = "verdict"});
    TextTable table(columns);
    for (const Group& group : groups_by_target(result_.cells)) {
        const CellResult& first = result_.cells[group.begin];
        table.add_group(fmt::format("{} ({})", first.cell.first(), metric_text(first.metric)));
        for (std::size_t i = group.begin; i < group.end; ++i) {
            const CellResult& cell = result_.cells[i];
            if (!is_shown(result_, cell)) {
                continue;
            }
            std::vector<TextCell> row{{.text = short_name(cell)}};
            if (published) {
                row.push_back({.text = published_text(cell, detail)});
            }
            if (recorded) {
                row.push_back({.text = number_text(cell.baseline, detail)});
            }
            row.push_back({.text = number_text(cell.ours, detail)});
            for (TextCell& number : numbers_of(cell, detail)) {
                row.push_back(std::move(number));
            }
            if (detail.spread_and_n) {
                row.push_back({.text = fmt::format("{}/{}", cell.values.size(), cell.planned)});
            }
            row.push_back(verdict_cell(i));
            table.add_row(std::move(row));
        }
    }
    return table;
}

TextTable Writer::check_table(const Detail& detail) const {
    std::vector<TextColumn> columns{
        {.heading = "verdict"}, {.heading = "cell"}, {.heading = "ours", .align = Align::right}};
    if (detail.both_references) {
        columns.push_back(
            {.heading = std::string(to_string(result_.compared_with())), .align = Align::right});
    }
    add_number_columns(columns, detail, !result_.is_scaling);
    if (detail.spread_and_n) {
        columns.push_back({.heading = "n", .align = Align::right});
    }
    TextTable table(columns, 0);
    for (std::size_t i = 0; i < result_.cells.size(); ++i) {
        const CellResult& cell = result_.cells[i];
        std::vector<TextCell> row{
            verdict_cell(i), {.text = cell.id}, {.text = number_text(cell.ours, detail)}};
        if (detail.both_references) {
            row.push_back({.text = number_text(cell.reference(), detail)});
        }
        for (TextCell& number : numbers_of(cell, detail)) {
            row.push_back(std::move(number));
        }
        if (detail.spread_and_n) {
            row.push_back({.text = fmt::format("{}/{}", cell.values.size(), cell.planned)});
        }
        table.add_row(std::move(row));
    }
    return table;
}

void Writer::add_rungs() {
    for (const RungTable& table : rung_tables(result_)) {
        text_ += "\n" + plain_text(table, page_.columns);
    }
    if (!result_.caveat.empty()) {
        text_ += "\n";
        add_wrapped(result_.caveat);
    }
}

TextTable text_table(const std::vector<TextColumn>& columns,
                     const std::vector<std::vector<std::string>>& rows) {
    TextTable table(columns, 0);
    for (const std::vector<std::string>& fields : rows) {
        std::vector<TextCell> row;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            row.push_back({.text = fields[i]});
        }
        table.add_row(std::move(row));
    }
    return table;
}

/// τ of each source and network, where further pre-training runs tell it, and what it does to the claims;
/// their power where the page is wide enough.
void Writer::add_parents() {
    if (!knows_parents(result_)) {
        return;
    }
    std::vector<TextColumn> columns;
    for (const ParentsColumn& column : parents_columns) {
        columns.push_back(
            {.heading = std::string(column.heading), .align = column.is_number ? Align::right : Align::left});
    }
    text_ += "\n";
    add_wrapped(std::string(parents_caption) + ":");
    text_ += text_table(columns, parents_rows(result_)).text(page_.colours);
    const std::vector<std::vector<std::string>> claims = parents_claims_rows(result_);
    if (claims.empty()) {
        return;
    }
    columns.clear();
    for (const std::string_view heading : parents_claims_columns) {
        columns.push_back({.heading = std::string(heading)});
    }
    const std::vector<TextColumn> verdicts(columns.begin(), columns.begin() + 3);
    text_ += "\n";
    add_wrapped(std::string(parents_claims_caption) + ":");
    text_ += first_that_fits({text_table(columns, claims), text_table(verdicts, claims)}, page_.columns)
                 .text(page_.colours);
}

void Writer::add_claim_notes(const ClaimResult& claim) {
    add_wrapped(fmt::format("{} ({})", claim.text, claim.where), 3);
    if (claim.test_set.verdict != TestSetVerdict::not_known) {
        add_wrapped(test_set_sentence(claim.test_set), 3);
    }
    if (claim.ours.robustness.starts_with("fragile")) {
        add_wrapped(claim.ours.robustness, 3);
    }
    if (!claim.differs.empty()) {
        add_wrapped("unlike the paper: " + claim.differs, 3);
    }
}

/// Each claim: its name, then how it stands on which numbers, then what it says.
void Writer::add_claims() {
    if (result_.claims.empty()) {
        return;
    }
    text_ += '\n';
    add_wrapped(
        result_.compares_with_baseline
            ? "Claims of the paper, tested on the published numbers, on the recorded ones, and on ours"
            : "Claims of the paper, tested on the published numbers and on ours");
    for (const ClaimResult& claim : result_.claims) {
        const std::string_view colour =
            claim.expected ? std::string_view() : colour_of(verdict_class(claim.ours.verdict));
        const std::string others =
            fmt::format("published: {}{}", verdict_word(claim.published),
                        claim.baseline ? fmt::format(" · recorded: {}", verdict_word(*claim.baseline)) : "");
        const std::string ours = verdict_text(claim);
        const bool fits = columns_of(others) + columns_of(ours) + columns_of("    · ours: ") <= page_.columns;
        text_ += fmt::format(" {}\n   {}{}ours: {}\n", claim.id, others, fits ? " · " : "\n   ",
                             painted(ours, colour, page_.colours));
        add_claim_notes(claim);
    }
}

void Writer::add_notes() {
    if (!notes_.texts().empty()) {
        text_ += "\n" + notes_.plain(page_.columns);
    }
}

/// The words that occur, and what they say.
void Writer::add_legend() {
    const Counts counts = result_.counts();
    text_ += '\n';
    for (const metrics::Verdict verdict : all_verdicts) {
        if (count_of(counts, verdict) > 0) {
            add_wrapped(fmt::format("{}: {}", verdict_word(verdict, result_.compared_with()),
                                    verdict_meaning(verdict, result_.compared_with())));
        }
    }
    const auto any = [this](const auto& is_so) {
        return std::any_of(result_.cells.begin(), result_.cells.end(), is_so);
    };
    if (any(is_marked_as_repeating)) {
        add_wrapped("≡: every value repeats the recorded one of the same seed exactly");
    }
    if (any([](const CellResult& cell) { return cell.test_set.se.has_value(); })) {
        add_wrapped(std::string(test_set_meaning));
    }
    if (any([](const CellResult& cell) { return cell.published && cell.published->where == "poster"; })) {
        add_wrapped("†: printed on the authors' posters only");
    }
}

std::string Writer::table() {
    add_wrapped(fmt::format("{} · {}", result_.source, result_.title));
    add_wrapped(fmt::format("{} · profile {}: {}", result_.paper, result_.profile, result_.profile_title));
    text_ += '\n';
    add_summary();
    text_ += '\n';
    std::vector<TextTable> tables;
    for (const Detail& detail : details) {
        tables.push_back(cell_table(detail));
    }
    text_ += first_that_fits(tables, page_.columns).text(page_.colours);
    add_notes();
    add_parents();
    if (result_.is_scaling) {
        add_rungs();
    }
    add_claims();
    add_legend();
    if (const std::vector<std::string> stand_ins = stand_ins_of(result_.cells); !stand_ins.empty()) {
        text_ += wrapped(fmt::format("Stand-ins (published → used): {}", fmt::join(stand_ins, ", ")),
                         page_.columns, 2) +
                 "\n";
    }
    return std::move(text_);
}

void Writer::add_checked_claim(const ClaimResult& claim) {
    const std::string verdict = verdict_text(claim);
    const std::string reason = claim_reason(claim);
    const std::string text = fmt::format(
        "claim {} — {} On the published numbers: {}{}. {}{}", claim.id, claim.text,
        verdict_word(claim.published),
        claim.baseline ? fmt::format("; on the recorded ones: {}", verdict_word(*claim.baseline)) : "",
        reason.empty() ? "Robustness: " + claim.ours.robustness : "Ours: " + reason,
        claim.test_set.verdict == TestSetVerdict::not_known ? "" : ". " + test_set_sentence(claim.test_set));
    const std::size_t indent = claim_verdict_columns + 2;
    const std::string padding(indent - std::min(indent - 2, columns_of(verdict)), ' ');
    const std::string line = wrapped(verdict + padding + text, page_.columns, indent);
    text_ += painted(verdict, colour_of(verdict_class(claim.ours.verdict)), page_.colours) +
             line.substr(verdict.size()) + "\n";
}

std::string Writer::check() {
    add_wrapped(fmt::format("{} at profile {}", result_.workload, result_.profile));
    add_summary();
    if (!result_.cells.empty()) {
        std::vector<TextTable> tables;
        for (const Detail& detail : details) {
            tables.push_back(check_table(detail));
        }
        text_ += "\n" + first_that_fits(tables, page_.columns).text(page_.colours);
    }
    add_notes();
    add_parents();
    text_ += result_.claims.empty() ? "" : "\n";
    for (const ClaimResult& claim : result_.claims) {
        add_checked_claim(claim);
    }
    return std::move(text_);
}

} // namespace

std::string_view colour_of(std::string_view verdict_class) {
    if (verdict_class == "identical" || verdict_class == "equivalent" || verdict_class == "holds") {
        return "\033[32m"; // green
    }
    if (verdict_class == "different" || verdict_class == "fails") {
        return "\033[1;31m"; // bold red
    }
    return verdict_class == "missing" ? "\033[33m" : "\033[2m"; // yellow, dim
}

std::string table_text(const CheckResult& result, const Page& page) {
    return Writer(result, page, true).table();
}

std::string check_text(const CheckResult& result, const Page& page) {
    return Writer(result, page, false).check();
}

} // namespace reports
