// Every image of a split read as evaluation reads it, before anything depends on it; and a split without
// those that cannot be.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "suite/base/error.hpp"
#include "suite/data/loading/batch_stream.hpp"

namespace suite::data {

struct SplitFindings {
    std::vector<BadImage> bad;        ///< cannot be read
    std::vector<Fault> faults;        ///< of each of these
    std::vector<BadImage> incomplete; ///< can, though their data end early
};

/// Reads images [range) of a split behind a source with `workers` threads (0: this one), and keeps none of
/// them. Logs a warning for each finding. Throws Error(interrupted) soon after stop_requested says so, and
/// what is no matter of the data.
[[nodiscard]] SplitFindings check_images(const Split& split, const LoaderOptions& options, ImageRange range,
                                         int workers, const std::function<bool()>& stop_requested = {});

/// The split without these samples (ascending), which is behind a source: labels, patients and images.
[[nodiscard]] Split without_samples(const Split& split, std::span<const std::size_t> samples);

} // namespace suite::data
