// Pictures of a data set for people.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "suite/data/data_set.hpp"

namespace suite::data {

struct ContactSheetOptions {
    int columns = 16;
    int rows = 8;
    int zoom = 3; ///< screen pixels for one image pixel
};

/// Writes the given images of a split as a PNG, row by row, with a 2-pixel gap. At most columns x rows of
/// them. Throws Error(environment) when the file cannot be written.
void write_contact_sheet(const Split& split, std::span<const std::size_t> indices,
                         const std::filesystem::path& path, const ContactSheetOptions& options = {});

/// Which images a sheet shows, row by row: of a multiclass split the first of each class, one row each as far
/// as rows go (an index past the end leaves its place empty); else the first images.
[[nodiscard]] std::vector<std::size_t> contact_sheet_indices(const Split& split,
                                                             const ContactSheetOptions& options = {});

/// The first images of the training split; multiclass sets class by class, one row each as far as rows go.
void write_contact_sheet(const DataSet& set, const std::filesystem::path& path,
                         const ContactSheetOptions& options = {});

} // namespace suite::data
