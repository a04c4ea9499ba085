#include <bit>
#include <charconv>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/data/formats/npy.hpp"

namespace suite::data {
namespace {

static_assert(std::endian::native == std::endian::little, "values are copied as they stand in the file");

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::string_view save_again = "save it again with numpy.save(file, array.astype('<f4'))";

/// The dictionary of a header, as NumPy prints it.
struct Dictionary {
    std::optional<std::string> descr; ///< a quoted text's content, or the raw text of anything else
    std::optional<bool> fortran_order;
    std::optional<std::vector<std::size_t>> shape;
};

/// Walks over a Python literal of the few forms that a header may have. Every step returns false on anything
/// else; `rest` then begins where it stopped.
class LiteralReader {
public:
    explicit LiteralReader(std::string_view text) : rest_(text) {}
    [[nodiscard]] std::size_t left() const noexcept { return rest_.size(); }

    bool dictionary(Dictionary& out) {
        if (!symbol('{')) {
            return false;
        }
        while (!symbol('}')) {
            std::string key;
            if (!quoted(key) || !symbol(':') || !value(key, out) || !(symbol(',') || peek('}'))) {
                return false;
            }
        }
        skip_space();
        return rest_.empty();
    }

private:
    std::string_view rest_;

    void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }
    bool peek(char wanted) {
        skip_space();
        return !rest_.empty() && rest_.front() == wanted;
    }
    bool symbol(char wanted) {
        const bool found = peek(wanted);
        rest_.remove_prefix(found ? 1 : 0);
        return found;
    }
    bool word(std::string_view wanted) {
        skip_space();
        const bool found = rest_.starts_with(wanted);
        rest_.remove_prefix(found ? wanted.size() : 0);
        return found;
    }
    bool quoted(std::string& out) {
        if (!peek('\'') && !peek('"')) {
            return false;
        }
        const std::size_t end = rest_.find(rest_.front(), 1);
        if (end == std::string_view::npos) {
            return false;
        }
        out = rest_.substr(1, end - 1);
        rest_.remove_prefix(end + 1);
        return true;
    }
    bool number(std::size_t& out) {
        skip_space();
        const auto result = std::from_chars(rest_.data(), rest_.data() + rest_.size(), out);
        rest_.remove_prefix(static_cast<std::size_t>(result.ptr - rest_.data()));
        static_cast<void>(result.ec == std::errc{} && word("L")); // Python 2 wrote long integers so
        return result.ec == std::errc{};
    }
    bool shape(std::vector<std::size_t>& out) {
        if (!symbol('(')) {
            return false;
        }
        while (!symbol(')')) {
            if (!number(out.emplace_back()) || !(symbol(',') || peek(')'))) {
                return false;
            }
        }
        return true;
    }
    /// A structured type: kept as it stands, for the message.
    bool bracketed(std::string& out) {
        skip_space();
        int depth = 0;
        for (std::size_t i = 0; i < rest_.size(); ++i) {
            depth += static_cast<int>(rest_[i] == '[') - static_cast<int>(rest_[i] == ']');
            if (depth == 0) {
                out = rest_.substr(0, i + 1);
                rest_.remove_prefix(i + 1);
                return out.starts_with('[');
            }
        }
        return false;
    }
    bool value(const std::string& key, Dictionary& out) {
        if (key == "descr" && !out.descr) {
            return quoted(out.descr.emplace()) || bracketed(*out.descr);
        }
        if (key == "fortran_order" && !out.fortran_order) {
            const bool yes = word("True");
            out.fortran_order = yes;
            return yes || word("False");
        }
        return key == "shape" && !out.shape && shape(out.shape.emplace());
    }
};

/// Product of the extents in bytes; nothing when it does not fit.
std::optional<std::size_t> value_bytes(std::span<const std::size_t> shape) {
    constexpr std::size_t limit = std::numeric_limits<std::ptrdiff_t>::max();
    std::size_t bytes = sizeof(float);
    for (const std::size_t extent : shape) {
        if (extent != 0 && bytes > limit / extent) {
            return std::nullopt;
        }
        bytes *= extent;
    }
    return bytes;
}

std::string described_type(std::string_view descr) {
    if (descr.find('O') != std::string_view::npos) {
        return fmt::format("pickled Python objects ('{}')", descr);
    }
    if (descr.starts_with('>')) {
        return fmt::format("big-endian values ('{}')", descr);
    }
    return fmt::format("values of type '{}'", descr);
}

/// Where the dictionary stands: nothing when magic, version or length are not right.
struct Frame {
    std::string_view dictionary;
    std::size_t data_offset = 0;
};

std::optional<Frame> frame_of(std::string_view text, const std::string& where, FaultList& faults) {
    const auto refuse = [&](std::string found, std::string expected) {
        faults.add({where, std::move(found), std::move(expected), std::string(save_again)});
        return std::nullopt;
    };
    if (!text.starts_with(magic) || text.size() < magic.size() + 2) {
        return refuse("no npy magic", "an .npy array (bytes 93 4e 55 4d 50 59)");
    }
    const auto byte = [text](std::size_t i) { return std::size_t{static_cast<unsigned char>(text[i])}; };
    const std::size_t major = byte(6);
    const std::size_t minor = byte(7);
    if (major < 1 || major > 3 || minor != 0) {
        return refuse(fmt::format("npy version {}.{}", major, minor), "version 1.0, 2.0 or 3.0");
    }
    const std::size_t length_bytes = major == 1 ? 2 : 4;
    const std::size_t dictionary_at = magic.size() + 2 + length_bytes;
    if (text.size() < dictionary_at) {
        return refuse(fmt::format("{} bytes", text.size()), "a whole header");
    }
    std::size_t length = 0;
    for (std::size_t i = 0; i < length_bytes; ++i) {
        length |= byte(magic.size() + 2 + i) << (8 * i);
    }
    if (length > std::min(text.size(), npy_header_limit_bytes) - dictionary_at) {
        return refuse(fmt::format("a header of {} bytes", length),
                      fmt::format("a header inside the first {} bytes and inside the file",
                                  std::min(text.size(), npy_header_limit_bytes)));
    }
    return Frame{text.substr(dictionary_at, length), dictionary_at + length};
}

} // namespace

std::size_t NpyHeader::elements() const noexcept {
    std::size_t product = 1;
    for (const std::size_t extent : shape) {
        product *= extent;
    }
    return product;
}

std::string shape_text(std::span<const std::size_t> shape) {
    return fmt::format("shape [{}]", fmt::join(shape, ", "));
}

std::optional<NpyHeader> parse_npy_header(std::string_view text, std::size_t file_bytes,
                                          const std::string& where, FaultList& faults) {
    const auto frame = frame_of(text, where, faults);
    if (!frame) {
        return std::nullopt;
    }
    const auto refuse = [&](std::string found, std::string expected) {
        faults.add({where, std::move(found), std::move(expected), std::string(save_again)});
        return std::nullopt;
    };
    Dictionary dictionary;
    LiteralReader reader(frame->dictionary);
    if (!reader.dictionary(dictionary) || !dictionary.descr || !dictionary.fortran_order ||
        !dictionary.shape) {
        return refuse(
            fmt::format("a header that stops making sense at byte {}", frame->data_offset - reader.left()),
            "{'descr': '<f4', 'fortran_order': False or True, 'shape': (…)}");
    }
    if (*dictionary.descr != "<f4") {
        return refuse(described_type(*dictionary.descr), "little-endian float32 ('<f4')");
    }
    const auto bytes = value_bytes(*dictionary.shape);
    const std::size_t present = file_bytes - std::min(file_bytes, frame->data_offset);
    if (!bytes || *bytes != present) {
        return refuse(fmt::format("{} bytes of values", present),
                      shape_text(*dictionary.shape) +
                          (bytes ? fmt::format(", which is {} bytes", *bytes) : ", which no memory holds"));
    }
    return NpyHeader{std::move(*dictionary.shape), *dictionary.fortran_order, frame->data_offset};
}

std::string npy_header(std::span<const std::size_t> shape) {
    std::string text = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}{}), }}",
                                   fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
    constexpr std::size_t alignment = 64; // numpy.lib.format.ARRAY_ALIGN
    constexpr std::size_t before = 10;    // magic, version, length
    text.append(alignment - 1 - (before + text.size()) % alignment, ' ');
    text += '\n';
    std::string header(magic);
    header += {'\x01', '\x00', static_cast<char>(text.size() & 0xFF), static_cast<char>(text.size() >> 8)};
    return header + text;
}

} // namespace suite::data
