#include "suite/data/loader.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "suite/base/error.hpp"
#include "suite/base/philox.hpp"
#include "suite/data/rand_augment.hpp"
#include "suite/data/transforms.hpp"

namespace suite::data {
namespace {

void check_normalisation(const LoaderOptions& options, FaultList& faults) {
    const bool std_positive = std::ranges::all_of(options.std, [](double value) { return value > 0.0; });
    if (options.mean.size() != 3 || options.std.size() != 3 || !std_positive) {
        faults.add(
            {.where = "mean, std",
             .found = fmt::format("[{}], [{}]", fmt::join(options.mean, ", "), fmt::join(options.std, ", ")),
             .expected = "3 values each, std above 0",
             .fix = "correct the recipe"});
    }
}

void check_options(const Split& split, const std::vector<std::size_t>& subset, const LoaderOptions& options) {
    FaultList faults;
    if (split.size() == 0) {
        faults.add({.where = "split", .found = "no images", .expected = "at least one", .fix = ""});
    }
    if (options.batch < 1) {
        faults.add({.where = "batch",
                    .found = fmt::format("{}", options.batch),
                    .expected = "at least 1",
                    .fix = ""});
    }
    const auto outside =
        std::ranges::find_if(subset, [&](std::size_t index) { return index >= split.size(); });
    if (outside != subset.end()) {
        faults.add({.where = fmt::format("subset[{}]", outside - subset.begin()),
                    .found = fmt::format("{}", *outside),
                    .expected = fmt::format("an index below {}", split.size()),
                    .fix = ""});
    }
    if (options.oversampling && split.labels.task != plan::Task::multiclass) {
        faults.add({.where = "oversampling",
                    .found = "a multi-label set",
                    .expected = "classes to draw evenly",
                    .fix = "switch oversampling off"});
    }
    check_normalisation(options, faults);
    faults.throw_if_any(ErrorKind::usage);
}

/// Running sums of N / count(class) over the subset.
std::vector<double> even_class_weights(const Labels& labels, std::span<const std::size_t> subset) {
    std::vector<double> counts(labels.outputs, 0.0);
    for (const std::size_t index : subset) {
        counts[static_cast<std::size_t>(labels.classes[index])] += 1.0;
    }
    std::vector<double> sums;
    sums.reserve(subset.size());
    double sum = 0.0;
    for (const std::size_t index : subset) {
        sum += static_cast<double>(subset.size()) / counts[static_cast<std::size_t>(labels.classes[index])];
        sums.push_back(sum);
    }
    return sums;
}

/// Gives the batch room for `count` images; keeps its memory.
void prepare(Batch& batch, const Split& split, std::size_t count) {
    const auto side = static_cast<std::size_t>(split.images.size);
    const bool multiclass = split.labels.task == plan::Task::multiclass;
    batch.count = count;
    batch.size = split.images.size;
    batch.images.resize(count * 3 * side * side);
    batch.classes.resize(multiclass ? count : 0);
    batch.label_matrix.resize(multiclass ? 0 : count * split.labels.outputs);
    batch.samples.resize(count);
}

void copy_labels(const Split& split, std::size_t sample, std::size_t slot, Batch& batch) {
    batch.samples[slot] = sample;
    if (split.labels.task == plan::Task::multiclass) {
        batch.classes[slot] = split.labels.classes[sample];
        return;
    }
    const std::size_t outputs = split.labels.outputs;
    std::copy_n(split.labels.matrix.data() + sample * outputs, outputs,
                batch.label_matrix.data() + slot * outputs);
}

ImageView view_of(const Split& split, std::size_t sample) {
    return {
        .pixels = split.images.image(sample), .channels = split.images.channels, .size = split.images.size};
}

void copy_image(const ImageView& image, std::size_t slot, const Sampling& sampling,
                const Normalisation& normalisation, Batch& batch) {
    const std::size_t floats = batch.images.size() / batch.count;
    sample_image(image, sampling, normalisation, std::span(batch.images).subspan(slot * floats, floats));
}

} // namespace

TrainLoader::TrainLoader(const Split& split, std::vector<std::size_t> subset, LoaderOptions options)
    : split_(&split), subset_(std::move(subset)), options_(std::move(options)) {
    check_options(split, subset_, options_);
    if (subset_.empty()) {
        subset_.resize(split.size());
        std::iota(subset_.begin(), subset_.end(), std::size_t{0});
    }
    if (options_.oversampling) {
        cumulative_weights_ = even_class_weights(split.labels, subset_);
    } else if (subset_.size() < static_cast<std::size_t>(std::max(options_.micro_batch, 0))) {
        cumulative_weights_.resize(subset_.size());
        std::iota(cumulative_weights_.begin(), cumulative_weights_.end(), 1.0);
    }
}

std::size_t TrainLoader::subset_size() const noexcept {
    return subset_.size();
}

TrainLoader::Draw TrainLoader::draw(std::uint64_t epoch, std::uint64_t place, std::uint64_t permuted) const {
    const auto short_epoch = static_cast<std::uint32_t>(epoch);
    if (cumulative_weights_.empty()) {
        const std::size_t sample = subset_[permuted];
        return {.sample = sample, .epoch = short_epoch, .augmentation_key = sample};
    }
    PhiloxStream stream(
        {.seed = options_.seed, .purpose = Purpose::sampling, .epoch = short_epoch, .sample = place});
    const double target = stream.uniform_double() * cumulative_weights_.back();
    const auto found = std::ranges::upper_bound(cumulative_weights_, target);
    const auto index =
        std::min(static_cast<std::size_t>(found - cumulative_weights_.begin()), subset_.size() - 1);
    return {.sample = subset_[index], .epoch = short_epoch, .augmentation_key = place};
}

void TrainLoader::load_sample(const Draw& drawn, std::size_t slot, Batch& batch) const {
    StreamKey key{.seed = options_.seed,
                  .purpose = Purpose::rand_augment,
                  .epoch = drawn.epoch,
                  .sample = drawn.augmentation_key};
    const plan::AugmentationDetail& detail = options_.augmentation_detail;
    ImageView image = view_of(*split_, drawn.sample);
    if (detail.rand_augment_operations > 0) {
        image = rand_augment(image, detail.rand_augment_operations, detail.rand_augment_magnitude,
                             PhiloxStream(key), batch.augmented);
    }
    key.purpose = Purpose::augmentation;
    copy_image(image, slot, draw_sampling(options_.augmentation, batch.size, PhiloxStream(key), detail),
               make_normalisation(options_.mean, options_.std), batch);
    copy_labels(*split_, drawn.sample, slot, batch);
}

void TrainLoader::load(std::int64_t step, Batch& batch) const {
    load(step, 0, static_cast<std::size_t>(options_.batch), batch);
}

void TrainLoader::load(std::int64_t step, std::size_t first, std::size_t count, Batch& batch) const {
    const auto batch_size = static_cast<std::size_t>(options_.batch);
    assert(step >= 0 && first + count <= batch_size);
    prepare(batch, *split_, count);
    std::optional<KeyedPermutation> order;
    std::uint64_t order_epoch = 0;
    for (std::size_t slot = 0; slot < count; ++slot) {
        const std::uint64_t position = static_cast<std::uint64_t>(step) * batch_size + first + slot;
        const std::uint64_t epoch = position / subset_.size();
        if (!order || order_epoch != epoch) {
            order.emplace(subset_.size(), StreamKey{.seed = options_.seed,
                                                    .purpose = Purpose::order,
                                                    .epoch = static_cast<std::uint32_t>(epoch)});
            order_epoch = epoch;
        }
        const std::uint64_t place = position % subset_.size();
        load_sample(draw(epoch, place, (*order)(place)), slot, batch);
    }
}

void load_evaluation(const Split& split, const LoaderOptions& options, std::size_t first, std::size_t count,
                     Batch& batch) {
    assert(first + count <= split.size());
    FaultList faults;
    check_normalisation(options, faults);
    faults.throw_if_any(ErrorKind::usage);
    prepare(batch, split, count);
    const Normalisation normalisation = make_normalisation(options.mean, options.std);
    const Sampling whole = whole_image(split.images.size);
    for (std::size_t slot = 0; slot < count; ++slot) {
        copy_image(view_of(split, first + slot), slot, whole, normalisation, batch);
        copy_labels(split, first + slot, slot, batch);
    }
}

} // namespace suite::data
