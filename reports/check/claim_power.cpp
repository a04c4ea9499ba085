#include "reports/check/claim_power.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "metrics/effect_size.hpp"
#include "metrics/seed_size.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;

constexpr std::string_view is_against = "the observed difference is against it";

using Cells = std::vector<metrics::ClaimCell>;

/// The sd of the differences seed by seed; nothing where the term is not tested in pairs.
std::optional<double> sd_of_pairs(const ClaimPair& pair, const metrics::ClaimCell& a,
                                  const metrics::ClaimCell& b) {
    if (pair.a.front().is_full_shot()) {
        return std::nullopt;
    }
    const metrics::SeedPairs pairs = metrics::shared_pairs(a, b);
    if (pairs.ours.size() < metrics::claim_min_values) {
        return std::nullopt;
    }
    std::vector<double> differences(pairs.ours.size());
    std::transform(pairs.ours.begin(), pairs.ours.end(), pairs.reference.begin(), differences.begin(),
                   [](double x, double y) { return x - y; });
    return metrics::make_sample(differences).sd;
}

ComparisonPower against(std::string_view reason) {
    return {.reason = std::string(reason)};
}

/// Every cell on its side of the bound: of "above" the best one is enough.
ComparisonPower power_of_bound(const ClaimPair& pair, const Cells& cells) {
    const bool below = pair.term->kind == plan::ClaimKind::below;
    std::vector<metrics::ClaimCell> needed = cells;
    if (!below) {
        needed = {std::ranges::max(cells, {}, [](const auto& cell) { return cell.sample.mean; })};
    }
    const auto effect_of = [below, bound = *pair.term->bound](const metrics::ClaimCell& cell) {
        return below ? bound - cell.sample.mean : cell.sample.mean - bound;
    };
    if (std::ranges::any_of(needed, [&](const auto& cell) { return !(effect_of(cell) > 0.0); })) {
        return against(is_against);
    }
    const double maximum_of = below ? 1.0 : static_cast<double>(cells.size());
    return {.power = [needed, effect_of, maximum_of](std::uint64_t seeds, double alpha) {
        std::vector<double> powers;
        for (const metrics::ClaimCell& cell : needed) {
            powers.push_back(metrics::paired_power(effect_of(cell), {.sd = *cell.sample.sd, .n = seeds},
                                                   alpha / maximum_of));
        }
        return metrics::joint_power(powers, powers.size());
    }};
}

ComparisonPower power_of_equivalence(const ClaimPair& pair, const metrics::ClaimCell& a,
                                     const metrics::ClaimCell& b) {
    const double margin = pair.term->margin;
    const std::optional<double> paired_sd = sd_of_pairs(pair, a, b);
    const double sd_a = paired_sd.value_or(*a.sample.sd);
    const double sd_b = paired_sd ? 0.0 : *b.sample.sd; // differences against a constant
    return {.power = [margin, sd_a, sd_b](std::uint64_t seeds, double alpha) {
        return metrics::equivalence_power(margin, {.sd = sd_a, .n = seeds}, {.sd = sd_b, .n = seeds}, alpha);
    }};
}

ComparisonPower power_of_difference(const ClaimPair& pair, const metrics::ClaimCell& a,
                                    const metrics::ClaimCell& b, double maximum_of) {
    const double effect = a.sample.mean - b.sample.mean + pair.term->margin;
    if (!(effect > 0.0)) {
        return against(is_against);
    }
    if (pair.term->by_sds > 0.0) {
        const double sd = std::hypot(*a.sample.sd, *b.sample.sd) / std::sqrt(2.0);
        if (!(effect > pair.term->by_sds * sd)) {
            return against("the observed difference is not that many sds");
        }
        return {
            .power = [effect, sd, sds = pair.term->by_sds, maximum_of](std::uint64_t seeds, double alpha) {
                return metrics::effect_power(effect / sd, sds, seeds, alpha / maximum_of);
            }};
    }
    if (const std::optional<double> paired_sd = sd_of_pairs(pair, a, b)) {
        return {.power = [effect, sd = *paired_sd, maximum_of](std::uint64_t seeds, double alpha) {
            return metrics::paired_power(effect, {.sd = sd, .n = seeds}, alpha / maximum_of);
        }};
    }
    return {.power = [effect, sd_a = *a.sample.sd, sd_b = *b.sample.sd, maximum_of](std::uint64_t seeds,
                                                                                    double alpha) {
        return metrics::directional_power(effect, {.sd = sd_a, .n = seeds}, {.sd = sd_b, .n = seeds},
                                          alpha / maximum_of);
    }};
}

} // namespace

ComparisonPower power_of(const ClaimPair& pair, const KnownOf& known_of) {
    Cells cells;
    for (const plan::CellId& id : pair.a) {
        if (auto known = known_of(id)) {
            cells.push_back(std::move(*known));
        }
    }
    const auto b = pair.b ? known_of(*pair.b) : std::nullopt;
    if (cells.size() < pair.a.size() || (pair.b && !b)) {
        return against("no sd is known of every cell");
    }
    if (!pair.b) {
        return power_of_bound(pair, cells);
    }
    const metrics::ClaimCell best =
        std::ranges::max(cells, {}, [](const auto& cell) { return cell.sample.mean; });
    return pair.term->kind == plan::ClaimKind::equivalent
               ? power_of_equivalence(pair, best, *b)
               : power_of_difference(pair, best, *b, static_cast<double>(cells.size()));
}

} // namespace reports
