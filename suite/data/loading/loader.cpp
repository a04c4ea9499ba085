#include "suite/data/loading/loader.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "suite/base/error.hpp"
#include "suite/base/philox.hpp"

namespace suite::data {
namespace {

// Images in a row that may be bad before skipping gives up: that is no longer a matter of single files.
constexpr std::size_t most_replacements = 100;

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
    try {
        static_cast<void>(SampleReader(split, options));
    } catch (const Error& error) {
        std::ranges::for_each(error.faults(), [&faults](const Fault& fault) { faults.add(fault); });
    }
    faults.throw_if_any(ErrorKind::usage);
}

/// The options, once they are checked: all faults at once, before any member is made of them.
LoaderOptions checked(const Split& split, const std::vector<std::size_t>& subset, LoaderOptions options) {
    check_options(split, subset, options);
    return options;
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

} // namespace

TrainLoader::TrainLoader(const Split& split, std::vector<std::size_t> subset, LoaderOptions options)
    : reader_(split, checked(split, subset, options)),
      subset_(std::move(subset)),
      options_(std::move(options)),
      bad_images_(std::make_shared<BadImages>("skipped: ")) {
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
        return {.member = permuted,
                .key = {.seed = options_.seed, .epoch = short_epoch, .sample = subset_[permuted]}};
    }
    PhiloxStream stream(
        {.seed = options_.seed, .purpose = Purpose::sampling, .epoch = short_epoch, .sample = place});
    const double target = stream.uniform_double() * cumulative_weights_.back();
    const auto found = std::ranges::upper_bound(cumulative_weights_, target);
    const auto index =
        std::min(static_cast<std::size_t>(found - cumulative_weights_.begin()), subset_.size() - 1);
    return {.member = index, .key = {.seed = options_.seed, .epoch = short_epoch, .sample = place}};
}

KeyedPermutation TrainLoader::order_of(std::uint64_t epoch) const {
    return {subset_.size(),
            {.seed = options_.seed, .purpose = Purpose::order, .epoch = static_cast<std::uint32_t>(epoch)}};
}

void TrainLoader::load_drawn(const Draw& drawn, std::size_t slot, Batch& batch, LoadScratch& scratch) const {
    const std::size_t tries =
        options_.on_bad_image == BadImagePolicy::stop ? 1 : std::min(subset_.size(), most_replacements);
    for (std::size_t next = 0; next < tries; ++next) {
        const std::size_t sample = subset_[(drawn.member + next) % subset_.size()];
        try {
            reader_.read(sample, drawn.key, slot, batch, scratch);
            return;
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::data || next + 1 == tries) {
                throw;
            }
            bad_images_->note(
                {.sample = sample, .name = reader_.split().source->name(sample), .reason = error.what()});
        }
    }
}

void TrainLoader::load(std::int64_t step, Batch& batch) const {
    load(step, 0, static_cast<std::size_t>(options_.batch), batch);
}

void TrainLoader::load(std::int64_t step, std::size_t first, std::size_t count, Batch& batch) const {
    const auto batch_size = static_cast<std::size_t>(options_.batch);
    assert(step >= 0 && first + count <= batch_size);
    prepare(count, batch);
    std::optional<KeyedPermutation> order;
    std::uint64_t order_epoch = 0;
    const auto draw_slot = [&](std::size_t slot) {
        const std::uint64_t position = static_cast<std::uint64_t>(step) * batch_size + first + slot;
        const std::uint64_t epoch = position / subset_.size();
        if (!order || order_epoch != epoch) {
            order.emplace(order_of(epoch));
            order_epoch = epoch;
        }
        const std::uint64_t place = position % subset_.size();
        return draw(epoch, place, (*order)(place));
    };
    Draw next = count > 0 ? draw_slot(0) : Draw{};
    for (std::size_t slot = 0; slot < count; ++slot) {
        const Draw drawn = next;
        if (slot + 1 < count) {
            next = draw_slot(slot + 1);
            reader_.prefetch(subset_[next.member]);
        }
        load_drawn(drawn, slot, batch, batch.scratch);
    }
}

void TrainLoader::load_image(std::int64_t step, std::size_t place, std::size_t slot, Batch& batch,
                             LoadScratch& scratch) const {
    const std::uint64_t position =
        static_cast<std::uint64_t>(step) * static_cast<std::uint64_t>(options_.batch) + place;
    const std::uint64_t epoch = position / subset_.size();
    const std::uint64_t in_epoch = position % subset_.size();
    load_drawn(draw(epoch, in_epoch, order_of(epoch)(in_epoch)), slot, batch, scratch);
}

} // namespace suite::data
