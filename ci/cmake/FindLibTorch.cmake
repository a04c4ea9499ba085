# LibTorch as imported targets, from a torch wheel, a LibTorch archive or a distribution's package.
#
#   LibTorch::cpu    libtorch_cpu + libc10. Runs without a GPU and without libtorch_cuda.
#   LibTorch::cuda   the above + libtorch_cuda + libc10_cuda; only with TRANSFERSCALE_WITH_CUDA and a wheel that has them.
#   LibTorch_FOUND, LibTorch_VERSION, LibTorch_ROOT_DIR (holds include/ and lib/), LibTorch_INCLUDE_DIR
#
# Why not find_package(Torch): with a CUDA wheel it demands a CUDA toolkit, rewrites the global flags, and fails on CMake
# 3.25 with C++20.
#
# Where it looks, first hit wins: TRANSFERSCALE_LIBTORCH (CMake, then environment), LibTorch_ROOT, TORCH_ROOT, LIBTORCH,
# CMAKE_PREFIX_PATH, the active virtualenv, conda or EasyBuild module, the cache folder that `./reproduce setup` fills
# (TRANSFERSCALE_CACHE, default ~/.cache/transferscale), Python's site folders, /opt and /usr/local, the system.
# A place named by TRANSFERSCALE_LIBTORCH that holds none, or one of another version, is an error, not a reason to look on.

# Sets `out` to the first folder F under `place` (F = place, place/torch, or a site-packages/torch in it) that has both
# F/include/ATen/ATen.h and a libtorch_cpu; empty if none.
function(_libtorch_root_in place out)
  set(patterns "${place}" "${place}/torch" "${place}/lib/python3*/site-packages/torch"
               "${place}/lib/python3*/dist-packages/torch")
  set(${out} "" PARENT_SCOPE)
  foreach(pattern IN LISTS patterns)
    file(GLOB hits "${pattern}")
    list(SORT hits COMPARE NATURAL ORDER DESCENDING)
    foreach(hit IN LISTS hits)
      file(GLOB library "${hit}/lib/libtorch_cpu.so" "${hit}/lib/${CMAKE_LIBRARY_ARCHITECTURE}/libtorch_cpu.so")
      if(library AND EXISTS "${hit}/include/ATen/ATen.h")
        set(${out} "${hit}" PARENT_SCOPE)
        return()
      endif()
    endforeach()
  endforeach()
endfunction()

# "2.11.0" from the version header of the LibTorch in `root`; empty if there is none.
function(_libtorch_version root out)
  set(${out} "" PARENT_SCOPE)
  foreach(header IN ITEMS torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
    if(EXISTS "${root}/include/${header}")
      file(STRINGS "${root}/include/${header}" lines REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
      if(lines MATCHES "MAJOR ([0-9]+).*MINOR ([0-9]+).*PATCH ([0-9]+)")
        set(${out} "${CMAKE_MATCH_1}.${CMAKE_MATCH_2}.${CMAKE_MATCH_3}" PARENT_SCOPE)
        return()
      endif()
    endif()
  endforeach()
endfunction()

# The places to look in, best first.
function(_libtorch_places out)
  set(cache "$ENV{TRANSFERSCALE_CACHE}")
  if(NOT cache)
    set(cache "$ENV{HOME}/.cache/transferscale")
  endif()
  if(TRANSFERSCALE_WITH_CUDA)
    set(cached "${cache}/libtorch-*-cuda" "${cache}/libtorch-[0-9.]*[0-9]")
  else()
    set(cached "${cache}/libtorch-[0-9.]*[0-9]" "${cache}/libtorch-*-cuda")
  endif()
  string(REPLACE ":" ";" prefixes "$ENV{CMAKE_PREFIX_PATH}")
  set(places "${LibTorch_ROOT}" "$ENV{LibTorch_ROOT}" "${TORCH_ROOT}" "$ENV{TORCH_ROOT}" "$ENV{LIBTORCH}"
    ${CMAKE_PREFIX_PATH} ${prefixes} "$ENV{VIRTUAL_ENV}" "$ENV{CONDA_PREFIX}" "$ENV{EBROOTPYTORCH}" ${cached}
    "$ENV{HOME}/.local" /usr/local "/opt/*/.venv" "/opt/libtorch*" "/usr/local/libtorch*" /usr)
  set(expanded "")
  foreach(place IN LISTS places)
    file(GLOB hits "${place}")
    list(SORT hits COMPARE NATURAL ORDER DESCENDING)
    list(APPEND expanded ${hits})
  endforeach()
  list(REMOVE_DUPLICATES expanded)
  set(${out} "${expanded}" PARENT_SCOPE)
endfunction()

# The wheel's include folder also carries fmt, pybind11 and protobuf, which would hide the system's own copies that our
# code links. So the include path is a folder of links to all but those.
function(_libtorch_link_includes root folder)
  file(REMOVE_RECURSE "${folder}")
  file(MAKE_DIRECTORY "${folder}")
  file(GLOB entries RELATIVE "${root}/include" "${root}/include/*")
  list(REMOVE_ITEM entries fmt google pybind11)
  foreach(entry IN LISTS entries)
    file(CREATE_LINK "${root}/include/${entry}" "${folder}/${entry}" SYMBOLIC)
  endforeach()
endfunction()

# An imported shared library `target` of file `name` in `folder`.
function(_libtorch_library target folder name)
  add_library(${target} SHARED IMPORTED)
  set_target_properties(${target} PROPERTIES IMPORTED_LOCATION "${folder}/${name}")
endfunction()

set(TRANSFERSCALE_LIBTORCH "$ENV{TRANSFERSCALE_LIBTORCH}" CACHE PATH "Folder of a LibTorch (include/ and lib/) to use")
set(LibTorch_ROOT_DIR "")
set(_libtorch_reason "none of the places that FindLibTorch.cmake names has one")
if(TRANSFERSCALE_LIBTORCH)
  _libtorch_root_in("${TRANSFERSCALE_LIBTORCH}" LibTorch_ROOT_DIR)
  set(_libtorch_reason "found no include/ATen/ATen.h and lib/libtorch_cpu.so in TRANSFERSCALE_LIBTORCH=${TRANSFERSCALE_LIBTORCH}")
  if(LibTorch_ROOT_DIR)
    _libtorch_version("${LibTorch_ROOT_DIR}" LibTorch_VERSION)
  endif()
else()
  _libtorch_places(_libtorch_candidates)
  foreach(_libtorch_place IN LISTS _libtorch_candidates)
    _libtorch_root_in("${_libtorch_place}" _libtorch_hit)
    if(NOT _libtorch_hit)
      continue()
    endif()
    _libtorch_version("${_libtorch_hit}" LibTorch_VERSION)
    # Debian 12's libtorch is 1.13: a wrong version in one place must not hide a right one in the next.
    if(NOT LibTorch_FIND_VERSION OR LibTorch_VERSION VERSION_GREATER_EQUAL LibTorch_FIND_VERSION)
      set(LibTorch_ROOT_DIR "${_libtorch_hit}")
      break()
    endif()
    set(_libtorch_reason "the LibTorch in ${_libtorch_hit} is ${LibTorch_VERSION}, older than ${LibTorch_FIND_VERSION}")
  endforeach()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch REQUIRED_VARS LibTorch_ROOT_DIR VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE "${_libtorch_reason}. Fix: ./reproduce setup, or name one with TRANSFERSCALE_LIBTORCH=DIR.")

if(LibTorch_FOUND)
  set(LibTorch_INCLUDE_DIR "${CMAKE_BINARY_DIR}/libtorch-include")
endif()
if(LibTorch_FOUND AND NOT TARGET LibTorch::cpu)
  set(_libtorch_lib "${LibTorch_ROOT_DIR}/lib")
  if(NOT EXISTS "${_libtorch_lib}/libtorch_cpu.so")
    set(_libtorch_lib "${_libtorch_lib}/${CMAKE_LIBRARY_ARCHITECTURE}")
  endif()
  # Links are made anew only when the LibTorch changed: their times must not make every object old.
  set(_libtorch_mark "${LibTorch_INCLUDE_DIR}/.root")
  set(_libtorch_linked "")
  if(EXISTS "${_libtorch_mark}")
    file(READ "${_libtorch_mark}" _libtorch_linked)
  endif()
  if(NOT _libtorch_linked STREQUAL "${LibTorch_ROOT_DIR} ${LibTorch_VERSION}")
    _libtorch_link_includes("${LibTorch_ROOT_DIR}" "${LibTorch_INCLUDE_DIR}")
    file(WRITE "${_libtorch_mark}" "${LibTorch_ROOT_DIR} ${LibTorch_VERSION}")
  endif()

  # libtorch_cpu of a CUDA build needs libcupti and libcudart, which wheels keep beside it. At run time its own RPATH finds
  # them; the linker has to be told.
  file(GLOB _libtorch_link_dirs "${LibTorch_ROOT_DIR}/../nvidia/*/lib" "$ENV{CUDA_HOME}/lib64"
       "$ENV{CUDA_HOME}/extras/CUPTI/lib64" "/usr/local/cuda/lib64" "/usr/local/cuda/extras/CUPTI/lib64")
  _libtorch_library(LibTorch::c10 "${_libtorch_lib}" libc10.so)
  _libtorch_library(LibTorch::cpu "${_libtorch_lib}" libtorch_cpu.so)
  target_include_directories(LibTorch::cpu SYSTEM INTERFACE
    "${LibTorch_INCLUDE_DIR}" "${LibTorch_INCLUDE_DIR}/torch/csrc/api/include")
  target_link_libraries(LibTorch::cpu INTERFACE LibTorch::c10)
  foreach(_libtorch_dir IN LISTS _libtorch_link_dirs)
    target_link_options(LibTorch::cpu INTERFACE "LINKER:-rpath-link,${_libtorch_dir}")
  endforeach()

  if(TRANSFERSCALE_WITH_CUDA AND EXISTS "${_libtorch_lib}/libtorch_cuda.so")
    _libtorch_library(LibTorch::c10_cuda "${_libtorch_lib}" libc10_cuda.so)
    # Nothing names a symbol of libtorch_cuda (it registers kernels when loaded), so the linker would drop it.
    add_library(LibTorch::cuda INTERFACE IMPORTED)
    target_link_libraries(LibTorch::cuda INTERFACE LibTorch::cpu LibTorch::c10_cuda
      "-Wl,--no-as-needed,${_libtorch_lib}/libtorch_cuda.so,--as-needed")
  endif()
  if(NOT LibTorch_FIND_QUIETLY)
    message(STATUS "LibTorch ${LibTorch_VERSION} from ${LibTorch_ROOT_DIR}")
  endif()
endif()
