#include "suite/base/philox.hpp"

#include <cassert>
#include <cmath>
#include <cstring>
#include <numbers>
#include <string>

#include "suite/base/hash.hpp"

namespace suite {
namespace {

// Multipliers and Weyl constants of Philox 4x32 (Salmon et al. 2011, table 2).
constexpr std::uint32_t multiplier_a = 0xD2511F53U;
constexpr std::uint32_t multiplier_b = 0xCD9E8D57U;
constexpr std::uint32_t weyl_a = 0x9E3779B9U;
constexpr std::uint32_t weyl_b = 0xBB67AE85U;

constexpr std::uint32_t high(std::uint64_t value) {
    return static_cast<std::uint32_t>(value >> 32);
}
constexpr std::uint32_t low(std::uint64_t value) {
    return static_cast<std::uint32_t>(value);
}

} // namespace

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) noexcept {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t product_a = std::uint64_t{multiplier_a} * counter[0];
        const std::uint64_t product_b = std::uint64_t{multiplier_b} * counter[2];
        counter = {high(product_b) ^ counter[1] ^ key[0], low(product_b),
                   high(product_a) ^ counter[3] ^ key[1], low(product_a)};
        key[0] += weyl_a;
        key[1] += weyl_b;
    }
    return counter;
}

// The key mixes seed and purpose; the counter holds sample (64), epoch (32) and block number (32).
PhiloxStream::PhiloxStream(const StreamKey& key) noexcept
    : key_{low(key.seed), high(key.seed) ^ (static_cast<std::uint32_t>(key.purpose) * weyl_b)},
      counter_{0, key.epoch, low(key.sample), high(key.sample)} {}

std::uint32_t PhiloxStream::next_u32() noexcept {
    if (used_ == block_.size()) {
        block_ = philox4x32(counter_, key_);
        ++counter_[0];
        used_ = 0;
    }
    return block_[used_++];
}

std::uint64_t PhiloxStream::next_u64() noexcept {
    const std::uint64_t first = next_u32();
    return (first << 32) | next_u32();
}

float PhiloxStream::uniform() noexcept {
    return static_cast<float>(next_u32() >> 8) * 0x1p-24F;
}

double PhiloxStream::uniform_double() noexcept {
    return static_cast<double>(next_u64() >> 11) * 0x1p-53;
}

double PhiloxStream::normal() noexcept {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform_double()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform_double());
}

std::uint64_t PhiloxStream::below(std::uint64_t bound) noexcept {
    assert(bound > 0);
    const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
    std::uint64_t value = next_u64();
    while (value >= limit) {
        value = next_u64();
    }
    return value % bound;
}

double PhiloxStream::gamma(double shape) noexcept {
    return std::exp(log_gamma_variate(shape));
}

double PhiloxStream::log_gamma_variate(double shape) noexcept {
    assert(shape > 0.0);
    // Shapes below 1 are boosted: Gamma(a) = Gamma(a + 1) * U^(1/a).
    const double boost = shape < 1.0 ? std::log(1.0 - uniform_double()) / shape : 0.0;
    const double d = (shape < 1.0 ? shape + 1.0 : shape) - 1.0 / 3.0;
    const double c = 1.0 / std::sqrt(9.0 * d);
    for (;;) {
        const double x = normal();
        const double v = 1.0 + c * x;
        if (v <= 0.0) {
            continue;
        }
        const double cube = v * v * v;
        if (std::log(1.0 - uniform_double()) < 0.5 * x * x + d - d * cube + d * std::log(cube)) {
            return std::log(d * cube) + boost;
        }
    }
}

double PhiloxStream::beta(double a, double b) noexcept {
    const double log_x = log_gamma_variate(a);
    const double log_y = log_gamma_variate(b);
    return 1.0 / (1.0 + std::exp(log_y - log_x));
}

std::uint64_t derive_seed(std::uint64_t seed, std::string_view word) {
    const std::string hex = sha256_hex(std::to_string(seed) + "/" + std::string(word));
    return std::stoull(hex.substr(0, 16), nullptr, 16);
}

KeyedPermutation::KeyedPermutation(std::uint64_t size, const StreamKey& key) noexcept
    : size_(size), half_bits_(1) {
    while ((std::uint64_t{1} << (2 * half_bits_)) < size_ && half_bits_ < 31) {
        ++half_bits_;
    }
    PhiloxStream stream(key);
    for (auto& round_key : round_keys_) {
        round_key = {stream.next_u32(), stream.next_u32()};
    }
}

std::uint64_t KeyedPermutation::permute_once(std::uint64_t value) const noexcept {
    const std::uint32_t mask = (1U << half_bits_) - 1U;
    auto left = static_cast<std::uint32_t>(value >> half_bits_) & mask;
    auto right = static_cast<std::uint32_t>(value) & mask;
    for (const auto& round_key : round_keys_) {
        const std::uint32_t mixed = left ^ (philox4x32({right, 0, 0, 0}, round_key)[0] & mask);
        left = right;
        right = mixed;
    }
    return (static_cast<std::uint64_t>(left) << half_bits_) | right;
}

std::uint64_t KeyedPermutation::operator()(std::uint64_t position) const noexcept {
    assert(position < size_);
    std::uint64_t value = permute_once(position);
    while (value >= size_) {
        value = permute_once(value);
    }
    return value;
}

} // namespace suite
