// Numbers as people type them: the samples of the `stats` verb and the cells of a score file.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "metrics/sample.hpp"

namespace metrics {

/// A decimal number of double's range over the whole text (blanks around it and a leading + are allowed);
/// NaN, infinity and everything else give nothing.
[[nodiscard]] std::optional<double> parse_finite(std::string_view text);

/// Comma-separated numbers. Throws Error(usage) naming `option` and the position (from 1) of every entry that
/// is empty, unreadable, NaN or infinite.
[[nodiscard]] std::vector<double> parse_numbers(std::string_view text, std::string_view option);

/// "mean,sd,n". Throws Error(usage) naming `option`: three fields, finite mean, sd >= 0, whole n >= 2.
[[nodiscard]] Sample parse_summary(std::string_view text, std::string_view option);

} // namespace metrics
