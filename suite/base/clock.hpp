// Wall time for people, monotonic time for durations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace suite {

/// Seconds on the monotonic clock; only differences mean something.
[[nodiscard]] double monotonic_seconds() noexcept;
/// Seconds since 1970 on the clock that processes and machines share, with fractions.
[[nodiscard]] double unix_seconds() noexcept;
/// Now, UTC, as 2026-11-23T15:04:05Z.
[[nodiscard]] std::string utc_now();
/// Seconds since 1970 of a text as utc_now writes it; nothing for any other text.
[[nodiscard]] std::optional<std::int64_t> seconds_since_1970(const std::string& utc);

} // namespace suite
