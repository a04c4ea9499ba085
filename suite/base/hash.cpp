#include "suite/base/hash.hpp"

#include <cerrno>
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
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(digest.size() * 2);
    for (const std::byte value : digest) {
        text += digits[std::to_integer<std::size_t>(value >> 4)];
        text += digits[std::to_integer<std::size_t>(value & std::byte{15})];
    }
    return text;
}

std::string sha256_hex(std::span<const std::byte> bytes) {
    Sha256 hash;
    hash.update(bytes);
    return to_hex(hash.finish());
}

std::string sha256_hex(std::string_view text) {
    return sha256_hex(std::as_bytes(std::span(text.data(), text.size())));
}

std::string sha256_hex_of_file(const std::filesystem::path& path, std::size_t offset) {
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) {
        throw errno_error(ErrorKind::environment, path, "opening", errno);
    }
    Sha256 hash;
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
            break;
        }
        hash.update(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
        position += count;
    }
    return to_hex(hash.finish());
}

} // namespace suite
