// Published data sets where a person has put them: found, listed, opened. Nothing is ever written into a data
// root.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "suite/base/error.hpp"
#include "suite/data/data_set.hpp"
#include "suite/plan/spec/data_set.hpp"
#include "suite/plan/spec/layout.hpp"
#include "suite/plan/spec/manifest.hpp"

namespace suite::data {

/// Where a published set was looked for.
struct PublishedPlace {
    plan::LayoutSpec layout;
    std::filesystem::path folder; ///< absolute, without links; empty: not found
    std::filesystem::path wanted; ///< where it would lie
    bool has_test_part = true;    ///< whether the set is declared with test images
};

/// What a root is: the folder of all sets' folders, or perhaps the set's own (where one set was asked for).
enum class RootMeaning { parent, parent_or_set };

/// Looks below `root` for the set's folder (layouts of `workloads`/datasets/layouts.toml). Throws
/// Error(usage) when no layout holds this set.
[[nodiscard]] PublishedPlace find_published(const plan::DataSetSpec& spec, const std::filesystem::path& root,
                                            const std::filesystem::path& workloads,
                                            RootMeaning meaning = RootMeaning::parent);

/// What a set's folder lacks before anything in it is read, each with the command or page that mends it:
/// another form of the set (CIFAR's Python version, archives that were not unpacked), lists, tables and
/// folders of images that are absent. Empty: it can be listed, though its files may have faults. Cheap: looks
/// for names, stops at the first image.
[[nodiscard]] std::vector<Fault> what_is_lacking(const PublishedPlace& place);

/// Reads the set's lists and folders. Images are looked for by name (one pass over each folder, up to 4,096
/// of them), not opened. Throws LabelError with all faults: those of what_is_lacking alone, when there are
/// any; an empty part is one.
[[nodiscard]] plan::Manifest list_published(const plan::DataSetSpec& spec, const PublishedPlace& place,
                                            const std::filesystem::path& workloads);

/// An empty manifest that says what would be listed: the key of a cache.
[[nodiscard]] plan::Manifest manifest_identity(const plan::DataSetSpec& spec, const PublishedPlace& place);

/// Whether everything that the manifest watches still is as it was: every list, label table, shard and record
/// file, and every folder that was listed (so that a file that came, went or got another name is noticed), up
/// to 4,096 of them. An image that was overwritten in place is noticed when it is read.
[[nodiscard]] bool is_unchanged(const plan::Manifest& manifest);

/// The manifest as a data set. Parts are cut to the declared counts by a keyed draw; what is there less than
/// declared is said in DataSet::notes.
[[nodiscard]] DataSet to_data_set(const plan::DataSetSpec& spec,
                                  const std::shared_ptr<const plan::Manifest>& manifest);

/// Finds, lists (or takes what `cache` has kept and is_unchanged) and opens. Throws Error(data) when it is
/// not there or faulty.
[[nodiscard]] DataSet open_published(const plan::DataSetSpec& spec, const std::filesystem::path& root,
                                     const plan::ManifestCache& cache = {});

} // namespace suite::data
