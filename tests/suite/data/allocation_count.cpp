#include "tests/suite/data/allocation_count.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::size_t> allocations = 0;
}

#ifndef __SANITIZE_ADDRESS__
void* operator new(std::size_t bytes) {
    ++allocations;
    if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) {
        return memory;
    }
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
#endif

namespace suite::data::testing {

bool allocations_are_counted() noexcept {
#ifdef __SANITIZE_ADDRESS__
    return false;
#else
    return true;
#endif
}

std::size_t allocation_count() noexcept {
    return allocations;
}

} // namespace suite::data::testing
