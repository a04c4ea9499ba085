#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "suite/app/data_verbs.hpp"
#include "suite/app/option_values.hpp"
#include "suite/data/phantom/contact_sheet.hpp"
#include "suite/plan/declare/catalog.hpp"

namespace suite::app {
namespace {

using json = nlohmann::ordered_json;
namespace fs = std::filesystem;

struct ShowOptions {
    std::string name;
    std::string profile = "laptop";
    std::string split = "train";
    fs::path out;
    std::optional<int> rows; ///< absent: one a class, as far as 32 go; else 8
    std::optional<int> columns;
    OutputOptions output;
};

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
    const data::DataSet set = data::open_data_set(config, {.root = environment().data});
    const data::Split& split = options.split == "train" ? set.train : set.test;
    if (split.source) {
        throw Error(ErrorKind::usage, Fault{.where = options.name,
                                            .found = "images that stay on disk",
                                            .expected = "a set that is held in memory",
                                            .fix = "look at the files themselves; data check names them"});
    }
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

void add_show(Dispatcher& dispatcher, CLI::App* data) {
    auto options = std::make_shared<ShowOptions>();
    CLI::App* verb = add_verb(
        dispatcher, "show", "Writes a picture of some images of a data set and prints their labels",
        options->output, [options] { return show(*options); }, data);
    verb->add_option("name", options->name, "Data set: a published one, or a stand-in by its own name")
        ->type_name("DATASET")
        ->required();
    verb->add_option("--out", options->out, "PNG file to write")->type_name("FILE")->required();
    add_profile(*verb, options->profile);
    one_of(verb->add_option("--split", options->split, "Which part of the set"), {"train", "test"})
        ->capture_default_str();
    whole_within(verb->add_option("--rows", options->rows, "Rows of images (multiclass sets: one a class)"),
                 1, 64);
    whole_within(verb->add_option("--columns", options->columns, "Columns of images"), 1, 64);
}

} // namespace

void register_data(Dispatcher& dispatcher) {
    CLI::App* data = dispatcher.root.add_subcommand(
        "data", "Checks data sets, shows their images, packs them into shards");
    data->require_subcommand(1);
    add_data_check(dispatcher, data);
    add_data_pack(dispatcher, data);
    add_show(dispatcher, data);
}

} // namespace suite::app
