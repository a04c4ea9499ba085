// An opened data set as plain arrays. Readers make it, views select from it, the loader serves it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "suite/data/image_source.hpp"
#include "suite/plan/order/run_config.hpp"
#include "suite/plan/spec/manifest.hpp"

namespace suite::data {

inline constexpr float missing_label = std::numeric_limits<float>::quiet_NaN();

/// Square 8-bit images, sample-major: pixels[((n * channels + c) * size + y) * size + x].
struct Images {
    std::size_t count = 0;
    int channels = 0; ///< 1 or 3
    int size = 0;     ///< side, pixels
    std::vector<std::uint8_t> pixels;

    [[nodiscard]] std::size_t bytes_per_image() const noexcept {
        return static_cast<std::size_t>(channels) * static_cast<std::size_t>(size) *
               static_cast<std::size_t>(size);
    }
    [[nodiscard]] std::span<const std::uint8_t> image(std::size_t index) const {
        return std::span(pixels).subspan(index * bytes_per_image(), bytes_per_image());
    }
};

/// Labels of one split. Exactly one of the two vectors is filled, by task.
struct Labels {
    plan::Task task = plan::Task::multiclass;
    std::size_t outputs = 0;
    std::vector<std::int64_t> classes; ///< multiclass: n class indices
    std::vector<float> matrix;         ///< multilabel: n x outputs, row-major; 0, 1 or missing_label
};

/// Images are in memory, or, of published sets, behind a source and read when they are needed.
struct Split {
    Images images; ///< no images where there is a source
    Labels labels;
    std::vector<std::int64_t> patients;        ///< n patient numbers; empty where the set has none
    std::shared_ptr<const ImageSource> source; ///< null: images are in memory
    [[nodiscard]] std::size_t size() const noexcept { return source ? source->size() : images.count; }
};

struct DataSet {
    std::string id;
    std::vector<std::string> label_names;
    Split train;
    Split test;
    std::vector<std::string> notes; ///< what differs from the declaration, for people
};

/// Where published sets are looked for, and where what was found of them is kept.
struct OpenOptions {
    std::filesystem::path root{}; ///< empty: there are none
    plan::ManifestCache manifests{};
};

/// Opens (or generates) a data set: hashes, counts and bounds are checked before anything is returned.
/// Supersets are concatenated in member order, each member's label columns reordered to the sorted
/// intersection (paper.md#supersets). Images of published sets stay on disk, behind Split::source; what
/// they have less than declared is logged as a warning. Throws Error(data) with all faults.
[[nodiscard]] DataSet open_data_set(const plan::DataConfig& config, const OpenOptions& options = {});

/// Why there is no such data set on this machine; empty when there is, whatever it lacks: opening reports
/// that.
[[nodiscard]] std::string absence_reason(const plan::DataConfig& config, const OpenOptions& options = {});
/// Why this data set cannot be opened on this machine: it is absent, or what_is_lacking names what its folder
/// lacks; empty when it can, as far as names tell. Cheap: looks for files, reads none.
[[nodiscard]] std::string unavailable_reason(const plan::DataConfig& config, const OpenOptions& options = {});

} // namespace suite::data
