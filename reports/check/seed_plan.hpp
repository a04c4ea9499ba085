// How many seeds the margins and the claims of a workload need, and what they cost.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "reports/check/result.hpp"
#include "suite/plan/plan.hpp"

namespace reports {

/// More runs of a workload. Hours are those of one process: of a GPU where the profile names a system with
/// GPUs, else of a core; at the throughput that the profile declares. Pre-training runs are shared and not
/// counted.
struct SeedCost {
    std::size_t runs = 0;
    double hours = 0.0;
};

/// Seeds to show that a cell is within its margin of its reference, with no true difference (TOST).
struct MarginNeed {
    std::string cell;
    double margin = 0.0;      ///< total, the metric's units; 0: nothing is known
    std::optional<double> sd; ///< of one value of ours
    std::string sd_origin;    ///< "store" or "reference"
    std::size_t reference_n = 0;
    std::optional<std::uint64_t> seeds;      ///< ours, against the reference as it is
    std::optional<std::uint64_t> seeds_both; ///< of ours and of the reference, if that could grow too
    SeedCost more;                           ///< beyond the planned seeds
    std::string reason;                      ///< why there is no number
};

/// Seeds a cell to show a claim with all its comparisons together, if the observed differences and sds are
/// the true ones.
struct ClaimNeed {
    std::string claim;
    std::string text;
    std::optional<std::uint64_t> seeds;
    std::string decided_by; ///< the comparison with the least power of those that the claim counts on
    SeedCost more;
    std::string reason;
};

struct SeedPlan {
    std::string workload;
    std::string profile;
    double power = 0.8;
    std::size_t planned = 0; ///< seeds a cell
    std::string hours_of;    ///< "GPU-hours (A100-40GB)" or "core-hours"
    std::vector<MarginNeed> margins;
    std::vector<ClaimNeed> claims;
    SeedCost for_margins; ///< all that can be reached
    SeedCost for_claims;  ///< a cell in several claims is counted once, with the most seeds
};

/// sds are those of the store where a cell has at least three finished runs, else those of the reference that
/// judges the profile. A claim that needs m of n comparisons gets the seeds with which m of them are all
/// shown with at least the wanted power whatever their dependence (metrics::joint_power), each one-sided at 5
/// % over n − m + 1: uncorrected where all must hold. Few-shot comparisons are those of the seeds that both
/// cells have; an equivalence is planned for no true difference. Throws Error(usage) unless 0 < power < 1.
[[nodiscard]] SeedPlan plan_seeds(const suite::plan::Catalog& catalog, const suite::plan::Plan& plan,
                                  const CheckResult& result, double power);

[[nodiscard]] std::string seed_plan_text(const SeedPlan& seeds);
[[nodiscard]] nlohmann::ordered_json to_json(const SeedPlan& seeds);

} // namespace reports
