// IDX files (the format of MNIST): big-endian magic, dimensions, then unsigned bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "suite/base/error.hpp"

namespace suite::data {

/// What a file should hold. The value is its magic number: type 08 (unsigned byte) and number of dimensions.
enum class IdxKind : std::uint32_t { labels = 0x00000801, images = 0x00000803 };

struct IdxFile {
    std::vector<std::size_t> dimensions; ///< labels: {count}; images: {count, rows, columns}
    std::vector<std::uint8_t> values;    ///< exactly the product of the dimensions
    [[nodiscard]] std::size_t count() const noexcept { return dimensions.empty() ? 0 : dimensions[0]; }
};

/// Parses the unpacked text of an IDX file. Every fault names `name` and the byte of the unpacked text:
/// foreign or swapped magic, short header, empty or overflowing dimensions, missing or left-over bytes.
/// The result is empty when a fault was added.
[[nodiscard]] IdxFile parse_idx(std::string_view text, IdxKind kind, const std::string& name,
                                FaultList& faults);

/// Adds a fault for the first label that is not below `classes`, with the number of such labels.
void check_label_range(const IdxFile& labels, std::size_t classes, const std::string& name,
                       FaultList& faults);

} // namespace suite::data
