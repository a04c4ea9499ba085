// What was found of a published data set on disk: which samples, where, with which labels. suite/data makes
// it from folders and lists, suite/store keeps it in a file.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "suite/base/text_column.hpp"

namespace suite::plan {

/// A file or folder as it stood when it was looked at.
struct FileStamp {
    static constexpr std::int64_t not_looked_at = -1;
    std::int64_t size_bytes = not_looked_at; ///< of a folder 0
    std::int64_t changed_ns = 0;             ///< time of last modification, Unix nanoseconds
    [[nodiscard]] bool is_known() const noexcept { return size_bytes != not_looked_at; }
    [[nodiscard]] bool operator==(const FileStamp&) const = default;
};

/// A file or folder whose change makes a manifest void.
struct WatchedPlace {
    std::string path; ///< below Manifest::root; "." is the root
    FileStamp stamp;
};

/// Plain bytes [channel][row][column]; width 0 where samples are image files.
struct RawSamples {
    int width = 0;
    int height = 0;
    int channels = 0;
};

/// Samples of the training part, then of the test part; all columns that are not empty have one entry each.
struct Manifest {
    std::string data_set;
    std::string reading; ///< what else the content depends on: layout, views, split rule, version
    std::string root;    ///< folder that all paths are below
    std::vector<std::string> label_names;
    bool is_multilabel = false;
    std::vector<WatchedPlace> watched;
    std::vector<WatchedPlace> containers; ///< shards or record files; empty: every sample is a file
    RawSamples raw;
    std::size_t train_samples = 0;
    TextColumn paths;                       ///< of the image file, or the member's name in its container
    std::vector<std::int32_t> container_of; ///< index in `containers`; empty without them
    std::vector<std::int64_t> offsets;      ///< byte in the container; empty without them
    std::vector<FileStamp> stamps;          ///< of the image; in a container only the size is meant
    std::vector<std::int32_t> classes;      ///< multiclass
    std::string label_marks;                ///< multilabel: of each sample one of "01-" a label ('-' missing)
    std::vector<std::int64_t> patients;     ///< empty where the set has none
    std::vector<std::string> notes;         ///< for people

    [[nodiscard]] std::size_t size() const noexcept { return paths.size(); }
};

/// Where manifests are kept between openings. Both functions take the manifest's identity (what it lists and
/// where); load gives nothing for one that is not there, damaged or of another version, save keeps quiet
/// about a folder that cannot be written: a manifest is only ever a saving of time.
struct ManifestCache {
    std::function<std::optional<Manifest>(const Manifest& wanted)> load;
    std::function<void(const Manifest& manifest)> save;
};

/// Bumped whenever the readers find something else in the same files.
inline constexpr int manifest_version = 1;

} // namespace suite::plan
