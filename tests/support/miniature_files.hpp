// Files of a miniature tree, changed in place by the oddities.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/miniature_trees.hpp"

namespace suite::testing {

[[nodiscard]] std::string bytes_of(const std::filesystem::path& path);
/// Files of a folder and those below it with this ending, sorted.
[[nodiscard]] std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder,
                                                             std::string_view ending);
[[nodiscard]] std::filesystem::path first_image(const std::filesystem::path& folder, std::string_view ending);
/// Keeps the first `percent` of the file's bytes.
void truncate(const std::filesystem::path& path, std::size_t percent);
/// Replaces the first place where the text occurs.
void replace_in(const std::filesystem::path& path, std::string_view old_text, std::string_view new_text);
void append_to(const std::filesystem::path& path, std::string_view text);
/// A line with its end, counted from 0.
[[nodiscard]] std::string line_of(const std::filesystem::path& path, std::size_t number);

/// How copies of the sets lie and what their lists and tables hold (miniature_copies.cpp); part of
/// oddities().
[[nodiscard]] std::span<const Oddity> copy_oddities();

} // namespace suite::testing
