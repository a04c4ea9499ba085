// Batches of published sets: the same bits whatever loads them, however far ahead; what is bad about an image
// ends a run or is noted.
#include "suite/data/loading/batch_stream.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <set>

#include "suite/base/files.hpp"
#include "suite/data/loading/split_check.hpp"
#include "tests/suite/data/on_disk/support.hpp"
#include "tests/support/encoders.hpp"
#include "tests/support/miniature_trees.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;
using suite::testing::write_miniature;
using ::testing::HasSubstr;
using testing::listed;
using testing::spec_of;

LoaderOptions options(int side, int batch, plan::Augmentation augmentation = plan::Augmentation::crop_flip) {
    return {.seed = 5,
            .batch = batch,
            .augmentation = augmentation,
            .mean = {0.485, 0.456, 0.406},
            .std = {0.229, 0.224, 0.225},
            .side = side};
}

/// Every fact of a batch, and its pixels bit by bit.
std::string bytes_of(const Batch& batch) {
    std::string bytes;
    const auto add = [&bytes](const auto& values) {
        bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(*values.data()));
    };
    add(batch.samples);
    add(batch.classes);
    add(batch.label_matrix);
    add(batch.images);
    return bytes + std::to_string(batch.count) + "x" + std::to_string(batch.size);
}

std::vector<std::string> streamed(const BatchSupply& supply, std::int64_t begin, std::int64_t end,
                                  StreamOptions stream_options) {
    BatchStream stream(supply, begin, end, stream_options);
    std::vector<std::string> batches;
    for (std::int64_t number = begin; number < end; ++number) {
        batches.push_back(bytes_of(stream.wait(number)));
        stream.release(number);
    }
    return batches;
}

class Streams : public ::testing::Test {
protected:
    testing::TemporaryFolder root_;

    [[nodiscard]] DataSet opened(const std::string& id, const std::string& folder) const {
        write_miniature(root_.path(), folder);
        return to_data_set(spec_of(id), listed(id, root_.path()));
    }
};

/// What all tests of equality ask for: 3 steps of 12 images in parts of 5, 5 and 2.
const std::vector<ImageRange> uneven_parts{{0, 5}, {5, 5}, {10, 2}};

TEST_F(Streams, AnyNumberOfThreadsAndAnyDepthGiveTheSameBatches) {
    for (const auto& [id, augmentation] :
         {std::pair{"cifar10", plan::Augmentation::crop_flip},
          std::pair{"imagenet1k", plan::Augmentation::random_resized_crop}}) {
        const DataSet set = opened(id, id);
        const TrainLoader loader(set.train, {}, options(48, 12, augmentation));
        const TrainSupply supply(loader, uneven_parts);
        const auto alone = streamed(supply, 0, 9, {.workers = 0, .depth = 2});
        EXPECT_EQ(std::set(alone.begin(), alone.end()).size(), alone.size()) << "batches that differ";
        for (const int workers : {1, 2, 4}) {
            for (const int depth : {2, 3, 7}) {
                EXPECT_EQ(streamed(supply, 0, 9, {.workers = workers, .depth = depth}), alone)
                    << id << ": " << workers << " threads, depth " << depth;
            }
        }
    }
}

TEST_F(Streams, PartsAreThoseOfTheWholeBatchAndSeekingChangesNothing) {
    const DataSet set = opened("pets", "pets");
    const TrainLoader loader(set.train, {}, options(32, 12));
    const TrainSupply supply(loader, uneven_parts);
    BatchStream stream(supply, supply.number_of(41, 1), supply.number_of(43, 0), {.workers = 2, .depth = 3});
    Batch part;
    for (std::int64_t number = supply.number_of(41, 1); number < supply.number_of(43, 0); ++number) {
        const ImageRange& range = uneven_parts[static_cast<std::size_t>(number % 3)];
        loader.load(number / 3, range.first, range.count, part);
        EXPECT_EQ(bytes_of(stream.wait(number)), bytes_of(part)) << number;
        stream.release(number);
    }
}

TEST_F(Streams, XrayLabelsAndPicturesArriveTogether) {
    const DataSet set = opened("chexpert", "chexpert");
    LoaderOptions xray = options(24, 6, plan::Augmentation::xray);
    xray.pipeline = Pipeline::xray;
    const TrainLoader loader(set.train, {}, xray);
    const TrainSupply supply(loader, {{0, 6}});
    BatchStream stream(supply, 0, 1, {.workers = 2});
    const Batch& batch = stream.wait(0);
    ASSERT_EQ(batch.label_matrix.size(), 6 * set.train.labels.outputs);
    const std::size_t plane = 24U * 24U;
    for (std::size_t i = 0; i < 6; ++i) {
        EXPECT_EQ(std::memcmp(batch.label_matrix.data() + i * set.train.labels.outputs,
                              set.train.labels.matrix.data() + batch.samples[i] * set.train.labels.outputs,
                              set.train.labels.outputs * sizeof(float)),
                  0);
        const float* const red = batch.images.data() + i * 3 * plane;
        EXPECT_GT(*std::max_element(red, red + plane), *std::min_element(red, red + plane)) << "a picture";
    }
}

TEST_F(Streams, EvaluationVisitsEveryImageOnceInOrder) {
    const DataSet set = opened("flowers102", "flowers102");
    const std::size_t count = set.test.size();
    const EvaluationSupply supply(set.test, options(32, 1), {{0, 7}, {7, count - 7}});
    BatchStream stream(supply, 0, 2, {.workers = 2, .depth = 2});
    Batch whole;
    load_evaluation(set.test, options(32, 1), 0, count, whole);
    std::vector<float> images;
    std::vector<std::size_t> samples;
    for (const std::int64_t number : {0, 1}) {
        const Batch& batch = stream.wait(number);
        images.insert(images.end(), batch.images.begin(), batch.images.end());
        samples.insert(samples.end(), batch.samples.begin(), batch.samples.end());
    }
    EXPECT_TRUE(std::ranges::equal(images, whole.images));
    for (std::size_t i = 0; i < count; ++i) {
        EXPECT_EQ(samples[i], i);
    }
}

TEST_F(Streams, AreTheSameForFilesAndForShardsOfTheirPixels) {
    // CIFAR's records are 32 x 32: at that side, without augmentation, a picture is its pixels.
    const DataSet set = opened("cifar10", "cifar10");
    LoaderOptions plain = options(32, 1, plan::Augmentation::none);
    plain.mean = {0.0, 0.0, 0.0};
    plain.std = {1.0, 1.0, 1.0};
    Batch batch;
    load_evaluation(set.test, plain, 3, 1, batch);
    std::vector<std::byte> record;
    set.test.source->read(3, record);
    ASSERT_EQ(record.size(), batch.images.size());
    for (std::size_t i = 0; i < record.size(); ++i) {
        ASSERT_FLOAT_EQ(batch.images[i], static_cast<float>(std::to_integer<int>(record[i])) / 255.0F) << i;
    }
}

/// Images that come when they are told to; number, slot and thread are noted.
class ToldSupply final : public BatchSupply {
public:
    mutable std::atomic<std::int64_t> latest{-1};
    std::int64_t failing_number = -1;
    void prepare(std::int64_t, Batch& batch) const override {
        batch.count = 4;
        batch.images.resize(4);
    }
    void load_image(std::int64_t number, std::size_t slot, Batch& batch, LoadScratch&) const override {
        for (std::int64_t seen = latest; seen < number && !latest.compare_exchange_weak(seen, number);) {
        }
        if (number == failing_number && slot > 0) {
            throw Error(ErrorKind::data, Fault{.where = std::to_string(slot)});
        }
        batch.images[slot] = static_cast<float>(number * 4 + static_cast<std::int64_t>(slot));
    }
};

TEST(BatchStream, NeverRunsFurtherAheadThanItsDepth) {
    const ToldSupply supply;
    BatchStream stream(supply, 0, 100, {.workers = 3, .depth = 3});
    for (std::int64_t number = 0; number < 100; ++number) {
        const Batch& batch = stream.wait(number);
        EXPECT_LT(supply.latest.load(), number + 3);
        for (std::size_t slot = 0; slot < 4; ++slot) {
            EXPECT_EQ(batch.images[slot], static_cast<float>(number * 4 + static_cast<std::int64_t>(slot)));
        }
        stream.release(number);
    }
    EXPECT_EQ(stream.if_ready(100), nullptr) << "beyond the end";
}

TEST(BatchStream, DeliversTheFailureOfTheFirstImageInItsTurn) {
    for (const int workers : {0, 1, 4}) {
        ToldSupply supply;
        supply.failing_number = 2;
        BatchStream stream(supply, 0, 5, {.workers = workers, .depth = 4});
        EXPECT_EQ(stream.wait(0).images[3], 3.0F);
        EXPECT_EQ(stream.wait(1).images[3], 7.0F);
        const std::string text =
            testing::error_text(ErrorKind::data, [&] { static_cast<void>(stream.wait(2)); });
        EXPECT_THAT(text, HasSubstr("1")) << workers << " threads";
        EXPECT_EQ(stream.if_ready(2), nullptr);
        EXPECT_EQ(stream.wait(3).images[3], 15.0F) << "the next ones are whole";
    }
}

/// Images that wait for one another: none of a batch is there before all four have been begun.
class TogetherSupply final : public BatchSupply {
public:
    void prepare(std::int64_t, Batch& batch) const override {
        batch.count = 4;
        batch.images.resize(4);
    }
    void load_image(std::int64_t number, std::size_t, Batch&, LoadScratch&) const override {
        std::unique_lock lock(mutex_);
        ++begun_;
        all_begun_.notify_all();
        const bool all =
            all_begun_.wait_for(lock, std::chrono::seconds(20), [&] { return begun_ >= 4 * (number + 1); });
        if (!all) {
            throw Error(ErrorKind::data, Fault{.where = "threads that were not woken"});
        }
    }

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable all_begun_;
    mutable std::int64_t begun_ = 0;
};

TEST(BatchStream, ARoomForABatchWakesAThreadForEachOfItsImages) {
    const TogetherSupply supply;
    BatchStream stream(supply, 0, 200, {.workers = 4, .depth = 2});
    for (std::int64_t number = 0; number < 200; ++number) {
        ASSERT_EQ(stream.wait(number).count, 4U);
        stream.release(number);
    }
}

TEST(BatchStream, EndsWhileItsThreadsAreAtWork) {
    const ToldSupply supply;
    for (int i = 0; i < 200; ++i) {
        BatchStream stream(supply, 0, 1'000'000, {.workers = 2, .depth = 3});
        if (i % 2 == 1) {
            static_cast<void>(stream.wait(0));
        }
    }
}

/// Counts what is asked of the memory that images lie in.
class CountedMemory : public std::pmr::memory_resource {
public:
    std::atomic<std::size_t> bytes{0};

private:
    void* do_allocate(std::size_t size, std::size_t alignment) override {
        bytes += size;
        return std::pmr::new_delete_resource()->allocate(size, alignment);
    }
    void do_deallocate(void* place, std::size_t size, std::size_t alignment) override {
        std::pmr::new_delete_resource()->deallocate(place, size, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
};

TEST(BatchStream, TakesImageMemoryFromItsResourceOnceABatch) {
    const ToldSupply supply;
    CountedMemory memory;
    {
        BatchStream stream(supply, 0, 50, {.workers = 2, .depth = 3, .memory = &memory});
        for (std::int64_t number = 0; number < 50; ++number) {
            static_cast<void>(stream.wait(number));
            stream.release(number);
        }
    }
    EXPECT_EQ(memory.bytes, 3 * 4 * sizeof(float)) << "three batches of four floats, whatever the length";
}

class BadImagesOfARun : public Streams {
protected:
    /// Breaks the file of one training sample after listing; gives its index.
    static std::size_t broken(const DataSet& set, std::size_t sample) { return broken(set.train, sample); }
    static std::size_t broken(const Split& split, std::size_t sample) {
        const fs::path path = split.source->name(sample);
        const auto time = fs::last_write_time(path);
        const auto size = fs::file_size(path);
        fs::resize_file(path, 0);
        fs::resize_file(path, size); // zeros, as long as before: only decoding tells
        fs::last_write_time(path, time);
        return sample;
    }
    /// A JPEG without its last data.
    static void cut_short(const fs::path& path) {
        const std::string bytes = read_file(path, ErrorKind::data);
        suite::testing::write_file(path, bytes.substr(0, bytes.size() - 42) + "\xff\xd9");
    }
};

TEST_F(BadImagesOfARun, StopWithPathAndSample) {
    const DataSet set = opened("pets", "pets");
    const std::size_t bad = broken(set, 6);
    const TrainLoader loader(set.train, {bad}, options(32, 2));
    Batch batch;
    const std::string text = testing::error_text(ErrorKind::data, [&] { loader.load(0, batch); });
    EXPECT_THAT(text, HasSubstr("sample 6: " + set.train.source->name(6)));
}

TEST_F(BadImagesOfARun, VanishedFilesAreNamed) {
    const DataSet set = opened("pets", "pets");
    const std::string name = set.train.source->name(2);
    fs::remove(name);
    const TrainLoader loader(set.train, {2}, options(32, 1));
    Batch batch;
    const std::string text = testing::error_text(ErrorKind::data, [&] { loader.load(0, batch); });
    EXPECT_THAT(text, HasSubstr("sample 2: " + name));
    EXPECT_THAT(text, HasSubstr("the file that was there when the data set was opened"));
}

TEST_F(BadImagesOfARun, SkippingTakesTheNextOfTheSubsetAndNotesIt) {
    const DataSet set = opened("pets", "pets");
    const std::vector<std::size_t> subset{9, 4, 6, 1};
    LoaderOptions skipping = options(32, 4);
    skipping.on_bad_image = BadImagePolicy::skip;
    Batch whole;
    TrainLoader(set.train, subset, skipping).load(0, whole);
    static_cast<void>(broken(set, 4));
    static_cast<void>(broken(set, 6));
    std::set<std::string> seen;
    for (const int workers : {0, 1, 4}) {
        const TrainLoader loader(set.train, subset, skipping);
        const TrainSupply supply(loader, {{0, 4}});
        BatchStream stream(supply, 0, 1, {.workers = workers, .depth = 2});
        const Batch& batch = stream.wait(0);
        for (std::size_t i = 0; i < 4; ++i) {
            const std::size_t drawn = whole.samples[i];
            EXPECT_EQ(batch.samples[i], drawn == 4 || drawn == 6 ? 1 : drawn) << "1 is next to both";
            EXPECT_EQ(batch.classes[i], set.train.labels.classes[batch.samples[i]]);
        }
        seen.insert(bytes_of(batch));
        const std::vector<BadImage> skipped = loader.skipped();
        ASSERT_EQ(skipped.size(), 2U);
        EXPECT_EQ(skipped[0].sample, 4U);
        EXPECT_EQ(skipped[1].name, set.train.source->name(6));
        EXPECT_THAT(skipped[1].reason, HasSubstr("sample 6: "));
    }
    EXPECT_EQ(seen.size(), 1U) << "the same bits on any number of threads";
}

TEST_F(BadImagesOfARun, SkippingAllOfThemIsAFault) {
    const DataSet set = opened("pets", "pets");
    LoaderOptions skipping = options(32, 2);
    skipping.on_bad_image = BadImagePolicy::skip;
    const TrainLoader loader(set.train, {broken(set, 0), broken(set, 1)}, skipping);
    Batch batch;
    EXPECT_FALSE(testing::error_text(ErrorKind::data, [&] { loader.load(0, batch); }).empty());
}

TEST_F(BadImagesOfARun, AreFoundByReadingTheTestPart) {
    const DataSet set = opened("pets", "pets");
    static_cast<void>(broken(set.test, 4));
    fs::remove(set.test.source->name(17));
    cut_short(set.test.source->name(9));
    for (const int workers : {0, 3}) {
        const SplitFindings found = check_images(set.test, options(32, 1), {2, 18}, workers);
        ASSERT_EQ(found.bad.size(), 2U);
        EXPECT_EQ(found.bad[0].sample, 4U);
        EXPECT_EQ(found.bad[1].name, set.test.source->name(17));
        ASSERT_EQ(found.faults.size(), 2U);
        EXPECT_EQ(found.faults[1].where, "sample 17: " + set.test.source->name(17));
        ASSERT_EQ(found.incomplete.size(), 1U);
        EXPECT_EQ(found.incomplete[0].sample, 9U);
        EXPECT_THAT(found.incomplete[0].reason, HasSubstr("data end early"));
    }
    const Split rest = without_samples(set.test, std::vector<std::size_t>{4, 17});
    ASSERT_EQ(rest.size(), set.test.size() - 2);
    EXPECT_EQ(rest.source->name(16), set.test.source->name(18));
    EXPECT_EQ(rest.labels.classes[4], set.test.labels.classes[5]);
    EXPECT_EQ(check_images(rest, options(32, 1), {0, rest.size()}, 1).bad.size(), 0U);
}

TEST_F(BadImagesOfARun, TheCheckEndsWhenItIsStopped) {
    const DataSet set = opened("pets", "pets");
    EXPECT_FALSE(
        testing::error_text(ErrorKind::interrupted, [&] {
            static_cast<void>(check_images(set.test, options(32, 1), {0, 24}, 1, [] { return true; }));
        }).empty());
}

TEST_F(BadImagesOfARun, ThoseThatEndEarlyAreUsedAndNoted) {
    const DataSet set = opened("pets", "pets");
    cut_short(set.train.source->name(6));
    const TrainLoader loader(set.train, {4, 6}, options(32, 2));
    Batch batch;
    loader.load(0, batch);
    loader.load(1, batch);
    EXPECT_TRUE(loader.skipped().empty());
    ASSERT_EQ(loader.incomplete().size(), 1U);
    EXPECT_EQ(loader.incomplete()[0].name, set.train.source->name(6));
}

TEST_F(BadImagesOfARun, NeverSkipsInEvaluation) {
    const DataSet set = opened("pets", "pets");
    LoaderOptions skipping = options(32, 2);
    skipping.on_bad_image = BadImagePolicy::skip;
    fs::remove(set.test.source->name(0));
    Batch batch;
    EXPECT_FALSE(testing::error_text(ErrorKind::data, [&] {
                     load_evaluation(set.test, skipping, 0, 2, batch);
                 }).empty());
}

} // namespace
} // namespace suite::data
