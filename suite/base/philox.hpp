// Counter-based random numbers (Philox 4x32-10, Salmon et al., SC'11): randomness is a function of
// (seed, purpose, epoch, sample), never a state, so that order, threads and resume cannot change a result.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace suite {

/// One Philox 4x32-10 block: 128 random bits of a 128-bit counter under a 64-bit key.
[[nodiscard]] std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                                      std::array<std::uint32_t, 2> key) noexcept;

/// What a stream is used for. Values enter the key: never renumber.
enum class Purpose : std::uint32_t {
    weights = 1,      ///< initial parameters
    order = 2,        ///< epoch order of samples
    augmentation = 3, ///< crops, flips, rotations of one sample
    mixup = 4,        ///< MixUp coefficients and pairs
    sampling = 5,     ///< oversampling draws
    content = 6,      ///< pixels of generated data
    labels = 7,       ///< labels of generated data
    head = 8,         ///< initial parameters of a replaced head
    rand_augment = 9, ///< RandAugment's operations and signs for one sample
    bootstrap = 10,   ///< resampling in statistics
    simulation = 11,  ///< noise of simulated ranks and links
};

/// Which stream: equal keys give equal numbers on every machine.
struct StreamKey {
    std::uint64_t seed = 0;
    Purpose purpose = Purpose::order;
    std::uint32_t epoch = 0;
    std::uint64_t sample = 0;
};

/// A short-lived cursor over one stream. Copying it forks it at the same place.
class PhiloxStream {
public:
    explicit PhiloxStream(const StreamKey& key) noexcept;

    [[nodiscard]] std::uint32_t next_u32() noexcept;
    [[nodiscard]] std::uint64_t next_u64() noexcept;
    /// Uniform in [0, 1) with 24 random bits.
    [[nodiscard]] float uniform() noexcept;
    /// Uniform in [low, high).
    [[nodiscard]] float uniform(float low, float high) noexcept {
        const float value = low + (high - low) * uniform();
        return value < high ? value : std::nextafter(high, low); // the sum may round up to high
    }
    /// Uniform in [0, 1) with 53 random bits.
    [[nodiscard]] double uniform_double() noexcept;
    /// Standard normal (Box–Muller).
    [[nodiscard]] double normal() noexcept;
    /// Uniform integer in [0, bound), unbiased by rejection; bound > 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) noexcept;
    [[nodiscard]] bool bernoulli(double probability) noexcept { return uniform_double() < probability; }
    /// Gamma(shape, 1) by Marsaglia and Tsang (ACM TOMS 26, 2000); shape > 0.
    [[nodiscard]] double gamma(double shape) noexcept;
    /// log of a Gamma(shape, 1) variate: does not underflow for the small shapes of MixUp.
    [[nodiscard]] double log_gamma_variate(double shape) noexcept;
    /// Beta(a, b) from two Gammas, in log space.
    [[nodiscard]] double beta(double a, double b) noexcept;

private:
    std::array<std::uint32_t, 2> key_;
    std::array<std::uint32_t, 4> counter_;
    std::array<std::uint32_t, 4> block_{};
    unsigned used_ = 4;
};

/// A 64-bit seed derived from a seed and a word (first 64 bits of SHA-256 over both).
[[nodiscard]] std::uint64_t derive_seed(std::uint64_t seed, std::string_view word);

/// Bijection of [0, size) under a key: the epoch order in O(1) memory (4-round Feistel network over the
/// next even power of two with cycle-walking).
class KeyedPermutation {
public:
    KeyedPermutation(std::uint64_t size, const StreamKey& key) noexcept;
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    /// position < size(); the value is < size() and every value occurs once.
    [[nodiscard]] std::uint64_t operator()(std::uint64_t position) const noexcept;

private:
    std::uint64_t size_;
    unsigned half_bits_;
    std::array<std::array<std::uint32_t, 2>, 4> round_keys_;
    [[nodiscard]] std::uint64_t permute_once(std::uint64_t value) const noexcept;
};

} // namespace suite
