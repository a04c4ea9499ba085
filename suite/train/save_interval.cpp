#include "suite/train/save_interval.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

#include "suite/base/error.hpp"

namespace suite::train {

double save_interval_seconds(double save_cost_seconds, int ranks) {
    constexpr double device_hours_to_failure = 51'000.0;
    const double mean_seconds = device_hours_to_failure * 3600.0 / ranks;
    return std::clamp(std::sqrt(2.0 * save_cost_seconds * mean_seconds), 60.0, 600.0);
}

double wanted_save_seconds() {
    constexpr const char* name = "TRANSFERSCALE_SAVE_SECONDS";
    const char* variable = std::getenv(name);
    const std::string_view text = variable == nullptr ? "" : variable;
    if (text.empty()) {
        return -1.0;
    }
    double seconds = -1.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || end != text.data() + text.size() || !(seconds >= 0.0)) {
        throw Error(ErrorKind::usage, {name, "'" + std::string(text) + "'", "a number of seconds, 0 or more",
                                       "correct or unset it"});
    }
    return seconds;
}

} // namespace suite::train
