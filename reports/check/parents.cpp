#include "reports/check/parents.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/check/outcomes.hpp"
#include "reports/check/parents_claims.hpp"
#include "reports/format/text_format.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;
using metrics::VarianceComponent;
using nlohmann::ordered_json;

void add_once(std::vector<std::string>& messages, const std::string& message) {
    if (!message.empty() && std::find(messages.begin(), messages.end(), message) == messages.end()) {
        messages.push_back(message);
    }
}

/// Adds the finished runs of a further parent; damaged records count as absent and are named.
void add_parent(const plan::Plan& plan, const std::vector<std::size_t>& runs, Records& records,
                CellResult& cell) {
    std::vector<SeedResult>& values = cell.further.emplace_back();
    for (const std::size_t index : runs) {
        const plan::PlannedRun& run = plan.runs[index];
        const Outcome outcome = outcome_of(run, records);
        if (outcome.value) {
            values.push_back({.seed = run.seed, .value = *outcome.value, .key = run.key});
        }
        add_once(cell.damaged, outcome.damage);
    }
    if (!runs.empty()) {
        add_once(cell.damaged, records.look_up(plan.runs[runs.front()].parent).message);
    }
    cell.further_runs.insert(cell.further_runs.end(), runs.begin(), runs.end());
}

metrics::Sample sample_of(const std::vector<SeedResult>& results) {
    std::vector<double> values;
    for (const SeedResult& result : results) {
        values.push_back(result.value);
    }
    return metrics::make_sample(values);
}

/// One sample a parent, the first parent's first.
std::vector<metrics::Sample> samples_of(const CellResult& cell) {
    std::vector<metrics::Sample> samples{sample_of(cell.values)};
    for (const std::vector<SeedResult>& of_parent : cell.further) {
        samples.push_back(sample_of(of_parent));
    }
    return samples;
}

std::size_t parents_with_values(const CellResult& cell) {
    const auto further = std::count_if(cell.further.begin(), cell.further.end(),
                                       [](const auto& list) { return !list.empty(); });
    return (cell.values.empty() ? 0U : 1U) + static_cast<std::size_t>(further);
}

/// As far as the records tell: those of reports hold no configuration.
void require_one_recipe(const plan::Plan& plan, const plan::PlannedCell& planned, Records& records) {
    const auto config_of = [&](const std::vector<std::size_t>& runs) -> std::string {
        const std::string& parent = runs.empty() ? std::string() : plan.runs[runs.front()].parent;
        const suite::store::Lookup* lookup = parent.empty() ? nullptr : &records.look_up(parent);
        return lookup != nullptr && lookup->record ? lookup->record->config : "";
    };
    const std::string first = config_of(planned.runs);
    for (std::size_t i = 0; i < planned.further.size(); ++i) {
        const std::string further = config_of(planned.further[i]);
        if (!first.empty() && !further.empty() &&
            !plan::differ_in_seed_alone(plan::run_config_from_text(further),
                                        plan::run_config_from_text(first))) {
            throw suite::Error(suite::ErrorKind::usage,
                               suite::Fault{.where = fmt::format("{}, parent {}", planned.text, i + 2),
                                            .found = "a pre-training run of another recipe than parent 1",
                                            .expected = "pre-training runs that differ in the seed alone",
                                            .fix = "leave this parent out"});
        }
    }
}

/// A recorded run names its keys, which hold the key of its parent.
bool repeats_keys(const plan::Plan& plan, const plan::PlannedCell& planned, const plan::Reference& recorded) {
    bool any = false;
    for (const std::size_t index : planned.runs) {
        const plan::PlannedRun& run = plan.runs[index];
        for (const plan::SeedValue& entry : recorded.values) {
            if (entry.seed != run.seed) {
                continue;
            }
            if (entry.key != run.key) {
                return false;
            }
            any = true;
        }
    }
    return any;
}

const SourceParents* find_source(std::span<const SourceParents> known, const CellResult& cell) {
    const auto found = std::find_if(known.begin(), known.end(), [&cell](const SourceParents& source) {
        return source.source == cell.cell.source() && source.model == cell.cell.model() &&
               source.metric == cell.metric;
    });
    return found == known.end() || !found->variance ? nullptr : &*found;
}

std::string points_text(double points) {
    return fmt::format("{:.2f}", points);
}

std::string counted_runs(std::size_t parents) {
    return fmt::format("{} pre-training run{}", parents, parents == 1 ? "" : "s");
}

std::string markdown_of(const std::vector<std::string>& headings,
                        const std::vector<std::vector<std::string>>& rows) {
    std::string text = fmt::format("| {} |\n|", fmt::join(headings, " | "));
    for (std::size_t i = 0; i < headings.size(); ++i) {
        text += "---|";
    }
    text += '\n';
    for (const std::vector<std::string>& row : rows) {
        text += fmt::format("| {} |\n", fmt::join(row, " | "));
    }
    return text;
}

/// How the cells stand to what they are compared with; those without a reference, and from scratch, aside.
struct Sides {
    std::size_t shared = 0; ///< cells
    bool other = false;
    bool pretrained = false;
};

Sides sides_of(const CheckResult& result) {
    Sides sides;
    for (const CellResult& cell : result.cells) {
        sides.pretrained = sides.pretrained || !cell.parent.empty();
        if (cell.reference()) {
            sides.shared += cell.sharing == ParentSharing::shared ? 1U : 0U;
            sides.other = sides.other || cell.sharing == ParentSharing::other;
        }
    }
    for (const ClaimResult& claim : result.claims) {
        sides.pretrained = sides.pretrained || claim.parents > 0;
    }
    return sides;
}

/// Of the listed cells, or of all where claims alone are listed.
bool is_listed(const SourceParents& source, const CheckResult& result) {
    return result.cells.empty() ||
           std::any_of(result.cells.begin(), result.cells.end(), [&source](const CellResult& cell) {
               return cell.cell.source() == source.source && cell.cell.model() == source.model &&
                      cell.metric == source.metric;
           });
}

std::string shared_text(const Sides& sides) {
    return !sides.other ? "Both sides of every cell share the pre-training run: its variance does not matter "
                          "there."
                        : fmt::format("Both sides of {} cell{} share the pre-training run: its variance does "
                                      "not matter there.",
                                      sides.shared, sides.shared == 1 ? "" : "s");
}

std::string unknown_text(const CheckResult& result, const Sides& sides) {
    const std::string_view rest =
        "conditional on one pre-training run per source: how much another one would "
        "change is not known (--parents N trains further ones).";
    if (sides.shared == 0) {
        return fmt::format("All verdicts are {}", rest);
    }
    if (!sides.other && result.claims.empty()) {
        return shared_text(sides);
    }
    const std::string_view what =
        !sides.other ? "Claims that compare sources or networks are" : "The rest is";
    return fmt::format("{} {} {}", shared_text(sides), what, rest);
}

/// Few sources each with its interval; many by their range, since a table names them.
std::string known_text(const std::vector<const SourceParents*>& known) {
    constexpr std::size_t most_listed = 2;
    std::string text;
    if (known.size() <= most_listed) {
        std::vector<std::string> texts;
        for (const SourceParents* source : known) {
            texts.push_back(tau_text(*source));
        }
        text = fmt::format("{}", fmt::join(texts, "; "));
    } else {
        const auto by_tau = [](const SourceParents* a, const SourceParents* b) {
            return a->variance->tau < b->variance->tau;
        };
        const auto [low, high] = std::minmax_element(known.begin(), known.end(), by_tau);
        std::set<std::size_t> counts;
        for (const SourceParents* source : known) {
            counts.insert(source->variance->parents);
        }
        const std::string parents = counts.size() == 1
                                        ? fmt::format("{}", *counts.begin())
                                        : fmt::format("{} to {}", *counts.begin(), *counts.rbegin());
        text = fmt::format(
            "τ, the standard deviation between {} pre-training runs of one source and network, is "
            "{} to {} points",
            parents, points_text((*low)->variance->tau), points_text((*high)->variance->tau));
    }
    return text +
           "; it is added to the standard error of every comparison between different pre-training runs.";
}

} // namespace

void describe_parents(const plan::Plan& plan, const plan::PlannedCell& planned,
                      const plan::Reference* judging, Records& records, CellResult& cell) {
    cell.parent = planned.runs.empty() ? "" : plan.runs[planned.runs.front()].parent;
    if (cell.parent.empty()) {
        return;
    }
    require_one_recipe(plan, planned, records);
    for (const std::vector<std::size_t>& runs : planned.further) {
        add_parent(plan, runs, records, cell);
    }
    cell.parents = std::max<std::size_t>(1, parents_with_values(cell));
    cell.sharing = cell.judged_by_baseline && judging != nullptr && repeats_keys(plan, planned, *judging)
                       ? ParentSharing::shared
                       : ParentSharing::other;
}

std::vector<SourceParents> parents_of(const std::vector<CellResult>& cells) {
    std::vector<SourceParents> sources;
    std::vector<std::vector<std::vector<metrics::Sample>>> samples; ///< of each source, by cell
    for (const CellResult& cell : cells) {
        if (cell.parent.empty() || cell.is_limited) {
            continue;
        }
        auto source = std::find_if(sources.begin(), sources.end(), [&cell](const SourceParents& entry) {
            return entry.source == cell.cell.source() && entry.model == cell.cell.model() &&
                   entry.metric == cell.metric;
        });
        if (source == sources.end()) {
            source = sources.insert(source, {.source = cell.cell.source(),
                                             .model = cell.cell.model(),
                                             .metric = cell.metric,
                                             .variance = {}});
            samples.emplace_back();
        }
        samples[static_cast<std::size_t>(source - sources.begin())].push_back(samples_of(cell));
    }
    for (std::size_t i = 0; i < sources.size(); ++i) {
        sources[i].variance = metrics::parent_variance(samples[i]);
    }
    return sources;
}

std::optional<VarianceComponent> parents_component(std::span<const SourceParents> known,
                                                   const CellResult& cell) {
    const SourceParents* source = find_source(known, cell);
    if (cell.sharing != ParentSharing::other || source == nullptr || source->variance->tau <= 0.0) {
        return std::nullopt;
    }
    return VarianceComponent{.variance = 2.0 * source->variance->variance(), .df = source->variance->df};
}

std::optional<VarianceComponent> parents_component(std::span<const SourceParents> known, const CellResult& a,
                                                   const CellResult& b) {
    if (a.parent == b.parent) {
        return std::nullopt;
    }
    const SourceParents* of_a = find_source(known, a);
    const SourceParents* of_b = find_source(known, b);
    if ((of_a == nullptr && !a.parent.empty()) || (of_b == nullptr && !b.parent.empty())) {
        return std::nullopt; // not known on one side: conditional on its one pre-training run
    }
    if (of_a != nullptr && of_a == of_b) { // one estimate, twice
        return of_a->variance->tau <= 0.0
                   ? std::nullopt
                   : std::optional(VarianceComponent{.variance = 2.0 * of_a->variance->variance(),
                                                     .df = of_a->variance->df});
    }
    double variance = 0.0;
    double spread = 0.0; // of the sum: Satterthwaite
    for (const SourceParents* source : {of_a, of_b}) {
        if (source != nullptr) {
            variance += source->variance->variance();
            spread += source->variance->variance() * source->variance->variance() / source->variance->df;
        }
    }
    return variance <= 0.0
               ? std::nullopt
               : std::optional(VarianceComponent{.variance = variance, .df = variance * variance / spread});
}

void note_parents(const CellResult* cell, ClaimResult& claim) {
    if (cell != nullptr && cell->parents > 0) {
        claim.parents = claim.parents == 0 ? cell->parents : std::min(claim.parents, cell->parents);
    }
}

std::string brief_condition(std::span<const CheckResult* const> results) {
    std::size_t fewest = 0;
    std::size_t most = 0;
    std::set<std::string> shared;
    for (const CheckResult* result : results) {
        for (const CellResult& cell : result->cells) {
            if (cell.parents > 0) {
                fewest = fewest == 0 ? cell.parents : std::min(fewest, cell.parents);
                most = std::max(most, cell.parents);
            }
            if (cell.sharing == ParentSharing::shared) {
                shared.insert(cell.id);
            }
        }
    }
    if (most == 0) {
        return "";
    }
    const std::string count = most == 1        ? "one pre-training run"
                              : fewest == most ? fmt::format("{} pre-training runs", most)
                                               : fmt::format("{} to {} pre-training runs", fewest, most);
    return fmt::format("{} per source{}", count,
                       shared.empty() ? ""
                                      : fmt::format(", the recorded one in {} cell{}", shared.size(),
                                                    shared.size() == 1 ? "" : "s"));
}

bool knows_parents(const CheckResult& result) {
    return std::any_of(result.parents.begin(), result.parents.end(),
                       [](const SourceParents& source) { return source.variance.has_value(); });
}

std::string tau_text(const SourceParents& source) {
    const std::string name = fmt::format("{}/{}", source.source, source.model);
    if (!source.variance) {
        return fmt::format("τ of {} is not known from one pre-training run", name);
    }
    return fmt::format("τ = {} points between {} of {} ({}; 95 % interval {} to {})",
                       points_text(source.variance->tau), counted_runs(source.variance->parents), name,
                       metric_text(source.metric), points_text(source.variance->ci95.low),
                       points_text(source.variance->ci95.high));
}

std::string parents_text(const CheckResult& result) {
    const Sides sides = sides_of(result);
    if (result.is_scaling || !sides.pretrained) {
        return "";
    }
    std::vector<const SourceParents*> known;
    std::size_t listed = 0;
    for (const SourceParents& source : result.parents) {
        if (is_listed(source, result)) {
            ++listed;
            if (source.variance) {
                known.push_back(&source);
            }
        }
    }
    if (known.empty()) {
        return unknown_text(result, sides);
    }
    const std::string rest = known.size() < listed
                                 ? " Where it is not known, verdicts are conditional on one pre-training run "
                                   "per source."
                                 : "";
    return known_text(known) + rest + (sides.shared > 0 ? " " + shared_text(sides) : "");
}

std::vector<std::vector<std::string>> parents_rows(const CheckResult& result) {
    std::vector<std::vector<std::string>> rows;
    for (const SourceParents& source : result.parents) {
        std::vector<std::string> row{source.source + "/" + source.model, source.metric};
        const std::vector<std::string> numbers =
            source.variance
                ? std::vector{fmt::format("{}", source.variance->parents), points_text(source.variance->tau),
                              fmt::format("{} to {}", points_text(source.variance->ci95.low),
                                          points_text(source.variance->ci95.high)),
                              points_text(source.variance->within_sd),
                              fmt::format("{}", source.variance->cells)}
                : std::vector<std::string>{"1", "not known", "", "", ""};
        row.insert(row.end(), numbers.begin(), numbers.end());
        rows.push_back(std::move(row));
    }
    return rows;
}

std::string parents_markdown(const CheckResult& result) {
    if (!knows_parents(result)) {
        return "";
    }
    std::vector<std::string> headings;
    for (const ParentsColumn& column : parents_columns) {
        headings.emplace_back(column.heading);
    }
    std::string text = fmt::format("{}.\n\n{}", parents_caption, markdown_of(headings, parents_rows(result)));
    const std::vector<std::vector<std::string>> claims = parents_claims_rows(result);
    if (!claims.empty()) {
        headings.assign(parents_claims_columns.begin(), parents_claims_columns.end());
        text += fmt::format("\n{}.\n\n{}", parents_claims_caption, markdown_of(headings, claims));
    }
    return text;
}

std::string condition_of(const CellResult& cell, std::span<const SourceParents> known) {
    if (cell.sharing == ParentSharing::none) {
        return "";
    }
    if (cell.sharing == ParentSharing::shared) {
        return "both sides share the pre-training run";
    }
    const SourceParents* source = find_source(known, cell);
    return source == nullptr             ? "one pre-training run per source"
           : source->variance->tau > 0.0 ? "the variance between pre-training runs is in the standard error"
                                         : "the variance between pre-training runs was estimated as 0";
}

ordered_json parents_json(const CheckResult& result) {
    ordered_json list = ordered_json::array();
    for (const SourceParents& source : result.parents) {
        ordered_json entry{{"source", source.source},
                           {"network", source.model},
                           {"metric", source.metric},
                           {"parents", source.variance ? source.variance->parents : 1},
                           {"cells", source.variance ? source.variance->cells : 0},
                           {"tau", nullptr},
                           {"ci95", nullptr},
                           {"df", nullptr}};
        if (source.variance) {
            entry["tau"] = source.variance->tau;
            entry["ci95"] = {source.variance->ci95.low, source.variance->ci95.high};
            entry["df"] = source.variance->df;
        }
        list.push_back(std::move(entry));
    }
    return list;
}

std::string parents_csv(const CheckResult& result) {
    std::string text = "source,network,metric,parents,cells,tau,ci95_low,ci95_high,df\n";
    for (const SourceParents& source : result.parents) {
        text += fmt::format("{},{},{},", source.source, source.model, source.metric);
        text += source.variance
                    ? fmt::format("{},{},{:.4f},{:.4f},{:.4f},{:g}\n", source.variance->parents,
                                  source.variance->cells, source.variance->tau, source.variance->ci95.low,
                                  source.variance->ci95.high, source.variance->df)
                    : "1,0,,,,\n";
    }
    return text;
}

} // namespace reports
