#include "suite/data/on_disk/set.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include <fmt/format.h>

#include "suite/base/error.hpp"
#include "suite/base/log.hpp"
#include "suite/base/philox.hpp"
#include "suite/data/labels/readers.hpp"
#include "suite/data/on_disk/check.hpp"
#include "suite/data/on_disk/folder_listing.hpp"
#include "suite/data/on_disk/listing.hpp"
#include "suite/data/on_disk/manifest_source.hpp"
#include "suite/plan/declare/catalog.hpp"
#include "suite/plan/spec/enum_names.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;

// Of what is accepted as a set: a manifest that was kept under older rules is made anew.
constexpr int rules_version = 2;

void list_by_kind(Listing& listing) {
    using List = void (*)(Listing&);
    constexpr std::array<std::pair<plan::LayoutKind, List>, 6> lists{
        {{plan::LayoutKind::class_folders, list_class_folders},
         {plan::LayoutKind::byte_records, list_byte_records},
         {plan::LayoutKind::matlab_lists, list_matlab_lists},
         {plan::LayoutKind::name_lists, list_name_lists},
         {plan::LayoutKind::text_lists, list_text_lists},
         {plan::LayoutKind::digit_folders, list_digit_folders}}};
    const auto entry =
        std::ranges::find(lists, listing.layout.kind, &std::pair<plan::LayoutKind, List>::first);
    (entry == lists.end() ? list_label_table : entry->second)(listing);
}

/// A part without images is always a fault; not where faults say why already.
void require_parts(Listing& listing, bool has_test) {
    const std::size_t train = listing.manifest.train_samples;
    if (!listing.faults.empty()) {
        return;
    }
    if (train == 0) {
        listing.add_fault(".", "an empty training part", "images that train");
    }
    if (has_test && listing.manifest.size() == train) {
        listing.add_fault(".", "an empty test part", "images to test on");
    }
}

/// Rows of one part: all, or as many as declared by a keyed draw, which keeps the order of the files.
std::vector<std::uint32_t> rows_of_part(const plan::DataSetSpec& spec, std::size_t first, std::size_t count,
                                        std::size_t wanted, std::string_view part) {
    std::vector<std::uint32_t> rows(wanted == 0 ? count : std::min(wanted, count));
    std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(first));
    if (rows.size() < count) {
        const std::uint64_t seed = derive_seed(spec.world_seed, fmt::format("{}/{}", spec.id, part));
        const KeyedPermutation permutation(count, {.seed = seed, .purpose = Purpose::order});
        for (std::size_t i = 0; i < rows.size(); ++i) {
            rows[i] = static_cast<std::uint32_t>(first + permutation(i));
        }
        std::ranges::sort(rows);
    }
    return rows;
}

Labels labels_of_rows(const plan::DataSetSpec& spec, const plan::Manifest& manifest,
                      const std::vector<std::uint32_t>& rows) {
    const std::size_t outputs = manifest.is_multilabel ? manifest.label_names.size() : spec.labels.size();
    Labels labels{.task = spec.task, .outputs = outputs, .classes = {}, .matrix = {}};
    for (const std::uint32_t row : rows) {
        if (!manifest.is_multilabel) {
            labels.classes.push_back(manifest.classes[row]);
            continue;
        }
        for (std::size_t i = 0; i < outputs; ++i) {
            const char mark = manifest.label_marks[row * outputs + i];
            labels.matrix.push_back(mark == '-' ? missing_label : static_cast<float>(mark - '0'));
        }
    }
    return labels;
}

Split split_of_rows(const plan::DataSetSpec& spec, const std::shared_ptr<const plan::Manifest>& manifest,
                    std::vector<std::uint32_t> rows) {
    Split split;
    split.labels = labels_of_rows(spec, *manifest, rows);
    if (!manifest->patients.empty()) {
        for (const std::uint32_t row : rows) {
            split.patients.push_back(manifest->patients[row]);
        }
    }
    split.source = open_source(manifest, std::move(rows));
    return split;
}

void note_count(DataSet& set, std::string_view part, std::size_t found, std::size_t declared) {
    if (found < declared) {
        set.notes.push_back(
            fmt::format("{}: {} {} images in the files, {} published", set.id, found, part, declared));
    }
}

} // namespace

plan::Manifest manifest_identity(const plan::DataSetSpec& spec, const PublishedPlace& place) {
    plan::Manifest manifest;
    manifest.data_set = spec.id;
    manifest.reading = fmt::format("{} {} version {}.{}", place.layout.id, enum_name(place.layout.kind),
                                   plan::manifest_version, rules_version);
    manifest.root = place.folder.string();
    return manifest;
}

plan::Manifest list_published(const plan::DataSetSpec& spec, const PublishedPlace& place,
                              const fs::path& workloads, LabelFaults& faults) {
    Listing listing{.spec = spec,
                    .layout = place.layout,
                    .folder = place.folder,
                    .workloads = workloads,
                    .faults = {},
                    .manifest = manifest_identity(spec, place)};
    const bool is_packed = has_shards(place.folder);
    const std::vector<Fault> lacking = is_packed ? std::vector<Fault>() : what_is_lacking(place);
    if (is_packed) {
        list_shards(listing); // names a missing part, too, beside all damage
    } else if (!lacking.empty()) {
        std::ranges::for_each(lacking, [&listing](const Fault& fault) { listing.add_fault(fault); });
    } else {
        list_by_kind(listing);
    }
    const bool is_trained_alone =
        place.layout.kind == plan::LayoutKind::class_folders && place.layout.test.empty();
    require_parts(listing, is_packed ? spec.test_images > 0 : !is_trained_alone);
    faults = std::move(listing.faults);
    return std::move(listing.manifest);
}

plan::Manifest list_published(const plan::DataSetSpec& spec, const PublishedPlace& place,
                              const fs::path& workloads) {
    LabelFaults faults;
    plan::Manifest manifest = list_published(spec, place, workloads, faults);
    faults.throw_if_any();
    return manifest;
}

bool is_unchanged(const plan::Manifest& manifest) {
    return std::ranges::all_of(manifest.watched, [&manifest](const plan::WatchedPlace& place) {
        return stamp_of(fs::path(manifest.root) / place.path) == place.stamp;
    });
}

DataSet to_data_set(const plan::DataSetSpec& spec, const std::shared_ptr<const plan::Manifest>& manifest) {
    const std::size_t train = manifest->train_samples;
    const std::size_t test = manifest->size() - train;
    DataSet set;
    set.id = spec.id;
    set.label_names = manifest->label_names;
    set.train = split_of_rows(spec, manifest, rows_of_part(spec, 0, train, spec.train_images, "train"));
    set.test = split_of_rows(spec, manifest, rows_of_part(spec, train, test, spec.test_images, "test"));
    note_count(set, "training", train, spec.train_images);
    note_count(set, "test", test, spec.test_images);
    return set;
}

DataSet open_published(const plan::DataSetSpec& spec, const fs::path& root,
                       const plan::ManifestCache& cache) {
    const fs::path workloads = plan::default_catalog_root();
    const PublishedPlace place = find_published(spec, root, workloads);
    if (place.folder.empty()) {
        throw Error(ErrorKind::data,
                    Fault{.where = spec.id,
                          .found = fmt::format("data set {} not found at {}", spec.id, place.wanted.string()),
                          .expected = "its published files",
                          .fix = fmt::format("obtain it from {}", place.layout.obtain)});
    }
    std::optional<plan::Manifest> kept =
        cache.load ? cache.load(manifest_identity(spec, place)) : std::nullopt;
    if (!kept || !is_unchanged(*kept)) {
        kept = list_published(spec, place, workloads);
        if (cache.save) {
            cache.save(*kept);
        }
    }
    DataSet set = to_data_set(spec, std::make_shared<const plan::Manifest>(std::move(*kept)));
    for (const std::string& note : set.notes) {
        log_warning(note);
    }
    return set;
}

} // namespace suite::data
