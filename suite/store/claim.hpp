// Claims keep two processes from training the same run. They only save work: two finishers of one run
// publish equal records, so correctness never rests on a claim.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace suite::store {

/// How long an owner on another host may be silent before its claim counts as abandoned.
inline constexpr double default_lease_seconds = 60.0;

/// Owner of the file claims/KEY, which names this process and a random id. Move-only; releases the file on
/// destruction if it is still ours and we are still the process that made it.
class Claim {
public:
    Claim(Claim&& other) noexcept;
    Claim& operator=(Claim&& other) noexcept;
    ~Claim() { release(); }

    [[nodiscard]] std::string key() const { return path_.filename().string(); }
    /// Heartbeat, every few seconds. False when another process has taken the claim over.
    [[nodiscard]] bool renew() noexcept;
    void release() noexcept;

private:
    friend std::optional<Claim> try_claim(const std::filesystem::path& folder, std::string_view key,
                                          double lease_seconds);
    Claim(std::filesystem::path path, std::string content);
    template<typename Action>
    bool if_ours(const Action& action) noexcept;

    std::filesystem::path path_; ///< empty: released or moved from
    std::string content_;
    pid_t pid_;
};

/// Makes claims/KEY, taking over the claim of a process that is gone (on this host) or has been silent for
/// longer than the lease (on another). Nothing when a living process holds it. Look the key up after
/// claiming: the last owner may have finished it. Throws Error(store) when the folder cannot be used.
[[nodiscard]] std::optional<Claim> try_claim(const std::filesystem::path& folder, std::string_view key,
                                             double lease_seconds);
/// True when a living process holds claims/KEY.
[[nodiscard]] bool is_claimed(const std::filesystem::path& folder, std::string_view key,
                              double lease_seconds);

} // namespace suite::store
