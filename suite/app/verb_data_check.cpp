// `transferscale data check`.
#include <algorithm>
#include <cstdlib>
#include <memory>

#include <fmt/format.h>

#include "suite/app/command_table.hpp"
#include "suite/app/data_verbs.hpp"
#include "suite/app/label_report.hpp"
#include "suite/app/option_values.hpp"
#include "suite/base/clock.hpp"
#include "suite/base/log.hpp"
#include "suite/base/shell.hpp"
#include "suite/data/labels/readers.hpp"
#include "suite/data/on_disk/check.hpp"
#include "suite/plan/declare/catalog.hpp"
#include "suite/store/manifest_file.hpp"

namespace suite::app {
namespace {

using json = nlohmann::ordered_json;
namespace fs = std::filesystem;

struct CheckOptions {
    std::string name;
    fs::path root;
    bool labels_only = false;
    bool images = false;
    fs::path manifests; ///< folder; empty: the default one
    bool strict = false;
    std::string mimic_test = "official";
    std::string padchest_split = "image";
    std::string profile = "laptop"; ///< whose world seed generated images have
    OutputOptions output;

    [[nodiscard]] bool is_default_protocol() const {
        return mimic_test == "official" && padchest_split == "image";
    }
};

/// The label sets behind a name: one, or a declared superset's members; empty when it has no label files.
std::vector<data::LabelSet> label_sets_of(const plan::Catalog& catalog, const std::string& name) {
    if (const auto set = data::label_set_of(name)) {
        return {*set};
    }
    std::vector<data::LabelSet> sets;
    const auto declared = catalog.data_sets.find(name);
    if (declared != catalog.data_sets.end()) {
        for (const std::string& member : declared->second.members) {
            if (const auto set = data::label_set_of(member)) {
                sets.push_back(*set);
            }
        }
    }
    return sets;
}

data::LabelOptions label_options(const plan::Catalog& catalog, const CheckOptions& options,
                                 std::span<const data::LabelSet> sets) {
    data::LabelOptions result{.views = data::views_of(sets)};
    if (options.name == "chexpert-all-views") {
        result.views.assign(data::all_views.begin(), data::all_views.end());
    }
    if (options.mimic_test == "validate") {
        result.mimic_test = data::MimicTest::validate;
    }
    if (options.padchest_split == "patient") {
        result.padchest_split = data::PadChestSplit::patient;
    }
    result.excluded_images = data::excluded_images(catalog.root);
    return result;
}

/// Reads every set's label files; the faults of all of them at once.
data::LabelTable read_tables(std::span<const data::LabelSet> sets, const fs::path& root,
                             const data::LabelOptions& label_options, const std::string& name) {
    std::vector<data::LabelTable> tables;
    std::vector<data::LabelFault> faults;
    for (const data::LabelSet set : sets) {
        try {
            tables.push_back(data::read_label_table(set, root, label_options));
        } catch (const data::LabelError& error) {
            faults.insert(faults.end(), error.label_faults().begin(), error.label_faults().end());
        }
    }
    if (!faults.empty()) {
        throw data::LabelError(std::move(faults));
    }
    return tables.size() == 1 ? std::move(tables.front()) : data::superset(name, tables);
}

std::vector<fs::path> found_files(std::span<const data::LabelSet> sets, const fs::path& root) {
    std::vector<fs::path> files;
    for (const data::LabelSet set : sets) {
        for (const data::LabelFile& file : data::label_files_of(set)) {
            if (fs::path path = data::find_label_file(root, set, file); !path.empty()) {
                files.push_back(std::move(path));
            }
        }
    }
    return files;
}

/// Says which published counts differ; with --strict that is a fault of the data.
void report_differences(const std::vector<data::PublishedCount>& published, const CheckOptions& options) {
    FaultList faults;
    for (const data::PublishedCount& count : published) {
        if (!count.agrees()) {
            faults.add({.where = fmt::format("{}: {} {}", options.name, count.what, count.name),
                        .found = std::to_string(*count.found),
                        .expected = fmt::format("{} as published ({})", count.published, count.origin),
                        .fix = "fetch the label files again"});
        }
    }
    if (options.strict) {
        faults.throw_if_any(ErrorKind::data);
    } else if (!faults.empty()) {
        log_warning(fmt::format("{}: {} counts differ from the published ones; --strict names them",
                                options.name, faults.faults().size()));
    }
}

void print_document(const json& document, const OutputOptions& output) {
    if (output.json) {
        fmt::print("{}\n", document.dump(2));
    } else {
        print_data_check(document);
    }
}

int check_labels(const plan::Catalog& catalog, const CheckOptions& options,
                 std::span<const data::LabelSet> sets) {
    const fs::path root = data_root_or_throw(options.root);
    try {
        const data::LabelOptions reading = label_options(catalog, options, sets);
        const data::LabelTable table = read_tables(sets, root, reading, options.name);
        const bool is_published = options.is_default_protocol() && options.name != "chexpert-all-views";
        const auto published = is_published ? data::compare_with_published(table, catalog.root)
                                            : std::vector<data::PublishedCount>{};
        print_document(label_document(options.name, table, published, found_files(sets, root)),
                       options.output);
        report_differences(published, options);
    } catch (const data::LabelError& error) {
        if (options.output.json) {
            fmt::print("{}\n", fault_document(options.name, error.label_faults()).dump(2));
        }
        throw;
    }
    return 0;
}

/// Opens embedded data, which checks counts and hashes.
int check_embedded(const plan::Catalog& catalog, const CheckOptions& options) {
    plan::DataConfig config = declared_data(catalog, options.name);
    config.set.world_seed = plan::find(catalog.profiles, options.profile, "profile").world_seed;
    print_document(data_set_document(options.name, data::open_data_set(config, {.root = environment().data})),
                   options.output);
    return 0;
}

/// What --labels-only cannot be asked of.
void refuse_labels_only(const CheckOptions& options) {
    throw Error(ErrorKind::usage,
                Fault{.where = options.name,
                      .found = "--labels-only",
                      .expected = "a set with label files (nih, padchest, padchest-cl, chexpert, mimic)",
                      .fix = "leave it out"});
}

/// The published counts of one set: those of its label table, where it has one, and of its splits.
void report_split_counts(const plan::DataSetSpec& spec, const data::DataSet& set,
                         const CheckOptions& options) {
    FaultList faults;
    for (const auto& [part, found, published] : {std::tuple("training", set.train.size(), spec.train_images),
                                                 {"test", set.test.size(), spec.test_images}}) {
        if (found != published) {
            faults.add({.where = fmt::format("{}: {} images", spec.id, part),
                        .found = std::to_string(found),
                        .expected = fmt::format("{} as published", published),
                        .fix = "another version, or a mirror: see where it is obtained"});
        }
    }
    if (options.strict) {
        faults.throw_if_any(ErrorKind::data);
    }
    for (const Fault& fault : faults.faults()) {
        log_warning(to_string(fault));
    }
}

/// Says how runs find a set whose own folder was named: they look for it by name below a data root.
void say_how_runs_find_it(const plan::Catalog& catalog, const plan::DataSetSpec& spec,
                          const data::PublishedPlace& place, const fs::path& root) {
    const auto finds = [&](const fs::path& candidate) {
        return data::find_published(spec, candidate, catalog.root).folder == place.folder;
    };
    const fs::path parent = place.folder.parent_path();
    if (!finds(root)) {
        log_info(finds(parent) ? fmt::format("{}: runs find it with --data {}", spec.id, parent.string())
                               : fmt::format("{}: runs find it with --data {} after: ln -s {} {}", spec.id,
                                             parent.string(), single_quoted(place.folder.string()),
                                             single_quoted((parent / spec.id).string())));
    }
}

/// Looks at one published set and keeps its manifest. Returns its document, with faults in it.
json check_one(const plan::Catalog& catalog, const plan::DataSetSpec& spec, const CheckOptions& options,
               std::vector<data::LabelFault>& faults) {
    const fs::path root = data_root_or_throw(options.root);
    const data::PublishedPlace place = place_or_throw(catalog, spec, root);
    say_how_runs_find_it(catalog, spec, place, root);
    data::PublishedCheck check = data::check_published(
        spec, place, catalog.root, {.decodes = options.images, .progress = ImageProgress(spec.id)});
    faults.insert(faults.end(), check.faults.begin(), check.faults.end());
    plan::DataSetSpec all = spec; // every sample, however many are declared
    all.train_images = 0;
    all.test_images = 0;
    const auto manifest = std::make_shared<const plan::Manifest>(check.manifest);
    const data::DataSet set = data::to_data_set(all, manifest);
    json document = data_set_document(options.name, set);
    add_published_check(document, check, place, spec);
    if (check.faults.empty()) {
        const fs::path folder = options.manifests.empty() ? environment().manifests : options.manifests;
        if (store::keep_manifest(folder, *manifest)) {
            document["manifest"] = store::manifest_path(folder, *manifest).string();
        }
        report_split_counts(spec, set, options);
    }
    return document;
}

int check_published(const plan::Catalog& catalog, const CheckOptions& options,
                    const plan::DataConfig& config) {
    std::vector<data::LabelFault> faults;
    json document;
    if (config.members.empty()) {
        document = check_one(catalog, config.set, options, faults);
    } else {
        document = {{"name", options.name}, {"members", json::array()}};
        for (const plan::DataSetSpec& member : config.members) {
            CheckOptions of_member = options;
            of_member.name = member.id;
            document["members"].push_back(check_one(catalog, member, of_member, faults));
        }
    }
    if (faults.empty() || options.output.json) {
        print_document(document, options.output);
    }
    if (!faults.empty()) {
        throw data::LabelError(std::move(faults));
    }
    return 0;
}

int check(const CheckOptions& options) {
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    const std::vector<data::LabelSet> sets = label_sets_of(catalog, options.name);
    if (options.labels_only) {
        if (sets.empty()) {
            refuse_labels_only(options);
        }
        return check_labels(catalog, options, sets);
    }
    const plan::DataConfig config = declared_data(catalog, options.name);
    const bool is_published = config.members.empty()
                                  ? config.set.reader == plan::Reader::published
                                  : config.members.front().reader == plan::Reader::published;
    return is_published ? check_published(catalog, options, config) : check_embedded(catalog, options);
}

} // namespace

fs::path data_root_or_throw(const fs::path& root) {
    const fs::path& named = root.empty() ? environment().data : root;
    if (named.empty()) {
        throw Error(ErrorKind::usage,
                    Fault{.where = "--root",
                          .found = "no folder",
                          .expected = "the one that holds the data set's files",
                          .fix = "--root DIR, or set TRANSFERSCALE_DATA; ci/fetch-label-files "
                                 "fetches the label files of nih, padchest, chexpert"});
    }
    return named;
}

data::PublishedPlace place_or_throw(const plan::Catalog& catalog, const plan::DataSetSpec& spec,
                                    const fs::path& root) {
    data::PublishedPlace place =
        data::find_published(spec, root, catalog.root, data::RootMeaning::parent_or_set);
    if (place.folder.empty()) {
        throw Error(ErrorKind::data,
                    Fault{.where = spec.id,
                          .found = fmt::format("data set {} not found at {}", spec.id, place.wanted.string()),
                          .expected = fmt::format("one of the folders {} in {}",
                                                  fmt::join(place.layout.folders, ", "), root.string()),
                          .fix = fmt::format("obtain it from {}{}; ({})", place.layout.obtain,
                                             place.layout.needs_registration ? " (registration needed)" : "",
                                             place.layout.licence)});
    }
    return place;
}

plan::DataConfig declared_data(const plan::Catalog& catalog, const std::string& name) {
    return plan::resolve_data(catalog, "paper", name == "mimic" ? "mimic-cxr" : name);
}

ImageProgress::ImageProgress(std::string name)
    : name_(std::move(name)), started_seconds_(monotonic_seconds()) {}

void ImageProgress::operator()(std::size_t done, std::size_t total) const {
    const double seconds = monotonic_seconds() - started_seconds_;
    const double left =
        done == 0 ? 0 : seconds / static_cast<double>(done) * static_cast<double>(total - done);
    log_info(fmt::format("{}: {} of {} images, about {:.0f} s left", name_, done, total, left));
}

void add_data_check(Dispatcher& dispatcher, CLI::App* data) {
    auto options = std::make_shared<CheckOptions>();
    CLI::App* verb = add_verb(
        dispatcher, "check",
        "Opens a data set and reports counts, labels, splits and every error in its files", options->output,
        [options] { return check(*options); }, data);
    verb->add_option("name", options->name, "Data set, such as nih, padchest, padchest-cl, chexpert or mimic")
        ->type_name("DATASET")
        ->required();
    verb->add_option("--root", options->root,
                     "Folder of its files, or of all sets' folders (default: TRANSFERSCALE_DATA)")
        ->type_name("DIR");
    verb->add_flag("--labels-only", options->labels_only, "Read label files only; no images needed");
    verb->add_flag("--images", options->images,
                   "Decode every image, and find images that are in both splits");
    verb->add_flag("--strict", options->strict, "Exit with 3 when counts differ from the published ones");
    verb->add_option("--manifests", options->manifests,
                     "Folder that keeps what was found (default: TRANSFERSCALE_CACHE/manifests)")
        ->type_name("DIR")
        ->group(rare_group);
    one_of(verb->add_option("--mimic-test", options->mimic_test,
                            "Test split of MIMIC: the official one, or its validation split"),
           {"official", "validate"})
        ->capture_default_str()
        ->group(rare_group);
    one_of(verb->add_option("--padchest-split", options->padchest_split,
                            "PadChest's 90/10 split: by image, as published, or by patient"),
           {"image", "patient"})
        ->capture_default_str()
        ->group(rare_group);
    verb->add_option("--profile", options->profile, "Profile whose synthetic images are generated")
        ->type_name("PROFILE")
        ->capture_default_str()
        ->group(rare_group);
}

} // namespace suite::app
