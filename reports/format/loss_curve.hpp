// A run's training loss as a small picture inside a line of text. Private to reports.
#pragma once

#include <span>
#include <string>

#include "suite/store/record.hpp"

namespace reports {

/// An SVG for use inside an HTML page, of the text's colour, with the first and last loss as its accessible
/// name. `top`: the loss at its upper edge, so that the curves of several runs compare; 0 is at the lower
/// one. "" with fewer than two finite losses.
[[nodiscard]] std::string loss_curve(std::span<const suite::store::LossEntry> losses, double top);

/// The largest finite loss; 0 without any.
[[nodiscard]] double highest_loss(std::span<const suite::store::LossEntry> losses);

} // namespace reports
