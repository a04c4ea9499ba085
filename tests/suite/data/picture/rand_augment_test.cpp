// RandAugment against torchvision, operation by operation (tests/fixtures/rand_augment_golden.py), and its
// draws.
#include "suite/data/picture/rand_augment.hpp"

#include <cmath>

#include "tests/suite/data/support.hpp"

namespace suite::data {
namespace {

using Pixels = std::vector<std::uint8_t>;

Pixels from_hex(const std::string& text) {
    Pixels pixels;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        pixels.push_back(static_cast<std::uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
    }
    return pixels;
}

struct Picture {
    Pixels pixels;
    ImageView view;
    Picture(const nlohmann::json& file, const nlohmann::json& image)
        : pixels(from_hex(image["pixels"].get<std::string>())),
          view{.pixels = pixels,
               .channels = image["channels"].get<int>(),
               .size = file["width"].get<int>(),
               .height = file["height"].get<int>()} {}
};

TEST(RandAugment, EveryOperationEqualsTorchvisions) {
    const auto file = testing::golden("rand_augment.json");
    std::size_t compared = 0;
    for (const auto& image : file["images"]) {
        const Picture picture(file, image);
        for (const auto& example : image["examples"]) {
            const auto operation = static_cast<RandAugmentOperation>(example["operation"].get<int>());
            const double strength =
                rand_augment_strength(operation, example["magnitude"].get<int>(), picture.view.extent());
            EXPECT_NEAR(strength, example["strength"].get<double>(), 1e-5) << example["name"];
            Pixels out(picture.pixels.size());
            apply_rand_augment(operation, strength * example["sign"].get<int>(), picture.view, out);
            EXPECT_EQ(out, from_hex(example["expected"].get<std::string>()))
                << image["name"] << " " << example["name"] << " " << example["magnitude"] << " "
                << example["sign"];
            ++compared;
        }
    }
    EXPECT_EQ(compared, 34U + 14U + 14U);
}

PhiloxStream operations_of(std::uint64_t sample) {
    return PhiloxStream({.seed = 4, .purpose = Purpose::rand_augment, .epoch = 1, .sample = sample});
}

TEST(RandAugment, AppliesTheDrawnOperationsInOrder) {
    const auto file = testing::golden("rand_augment.json");
    const Picture picture(file, file["images"][0]);
    for (std::uint64_t sample = 0; sample < 40; ++sample) {
        PhiloxStream stream = operations_of(sample);
        Pixels expected = picture.pixels;
        for (int i = 0; i < 2; ++i) {
            const auto operation = static_cast<RandAugmentOperation>(stream.below(rand_augment_operations));
            const bool has_sign =
                operation >= RandAugmentOperation::shear_x && operation <= RandAugmentOperation::sharpness;
            const double sign = has_sign && stream.below(2) == 1 ? -1.0 : 1.0;
            ImageView view = picture.view;
            const Pixels before = expected;
            view.pixels = before;
            apply_rand_augment(operation, sign * rand_augment_strength(operation, 9, view.extent()), view,
                               expected);
        }
        std::vector<std::uint8_t> scratch;
        const ImageView found = rand_augment(picture.view, 2, 9, operations_of(sample), scratch);
        EXPECT_EQ(Pixels(found.pixels.begin(), found.pixels.end()), expected) << sample;
    }
}

TEST(RandAugment, DrawsEveryOperationEvenly) {
    std::vector<int> counts(rand_augment_operations, 0);
    for (std::uint64_t sample = 0; sample < 14'000; ++sample) {
        ++counts[operations_of(sample).below(rand_augment_operations)];
    }
    for (const int count : counts) {
        EXPECT_NEAR(count, 1000, 5 * std::sqrt(14'000.0 / 14 * 13 / 14)); // five binomial standard deviations
    }
}

TEST(RandAugment, OfNoOperationIsTheImage) {
    const auto file = testing::golden("rand_augment.json");
    const Picture picture(file, file["images"][1]);
    std::vector<std::uint8_t> scratch;
    const ImageView found = rand_augment(picture.view, 0, 9, operations_of(1), scratch);
    EXPECT_EQ(Pixels(found.pixels.begin(), found.pixels.end()), picture.pixels);
}

} // namespace
} // namespace suite::data
