// A check as text for a terminal.
#pragma once

#include <cstddef>
#include <string>

#include "reports/check/result.hpp"

namespace reports {

enum class Colours { off, on };

/// Where text is written to.
struct Page {
    Colours colours = Colours::off;
    std::size_t columns = 110; ///< no line is longer, from 60 columns up
};

/// The table as the paper prints it: first what was compared with what and the counts; then by target the
/// published, the recorded (where it judges) and our numbers, their difference with its 95 % interval, n and
/// the verdict; then the claims, the reasons as footnotes, and what the words mean. A narrow page leaves out,
/// in this order, the p-values, the interval, the difference, the published numbers where they do not judge,
/// and the standard deviations with n.
[[nodiscard]] std::string table_text(const CheckResult& result, const Page& page = {});

/// The same summary, then a line for every cell, which begins with its verdict, and a paragraph for every
/// claim.
[[nodiscard]] std::string check_text(const CheckResult& result, const Page& page = {});

/// The escape sequence of a verdict's class (words.hpp).
[[nodiscard]] std::string_view colour_of(std::string_view verdict_class);

} // namespace reports
