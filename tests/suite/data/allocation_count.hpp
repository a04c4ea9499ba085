// How often this program asked for memory: operator new is counted (allocation_count.cpp).
#pragma once

#include <cstddef>

namespace suite::data::testing {

/// False under AddressSanitizer, which has an operator new of its own.
[[nodiscard]] bool allocations_are_counted() noexcept;
[[nodiscard]] std::size_t allocation_count() noexcept;

} // namespace suite::data::testing
