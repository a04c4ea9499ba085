// Bytes of an image to normalised floats, mirrored on the way where wanted: one pass, in vector code where
// the machine has it, with the bits of the plain formulas. Private to suite/data.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace suite::data {

/// One plane of floats: pixel * scale + offset, the product rounded before the sum.
struct NormalisedPlane {
    float scale = 1.0F;
    float offset = 0.0F;
    float* out = nullptr; ///< as many floats as the source has pixels, elsewhere than they
};

/// Rows of `width` pixels into one plane, or into three at once (grey to three channels). `flip` mirrors
/// every row.
void normalise_pixels(std::span<const std::uint8_t> pixels, std::size_t width, bool flip,
                      std::span<const NormalisedPlane> planes);

/// The same without vector instructions, for tests.
void normalise_pixels_plain(std::span<const std::uint8_t> pixels, std::size_t width, bool flip,
                            std::span<const NormalisedPlane> planes);

/// (v / 255 - mean) / std of 8-bit values v in float, each operation rounded, as torchvision's ToTensor and
/// Normalize round them.
class PixelLevels {
public:
    PixelLevels() = default;
    PixelLevels(const std::array<float, 3>& mean, const std::array<float, 3>& std);

    [[nodiscard]] float level(std::size_t channel, std::uint8_t value) const noexcept {
        return levels_[channel * 256 + value];
    }
    /// A row of `width` pixels R, G, B and one byte without meaning to a row of each channel's plane; `flip`
    /// mirrors it.
    void apply(const std::uint8_t* pixels, std::size_t width, bool flip,
               const std::array<float*, 3>& rows) const;
    /// The same without vector instructions, for tests.
    void apply_plain(const std::uint8_t* pixels, std::size_t width, bool flip,
                     const std::array<float*, 3>& rows) const;

private:
    std::array<float, 3 * 256> levels_{};
    std::array<float, 3> mean_{};
    std::array<float, 3> std_{};
    bool has_vectors_ = false; ///< vector code gives these very levels
};

} // namespace suite::data
