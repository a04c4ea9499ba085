#include "suite/train/test_images.hpp"

#include <algorithm>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "suite/base/log.hpp"
#include "suite/data/loading/split_check.hpp"
#include "suite/dist/deferred_failure.hpp"
#include "suite/train/detail/step_images.hpp"

namespace suite::train {
namespace {

constexpr std::size_t most_named_images = 20;
constexpr std::size_t images_per_round = 512; // of a rank: seconds
constexpr std::size_t worth_a_message = 1000; // images: several seconds

bool has_work(const plan::RunConfig& config, const data::DataSet& data_set) {
    return config.kind != plan::RunKind::scaling && data_set.test.source && data_set.test.size() > 0;
}

/// This rank's part of images [first, first + count).
data::ImageRange share_of(const data::ImageRange& range, const dist::Communicator& communicator) {
    const auto ranks = static_cast<std::size_t>(communicator.size());
    const auto rank = static_cast<std::size_t>(communicator.rank());
    const std::size_t begin = range.count * rank / ranks;
    return {.first = range.first + begin, .count = range.count * (rank + 1) / ranks - begin};
}

template<typename Value>
void append(std::vector<Value>& to, std::vector<Value>&& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

/// Collective: what this rank found. The ranks meet often enough that none seems dead to the others.
data::SplitFindings check_share(const data::Split& split, const data::LoaderOptions& options, int workers,
                                const std::function<bool()>& stop_requested,
                                dist::Communicator& communicator) {
    const std::size_t per_round = images_per_round * static_cast<std::size_t>(communicator.size());
    data::SplitFindings own;
    for (std::size_t first = 0; first < split.size(); first += per_round) {
        const data::ImageRange round{.first = first, .count = std::min(per_round, split.size() - first)};
        dist::run_collectively(communicator, [&] {
            data::SplitFindings found =
                data::check_images(split, options, share_of(round, communicator), workers, stop_requested);
            append(own.bad, std::move(found.bad));
            append(own.faults, std::move(found.faults));
            append(own.incomplete, std::move(found.incomplete));
        });
    }
    return own;
}

/// The first of this rank's bad images, and how many there are of all ranks.
[[noreturn]] void refuse(const data::DataSet& data_set, const data::SplitFindings& own, std::size_t bad) {
    std::vector<Fault> faults(
        own.faults.begin(),
        own.faults.begin() + static_cast<std::ptrdiff_t>(std::min(own.faults.size(), most_named_images)));
    faults.push_back(
        {.where = data_set.id + ": test part",
         .found = fmt::format("{} of {} images that cannot be used", bad, data_set.test.size()),
         .expected = "images that can all be decoded",
         .fix = fmt::format("obtain them again (`transferscale data check {} --images` names all), "
                            "or run with --on-bad-image skip: the record then says which were "
                            "left out",
                            data_set.id)});
    throw Error(ErrorKind::data, std::move(faults));
}

} // namespace

TestImages check_test_images(const plan::RunConfig& config, const data::DataSet& data_set,
                             const LoadingHooks& loading, const std::function<bool()>& stop_requested,
                             dist::Communicator& communicator) {
    if (!has_work(config, data_set)) {
        return {};
    }
    if (communicator.rank() == 0 && data_set.test.size() >= worth_a_message) {
        log_info(fmt::format("{}: reading the {} test images once before training", data_set.id,
                             data_set.test.size()));
    }
    communicator.set_phase("check test images");
    const data::SplitFindings own = check_share(data_set.test, detail::loader_options(config),
                                                loading.workers, stop_requested, communicator);
    TestImages images{.skipped = images_of_all_ranks(own.bad, data_set.test, communicator),
                      .incomplete = images_of_all_ranks(own.incomplete, data_set.test, communicator)};
    const std::size_t bad = images.skipped.size();
    const bool stops = loading.on_bad_image == data::BadImagePolicy::stop;
    dist::run_collectively(communicator, [&] {
        if (!own.bad.empty() && (stops || bad == data_set.test.size())) {
            refuse(data_set, own, bad);
        }
    });
    return images;
}

std::shared_ptr<const data::DataSet> without_skipped(std::shared_ptr<const data::DataSet> data_set,
                                                     const TestImages& images) {
    if (images.skipped.empty()) {
        return data_set;
    }
    std::vector<std::size_t> samples(images.skipped.size());
    std::ranges::transform(images.skipped, samples.begin(), &data::BadImage::sample);
    auto some = std::make_shared<data::DataSet>(*data_set);
    some->test = data::without_samples(data_set->test, samples);
    return some;
}

std::vector<data::BadImage> images_of_all_ranks(std::vector<data::BadImage> own, const data::Split& split,
                                                dist::Communicator& communicator) {
    if (!split.source || communicator.size() == 1) {
        return own;
    }
    auto most = static_cast<std::int64_t>(own.size());
    communicator.all_reduce(dist::buffer(std::span(&most, 1)), dist::Reduction::maximum);
    std::vector<std::int64_t> mine(static_cast<std::size_t>(most), -1);
    std::ranges::transform(own, mine.begin(), [](const data::BadImage& image) {
        return static_cast<std::int64_t>(image.sample);
    });
    std::vector<std::int64_t> all(mine.size() * static_cast<std::size_t>(communicator.size()));
    if (!mine.empty()) {
        communicator.all_gather(dist::buffer(std::span(mine)), dist::buffer(std::span(all)));
    }
    std::map<std::size_t, data::BadImage> images;
    for (data::BadImage& image : own) {
        images.emplace(image.sample, std::move(image));
    }
    for (const std::int64_t entry : all) {
        const auto sample = static_cast<std::size_t>(std::max<std::int64_t>(entry, 0));
        if (entry >= 0 && !images.contains(sample)) {
            images[sample] = {.sample = sample, .name = split.source->name(sample), .reason = {}};
        }
    }
    own.clear();
    for (auto& [sample, image] : images) {
        own.push_back(std::move(image));
    }
    return own;
}

} // namespace suite::train
