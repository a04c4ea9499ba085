// The manners of a rank that polls.
#pragma once

#include <sched.h>
#include <unistd.h>

namespace suite::dist {

/// How a rank waits for the next message: it asks again at once for a while, then lets others have the core,
/// then sleeps in between. With a core to itself it asks for a millisecond, longer than a message takes:
/// giving the core away beside busy neighbours costs a time slice. Sleeping begins when even an uneven step
/// would be over.
class Patience {
public:
    explicit Patience(bool has_core) : turns_at_once_(has_core ? 20'000 : 200) {}

    void pause() {
        ++turns_;
        if (turns_ < turns_at_once_) {
            return;
        }
        if (turns_ < turns_at_once_ + turns_yielding) {
            ::sched_yield();
            return;
        }
        ::usleep(turns_ < turns_at_once_ + turns_yielding + turns_dozing ? doze_microseconds
                                                                         : sleep_microseconds);
    }
    /// A message came.
    void reset() noexcept { turns_ = 0; }
    /// Beside busy neighbours a turn that yields takes milliseconds.
    [[nodiscard]] bool is_time_to_look() const noexcept {
        return turns_ % turns_between_looks == 0 || turns_ > turns_at_once_;
    }

private:
    static constexpr unsigned turns_yielding = 20'000;
    static constexpr unsigned turns_dozing = 2'000;
    static constexpr unsigned turns_between_looks = 256;
    static constexpr unsigned doze_microseconds = 50;
    static constexpr unsigned sleep_microseconds = 1000;
    unsigned turns_at_once_;
    unsigned turns_ = 0;
};

} // namespace suite::dist
