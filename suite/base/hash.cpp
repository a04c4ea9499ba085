#include "suite/base/hash.hpp"

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "suite/base/error.hpp"
#include "suite/base/files.hpp"

namespace suite {
namespace {

void check(int status, const char* call) {
    if (status != 1) {
        throw Error(ErrorKind::environment, Fault{.where = call,
                                                  .found = "a failure inside OpenSSL",
                                                  .expected = "a working SHA-256",
                                                  .fix = "check the installed libssl3"});
    }
}

std::string hex_of(std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::byte value : bytes) {
        text += digits[std::to_integer<std::size_t>(value >> 4)];
        text += digits[std::to_integer<std::size_t>(value & std::byte{15})];
    }
    return text;
}

} // namespace

struct Sha256::Context {
    EVP_MD_CTX* handle = EVP_MD_CTX_new();
    Context() = default;
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() { EVP_MD_CTX_free(handle); }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
    check(EVP_DigestInit_ex(context_->handle, EVP_sha256(), nullptr), "EVP_DigestInit_ex");
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes) {
    check(EVP_DigestUpdate(context_->handle, bytes.data(), bytes.size()), "EVP_DigestUpdate");
}

Sha256Digest Sha256::finish() {
    Sha256Digest digest{};
    unsigned int size = 0;
    check(EVP_DigestFinal_ex(context_->handle, reinterpret_cast<unsigned char*>(digest.data()), &size),
          "EVP_DigestFinal_ex");
    return digest;
}

std::string to_hex(const Sha256Digest& digest) {
    return hex_of(digest);
}

namespace {

// XXH64, specification 0.1.1, section "XXH64 Algorithm Description".
constexpr std::uint64_t prime_1 = 0x9E3779B185EBCA87;
constexpr std::uint64_t prime_2 = 0xC2B2AE3D27D4EB4F;
constexpr std::uint64_t prime_3 = 0x165667B19E3779F9;
constexpr std::uint64_t prime_4 = 0x85EBCA77C2B2AE63;
constexpr std::uint64_t prime_5 = 0x27D4EB2F165667C5;

template<typename Word>
Word take_word(std::span<const std::byte>& bytes) {
    Word word;
    std::memcpy(&word, bytes.data(), sizeof word);
    bytes = bytes.subspan(sizeof word);
    return word;
}

std::uint64_t round64(std::uint64_t sum, std::uint64_t word) {
    return std::rotl(sum + word * prime_2, 31) * prime_1;
}

std::uint64_t merge64(std::uint64_t hash, std::uint64_t sum) {
    return (hash ^ round64(0, sum)) * prime_1 + prime_4;
}

/// Takes all whole stripes of 32 bytes.
std::uint64_t hash_stripes(std::span<const std::byte>& bytes) {
    std::array<std::uint64_t, 4> sums{prime_1 + prime_2, prime_2, 0, 0 - prime_1};
    while (bytes.size() >= 32) {
        for (std::uint64_t& sum : sums) {
            sum = round64(sum, take_word<std::uint64_t>(bytes));
        }
    }
    std::uint64_t hash =
        std::rotl(sums[0], 1) + std::rotl(sums[1], 7) + std::rotl(sums[2], 12) + std::rotl(sums[3], 18);
    for (const std::uint64_t sum : sums) {
        hash = merge64(hash, sum);
    }
    return hash;
}

} // namespace

std::uint64_t hash64(std::span<const std::byte> bytes) noexcept {
    static_assert(std::endian::native == std::endian::little);
    const std::uint64_t length = bytes.size();
    std::uint64_t hash = (length >= 32 ? hash_stripes(bytes) : prime_5) + length;
    while (bytes.size() >= 8) {
        hash = std::rotl(hash ^ round64(0, take_word<std::uint64_t>(bytes)), 27) * prime_1 + prime_4;
    }
    if (bytes.size() >= 4) {
        hash = std::rotl(hash ^ take_word<std::uint32_t>(bytes) * prime_1, 23) * prime_2 + prime_3;
    }
    while (!bytes.empty()) {
        hash = std::rotl(hash ^ take_word<std::uint8_t>(bytes) * prime_5, 11) * prime_1;
    }
    hash = (hash ^ (hash >> 33)) * prime_2;
    hash = (hash ^ (hash >> 29)) * prime_3;
    return hash ^ (hash >> 32);
}

std::string sha256_hex(std::span<const std::byte> bytes) {
    Sha256 hash;
    hash.update(bytes);
    return to_hex(hash.finish());
}

std::string sha256_hex(std::string_view text) {
    return sha256_hex(std::as_bytes(std::span(text.data(), text.size())));
}

namespace {

/// Calls `take` with the file's bytes from `offset` on, piece by piece.
template<typename Take>
void for_each_piece(const std::filesystem::path& path, std::size_t offset, const Take& take) {
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) {
        throw errno_error(ErrorKind::environment, path, "opening", errno);
    }
    std::vector<char> buffer(std::size_t{1} << 18);
    for (auto position = static_cast<off_t>(offset);;) {
        const ssize_t count = ::pread(fd.get(), buffer.data(), buffer.size(), position);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            throw errno_error(ErrorKind::environment, path, "reading", errno);
        }
        if (count == 0) {
            return;
        }
        take(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
        position += count;
    }
}

} // namespace

std::string sha256_hex_of_file(const std::filesystem::path& path, std::size_t offset) {
    Sha256 hash;
    for_each_piece(path, offset, [&hash](std::string_view piece) { hash.update(piece); });
    return to_hex(hash.finish());
}

std::string md5_hex_of_file(const std::filesystem::path& path) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    check(EVP_DigestInit_ex(context.get(), EVP_md5(), nullptr), "EVP_DigestInit_ex");
    for_each_piece(path, 0, [&context](std::string_view piece) {
        check(EVP_DigestUpdate(context.get(), piece.data(), piece.size()), "EVP_DigestUpdate");
    });
    std::array<std::byte, 16> digest{};
    check(EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr),
          "EVP_DigestFinal_ex");
    return hex_of(digest);
}

} // namespace suite
