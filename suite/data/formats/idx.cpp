#include "suite/data/formats/idx.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include <fmt/format.h>

namespace suite::data {
namespace {

std::uint32_t big_endian(std::string_view text, std::size_t byte) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        value = (value << 8) | static_cast<std::uint8_t>(text[byte + i]);
    }
    return value;
}

std::size_t dimension_count(IdxKind kind) {
    return static_cast<std::uint32_t>(kind) & 0xFFU;
}
std::string_view word(IdxKind kind) {
    return kind == IdxKind::images ? "images" : "labels";
}
IdxKind other(IdxKind kind) {
    return kind == IdxKind::images ? IdxKind::labels : IdxKind::images;
}
std::string described(IdxKind kind) {
    return fmt::format("IDX {} (magic {:#010x})", word(kind), static_cast<std::uint32_t>(kind));
}

/// What is wrong with the magic number, if anything.
std::optional<Fault> magic_fault(std::string_view text, IdxKind kind, const std::string& name) {
    const std::uint32_t magic = big_endian(text, 0);
    if (magic == static_cast<std::uint32_t>(kind)) {
        return std::nullopt;
    }
    Fault fault{.where = name + ":byte 0",
                .found = fmt::format("magic {:#010x}", magic),
                .expected = described(kind),
                .fix = "fetch the file again"};
    if (magic == static_cast<std::uint32_t>(other(kind))) {
        fault.found = described(other(kind));
        fault.fix = "the images and labels files are swapped: give each its own name";
    } else if ((magic >> 16) == 0x1F8B) {
        fault.found = "gzip data inside gzip data";
        fault.fix = "gunzip the file once";
    }
    return fault;
}

/// Product of the dimensions; nothing when one is zero or the product does not fit.
std::optional<std::size_t> element_count(const std::vector<std::size_t>& dimensions) {
    std::size_t product = 1;
    for (const std::size_t dimension : dimensions) {
        if (dimension == 0 || product > std::numeric_limits<std::size_t>::max() / dimension) {
            return std::nullopt;
        }
        product *= dimension;
    }
    return product;
}

} // namespace

IdxFile parse_idx(std::string_view text, IdxKind kind, const std::string& name, FaultList& faults) {
    // Magic first: swapped labels are shorter than a header of images.
    if (text.size() >= 4) {
        if (auto fault = magic_fault(text, kind, name)) {
            faults.add(*std::move(fault));
            return {};
        }
    }
    const std::size_t header_bytes = 4 + 4 * dimension_count(kind);
    if (text.size() < header_bytes) {
        faults.add({.where = fmt::format("{}:byte {}", name, text.size()),
                    .found = fmt::format("{} bytes", text.size()),
                    .expected = fmt::format("a header of {} bytes", header_bytes),
                    .fix = "fetch the file again"});
        return {};
    }
    IdxFile file;
    for (std::size_t i = 0; i < dimension_count(kind); ++i) {
        file.dimensions.push_back(big_endian(text, 4 + 4 * i));
    }
    const auto elements = element_count(file.dimensions);
    const std::size_t present = text.size() - header_bytes;
    if (!elements || *elements != present) {
        const std::size_t fault_byte = !elements ? 4 : header_bytes + std::min(present, *elements);
        faults.add({.where = fmt::format("{}:byte {}", name, fault_byte),
                    .found = !elements ? fmt::format("dimensions {}", fmt::join(file.dimensions, " x "))
                                       : fmt::format("{} bytes of data", present),
                    .expected = !elements ? "dimensions above zero whose product fits in memory"
                                          : fmt::format("{} bytes ({})", *elements,
                                                        fmt::join(file.dimensions, " x ")),
                    .fix = "fetch the file again"});
        return {};
    }
    file.values.assign(text.begin() + static_cast<std::ptrdiff_t>(header_bytes), text.end());
    return file;
}

void check_label_range(const IdxFile& labels, std::size_t classes, const std::string& name,
                       FaultList& faults) {
    const auto outside = [classes](std::uint8_t label) { return label >= classes; };
    const auto first = std::ranges::find_if(labels.values, outside);
    if (first == labels.values.end()) {
        return;
    }
    const auto record = first - labels.values.begin();
    faults.add({.where = fmt::format("{}:byte {}", name, 8 + record),
                .found = fmt::format("label {} in record {} ({} such labels)", *first, record,
                                     std::ranges::count_if(labels.values, outside)),
                .expected = fmt::format("labels 0 to {}", classes - 1),
                .fix = "fetch the file again"});
}

} // namespace suite::data
