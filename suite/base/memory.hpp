// This machine's memory.
#pragma once

namespace suite {

/// All of it, bytes.
[[nodiscard]] double memory_bytes();

/// What it can give without swapping: MemAvailable of /proc/meminfo, at most its memory. Bytes.
[[nodiscard]] double available_memory_bytes();

} // namespace suite
