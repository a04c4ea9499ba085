# Run by Provenance.cmake at build time (cmake -P): writes `output` if its text would change.
set(commit "unknown")
set(dirty "false")
if(git)
  # Only if the checkout is ours: an archive unpacked inside a foreign repository has no commit of its own.
  execute_process(COMMAND "${git}" -C "${source}" rev-parse --show-toplevel
    OUTPUT_VARIABLE top OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    file(REAL_PATH "${source}" source_path)
    file(REAL_PATH "${top}" top_path)
    if(source_path STREQUAL top_path)
      execute_process(COMMAND "${git}" -C "${source}" rev-parse HEAD
        OUTPUT_VARIABLE head OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
      if(NOT failed)
        set(commit "${head}")
      endif()
      execute_process(COMMAND "${git}" -C "${source}" --no-optional-locks status --porcelain --untracked-files=no
        OUTPUT_VARIABLE changes OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
      if(changes)
        set(dirty "true")
      endif()
    endif()
  endif()
endif()

foreach(text IN ITEMS compiler build_type flags)
  string(REPLACE "\\" "\\\\" ${text} "${${text}}")
  string(REPLACE "\"" "\\\"" ${text} "${${text}}")
endforeach()

string(CONFIGURE [[
// Written at build time by ci/cmake/ProvenanceWrite.cmake.
#pragma once

#include <string_view>

namespace suite::build_provenance {

inline constexpr std::string_view project_version = "@project_version@";
/// 40 hex digits, or "unknown" outside a git checkout.
inline constexpr std::string_view git_commit = "@commit@";
/// Tracked files differed from the commit when the program was built.
inline constexpr bool git_dirty = @dirty@;
inline constexpr std::string_view compiler = "@compiler@";
inline constexpr std::string_view build_type = "@build_type@";
inline constexpr std::string_view compile_flags = "@flags@";
/// The LibTorch that the build found, "2.11.0".
inline constexpr std::string_view libtorch_version = "@libtorch@";

} // namespace suite::build_provenance
]] text @ONLY)

set(old "")
if(EXISTS "${output}")
  file(READ "${output}" old)
endif()
if(NOT old STREQUAL text)
  file(WRITE "${output}" "${text}")
endif()
