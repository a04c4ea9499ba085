// Generated pictures that come in folders of one hospital each, split as Tuberculosis is
// (paper.md#tuberculosis-split).
#pragma once

#include <span>

#include "suite/data/data_set.hpp"
#include "suite/data/phantom/xray_findings.hpp"

namespace suite::data {

/// Images of both splits. Each folder's files stand in the order of their names (one class after the other)
/// and are shuffled by NumPy's RandomState(42); the first floor(0.85 n) train, the rest test. A larger test
/// part than that is filled up with further pictures in the folders' proportions; smaller counts keep the
/// first of a keyed order. `label_findings` is one for each label. Throws Error(data) when the rule gives
/// fewer training images than declared.
[[nodiscard]] DataSet generate_xray_folders(const plan::DataSetSpec& spec,
                                            std::span<const Finding* const> label_findings);

} // namespace suite::data
