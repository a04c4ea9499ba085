// A problem that a small network learns in a second, for the tests of training.
#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "suite/base/error.hpp"
#include "suite/base/philox.hpp"
#include "suite/data/image_source.hpp"
#include "suite/train/trainer.hpp"

namespace suite::train::testing_toy {

inline constexpr int side = 10;

/// Bright or dark squares: the class is where the bright quarter is; noise on top.
inline data::Split toy_split(std::size_t count, std::uint64_t seed, plan::Task task) {
    data::Split split;
    split.images = {count, 3, side, std::vector<std::uint8_t>(count * 3 * side * side)};
    split.labels.task = task;
    split.labels.outputs = 4;
    PhiloxStream random({.seed = seed, .purpose = Purpose::content});
    for (std::size_t n = 0; n < count; ++n) {
        const std::size_t label = n % 4;
        for (std::size_t i = 0; i < 3 * side * side; ++i) {
            const std::size_t y = i / side % side;
            const std::size_t x = i % side;
            const bool bright = (y / 5) * 2 + x / 5 == label;
            split.images.pixels[n * 3 * side * side + i] =
                static_cast<std::uint8_t>((bright ? 150 : 40) + random.below(60));
        }
        if (task == plan::Task::multiclass) {
            split.labels.classes.push_back(static_cast<std::int64_t>(label));
        } else {
            for (std::size_t k = 0; k < 4; ++k) {
                split.labels.matrix.push_back(random.bernoulli(0.2) ? data::missing_label
                                                                    : (k == label ? 1.0F : 0.0F));
            }
        }
    }
    return split;
}

inline data::DataSet toy(plan::Task task = plan::Task::multiclass) {
    return {.id = "toy",
            .label_names = {"a", "b", "c", "d"},
            .train = toy_split(96, 1, task),
            .test = toy_split(41, 2, task)};
}

/// The split's pixels as records of a source; those of `bad` cannot be read.
class ToyRecords final : public data::ImageSource {
public:
    ToyRecords(data::Images images, std::vector<std::size_t> bad)
        : images_(std::move(images)), bad_(std::move(bad)) {}
    [[nodiscard]] std::size_t size() const noexcept override { return images_.count; }
    [[nodiscard]] std::string name(std::size_t index) const override {
        return "toy:record " + std::to_string(index);
    }
    [[nodiscard]] data::RawExtent raw_extent() const noexcept override {
        return {.width = images_.size, .height = images_.size, .channels = images_.channels};
    }
    void read(std::size_t index, std::vector<std::byte>& bytes) const override {
        if (std::find(bad_.begin(), bad_.end(), index) != bad_.end()) {
            throw Error(ErrorKind::data, Fault{.where = name(index), .found = "no record"});
        }
        const auto record = std::as_bytes(images_.image(index));
        bytes.assign(record.begin(), record.end());
    }

private:
    data::Images images_;
    std::vector<std::size_t> bad_;
};

/// The toy behind sources, as published sets are.
inline data::DataSet toy_on_disk(std::vector<std::size_t> bad = {}, plan::Task task = plan::Task::multiclass,
                                 std::vector<std::size_t> bad_in_test = {}) {
    data::DataSet set = toy(task);
    set.train.source = std::make_shared<const ToyRecords>(std::move(set.train.images), std::move(bad));
    set.test.source = std::make_shared<const ToyRecords>(std::move(set.test.images), std::move(bad_in_test));
    set.train.images = set.test.images = {};
    return set;
}

inline plan::RunConfig toy_config(std::uint64_t seed = 0) {
    plan::RunConfig config;
    config.seed = seed;
    config.network.id = "toy";
    config.network.unit = plan::Unit::basic;
    config.network.stem = plan::Stem::small_2;
    config.network.depths = {1, 1};
    config.network.stem_channels = 8;
    config.network.stage_channels = {8, 16};
    config.network.groups = 4;
    config.train.batch = 16;
    config.train.micro_batch = 8;
    config.train.evaluation_batch = 16;
    config.train.mean = {0.5, 0.5, 0.5};
    config.train.std = {0.5, 0.5, 0.5};
    config.train.schedule = {.kind = plan::ScheduleKind::hyperrule,
                             .peak_lr = 1.0,
                             .total_steps = 40,
                             .boundaries = {5, 20, 30, 35, 40}};
    return config;
}

inline void expect_same_bits(const TrainResult& a, const TrainResult& b) {
    EXPECT_EQ(a.weights.values, b.weights.values);
    EXPECT_EQ(a.weights.arenas, b.weights.arenas);
    EXPECT_EQ(a.predictions.scores, b.predictions.scores);
    ASSERT_EQ(a.losses.size(), b.losses.size());
    for (std::size_t i = 0; i < a.losses.size(); ++i) {
        EXPECT_EQ(a.losses[i].loss, b.losses[i].loss) << "step " << i;
    }
}

} // namespace suite::train::testing_toy
