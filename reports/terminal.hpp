// A check as text for a terminal of 110 columns.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "reports/check_result.hpp"

namespace reports {

enum class Colours { off, on };

/// The table as the paper prints it, by target: published, baseline (where one judges), ours, difference with
/// its 95 % interval, n, verdict; then the claims, what is missing by name, the counts and the stand-ins.
[[nodiscard]] std::string table_text(const CheckResult& result, Colours colours = Colours::off);

/// One line a cell and a claim, then the counts.
[[nodiscard]] std::string check_text(const CheckResult& result, Colours colours = Colours::off);

} // namespace reports
