#include <algorithm>
#include <cassert>
#include <utility>

#include <fmt/format.h>

#include "suite/base/error.hpp"
#include "suite/data/loading/loader.hpp"
#include "suite/data/picture/rand_augment.hpp"
#include "suite/data/picture/transforms.hpp"

namespace suite::data {
namespace {

constexpr std::size_t cache_line_bytes = 64; // of every processor that the suite runs on

void check_normalisation(const LoaderOptions& options) {
    const bool std_positive = std::ranges::all_of(options.std, [](double value) { return value > 0.0; });
    if (options.mean.size() == 3 && options.std.size() == 3 && std_positive) {
        return;
    }
    throw Error(ErrorKind::usage, Fault{.where = "mean, std",
                                        .found = fmt::format("[{}], [{}]", fmt::join(options.mean, ", "),
                                                             fmt::join(options.std, ", ")),
                                        .expected = "3 values each, std above 0",
                                        .fix = "correct the recipe"});
}

std::optional<PictureMaker> maker_of(const Split& split, const LoaderOptions& options) {
    if (!split.source) {
        return std::nullopt;
    }
    return PictureMaker({.pipeline = options.pipeline,
                         .side = options.side,
                         .augmentation = options.augmentation,
                         .augmentation_detail = options.augmentation_detail,
                         .evaluation_crop = options.evaluation_crop,
                         .filter = options.filter,
                         .mean = options.mean,
                         .std = options.std});
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

} // namespace

SampleReader::SampleReader(const Split& split, const LoaderOptions& options)
    : split_(&split),
      options_(options),
      incomplete_(std::make_shared<BadImages>("used: ")),
      side_(split.source ? options.side : split.images.size) {
    check_normalisation(options);
    normalisation_ = make_normalisation(options.mean, options.std);
    maker_ = maker_of(split, options);
}

void SampleReader::prepare(std::size_t count, Batch& batch) const {
    const auto side = static_cast<std::size_t>(side_);
    const bool multiclass = split_->labels.task == plan::Task::multiclass;
    batch.count = count;
    batch.size = side_;
    batch.images.resize(count * 3 * side * side);
    batch.classes.resize(multiclass ? count : 0);
    batch.label_matrix.resize(multiclass ? 0 : count * split_->labels.outputs);
    batch.samples.resize(count);
}

void SampleReader::read(std::size_t sample, const std::optional<PictureKey>& key, std::size_t slot,
                        Batch& batch, LoadScratch& scratch) const {
    assert(slot < batch.count);
    const std::size_t floats = batch.images.size() / batch.count;
    const std::span<float> out = std::span(batch.images).subspan(slot * floats, floats);
    if (maker_) {
        read_source(sample, key, scratch, out);
    } else {
        read_memory(sample, key, scratch, out);
    }
    copy_labels(*split_, sample, slot, batch);
}

void SampleReader::prefetch(std::size_t sample) const noexcept {
    if (maker_) {
        return;
    }
    const std::span<const std::uint8_t> pixels = split_->images.image(sample);
    for (std::size_t at = 0; at < pixels.size(); at += cache_line_bytes) {
        __builtin_prefetch(pixels.data() + at);
    }
}

void SampleReader::read_memory(std::size_t sample, const std::optional<PictureKey>& key, LoadScratch& scratch,
                               std::span<float> out) const {
    const Images& images = split_->images;
    ImageView image{.pixels = images.image(sample), .channels = images.channels, .size = images.size};
    if (!key) {
        sample_image(image, whole_image(images.size), normalisation_, out);
        return;
    }
    StreamKey stream{
        .seed = key->seed, .purpose = Purpose::rand_augment, .epoch = key->epoch, .sample = key->sample};
    const plan::AugmentationDetail& detail = options_.augmentation_detail;
    if (detail.rand_augment_operations > 0) {
        image = rand_augment(image, detail.rand_augment_operations, detail.rand_augment_magnitude,
                             PhiloxStream(stream), scratch.augmented);
    }
    stream.purpose = Purpose::augmentation;
    sample_image(image, draw_sampling(options_.augmentation, images.size, PhiloxStream(stream), detail),
                 normalisation_, out);
}

void SampleReader::read_source(std::size_t sample, const std::optional<PictureKey>& key, LoadScratch& scratch,
                               std::span<float> out) const {
    const ImageSource& source = *split_->source;
    try {
        source.read(sample, scratch.bytes);
        const RawExtent raw = source.raw_extent();
        if (raw.width == 0) {
            const ImageNotes notes =
                maker_->make(scratch.bytes, source.name(sample), key, scratch.picture, out);
            if (notes.ends_early) {
                note_incomplete(sample);
            }
            return;
        }
        const std::span pixels(reinterpret_cast<const std::uint8_t*>(scratch.bytes.data()),
                               scratch.bytes.size());
        maker_->make(
            ImageView{.pixels = pixels, .channels = raw.channels, .size = raw.width, .height = raw.height},
            key, scratch.picture, out);
    } catch (const Error& error) {
        throw with_sample(error, sample);
    }
}

void SampleReader::note_incomplete(std::size_t sample) const {
    std::string name = split_->source->name(sample);
    std::string reason = fmt::format(
        "sample {}: {}: the JPEG's data end early; the rest is grey, as Pillow has it", sample, name);
    incomplete_->note({.sample = sample, .name = std::move(name), .reason = std::move(reason)});
}

void load_evaluation(const Split& split, const LoaderOptions& options, std::size_t first, std::size_t count,
                     Batch& batch) {
    assert(first + count <= split.size());
    const SampleReader reader(split, options);
    reader.prepare(count, batch);
    for (std::size_t slot = 0; slot < count; ++slot) {
        reader.read(first + slot, std::nullopt, slot, batch, batch.scratch);
    }
}

} // namespace suite::data
