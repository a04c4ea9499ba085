// Files that come into being whole and once: what records, claims and set-aside files are made with.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "suite/base/error.hpp"
#include "suite/base/files.hpp"

namespace suite::store {

/// The bytes of a regular file of at most `longest` bytes; nothing when there is no such file. Throws
/// Error(kind) for a symbolic link, folder, pipe, longer file, or a failed call.
[[nodiscard]] std::optional<std::string> read_regular_file(const std::filesystem::path& path,
                                                           std::size_t longest, ErrorKind kind);

/// Makes `target` with these bytes, whole or not at all, unless it exists: then nothing happens and the
/// result is false, whoever made it first. With fsync the bytes and the name are on disk when it returns;
/// a failed write, fsync or close throws Error(kind) and leaves no file behind.
[[nodiscard]] bool publish_exclusively(const std::filesystem::path& target, std::string_view bytes,
                                       ErrorKind kind, Durability durability);

/// The two calls that give a name to a file unless something has it already; tests replace them.
struct NamingCalls {
    int (*rename_no_replace)(const char* from, const char* to); ///< renameat2(2) with RENAME_NOREPLACE
    int (*link)(const char* from, const char* to);              ///< link(2)
};
[[nodiscard]] NamingCalls system_naming_calls() noexcept;

/// Renames unless `to` exists (then false). Throws Error(kind) on other failures, and says so when the file
/// system has neither call.
[[nodiscard]] bool rename_exclusively(const std::filesystem::path& from, const std::filesystem::path& to,
                                      ErrorKind kind, const NamingCalls& calls = system_naming_calls());

/// Makes the folder (and those above it) when it is not there; with fsync its name is on disk afterwards.
void ensure_folder(const std::filesystem::path& folder, ErrorKind kind, Durability durability);
void sync_folder(const std::filesystem::path& folder, ErrorKind kind);

} // namespace suite::store
