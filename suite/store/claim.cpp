#include "suite/store/claim.hpp"

#include <cerrno>
#include <cmath>
#include <ctime>
#include <random>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
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

/// Takes the judged claim out of the way. Another process may have replaced it since: then it is put back.
void remove_judged(const std::filesystem::path& path, const Holder& judged) {
    const std::filesystem::path moved = temporary_name(path);
    if (::rename(path.c_str(), moved.c_str()) != 0) {
        if (errno == ENOENT) {
            return; // another process was faster
        }
        throw errno_error(ErrorKind::store, path, "taking over a claim", errno);
    }
    const auto content = read_regular_file(moved, longest_claim_bytes, ErrorKind::store);
    if (content && *content != judged.content && rename_exclusively(moved, path, ErrorKind::store)) {
        return;
    }
    ::unlink(moved.c_str());
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

bool Claim::still_ours() const noexcept {
    try {
        return !path_.empty() && pid_ == ::getpid() &&
               read_regular_file(path_, longest_claim_bytes, ErrorKind::store) == content_;
    } catch (...) { // unreadable: not surely ours
        return false;
    }
}

bool Claim::renew() noexcept {
    return still_ours() && ::utimensat(AT_FDCWD, path_.c_str(), nullptr, AT_SYMLINK_NOFOLLOW) == 0;
}

void Claim::release() noexcept {
    if (still_ours()) {
        ::unlink(path_.c_str());
    }
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
        if (holder) {
            remove_judged(path, *holder);
        }
    }
    return std::nullopt;
}

bool is_claimed(const std::filesystem::path& folder, std::string_view key, double lease_seconds) {
    const std::optional<Holder> holder = holder_of(folder / key);
    return holder && !is_stale(*holder, lease_seconds);
}

} // namespace suite::store
