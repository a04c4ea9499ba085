// Few-shot and split draws against NumPy's and PyTorch's own (tests/fixtures/data_golden.py).
#include <numeric>

#include "suite/data/loading/loader.hpp"
#include "suite/data/subset/legacy_draws.hpp"
#include "tests/suite/data/support.hpp"

namespace suite::data {
namespace {

using Order = std::vector<std::size_t>;

Labels golden_labels() {
    Labels labels;
    labels.classes = testing::golden("draws.json")["labels"].get<std::vector<std::int64_t>>();
    labels.outputs = 6;
    return labels;
}

TEST(NumpyShuffle, EqualsRandomState) {
    const auto file = testing::golden("draws.json");
    for (const auto& example : file["numpy_shuffle"]) {
        Order values(example["size"].get<std::size_t>());
        std::iota(values.begin(), values.end(), std::size_t{0});
        numpy_shuffle(values, example["seed"].get<std::uint32_t>());
        EXPECT_EQ(values, example["order"].get<Order>()) << example["seed"];
    }
}

TEST(NumpyShuffle, EqualsThePublishedDraws) { // paper.md#numpy-shuffle
    Order values(10);
    std::iota(values.begin(), values.end(), std::size_t{0});
    numpy_shuffle(values, 42);
    EXPECT_EQ(values, (Order{8, 1, 5, 0, 7, 2, 9, 4, 3, 6}));
}

TEST(TorchRandperm, EqualsTorch) {
    const auto file = testing::golden("draws.json");
    for (const auto& example : file["torch_randperm"]) {
        std::mt19937 engine(example["seed"].get<std::uint32_t>());
        EXPECT_EQ(torch_randperm(example["size"].get<std::size_t>(), engine), example["order"].get<Order>());
    }
}

TEST(TorchDataLoaderOrder, EqualsAShufflingDataLoader) {
    const auto file = testing::golden("draws.json");
    for (const auto& example : file["torch_loader"]) {
        EXPECT_EQ(
            torch_data_loader_order(example["size"].get<std::size_t>(), example["seed"].get<std::uint64_t>()),
            example["order"].get<Order>());
    }
}

TEST(FewShot, BothDrawsEqualThePublishedProcedure) {
    const Labels labels = golden_labels();
    const auto file = testing::golden("draws.json");
    for (const auto& example : file["few_shot"]) {
        const auto shots = example["shots"].get<std::size_t>();
        const auto seed = example["seed"].get<std::uint64_t>();
        EXPECT_EQ(few_shot_subset(labels, shots, seed), example["generic"].get<Order>())
            << shots << " " << seed;
        EXPECT_EQ(few_shot_subset(labels, shots, seed, FewShotDraw::per_class),
                  example["per_class"].get<Order>());
    }
}

TEST(FewShot, PadChestClWithAnEmptyClassAndRareOnesIsThePublishedDraw) {
    const auto file = testing::golden("draws.json")["padchest_cl"];
    Labels labels;
    labels.outputs = file["outputs"].get<std::size_t>();
    labels.classes = file["labels"].get<std::vector<std::int64_t>>();
    for (const auto& example : file["few_shot"]) {
        EXPECT_EQ(few_shot_subset(labels, example["shots"].get<std::size_t>(),
                                  example["seed"].get<std::uint64_t>(), FewShotDraw::per_class),
                  example["per_class"].get<Order>())
            << example["shots"];
    }
    EXPECT_EQ(file["few_shot"].size(), 8U);
}

TEST(FewShot, PerClassTakesWhatThereIs) {
    const auto example = testing::golden("draws.json")["per_class_more_than_there_are"];
    EXPECT_EQ(few_shot_subset(golden_labels(), 60, 2, FewShotDraw::per_class),
              example["per_class"].get<Order>());
}

TEST(FewShot, ZeroShotsIsEverythingInOrder) {
    const Order all = few_shot_subset(golden_labels(), 0, 3);
    ASSERT_EQ(all.size(), 400U);
    EXPECT_EQ(all.front(), 0U);
    EXPECT_EQ(all.back(), 399U);
}

TEST(FewShot, NamesEveryClassThatIsTooSmall) {
    Labels labels{.outputs = 3, .classes = {0, 0, 0, 1, 2, 2}, .matrix = {}};
    const std::string text =
        testing::error_text(ErrorKind::usage, [&] { return few_shot_subset(labels, 3, 0).size(); });
    EXPECT_NE(text.find("class 1: found 1 training images"), std::string::npos) << text;
    EXPECT_NE(text.find("class 2: found 2 training images"), std::string::npos) << text;
    EXPECT_EQ(text.find("class 0"), std::string::npos) << text;
}

TEST(FewShot, RefusesMultiLabelSets) {
    Labels labels{.task = plan::Task::multilabel, .outputs = 2, .classes = {}, .matrix = {0, 1, 1, 0}};
    testing::error_text(ErrorKind::usage, [&] { return few_shot_subset(labels, 1, 0).size(); });
    EXPECT_EQ(few_shot_subset(labels, 0, 0), (Order{0, 1}));
}

} // namespace
} // namespace suite::data
