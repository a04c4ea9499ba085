// XXH64 for comparing what ranks hold; SHA-256, the identity of runs, records, files and checkpoints.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace suite {

using Sha256Digest = std::array<std::byte, 32>;

/// Incremental SHA-256 (OpenSSL). Not copyable; one digest per object.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    void update(std::span<const std::byte> bytes);
    void update(std::string_view text) { update(std::as_bytes(std::span(text.data(), text.size()))); }
    /// Ends the computation; the object may not be used afterwards.
    [[nodiscard]] Sha256Digest finish();

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

/// XXH64 with seed 0 (github.com/Cyan4973/xxHash, specification 0.1.1): one pass at memory speed. Tells equal
/// from unequal bytes; no protection against forgery.
[[nodiscard]] std::uint64_t hash64(std::span<const std::byte> bytes) noexcept;

/// 64 lower-case hexadecimal digits.
[[nodiscard]] std::string to_hex(const Sha256Digest& digest);
[[nodiscard]] std::string sha256_hex(std::string_view text);
[[nodiscard]] std::string sha256_hex(std::span<const std::byte> bytes);
/// Digest of a whole file from byte `offset` on. Throws Error(environment) when it cannot be read.
[[nodiscard]] std::string sha256_hex_of_file(const std::filesystem::path& path, std::size_t offset = 0);

/// MD5 of a whole file, 32 lower-case digits: only to compare with hashes that data sets are published with.
/// Throws Error(environment) when it cannot be read.
[[nodiscard]] std::string md5_hex_of_file(const std::filesystem::path& path);

} // namespace suite
