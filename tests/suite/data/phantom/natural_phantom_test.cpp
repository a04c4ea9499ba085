// Natural phantoms: classes as combinations of factors, counts, purity.
#include "suite/data/phantom/natural_phantom.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>

#include "suite/data/phantom/class_plan.hpp"
#include "tests/suite/data/support.hpp"

namespace suite::data {
namespace {

int factors_that_differ(const NaturalClass& a, const NaturalClass& b) {
    return (a.outline != b.outline) + (a.texture != b.texture) + (a.palette != b.palette) +
           (a.layout != b.layout);
}

TEST(NaturalClass, ClassesAreDistinctAndNeighboursDifferInSeveralFactors) {
    const plan::NaturalPhantom phantom{
        .outlines = 6, .textures = 5, .palettes = 6, .layouts = 3, .first_outline = 2};
    std::set<std::array<int, 4>> seen;
    for (std::size_t k = 0; k < 540; ++k) {
        const NaturalClass c = natural_class(phantom, k);
        EXPECT_TRUE(c.outline >= 2 && c.outline < 8 && c.texture < 5 && c.palette < 6 && c.layout < 3);
        EXPECT_TRUE(seen.insert({c.outline, c.texture, c.palette, c.layout}).second) << k;
        EXPECT_GE(factors_that_differ(c, natural_class(phantom, k + 1)), 2) << k;
    }
}

TEST(NaturalClass, EveryLevelOccursInAFewClasses) {
    const plan::NaturalPhantom phantom{.outlines = 6, .textures = 5, .palettes = 6, .layouts = 3};
    std::array<std::set<int>, 4> levels;
    for (std::size_t k = 0; k < 25; ++k) {
        const NaturalClass c = natural_class(phantom, k);
        levels[0].insert(c.outline);
        levels[1].insert(c.texture);
        levels[2].insert(c.palette);
        levels[3].insert(c.layout);
    }
    EXPECT_EQ(levels[0].size(), 6U);
    EXPECT_EQ(levels[1].size(), 5U);
    EXPECT_EQ(levels[2].size(), 6U);
    EXPECT_EQ(levels[3].size(), 3U);
}

TEST(ClassCounts, FollowImbalanceAndLeaveNoClassOut) {
    EXPECT_EQ(class_counts(1938, geometric_shares(5, 16.0)),
              (std::vector<std::size_t>{1000, 500, 250, 125, 63}));
    EXPECT_EQ(class_counts(10, geometric_shares(3, 1.0)), (std::vector<std::size_t>{4, 3, 3}));
    EXPECT_EQ(class_counts(5, geometric_shares(5, 1000.0)), (std::vector<std::size_t>{1, 1, 1, 1, 1}));
    EXPECT_EQ(class_counts(2, geometric_shares(5, 1.0)), (std::vector<std::size_t>{1, 1, 0, 0, 0}));
    EXPECT_EQ(class_counts(7, geometric_shares(1, 3.0)), (std::vector<std::size_t>{7}));
}

TEST(ClassCounts, AShareOfZeroMeansNever) {
    const std::vector<double> shares{3.0, 0.0, 1.0};
    EXPECT_EQ(class_counts(8, shares), (std::vector<std::size_t>{6, 0, 2}));
    EXPECT_EQ(class_counts(2, shares), (std::vector<std::size_t>{1, 0, 1}));
    EXPECT_EQ(class_counts(1, shares), (std::vector<std::size_t>{1, 0, 0}));
}

TEST(PaintNatural, StudioPicturesAreGreyOnAPlainBackdrop) {
    plan::NaturalPhantom phantom{.noise = 0.0, .plain = 1.0};
    ColourCanvas canvas(16);
    std::vector<std::uint8_t> bytes(3 * 256);
    for (std::uint64_t index = 0; index < 20; ++index) {
        paint_natural({}, phantom, 5, index, canvas, bytes);
        int widest = 0;
        for (std::size_t i = 0; i < 256; ++i) {
            const auto [low, high] = std::minmax({bytes[i], bytes[i + 256], bytes[i + 512]});
            widest = std::max(widest, high - low);
        }
        EXPECT_LT(widest, 120) << "colours are faded to at most 0.3 of their saturation";
    }
}

TEST(ClassCounts, SumIsExactForManySizes) {
    for (std::size_t images = 0; images < 300; ++images) {
        const std::vector<std::size_t> counts = class_counts(images, geometric_shares(17, 7.5));
        EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), std::size_t{0}), images);
        EXPECT_TRUE(images < 17 || *std::ranges::min_element(counts) >= 1) << images;
    }
}

TEST(GenerateNatural, TrainFollowsImbalanceTestIsBalanced) {
    plan::DataSetSpec spec = testing::natural_spec(4, 150, 80);
    spec.natural->imbalance = 8.0;
    const DataSet set = generate_natural(spec);
    for (std::int64_t c = 0; c < 4; ++c) {
        const std::array<std::ptrdiff_t, 4> train{80, 40, 20, 10};
        EXPECT_EQ(std::ranges::count(set.train.labels.classes, c), train[static_cast<std::size_t>(c)]);
        EXPECT_EQ(std::ranges::count(set.test.labels.classes, c), 20);
    }
    EXPECT_TRUE(set.train.patients.empty());
    EXPECT_EQ(set.train.images.pixels.size(), 150U * 3 * 16 * 16);
}

TEST(GenerateNatural, SmallestTrainingSplitHoldsEveryClass) {
    const DataSet set = generate_natural(testing::natural_spec(20, 20, 5));
    EXPECT_EQ(std::set(set.train.labels.classes.begin(), set.train.labels.classes.end()).size(), 20U);
}

TEST(GenerateNatural, ImagesAreAFunctionOfWorldSetSplitAndIndex) {
    const plan::DataSetSpec spec = testing::natural_spec(4, 12, 12);
    const DataSet set = generate_natural(spec);
    EXPECT_EQ(set.train.images.pixels, generate_natural(spec).train.images.pixels);
    EXPECT_NE(set.train.images.pixels, set.test.images.pixels);
    plan::DataSetSpec other_world = spec;
    other_world.world_seed = 8;
    EXPECT_NE(set.train.images.pixels, generate_natural(other_world).train.images.pixels);
    plan::DataSetSpec other_set = spec;
    other_set.id = "another";
    EXPECT_NE(set.train.images.pixels, generate_natural(other_set).train.images.pixels);
}

TEST(GenerateNatural, OneImagePaintedAloneEqualsTheSplits) {
    const plan::DataSetSpec spec = testing::natural_spec(4, 12, 1);
    const DataSet set = generate_natural(spec);
    ColourCanvas canvas(16);
    std::vector<std::uint8_t> bytes(3 * 16 * 16);
    const auto k = static_cast<std::size_t>(set.train.labels.classes[9]);
    paint_natural(natural_class(*spec.natural, k), *spec.natural, derive_seed(7, "natural/train"), 9, canvas,
                  bytes);
    EXPECT_TRUE(std::ranges::equal(bytes, set.train.images.image(9)));
}

/// Share of test images whose nearest class mean (of the training images) is their own.
double nearest_mean_accuracy(const DataSet& set) {
    const std::size_t values = set.train.images.bytes_per_image();
    std::vector<std::vector<double>> means(set.train.labels.outputs, std::vector<double>(values, 0.0));
    std::vector<double> counts(means.size(), 0.0);
    for (std::size_t i = 0; i < set.train.size(); ++i) {
        const auto c = static_cast<std::size_t>(set.train.labels.classes[i]);
        ++counts[c];
        for (std::size_t j = 0; j < values; ++j) {
            means[c][j] += set.train.images.image(i)[j];
        }
    }
    double right = 0.0;
    for (std::size_t i = 0; i < set.test.size(); ++i) {
        std::vector<double> distances;
        for (std::size_t c = 0; c < means.size(); ++c) {
            double distance = 0.0;
            for (std::size_t j = 0; j < values; ++j) {
                const double difference = means[c][j] / counts[c] - set.test.images.image(i)[j];
                distance += difference * difference;
            }
            distances.push_back(distance);
        }
        right +=
            std::ranges::min_element(distances) - distances.begin() == set.test.labels.classes[i] ? 1.0 : 0.0;
    }
    return right / static_cast<double>(set.test.size());
}

TEST(GenerateNatural, ClassesCanBeToldApartButNotTrivially) {
    const double accuracy = nearest_mean_accuracy(generate_natural(testing::natural_spec(10, 1000, 500)));
    EXPECT_GT(accuracy, 0.2); // chance is 0.1
    EXPECT_LT(accuracy, 0.9);
}

TEST(GenerateNatural, AllFaultsOfADeclarationAtOnce) {
    plan::DataSetSpec spec = testing::natural_spec(4, 10, 10);
    spec.natural->outlines = outline_levels;
    spec.natural->first_outline = 1;
    spec.natural->imbalance = 0.5;
    spec.channels = 1;
    const std::string text =
        testing::error_text(ErrorKind::data, [&] { return generate_natural(spec).train.size(); });
    EXPECT_NE(text.find("natural.natural.outlines: found levels 1 to 12, expected levels within 0 to 11"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("imbalance 0.5"), std::string::npos) << text;
    EXPECT_NE(text.find("1 channels"), std::string::npos) << text;
}

TEST(GenerateNatural, MoreClassesThanCombinationsIsAFault) {
    const std::string text = testing::error_text(
        ErrorKind::data, [] { return generate_natural(testing::natural_spec(97, 1, 1)).train.size(); });
    EXPECT_NE(text.find("found 96 combinations of factor levels, expected at least the 97 classes"),
              std::string::npos)
        << text;
}

TEST(PixelNoise, HasTheDeclaredSpread) {
    const std::vector<float> grey(20'000, 0.5F);
    std::vector<std::uint8_t> bytes(grey.size());
    quantise_with_noise(grey, 0.05F, {.seed = 1, .purpose = Purpose::content}, bytes);
    double sum = 0.0;
    double squares = 0.0;
    for (const std::uint8_t byte : bytes) {
        sum += byte;
        squares += byte * byte;
    }
    const double mean = sum / 20'000;
    EXPECT_NEAR(mean, 127.5, 0.5);
    EXPECT_NEAR(std::sqrt(squares / 20'000 - mean * mean), 0.05 * 255, 0.3);
}

} // namespace
} // namespace suite::data
