// Gzip files (RFC 1952) unpacked in memory through zlib; several members in a row read as one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "suite/base/error.hpp"

namespace suite::data {

/// All members of a gzip file, in order. On anything but whole members with right checksums a fault naming
/// `name` and the byte of the compressed file is added and what was unpacked before it is returned.
/// `limit_bytes` bounds the result: a file that unpacks to more is a fault, not memory.
[[nodiscard]] std::string gunzip(std::string_view compressed, const std::string& name,
                                 std::size_t limit_bytes, FaultList& faults);

} // namespace suite::data
