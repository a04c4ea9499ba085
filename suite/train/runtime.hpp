// Which numerical libraries a process computes with.
#pragma once

#include <map>
#include <string>

namespace suite::train {

/// Facts that decide the last bits of a result, for a record's provenance: "mkl" and "onednn" (versions as
/// the libraries print them) and, where MKL tells, "mkl_branch": the code path that it chose for this CPU, a
/// number as mkl_cbwr_get_auto_branch() returns it (mkl_types.h: 2 automatic, 3 compatible, 10 AVX2, 12
/// AVX-512).
[[nodiscard]] std::map<std::string, std::string> numerical_libraries();

} // namespace suite::train
