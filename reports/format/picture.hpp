// One picture of a whole result, for documents: its figures and its claims.
#pragma once

#include <string>
#include <vector>

#include "reports/check/result.hpp"
#include "reports/format/svg.hpp"

namespace reports {

/// An SVG file without script, style sheet or foreign font, which browsers show the same with light and dark
/// pages: title, scale and what the sides are; the figures below each other; every claim with its verdict on
/// the published numbers and on ours.
[[nodiscard]] std::string to_picture(const CheckResult& result, const std::vector<DrawnFigure>& figures);

} // namespace reports
