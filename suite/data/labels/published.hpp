// The counts that the papers' label tables are known by, beside those of a table that was read.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "suite/data/labels/table.hpp"

namespace suite::data {

/// One published count. `part`: "all" rows or those of "train"; `what`: images, patients, train, test,
/// leaked, masked_rows, view, positive, negative; `name`: the view or the label.
struct PublishedCount {
    std::string part;
    std::string what;
    std::string name;
    std::size_t published = 0;
    std::optional<std::size_t> found; ///< nothing where the split list is absent
    std::string origin;

    [[nodiscard]] bool agrees() const noexcept { return !found || *found == published; }
};

/// The counts of workloads/datasets/label_counts.csv for this set, each with what the table has. Throws
/// Error(data) when that file is damaged.
[[nodiscard]] std::vector<PublishedCount> compare_with_published(const LabelTable& table,
                                                                 const std::filesystem::path& workloads);

} // namespace suite::data
