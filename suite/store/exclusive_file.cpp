#include "suite/store/exclusive_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace suite::store {
namespace {

constexpr mode_t file_mode = 0644;

Error not_regular(const std::filesystem::path& path, std::string found, ErrorKind kind) {
    return Error(kind, Fault{.where = path.string(),
                             .found = std::move(found),
                             .expected = "a regular file of this store",
                             .fix = "move it away; the suite makes its own"});
}

void write_whole(int fd, std::string_view bytes, const std::filesystem::path& path, ErrorKind kind) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            throw errno_error(kind, path, fmt::format("writing the last {} bytes", bytes.size()),
                              written == 0 ? ENOSPC : errno);
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

void write_new_file(const std::filesystem::path& path, std::string_view bytes,
                    const std::filesystem::path& named, ErrorKind kind, Durability durability) {
    UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, file_mode));
    if (!fd.valid()) {
        throw errno_error(kind, named, "creating a temporary file beside it", errno);
    }
    write_whole(fd.get(), bytes, named, kind);
    if (durability == Durability::fsync && ::fsync(fd.get()) != 0) {
        throw errno_error(kind, named, "fsync", errno); // never retried: the pages may be gone already
    }
    if (const int error_number = fd.close(); error_number != 0) {
        throw errno_error(kind, named, "closing", error_number);
    }
}

/// Fills `bytes` from the descriptor; shorter when the file ends early.
void read_whole(int fd, std::string& bytes, const std::filesystem::path& path, ErrorKind kind) {
    std::size_t have = 0;
    while (have < bytes.size()) {
        const ssize_t count = ::read(fd, bytes.data() + have, bytes.size() - have);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            throw errno_error(kind, path, "reading", errno);
        }
        if (count == 0) {
            break;
        }
        have += static_cast<std::size_t>(count);
    }
    bytes.resize(have);
}

bool is_unknown_call(int error_number) {
    return error_number == EINVAL || error_number == ENOSYS || error_number == EOPNOTSUPP;
}

Error without_exclusive_names(const std::filesystem::path& path, ErrorKind kind) {
    return Error(kind,
                 Fault{.where = path.string(),
                       .found = "a file system that has neither RENAME_NOREPLACE nor hard links",
                       .expected = "one of them: without, two processes could each believe that a result "
                                   "is theirs",
                       .fix = "name a folder on another file system, as ext4, XFS, NFS, Lustre or tmpfs "
                              "(vFAT, exFAT and some FUSE mounts have neither)"});
}

} // namespace

std::optional<std::string> read_regular_file(const std::filesystem::path& path, std::size_t longest,
                                             ErrorKind kind) {
    // Not blocking: a pipe in a record's place must not hang us.
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!fd.valid()) {
        if (errno == ENOENT) {
            return std::nullopt;
        }
        throw errno == ELOOP ? not_regular(path, "a symbolic link", kind)
                             : errno_error(kind, path, "opening", errno);
    }
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) {
        throw errno_error(kind, path, "asking its size", errno);
    }
    if (!S_ISREG(status.st_mode)) {
        throw not_regular(path, "something that is not a file", kind);
    }
    if (static_cast<std::uint64_t>(status.st_size) > longest) {
        throw not_regular(path, fmt::format("{} bytes (at most {} are read)", status.st_size, longest), kind);
    }
    std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
    read_whole(fd.get(), bytes, path, kind);
    return bytes;
}

NamingCalls system_naming_calls() noexcept {
    return {.rename_no_replace =
                [](const char* from, const char* to) {
                    return ::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
                },
            .link = [](const char* from, const char* to) { return ::link(from, to); }};
}

bool rename_exclusively(const std::filesystem::path& from, const std::filesystem::path& to, ErrorKind kind,
                        const NamingCalls& calls) {
    if (calls.rename_no_replace(from.c_str(), to.c_str()) == 0) {
        return true;
    }
    // File systems without RENAME_NOREPLACE (NFS, some parallel ones) have hard links.
    if (is_unknown_call(errno)) {
        if (calls.link(from.c_str(), to.c_str()) == 0) {
            ::unlink(from.c_str());
            return true;
        }
        if (is_unknown_call(errno) || errno == EPERM) { // as link(2) says where there are no hard links
            throw without_exclusive_names(to, kind);
        }
    }
    if (errno == EEXIST) {
        return false;
    }
    throw errno_error(kind, to, "renaming", errno);
}

bool publish_exclusively(const std::filesystem::path& target, std::string_view bytes, ErrorKind kind,
                         Durability durability) {
    const std::filesystem::path temporary = temporary_name(target);
    bool made = false;
    try {
        write_new_file(temporary, bytes, target, kind, durability);
        made = rename_exclusively(temporary, target, kind);
    } catch (...) {
        ::unlink(temporary.c_str());
        throw;
    }
    if (!made) {
        ::unlink(temporary.c_str());
    }
    if (durability == Durability::fsync) {
        sync_folder(target.parent_path(), kind); // also for another's file: "exists" is a promise as well
    }
    return made;
}

void sync_folder(const std::filesystem::path& folder, ErrorKind kind) {
    UniqueFd fd(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid()) {
        throw errno_error(kind, folder, "opening for fsync", errno);
    }
    if (::fsync(fd.get()) != 0) {
        throw errno_error(kind, folder, "fsync", errno);
    }
}

void ensure_folder(const std::filesystem::path& folder, ErrorKind kind, Durability durability) {
    std::error_code ignored;
    if (std::filesystem::is_directory(folder, ignored)) {
        return;
    }
    make_folders(folder, kind);
    if (!std::filesystem::is_directory(folder, ignored)) {
        throw Error(kind, Fault{.where = folder.string(),
                                .found = "something that is not a folder",
                                .expected = "a folder",
                                .fix = "move it away or name another store"});
    }
    if (durability == Durability::fsync) {
        sync_folder(folder.parent_path(), kind);
    }
}

} // namespace suite::store
