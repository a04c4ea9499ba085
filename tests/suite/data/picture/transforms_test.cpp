// Augmentations against SciPy and PyTorch (tests/fixtures/data_golden.py), and the bounds of their draws.
#include "suite/data/picture/transforms.hpp"

#include <cmath>

#include "tests/suite/data/support.hpp"

namespace suite::data {
namespace {

using plan::Augmentation;

/// Normalisation that leaves pixel values as they are.
Normalisation identity() {
    return {.scale = {1.0F, 1.0F, 1.0F}, .offset = {0.0F, 0.0F, 0.0F}};
}

PhiloxStream stream_of(std::uint64_t sample) {
    return PhiloxStream({.seed = 5, .purpose = Purpose::augmentation, .epoch = 2, .sample = sample});
}

class GoldenTransforms : public ::testing::Test {
protected:
    nlohmann::json golden_ = testing::golden("transforms.json");
    int size_ = golden_["size"].get<int>();
    std::vector<std::uint8_t> image_ = golden_["image"].get<std::vector<std::uint8_t>>();

    void expect_samples(const Sampling& sampling, const nlohmann::json& example) const {
        const auto expected = example["expected"].get<std::vector<double>>();
        std::vector<float> out(expected.size() * 3);
        sample_image({.pixels = image_, .channels = 1, .size = size_}, sampling, identity(), out);
        for (std::size_t i = 0; i < out.size(); ++i) { // all three channels
            ASSERT_NEAR(out[i], expected[i % expected.size()], 2e-2)
                << example["expected"].size() << " at " << i;
        }
    }
};

TEST_F(GoldenTransforms, BoxesResizeAsTorchDoes) {
    for (const auto& example : golden_["boxes"]) {
        const auto box = example["box"].get<std::vector<float>>();
        Sampling sampling = whole_image(size_);
        sampling.box = {.x = box[0], .y = box[1], .width = box[2], .height = box[3]};
        sampling.limits = sampling.box;
        expect_samples(sampling, example);
    }
}

TEST_F(GoldenTransforms, CropOfFiveQuartersAsTorchDoes) {
    for (const auto& example : golden_["crops"]) {
        const auto at = example["at"].get<std::vector<float>>();
        Sampling sampling = whole_image(size_);
        sampling.box = {.x = at[0] * 0.8F, .y = at[1] * 0.8F, .width = 16.0F, .height = 16.0F};
        expect_samples(sampling, example);
    }
}

TEST_F(GoldenTransforms, ShiftScaleRotateAsScipyDoes) {
    for (const auto& example : golden_["affine"]) {
        Sampling sampling = whole_image(size_);
        sampling.rotates = true;
        sampling.inverse =
            inverse_shift_scale_rotate(size_, example["angle"].get<float>(), example["scale"].get<float>(),
                                       example["shift"][0].get<float>(), example["shift"][1].get<float>());
        expect_samples(sampling, example);
    }
}

TEST_F(GoldenTransforms, FlipMirrorsTheSampledPicture) {
    for (const Augmentation kind : {Augmentation::none, Augmentation::crop_flip,
                                    Augmentation::random_resized_crop, Augmentation::xray}) {
        Sampling sampling = draw_sampling(kind, size_, stream_of(3));
        const auto side = static_cast<std::size_t>(size_);
        std::vector<float> straight(3 * side * side);
        std::vector<float> mirrored(straight.size());
        sampling.flip = false;
        sample_image({.pixels = image_, .channels = 1, .size = size_}, sampling, identity(), straight);
        sampling.flip = true;
        sample_image({.pixels = image_, .channels = 1, .size = size_}, sampling, identity(), mirrored);
        for (std::size_t i = 0; i < straight.size(); ++i) {
            ASSERT_EQ(mirrored[i], straight[i / side * side + (side - 1 - i % side)]);
        }
    }
}

TEST(Normalisation, EachChannelHasItsOwn) {
    const std::vector<double> mean{0.485, 0.456, 0.406};
    const std::vector<double> std{0.229, 0.224, 0.225};
    const std::vector<std::uint8_t> pixels{0, 255, 100, 7, 255, 0, 3, 200, 1, 2, 128, 255};
    std::vector<float> out(pixels.size());
    sample_image({.pixels = pixels, .channels = 3, .size = 2}, whole_image(2), make_normalisation(mean, std),
                 out);
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        EXPECT_NEAR(out[i], (pixels[i] / 255.0 - mean[i / 4]) / std[i / 4], 1e-5);
    }
}

TEST(DrawSampling, NoneAndFlipKeepTheWholeImage) {
    int flips = 0;
    for (std::uint64_t i = 0; i < 2000; ++i) {
        EXPECT_FALSE(draw_sampling(Augmentation::none, 28, stream_of(i)).flip);
        const Sampling flip = draw_sampling(Augmentation::flip, 28, stream_of(i));
        EXPECT_EQ(flip.box.width, 28.0F);
        flips += flip.flip ? 1 : 0;
    }
    EXPECT_NEAR(flips, 1000, 5 * std::sqrt(500.0)); // five binomial standard deviations
}

TEST(DrawSampling, CropsLieInsideAndUseEveryOffset) {
    std::vector<int> offsets(8, 0); // 28 -> 35: offsets 0 to 7
    for (std::uint64_t i = 0; i < 4000; ++i) {
        const Box box = draw_sampling(Augmentation::crop_flip, 28, stream_of(i)).box;
        ASSERT_GE(box.x, 0.0F);
        ASSERT_LE(box.x + box.width, 28.0001F);
        ASSERT_LE(box.y + box.height, 28.0001F);
        ++offsets[static_cast<std::size_t>(std::lround(box.x / 0.8F))];
    }
    for (const int count : offsets) {
        EXPECT_NEAR(count, 500, 5 * std::sqrt(4000.0 / 8 * 7 / 8));
    }
}

/// Corners of a resized picture that crops of 480 touch, in its own pixels.
struct CropRange {
    long long low_x = 1'000'000, high_x = -1, low_y = 1'000'000, high_y = -1;
};

CropRange crops_of(Extent source, Extent resized, const plan::AugmentationDetail& detail) {
    CropRange range;
    const float shrink_x = static_cast<float>(source.width) / static_cast<float>(resized.width);
    const float shrink_y = static_cast<float>(source.height) / static_cast<float>(resized.height);
    for (std::uint64_t i = 0; i < 4000; ++i) {
        const Box box = draw_sampling(Augmentation::crop_flip, source, 480, stream_of(i), detail).box;
        EXPECT_NEAR(box.width / shrink_x, 480.0F, 1e-3F);
        EXPECT_NEAR(box.height / shrink_y, 480.0F, 1e-3F);
        const long long x = std::llround(box.x / shrink_x);
        const long long y = std::llround(box.y / shrink_y);
        range = {std::min(range.low_x, x), std::max(range.high_x, x), std::min(range.low_y, y),
                 std::max(range.high_y, y)};
    }
    return range;
}

// paper.md#fine-tuning-images: as run the short side becomes 512 and the aspect stays; BiT squashes to 512 x
// 512. Crop 480.
TEST(DrawSampling, LargeImagesAreResizedByTheirShortSideOrSquashed) {
    const CropRange kept = crops_of({1024, 768}, {682, 512}, {.resize = 512});
    EXPECT_EQ(kept.low_x, 0);
    EXPECT_EQ(kept.high_x, 202);
    EXPECT_EQ(kept.low_y, 0);
    EXPECT_EQ(kept.high_y, 32);
    const CropRange squashed = crops_of({1024, 768}, {512, 512}, {.resize = 512, .squash = true});
    EXPECT_EQ(squashed.high_x, 32);
    EXPECT_EQ(squashed.high_y, 32);
}

TEST(DrawSampling, SmallImagesAreCropped128Of160) {
    float widest = 0.0F;
    for (std::uint64_t i = 0; i < 2000; ++i) {
        const Box box = draw_sampling(Augmentation::crop_flip, {32, 32}, 128, stream_of(i)).box;
        EXPECT_NEAR(box.width, 32.0F * 128 / 160, 1e-4F);
        widest = std::max(widest, box.x);
    }
    EXPECT_NEAR(widest, 32.0F * 32 / 160, 1e-4F);
}

TEST(DrawSampling, EvaluationSquashesTheWholeImage) {
    const Sampling whole = whole_image({640, 480}, 480);
    EXPECT_EQ(whole.side, 480);
    EXPECT_EQ(whole.box.width, 640.0F);
    EXPECT_EQ(whole.box.height, 480.0F);
    const std::vector<std::uint8_t> ramp{0, 10, 20, 30, 40, 50, 60, 70}; // 4 x 2
    std::vector<float> out(12);
    sample_image({.pixels = ramp, .channels = 1, .size = 4, .height = 2}, whole_image({4, 2}, 2), identity(),
                 out);
    const std::vector<float> expected{5, 25, 45, 65}; // half-pixel centres of boxes two pixels wide
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), out.begin()));
}

TEST(DrawSampling, ShiftOfTheXrayAugmentationIsTheRecipes) {
    float widest = 0.0F;
    for (std::uint64_t i = 0; i < 4000; ++i) {
        const auto inverse = draw_sampling(Augmentation::xray, 100, stream_of(i), {.shift = 0.15}).inverse;
        const float scale = 1.0F / std::hypot(inverse[0], inverse[3]);
        const float dx = 49.5F - inverse[2];
        const float dy = 49.5F - inverse[5];
        widest = std::max(widest, std::abs((inverse[0] * dx + inverse[3] * dy) * scale * scale - 49.5F));
    }
    EXPECT_LE(widest, 15.001F);
    EXPECT_GT(widest, 14.9F);
}

TEST(DrawSampling, ResizedCropsKeepAreaAndRatio) {
    double area = 0.0;
    for (std::uint64_t i = 0; i < 4000; ++i) {
        const Box box = draw_sampling(Augmentation::random_resized_crop, 224, stream_of(i)).box;
        ASSERT_GE(box.x, 0.0F);
        ASSERT_LE(box.x + box.width, 224.0F);
        ASSERT_LE(box.y + box.height, 224.0F);
        const double share = box.width * box.height / (224.0 * 224.0);
        ASSERT_GT(share, 0.079); // sides are rounded to whole pixels
        ASSERT_LE(share, 1.0);
        ASSERT_NEAR(std::log(box.width / box.height), 0.0, std::log(4.0 / 3.0) + 0.02);
        area += share / 4000.0;
    }
    // Mean of the accepted attempts by 2,000,000 draws in NumPy: 0.4798 (0.86 of attempts fit).
    EXPECT_NEAR(area, 0.4798, 0.02);
}

TEST(DrawSampling, XrayDrawsFillTheirRanges) {
    float low_scale = 10.0F;
    float high_scale = 0.0F;
    float widest_angle = 0.0F;
    float widest_shift = 0.0F;
    for (std::uint64_t i = 0; i < 4000; ++i) {
        const auto inverse = draw_sampling(Augmentation::xray, 28, stream_of(i)).inverse;
        const float scale = 1.0F / std::hypot(inverse[0], inverse[3]);
        const float angle = std::atan2(inverse[3], inverse[0]) * 57.29578F;
        // Where the centre of the source lands in the target is the shift.
        const float dx = 13.5F - inverse[2];
        const float dy = 13.5F - inverse[5];
        const float shift_x = (inverse[0] * dx + inverse[3] * dy) * scale * scale - 13.5F;
        ASSERT_TRUE(scale >= 0.8999F && scale <= 1.1001F && std::abs(angle) <= 45.001F &&
                    std::abs(shift_x) <= 7.001F);
        low_scale = std::min(low_scale, scale);
        high_scale = std::max(high_scale, scale);
        widest_angle = std::max(widest_angle, std::abs(angle));
        widest_shift = std::max(widest_shift, std::abs(shift_x));
    }
    EXPECT_LT(low_scale, 0.901F);
    EXPECT_GT(high_scale, 1.099F);
    EXPECT_GT(widest_angle, 44.5F);
    EXPECT_GT(widest_shift, 6.95F);
}

} // namespace
} // namespace suite::data
