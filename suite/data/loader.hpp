// Batches in a deterministic order: a function of (seed, step), whatever the number of workers or resumes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "suite/data/data_set.hpp"

namespace suite::data {

/// A batch ready for a network: float images, normalised, always 3 channels.
struct Batch {
    std::size_t count = 0;
    int size = 0;                        ///< side, pixels
    std::vector<float> images;           ///< count x 3 x size x size
    std::vector<std::int64_t> classes;   ///< multiclass: count
    std::vector<float> label_matrix;     ///< multilabel: count x outputs, NaN = missing
    std::vector<std::size_t> samples;    ///< index of each image in its split
    std::vector<std::uint8_t> augmented; ///< room to augment one image in
};

struct LoaderOptions {
    std::uint64_t seed = 0;
    int batch = 0;
    int micro_batch = 0; ///< a subset smaller than this is drawn with replacement (cherti-jitsev.md 3.4)
    plan::Augmentation augmentation = plan::Augmentation::none;
    plan::AugmentationDetail augmentation_detail{};
    std::vector<double> mean; ///< 3 values, of pixel / 255
    std::vector<double> std;  ///< 3 values
    bool oversampling = false;
};

/// Training batches. Without oversampling epoch e visits a keyed permutation of the subset, batch after
/// batch, running on into the next epoch (every step has exactly `batch` images; a subset smaller than a
/// batch is repeated by epochs). With oversampling each position draws an example with weight N /
/// count(class), with replacement; a subset smaller than a micro-batch likewise, all with one weight.
/// Augmentation streams are keyed by (seed, epoch, sample), with replacement by (seed, epoch, position), so
/// that the draws of one example differ.
class TrainLoader {
public:
    /// `split` must outlive the loader; `subset` lists the indices used (few-shot), empty = all.
    /// Throws Error(usage): empty split, index outside it, batch < 1, mean or std not 3 values, std not above
    /// 0, oversampling of a multi-label set.
    TrainLoader(const Split& split, std::vector<std::size_t> subset, LoaderOptions options);
    /// Images used of the split.
    [[nodiscard]] std::size_t subset_size() const noexcept;
    /// The batch of optimiser step `step` (from 0). Fills `batch` in place to reuse its memory: nothing is
    /// allocated once a batch of this size went through it. Calls may come in any order, from any thread.
    void load(std::int64_t step, Batch& batch) const;
    /// Images [first, first + count) of that batch alone, the same as in the whole.
    void load(std::int64_t step, std::size_t first, std::size_t count, Batch& batch) const;

private:
    const Split* split_;
    std::vector<std::size_t> subset_;
    LoaderOptions options_;
    std::vector<double> cumulative_weights_; ///< with replacement only

    /// One image of the endless stream of positions: which, and the key of its augmentation.
    struct Draw {
        std::size_t sample = 0;
        std::uint32_t epoch = 0;
        std::uint64_t augmentation_key = 0;
    };
    [[nodiscard]] Draw draw(std::uint64_t epoch, std::uint64_t place, std::uint64_t permuted) const;
    void load_sample(const Draw& drawn, std::size_t slot, Batch& batch) const;
};

/// Evaluation batches: samples [first, first + count) of the split in order, no augmentation. Of the options
/// only mean and std are used; Error(usage) when they are not 3 values each, std above 0.
void load_evaluation(const Split& split, const LoaderOptions& options, std::size_t first, std::size_t count,
                     Batch& batch);

using plan::FewShotDraw;

/// Indices of a few-shot subset: `shots` per class by the draw of cherti-jitsev.md 3.4; 0 = all, in order.
/// Throws Error(usage) for multi-label sets (not run in the paper), and, under the generic draw, naming every
/// class with too few images.
[[nodiscard]] std::vector<std::size_t> few_shot_subset(const Labels& labels, std::size_t shots,
                                                       std::uint64_t seed,
                                                       FewShotDraw draw = FewShotDraw::generic);

} // namespace suite::data
