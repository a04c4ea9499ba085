#include "suite/store/user_block.hpp"

#include <charconv>

#include <fmt/format.h>

#include "suite/base/hash.hpp"
#include "suite/store/hdf5_io.hpp"

namespace suite::store {
namespace {

constexpr std::string_view magic = "TransferScale ";

/// The rest of the line that begins with `label`; `text` moves on to the next line.
std::optional<std::string> take_line(std::string_view& text, std::string_view label) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || !text.starts_with(label)) {
        return std::nullopt;
    }
    const std::string value(text.substr(label.size(), end - label.size()));
    text.remove_prefix(end + 1);
    return value;
}

} // namespace

std::string to_bytes(const UserBlock& block) {
    std::string text =
        fmt::format("{}{}\nschema {}\nsha256 {}\n", magic, block.kind, block.schema, block.sha256);
    text += fmt::format("check {}\n", sha256_hex(text));
    text.resize(user_block_bytes, '\0');
    return text;
}

std::optional<UserBlock> user_block_from_bytes(std::string_view bytes) {
    std::string_view rest = bytes;
    const auto kind = take_line(rest, magic);
    const auto schema_text = kind ? take_line(rest, "schema ") : std::nullopt;
    const auto sha256 = schema_text ? take_line(rest, "sha256 ") : std::nullopt;
    if (!sha256) {
        return std::nullopt;
    }
    UserBlock block{.kind = *kind, .schema = 0, .sha256 = *sha256};
    std::from_chars(schema_text->data(), schema_text->data() + schema_text->size(), block.schema);
    return to_bytes(block) == bytes ? std::optional(block) : std::nullopt;
}

void check_user_block(std::string_view head, std::string_view sha256, std::string_view kind, int schema,
                      const std::string& where, ErrorKind kind_of_error) {
    const auto fail = [&](std::string found, std::string expected, std::string fix) {
        throw Error(kind_of_error, Fault{.where = where,
                                         .found = std::move(found),
                                         .expected = std::move(expected),
                                         .fix = std::move(fix)});
    };
    const std::string rerun = "run again: the file is set aside and its run is repeated";
    if (head.size() < user_block_bytes) {
        fail(fmt::format("{} bytes", head.size()), fmt::format("a {} of more than 512 bytes", kind), rerun);
    }
    if (!head.starts_with(magic)) {
        fail("a file that does not begin with \"TransferScale\"", fmt::format("a {}", kind), rerun);
    }
    const auto block = user_block_from_bytes(head.substr(0, user_block_bytes));
    if (!block) {
        fail("changed bytes in the first 512", "the user block as it was written", rerun);
    }
    if (block->kind != kind) {
        fail(fmt::format("a {}", block->kind), fmt::format("a {}", kind), rerun);
    }
    if (block->sha256 != sha256) {
        fail(fmt::format("SHA-256 {} after byte 512", sha256), block->sha256, rerun);
    }
    if (block->schema > schema) {
        fail(fmt::format("a {} written by a newer version (schema {})", kind, block->schema),
             fmt::format("schema {} or older", schema),
             "use that newer version, or run again to repeat it here");
    }
    if (block->schema < 1) {
        fail(fmt::format("schema {}", block->schema), fmt::format("schema 1 to {}", schema), rerun);
    }
}

} // namespace suite::store
