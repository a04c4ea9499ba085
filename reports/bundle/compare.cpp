#include "reports/bundle/compare.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "reports/check/margins.hpp"
#include "reports/check/pairing.hpp"
#include "reports/format/summary.hpp"
#include "reports/format/text_format.hpp"
#include "reports/format/text_table.hpp"
#include "suite/base/error.hpp"

namespace reports {
namespace {

using nlohmann::ordered_json;
using suite::ErrorKind;

void require_same(const char* what, const std::string& a, const std::string& b, suite::FaultList& faults) {
    if (a != b) {
        faults.add({.where = what,
                    .found = fmt::format("{} and {}", a, b),
                    .expected = "the same in both bundles",
                    .fix = "compare bundles of one workload and profile"});
    }
}

const CellResult* find_cell(const CheckResult& result, const std::string& id) {
    const auto cell = std::find_if(result.cells.begin(), result.cells.end(),
                                   [&id](const CellResult& entry) { return entry.id == id; });
    return cell == result.cells.end() ? nullptr : &*cell;
}

/// Natural logarithms of the training seconds of a cell's finished runs.
metrics::Sample log_seconds(const CheckResult& result, const CellResult& cell) {
    std::vector<double> values;
    for (const std::size_t place : cell.runs) {
        const RunFacts& run = result.runs[place];
        if (run.state == RunState::finished && run.train_seconds > 0) {
            values.push_back(std::log(run.train_seconds));
        }
    }
    return metrics::make_sample(values);
}

metrics::Interval exponential(const metrics::Interval& interval) {
    return {.low = std::exp(interval.low), .high = std::exp(interval.high)};
}

bool has_spread(const metrics::Sample& sample) {
    return sample.sd.value_or(0.0) > 0.0;
}

std::optional<SpeedRatio> ratio_of(const metrics::Sample& a, const metrics::Sample& b) {
    if (a.n == 0 || b.n == 0) {
        return std::nullopt;
    }
    SpeedRatio speed{.ratio = std::exp(a.mean - b.mean), .ci95 = {}, .n = std::min(a.n, b.n)};
    if (speed.n >= 2 && (has_spread(a) || has_spread(b))) {
        speed.ci95 = exponential(metrics::welch(a, b).ci95);
    }
    return speed;
}

std::optional<SpeedRatio> speed_over(const std::vector<CellChange>& cells) {
    std::vector<double> logs;
    for (const CellChange& cell : cells) {
        if (cell.speed) {
            logs.push_back(std::log(cell.speed->ratio));
        }
    }
    const metrics::Sample sample = metrics::make_sample(logs);
    if (sample.n == 0) {
        return std::nullopt;
    }
    SpeedRatio speed{.ratio = std::exp(sample.mean), .ci95 = {}, .n = sample.n};
    if (sample.n >= 2 && has_spread(sample)) {
        speed.ci95 = exponential(metrics::one_sample(sample, 0.0).ci95);
    }
    return speed;
}

bool has_other_configurations(const CheckResult& a, const CellResult& cell_a, const CheckResult& b,
                              const CellResult& cell_b) {
    for (const std::size_t x : cell_a.runs) {
        for (const std::size_t y : cell_b.runs) {
            if (a.runs[x].seed == b.runs[y].seed && a.runs[x].key != b.runs[y].key) {
                return true;
            }
        }
    }
    return false;
}

std::size_t identical_runs(const CellResult& a, const CellResult& b) {
    return static_cast<std::size_t>(
        std::count_if(a.values.begin(), a.values.end(), [&b](const SeedResult& x) {
            return std::any_of(b.values.begin(), b.values.end(),
                               [&x](const SeedResult& y) { return x.key == y.key && x.value == y.value; });
        }));
}

/// All runs of both, with equal keys and values.
bool is_identical(const CellResult& a, const CellResult& b) {
    return !a.values.empty() && a.values.size() == b.values.size() && identical_runs(a, b) == a.values.size();
}

CellChange only_in_one(const CellResult& cell, const char* which) {
    CellChange change{.id = cell.id, .metric = cell.metric, .a = {}, .b = {}, .comparison = {}};
    change.comparison.reason = fmt::format("only bundle {} has this cell", which);
    change.incomplete = true;
    return change;
}

/// Bundle A is what B is compared with.
GroupMargins margins_from(const CheckResult& a) {
    GroupMargins margins;
    for (const CellResult& cell : a.cells) {
        margins.add(cell.declared, cell.ours);
    }
    return margins;
}

/// Repetitions of a scaling measurement are no seeds.
std::optional<metrics::SeedPairs> pairs_of(const CellResult& a, const CellResult& b) {
    return a.rung || b.rung ? std::nullopt : std::optional(shared_seeds(b.values, a.values));
}

CellChange change_of(const CheckResult& a, const CellResult& cell_a, const CheckResult& b,
                     const CellResult& cell_b, const GroupMargins& margins) {
    CellChange change{
        .id = cell_a.id, .metric = cell_a.metric, .a = cell_a.ours, .b = cell_b.ours, .comparison = {}};
    change.incomplete = cell_a.is_incomplete() || cell_b.is_incomplete();
    change.identical = identical_runs(cell_a, cell_b);
    const auto reference = cell_a.values.empty() ? std::nullopt : std::optional(cell_a.ours);
    if (const metrics::Margin margin = margins.of(cell_a.declared, reference); margin.declared > 0) {
        const auto ours = cell_b.values.empty() ? std::nullopt : std::optional(cell_b.ours);
        change.comparison = metrics::compare(
            {.ours = ours, .reference = reference, .margin = margin, .pairs = pairs_of(cell_a, cell_b)});
    }
    if (cell_a.values.empty() ||
        cell_b.values.empty()) { // a bundle without a result is no reference: it lacks one
        change.comparison.verdict = metrics::Verdict::missing;
        change.comparison.reason =
            cell_b.values.empty()
                ? cell_a.values.empty() ? "neither bundle has a result" : "bundle B has no result"
                : "bundle A has no result";
    } else if (is_identical(cell_a, cell_b)) {
        change.comparison.verdict = metrics::Verdict::identical;
    }
    if (!has_other_configurations(a, cell_a, b, cell_b)) {
        change.speed = ratio_of(log_seconds(a, cell_a), log_seconds(b, cell_b));
    }
    return change;
}

void add_test(metrics::CellComparison& comparison) {
    const std::string test = test_text(comparison);
    for (std::string* reason : {&comparison.reason, &comparison.short_reason}) {
        const bool says_nothing = reason == &comparison.short_reason && reason->empty();
        *reason += says_nothing ? "" : (reason->empty() ? "" : "; ") + test;
    }
}

void judge(std::vector<CellChange>& cells) {
    std::vector<metrics::CellComparison> family;
    for (const CellChange& cell : cells) {
        family.push_back(cell.comparison);
    }
    metrics::judge_family(family);
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const bool identical = cells[i].comparison.verdict == metrics::Verdict::identical;
        cells[i].comparison = family[i];
        if (identical) { // says more than any test of the means
            cells[i].comparison.verdict = metrics::Verdict::identical;
            cells[i].comparison.reason.clear();
            cells[i].comparison.short_reason.clear();
        } else if (family[i].test == metrics::CellTest::paired) {
            add_test(cells[i].comparison);
        }
    }
}

ordered_json number(const std::optional<double>& value) {
    return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json interval(const std::optional<metrics::Interval>& value) {
    return value ? ordered_json{value->low, value->high} : ordered_json(nullptr);
}

ordered_json to_json(const metrics::Sample& sample) {
    return {{"n", sample.n},
            {"mean", sample.n > 0 ? ordered_json(sample.mean) : ordered_json(nullptr)},
            {"sd", number(sample.sd)}};
}

ordered_json to_json(const std::optional<SpeedRatio>& speed) {
    return speed ? ordered_json{{"ratio", speed->ratio}, {"ci95", interval(speed->ci95)}, {"n", speed->n}}
                 : ordered_json(nullptr);
}

ordered_json to_json(const CellChange& cell) {
    const metrics::CellComparison& comparison = cell.comparison;
    return {{"id", cell.id},
            {"metric", cell.metric},
            {"a", to_json(cell.a)},
            {"b", to_json(cell.b)},
            {"difference", number(comparison.difference)},
            {"ci95", interval(comparison.ci95)},
            {"p_different", number(comparison.p_different)},
            {"p_different_adjusted", number(comparison.p_different_adjusted)},
            {"p_equivalent", number(comparison.p_equivalent)},
            {"margin", comparison.margin > 0 ? ordered_json(comparison.margin) : ordered_json(nullptr)},
            {"chance", number(comparison.chance)},
            {"at_chance", comparison.at_chance},
            {"test", metrics::to_string(comparison.test)},
            {"pairs", comparison.pairs},
            {"differs_size_unresolved", comparison.differs_size_unresolved},
            {"verdict", metrics::to_string(comparison.verdict)},
            {"compared_with", to_string(ComparedWith::recorded)},
            {"reason", comparison.reason},
            {"identical", cell.identical},
            {"speed", to_json(cell.speed)}};
}

std::string speed_text(const std::optional<SpeedRatio>& speed) {
    if (!speed) {
        return "no times to compare";
    }
    return speed->ci95 ? fmt::format("speed × {:.3f} [{:.3f}, {:.3f}]", speed->ratio, speed->ci95->low,
                                     speed->ci95->high)
                       : fmt::format("speed × {:.3f}", speed->ratio);
}

struct ChangeDetail {
    bool interval = true;
    bool difference = true;
};

std::string short_speed_text(const std::optional<SpeedRatio>& speed, bool interval) {
    if (!speed) {
        return "—";
    }
    return interval && speed->ci95
               ? fmt::format("{:.3f} [{:.3f}, {:.3f}]", speed->ratio, speed->ci95->low, speed->ci95->high)
               : fmt::format("{:.3f}", speed->ratio);
}

/// A cell's reason without its p-values.
const std::string& footnote_text(const CellChange& cell) {
    const metrics::CellComparison& comparison = cell.comparison;
    return comparison.short_reason.empty() ? comparison.reason : comparison.short_reason;
}

TextTable change_table(const BundleComparison& comparison, Footnotes& notes, const ChangeDetail& detail) {
    std::vector<TextColumn> columns{{.heading = "verdict"},
                                    {.heading = "cell"},
                                    {.heading = "A", .align = Align::right},
                                    {.heading = "B", .align = Align::right}};
    if (detail.difference) {
        columns.push_back({.heading = detail.interval ? "difference [95 %]" : "diff."});
    }
    columns.push_back({.heading = "identical runs", .align = Align::right});
    columns.push_back({.heading = detail.interval ? "speed [95 %]" : "speed"});
    if (!detail.interval) {
        columns[columns.size() - 2].heading = "same";
    }
    TextTable table(columns, 0);
    for (const CellChange& cell : comparison.cells) {
        const metrics::Verdict verdict = cell.comparison.verdict;
        const std::string mark = footnote_mark(notes.number(footnote_text(cell)));
        std::vector<TextCell> row{
            {.text = fmt::format("{}{}{}", verdict_word(verdict, ComparedWith::recorded),
                                 mark.empty() ? "" : " ", mark),
             .colour = colour_of(verdict_class(verdict))},
            {.text = cell.id},
            {.text = mean_sd_text(cell.a)},
            {.text = mean_sd_text(cell.b)}};
        if (detail.difference) {
            const auto& difference = cell.comparison.difference;
            row.push_back({.text = detail.interval ? difference_text(cell.comparison)
                                   : difference    ? fmt::format("{:+.2f}", *difference)
                                                   : ""});
        }
        row.push_back({.text = fmt::format("{}", cell.identical)});
        row.push_back({.text = short_speed_text(cell.speed, detail.interval)});
        table.add_row(std::move(row));
    }
    return table;
}

} // namespace

Counts BundleComparison::counts() const {
    Counts counts;
    for (const CellChange& cell : cells) {
        counts.add(cell.comparison);
    }
    return counts;
}

BundleComparison compare_bundles(const CheckResult& a, const CheckResult& b) {
    suite::FaultList faults;
    require_same("workload", a.workload, b.workload, faults);
    require_same("profile", a.profile, b.profile, faults);
    require_same("protocol", a.protocol, b.protocol, faults);
    faults.throw_if_any(ErrorKind::usage);
    BundleComparison comparison{.workload = a.workload, .profile = a.profile, .cells = {}};
    const GroupMargins margins = margins_from(a);
    for (const CellResult& cell : a.cells) {
        const CellResult* other = find_cell(b, cell.id);
        comparison.cells.push_back(other == nullptr ? only_in_one(cell, "A")
                                                    : change_of(a, cell, b, *other, margins));
    }
    for (const CellResult& cell : b.cells) {
        if (find_cell(a, cell.id) == nullptr) {
            comparison.cells.push_back(only_in_one(cell, "B"));
        }
    }
    judge(comparison.cells);
    for (CellChange& change : comparison.cells) {
        const CellResult* x = find_cell(a, change.id);
        const CellResult* y = find_cell(b, change.id);
        if (x != nullptr && y != nullptr && has_other_configurations(a, *x, b, *y)) {
            change.comparison.reason += fmt::format("{}the configurations differ: speeds are not compared",
                                                    change.comparison.reason.empty() ? "" : "; ");
        }
    }
    comparison.speed = speed_over(comparison.cells);
    return comparison;
}

int exit_code(const BundleComparison& comparison, const CompareRules& rules) {
    const Counts counts = comparison.counts();
    const bool absent = std::any_of(comparison.cells.begin(), comparison.cells.end(),
                                    [](const CellChange& cell) { return cell.incomplete; }) ||
                        counts.missing > 0;
    bool is_slow = false;
    if (rules.min_speed) {
        const double best = !comparison.speed        ? 0.0
                            : comparison.speed->ci95 ? comparison.speed->ci95->high
                                                     : comparison.speed->ratio;
        is_slow = best < *rules.min_speed;
    }
    const bool fails = counts.different > 0 || is_slow || (rules.strict && absent);
    return fails ? suite::exit_code(ErrorKind::comparison) : 0;
}

ordered_json to_json(const BundleComparison& comparison) {
    ordered_json document{{"workload", comparison.workload},
                          {"profile", comparison.profile},
                          {"compared_with", to_string(ComparedWith::recorded)},
                          {"counts", to_json(comparison.counts())},
                          {"speed", to_json(comparison.speed)},
                          {"cells", ordered_json::array()}};
    for (const CellChange& cell : comparison.cells) {
        document["cells"].push_back(to_json(cell));
    }
    return document;
}

std::string compare_text(const BundleComparison& comparison, const Page& page) {
    std::string text =
        wrapped(
            fmt::format("{} at profile {}: bundle B compared with bundle A, not with the paper. As recorded: "
                        "shown to lie within the margin of A's mean; drifted: shown to lie outside it.",
                        comparison.workload, comparison.profile),
            page.columns, 0) +
        "\n";
    text +=
        wrapped(fmt::format("{} cells: {}. {} over {} cells (above 1: B is faster).", comparison.cells.size(),
                            counts_text(comparison.counts(), ComparedWith::recorded),
                            speed_text(comparison.speed), comparison.speed ? comparison.speed->n : 0),
                page.columns, 0) +
        "\n\n";
    Footnotes notes;
    std::vector<TextTable> tables;
    for (const ChangeDetail& detail : {ChangeDetail{}, ChangeDetail{.interval = false},
                                       ChangeDetail{.interval = false, .difference = false}}) {
        tables.push_back(change_table(comparison, notes, detail));
    }
    text += first_that_fits(tables, page.columns).text(page.colours);
    return text + (notes.texts().empty() ? "" : "\n") + notes.plain(page.columns);
}

} // namespace reports
