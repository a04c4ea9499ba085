#include <algorithm>
#include <cstdlib>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/app/label_report.hpp"
#include "suite/app/verbs.hpp"
#include "suite/base/log.hpp"
#include "suite/base/names.hpp"
#include "suite/data/contact_sheet.hpp"
#include "suite/data/label_readers.hpp"
#include "suite/plan/catalog.hpp"

namespace suite::app {
namespace {

using json = nlohmann::ordered_json;
namespace fs = std::filesystem;

struct CheckOptions {
    std::string name;
    fs::path root;
    bool labels_only = false;
    bool strict = false;
    std::string mimic_test = "official";
    std::string padchest_split = "image";
    std::string profile = "laptop"; ///< whose world seed generated images have
    OutputOptions output;

    [[nodiscard]] bool is_default_protocol() const {
        return mimic_test == "official" && padchest_split == "image";
    }
};

struct ShowOptions {
    std::string name;
    std::string profile = "laptop";
    std::string split = "train";
    fs::path out;
    std::optional<int> rows; ///< absent: one a class, as far as 32 go; else 8
    std::optional<int> columns;
    OutputOptions output;
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

fs::path data_root(const CheckOptions& options) {
    const char* variable = std::getenv("TRANSFERSCALE_DATA");
    if (!options.root.empty()) {
        return options.root;
    }
    if (variable == nullptr || *variable == '\0') {
        throw Error(ErrorKind::usage,
                    Fault{.where = "--root",
                          .found = "no folder",
                          .expected = "the one that holds the label files",
                          .fix = "--root DIR, or set TRANSFERSCALE_DATA; ci/fetch-label-files "
                                 "fetches those of nih, padchest, chexpert"});
    }
    return variable;
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
    const fs::path root = data_root(options);
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
int check_images(const plan::Catalog& catalog, const CheckOptions& options, bool has_label_files) {
    plan::DataConfig config =
        plan::resolve_data(catalog, "paper", options.name); // as declared, without limits
    config.set.world_seed = plan::find(catalog.profiles, options.profile, "profile").world_seed;
    if (config.set.reader == plan::Reader::published || options.labels_only) {
        throw Error(
            ErrorKind::usage,
            Fault{.where = options.name,
                  .found = options.labels_only ? "--labels-only" : "a published data set",
                  .expected = options.labels_only
                                  ? "a set with label files (nih, padchest, padchest-cl, chexpert, mimic)"
                                  : "an embedded one: the readers of published images are not there yet",
                  .fix = has_label_files       ? "add --labels-only"
                         : options.labels_only ? "leave it out"
                                               : "name its stand-in (transferscale doctor lists all)"});
    }
    print_document(data_set_document(options.name, data::open_data_set(config)), options.output);
    return 0;
}

int check(const CheckOptions& options) {
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    const std::vector<data::LabelSet> sets = label_sets_of(catalog, options.name);
    if (!sets.empty() && options.labels_only) {
        return check_labels(catalog, options, sets);
    }
    CheckOptions declared = options;
    if (options.name == "mimic") {
        declared.name = "mimic-cxr";
    }
    return check_images(catalog, declared, !sets.empty());
}

/// Names of an image's labels: its class, or every finding that is stated present.
std::vector<std::string> names_of(const data::DataSet& set, const data::Labels& labels, std::size_t image) {
    if (labels.task == plan::Task::multiclass) {
        return {set.label_names[static_cast<std::size_t>(labels.classes[image])]};
    }
    std::vector<std::string> names;
    for (std::size_t i = 0; i < labels.outputs; ++i) {
        if (labels.matrix[image * labels.outputs + i] == 1.0F) {
            names.push_back(set.label_names[i]);
        }
    }
    return names;
}

json sheet_document(const data::DataSet& set, const data::Split& split, std::span<const std::size_t> indices,
                    const data::ContactSheetOptions& sheet, const ShowOptions& options) {
    json document{{"name", options.name},   {"data_set", set.id},          {"profile", options.profile},
                  {"split", options.split}, {"out", options.out.string()}, {"images", json::array()}};
    const auto columns = static_cast<std::size_t>(sheet.columns);
    for (std::size_t place = 0; place < indices.size(); ++place) {
        if (indices[place] < split.size()) {
            document["images"].push_back({{"row", place / columns + 1},
                                          {"column", place % columns + 1},
                                          {"index", indices[place]},
                                          {"labels", names_of(set, split.labels, indices[place])}});
        }
    }
    return document;
}

void print_sheet(const json& document, bool is_one_class_a_row) {
    fmt::print("{}: {} {} images of {}, left to right, top to bottom\n", document["out"].get<std::string>(),
               document["images"].size(), document["split"].get<std::string>(),
               document["data_set"].get<std::string>());
    for (const json& image : document["images"]) {
        const auto names = image["labels"].get<std::vector<std::string>>();
        const std::string labels = names.empty() ? "no finding" : fmt::format("{}", fmt::join(names, ", "));
        if (!is_one_class_a_row) {
            fmt::print("row {:>2} column {:>2}: {}\n", image["row"].get<int>(), image["column"].get<int>(),
                       labels);
        } else if (image["column"] == 1) {
            fmt::print("row {:>2}: {}\n", image["row"].get<int>(), labels);
        }
    }
}

int show(const ShowOptions& options) {
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    const plan::DataConfig config = plan::resolve_data(catalog, options.profile, options.name);
    const data::DataSet set = data::open_data_set(config);
    const data::Split& split = options.split == "train" ? set.train : set.test;
    const bool is_multiclass = split.labels.task == plan::Task::multiclass;
    data::ContactSheetOptions sheet;
    if (is_multiclass) {
        constexpr int most_rows = 32;
        sheet.rows = std::min(most_rows, static_cast<int>(split.labels.outputs));
    }
    sheet.rows = options.rows.value_or(sheet.rows);
    sheet.columns = options.columns.value_or(sheet.columns);
    const std::vector<std::size_t> indices = data::contact_sheet_indices(split, sheet);
    data::write_contact_sheet(split, indices, options.out, sheet);
    const json document = sheet_document(set, split, indices, sheet, options);
    if (options.output.json) {
        fmt::print("{}\n", document.dump(2));
    } else {
        print_sheet(document, is_multiclass);
    }
    return 0;
}

void add_check(Dispatcher& dispatcher, CLI::App* data) {
    auto options = std::make_shared<CheckOptions>();
    CLI::App* verb = add_verb(
        dispatcher, "check", "Opens a data set: counts, labels, splits, faults", options->output,
        [options] { return check(*options); }, data);
    verb->add_option("name", options->name,
                     "Data set: nih, padchest, padchest-cl, chexpert, mimic, a superset, a phantom, …")
        ->required();
    verb->add_option("--root", options->root, "Folder of its files (default: TRANSFERSCALE_DATA)");
    verb->add_flag("--labels-only", options->labels_only, "Label files alone, no images needed");
    verb->add_flag("--strict", options->strict, "Counts that differ from the published ones are a fault (3)");
    verb->add_option("--mimic-test", options->mimic_test,
                     "The part that MIMIC is tested on: official, or the validation part")
        ->check(CLI::IsMember({"official", "validate"}))
        ->capture_default_str();
    verb->add_option("--profile", options->profile, "Whose world seed generated images have")
        ->capture_default_str();
    verb->add_option("--padchest-split", options->padchest_split,
                     "PadChest's 90/10: by image as published, or by patient")
        ->check(CLI::IsMember({"image", "patient"}))
        ->capture_default_str();
}

void add_show(Dispatcher& dispatcher, CLI::App* data) {
    auto options = std::make_shared<ShowOptions>();
    CLI::App* verb = add_verb(
        dispatcher, "show", "Writes a contact sheet and says what its images are", options->output,
        [options] { return show(*options); }, data);
    verb->add_option("name", options->name, "Data set, as published or a stand-in's own name")->required();
    verb->add_option("--out", options->out, "PNG file")->required();
    verb->add_option("--profile", options->profile, "Whose stand-in is shown")->capture_default_str();
    verb->add_option("--split", options->split, "train or test")
        ->check(CLI::IsMember({"train", "test"}))
        ->capture_default_str();
    verb->add_option("--rows", options->rows, "Of images; of a multiclass set one a class")
        ->check(CLI::Range(1, 64));
    verb->add_option("--columns", options->columns, "Of images")->check(CLI::Range(1, 64));
}

} // namespace

void register_data(Dispatcher& dispatcher) {
    CLI::App* data = dispatcher.root.add_subcommand("data", "Checks data sets, shows what is in them");
    data->require_subcommand(1);
    add_check(dispatcher, data);
    add_show(dispatcher, data);
}

} // namespace suite::app
