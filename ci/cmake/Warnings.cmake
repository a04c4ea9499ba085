# transferscale_warnings: the warnings that our own code compiles under. Link it PRIVATE to every target of ours.
# Foreign headers come in through imported targets, hence as system headers, and stay silent.
option(TRANSFERSCALE_WERROR "Warnings in our own code are errors" ${PROJECT_IS_TOP_LEVEL})

# Members that designated initialisers leave out are left to their defaults on purpose.
add_library(transferscale_warnings INTERFACE)
target_compile_options(transferscale_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
    -Wno-missing-field-initializers>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${TRANSFERSCALE_WERROR}>>:-Werror>)

# ATen counts in int64_t, the standard library in size_t: where both meet, sign conversions are no news. A target
# meets torch when the include folder that FindLibTorch makes is on its path.
target_compile_options(transferscale_warnings INTERFACE
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<NOT:$<IN_LIST:${LibTorch_INCLUDE_DIR},$<TARGET_PROPERTY:INCLUDE_DIRECTORIES>>>>:-Wsign-conversion>)

# g++ 12 reports impossible overlaps inside std::string's operator+ (GCC bug 105651).
target_compile_options(transferscale_warnings INTERFACE
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>)

# nvcc: its own warnings and those of the host compiler.
target_compile_options(transferscale_warnings INTERFACE
  "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra>"
  "$<$<AND:$<COMPILE_LANGUAGE:CUDA>,$<BOOL:${TRANSFERSCALE_WERROR}>>:--Werror=all-warnings;-Xcompiler=-Werror>")
