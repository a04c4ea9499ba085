// Files the suite can trust: whole reads, and publishing by temporary file, fsync and rename.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "suite/base/error.hpp"

namespace suite {

/// Move-only owner of a file descriptor. close() reports, the destructor does not.
class UniqueFd {
public:
    UniqueFd() noexcept = default;
    explicit UniqueFd(int fd) noexcept : fd_(fd) {}
    ~UniqueFd();
    UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept;

    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] bool valid() const noexcept { return fd_ >= 0; }
    [[nodiscard]] int release() noexcept;
    /// Returns 0 or errno. The descriptor is gone either way.
    [[nodiscard]] int close() noexcept;

private:
    int fd_ = -1;
};

/// "ERRNO-TEXT" as an Error of this kind about this path.
[[nodiscard]] Error errno_error(ErrorKind kind, const std::filesystem::path& path, std::string_view doing,
                                int error_number);

/// Whole file as bytes. Throws Error(kind) naming path and errno.
[[nodiscard]] std::string read_file(const std::filesystem::path& path, ErrorKind kind);

/// Who made a temporary file or holds a claim: host, process id, start time of that process.
struct ProcessIdentity {
    std::string host;
    int pid = 0;
    unsigned long long start_ticks = 0; ///< field 22 of /proc/PID/stat
    [[nodiscard]] bool operator==(const ProcessIdentity&) const = default;
};
[[nodiscard]] const ProcessIdentity& this_process();
/// "HOST-PID-TICKS", safe in file names, and back (throws std::invalid_argument).
[[nodiscard]] std::string to_string(const ProcessIdentity& identity);
[[nodiscard]] ProcessIdentity process_identity_from_string(std::string_view text);
/// False only when the process ran on this host and is surely gone (an unreaped one has ended); true on
/// another host (unknown).
[[nodiscard]] bool may_be_alive(const ProcessIdentity& identity);

/// A name in the folder of `target` that no other process uses: ".tmp-HOST-PID-TICKS~N~NAME".
[[nodiscard]] std::filesystem::path temporary_name(const std::filesystem::path& target);
/// The owner spelled in a temporary name; empty host when the name is not one of ours.
[[nodiscard]] ProcessIdentity owner_of_temporary(const std::filesystem::path& path);

/// Writes all bytes where the descriptor stands. Throws Error(kind) naming path and errno.
void write_all(int fd, std::string_view bytes, const std::filesystem::path& path, ErrorKind kind);

enum class Durability { fsync, none };

/// Makes a finished temporary file the target: fsync, rename, fsync of the folder. Throws Error(kind) and
/// removes the temporary when any step fails: nothing half-written stays under the target's name.
void publish_file(const std::filesystem::path& temporary, const std::filesystem::path& target, ErrorKind kind,
                  Durability durability = Durability::fsync);
/// Writes the bytes to a temporary and publishes it.
void publish_text(const std::filesystem::path& target, std::string_view bytes, ErrorKind kind,
                  Durability durability = Durability::fsync);
/// mkdir -p. Throws Error(kind).
void make_folders(const std::filesystem::path& folder, ErrorKind kind);

} // namespace suite
