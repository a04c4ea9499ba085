// How often this program asked for memory: operator new is counted (allocation_count.cpp).
#pragma once

#include <cstddef>

namespace suite::data::testing {

[[nodiscard]] std::size_t allocation_count() noexcept;

} // namespace suite::data::testing
