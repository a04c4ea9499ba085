#include "suite/data/loading/split_check.hpp"

#include <algorithm>
#include <cassert>
#include <map>
#include <mutex>

#include "suite/data/on_disk/manifest_source.hpp"

namespace suite::data {
namespace {

constexpr std::size_t images_per_batch = 16;

/// Batches whose images are read and noted when they are bad.
class CheckSupply final : public BatchSupply {
public:
    CheckSupply(const Split& split, const LoaderOptions& options, ImageRange range)
        : reader_(split, options), range_(range), bad_("cannot be used: ") {}

    [[nodiscard]] std::int64_t batches() const {
        return static_cast<std::int64_t>((range_.count + images_per_batch - 1) / images_per_batch);
    }
    void prepare(std::int64_t number, Batch& batch) const override {
        const std::size_t begin = static_cast<std::size_t>(number) * images_per_batch;
        reader_.prepare(std::min(images_per_batch, range_.count - begin), batch);
    }
    void load_image(std::int64_t number, std::size_t slot, Batch& batch,
                    LoadScratch& scratch) const override {
        const std::size_t sample = range_.first + static_cast<std::size_t>(number) * images_per_batch + slot;
        try {
            reader_.read(sample, std::nullopt, slot, batch, scratch);
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::data) {
                throw;
            }
            note(sample, error);
        }
    }
    [[nodiscard]] SplitFindings findings() const {
        SplitFindings found{.bad = bad_.list(), .faults = {}, .incomplete = reader_.incomplete()};
        for (const auto& [sample, fault] : faults_) {
            found.faults.push_back(fault);
        }
        return found;
    }

private:
    SampleReader reader_;
    ImageRange range_;
    mutable BadImages bad_;
    mutable std::mutex mutex_;
    mutable std::map<std::size_t, Fault> faults_; ///< by sample

    void note(std::size_t sample, const Error& error) const {
        bad_.note({.sample = sample, .name = reader_.split().source->name(sample), .reason = error.what()});
        const std::lock_guard lock(mutex_);
        faults_.emplace(sample, error.faults().front());
    }
};

/// The entries of `values`, `width` of them a sample, of the samples that stay.
template<typename Value>
std::vector<Value> kept_values(const std::vector<Value>& values, std::span<const std::uint32_t> kept,
                               std::size_t width) {
    std::vector<Value> some;
    if (!values.empty()) {
        for (const std::uint32_t sample : kept) {
            const auto first = values.begin() + static_cast<std::ptrdiff_t>(sample * width);
            some.insert(some.end(), first, first + static_cast<std::ptrdiff_t>(width));
        }
    }
    return some;
}

} // namespace

SplitFindings check_images(const Split& split, const LoaderOptions& options, ImageRange range, int workers,
                           const std::function<bool()>& stop_requested) {
    assert(split.source && range.first + range.count <= split.size());
    const CheckSupply supply(split, options, range);
    BatchStream stream(supply, 0, supply.batches(), {.workers = workers});
    for (std::int64_t number = 0; number < supply.batches(); ++number) {
        if (stop_requested && stop_requested()) {
            throw Error(ErrorKind::interrupted, {.where = "checking test images",
                                                 .found = "a request to stop",
                                                 .expected = "",
                                                 .fix = "run the same command again"});
        }
        static_cast<void>(stream.wait(number));
        stream.release(number);
    }
    return supply.findings();
}

Split without_samples(const Split& split, std::span<const std::size_t> samples) {
    std::vector<std::uint32_t> kept;
    for (std::size_t sample = 0; sample < split.size(); ++sample) {
        if (!std::ranges::binary_search(samples, sample)) {
            kept.push_back(static_cast<std::uint32_t>(sample));
        }
    }
    Split some;
    some.labels = {.task = split.labels.task,
                   .outputs = split.labels.outputs,
                   .classes = kept_values(split.labels.classes, kept, 1),
                   .matrix = kept_values(split.labels.matrix, kept, split.labels.outputs)};
    some.patients = kept_values(split.patients, kept, 1);
    some.source = some_of_source(split.source, std::move(kept));
    return some;
}

} // namespace suite::data
