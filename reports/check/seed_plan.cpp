#include "reports/check/seed_plan.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "metrics/seed_size.hpp"
#include "reports/check/claim_power.hpp"
#include "reports/check/claims.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;

constexpr double seconds_per_hour = 3600.0;
constexpr std::size_t fewest_runs = 3; // of a cell, for an sd that is worth planning with

/// What is known of a cell's values.
struct Observed {
    metrics::Sample sample;
    std::string origin;
};

std::optional<Observed> observed(const CellResult& cell) {
    if (cell.values.size() >= fewest_runs) {
        return Observed{.sample = cell.ours, .origin = "store"};
    }
    if (cell.reference() && cell.reference()->sample.sd) {
        return Observed{.sample = cell.reference()->sample, .origin = "reference"};
    }
    return std::nullopt;
}

/// A comparison that some number of seeds can show.
struct Comparison {
    const ClaimPair* pair = nullptr;
    std::function<double(std::uint64_t seeds, double alpha)> power;
};

class SeedPlanner {
public:
    SeedPlanner(const plan::Catalog& catalog, const plan::Plan& plan, const CheckResult& result, double power)
        : workload_(find(catalog.workloads, plan.workload, "workload")),
          profile_(find(catalog.profiles, plan.profile, "profile")),
          plan_(plan),
          power_(power) {
        seeds_.workload = plan.workload;
        seeds_.profile = plan.profile;
        seeds_.power = power;
        seeds_.planned = plan.seeds.size();
        seeds_.hours_of =
            profile_.system.empty()
                ? "core-hours"
                : fmt::format("GPU-hours ({})", find(catalog.systems, profile_.system, "system").gpu);
        for (const CellResult& cell : result.cells) {
            cells_[cell.id] = &cell;
        }
        for (const plan::PlannedCell& cell : plan.cells) {
            hours_[cell.text] =
                plan.runs[cell.runs.front()].gigamacs /
                suite::plan::declared_rate(profile_, plan.runs[cell.runs.front()].config.network.id) /
                seconds_per_hour;
        }
    }

    SeedPlan build() {
        for (const plan::PlannedCell& cell : plan_.cells) {
            add_margin(*cells_.at(cell.text));
        }
        for (const plan::ClaimSpec& claim : workload_.claims) {
            add_claim(claim);
        }
        for (const auto& [cell, seeds] : needed_) {
            add(seeds_.for_claims, cost(cell, seeds));
        }
        return std::move(seeds_);
    }

private:
    [[nodiscard]] SeedCost cost(const std::string& cell, std::uint64_t seeds) const {
        const std::uint64_t more = seeds > seeds_.planned ? seeds - seeds_.planned : 0;
        return {.runs = more, .hours = static_cast<double>(more) * hours_.at(cell)};
    }
    static void add(SeedCost& sum, const SeedCost& more) {
        sum.runs += more.runs;
        sum.hours += more.hours;
    }

    void add_margin(const CellResult& cell) {
        MarginNeed& need = seeds_.margins.emplace_back();
        need.cell = cell.id;
        need.margin = cell.comparison.margin;
        const std::optional<Observed> known = observed(cell);
        if (!known || !cell.reference() || !cell.reference()->sample.sd || !known->sample.sd) {
            need.reason = "no sd is known on both sides";
            return;
        }
        const metrics::Sample& reference = cell.reference()->sample;
        need.sd = known->sample.sd;
        need.sd_origin = known->origin;
        need.reference_n = reference.n;
        if (cell.comparison.at_chance) {
            need.reason = "chance lies within the margin: no score there is called equivalent";
            return;
        }
        const double bound = need.margin - cell.comparison.rounding_half_width; // within which it is shown
        if (!(bound > 0.0)) {
            need.reason = "the printed mean is rounded to more than the margin";
            return;
        }
        need.seeds =
            metrics::equivalence_size(bound, *need.sd, {.sd = *reference.sd, .n = reference.n}, power_);
        need.seeds_both = metrics::equivalence_size_of_both(bound, *need.sd, *reference.sd, power_);
        if (need.seeds) {
            need.more = cost(cell.id, *need.seeds);
            add(seeds_.for_margins, need.more);
        } else {
            need.reason =
                fmt::format("no number of ours: the reference's {} values leave too much noise", reference.n);
        }
    }

    /// What is known of a cell, where it has an sd.
    [[nodiscard]] std::optional<metrics::ClaimCell> known_of(const plan::CellId& id) const {
        const auto cell = cells_.find(id.text());
        const std::optional<Observed> known = cell == cells_.end() ? std::nullopt : observed(*cell->second);
        if (!known || !known->sample.sd) {
            return std::nullopt;
        }
        metrics::ClaimCell numbers{.sample = known->sample};
        if (known->origin == "store") {
            for (const SeedResult& entry : cell->second->values) {
                numbers.seeds.push_back(entry.seed);
            }
        }
        return numbers;
    }

    void add_claim(const plan::ClaimSpec& claim) {
        ClaimNeed& need = seeds_.claims.emplace_back();
        need.claim = claim.id;
        need.text = claim.text;
        const std::vector<ClaimPair> pairs = expand_claim(workload_, claim);
        std::vector<Comparison> reachable;
        for (const ClaimPair& pair : pairs) {
            ComparisonPower power =
                power_of(pair, [this](const plan::CellId& cell) { return known_of(cell); });
            if (power.power) {
                reachable.push_back({.pair = &pair, .power = std::move(power.power)});
            } else if (need.reason.empty()) {
                need.reason = fmt::format("{}: {}", pair.label, power.reason);
            }
        }
        const std::size_t wanted = claim.rule == plan::ClaimRule::all ? pairs.size()
                                   : claim.rule == plan::ClaimRule::any
                                       ? 1
                                       : static_cast<std::size_t>(claim.at_least);
        if (pairs.empty() || reachable.size() < wanted) {
            return;
        }
        const double alpha = metrics::default_alpha / static_cast<double>(pairs.size() - wanted + 1);
        const auto seeds = metrics::smallest_seeds(
            [&](std::uint64_t n) { return metrics::joint_power(powers_at(reachable, n, alpha), wanted); },
            power_);
        if (!seeds) {
            need.reason = fmt::format("more than {} seeds", metrics::most_seeds);
            return;
        }
        need.reason.clear();
        need.seeds = std::max<std::uint64_t>(*seeds, metrics::claim_min_values);
        keep_the_most_powerful(reachable, wanted, *need.seeds, alpha);
        need.decided_by = reachable.back().pair->label;
        charge(reachable, need);
    }

    static std::vector<double> powers_at(const std::vector<Comparison>& comparisons, std::uint64_t seeds,
                                         double alpha) {
        std::vector<double> powers;
        for (const Comparison& comparison : comparisons) {
            powers.push_back(comparison.power(seeds, alpha));
        }
        return powers;
    }

    /// The comparisons that the claim can count on, the hardest one last.
    static void keep_the_most_powerful(std::vector<Comparison>& comparisons, std::size_t wanted,
                                       std::uint64_t seeds, double alpha) {
        std::stable_sort(comparisons.begin(), comparisons.end(), [&](const auto& x, const auto& y) {
            return x.power(seeds, alpha) > y.power(seeds, alpha);
        });
        comparisons.resize(wanted);
    }

    /// All cells of the comparisons get the claim's seeds.
    void charge(const std::vector<Comparison>& comparisons, ClaimNeed& need) {
        std::map<std::string, bool> counted;
        for (const Comparison& comparison : comparisons) {
            std::vector<plan::CellId> cells = comparison.pair->a;
            if (comparison.pair->b) {
                cells.push_back(*comparison.pair->b);
            }
            for (const plan::CellId& cell : cells) {
                const std::string id = cell.text();
                if (hours_.contains(id) && !std::exchange(counted[id], true)) {
                    add(need.more, cost(id, *need.seeds));
                    needed_[id] = std::max(needed_[id], *need.seeds);
                }
            }
        }
    }

    const plan::WorkloadSpec& workload_;
    const plan::ProfileSpec& profile_;
    const plan::Plan& plan_;
    double power_;
    std::map<std::string, const CellResult*> cells_;
    std::map<std::string, double> hours_;         ///< of one run, by cell
    std::map<std::string, std::uint64_t> needed_; ///< by cell, over all claims
    SeedPlan seeds_;
};

std::string cost_text(const SeedCost& cost, const std::string& hours_of) {
    return cost.runs == 0 ? "no more runs"
                          : fmt::format("{} more runs, {:.4g} {}", cost.runs, cost.hours, hours_of);
}

template<typename Value>
nlohmann::ordered_json or_null(const std::optional<Value>& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

nlohmann::ordered_json cost_json(const SeedCost& cost) {
    return {{"runs", cost.runs}, {"hours", cost.hours}};
}

} // namespace

SeedPlan plan_seeds(const plan::Catalog& catalog, const plan::Plan& plan, const CheckResult& result,
                    double power) {
    if (!(power > 0 && power < 1)) {
        throw suite::Error(suite::ErrorKind::usage,
                           suite::Fault{.where = "--power",
                                        .found = fmt::format("{}", power),
                                        .expected = "a number strictly between 0 and 1",
                                        .fix = "0.8 and 0.9 are usual"});
    }
    return SeedPlanner(catalog, plan, result, power).build();
}

std::string seed_plan_text(const SeedPlan& seeds) {
    std::string text = fmt::format("{} at profile {}: seeds for power {:g} ({} planned)\n", seeds.workload,
                                   seeds.profile, seeds.power, seeds.planned);
    text += fmt::format("  margins: {:<42}{:>8}{:>8}{:>6}{:>8}  {}\n", "cell", "margin", "sd", "n", "both n",
                        "cost; n: ours against the reference as it is");
    for (const MarginNeed& need : seeds.margins) {
        text += fmt::format("           {:<42}{:>8.2f}{:>8}{:>6}{:>8}  {}\n", need.cell, need.margin,
                            need.sd ? fmt::format("{:.2f}", *need.sd) : "",
                            need.seeds ? fmt::format("{}", *need.seeds) : "none",
                            need.seeds_both ? fmt::format("{}", *need.seeds_both) : "none",
                            need.seeds ? cost_text(need.more, seeds.hours_of) : need.reason);
    }
    for (const ClaimNeed& need : seeds.claims) {
        text += fmt::format("  claim {}: {}\n", need.claim,
                            need.seeds ? fmt::format("{} seeds a cell ({}); {}", *need.seeds, need.decided_by,
                                                     cost_text(need.more, seeds.hours_of))
                                       : "no number of seeds: " + need.reason);
    }
    return text + fmt::format("  all margins that can be shown: {}\n  all claims that can be shown: {}\n",
                              cost_text(seeds.for_margins, seeds.hours_of),
                              cost_text(seeds.for_claims, seeds.hours_of));
}

nlohmann::ordered_json to_json(const SeedPlan& seeds) {
    nlohmann::ordered_json margins = nlohmann::ordered_json::array();
    for (const MarginNeed& need : seeds.margins) {
        margins.push_back({{"cell", need.cell},
                           {"margin", need.margin},
                           {"sd", or_null(need.sd)},
                           {"sd_origin", need.sd_origin},
                           {"reference_n", need.reference_n},
                           {"seeds", or_null(need.seeds)},
                           {"seeds_both", or_null(need.seeds_both)},
                           {"more", cost_json(need.more)},
                           {"reason", need.reason}});
    }
    nlohmann::ordered_json claims = nlohmann::ordered_json::array();
    for (const ClaimNeed& need : seeds.claims) {
        claims.push_back({{"id", need.claim},
                          {"text", need.text},
                          {"seeds", or_null(need.seeds)},
                          {"decided_by", need.decided_by},
                          {"more", cost_json(need.more)},
                          {"reason", need.reason}});
    }
    return {{"workload", seeds.workload},
            {"profile", seeds.profile},
            {"power", seeds.power},
            {"planned", seeds.planned},
            {"hours_of", seeds.hours_of},
            {"margins", std::move(margins)},
            {"claims", std::move(claims)},
            {"for_margins", cost_json(seeds.for_margins)},
            {"for_claims", cost_json(seeds.for_claims)}};
}

} // namespace reports
