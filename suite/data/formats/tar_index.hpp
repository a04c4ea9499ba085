// Tar archives (POSIX.1-1988 ustar, pax path and size, GNU long names) as an index: where each file lies in
// the archive, without unpacking.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "suite/base/error.hpp"

namespace suite::data {

struct TarMember {
    std::string name;
    std::uint64_t offset = 0; ///< byte of the archive at which the contents begin
    std::uint64_t size = 0;
};

inline constexpr std::size_t tar_block_bytes = 512;

/// Bytes of an archive on demand: fills `bytes` from `offset`, fewer only at the end.
class ByteReader {
public:
    virtual ~ByteReader() = default;
    [[nodiscard]] virtual std::uint64_t size() const = 0;
    [[nodiscard]] virtual std::size_t read(std::uint64_t offset, char* bytes, std::size_t count) const = 0;
};

/// Files of the archive in its order; folders are passed over. Reads headers only. At the first of these a
/// fault naming `name` and the byte is added and what came before is returned: a header with a wrong
/// checksum, a member that leaves the archive, no end mark, anything but zeros behind it, a name that is
/// absolute, has "..", is longer than 4,096 bytes or comes twice, links, devices, sparse files, and other
/// members that are no plain files.
[[nodiscard]] std::vector<TarMember> index_tar(const ByteReader& archive, const std::string& name,
                                               FaultList& faults);
/// The same of a file. A file that cannot be opened is a fault.
[[nodiscard]] std::vector<TarMember> index_tar_file(const std::filesystem::path& path, FaultList& faults);

/// A ustar header block (mode 644, owner and time 0) in front of `size` bytes. `name` has 100 bytes at most.
[[nodiscard]] std::string tar_header(std::string_view name, std::uint64_t size);

} // namespace suite::data
