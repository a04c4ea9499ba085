// Gzip files (RFC 1952) unpacked through zlib; several members in a row read as one.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "suite/base/error.hpp"

namespace suite::data {

/// All members of a gzip file, in order. On anything but whole members with right checksums a fault naming
/// `name` and the byte of the compressed file is added and what was unpacked before it is returned.
/// `limit_bytes` bounds the result: a file that unpacks to more is a fault, not memory.
[[nodiscard]] std::string gunzip(std::string_view compressed, const std::string& name,
                                 std::size_t limit_bytes, FaultList& faults);

/// The same piece by piece, for texts that are read once.
class GunzipStream {
public:
    /// `compressed` must outlive the stream.
    GunzipStream(std::string_view compressed, std::string name, FaultList& faults);
    ~GunzipStream();
    GunzipStream(const GunzipStream&) = delete;
    GunzipStream& operator=(const GunzipStream&) = delete;
    /// Appends 1 to `room` bytes; false at the end and, with a fault added, where the file is damaged.
    bool read(std::string& out, std::size_t room);
    /// Compressed bytes used so far.
    [[nodiscard]] std::size_t position() const noexcept;

private:
    class Inflater;
    std::unique_ptr<Inflater> inflater_;
    std::string name_;
    FaultList& faults_;
    bool has_ended_ = false;
};

} // namespace suite::data
