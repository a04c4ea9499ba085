# transferscale_provenance(<target>): lets <target> include "provenance_generated.hpp", which says from what the programs
# were built: git commit, dirty flag, compiler, build type, flags. It is written at build time, and only when its text
# changed, so a commit recompiles the one file that includes it and nothing else. Without git the commit is "unknown".
set(_transferscale_provenance_dir "${CMAKE_BINARY_DIR}/provenance")

string(TOUPPER "${CMAKE_BUILD_TYPE}" _transferscale_type)
get_directory_property(_transferscale_options COMPILE_OPTIONS)
string(REGEX REPLACE "\\$<\\$<COMPILE_LANGUAGE:[^>]*>:([^>]*)>" "\\1" _transferscale_options "${_transferscale_options}")
list(JOIN _transferscale_options " " _transferscale_options)
string(STRIP "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${_transferscale_type}} ${_transferscale_options}" _transferscale_flags)
find_package(Git QUIET)

add_custom_target(transferscale_provenance_header
  COMMAND ${CMAKE_COMMAND}
    "-Dsource=${PROJECT_SOURCE_DIR}" "-Doutput=${_transferscale_provenance_dir}/provenance_generated.hpp"
    "-Dgit=${GIT_EXECUTABLE}" "-Dcompiler=${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}"
    "-Dbuild_type=${CMAKE_BUILD_TYPE}" "-Dflags=${_transferscale_flags}" "-Dproject_version=${PROJECT_VERSION}"
    "-Dlibtorch=${LibTorch_VERSION}"
    -P "${CMAKE_CURRENT_LIST_DIR}/ProvenanceWrite.cmake"
  BYPRODUCTS "${_transferscale_provenance_dir}/provenance_generated.hpp"
  VERBATIM)

function(transferscale_provenance target)
  target_include_directories(${target} PRIVATE "${CMAKE_BINARY_DIR}/provenance")
  add_dependencies(${target} transferscale_provenance_header)
endfunction()
