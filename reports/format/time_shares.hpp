// Where the time of a store's runs went, from the records alone.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "suite/store/record.hpp"

namespace reports {

/// Sums over finished runs in seconds. Together, training to idle are `jobs` times `wall_seconds`.
struct TimeShares {
    std::size_t runs = 0;
    std::size_t untimed = 0; ///< of them without timing (earlier versions): counted here and nowhere else
    std::size_t jobs = 0;    ///< the most runs at once
    double wall_seconds =
        0.0; ///< while runs were under way; breaks beyond `longest_gap_seconds` are not counted
    double training_seconds = 0.0; ///< of a resumed run in its last attempt, as everything else
    double evaluation_seconds = 0.0;
    double data_seconds = 0.0;
    double store_seconds = 0.0;
    double other_seconds = 0.0;   ///< of the runs' own wall time: set-up of the network, scoring
    double earlier_seconds = 0.0; ///< of training in attempts before; in none of the others
    double idle_seconds = 0.0;    ///< jobs without a run: waiting for parents, publishing, workers that start
};

/// A longer time without any run separates two sessions on one store. Starting a worker takes about 1 s.
inline constexpr double longest_gap_seconds = 10.0;

[[nodiscard]] TimeShares time_shares(std::span<const suite::store::RunRecord> records);

/// One line for people; empty when no run has timing.
[[nodiscard]] std::string time_shares_text(const TimeShares& shares);

} // namespace reports
