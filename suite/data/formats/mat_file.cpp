#include "suite/data/formats/mat_file.hpp"

#include <cmath>
#include <cstring>
#include <optional>

#include <fmt/format.h>
#include <zlib.h>

namespace suite::data {
namespace {

using Variables = std::map<std::string, std::vector<std::int64_t>>;

// MAT-File Format, Table 1-1 (data types) and Table 1-3 (array classes).
enum Type : std::uint32_t {
    mi_int8 = 1,
    mi_uint8 = 2,
    mi_int16 = 3,
    mi_uint16 = 4,
    mi_int32 = 5,
    mi_uint32 = 6,
    mi_single = 7,
    mi_double = 9,
    mi_int64 = 12,
    mi_uint64 = 13,
    mi_matrix = 14,
    mi_compressed = 15,
};
constexpr std::uint32_t class_sparse = 5;
constexpr std::uint32_t first_numeric_class = 6; // mxDOUBLE_CLASS
constexpr std::uint32_t last_numeric_class = 15; // mxUINT64_CLASS
constexpr std::uint32_t complex_flag = 0x0800;
constexpr std::size_t header_bytes = 128;
constexpr std::size_t tag_bytes = 8;
constexpr std::size_t most_unpacked_bytes = std::size_t{16} << 20;

/// What is wrong, and where in the text at hand.
struct Breach {
    std::size_t byte = 0;
    std::string found;
    std::string expected;
};

template<typename Value>
Value load(std::string_view bytes, std::size_t at) {
    Value value;
    std::memcpy(&value, bytes.data() + at, sizeof value); // the file is little-endian, as this machine is
    return value;
}

struct Element {
    std::uint32_t type = 0;
    std::string_view data;
    std::size_t begin = 0; ///< of the data in the text
};

/// Elements one after the other. Throws Breach.
class Elements {
public:
    Elements(std::string_view text, std::size_t begin) : text_(text), at_(begin) {}

    [[nodiscard]] bool at_end() const noexcept { return at_ == text_.size(); }
    [[nodiscard]] std::size_t position() const noexcept { return at_; }

    Element next() {
        need(tag_bytes, "a tag of 8 bytes");
        const auto first = load<std::uint32_t>(text_, at_);
        const auto second = load<std::uint32_t>(text_, at_ + 4);
        if (first >> 16 != 0) {
            return small_element(first);
        }
        const std::size_t tag = at_;
        at_ += tag_bytes;
        need(second, fmt::format("{} bytes of an element", second), tag);
        const Element element{.type = first, .data = text_.substr(at_, second), .begin = at_};
        at_ += second;
        if (element.type != mi_compressed) { // compressed elements are not padded
            at_ = std::min((at_ + 7) / 8 * 8, text_.size());
        }
        return element;
    }

private:
    Element small_element(std::uint32_t first) {
        const std::size_t size = first >> 16;
        if (size > 4) {
            throw Breach{at_, fmt::format("a small element of {} bytes", size), "4 at most"};
        }
        const Element element{.type = first & 0xffffU, .data = text_.substr(at_ + 4, size), .begin = at_ + 4};
        at_ += tag_bytes;
        return element;
    }
    void need(std::size_t bytes, const std::string& what, std::optional<std::size_t> where = {}) const {
        if (text_.size() - at_ < bytes) {
            throw Breach{where.value_or(at_), fmt::format("{} bytes left", text_.size() - at_), what};
        }
    }

    std::string_view text_;
    std::size_t at_;
};

template<typename Value>
std::vector<std::int64_t> whole_numbers(const Element& element) {
    std::vector<std::int64_t> values;
    values.reserve(element.data.size() / sizeof(Value));
    for (std::size_t at = 0; at + sizeof(Value) <= element.data.size(); at += sizeof(Value)) {
        const auto value = load<Value>(element.data, at);
        // Ids and labels are small: 2^53 bounds what a double states exactly.
        if (!(std::abs(static_cast<double>(value)) <= 9007199254740992.0) ||
            static_cast<double>(static_cast<std::int64_t>(value)) != static_cast<double>(value)) {
            throw Breach{element.begin + at, "a number that is not whole", "whole numbers below 2^53"};
        }
        values.push_back(static_cast<std::int64_t>(value));
    }
    return values;
}

std::vector<std::int64_t> numbers_of(const Element& element) {
    switch (element.type) {
    case mi_int8:
        return whole_numbers<std::int8_t>(element);
    case mi_uint8:
        return whole_numbers<std::uint8_t>(element);
    case mi_int16:
        return whole_numbers<std::int16_t>(element);
    case mi_uint16:
        return whole_numbers<std::uint16_t>(element);
    case mi_int32:
        return whole_numbers<std::int32_t>(element);
    case mi_uint32:
        return whole_numbers<std::uint32_t>(element);
    case mi_single:
        return whole_numbers<float>(element);
    case mi_double:
        return whole_numbers<double>(element);
    case mi_int64:
        return whole_numbers<std::int64_t>(element);
    case mi_uint64:
        return whole_numbers<std::uint64_t>(element);
    default:
        throw Breach{element.begin, fmt::format("data of type {}", element.type), "numbers"};
    }
}

/// Product of the dimensions, which has to be the number of values.
void check_extents(const Element& dimensions, std::size_t values) {
    std::uint64_t product = 1;
    for (const std::int64_t extent : numbers_of(dimensions)) {
        if (extent < 0 ||
            (extent != 0 && product > most_unpacked_bytes / static_cast<std::uint64_t>(extent))) {
            throw Breach{dimensions.begin, fmt::format("a dimension of {}", extent),
                         "dimensions that fit the file"};
        }
        product *= static_cast<std::uint64_t>(extent);
    }
    if (dimensions.type != mi_int32 || dimensions.data.size() < 8 || product != values) {
        throw Breach{dimensions.begin, fmt::format("dimensions of {} values", product),
                     fmt::format("two or more int32 with the product {}", values)};
    }
}

/// The contents of one miMATRIX element. Throws Breach.
void take_matrix(std::string_view text, std::size_t begin, std::size_t end, Variables& variables) {
    Elements elements(text.substr(0, end), begin);
    const Element flags = elements.next();
    if (flags.type != mi_uint32 || flags.data.size() != 8) {
        throw Breach{flags.begin, "other array flags", "two uint32"};
    }
    const auto word = load<std::uint32_t>(flags.data, 0);
    const std::uint32_t array_class = word & 0xffU;
    if (array_class == class_sparse || (word & complex_flag) != 0) {
        throw Breach{flags.begin, "a sparse or complex array", "full real arrays"};
    }
    if (array_class < first_numeric_class || array_class > last_numeric_class) {
        return;
    }
    const Element dimensions = elements.next();
    const Element name = elements.next();
    const Element values = elements.next();
    if (name.type != mi_int8 || name.data.empty() || name.data.size() > 63) { // namelengthmax of MATLAB
        throw Breach{name.begin, "another name element", "1 to 63 characters"};
    }
    std::vector<std::int64_t> numbers = numbers_of(values);
    check_extents(dimensions, numbers.size());
    if (!variables.emplace(name.data, std::move(numbers)).second) {
        throw Breach{name.begin, "a variable for the second time", "each variable once"};
    }
}

/// zlib's text of a compressed element. Throws Breach.
std::string unpack(const Element& element) {
    std::string out;
    z_stream stream{};
    if (inflateInit(&stream) != Z_OK) {
        throw Breach{element.begin, "no memory to unpack", "a small variable"};
    }
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(element.data.data())); // zlib only reads it
    stream.avail_in = static_cast<uInt>(element.data.size());
    int code = Z_OK;
    while (code == Z_OK && out.size() < most_unpacked_bytes) {
        const std::size_t old_size = out.size();
        const std::size_t room = std::max<std::size_t>(4096, old_size);
        out.resize(old_size + room);
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + old_size);
        stream.avail_out = static_cast<uInt>(room);
        code = inflate(&stream, Z_NO_FLUSH);
        out.resize(old_size + room - stream.avail_out);
    }
    inflateEnd(&stream);
    if (code != Z_STREAM_END) {
        throw Breach{element.begin, code == Z_OK ? "a variable of 16 MiB or more" : "damaged compressed data",
                     "a whole zlib stream below 16 MiB"};
    }
    return out;
}

void take_compressed(const Element& element, Variables& variables) {
    const std::string text = unpack(element);
    try {
        Elements inner(text, 0);
        const Element matrix = inner.next();
        if (matrix.type != mi_matrix) {
            throw Breach{0, fmt::format("an element of type {}", matrix.type), "a matrix"};
        }
        take_matrix(text, matrix.begin, matrix.begin + matrix.data.size(), variables);
    } catch (Breach& breach) {
        throw Breach{element.begin, fmt::format("{} at unpacked byte {}", breach.found, breach.byte),
                     breach.expected};
    }
}

void check_header(std::string_view bytes) {
    // "MATLAB 5.0 MAT-file": 124 bytes of text, version, then 'I','M' where the file is little-endian.
    if (bytes.size() < header_bytes || !bytes.starts_with("MATLAB 5.0 MAT-file") ||
        load<std::uint16_t>(bytes, 124) != 0x0100 || bytes.substr(126, 2) != "IM") {
        throw Breach{0,
                     bytes.starts_with("MATLAB 7.3") ? "a MAT-file of version 7.3 (HDF5)" : "another header",
                     "a little-endian MAT-file of level 5"};
    }
}

void take_all(std::string_view bytes, Variables& variables) {
    check_header(bytes);
    for (Elements elements(bytes, header_bytes); !elements.at_end();) {
        const Element element = elements.next();
        if (element.type == mi_compressed) {
            take_compressed(element, variables);
        } else if (element.type == mi_matrix) {
            take_matrix(bytes, element.begin, element.begin + element.data.size(), variables);
        } else {
            throw Breach{element.begin, fmt::format("an element of type {}", element.type), "a variable"};
        }
    }
}

} // namespace

Variables read_mat_integers(std::string_view bytes, const std::string& name, FaultList& faults) {
    Variables variables;
    try {
        take_all(bytes, variables);
    } catch (const Breach& breach) { // sizes chain the elements: nothing after it can be trusted
        faults.add({.where = fmt::format("{}:byte {}", name, breach.byte),
                    .found = breach.found,
                    .expected = breach.expected,
                    .fix = "obtain the file again"});
    }
    return variables;
}

} // namespace suite::data
