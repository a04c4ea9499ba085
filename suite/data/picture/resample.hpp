// Separable resampling of 8-bit images with Pillow's arithmetic: each pass sums source pixels times weights
// of 22 fractional bits and rounds to 8 bits, the columns' pass first. Integers, so every instruction set
// gives the same picture. Private to suite/data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace suite::data {

/// How source pixels are weighted.
enum class Filter {
    triangle, ///< Pillow's BILINEAR: a triangle as wide as the scale, which smooths when shrinking
    linear,   ///< the two nearest pixels whatever the scale: OpenCV's INTER_LINEAR, DALI's LINEAR of 2021
};

/// Bytes of one pixel in rows: R, G, B and one without meaning.
inline constexpr std::size_t row_pixel_bytes = 4;
/// Bytes that must be readable behind a row: weights come in fours.
inline constexpr std::size_t row_slack_bytes = 16;

/// Which source pixels of a line make which target pixels, and with what weights. Setting it again reuses its
/// memory.
class ResampleAxis {
public:
    static constexpr int weight_bits = 22; ///< PRECISION_BITS of Pillow's Resample.c
    static constexpr int half_bits = 11;   ///< two halves make a weight

    /// Target pixels [start, start + count) of a line of `source` pixels that is resized to `target`.
    void set(int source, int target, int start, int count, Filter filter);

    [[nodiscard]] int count() const noexcept { return count_; }
    /// Source pixels [low, high) are looked at.
    [[nodiscard]] int low() const noexcept { return low_; }
    [[nodiscard]] int high() const noexcept { return high_; }
    /// Source pixel of a target pixel's first weight, counted from `low`.
    [[nodiscard]] int first(int pixel) const noexcept {
        return firsts_[static_cast<std::size_t>(pixel)] - low_;
    }
    /// Weights of each target pixel: the most that any has, rounded up to a multiple of four; the others are
    /// 0.
    [[nodiscard]] int taps() const noexcept { return taps_; }
    [[nodiscard]] const std::int32_t* weights(int pixel) const noexcept {
        return weights_.data() + static_cast<std::size_t>(pixel) * static_cast<std::size_t>(taps_);
    }
    /// The weights once more as 16-bit halves, in the order of vector registers: for each four weights
    /// w0 w1 four times, w2 w3 four times of w >> 11, then the same of w & 2047.
    [[nodiscard]] const std::int16_t* halves(int pixel) const noexcept {
        return halves_.data() + static_cast<std::size_t>(pixel) * static_cast<std::size_t>(taps_) * 8;
    }

    /// The weights as three signed digits of base 256, w = 65536 d2 + 256 d1 + d0, in the order of vector
    /// registers: of pixels [4 quad, 4 quad + 4), for each four weights, d2 of the four pixels (of each the
    /// four digits, in 32 bits), then d1, then d0. Pixels beyond the last have zeros.
    [[nodiscard]] const std::int32_t* digits(int quad) const noexcept {
        return digits_.data() + static_cast<std::size_t>(quad) * static_cast<std::size_t>(taps_) * 3;
    }
    /// Of the same four pixels the bytes from `low` to the first weight's source pixel; those of pixels
    /// beyond the last are the last's.
    [[nodiscard]] const std::uint32_t* places(int quad) const noexcept {
        return places_.data() + static_cast<std::size_t>(quad) * 4;
    }

private:
    int count_ = 0;
    int taps_ = 0;
    int low_ = 0;
    int high_ = 0;
    std::vector<int> firsts_;
    std::vector<std::int32_t> weights_;
    std::vector<std::int16_t> halves_;
    std::vector<std::int32_t> digits_;
    std::vector<std::uint32_t> places_;
    std::vector<double> shares_; ///< of one target pixel, while its weights are made

    void store(int pixel, int first, int used, int source);
    void pack_halves();
    void pack_digits();
};

/// One row through the columns' axis: `source` begins at the axis' low pixel, row_slack_bytes are readable
/// behind it; `target` gets count() pixels.
void resample_row(const ResampleAxis& columns, const std::uint8_t* source, std::uint8_t* target);
/// One target row: rows of `bytes` each, from the axis' low row, `rows` of them.
void mix_rows(const ResampleAxis& axis, int target_row, std::span<const std::uint8_t> rows, std::size_t bytes,
              std::uint8_t* target);

/// Instruction sets that there is code for; the best that the machine has is used.
enum class VectorCode { plain, avx2, vnni };
[[nodiscard]] VectorCode best_vector_code() noexcept;
/// Both with the code named, at most the best, for tests.
void resample_row(const ResampleAxis& columns, const std::uint8_t* source, std::uint8_t* target,
                  VectorCode code);
void mix_rows(const ResampleAxis& axis, int target_row, std::span<const std::uint8_t> rows, std::size_t bytes,
              std::uint8_t* target, VectorCode code);

} // namespace suite::data
