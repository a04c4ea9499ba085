#include "suite/store/claim.hpp"

#include <cerrno>
#include <cmath>
#include <ctime>
#include <random>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite/base/files.hpp"
#include "suite/store/exclusive_file.hpp"

namespace suite::store {
namespace {

constexpr std::size_t longest_claim_bytes = 4096;

/// "HOST-PID-TICKS\nRANDOM\n": the random id tells two claims of one process apart.
std::string new_content() {
    std::random_device random;
    return fmt::format("{}\n{:08x}{:08x}{:08x}{:08x}\n", to_string(this_process()), random(), random(),
                       random(), random());
}

struct Holder {
    std::string content;
    double silent_seconds = 0.0;
};

/// Who holds the claim; nothing when nobody does.
std::optional<Holder> holder_of(const std::filesystem::path& path) {
    std::optional<std::string> content = read_regular_file(path, longest_claim_bytes, ErrorKind::store);
    struct stat status {};
    if (!content || ::lstat(path.c_str(), &status) != 0) {
        return std::nullopt;
    }
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const double silent = static_cast<double>(now.tv_sec - status.st_mtim.tv_sec) +
                          static_cast<double>(now.tv_nsec - status.st_mtim.tv_nsec) * 1e-9;
    return Holder{std::move(*content), silent};
}

std::optional<ProcessIdentity> identity_in(const std::string& content) {
    try {
        return process_identity_from_string(std::string_view(content).substr(0, content.find('\n')));
    } catch (const std::invalid_argument&) {
        return std::nullopt;
    }
}

bool is_stale(const Holder& holder, double lease_seconds) {
    const std::optional<ProcessIdentity> owner = identity_in(holder.content);
    if (owner && owner->host == this_process().host) {
        return !may_be_alive(*owner);
    }
    // Both directions: after the clock was set back, a dead claim must not last until that time comes again.
    return std::abs(holder.silent_seconds) > lease_seconds;
}

bool is_this_file(int fd, const std::filesystem::path& path) {
    struct stat opened {};
    struct stat named {};
    return ::fstat(fd, &opened) == 0 && ::lstat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
           opened.st_dev == named.st_dev;
}

/// Does it if claims/KEY still holds `content`, while nobody else replaces or removes it: whoever wants to
/// has to lock the file that bears the name. Where locks do not work it is done all the same: claims only
/// save work.
template<typename Action>
bool if_still(const std::filesystem::path& path, const std::string& content, const Action& action) {
    const UniqueFd fd(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!fd.valid() || (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)) {
        return false; // gone, or another process is at it
    }
    if (!is_this_file(fd.get(), path) ||
        read_regular_file(path, longest_claim_bytes, ErrorKind::store) != content) {
        return false;
    }
    action();
    return true;
}

} // namespace

Claim::Claim(std::filesystem::path path, std::string content)
    : path_(std::move(path)), content_(std::move(content)), pid_(::getpid()) {}

Claim::Claim(Claim&& other) noexcept
    : path_(std::exchange(other.path_, {})), content_(std::move(other.content_)), pid_(other.pid_) {}

Claim& Claim::operator=(Claim&& other) noexcept {
    if (this != &other) {
        release();
        path_ = std::exchange(other.path_, {});
        content_ = std::move(other.content_);
        pid_ = other.pid_;
    }
    return *this;
}

template<typename Action>
bool Claim::if_ours(const Action& action) noexcept {
    try {
        return !path_.empty() && pid_ == ::getpid() && if_still(path_, content_, action);
    } catch (...) { // unreadable: not surely ours
        return false;
    }
}

bool Claim::renew() noexcept {
    bool renewed = false;
    return if_ours(
               [&] { renewed = ::utimensat(AT_FDCWD, path_.c_str(), nullptr, AT_SYMLINK_NOFOLLOW) == 0; }) &&
           renewed;
}

void Claim::release() noexcept {
    static_cast<void>(if_ours([&] { ::unlink(path_.c_str()); }));
    path_.clear();
}

std::optional<Claim> try_claim(const std::filesystem::path& folder, std::string_view key,
                               double lease_seconds) {
    const std::filesystem::path path = folder / key;
    std::string content = new_content();
    for (int attempt = 0; attempt < 3; ++attempt) { // more races than that: another process is at it
        if (publish_exclusively(path, content, ErrorKind::store, Durability::none)) {
            return Claim(path, std::move(content));
        }
        const std::optional<Holder> holder = holder_of(path);
        if (holder && !is_stale(*holder, lease_seconds)) {
            return std::nullopt;
        }
        // Replaced, not removed: there is no moment without a claim.
        if (holder && if_still(path, holder->content,
                               [&] { publish_text(path, content, ErrorKind::store, Durability::none); })) {
            return Claim(path, std::move(content));
        }
    }
    return std::nullopt;
}

bool is_claimed(const std::filesystem::path& folder, std::string_view key, double lease_seconds) {
    const std::optional<Holder> holder = holder_of(folder / key);
    return holder && !is_stale(*holder, lease_seconds);
}

} // namespace suite::store
