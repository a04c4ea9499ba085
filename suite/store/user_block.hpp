// The 512 bytes in front of every file of the store: what it is, which schema, SHA-256 of all that follows.
// The layout of these bytes never changes, so that any version can tell a newer file from a damaged one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "suite/base/error.hpp"

namespace suite::store {

struct UserBlock {
    std::string kind; ///< "record" or "checkpoint"
    int schema = 0;
    std::string sha256; ///< 64 hexadecimal digits, over every byte after the user block
    [[nodiscard]] bool operator==(const UserBlock&) const = default;
};

/// Exactly 512 bytes: four text lines (magic and kind, schema, sha256, check over the first three), zeros.
[[nodiscard]] std::string to_bytes(const UserBlock& block);
/// Inverse of to_bytes; nothing when one bit differs from what to_bytes would write.
[[nodiscard]] std::optional<UserBlock> user_block_from_bytes(std::string_view bytes);

/// Checks magic, kind and then the schema of a file whose digest after the user block is `sha256`; `head` is
/// its first 512 bytes or fewer. Throws Error(kind_of_error) naming `where`: not such a file, damaged, or
/// "written by a newer version".
void check_user_block(std::string_view head, std::string_view sha256, std::string_view kind, int schema,
                      const std::string& where, ErrorKind kind_of_error);

} // namespace suite::store
