#include "suite/data/formats/tar_index.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <optional>
#include <unordered_set>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "suite/base/files.hpp"
#include "suite/data/labels/rules.hpp"
#include "suite/data/on_disk/folder_listing.hpp"

namespace suite::data {
namespace {

using Block = std::array<char, tar_block_bytes>;

// POSIX.1-1988 ustar header: place and width of the fields that count.
struct HeaderField {
    std::size_t at;
    std::size_t width;
};
constexpr HeaderField field_name{0, 100};
constexpr HeaderField field_size{124, 12};
constexpr HeaderField field_checksum{148, 8};
constexpr std::size_t at_type = 156;
constexpr HeaderField field_magic{257, 8};
constexpr HeaderField field_prefix{345, 155};
constexpr std::uint64_t longest_extension_bytes = std::uint64_t{1} << 16;

struct Breach {
    std::uint64_t byte = 0;
    std::string found;
    std::string expected;
};

std::string_view text_of(const Block& block, HeaderField field) {
    const std::string_view bytes(block.data() + field.at, field.width);
    return bytes.substr(0, std::min(bytes.find('\0'), bytes.size()));
}

/// Octal digits with blanks or NUL around them, or GNU's base 256 (first bit set).
std::optional<std::uint64_t> number_of(const Block& block, HeaderField field) {
    const auto first = static_cast<unsigned char>(block[field.at]);
    std::uint64_t value = 0;
    if ((first & 0x80U) != 0) {
        for (std::size_t i = 0; i < field.width; ++i) {
            const auto byte = static_cast<unsigned char>(block[field.at + i]) & (i == 0 ? 0x7fU : 0xffU);
            if (value >> 54 != 0) {
                return std::nullopt;
            }
            value = value << 8 | byte;
        }
        return value;
    }
    std::string_view digits = text_of(block, field);
    digits.remove_prefix(std::min(digits.find_first_not_of(' '), digits.size()));
    digits = digits.substr(0, std::min(digits.find(' '), digits.size()));
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 8);
    return error == std::errc{} && end == digits.data() + digits.size() ? std::optional(value) : std::nullopt;
}

/// Sum of the header's bytes with blanks in place of the checksum.
std::uint64_t checksum_of(const Block& block) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < block.size(); ++i) {
        const bool in_field = i >= field_checksum.at && i < field_checksum.at + field_checksum.width;
        sum += static_cast<unsigned char>(in_field ? ' ' : block[i]);
    }
    return sum;
}

std::string_view refused_kind(char type) {
    switch (type) {
    case '1':
        return "a hard link";
    case '2':
        return "a symbolic link";
    case '3':
    case '4':
        return "a device";
    case '6':
        return "a named pipe";
    case 'S':
        return "a sparse file";
    case 'K':
        return "a long link name";
    default:
        return "a member of unknown type";
    }
}

bool is_zero(char c) {
    return c == '\0';
}

class TarWalk {
public:
    TarWalk(const ByteReader& archive, std::vector<TarMember>& members)
        : archive_(archive), members_(members) {}

    void run() {
        while (next_block()) {
            if (std::ranges::all_of(block_, is_zero)) {
                return require_zeros();
            }
            take_header();
        }
        throw Breach{at_, "the end of the file", "the end mark of a tar archive (it is cut)"};
    }

private:
    /// Behind the end mark: where a header became zeros, members would be lost in silence.
    void require_zeros() {
        constexpr std::size_t piece_bytes = std::size_t{1} << 16;
        std::vector<char> piece(piece_bytes);
        for (std::size_t got = piece_bytes; got == piece_bytes; at_ += got) {
            got = archive_.read(at_, piece.data(), piece.size());
            const auto end = piece.begin() + static_cast<std::ptrdiff_t>(got);
            const auto other = std::find_if_not(piece.begin(), end, is_zero);
            if (other != end) {
                throw Breach{at_ + static_cast<std::uint64_t>(other - piece.begin()),
                             "data behind the end mark",
                             "zeros (a header was overwritten, or archives were joined)"};
            }
        }
    }

    bool next_block() {
        header_at_ = at_;
        const std::size_t got = archive_.read(at_, block_.data(), block_.size());
        if (got != 0 && got != block_.size()) {
            throw Breach{at_, fmt::format("{} bytes left", got), "a header of 512 bytes (the file is cut)"};
        }
        at_ += got;
        return got != 0;
    }

    void take_header() {
        const auto stated = number_of(block_, field_checksum);
        if (!stated || *stated != checksum_of(block_)) {
            throw Breach{header_at_, "a header with a wrong checksum", "a tar header"};
        }
        const auto size = number_of(block_, field_size);
        if (!size) {
            throw Breach{header_at_ + field_size.at, "an unreadable size", "octal digits"};
        }
        const char type = block_[at_type];
        const std::uint64_t bytes = type == '0' || type == '\0' ? pax_size_.value_or(*size) : *size;
        if (bytes > archive_.size() - at_) {
            throw Breach{header_at_, fmt::format("a member of {} bytes", bytes),
                         fmt::format("{} at most (the file is cut)", archive_.size() - at_)};
        }
        take_member(type, bytes);
        at_ = std::min((at_ + bytes + tar_block_bytes - 1) / tar_block_bytes * tar_block_bytes,
                       archive_.size());
    }

    void take_member(char type, std::uint64_t bytes) {
        switch (type) {
        case '0':
        case '\0':
            take_file(bytes);
            break;
        case '5':
            forget_extensions();
            break;
        case 'L': {
            const std::string text = extension(bytes);
            long_name_ = text.substr(0, text.find('\0'));
            break;
        }
        case 'x':
            take_pax(extension(bytes));
            break;
        case 'g':
            static_cast<void>(extension(bytes)); // comments of git-archive and the like
            break;
        default:
            throw Breach{header_at_ + at_type, std::string(refused_kind(type)), "plain files"};
        }
    }

    std::string extension(std::uint64_t bytes) const {
        if (bytes > longest_extension_bytes) {
            throw Breach{header_at_, fmt::format("an extended header of {} bytes", bytes), "65,536 at most"};
        }
        std::string text(bytes, '\0');
        if (archive_.read(at_, text.data(), text.size()) != text.size()) {
            throw Breach{at_, "the end of the file", "an extended header (the file is cut)"};
        }
        return text;
    }

    /// Records "LENGTH KEY=VALUE\n" (POSIX.1-2001 pax). Keys other than path and size change nothing here.
    void take_pax(std::string_view text) {
        while (!text.empty() && text.front() != '\0') {
            std::size_t length = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
            const auto digits = static_cast<std::size_t>(end - text.data());
            if (error != std::errc{} || length > text.size() || length < digits + 3 || *end != ' ' ||
                text[length - 1] != '\n') {
                throw Breach{at_, "a broken pax record", "LENGTH KEY=VALUE"};
            }
            take_pax_record(text.substr(digits + 1, length - digits - 2));
            text.remove_prefix(length);
        }
    }

    void take_pax_record(std::string_view record) {
        const std::size_t equals = record.find('=');
        const std::string_view key = record.substr(0, std::min(equals, record.size()));
        const std::string_view value = equals == std::string_view::npos ? "" : record.substr(equals + 1);
        if (key == "path") {
            long_name_ = value;
        } else if (key == "size") {
            std::uint64_t size = 0;
            const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), size);
            if (error != std::errc{} || end != value.data() + value.size()) {
                throw Breach{at_, "an unreadable pax size", "decimal digits"};
            }
            pax_size_ = size;
        } else if (key.starts_with("GNU.sparse")) {
            throw Breach{at_, "a sparse file", "plain files"};
        }
    }

    [[nodiscard]] std::string name_of_header() const {
        if (!long_name_.empty()) {
            return long_name_;
        }
        const std::string name(text_of(block_, field_name));
        const bool is_posix =
            std::string_view(block_.data() + field_magic.at, 6) == std::string_view("ustar\0", 6);
        const std::string_view prefix = is_posix ? text_of(block_, field_prefix) : "";
        return prefix.empty() ? name : fmt::format("{}/{}", prefix, name);
    }

    void take_file(std::uint64_t bytes) {
        std::string name = name_of_header();
        if (name.starts_with("./")) {
            name.erase(0, 2);
        }
        forget_extensions();
        const bool has_control = std::ranges::any_of(name, [](unsigned char c) { return c < 0x20; });
        if (const std::string_view reason =
                has_control ? "a name with control characters" : unsafe_path_reason(name);
            !reason.empty()) {
            throw Breach{header_at_, std::string(reason), "a path inside the archive"};
        }
        if (!names_.insert(name).second) {
            throw Breach{header_at_, fmt::format("'{}' for the second time", name), "each member once"};
        }
        members_.push_back({.name = std::move(name), .offset = at_, .size = bytes});
    }

    void forget_extensions() {
        long_name_.clear();
        pax_size_.reset();
    }

    const ByteReader& archive_;
    std::vector<TarMember>& members_;
    std::unordered_set<std::string> names_;
    Block block_{};
    std::uint64_t at_ = 0;
    std::uint64_t header_at_ = 0;
    std::string long_name_;
    std::optional<std::uint64_t> pax_size_;
};

class FileBytes : public ByteReader {
public:
    FileBytes(int fd, std::uint64_t size) : fd_(fd), size_(size) {}
    [[nodiscard]] std::uint64_t size() const override { return size_; }
    [[nodiscard]] std::size_t read(std::uint64_t offset, char* bytes, std::size_t count) const override {
        std::size_t got = 0;
        while (got < count) {
            const ssize_t n = pread(fd_, bytes + got, count - got, static_cast<off_t>(offset + got));
            if (n < 0 && errno == EINTR) {
                continue;
            }
            if (n <= 0) {
                break;
            }
            got += static_cast<std::size_t>(n);
        }
        return got;
    }

private:
    int fd_;
    std::uint64_t size_;
};

} // namespace

std::vector<TarMember> index_tar(const ByteReader& archive, const std::string& name, FaultList& faults) {
    std::vector<TarMember> members;
    try {
        TarWalk(archive, members).run();
    } catch (const Breach& breach) { // headers chain the members: nothing after it can be trusted
        faults.add({.where = fmt::format("{}:byte {}", name, breach.byte),
                    .found = breach.found,
                    .expected = breach.expected,
                    .fix = "copy or pack the archive again"});
    }
    return members;
}

std::vector<TarMember> index_tar_file(const std::filesystem::path& path, FaultList& faults) {
    const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!file.valid() || fstat(file.get(), &status) != 0) {
        faults.add(file_fault(path, errno));
        return {};
    }
    return index_tar(FileBytes(file.get(), static_cast<std::uint64_t>(status.st_size)), path.string(),
                     faults);
}

std::string tar_header(std::string_view name, std::uint64_t size) {
    assert(name.size() <= field_name.width);
    std::string block(tar_block_bytes, '\0');
    const auto put = [&block](std::size_t at, std::string_view text) {
        block.replace(at, text.size(), text);
    };
    put(0, name);
    put(100, "0000644");
    put(108, "0000000");
    put(116, "0000000");
    put(field_size.at, fmt::format("{:011o}", size)); // up to 8 GiB; shards are smaller
    put(136, "00000000000");
    put(field_checksum.at, "        ");
    block[at_type] = '0';
    put(field_magic.at, std::string_view("ustar\00000", 8));
    std::uint64_t sum = 0;
    for (const char byte : block) {
        sum += static_cast<unsigned char>(byte);
    }
    put(field_checksum.at, fmt::format("{:06o}", sum));
    block[field_checksum.at + 6] = '\0';
    return block;
}

} // namespace suite::data
