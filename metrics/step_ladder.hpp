// Measured rungs of a weak-scaling ladder and what follows from them without a model. Efficiencies in
// percent.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "suite/base/error.hpp"

namespace metrics {

struct Rung {
    int ranks = 1;
    double images_per_second = 0.0; ///< of all ranks
    std::optional<double> sd{};     ///< of it; on all rungs or on none
    std::string place{};            ///< for messages: "rungs.csv:3"; "" = "rung of N ranks"
};

/// One fault for everything that makes this no ladder from 1 rank up: no rung of 1 rank, fewer than two,
/// ranks that do not rise, throughput that does not rise, numbers that are not finite or not above 0, an sd
/// on some rungs only. `where` names the whole ladder.
void find_ladder_faults(std::span<const Rung> ladder, std::string_view where, suite::FaultList& faults);

/// E(N) = 100 T(N) / (N T(1)) (paper.md#throughput-and-efficiency); the ladder begins with 1 rank.
[[nodiscard]] double efficiency_percent(std::span<const Rung> ladder, const Rung& rung);
/// One step of a rank that takes this many images.
[[nodiscard]] double step_seconds(const Rung& rung, double images_per_rank_step);

} // namespace metrics
