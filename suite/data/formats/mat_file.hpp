// MAT-files of level 5 (MathWorks, "MAT-File Format", R2019b): numeric arrays alone, read strictly.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "suite/base/error.hpp"

namespace suite::data {

/// Real numeric arrays of the file by name, in column order, as whole numbers. Variables of other classes are
/// passed over. Every fault names `name` and the byte (of the file; inside a compressed variable "+byte" of
/// its unpacked text): another format, big-endian, sizes that leave the file, a variable twice, sparse or
/// complex arrays, numbers that are not whole, more than 16 MiB unpacked. What was sound is returned.
[[nodiscard]] std::map<std::string, std::vector<std::int64_t>>
read_mat_integers(std::string_view bytes, const std::string& name, FaultList& faults);

} // namespace suite::data
