// Pinned host memory for containers: what lies in it travels to a device without another copy on the host.
#pragma once

#include <cstddef>
#include <map>
#include <memory_resource>
#include <mutex>
#include <span>

#include "suite/dist/nccl_api.hpp"

namespace suite::dist {

/// Any thread may allocate; a thread that does works on `device` from then on. Where the machine has no more
/// memory to pin, it says so once as a warning and gives memory of the heap instead, which is copied by way
/// of other memory: slower, with the same bits. Throws Error(environment) when pinning fails otherwise.
class PinnedResource final : public std::pmr::memory_resource {
public:
    explicit PinnedResource(NcclApi& api, int device = 0) : api_(api), device_(device) {}
    PinnedResource(const PinnedResource&) = delete;
    PinnedResource& operator=(const PinnedResource&) = delete;

    /// Whether all of these bytes lie in one allocation of this resource that is pinned.
    [[nodiscard]] bool holds(std::span<const std::byte> values) const;
    [[nodiscard]] NcclApi& api() const noexcept { return api_; }

private:
    NcclApi& api_;
    int device_;
    mutable std::mutex mutex_;
    std::map<const std::byte*, std::size_t> pinned_; ///< bytes by where they begin
    bool has_told_ = false;

    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override;
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }
    void tell(CudaResult result, std::size_t bytes);
};

} // namespace suite::dist
