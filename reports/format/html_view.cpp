#include "reports/format/html_view.hpp"
#include "reports/format/shown_axes.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/check/parents.hpp"
#include "reports/check/test_set.hpp"
#include "reports/format/html.hpp"
#include "reports/format/loss_curve.hpp"
#include "reports/format/text_format.hpp"

namespace reports {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t key_digits_shown = 12;

ordered_json side_view(std::string_view who, const metrics::Sample& sample, const TestSetSide& test_set,
                       std::string origin, bool judges) {
    return {{"test_images", test_set.images > 0 ? fmt::format("{}", test_set.images) : "—"},
            {"test_set_se", test_set_text(test_set)},
            {"who", who},
            {"value", mean_sd_text(sample)},
            {"n", sample.n},
            {"origin", std::move(origin)},
            {"judges", judges}};
}

std::string origin_text(const ReferenceSide& side) {
    const std::string_view kind = side.kind == suite::plan::ReferenceKind::raw_seeds ? "raw seeds"
                                  : side.kind == suite::plan::ReferenceKind::printed ? "as printed"
                                                                                     : "recorded baseline";
    return fmt::format("{}{}: {}", kind, side.where.empty() ? "" : ", " + side.where, side.origin);
}

ordered_json sides_view(const CellResult& cell) {
    ordered_json sides = ordered_json::array();
    if (cell.published) {
        sides.push_back(side_view("published", cell.published->sample, cell.published_test_set,
                                  origin_text(*cell.published), !cell.judged_by_baseline));
    }
    if (cell.baseline) {
        sides.push_back(side_view("recorded", cell.baseline->sample, {}, origin_text(*cell.baseline),
                                  cell.judged_by_baseline));
    }
    sides.push_back(side_view("ours", cell.ours, cell.test_set,
                              fmt::format("{} of {} planned runs", cell.values.size(), cell.planned), false));
    return sides;
}

/// `top`: the loss at the upper edge of its curve.
ordered_json run_view(const RunFacts& run, double top) {
    return {{"label", run.label},
            {"curve", loss_curve(run.losses, top)},
            {"last_loss", run.last_loss ? fmt::format("{:.3g}", *run.last_loss) : "—"},
            {"seed", run.seed},
            {"value", run.value ? ordered_json(fmt::format("{}", *run.value)) : ordered_json("—")},
            {"state", to_string(run.state)},
            {"key", run.key},
            {"short_key", run.key.substr(0, key_digits_shown)},
            {"parent", run.parent.substr(0, key_digits_shown)},
            {"seconds", run.wall_seconds > 0 ? fmt::format("{:.2f}", run.train_seconds) : "—"},
            {"started", run.started},
            {"provenance", run.provenance ? fmt::format("{}", *run.provenance + 1) : ""}};
}

ordered_json runs_view(const CheckResult& result, const CellResult& cell) {
    double top = 0.0; // the same for all seeds, so that their curves compare
    for (const std::size_t run : cell.runs) {
        top = std::max(top, highest_loss(result.runs[run].losses));
    }
    ordered_json runs = ordered_json::array();
    for (const std::size_t run : cell.runs) {
        runs.push_back(run_view(result.runs[run], top));
    }
    return runs;
}

bool all_finished(const CheckResult& result, const CellResult& cell) {
    return std::all_of(cell.runs.begin(), cell.runs.end(),
                       [&result](std::size_t run) { return result.runs[run].state == RunState::finished; });
}

/// The set of facts that all runs of the cell share, counted from 1; "" when they do not.
std::string shared_set(const CheckResult& result, const CellResult& cell) {
    const auto set_of = [&result](std::size_t run) { return result.runs[run].provenance; };
    const bool shares = !cell.runs.empty() && set_of(cell.runs.front()) &&
                        std::all_of(cell.runs.begin(), cell.runs.end(), [&](std::size_t run) {
                            return set_of(run) == set_of(cell.runs.front());
                        });
    return shares ? fmt::format("{}", *set_of(cell.runs.front()) + 1) : "";
}

std::string_view word_of(const CellResult& cell) {
    return verdict_word(cell.comparison.verdict, cell.compared_with());
}

/// One number of the table; who: "published", "baseline" or "ours".
ordered_json entry_view(const CellResult& cell, std::string_view who) {
    ordered_json entry{{"is_there", true}, {"anchor", anchor_of(cell.id)},
                       {"value", ""},      {"bold", false},
                       {"poster", false},  {"verdict", nullptr}};
    if (who == "published") {
        entry["value"] = mean_sd_text(cell.published);
        entry["bold"] = cell.published && cell.published->bold.value_or(false);
        entry["poster"] = cell.published && cell.published->where == "poster";
    } else if (who == "baseline") {
        entry["value"] = mean_sd_text(cell.baseline);
    } else {
        entry["value"] = mean_sd_text(cell.ours);
        const metrics::Verdict verdict = cell.comparison.verdict;
        entry["verdict"] =
            verdict_view(verdict, cell.compared_with(), is_marked_as_repeating(cell) ? "≡" : "");
    }
    return entry;
}

/// What stands across, in the order of the first appearance.
std::vector<std::string> values_of(const CheckResult& result, const ShownAxis& axis) {
    std::vector<std::string> values;
    for (const CellResult& cell : result.cells) {
        if (std::find(values.begin(), values.end(), axis.value(cell)) == values.end()) {
            values.push_back(axis.value(cell));
        }
    }
    return values;
}

/// Cells of one row of the paper's table, in the order of their first appearance.
struct TableRow {
    const CellResult* first = nullptr;
    std::map<std::string, const CellResult*> by_column;
};

std::vector<TableRow> rows_of(const CheckResult& result, const ShownAxis& columns) {
    std::vector<TableRow> rows;
    std::map<std::string, std::size_t> places;
    for (const CellResult& cell : result.cells) {
        suite::plan::CellId row = cell.cell;
        row.places[columns.place].value.clear();
        const auto [place, is_new] = places.try_emplace(row.text(), rows.size());
        if (is_new) {
            rows.push_back({.first = &cell, .by_column = {}});
        }
        rows[place->second].by_column[columns.value(cell)] = &cell;
    }
    return rows;
}

/// All values of the row are the recorded ones: one line says both.
bool repeats_baseline(const TableRow& row) {
    return std::all_of(row.by_column.begin(), row.by_column.end(), [](const auto& entry) {
        const CellResult& cell = *entry.second;
        return cell.repeats_baseline && cell.baseline && cell.ours.n == cell.baseline->sample.n;
    });
}

/// The words of the row's verdicts, separated by bars.
std::string verdicts_text(const TableRow& row) {
    std::vector<std::string_view> words;
    for (const auto& [source, cell] : row.by_column) {
        const std::string_view word = word_of(*cell);
        if (std::find(words.begin(), words.end(), word) == words.end()) {
            words.push_back(word);
        }
    }
    return fmt::format("{}", fmt::join(words, "|"));
}

ordered_json line_view(const TableRow& row, const std::vector<std::string>& columns, std::string_view who) {
    ordered_json entries = ordered_json::array();
    for (const std::string& column : columns) {
        const auto cell = row.by_column.find(column);
        entries.push_back(cell == row.by_column.end() ? ordered_json{{"is_there", false}}
                                                      : entry_view(*cell->second, who));
    }
    return {{"who", who == "baseline" ? "recorded" : who},
            {"is_ours", who == "ours"},
            {"is_first", false},
            {"entries", std::move(entries)}};
}

} // namespace

ordered_json verdict_view(metrics::Verdict verdict, ComparedWith side, std::string_view mark) {
    return {{"word", verdict_word(verdict, side)},
            {"class", verdict_class(verdict)},
            {"sign", verdict_sign(verdict)},
            {"mark", mark}};
}

ordered_json verdict_view(metrics::ClaimVerdict verdict) {
    return {{"word", verdict_word(verdict)},
            {"class", verdict_class(verdict)},
            {"sign", verdict_sign(verdict)},
            {"mark", ""}};
}

ordered_json counts_view(const Counts& counts, ComparedWith side) {
    ordered_json list = ordered_json::array();
    for (const metrics::Verdict verdict : all_verdicts) {
        ordered_json entry = verdict_view(verdict, side);
        entry["count"] = count_of(counts, verdict);
        entry["is_there"] = count_of(counts, verdict) > 0;
        entry["is_counted"] = is_counted(counts, verdict, side);
        list.push_back(std::move(entry));
    }
    return list;
}

ordered_json legend_view(ComparedWith side) {
    ordered_json list = ordered_json::array();
    for (const metrics::Verdict verdict : all_verdicts) {
        ordered_json entry = verdict_view(verdict, side);
        entry["meaning"] = verdict_meaning(verdict, side);
        list.push_back(std::move(entry));
    }
    return list;
}

ordered_json table_view(const CheckResult& result) {
    const TableAxes axes = table_axes(result.cells);
    const std::vector<std::string> columns = values_of(result, axes.columns);
    ordered_json rows = ordered_json::array();
    for (const TableRow& row : rows_of(result, axes.columns)) {
        ordered_json lines = ordered_json::array({line_view(row, columns, "published")});
        const bool is_folded = result.compares_with_baseline && repeats_baseline(row);
        if (result.compares_with_baseline && !is_folded) {
            lines.push_back(line_view(row, columns, "baseline"));
        }
        lines.push_back(line_view(row, columns, "ours"));
        if (is_folded) {
            lines.back()["who"] = "ours = recorded";
        }
        lines.front()["is_first"] = true;
        ordered_json labels = ordered_json::array();
        for (std::size_t i = 1; i < axes.rows.size(); ++i) {
            labels.push_back({{"label", axes.rows[i].value(*row.first)}, {"height", lines.size()}});
        }
        rows.push_back({{"group", row.first->cell.first()},
                        {"labels", std::move(labels)},
                        {"metric", metric_text(row.first->metric)},
                        {"verdicts", verdicts_text(row)},
                        {"height", lines.size()},
                        {"lines", std::move(lines)}});
    }
    ordered_json headings = ordered_json::array();
    for (const ShownAxis& axis : axes.rows) {
        headings.push_back(axis.heading);
    }
    return {{"columns", columns}, {"headings", std::move(headings)}, {"rows", std::move(rows)}};
}

namespace {

/// A cell's section; `home`: the page that has its seeds, references and runs, empty for this one.
ordered_json cell_view(const CheckResult& result, const CellResult& cell, const std::string& home) {
    const metrics::CellComparison& comparison = cell.comparison;
    const bool is_home = home.empty();
    ordered_json stand_ins = ordered_json::array();
    for (const suite::plan::StandIn& entry : cell.stand_ins) {
        stand_ins.push_back({{"published", entry.published}, {"used", entry.used}});
    }
    return {{"anchor", anchor_of(cell.id)},
            {"id", cell.id},
            {"metric", metric_text(cell.metric)},
            {"verdict", verdict_view(comparison.verdict, cell.compared_with())},
            {"repeats",
             cell.repeats_baseline && comparison.verdict != metrics::Verdict::inconclusive}, // said there
            {"reason", comparison.reason},
            {"home", home},
            {"is_home", is_home},
            {"sides", is_home ? sides_view(cell) : ordered_json::array()},
            {"against", cell.judged_by_baseline ? "the recorded run" : "the published numbers"},
            {"difference", difference_text(comparison)},
            {"p_different", p_text(comparison.p_different)},
            {"p_adjusted", p_text(comparison.p_different_adjusted)},
            {"p_equivalent", p_text(comparison.p_equivalent)},
            {"margin", cell.planned > 0 ? fmt::format("{:.4g}", comparison.margin) : "—"},
            {"test", test_text(comparison)},
            {"has_chance", comparison.chance.has_value()},
            {"chance", comparison.chance ? fmt::format("{:.4g}", *comparison.chance) : ""},
            {"runs", is_home ? runs_view(result, cell) : ordered_json::array()},
            {"has_runs", is_home && !cell.runs.empty()},
            {"all_finished", all_finished(result, cell)},
            {"set", shared_set(result, cell)},
            {"run_count", cell.runs.size()},
            {"group", cell.cell.first()},
            {"damaged", cell.damaged},
            {"has_stand_ins", is_home && !cell.stand_ins.empty()},
            {"stand_ins", std::move(stand_ins)}};
}

} // namespace

ordered_json groups_view(const CheckResult& result, const CellHomes& homes) {
    ordered_json groups = ordered_json::array();
    std::vector<Counts> counts;
    std::map<std::string, std::size_t> places;
    for (const CellResult& cell : result.cells) {
        const std::string title = cell.cell.places.size() < 2
                                      ? cell.cell.first()
                                      : fmt::format("{} · {}", cell.cell.first(), cell.cell.places[1].value);
        const auto [place, is_new] = places.try_emplace(title, counts.size());
        if (is_new) {
            groups.push_back({{"title", title}, {"cells", ordered_json::array()}});
            counts.emplace_back();
        }
        const auto home = homes.find(cell.id);
        groups[place->second]["cells"].push_back(
            cell_view(result, cell, home == homes.end() ? "" : home->second));
        counts[place->second].add(cell.comparison);
    }
    for (std::size_t i = 0; i < counts.size(); ++i) {
        groups[i]["counts"] = counts_view(counts[i], result.compared_with());
    }
    return groups;
}

ordered_json filter_view(const CheckResult& result) {
    std::vector<std::string> groups;
    std::vector<std::string_view> verdicts;
    for (const CellResult& cell : result.cells) {
        if (std::find(groups.begin(), groups.end(), cell.cell.first()) == groups.end()) {
            groups.push_back(cell.cell.first());
        }
        if (std::find(verdicts.begin(), verdicts.end(), word_of(cell)) == verdicts.end()) {
            verdicts.push_back(word_of(cell));
        }
    }
    const std::vector<ShownAxis> axes = shown_axes(result.cells);
    return {{"heading", axes.empty() ? "" : axes.front().heading},
            {"groups", std::move(groups)},
            {"verdicts", std::move(verdicts)}};
}

std::string claim_anchor_of(const std::string& claim) {
    return "claim" + anchor_of(claim).substr(std::string_view("cell").size());
}

ordered_json claim_view(const ClaimResult& claim, const std::set<std::string>& listed_cells) {
    ordered_json cells = ordered_json::array();
    for (const std::string& cell : claim.cells) {
        cells.push_back({{"anchor", listed_cells.contains(cell) ? anchor_of(cell) : ""}, {"id", cell}});
    }
    return {{"id", claim.id},
            {"anchor", claim_anchor_of(claim.id)},
            {"verdict_text", verdict_text(claim)},
            {"cell_count", claim.cells.size()},
            {"term_count", claim.ours.evidence.size()},
            {"text", claim.text},
            {"where", claim.where},
            {"verdict", verdict_view(claim.ours.verdict)},
            {"expected", claim.expected},
            {"published", verdict_view(claim.published)},
            {"baseline", claim.baseline ? verdict_view(*claim.baseline) : nullptr},
            {"robustness", claim.ours.robustness},
            {"test_set", test_set_sentence(claim.test_set)},
            {"differs", claim.differs},
            {"evidence", claim.ours.evidence},
            {"cells", std::move(cells)}};
}

ordered_json claims_summary_view(const CheckResult& result) {
    const ClaimCounts counts = result.claim_counts();
    ordered_json holding = ordered_json::array();
    ordered_json others = ordered_json::array();
    for (const ClaimResult& claim : result.claims) {
        const bool holds = claim.ours.verdict == metrics::ClaimVerdict::holds;
        (holds ? holding : others)
            .push_back({{"anchor", claim_anchor_of(claim.id)},
                        {"text", claim.text},
                        {"verdict", verdict_view(claim.ours.verdict)},
                        {"verdict_text", verdict_text(claim)}});
    }
    return {{"count", result.claims.size()},
            {"hold", counts.hold},
            {"fail", counts.fail + counts.expected},
            {"cannot_be_told", counts.inconclusive + counts.missing},
            {"has_expected", counts.expected > 0},
            {"expected", counts.expected},
            {"expected_as", result.compares_with_baseline ? "as recorded" : "as published"},
            {"has_holding", !holding.empty()},
            {"holding", std::move(holding)},
            {"others", std::move(others)}};
}

ordered_json provenance_view(const CheckResult& result) {
    ordered_json shared = ordered_json::array();
    std::set<std::string> shared_names;
    if (!result.provenances.empty()) {
        for (const auto& [name, value] : result.provenances.front()) {
            if (std::all_of(result.provenances.begin(), result.provenances.end(),
                            [&name = name, &value = value](const Provenance& set) {
                                const auto found = set.find(name);
                                return found != set.end() && found->second == value;
                            })) {
                shared.push_back({{"name", name}, {"value", value}});
                shared_names.insert(name);
            }
        }
    }
    ordered_json sets = ordered_json::array();
    for (std::size_t i = 0; i < result.provenances.size(); ++i) {
        ordered_json facts = ordered_json::array();
        for (const auto& [name, value] : result.provenances[i]) {
            if (!shared_names.contains(name)) {
                facts.push_back({{"name", name}, {"value", value}});
            }
        }
        const auto runs = std::count_if(result.runs.begin(), result.runs.end(),
                                        [i](const RunFacts& run) { return run.provenance == i; });
        sets.push_back(
            {{"number", i + 1}, {"runs", runs}, {"has_facts", !facts.empty()}, {"facts", std::move(facts)}});
    }
    return {{"has_sets", !sets.empty()},
            {"has_shared", !shared.empty()},
            {"shared", std::move(shared)},
            {"sets", std::move(sets)}};
}

ordered_json tau_view(const CheckResult& result) {
    ordered_json headings = ordered_json::array();
    for (const ParentsColumn& column : parents_columns) {
        headings.push_back({{"text", column.heading}, {"is_number", column.is_number}});
    }
    ordered_json rows = ordered_json::array();
    for (const std::vector<std::string>& fields : parents_rows(result)) {
        ordered_json row{{"source", fields.front()}, {"fields", ordered_json::array()}};
        for (std::size_t i = 1; i < fields.size(); ++i) {
            row["fields"].push_back({{"text", fields[i]}, {"is_number", parents_columns[i].is_number}});
        }
        rows.push_back(std::move(row));
    }
    return {{"is_known", knows_parents(result)},
            {"caption", parents_caption},
            {"headings", std::move(headings)},
            {"rows", std::move(rows)}};
}

ordered_json parents_view(const CheckResult& result, const CellHomes& homes) {
    std::set<std::string> wanted;
    for (const CellResult& cell : result.cells) {
        if (homes.contains(cell.id)) {
            continue;
        }
        for (const std::vector<std::size_t>* runs : {&cell.runs, &cell.further_runs}) {
            for (const std::size_t run : *runs) {
                wanted.insert(result.runs[run].parent);
            }
        }
    }
    ordered_json parents = ordered_json::array();
    for (const RunFacts& run : result.runs) {
        if (run.is_pretraining() && wanted.contains(run.key)) {
            parents.push_back(run_view(run, highest_loss(run.losses)));
        }
    }
    return parents;
}

} // namespace reports
