// Supersets: several data sets as one (cherti-jitsev.md 4.4).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "suite/data/data_set.hpp"

namespace suite::data {

/// Labels that every list has, sorted by name (bytes).
[[nodiscard]] std::vector<std::string> label_intersection(std::span<const std::vector<std::string>> lists);

/// Members one after the other, label columns reordered to `labels`, each member's own missing labels kept,
/// patients of different members told apart. Throws Error(data) when `labels` is not the sorted intersection,
/// or the members differ in side or channels or are not multi-label.
[[nodiscard]] DataSet concatenate(const std::string& id, const std::vector<std::string>& labels,
                                  std::vector<DataSet> members);

} // namespace suite::data
