#include "suite/app/data_places.hpp"

#include <map>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "suite/app/help_text.hpp"
#include "suite/app/weights_folder.hpp"
#include "suite/data/data_set.hpp"
#include "suite/data/on_disk/fashion_mnist.hpp"
#include "suite/data/on_disk/set.hpp"

namespace suite::app {
namespace {

using nlohmann::json;

/// Who needs a data set at a profile.
struct Users {
    std::set<std::string> cells;
    std::set<std::string> workloads;
};

/// Of every declared set with files of its own: why it is not there; "" = it is.
std::map<std::string, std::string> reasons_of(const plan::Catalog& catalog, const Places& places) {
    std::map<std::string, std::string> reasons;
    for (const auto& [id, spec] : catalog.data_sets) {
        if (!spec.is_superset()) {
            reasons[id] = data::unavailable_reason({.set = spec, .members = {}}, {.root = places.data});
        }
    }
    return reasons;
}

/// Every workload's plan at the profiles, with the weights that are there in place of pre-training. Only
/// their needs count: no file is read for its digest.
std::vector<plan::Plan> plans_with_found_weights(const plan::Catalog& catalog, const Places& places) {
    plan::PlanFilter filter;
    for (const auto& [id, weights] : catalog.weights) {
        if (!places.weights.empty() && !find_weights(weights, places.weights).empty()) {
            filter.weights[id] = {};
        }
    }
    std::vector<plan::Plan> plans;
    for (const std::string profile : {"paper", "laptop"}) { // of one set both never read
        if (!catalog.profiles.contains(profile)) {
            continue;
        }
        for (const std::string& id : plan::workload_ids(catalog)) {
            plans.push_back(plan::expand(catalog, id, profile, filter));
        }
    }
    return plans;
}

/// What reads which sets.
struct Usage {
    std::map<std::string, Users> of_set;
    std::map<std::string, std::set<std::string>> missing_of_cell; ///< by "PROFILE CELL"
};

Usage usage_of(const plan::Catalog& catalog, const std::vector<plan::Plan>& plans,
               const std::map<std::string, std::string>& reasons) {
    Usage usage;
    for (const plan::Plan& plan : plans) {
        for (const plan::DataNeed& need : plan::data_needs(catalog, plan)) {
            Users& users = usage.of_set[need.set.id];
            users.workloads.insert(plan.workload);
            for (const std::string& text : need.cells) {
                const std::string cell = plan.profile + " " + text;
                users.cells.insert(cell);
                if (!reasons.at(need.set.id).empty()) {
                    usage.missing_of_cell[cell].insert(need.set.id);
                }
            }
        }
    }
    return usage;
}

json folder_of(const plan::DataSetSpec& spec, const Places& places) {
    switch (spec.reader) {
    case plan::Reader::fashion_mnist:
        return data::fashion_mnist_folder(places.data).string();
    case plan::Reader::published:
        return data::find_published(spec, places.data, plan::default_catalog_root()).folder.string();
    default:
        return nullptr; // generated
    }
}

/// Of a set whose folder is there but cannot be used: that folder.
json unusable_folder(const plan::DataSetSpec& spec, const std::string& reason, const Places& places) {
    const bool is_published = spec.reader == plan::Reader::published;
    const json folder =
        !reason.empty() && is_published && !places.data.empty() ? folder_of(spec, places) : json("");
    return folder == "" ? json(nullptr) : folder;
}

json set_document(const plan::Catalog& catalog, const plan::DataSetSpec& spec, const std::string& reason,
                  const Usage& usage, const Places& places) {
    const plan::LayoutSpec* layout = plan::layout_of(catalog.layouts, spec.id);
    const auto users = usage.of_set.find(spec.id);
    const Users none;
    const Users& needed_by = users == usage.of_set.end() ? none : users->second;
    std::size_t alone = 0;
    for (const std::string& cell : needed_by.cells) {
        const auto missing = usage.missing_of_cell.find(cell);
        alone += missing == usage.missing_of_cell.end() || missing->second == std::set<std::string>{spec.id}
                     ? 1U
                     : 0U;
    }
    return {{"name", spec.id},
            {"root", reason.empty() ? folder_of(spec, places) : json(nullptr)},
            {"found", reason.empty()},
            {"unusable", unusable_folder(spec, reason, places)},
            {"generated",
             spec.reader == plan::Reader::phantom_natural || spec.reader == plan::Reader::phantom_xray},
            {"reason", reason.empty() ? json(nullptr) : json(reason)},
            {"images", spec.train_images + spec.test_images},
            {"cells", needed_by.cells.size()},
            {"cells_alone", alone},
            {"workloads", needed_by.workloads.size()},
            {"obtain", layout == nullptr ? json(nullptr) : json(layout->obtain)},
            {"registration", layout == nullptr ? json(nullptr) : json(layout->needs_registration)}};
}

json weights_documents(const plan::Catalog& catalog, const Places& places) {
    json list = json::array();
    for (const auto& [id, weights] : catalog.weights) {
        const auto path =
            places.weights.empty() ? std::filesystem::path() : find_weights(weights, places.weights);
        list.push_back({{"file", weights.file},
                        {"network", weights.network},
                        {"data_set", weights.data_set},
                        {"bytes", weights_bytes(catalog, weights)},
                        {"found", !path.empty()},
                        {"path", path.empty() ? json(nullptr) : json(path.string())},
                        {"obtain", weights.obtain}});
    }
    return list;
}

constexpr std::size_t name_columns = 23;

std::string set_line(const json& entry) {
    const std::string need = fmt::format("{} cells of {} workloads need it", entry["cells"].get<int>(),
                                         entry["workloads"].get<int>());
    const std::string name = "  " + entry["name"].get<std::string>();
    if (entry["found"].get<bool>()) {
        return labelled(name, fmt::format("found at {}; {}", entry["root"].get<std::string>(), need),
                        name_columns);
    }
    if (entry["unusable"].is_string()) {
        // Not folded: its command is there to be pasted.
        return fmt::format("{:<{}}{}\n{:{}}{}\n", name, name_columns, entry["reason"].get<std::string>(), "",
                           name_columns, need);
    }
    std::string text = labelled(
        name, fmt::format("missing; {}, {} lack nothing else", need, entry["cells_alone"].get<int>()),
        name_columns);
    if (entry["obtain"].is_string()) {
        text += labelled("",
                         fmt::format("{}{}", entry["obtain"].get<std::string>(),
                                     entry["registration"].get<bool>() ? " (registration)" : ""),
                         name_columns);
    }
    return text;
}

std::string weights_line(const json& entry) {
    const std::string text =
        entry["found"].get<bool>()
            ? "found at " + entry["path"].get<std::string>()
            : fmt::format("not found: {} trained on {}, {}; {}", entry["network"].get<std::string>(),
                          entry["data_set"].get<std::string>(), bytes_text(entry["bytes"].get<double>()),
                          entry["obtain"].get<std::string>());
    return labelled("  " + entry["file"].get<std::string>(), text, name_columns);
}

} // namespace

json places_document(const plan::Catalog& catalog, const Places& places) {
    const std::map<std::string, std::string> reasons = reasons_of(catalog, places);
    const Usage usage = usage_of(catalog, plans_with_found_weights(catalog, places), reasons);
    const std::filesystem::path& root = places.data;
    json document{{"data_root", root.empty() ? json(nullptr) : json(root.string())},
                  {"datasets", json::array()},
                  {"weights", weights_documents(catalog, places)}};
    for (const auto& [id, reason] : reasons) {
        document["datasets"].push_back(
            set_document(catalog, catalog.data_sets.at(id), reason, usage, places));
    }
    return document;
}

std::string places_text(const json& document) {
    const json& root = document["data_root"];
    std::string text =
        root.is_null() ? "data sets (no data folder: name one with --data DIR or TRANSFERSCALE_DATA)\n"
                       : fmt::format("data sets in {}, looked for by name; `data check NAME` reads them\n",
                                     root.get<std::string>());
    for (const json& entry : document["datasets"]) {
        if (!entry["generated"].get<bool>() &&
            (entry["cells"].get<int>() > 0 || entry["found"].get<bool>() || entry["unusable"].is_string())) {
            text += set_line(entry);
        }
    }
    text += "official weights (--weights DIR), each of which replaces one pre-training run\n";
    for (const json& entry : document["weights"]) {
        text += weights_line(entry);
    }
    return text;
}

} // namespace suite::app
