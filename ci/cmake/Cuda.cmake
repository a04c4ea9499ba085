# What preset cuda adds: the CUDA language, the toolkit and NCCL. Everything is set by hand, since CMake 3.25 knows no
# CUDA20 dialect for nvcc 13 and a `native` architecture fails to configure without a device.
# A part that is missing ends the configuration: who asks for CUDA wants it.
if(NOT TRANSFERSCALE_WITH_CUDA)
  return()
endif()

find_program(TRANSFERSCALE_NVCC nvcc PATHS "$ENV{CUDA_HOME}/bin" "$ENV{CUDA_PATH}/bin" "$ENV{EBROOTCUDA}/bin" /usr/local/cuda/bin)
if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
  if(NOT TRANSFERSCALE_NVCC)
    message(FATAL_ERROR "CUDA: found no nvcc, expected the CUDA toolkit, 12.8 or newer. Fix: load the site's CUDA module, "
      "set CUDA_HOME or CUDACXX, or build preset release, which needs no CUDA.")
  endif()
  set(CMAKE_CUDA_COMPILER "${TRANSFERSCALE_NVCC}" CACHE FILEPATH "nvcc")
endif()
# A100, H100/H200, B200 as machine code; PTX of the last for what comes after them.
set(CMAKE_CUDA_ARCHITECTURES "80-real;90-real;100-real;120" CACHE STRING "Devices that the kernels are compiled for")
set(CMAKE_CUDA_STANDARD 17)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_EXTENSIONS OFF)
# LibTorch brings the shared runtime; two runtimes in one process would not see each other's streams.
set(CMAKE_CUDA_RUNTIME_LIBRARY Shared)
if(CCACHE_PROGRAM AND NOT CMAKE_CUDA_COMPILER_LAUNCHER)
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()
enable_language(CUDA)
find_package(CUDAToolkit 12.8 REQUIRED)
find_package(NCCL 2.19 REQUIRED)
if(NOT TARGET LibTorch::cuda)
  message(FATAL_ERROR "CUDA: the LibTorch in ${LibTorch_ROOT_DIR} has no libtorch_cuda.so. Fix: TRANSFERSCALE_CUDA=1 ./reproduce "
    "setup fetches one that has, or name one with TRANSFERSCALE_LIBTORCH=DIR.")
endif()
# libtorch_cuda needs cuBLAS, cuDNN and others of the toolkit. Only a DT_RPATH of the program helps a library to its own
# dependencies; the driver's libcuda is in none of these, it is opened when it is wanted.
target_link_options(LibTorch::cuda INTERFACE "LINKER:--disable-new-dtags,-rpath,${CUDAToolkit_LIBRARY_DIR}")
