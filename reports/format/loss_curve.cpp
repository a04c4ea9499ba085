#include "reports/format/loss_curve.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include <fmt/format.h>

namespace reports {
namespace {

using suite::store::LossEntry;

constexpr double width = 96.0;
constexpr double height = 20.0;
constexpr double edge = 1.0; ///< room for half the line's width

std::vector<LossEntry> finite_ones(std::span<const LossEntry> losses) {
    std::vector<LossEntry> finite;
    std::copy_if(losses.begin(), losses.end(), std::back_inserter(finite),
                 [](const LossEntry& entry) { return std::isfinite(entry.loss); });
    return finite;
}

} // namespace

double highest_loss(std::span<const LossEntry> losses) {
    double highest = 0.0;
    for (const LossEntry& entry : losses) {
        highest = std::isfinite(entry.loss) ? std::max(highest, entry.loss) : highest;
    }
    return highest;
}

std::string loss_curve(std::span<const LossEntry> losses, double top) {
    const std::vector<LossEntry> points = finite_ones(losses);
    if (points.size() < 2 || !(top > 0.0) || points.back().step <= points.front().step) {
        return "";
    }
    const auto steps = static_cast<double>(points.back().step - points.front().step);
    std::string path;
    for (const LossEntry& entry : points) {
        const double x = width * static_cast<double>(entry.step - points.front().step) / steps;
        const double y = edge + (height - 2 * edge) * (1.0 - std::clamp(entry.loss / top, 0.0, 1.0));
        const char command = path.empty() ? 'M' : path.find('L') == std::string::npos ? 'L' : ' ';
        path += fmt::format("{}{:.0f} {:.0f}", command, x, y);
    }
    return fmt::format(
        "<svg class=\"curve\" viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"Training "
        "loss {:.3g} at step {}, {:.3g} at step {}\"><path d=\"{}\"/></svg>",
        width, height, points.front().loss, points.front().step, points.back().loss, points.back().step,
        path);
}

} // namespace reports
