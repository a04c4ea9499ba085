#include "reports/html_view.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "reports/html.hpp"
#include "reports/words.hpp"

namespace reports {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t key_digits_shown = 12;

ordered_json side_view(std::string_view who, const metrics::Sample& sample, std::string origin, bool judges) {
    return {{"who", who},
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
        sides.push_back(side_view("published", cell.published->sample, origin_text(*cell.published),
                                  !cell.judged_by_baseline));
    }
    if (cell.baseline) {
        sides.push_back(side_view("baseline", cell.baseline->sample, origin_text(*cell.baseline),
                                  cell.judged_by_baseline));
    }
    sides.push_back(side_view("ours", cell.ours,
                              fmt::format("{} of {} planned runs", cell.values.size(), cell.planned), false));
    return sides;
}

ordered_json run_view(const RunFacts& run) {
    return {{"label", run.label},
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
    ordered_json runs = ordered_json::array();
    for (const std::size_t run : cell.runs) {
        runs.push_back(run_view(result.runs[run]));
    }
    return runs;
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

std::vector<std::string> sources_of(const CheckResult& result) {
    std::vector<std::string> sources;
    for (const CellResult& cell : result.cells) {
        if (std::find(sources.begin(), sources.end(), cell.cell.source) == sources.end()) {
            sources.push_back(cell.cell.source);
        }
    }
    return sources;
}

/// Cells of one row of the paper's table, in the order of their first appearance.
struct TableRow {
    const CellResult* first = nullptr;
    std::map<std::string, const CellResult*> by_source;
};

std::vector<TableRow> rows_of(const CheckResult& result) {
    std::vector<TableRow> rows;
    std::map<std::string, std::size_t> places;
    for (const CellResult& cell : result.cells) {
        suite::plan::CellId row = cell.cell;
        row.source.clear();
        const auto [place, is_new] = places.try_emplace(row.text(), rows.size());
        if (is_new) {
            rows.push_back({.first = &cell, .by_source = {}});
        }
        rows[place->second].by_source[cell.cell.source] = &cell;
    }
    return rows;
}

ordered_json line_view(const TableRow& row, const std::vector<std::string>& sources, std::string_view who) {
    ordered_json entries = ordered_json::array();
    for (const std::string& source : sources) {
        const auto cell = row.by_source.find(source);
        entries.push_back(cell == row.by_source.end() ? ordered_json{{"is_there", false}}
                                                      : entry_view(*cell->second, who));
    }
    return {{"who", who}, {"is_ours", who == "ours"}, {"is_first", false}, {"entries", std::move(entries)}};
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
    const std::vector<std::string> sources = sources_of(result);
    ordered_json rows = ordered_json::array();
    bool has_shots = false;
    for (const TableRow& row : rows_of(result)) {
        ordered_json lines = ordered_json::array({line_view(row, sources, "published")});
        if (result.compares_with_baseline) {
            lines.push_back(line_view(row, sources, "baseline"));
        }
        lines.push_back(line_view(row, sources, "ours"));
        lines.front()["is_first"] = true;
        const suite::plan::CellId& id = row.first->cell;
        has_shots = has_shots || id.shots != "full";
        rows.push_back({{"target", id.target},
                        {"model", id.model},
                        {"shots", id.shots == "full" ? "" : id.shots},
                        {"metric", metric_text(row.first->metric)},
                        {"height", lines.size()},
                        {"lines", std::move(lines)}});
    }
    return {{"sources", sources},
            {"has_shots", has_shots},
            {"has_ranks", result.is_scaling},
            {"rows", std::move(rows)}};
}

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
            {"runs", is_home ? runs_view(result, cell) : ordered_json::array()},
            {"has_runs", is_home && !cell.runs.empty()},
            {"damaged", cell.damaged},
            {"has_stand_ins", is_home && !cell.stand_ins.empty()},
            {"stand_ins", std::move(stand_ins)}};
}

ordered_json claim_view(const ClaimResult& claim, const std::set<std::string>& listed_cells) {
    ordered_json cells = ordered_json::array();
    for (const std::string& cell : claim.cells) {
        cells.push_back({{"anchor", listed_cells.contains(cell) ? anchor_of(cell) : ""}, {"id", cell}});
    }
    return {{"id", claim.id},
            {"text", claim.text},
            {"where", claim.where},
            {"verdict", verdict_view(claim.ours.verdict)},
            {"expected", claim.expected},
            {"published", verdict_view(claim.published)},
            {"baseline", claim.baseline ? verdict_view(*claim.baseline) : nullptr},
            {"robustness", claim.ours.robustness},
            {"differs", claim.differs},
            {"evidence", claim.ours.evidence},
            {"cells", std::move(cells)}};
}

ordered_json provenance_view(const CheckResult& result) {
    ordered_json sets = ordered_json::array();
    for (std::size_t i = 0; i < result.provenances.size(); ++i) {
        ordered_json facts = ordered_json::array();
        for (const auto& [name, value] : result.provenances[i]) {
            facts.push_back({{"name", name}, {"value", value}});
        }
        const auto runs = std::count_if(result.runs.begin(), result.runs.end(),
                                        [i](const RunFacts& run) { return run.provenance == i; });
        sets.push_back({{"number", i + 1}, {"runs", runs}, {"facts", std::move(facts)}});
    }
    return sets;
}

ordered_json parents_view(const CheckResult& result, const CellHomes& homes) {
    std::set<std::string> wanted;
    for (const CellResult& cell : result.cells) {
        if (homes.contains(cell.id)) {
            continue;
        }
        for (const std::size_t run : cell.runs) {
            wanted.insert(result.runs[run].parent);
        }
    }
    ordered_json parents = ordered_json::array();
    for (const RunFacts& run : result.runs) {
        if (run.is_pretraining() && wanted.contains(run.key)) {
            parents.push_back(run_view(run));
        }
    }
    return parents;
}

} // namespace reports
