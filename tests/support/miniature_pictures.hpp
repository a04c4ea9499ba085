// Phantoms as pictures with labels, for the writers of miniature trees.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "suite/data/data_set.hpp"
#include "tests/support/encoders.hpp"
#include "tests/support/miniature_trees.hpp"

namespace suite::testing {

/// A natural set of `classes` with `train` and `test` images each class.
[[nodiscard]] data::DataSet natural_phantoms(std::string_view id, int classes, int train, int test, int side);

/// Seven findings that all archives share; about one image in eight has each.
[[nodiscard]] const std::vector<std::string>& shared_findings();
[[nodiscard]] data::DataSet xray_phantoms(std::string_view hospital, int train, int test, int side);
/// Two classes, the first "normal".
[[nodiscard]] data::DataSet binary_xrays(std::string_view hospital, std::string_view finding, int train,
                                         int test, int side);

/// Image of a split; every third is a few rows less high, every fifth a few columns less wide.
[[nodiscard]] Picture picture_of(const data::Split& split, std::size_t index);
[[nodiscard]] inline bool has_finding(const data::Split& split, std::size_t index, std::size_t label) {
    return split.labels.matrix[index * split.labels.outputs + label] == 1.0F;
}

// One writer for each family (miniature_natural.cpp, miniature_xray.cpp).
void write_class_folders(const std::filesystem::path& folder, bool has_test, const MiniatureOptions& options);
void write_byte_records(const std::filesystem::path& folder, int classes, const MiniatureOptions& options);
void write_matlab_lists(const std::filesystem::path& folder, const MiniatureOptions& options);
void write_name_lists(const std::filesystem::path& folder, const MiniatureOptions& options);
void write_text_lists(const std::filesystem::path& folder, const MiniatureOptions& options);
void write_digit_folders(const std::filesystem::path& folder, const MiniatureOptions& options);
void write_chexpert(const std::filesystem::path& folder, const MiniatureOptions& options);
void write_mimic(const std::filesystem::path& folder, const MiniatureOptions& options);
void write_nih(const std::filesystem::path& folder, const MiniatureOptions& options);
void write_padchest(const std::filesystem::path& folder, const MiniatureOptions& options);

} // namespace suite::testing
