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

/// This process was started so that MKL, oneDNN and ATen take the code paths that every x86 CPU with AVX2
/// has, instead of the best of this one, and these CPUs compute the same bits (run::library_variables).
void expect_portable_code_paths();
/// Whether expect_portable_code_paths() was called and the libraries took these paths. Throws
/// Error(environment) when it was called and they did not: on CPUs without AVX2, on other architectures, with
/// a LibTorch without MKL.
[[nodiscard]] bool has_portable_code_paths();

} // namespace suite::train
