// Host arrays on their way to a device while it computes: pinned memory, a stream for copies, two slots.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "suite/dist/device.hpp"

namespace suite::dist {

/// Not thread-safe. Throws Error(environment).
class StagedUpload {
public:
    explicit StagedUpload(NcclApi& api);

    /// Begins to copy `values`, for the take() of the same array. Returns once they were read. Does nothing
    /// when that was begun already, or when both slots are busy: take() copies then.
    void begin(std::span<const std::byte> values);
    /// What was begun and not taken will not be: its array may hold something else by now.
    void forget();
    /// The values in device memory, ordered before whatever `stream` does next: those of an earlier begin()
    /// with the same array (same place, same length; it must not have changed), else copied now. Valid until
    /// release().
    [[nodiscard]] const void* take(std::span<const std::byte> values, StreamHandle stream);
    /// What `stream` did so far is the last that reads what take() returned.
    void release(StreamHandle stream);

private:
    enum class State { free, begun, taken };
    struct Slot {
        State state = State::free;
        std::span<const std::byte> source;
        std::size_t capacity = 0;
        PinnedMemory pinned;
        DeviceMemory device;
        Event copied; ///< behind the copy: the pinned half may be written again
        Event used;   ///< behind the last reader: the device half may be written again
    };
    NcclApi& api_;
    Stream stream_;
    std::array<Slot, 2> slots_;

    [[nodiscard]] Slot* begun(std::span<const std::byte> values);
    [[nodiscard]] Slot* free_slot();
    void copy(Slot& slot, std::span<const std::byte> values);
    void wait_until_copied(const Slot& slot);
};

} // namespace suite::dist
