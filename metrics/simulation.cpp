#include "metrics/simulation.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <functional>
#include <thread>

#include <fmt/format.h>

#include "metrics/parent_variance.hpp"
#include "suite/base/philox.hpp"

namespace metrics {
namespace {

using suite::ErrorKind;

/// Values of one side of one cell, in seed order.
using Values = std::vector<double>;

/// Deviations of the pre-training runs from their source's mean, in units of τ.
struct Parents {
    double reference = 0;
    std::vector<double> ours{}; ///< the first one and those that only tell τ
};

struct DrawnCell {
    Values reference;
    std::vector<Values> ours; ///< from each pre-training run of ours
};

std::size_t numbers_in(const std::vector<SimulatedCell>& cells, std::size_t SimulatedCell::*number) {
    std::size_t most = 0;
    for (const SimulatedCell& cell : cells)
        most = std::max(most, cell.*number + 1);
    return most;
}

std::vector<Parents> draw_parents(const SimulatedStudy& study, suite::PhiloxStream& random) {
    std::vector<Parents> parents(numbers_in(study.cells, &SimulatedCell::parent));
    for (Parents& source : parents) {
        source.reference = random.normal();
        for (std::size_t i = 0; i < std::max<std::size_t>(study.parents, 1); ++i)
            source.ours.push_back(random.normal());
    }
    return parents;
}

DrawnCell draw_cell(const SimulatedCell& cell, const SimulatedStudy& study, const Parents& parents,
                    suite::PhiloxStream& random) {
    DrawnCell drawn;
    std::vector<double> shared; // the part of a seed's noise that both sides have
    const double correlation = study.seed_correlation.value_or(0.0);
    const double own = std::sqrt(1 - correlation);
    const double tau = study.parent_sd;
    for (std::size_t i = 0; i < cell.reference_seeds; ++i) {
        shared.push_back(correlation > 0 ? std::sqrt(correlation) * random.normal() : 0.0);
        const double noise = shared.back() + own * random.normal() + tau * parents.reference;
        drawn.reference.push_back(cell.mean + cell.sd * noise);
    }
    for (const double parent : parents.ours) {
        Values& values = drawn.ours.emplace_back();
        for (std::size_t i = 0; i < cell.seeds; ++i) {
            const double both = i < shared.size() ? shared[i] : 0.0;
            const double noise = both + own * random.normal() + tau * parent;
            values.push_back(cell.mean + cell.offset + cell.sd * noise);
        }
    }
    return drawn;
}

double rounded(double value, int decimals) {
    const double scale = std::pow(10.0, decimals);
    return std::round(value * scale) / scale;
}

Sample reference_of(const SimulatedCell& cell, const DrawnCell& drawn) {
    const Sample raw = make_sample(drawn.reference);
    return cell.printed_decimals
               ? summary_sample(rounded(raw.mean, *cell.printed_decimals),
                                rounded(raw.sd.value_or(0.0), *cell.printed_decimals), raw.n)
               : raw;
}

MarginRule margin_rule(const SimulatedCell& cell, const Rules& rules) {
    MarginRule rule = cell.margin;
    if (!rules.caps_margins)
        rule.cap.reset();
    return rule;
}

/// The margin of every cell from the references' sds: pooled over its group, or its own.
std::vector<double> margins_of(const std::vector<SimulatedCell>& cells, const std::vector<Sample>& references,
                               const Rules& rules) {
    std::vector<std::vector<Sample>> groups(numbers_in(cells, &SimulatedCell::group));
    if (rules.pools_sds)
        for (std::size_t i = 0; i < cells.size(); ++i)
            groups[cells[i].group].push_back(references[i]);
    std::vector<std::optional<double>> pooled;
    for (const std::vector<Sample>& group : groups)
        pooled.push_back(pooled_sd(group));
    std::vector<double> margins;
    for (std::size_t i = 0; i < cells.size(); ++i)
        margins.push_back(effective_margin(margin_rule(cells[i], rules),
                                           rules.pools_sds ? pooled[cells[i].group] : references[i].sd));
    return margins;
}

/// What two pre-training runs add to the variance of a difference, as far as ours tell; by source.
std::vector<std::optional<VarianceComponent>> parent_components(const SimulatedStudy& study,
                                                                const std::vector<DrawnCell>& drawn) {
    std::vector<std::optional<VarianceComponent>> components(numbers_in(study.cells, &SimulatedCell::parent));
    if (study.parents < 2)
        return components;
    std::vector<std::vector<std::vector<Sample>>> sources(components.size());
    for (std::size_t i = 0; i < drawn.size(); ++i) {
        std::vector<Sample>& samples = sources[study.cells[i].parent].emplace_back();
        for (const Values& values : drawn[i].ours)
            samples.push_back(make_sample(values));
    }
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const std::optional<ParentVariance> variance = parent_variance(sources[i]);
        if (variance && variance->tau > 0)
            components[i] = VarianceComponent{.variance = 2 * variance->variance(), .df = variance->df};
    }
    return components;
}

void find_cell_faults(const SimulatedCell& cell, const SimulatedStudy& study, std::string_view where,
                      suite::FaultList& faults) {
    if (cell.seeds < 2 || cell.reference_seeds < 2)
        faults.add({fmt::format("{} seeds", where),
                    fmt::format("{} and {}", cell.seeds, cell.reference_seeds), "2 or more on each side",
                    "a variance needs two values"});
    if (study.seed_correlation && cell.seeds != cell.reference_seeds)
        faults.add({fmt::format("{} seeds", where),
                    fmt::format("{} and {}", cell.seeds, cell.reference_seeds),
                    "equally many where both sides have the same seeds", ""});
    if (!(cell.sd >= 0) || !std::isfinite(cell.sd) || !std::isfinite(cell.mean + cell.offset))
        faults.add({std::string(where),
                    fmt::format("mean {}, offset {}, sd {}", cell.mean, cell.offset, cell.sd),
                    "finite numbers, an sd of 0 or more", ""});
    const bool needs_points = cell.printed_decimals || cell.sd == 0; // every sd may be seen as 0
    if (!(effective_margin(cell.margin, needs_points ? 0.0 : cell.sd) > 0))
        faults.add({fmt::format("{} margin", where),
                    fmt::format("{} points, {} sds", cell.margin.points, cell.margin.sds), "a margin above 0",
                    "constant and printed cells need points"});
}

void require_options(const SimulationOptions& options, suite::FaultList& faults) {
    if (options.studies == 0)
        faults.add({"studies", "0", "1 or more", ""});
    if (options.threads == 0)
        faults.add({"threads", "0", "1 or more", ""});
}

void require_sane(const SimulatedStudy& study, const SimulationOptions& options) {
    suite::FaultList faults;
    if (study.cells.empty())
        faults.add({"cells", "none", "1 or more", ""});
    for (std::size_t i = 0; i < study.cells.size(); ++i)
        find_cell_faults(study.cells[i], study, fmt::format("cell {}", i), faults);
    if (!(study.parent_sd >= 0) || !std::isfinite(study.parent_sd))
        faults.add({"parent sd", fmt::format("{}", study.parent_sd), "a finite number of 0 or more", ""});
    if (study.seed_correlation && !(*study.seed_correlation >= 0 && *study.seed_correlation <= 1))
        faults.add(
            {"seed correlation", fmt::format("{}", *study.seed_correlation), "a number in [0, 1]", ""});
    require_options(options, faults);
    faults.throw_if_any(ErrorKind::usage);
}

void require_sane(const SimulatedClaim& claim, const SimulationOptions& options) {
    suite::FaultList faults;
    if (claim.effects.empty())
        faults.add({"effects", "none", "one a term", ""});
    if (claim.seeds < claim_min_values)
        faults.add({"seeds", fmt::format("{}", claim.seeds), fmt::format("{} or more", claim_min_values),
                    "claims with fewer are not judged"});
    require_options(options, faults);
    faults.throw_if_any(ErrorKind::usage);
}

/// Counts one thing over studies; sums of whole numbers, so that their order cannot matter.
struct Tally {
    std::uint64_t hits = 0;
    std::uint64_t squares = 0; ///< of the hits of each study

    void add(std::uint64_t of_one_study) {
        hits += of_one_study;
        squares += of_one_study * of_one_study;
    }
    void add(const Tally& other) {
        hits += other.hits;
        squares += other.squares;
    }
    /// `trials`: in each study.
    [[nodiscard]] Rate rate(std::uint64_t studies, std::uint64_t trials) const {
        if (trials == 0)
            return {};
        const auto n = static_cast<double>(studies);
        const auto cells = static_cast<double>(trials);
        const double mean = static_cast<double>(hits) / n;
        const double variance = std::max(0.0, static_cast<double>(squares) / n - mean * mean);
        return {.share = mean / cells,
                .standard_error = n > 1 ? std::sqrt(variance / (n - 1)) / cells : 0.0,
                .trials = studies * trials};
    }
};

template<typename Counts>
Counts count_in_parallel(const SimulationOptions& options,
                         const std::function<void(std::uint64_t, Counts&)>& add_study) {
    const std::uint64_t threads = std::min<std::uint64_t>(options.threads, options.studies);
    std::vector<Counts> parts(threads);
    std::vector<std::exception_ptr> failures(threads);
    const auto work = [&](std::uint64_t part) {
        try {
            for (std::uint64_t study = part; study < options.studies; study += threads)
                add_study(study, parts[part]);
        } catch (...) {
            failures[part] = std::current_exception();
        }
    };
    {
        std::vector<std::jthread> others;
        for (std::uint64_t part = 1; part < threads; ++part)
            others.emplace_back(work, part);
        work(0);
    }
    for (const std::exception_ptr& failure : failures)
        if (failure)
            std::rethrow_exception(failure);
    for (std::uint64_t part = 1; part < threads; ++part)
        parts[0].add(parts[part]);
    return parts[0];
}

struct StudyTallies {
    Tally equivalent, different, inconclusive, unresolved;
    Tally any_false_different, false_different, false_equivalent, detected;

    void add(const StudyTallies& other) {
        for (Tally StudyTallies::*tally :
             {&StudyTallies::equivalent, &StudyTallies::different, &StudyTallies::inconclusive,
              &StudyTallies::unresolved, &StudyTallies::any_false_different, &StudyTallies::false_different,
              &StudyTallies::false_equivalent, &StudyTallies::detected})
            (this->*tally).add(other.*tally);
    }
};

struct ClaimTallies {
    Tally holds, fails, inconclusive;

    void add(const ClaimTallies& other) {
        holds.add(other.holds);
        fails.add(other.fails);
        inconclusive.add(other.inconclusive);
    }
};

/// On which side of its margin each cell truly lies.
struct Truth {
    std::vector<double> margins;  ///< by cell
    std::uint64_t within = 0;     ///< cells: a `different` is false
    std::uint64_t outside = 0;    ///< cells: a `different` is right
    std::uint64_t not_within = 0; ///< cells: an `equivalent` is false

    explicit Truth(const SimulatedStudy& study) : margins(true_margins(study.cells)) {
        for (std::size_t i = 0; i < margins.size(); ++i) {
            within += is_within(study.cells[i], i);
            outside += !is_within(study.cells[i], i);
            not_within += is_not_inside(study.cells[i], i);
        }
    }
    [[nodiscard]] bool is_within(const SimulatedCell& cell, std::size_t i) const {
        return std::fabs(cell.offset) <= margins[i];
    }
    [[nodiscard]] bool is_not_inside(const SimulatedCell& cell, std::size_t i) const {
        return std::fabs(cell.offset) >= margins[i];
    }
};

std::vector<CellComparison> judge(const std::vector<CellInput>& inputs, const Rules& rules) {
    std::vector<CellComparison> comparisons;
    for (const CellInput& input : inputs)
        comparisons.push_back(compare(input, rules));
    judge_family(comparisons, rules);
    return comparisons;
}

void count_study(const SimulatedStudy& study, const Truth& truth,
                 const std::vector<CellComparison>& comparisons, StudyTallies& tallies) {
    std::uint64_t equivalent = 0, different = 0, inconclusive = 0, unresolved = 0;
    std::uint64_t false_different = 0, false_equivalent = 0;
    for (std::size_t i = 0; i < comparisons.size(); ++i) {
        const bool is_equivalent = comparisons[i].verdict == Verdict::equivalent;
        const bool is_different = comparisons[i].verdict == Verdict::different;
        equivalent += is_equivalent;
        different += is_different;
        inconclusive += !is_equivalent && !is_different;
        unresolved += comparisons[i].differs_size_unresolved;
        false_different += is_different && truth.is_within(study.cells[i], i);
        false_equivalent += is_equivalent && truth.is_not_inside(study.cells[i], i);
    }
    tallies.equivalent.add(equivalent);
    tallies.different.add(different);
    tallies.inconclusive.add(inconclusive);
    tallies.unresolved.add(unresolved);
    tallies.any_false_different.add(false_different > 0 ? 1U : 0U);
    tallies.false_different.add(false_different);
    tallies.false_equivalent.add(false_equivalent);
    tallies.detected.add(different - false_different);
}

suite::PhiloxStream stream_of(std::uint64_t seed, std::uint64_t index) {
    return suite::PhiloxStream({.seed = suite::derive_seed(seed, "made-up studies"),
                                .purpose = suite::Purpose::simulation,
                                .sample = index});
}

ClaimCell draw_side(double mean, std::size_t seeds, suite::PhiloxStream& random) {
    Values values;
    for (std::size_t i = 0; i < seeds; ++i)
        values.push_back(mean + random.normal());
    return {.sample = make_sample(values)};
}

Claim draw_claim(const SimulatedClaim& design, std::uint64_t seed, std::uint64_t index) {
    suite::PhiloxStream random = stream_of(seed, index);
    Claim claim{.rule = design.rule, .at_least = design.at_least};
    for (const double effect : design.effects) {
        ClaimTerm& term = claim.terms.emplace_back();
        term.a.push_back(draw_side(effect, design.seeds, random));
        term.b = draw_side(0.0, design.seeds, random);
    }
    return claim;
}

} // namespace

std::vector<double> true_margins(const std::vector<SimulatedCell>& cells) {
    std::vector<Sample> truths;
    for (const SimulatedCell& cell : cells)
        truths.push_back(summary_sample(cell.mean, cell.sd, cell.reference_seeds));
    return margins_of(cells, truths, {});
}

std::vector<CellInput> draw_study(const SimulatedStudy& study, const Rules& rules, std::uint64_t seed,
                                  std::uint64_t index) {
    suite::PhiloxStream random = stream_of(seed, index);
    const std::vector<Parents> parents = draw_parents(study, random);
    std::vector<DrawnCell> drawn;
    std::vector<Sample> references;
    for (const SimulatedCell& cell : study.cells) {
        drawn.push_back(draw_cell(cell, study, parents[cell.parent], random));
        references.push_back(reference_of(cell, drawn.back()));
    }
    const std::vector<double> margins = margins_of(study.cells, references, rules);
    const auto components = parent_components(study, drawn);
    std::vector<CellInput> inputs;
    for (std::size_t i = 0; i < study.cells.size(); ++i) {
        const SimulatedCell& cell = study.cells[i];
        CellInput& input = inputs.emplace_back();
        input.ours = make_sample(drawn[i].ours.front());
        input.reference = references[i];
        input.margin = {.declared = margins[i],
                        .rounding_half_width =
                            cell.printed_decimals ? 0.5 * std::pow(10.0, -*cell.printed_decimals) : 0.0,
                        .chance = cell.chance};
        if (study.seed_correlation && !cell.printed_decimals)
            input.pairs = SeedPairs{.ours = drawn[i].ours.front(), .reference = drawn[i].reference};
        input.parents = components[cell.parent];
    }
    return inputs;
}

StudyRates simulate(const SimulatedStudy& study, const Rules& rules, const SimulationOptions& options) {
    require_sane(study, options);
    const Truth truth(study);
    const auto counts =
        count_in_parallel<StudyTallies>(options, [&](std::uint64_t index, StudyTallies& tallies) {
            count_study(study, truth, judge(draw_study(study, rules, options.seed, index), rules), tallies);
        });
    const auto rate = [&](const Tally& tally, std::uint64_t trials) {
        return tally.rate(options.studies, trials);
    };
    const std::uint64_t cells = study.cells.size();
    return {.equivalent = rate(counts.equivalent, cells),
            .different = rate(counts.different, cells),
            .inconclusive = rate(counts.inconclusive, cells),
            .unresolved = rate(counts.unresolved, cells),
            .any_false_different = rate(counts.any_false_different, truth.within > 0 ? 1 : 0),
            .false_different = rate(counts.false_different, truth.within),
            .false_equivalent = rate(counts.false_equivalent, truth.not_within),
            .detected = rate(counts.detected, truth.outside)};
}

ClaimRates simulate(const SimulatedClaim& claim, const Rules& rules, const SimulationOptions& options) {
    require_sane(claim, options);
    const auto counts =
        count_in_parallel<ClaimTallies>(options, [&](std::uint64_t index, ClaimTallies& tallies) {
            const ClaimVerdict verdict = judge_claim(draw_claim(claim, options.seed, index), rules).verdict;
            tallies.holds.add(verdict == ClaimVerdict::holds ? 1U : 0U);
            tallies.fails.add(verdict == ClaimVerdict::fails ? 1U : 0U);
            tallies.inconclusive.add(verdict == ClaimVerdict::inconclusive ? 1U : 0U);
        });
    return {.holds = counts.holds.rate(options.studies, 1),
            .fails = counts.fails.rate(options.studies, 1),
            .inconclusive = counts.inconclusive.rate(options.studies, 1)};
}

} // namespace metrics
