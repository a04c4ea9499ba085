// Supersets: several data sets as one (paper.md#supersets).
#pragma once

#include <string>
#include <vector>

#include "suite/data/data_set.hpp"

namespace suite::data {

/// Members one after the other, label columns reordered to `labels`, each member's own missing labels kept,
/// patients of different members told apart. Throws Error(data) when `labels` is not plan::common_labels of
/// the members', or the members differ in side or channels or are not multi-label.
[[nodiscard]] DataSet concatenate(const std::string& id, const std::vector<std::string>& labels,
                                  std::vector<DataSet> members);

} // namespace suite::data
