// Batches in a deterministic order: a function of (seed, step), whatever the number of workers or resumes.
// Images in memory go through transforms.hpp, images behind a source through picture.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <vector>

#include "suite/data/data_set.hpp"
#include "suite/data/loading/bad_images.hpp"
#include "suite/data/picture/picture.hpp"

namespace suite::data {

/// Buffers of one thread that loads images; they grow to the largest image and are reused.
struct LoadScratch {
    PictureScratch picture;
    std::vector<std::byte> bytes;        ///< of the image's file
    std::vector<std::uint8_t> augmented; ///< of an image in memory
};

/// A batch ready for a network: float images, normalised, always 3 channels.
struct Batch {
    Batch() = default;
    /// Images lie in memory of this resource, such as pinned memory; it outlives the batch.
    explicit Batch(std::pmr::memory_resource* memory) : images(memory) {}

    std::size_t count = 0;
    int size = 0;                      ///< side, pixels
    std::pmr::vector<float> images;    ///< count x 3 x size x size
    std::vector<std::int64_t> classes; ///< multiclass: count
    std::vector<float> label_matrix;   ///< multilabel: count x outputs, NaN = missing
    std::vector<std::size_t> samples;  ///< index of each image in its split
    LoadScratch scratch;               ///< of a thread that fills the whole batch
};

struct LoaderOptions {
    std::uint64_t seed = 0;
    int batch = 0;
    int micro_batch = 0; ///< a subset smaller than this is drawn with replacement (paper.md#few-shot-draw)
    plan::Augmentation augmentation = plan::Augmentation::none;
    plan::AugmentationDetail augmentation_detail{};
    std::vector<double> mean; ///< 3 values, of pixel / 255
    std::vector<double> std;  ///< 3 values
    bool oversampling = false;
    /// Of splits behind a source, whose images have extents of their own (picture.hpp).
    int side = 0; ///< pixels
    Pipeline pipeline = Pipeline::natural;
    EvaluationCrop evaluation_crop = EvaluationCrop::squash;
    Filter filter = Filter::triangle;
    BadImagePolicy on_bad_image = BadImagePolicy::stop; ///< of TrainLoader; evaluation stops at a bad image
};

/// One image of a split into one place of a batch.
class SampleReader {
public:
    /// `split` must outlive the reader. Throws Error(usage): mean or std not 3 values, std not above 0, of a
    /// source also what PictureMaker refuses.
    SampleReader(const Split& split, const LoaderOptions& options);
    /// Gives the batch room for `count` images; keeps its memory.
    void prepare(std::size_t count, Batch& batch) const;
    /// With a key augmented, without one as evaluation frames it. Several threads may fill the places of one
    /// batch, each with a scratch of its own. Throws Error(data) naming the image of a source.
    void read(std::size_t sample, const std::optional<PictureKey>& key, std::size_t slot, Batch& batch,
              LoadScratch& scratch) const;
    /// A hint that this sample is read soon; prefetches the pixels of an image in memory into the caches.
    void prefetch(std::size_t sample) const noexcept;
    [[nodiscard]] const Split& split() const noexcept { return *split_; }
    /// Images read so far whose data end early (ImageNotes::ends_early), in the order of the split.
    [[nodiscard]] std::vector<BadImage> incomplete() const { return incomplete_->list(); }

private:
    const Split* split_;
    LoaderOptions options_;
    std::shared_ptr<BadImages> incomplete_;
    Normalisation normalisation_;       ///< of images in memory
    std::optional<PictureMaker> maker_; ///< of a source only
    int side_;

    void read_memory(std::size_t sample, const std::optional<PictureKey>& key, LoadScratch& scratch,
                     std::span<float> out) const;
    void read_source(std::size_t sample, const std::optional<PictureKey>& key, LoadScratch& scratch,
                     std::span<float> out) const;
    void note_incomplete(std::size_t sample) const;
};

/// Training batches. Without oversampling epoch e visits a keyed permutation of the subset, batch after
/// batch, running on into the next epoch (every step has exactly `batch` images; a subset smaller than a
/// batch is repeated by epochs). With oversampling each position draws an example with weight N /
/// count(class), with replacement; a subset smaller than a micro-batch likewise, all with one weight.
/// Augmentation streams are keyed by (seed, epoch, sample), with replacement by (seed, epoch, position), so
/// that the draws of one example differ.
///
/// A bad image of a source ends load() with Error(data), or, where options.on_bad_image says skip, the next
/// image of the subset that can be read (after the last the first) takes its place, label and all, with the
/// same augmentation key. Which image that is depends on nothing but the files and the key (damage to rows
/// that a crop does not take is not seen).
class TrainLoader {
public:
    /// `split` must outlive the loader; `subset` lists the indices used (few-shot), empty = all.
    /// Throws Error(usage): empty split, index outside it, batch < 1, oversampling of a multi-label set, and
    /// what SampleReader refuses.
    TrainLoader(const Split& split, std::vector<std::size_t> subset, LoaderOptions options);
    /// Images used of the split.
    [[nodiscard]] std::size_t subset_size() const noexcept;
    /// The batch of optimiser step `step` (from 0). Fills `batch` in place to reuse its memory: nothing is
    /// allocated once a batch of this size went through it. Calls may come in any order, from any thread.
    void load(std::int64_t step, Batch& batch) const;
    /// Images [first, first + count) of that batch alone, the same as in the whole.
    void load(std::int64_t step, std::size_t first, std::size_t count, Batch& batch) const;

    /// The same image by image: room for `count` of them, then image `place` of the step's batch to `slot`.
    void prepare(std::size_t count, Batch& batch) const { reader_.prepare(count, batch); }
    void load_image(std::int64_t step, std::size_t place, std::size_t slot, Batch& batch,
                    LoadScratch& scratch) const;

    /// Images that were skipped so far, in the order of the split.
    [[nodiscard]] std::vector<BadImage> skipped() const { return bad_images_->list(); }
    /// Images that were used although their data end early.
    [[nodiscard]] std::vector<BadImage> incomplete() const { return reader_.incomplete(); }

private:
    SampleReader reader_;
    std::vector<std::size_t> subset_;
    LoaderOptions options_;
    std::vector<double> cumulative_weights_; ///< with replacement only
    std::shared_ptr<BadImages> bad_images_;

    /// One image of the endless stream of positions: which of the subset, and the key of its augmentation.
    struct Draw {
        std::size_t member = 0;
        PictureKey key;
    };
    [[nodiscard]] Draw draw(std::uint64_t epoch, std::uint64_t place, std::uint64_t permuted) const;
    [[nodiscard]] KeyedPermutation order_of(std::uint64_t epoch) const;
    void load_drawn(const Draw& drawn, std::size_t slot, Batch& batch, LoadScratch& scratch) const;
};

/// Evaluation batches: samples [first, first + count) of the split in order, no augmentation. Of the options
/// mean and std are used, and those of sources; Error(usage) as SampleReader.
void load_evaluation(const Split& split, const LoaderOptions& options, std::size_t first, std::size_t count,
                     Batch& batch);

using plan::FewShotDraw;

/// Indices of a few-shot subset: `shots` per class by the draw of paper.md#few-shot-draw; 0 = all, in order.
/// Throws Error(usage) for multi-label sets (not run in the paper), and, under the generic draw, naming every
/// class with too few images.
[[nodiscard]] std::vector<std::size_t> few_shot_subset(const Labels& labels, std::size_t shots,
                                                       std::uint64_t seed,
                                                       FewShotDraw draw = FewShotDraw::generic);

} // namespace suite::data
