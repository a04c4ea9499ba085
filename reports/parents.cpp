#include "reports/parents.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/outcomes.hpp"
#include "reports/words.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;
using metrics::VarianceComponent;
using nlohmann::ordered_json;

std::vector<SeedResult> finished(const plan::Plan& plan, const std::vector<std::size_t>& runs,
                                 Records& records) {
    std::vector<SeedResult> values;
    for (const std::size_t index : runs) {
        const plan::PlannedRun& run = plan.runs[index];
        if (const Outcome outcome = outcome_of(run, records); outcome.value) {
            values.push_back({.seed = run.seed, .value = *outcome.value, .key = run.key});
        }
    }
    return values;
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
    const auto further =
        std::count_if(cell.further.begin(), cell.further.end(), [](const auto& list) { return !list.empty(); });
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
        return source.source == cell.cell.source && source.model == cell.cell.model &&
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

/// How the cells stand to what they are compared with; those without a reference, and from scratch, aside.
struct Sides {
    std::size_t shared = 0;
    std::size_t other = 0;
    bool pretrained = false;
};

Sides sides_of(const CheckResult& result) {
    Sides sides;
    for (const CellResult& cell : result.cells) {
        sides.pretrained = sides.pretrained || !cell.parent.empty();
        if (cell.reference()) {
            sides.shared += cell.sharing == ParentSharing::shared ? 1U : 0U;
            sides.other += cell.sharing == ParentSharing::other ? 1U : 0U;
        }
    }
    for (const ClaimResult& claim : result.claims) {
        sides.pretrained = sides.pretrained || claim.parents > 0;
    }
    return sides;
}

std::string shared_text(const Sides& sides) {
    return sides.other == 0 ? "Both sides of every cell share the pre-training run: its variance does not matter "
                              "there."
                            : fmt::format("Both sides of {} cell{} share the pre-training run: its variance does "
                                          "not matter there.",
                                          sides.shared, sides.shared == 1 ? "" : "s");
}

std::string unknown_text(const CheckResult& result, const Sides& sides) {
    const std::string_view rest = "conditional on one pre-training run per source: how much another one would "
                                  "change is not known (--parents N trains further ones).";
    if (sides.shared == 0) {
        return fmt::format("All verdicts are {}", rest);
    }
    if (sides.other == 0 && result.claims.empty()) {
        return shared_text(sides);
    }
    const std::string_view what = sides.other == 0 ? "Claims that compare sources or networks are" : "The rest is";
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
        const std::string parents = counts.size() == 1 ? fmt::format("{}", *counts.begin())
                                                       : fmt::format("{} to {}", *counts.begin(), *counts.rbegin());
        text = fmt::format("τ, the standard deviation between {} pre-training runs of one source and network, is "
                           "{} to {} points",
                           parents, points_text((*low)->variance->tau), points_text((*high)->variance->tau));
    }
    return text + "; it is added to the standard error of every comparison between different pre-training runs.";
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
        cell.further.push_back(finished(plan, runs, records));
        cell.further_runs.insert(cell.further_runs.end(), runs.begin(), runs.end());
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
            return entry.source == cell.cell.source && entry.model == cell.cell.model &&
                   entry.metric == cell.metric;
        });
        if (source == sources.end()) {
            source = sources.insert(source, {.source = cell.cell.source,
                                             .model = cell.cell.model,
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
    return variance <= 0.0 ? std::nullopt
                           : std::optional(VarianceComponent{.variance = variance,
                                                             .df = variance * variance / spread});
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
    for (const SourceParents& source : result.parents) {
        if (source.variance) {
            known.push_back(&source);
        }
    }
    if (known.empty()) {
        return unknown_text(result, sides);
    }
    const std::string rest = known.size() < result.parents.size()
                                 ? " Where it is not known, verdicts are conditional on one pre-training run "
                                   "per source."
                                 : "";
    return known_text(known) + rest + (sides.shared > 0 ? " " + shared_text(sides) : "");
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
