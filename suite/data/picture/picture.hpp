// From an image of any extent to the picture a network sees: 3 x side x side normalised floats. What the
// authors' libraries do, pixel for pixel; the in-memory stand-ins of the small profiles use transforms.hpp.
//
// Natural images (paper.md#natural-images, paper.md#fine-tuning-images): Pillow's antialiased bilinear resize
// on 8-bit RGB (Filter::triangle), after the crop where there is one (random-resized crop), before it
// elsewhere (short side 512, crop 480; squash to 480; short side 256, centre 224); then (v / 255 - mean) /
// std in float as torchvision. Filter::linear is what DALI's LINEAR did in 2021 (the pre-training
// configurations). X-rays (paper.md#x-ray-pixels): first channel / 255 or / 65535, centre square of the short
// side, OpenCV's INTER_AREA to the side in float, normalised, then shift-scale-rotate (bilinear, reflect-101)
// and flip, three equal channels.
#pragma once

#include <optional>
#include <vector>

#include "suite/data/image/file.hpp"
#include "suite/data/picture/normalise.hpp"
#include "suite/data/picture/resample.hpp"
#include "suite/data/picture/resize.hpp"
#include "suite/data/picture/transforms.hpp"

namespace suite::data {

enum class Pipeline { natural, xray };

/// How pictures that are not augmented are framed; X-rays always by their centre square.
enum class EvaluationCrop {
    squash, ///< the whole image, both sides resized (paper.md#fine-tuning-images)
    centre, ///< short side resized to 8/7 of the picture's (256 for 224), centre cut out
            ///< (paper.md#natural-images)
};

struct PictureOptions {
    Pipeline pipeline = Pipeline::natural;
    int side = 0; ///< pixels
    plan::Augmentation augmentation = plan::Augmentation::none;
    plan::AugmentationDetail augmentation_detail{};
    EvaluationCrop evaluation_crop = EvaluationCrop::squash;
    Filter filter = Filter::triangle;
    std::vector<double> mean; ///< 3 values, of pixel / 255 (or / 65535)
    std::vector<double> std;  ///< 3 values, above 0
    DecodeOptions decode{};
};

/// Which random draws a training picture takes: the seed, epoch and sample of TrainLoader's streams.
struct PictureKey {
    std::uint64_t seed = 0;
    std::uint32_t epoch = 0;
    std::uint64_t sample = 0;
};

/// Buffers of one thread; they grow to the largest image and are reused.
struct PictureScratch {
    ResampleAxis columns;
    ResampleAxis rows;
    std::vector<std::uint8_t> resampled; ///< rows through the columns' pass
    std::vector<std::uint8_t> row;       ///< one row, widened to 4 bytes a pixel
    std::vector<std::uint8_t> augmented;
    std::vector<float> plane;
    AreaScratch area;
    DecodedImage image;
};

/// Makes pictures; one object serves all threads. Equal arguments give equal bits whatever the thread.
class PictureMaker {
public:
    /// Throws Error(usage): side below 1, mean or std not 3 values, std not above 0, a resize below the side,
    /// a shrink other than 1, 2, 4 or 8.
    explicit PictureMaker(PictureOptions options);

    /// An encoded image. With a key the recipe's augmentation, without it the evaluation's framing. Of a JPEG
    /// only the rows and columns that the picture is made of are decoded; damage below them is not noticed.
    /// `out` has 3 * side * side values. Throws Error(data) as decode_image does.
    ImageNotes make(std::span<const std::byte> bytes, std::string_view where,
                    const std::optional<PictureKey>& key, PictureScratch& scratch,
                    std::span<float> out) const;
    /// An image in memory.
    void make(const DecodedImage& image, const std::optional<PictureKey>& key, PictureScratch& scratch,
              std::span<float> out) const;
    /// 8-bit planes in memory (CIFAR's records).
    void make(const ImageView& image, const std::optional<PictureKey>& key, PictureScratch& scratch,
              std::span<float> out) const;

    [[nodiscard]] const PictureOptions& options() const noexcept { return options_; }

private:
    PictureOptions options_;
    PixelLevels levels_;

    [[nodiscard]] bool has_rand_augment(const std::optional<PictureKey>& key) const;
    [[nodiscard]] Sampling frame(Extent source, const std::optional<PictureKey>& key) const;
    void make_natural(const ImageView& image, const std::optional<PictureKey>& key, PictureScratch& scratch,
                      std::span<float> out) const;
    ImageNotes make_from_jpeg(std::span<const std::byte> bytes, std::string_view where,
                              const std::optional<PictureKey>& key, PictureScratch& scratch,
                              std::span<float> out) const;
    void make_xray(const DecodedImage& image, const std::optional<PictureKey>& key, PictureScratch& scratch,
                   std::span<float> out) const;
    void finish_natural(const Sampling& sampling, PictureScratch& scratch, std::span<float> out) const;
};

} // namespace suite::data
