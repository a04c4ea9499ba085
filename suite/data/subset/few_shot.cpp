// The two published few-shot draws (paper.md#few-shot-draw).
#include <algorithm>
#include <deque>
#include <numeric>

#include <fmt/format.h>

#include "suite/base/error.hpp"
#include "suite/data/loading/loader.hpp"
#include "suite/data/subset/legacy_draws.hpp"

namespace suite::data {
namespace {

std::vector<std::size_t> class_counts(const Labels& labels) {
    std::vector<std::size_t> counts(labels.outputs, 0);
    for (const std::int64_t label : labels.classes) {
        ++counts[static_cast<std::size_t>(label)];
    }
    return counts;
}

void check_classes_are_large_enough(const Labels& labels, std::size_t shots) {
    FaultList faults;
    const std::vector<std::size_t> counts = class_counts(labels);
    for (std::size_t c = 0; c < counts.size(); ++c) {
        if (counts[c] < shots) {
            faults.add({.where = fmt::format("class {}", c),
                        .found = fmt::format("{} training images", counts[c]),
                        .expected = fmt::format("at least the {} shots", shots),
                        .fix = "ask for fewer shots or declare more training images"});
        }
    }
    faults.throw_if_any(ErrorKind::usage);
}

/// Scans in `order`, keeps the newest `shots` of each class, stops as soon as all classes are full.
std::vector<std::size_t> newest_per_class(const Labels& labels, std::size_t shots,
                                          std::span<const std::size_t> order) {
    std::vector<std::deque<std::size_t>> kept(labels.outputs);
    std::size_t full = 0;
    for (const std::size_t index : order) {
        std::deque<std::size_t>& queue = kept[static_cast<std::size_t>(labels.classes[index])];
        queue.push_back(index);
        if (queue.size() > shots) {
            queue.pop_front();
        } else if (queue.size() == shots) {
            ++full;
        }
        if (full == kept.size()) {
            break;
        }
    }
    std::vector<std::size_t> subset;
    for (const std::deque<std::size_t>& queue : kept) {
        subset.insert(subset.end(), queue.begin(), queue.end());
    }
    return subset;
}

std::vector<std::size_t> generic_draw(const Labels& labels, std::size_t shots, std::uint64_t seed) {
    check_classes_are_large_enough(labels, shots);
    std::vector<std::size_t> subset =
        newest_per_class(labels, shots, torch_data_loader_order(labels.classes.size(), seed));
    numpy_shuffle(subset, static_cast<std::uint32_t>(seed));
    return subset;
}

std::vector<std::size_t> per_class_draw(const Labels& labels, std::size_t shots, std::uint64_t seed) {
    std::vector<std::vector<std::size_t>> members(labels.outputs);
    for (std::size_t i = 0; i < labels.classes.size(); ++i) {
        members[static_cast<std::size_t>(labels.classes[i])].push_back(i);
    }
    std::mt19937 engine(static_cast<std::uint32_t>(seed));
    std::vector<std::size_t> subset;
    for (std::vector<std::size_t>& indices : members) {
        numpy_shuffle(indices, engine);
        const std::size_t kept = std::min(shots, indices.size());
        subset.insert(subset.end(), indices.begin(), indices.begin() + static_cast<std::ptrdiff_t>(kept));
    }
    numpy_shuffle(subset, engine);
    return subset;
}

} // namespace

std::vector<std::size_t> few_shot_subset(const Labels& labels, std::size_t shots, std::uint64_t seed,
                                         FewShotDraw draw) {
    if (shots == 0) {
        std::vector<std::size_t> all(labels.task == plan::Task::multiclass
                                         ? labels.classes.size()
                                         : labels.matrix.size() / std::max<std::size_t>(labels.outputs, 1));
        std::iota(all.begin(), all.end(), std::size_t{0});
        return all;
    }
    if (labels.task == plan::Task::multilabel) {
        throw Error(ErrorKind::usage, Fault{.where = "shots",
                                            .found = fmt::format("{} shots of a multi-label data set", shots),
                                            .expected = "the full training set",
                                            .fix = "leave out the shots: few-shot runs need classes"});
    }
    return draw == FewShotDraw::generic ? generic_draw(labels, shots, seed)
                                        : per_class_draw(labels, shots, seed);
}

} // namespace suite::data
