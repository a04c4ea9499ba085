// Host arrays on their way to a device while it computes: a stream for copies, two slots of device memory,
// and pinned memory for arrays that do not lie in such memory themselves.
#pragma once

#include <array>
#include <cstddef>
#include <memory_resource>
#include <span>
#include <vector>

#include "suite/dist/device.hpp"
#include "suite/dist/pinned_resource.hpp"

namespace suite::dist {

/// Arrays in pinned memory of the resource are copied from where they lie; others first into such memory. An
/// array stays as it is until done_with(). Not thread-safe. Throws Error(environment).
class StagedUpload {
public:
    /// Copies go through the resource's table; it outlives this.
    explicit StagedUpload(PinnedResource& memory);
    /// Waits for copies under way: their arrays may be freed next.
    ~StagedUpload();
    StagedUpload(const StagedUpload&) = delete;
    StagedUpload& operator=(const StagedUpload&) = delete;

    /// Begins to copy `values`, for the take() of the same array. Does nothing when that was begun already,
    /// or when both slots are busy: take() copies then.
    void begin(std::span<const std::byte> values);
    /// The values in device memory, ordered before whatever `stream` does next: those of an earlier begin()
    /// with the same array (same place, same length), else copied now. Valid until release().
    [[nodiscard]] const void* take(std::span<const std::byte> values, StreamHandle stream);
    /// What `stream` did so far is the last that reads what take() returned.
    void release(StreamHandle stream);
    /// Returns once no copy reads this array any more: it may be overwritten or freed. Begun and not taken,
    /// it is forgotten.
    void done_with(std::span<const std::byte> values);

private:
    enum class State { free, begun, taken };
    struct Slot {
        explicit Slot(PinnedResource& memory) : staged(&memory) {}
        State state = State::free;
        std::span<const std::byte> source;  ///< of the latest copy, until it is done with
        std::pmr::vector<std::byte> staged; ///< copy of a source that is not pinned
        std::size_t capacity = 0;
        DeviceMemory device;
        Event copied; ///< behind the copy: what it read may be written again
        Event used;   ///< behind the last reader: the device's half may be written again
    };
    NcclApi& api_;
    PinnedResource& memory_;
    Stream stream_;
    std::array<Slot, 2> slots_;

    [[nodiscard]] Slot* begun(std::span<const std::byte> values);
    [[nodiscard]] Slot* free_slot();
    [[nodiscard]] std::span<const std::byte> pinned(Slot& slot, std::span<const std::byte> values);
    void copy(Slot& slot, std::span<const std::byte> values);
    [[nodiscard]] CudaResult end_of_copy(const Slot& slot) noexcept;
    void wait_until_copied(const Slot& slot);
};

} // namespace suite::dist
