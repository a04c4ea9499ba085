#include "suite/base/files.hpp"

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace suite {
namespace {

constexpr std::string_view temporary_prefix = ".tmp-";

struct ProcessStat {
    char state = '?';
    unsigned long long start_ticks = 0; ///< 0: not readable
};

ProcessStat stat_of(int pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const std::size_t name_end = text.rfind(')'); // the process name may hold blanks
    if (name_end == std::string::npos) {
        return {};
    }
    std::istringstream fields(text.substr(name_end + 1));
    ProcessStat stat;
    fields >> stat.state;
    std::string field;
    for (int i = 4; i <= 22 && fields >> field; ++i) {
    }
    stat.start_ticks = std::strtoull(field.c_str(), nullptr, 10);
    return stat;
}

std::string host_name() {
    char name[256] = {};
    if (gethostname(name, sizeof(name) - 1) != 0 || name[0] == '\0') {
        return "localhost";
    }
    std::string clean(name);
    for (char& letter : clean) {
        letter = letter == '/' || letter == '~' ? '_' : letter;
    }
    return clean;
}

void sync_path(const std::filesystem::path& path, int flags, ErrorKind kind) {
    UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC));
    if (!fd.valid()) {
        throw errno_error(kind, path, "opening for fsync", errno);
    }
    if (::fsync(fd.get()) != 0) { // never retried: the dirty pages may be gone already
        throw errno_error(kind, path, "fsync of", errno);
    }
    if (const int error_number = fd.close(); error_number != 0) {
        throw errno_error(kind, path, "closing", error_number);
    }
}

template<typename Number>
Number parse_number(std::string_view text) {
    Number value{};
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc{} || result.ptr != text.data() + text.size()) {
        throw std::invalid_argument("process identity: " + std::string(text));
    }
    return value;
}

} // namespace

UniqueFd::~UniqueFd() {
    static_cast<void>(close());
}

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
        static_cast<void>(close());
        fd_ = other.release();
    }
    return *this;
}

int UniqueFd::release() noexcept {
    return std::exchange(fd_, -1);
}

int UniqueFd::close() noexcept {
    const int fd = release();
    return fd >= 0 && ::close(fd) != 0 ? errno : 0;
}

Error errno_error(ErrorKind kind, const std::filesystem::path& path, std::string_view doing,
                  int error_number) {
    std::string fix = "check the path, its permissions and the disk";
    if (error_number == ENOSPC || error_number == EDQUOT) {
        fix = "free space on this file system or name another folder, then run again";
    } else if (error_number == EROFS || error_number == EACCES) {
        fix = "name a folder that can be written";
    } else if (error_number == ENOENT) {
        fix = "check the path";
    }
    return Error(kind,
                 Fault{.where = path.string(),
                       .found = std::string(std::strerror(error_number)) + " while " + std::string(doing),
                       .expected = "success",
                       .fix = fix});
}

std::string read_file(const std::filesystem::path& path, ErrorKind kind) {
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) {
        throw errno_error(kind, path, "opening", errno);
    }
    std::string bytes;
    std::string buffer(std::size_t{1} << 18, '\0');
    for (;;) {
        const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            throw errno_error(kind, path, "reading", errno);
        }
        if (count == 0) {
            return bytes;
        }
        bytes.append(buffer, 0, static_cast<std::size_t>(count));
    }
}

const ProcessIdentity& this_process() {
    static const ProcessIdentity identity{
        .host = host_name(), .pid = ::getpid(), .start_ticks = stat_of(::getpid()).start_ticks};
    return identity;
}

std::string to_string(const ProcessIdentity& identity) {
    return identity.host + "-" + std::to_string(identity.pid) + "-" + std::to_string(identity.start_ticks);
}

ProcessIdentity process_identity_from_string(std::string_view text) {
    const std::size_t last = text.rfind('-');
    const std::size_t middle = last == std::string_view::npos || last == 0 ? last : text.rfind('-', last - 1);
    if (middle == std::string_view::npos || last == 0 || middle == 0) {
        throw std::invalid_argument("process identity: " + std::string(text));
    }
    return {.host = std::string(text.substr(0, middle)),
            .pid = parse_number<int>(text.substr(middle + 1, last - middle - 1)),
            .start_ticks = parse_number<unsigned long long>(text.substr(last + 1))};
}

bool may_be_alive(const ProcessIdentity& identity) {
    if (identity.host != this_process().host) {
        return true;
    }
    if (identity.pid <= 0 || (::kill(identity.pid, 0) != 0 && errno == ESRCH)) {
        return false;
    }
    const ProcessStat stat = stat_of(identity.pid);
    if (stat.start_ticks == 0) { // hidden from us (hidepid): it exists, and that is all we know
        return true;
    }
    if (stat.state == 'Z' || stat.state == 'X') { // ended; in a container nobody may ever reap it
        return false;
    }
    return stat.start_ticks == identity.start_ticks; // another process may have the number now
}

std::filesystem::path temporary_name(const std::filesystem::path& target) {
    static std::atomic<unsigned> counter{0};
    const std::string name = std::string(temporary_prefix) + to_string(this_process()) + "~" +
                             std::to_string(counter++) + "~" + target.filename().string();
    return target.parent_path() / name;
}

ProcessIdentity owner_of_temporary(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    const std::size_t end = name.find('~');
    if (!name.starts_with(temporary_prefix) || end == std::string::npos) {
        return {};
    }
    try {
        return process_identity_from_string(
            std::string_view(name).substr(temporary_prefix.size(), end - temporary_prefix.size()));
    } catch (const std::invalid_argument&) {
        return {};
    }
}

void write_all(int fd, std::string_view bytes, const std::filesystem::path& path, ErrorKind kind) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            throw errno_error(kind, path, "writing", written == 0 ? EIO : errno);
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

void publish_file(const std::filesystem::path& temporary, const std::filesystem::path& target, ErrorKind kind,
                  Durability durability) {
    try {
        if (durability == Durability::fsync) {
            sync_path(temporary, O_RDONLY, kind);
        }
        if (::rename(temporary.c_str(), target.c_str()) != 0) {
            throw errno_error(kind, target, "renaming", errno);
        }
    } catch (...) {
        ::unlink(temporary.c_str());
        throw;
    }
    if (durability == Durability::fsync) {
        sync_path(target.parent_path().empty() ? "." : target.parent_path(), O_RDONLY | O_DIRECTORY, kind);
    }
}

void publish_text(const std::filesystem::path& target, std::string_view bytes, ErrorKind kind,
                  Durability durability) {
    const std::filesystem::path temporary = temporary_name(target);
    UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!fd.valid()) {
        throw errno_error(kind, target, "creating", errno);
    }
    try {
        write_all(fd.get(), bytes, target, kind);
        if (const int error_number = fd.close(); error_number != 0) {
            throw errno_error(kind, target, "closing", error_number);
        }
    } catch (...) {
        ::unlink(temporary.c_str());
        throw;
    }
    publish_file(temporary, target, kind, durability);
}

void make_folders(const std::filesystem::path& folder, ErrorKind kind) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) {
        throw errno_error(kind, folder, "making the folder", error.value());
    }
}

} // namespace suite
