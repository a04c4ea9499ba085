#include "suite/store/bundle_file.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "suite/base/hash.hpp"
#include "suite/store/hdf5_io.hpp"
#include "suite/store/user_block.hpp"

namespace suite::store {
namespace {

constexpr std::string_view bundle_kind = "bundle";
// HDF5 File Format Specification 3.0, II.A: the first bytes of a superblock.
constexpr std::string_view hdf5_signature = "\x89HDF\r\n\x1a\n";

void replace_nul(std::string& text) {
    std::replace(text.begin(), text.end(), '\0', '?');
}

void replace_nul(Table& table) {
    for (Column& column : table) {
        if (auto* texts = std::get_if<std::vector<std::string>>(&column.values)) {
            for (std::string& text : *texts) {
                replace_nul(text);
            }
        }
    }
}

Error bundle_error(ErrorKind kind, const std::string& where, std::string found, std::string expected,
                   std::string fix) {
    return {kind, Fault{.where = where,
                        .found = std::move(found),
                        .expected = std::move(expected),
                        .fix = std::move(fix)}};
}

/// What these bytes are, before anything in them is believed; their schema.
int check_head(std::string_view bytes, const std::string& where) {
    const std::string again = "bundle again from the store, or copy the file again";
    const std::string_view head = bytes.substr(0, user_block_bytes);
    const auto block = user_block_from_bytes(head);
    if (!block) {
        const bool was_ours =
            head.starts_with("TransferScale ") || bytes.substr(head.size()).starts_with(hdf5_signature);
        throw bundle_error(was_ours ? ErrorKind::corruption : ErrorKind::store, where,
                           was_ours ? "changed bytes in the first 512" : "a file that is no bundle",
                           was_ours ? "the user block as it was written"
                                    : "what `transferscale bundle` wrote",
                           was_ours ? again : "name a bundle");
    }
    if (block->kind != bundle_kind) {
        throw bundle_error(ErrorKind::store, where, fmt::format("a {}", block->kind), "a bundle",
                           "name a bundle: what `transferscale bundle` wrote");
    }
    if (const std::string digest = sha256_hex(bytes.substr(user_block_bytes)); digest != block->sha256) {
        throw bundle_error(ErrorKind::corruption, where,
                           fmt::format("SHA-256 {} after byte 512: bytes changed or the file is cut", digest),
                           block->sha256, again);
    }
    if (block->schema < 1 || block->schema > bundle_schema) {
        throw bundle_error(ErrorKind::store, where,
                           fmt::format("a bundle of a newer schema ({})", block->schema),
                           fmt::format("schema {} or older", bundle_schema), "use the version that wrote it");
    }
    return block->schema;
}

/// Calls `read`; faults name the file, too.
template<typename Read>
auto in_file(const std::string& where, const Read& read) {
    try {
        return read();
    } catch (const Error& error) {
        std::vector<Fault> faults = error.faults();
        for (Fault& fault : faults) {
            fault.where = fmt::format("{}: {}", where, fault.where);
        }
        throw Error(error.kind(), std::move(faults));
    }
}

} // namespace

struct BundleFile::Open {
    FileHandle file;
    std::uint64_t bytes = 0;
    int schema = 0;
};

std::string bundle_to_bytes(BundleContent content) {
    for (auto& [name, table] : content.tables) {
        replace_nul(table);
    }
    Hdf5Image image = build_hdf5_image([&](hid_t file) {
        write_format(file, "TransferScale bundle", bundle_schema);
        for (const std::string& name : content.groups) {
            create_group(file, name);
        }
        for (const auto& [name, table] : content.tables) {
            write_table(file, name, table);
            write_units(file, name, table);
        }
        for (auto& [name, text] : content.texts) {
            replace_nul(text);
            write_text(file, name, text);
        }
        for (const auto& [name, values] : content.arrays) {
            write_array(file, name, values, std::array{values.size()});
        }
    });
    std::string bytes = std::move(image.bytes);
    bytes.resize(image.file_bytes, '\0');
    const UserBlock block{.kind = std::string(bundle_kind),
                          .schema = bundle_schema,
                          .sha256 = sha256_hex(std::string_view(bytes).substr(user_block_bytes))};
    bytes.replace(0, user_block_bytes, to_bytes(block));
    return bytes;
}

BundleFile::BundleFile(std::string_view bytes, std::string where) : where_(std::move(where)) {
    const int schema = check_head(bytes, where_);
    const auto session = hdf5_session();
    open_ =
        std::make_unique<Open>(Open{.file = open_hdf5_image(bytes), .bytes = bytes.size(), .schema = schema});
}

int BundleFile::schema() const noexcept {
    return open_->schema;
}

BundleFile::~BundleFile() {
    const auto session = hdf5_session();
    open_.reset();
}

Table BundleFile::table(const std::string& name, const Table& columns) const {
    const auto session = hdf5_session();
    return in_file(where_, [&] { return read_table(open_->file.get(), name, columns, open_->bytes); });
}

std::string BundleFile::text(const std::string& name) const {
    const auto session = hdf5_session();
    return in_file(where_, [&] { return read_text(open_->file.get(), name, open_->bytes); });
}

std::vector<float> BundleFile::array(const std::string& name) const {
    const auto session = hdf5_session();
    return in_file(where_, [&] { return read_floats(open_->file.get(), name, 1, open_->bytes).values; });
}

bool BundleFile::has(const std::string& name) const {
    const auto session = hdf5_session();
    return has_object(open_->file.get(), name);
}

} // namespace suite::store
