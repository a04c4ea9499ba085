// What fuzz targets share: the input as text or bytes, and the one kind of exception a reader may throw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "suite/base/error.hpp"

namespace suite::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// Runs a reader: it returns, or it throws suite::Error with at least one fault. Anything else ends the
/// program and is a finding.
template<typename Call>
void expect_result_or_error(Call&& call) {
    try {
        call();
    } catch (const Error& error) {
        if (error.faults().empty()) {
            __builtin_trap();
        }
    }
}

/// For what must hold whatever the input.
inline void require(bool holds) {
    if (!holds) {
        __builtin_trap();
    }
}

} // namespace suite::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
