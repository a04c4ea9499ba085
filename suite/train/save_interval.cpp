#include "suite/train/save_interval.hpp"

#include <algorithm>
#include <cmath>

namespace suite::train {

double save_interval_seconds(double save_cost_seconds, int ranks) {
    constexpr double device_hours_to_failure = 51'000.0;
    const double mean_seconds = device_hours_to_failure * 3600.0 / ranks;
    return std::clamp(std::sqrt(2.0 * save_cost_seconds * mean_seconds), 60.0, 600.0);
}

} // namespace suite::train
