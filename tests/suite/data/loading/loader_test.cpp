// Order, repetition, oversampling and purity of training batches.
#include "suite/data/loading/loader.hpp"

#include <cmath>
#include <map>
#include <set>
#include <thread>

#include "tests/suite/data/allocation_count.hpp"
#include "tests/suite/data/support.hpp"

namespace suite::data {
namespace {

/// `count` grey images of 8 x 8; all pixels of image i are i; class i mod `classes`.
Split numbered_split(std::size_t count, std::size_t classes) {
    Split split;
    split.images = {.count = count, .channels = 1, .size = 8, .pixels = {}};
    split.labels.outputs = classes;
    for (std::size_t i = 0; i < count; ++i) {
        split.images.pixels.insert(split.images.pixels.end(), 64, static_cast<std::uint8_t>(i));
        split.labels.classes.push_back(static_cast<std::int64_t>(i % classes));
    }
    return split;
}

LoaderOptions options(int batch, std::uint64_t seed = 1) {
    return {.seed = seed, .batch = batch, .mean = {0.5, 0.5, 0.5}, .std = {0.5, 0.5, 0.5}};
}

std::vector<std::size_t> samples_of(const TrainLoader& loader, std::int64_t steps) {
    std::vector<std::size_t> samples;
    Batch batch;
    for (std::int64_t step = 0; step < steps; ++step) {
        loader.load(step, batch);
        samples.insert(samples.end(), batch.samples.begin(), batch.samples.end());
    }
    return samples;
}

TEST(TrainLoader, EveryEpochVisitsEverySampleOnce) {
    const Split split = numbered_split(50, 5);
    const std::vector<std::size_t> samples =
        samples_of(TrainLoader(split, {}, options(8)), 25); // 200 = 4 epochs
    std::set<std::vector<std::size_t>> orders;
    for (std::ptrdiff_t epoch = 0; epoch < 4; ++epoch) {
        const std::vector<std::size_t> order(samples.begin() + 50 * epoch,
                                             samples.begin() + 50 * (epoch + 1));
        EXPECT_EQ(std::set(order.begin(), order.end()).size(), 50U);
        orders.insert(order);
    }
    EXPECT_EQ(orders.size(), 4U); // each in another order
}

// paper.md#few-shot-draw: a few-shot subset smaller than the micro-batch is sampled with replacement.
TEST(TrainLoader, ASubsetSmallerThanTheMicroBatchIsDrawnWithReplacement) {
    const Split split = numbered_split(50, 5);
    LoaderOptions chosen = options(8);
    chosen.micro_batch = 4;
    const std::vector<std::size_t> subset{7, 11, 40};
    const std::vector<std::size_t> samples =
        samples_of(TrainLoader(split, subset, chosen), 750); // 6000 draws
    std::map<std::size_t, int> counts;
    int repeats = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        ++counts[samples[i]];
        repeats += i > 0 && samples[i] == samples[i - 1] ? 1 : 0;
    }
    ASSERT_EQ(counts.size(), 3U);
    const double five_sds = 5 * std::sqrt(6000.0 / 3 * 2 / 3);
    for (const std::size_t sample : subset) {
        EXPECT_NEAR(counts[sample], 2000, five_sds);
    }
    EXPECT_NEAR(repeats, 2000, five_sds) << "independent draws repeat one time in three";
}

TEST(TrainLoader, ASubsetOfOneMicroBatchIsVisitedEvenly) {
    const Split split = numbered_split(50, 5);
    LoaderOptions chosen = options(8);
    chosen.micro_batch = 4;
    const std::vector<std::size_t> samples = samples_of(TrainLoader(split, {7, 11, 40, 41}, chosen), 2);
    std::map<std::size_t, int> counts;
    for (const std::size_t sample : samples) {
        ++counts[sample];
    }
    for (const auto& [sample, count] : counts) {
        EXPECT_EQ(count, 4) << sample;
    }
}

TEST(TrainLoader, APartOfABatchIsThatPartOfTheWhole) {
    const Split split = numbered_split(20, 4);
    LoaderOptions augmented = options(12);
    augmented.augmentation = plan::Augmentation::crop_flip;
    const TrainLoader loader(split, {}, augmented);
    Batch whole;
    Batch part;
    for (std::int64_t step = 0; step < 4; ++step) { // over the end of epochs
        loader.load(step, whole);
        for (std::size_t first = 0; first < 12; first += 3) {
            loader.load(step, first, 3, part);
            EXPECT_TRUE(std::equal(part.samples.begin(), part.samples.end(),
                                   whole.samples.begin() + static_cast<std::ptrdiff_t>(first)));
            EXPECT_TRUE(std::equal(part.images.begin(), part.images.end(),
                                   whole.images.begin() + static_cast<std::ptrdiff_t>(first * 3 * 64)));
            EXPECT_TRUE(std::equal(part.classes.begin(), part.classes.end(),
                                   whole.classes.begin() + static_cast<std::ptrdiff_t>(first)));
        }
    }
}

TEST(TrainLoader, RandAugmentComesFirstAndIsAFunctionOfTheSample) {
    Split split = numbered_split(20, 5);
    for (std::size_t i = 0; i < split.images.pixels.size(); ++i) {
        split.images.pixels[i] = static_cast<std::uint8_t>(3 * i % 251);
    }
    LoaderOptions chosen = options(8);
    chosen.augmentation_detail = {.rand_augment_operations = 2, .rand_augment_magnitude = 9};
    const TrainLoader loader(split, {}, chosen);
    Batch plain;
    Batch first;
    Batch again;
    TrainLoader(split, {}, options(8)).load(5, plain);
    loader.load(5, first);
    loader.load(1, again);
    loader.load(5, again);
    EXPECT_EQ(first.images, again.images);
    EXPECT_EQ(first.samples, plain.samples) << "the order does not depend on the augmentation";
    EXPECT_NE(first.images, plain.images);
}

TEST(TrainLoader, BatchIsAFunctionOfSeedAndStep) {
    const Split split = numbered_split(50, 5);
    LoaderOptions chosen = options(8);
    chosen.augmentation = plan::Augmentation::xray;
    const TrainLoader loader(split, {}, chosen);
    Batch first;
    Batch other;
    Batch again;
    loader.load(17, first);
    loader.load(3, again);
    loader.load(17, again);
    TrainLoader(split, {}, chosen).load(17, other);
    EXPECT_EQ(first.images, other.images);
    EXPECT_EQ(first.images, again.images);
    EXPECT_EQ(first.samples, other.samples);
    chosen.seed = 2;
    TrainLoader(split, {}, chosen).load(17, other);
    EXPECT_NE(first.samples, other.samples);
}

TEST(TrainLoader, ThreadsGetTheSameBatches) {
    const Split split = numbered_split(50, 5);
    LoaderOptions chosen = options(8);
    chosen.augmentation = plan::Augmentation::random_resized_crop;
    const TrainLoader loader(split, {}, chosen);
    std::vector<Batch> parallel(8);
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < parallel.size(); ++i) {
            threads.emplace_back([&, i] { loader.load(static_cast<std::int64_t>(i), parallel[i]); });
        }
    }
    Batch alone;
    for (std::size_t i = 0; i < parallel.size(); ++i) {
        loader.load(static_cast<std::int64_t>(i), alone);
        EXPECT_EQ(alone.images, parallel[i].images);
    }
}

TEST(TrainLoader, AugmentationFollowsEpochAndSampleNotTheBatchSize) {
    Split split = numbered_split(12, 3);
    for (std::size_t i = 0; i < split.images.pixels.size(); ++i) {
        split.images.pixels[i] = static_cast<std::uint8_t>(i * 37); // not constant, so that crops differ
    }
    const auto images_by_position = [&](int batch_size) {
        LoaderOptions chosen = options(batch_size);
        chosen.augmentation = plan::Augmentation::xray;
        const TrainLoader loader(split, {}, chosen);
        std::vector<float> images;
        Batch batch;
        for (int step = 0; step < 24 / batch_size; ++step) {
            loader.load(step, batch);
            images.insert(images.end(), batch.images.begin(), batch.images.end());
        }
        return images;
    };
    const std::vector<float> whole = images_by_position(12);
    EXPECT_EQ(whole, images_by_position(4));
    EXPECT_EQ(whole, images_by_position(3));
    EXPECT_NE(std::vector<float>(whole.begin(), whole.begin() + 12 * 192),
              std::vector<float>(whole.begin() + 12 * 192, whole.end()));
}

TEST(TrainLoader, ServesLabelsPixelsAndThreeChannels) {
    const Split split = numbered_split(50, 5);
    Batch batch;
    TrainLoader(split, {}, options(8)).load(0, batch);
    ASSERT_EQ(batch.count, 8U);
    ASSERT_EQ(batch.images.size(), 8U * 3 * 64);
    for (std::size_t slot = 0; slot < 8; ++slot) {
        EXPECT_EQ(batch.classes[slot], static_cast<std::int64_t>(batch.samples[slot] % 5));
        for (std::size_t i = 0; i < 192; ++i) {
            EXPECT_NEAR(batch.images[slot * 192 + i],
                        (static_cast<double>(batch.samples[slot]) / 255 - 0.5) / 0.5, 1e-6);
        }
    }
}

TEST(TrainLoader, SubsetSmallerThanABatchRepeatsByEpochs) {
    const Split split = numbered_split(50, 5);
    const TrainLoader loader(split, {41, 7, 13}, options(9));
    EXPECT_EQ(loader.subset_size(), 3U);
    const std::vector<std::size_t> samples = samples_of(loader, 1);
    for (std::ptrdiff_t epoch = 0; epoch < 3; ++epoch) {
        EXPECT_EQ(std::set(samples.begin() + 3 * epoch, samples.begin() + 3 * epoch + 3),
                  (std::set<std::size_t>{7, 13, 41}));
    }
}

TEST(TrainLoader, OversamplingDrawsClassesEvenly) {
    Split split = numbered_split(100, 1);
    split.labels.outputs = 2;
    for (std::size_t i = 0; i < 10; ++i) {
        split.labels.classes[i * 10] = 1; // 90 to 10
    }
    LoaderOptions chosen = options(100);
    chosen.oversampling = true;
    const std::vector<std::size_t> samples = samples_of(TrainLoader(split, {}, chosen), 100);
    std::map<std::size_t, int> counts;
    int rare = 0;
    for (const std::size_t sample : samples) {
        ++counts[sample];
        rare += sample % 10 == 0 ? 1 : 0;
    }
    EXPECT_NEAR(rare, 5000, 5 * 50.0);                       // binomial sd 50
    EXPECT_NEAR(counts[10], 500, 5 * std::sqrt(500 * 0.95)); // 10,000 / 2 / 10
    EXPECT_NEAR(counts[11], 55.6, 5 * std::sqrt(55.6));      // 10,000 / 2 / 90
    EXPECT_NE(std::vector(samples.begin(), samples.begin() + 100),
              std::vector(samples.begin() + 100, samples.begin() + 200));
}

TEST(TrainLoader, OversampledTwinsAreAugmentedApart) {
    Split split = numbered_split(2, 2);
    for (std::size_t i = 0; i < split.images.pixels.size(); ++i) {
        split.images.pixels[i] = static_cast<std::uint8_t>(i * 37);
    }
    LoaderOptions chosen = options(16);
    chosen.oversampling = true;
    chosen.augmentation = plan::Augmentation::xray;
    Batch batch;
    TrainLoader(split, {}, chosen).load(0, batch);
    std::set<std::vector<float>> pictures;
    for (std::ptrdiff_t slot = 0; slot < 2; ++slot) { // positions of one epoch
        pictures.insert(
            std::vector(batch.images.begin() + slot * 192, batch.images.begin() + (slot + 1) * 192));
    }
    EXPECT_EQ(pictures.size(), 2U);
}

TEST(TrainLoader, AllocatesNothingAfterTheFirstBatch) {
    if (!testing::allocations_are_counted()) {
        GTEST_SKIP() << "AddressSanitizer owns operator new";
    }
    const Split split = numbered_split(50, 5);
    for (const bool oversampling : {false, true}) {
        LoaderOptions chosen = options(16);
        chosen.augmentation = plan::Augmentation::xray;
        chosen.oversampling = oversampling;
        const TrainLoader loader(split, {}, chosen);
        Batch batch;
        loader.load(0, batch);
        const std::size_t before = testing::allocation_count();
        for (int step = 1; step < 20; ++step) {
            loader.load(step, batch);
        }
        EXPECT_EQ(testing::allocation_count(), before);
    }
}

TEST(TrainLoader, RefusesWhatCannotWorkAllAtOnce) {
    const Split split = numbered_split(5, 5);
    LoaderOptions chosen = options(0);
    chosen.std = {0.5, 0.0, 0.5};
    const std::string text = testing::error_text(ErrorKind::usage, [&] {
        return TrainLoader(split, {0, 5}, chosen).subset_size();
    });
    EXPECT_NE(text.find("batch: found 0"), std::string::npos) << text;
    EXPECT_NE(text.find("subset[1]: found 5, expected an index below 5"), std::string::npos) << text;
    EXPECT_NE(text.find("std above 0"), std::string::npos) << text;
}

TEST(LoadEvaluation, ServesSamplesInOrderUnaugmented) {
    Split split = numbered_split(20, 5);
    split.labels.task = plan::Task::multilabel;
    split.labels.outputs = 2;
    for (std::size_t i = 0; i < 40; ++i) {
        split.labels.matrix.push_back(i % 7 == 0 ? missing_label : static_cast<float>(i % 2));
    }
    Batch batch;
    load_evaluation(split, options(1), 15, 5, batch);
    EXPECT_EQ(batch.samples, (std::vector<std::size_t>{15, 16, 17, 18, 19}));
    EXPECT_TRUE(batch.classes.empty());
    ASSERT_EQ(batch.label_matrix.size(), 10U);
    EXPECT_TRUE(std::isnan(batch.label_matrix[5])); // 35 = 5 * 7
    EXPECT_EQ(batch.label_matrix[1], 1.0F);
    EXPECT_NEAR(batch.images[0], (15.0 / 255 - 0.5) / 0.5, 1e-6);
}

TEST(LoadEvaluation, RefusesANormalisationThatIsNotThere) {
    const Split split = numbered_split(5, 5);
    Batch batch;
    testing::error_text(ErrorKind::usage, [&] { load_evaluation(split, {}, 0, 5, batch); });
}

} // namespace
} // namespace suite::data
