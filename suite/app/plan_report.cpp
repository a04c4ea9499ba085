#include "suite/app/plan_report.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/app/weights_folder.hpp"
#include "suite/data/data_set.hpp"
#include "suite/data/on_disk/set.hpp"
#include "suite/plan/network/memory_estimate.hpp"
#include "suite/run/estimate.hpp"
#include "suite/run/plan_groups.hpp"

namespace suite::app {
namespace {

using nlohmann::json;

/// What devices the hours are of.
std::string device_of(const plan::Catalog& catalog, const plan::Plan& plan) {
    const plan::ProfileSpec& profile = find(catalog.profiles, plan.profile, "profile");
    return profile.system.empty() ? "core" : find(catalog.systems, profile.system, "system").gpu;
}

/// The reasons of all sets that a run reads and that are not there.
void add_reasons(const plan::RunConfig& config, const Findings& findings, std::set<std::string>& reasons) {
    for (const plan::DataSetSpec& set : plan::read_sets(config)) {
        if (const auto found = findings.reasons.find(set.id);
            found != findings.reasons.end() && !found->second.empty()) {
            reasons.insert(found->second);
        }
    }
}

/// What the run needs, and as `shortage` why the machine cannot hold it, unless there is a reason already.
void add_shortage(const plan::PlannedRun& run, const Machine& machine, MemoryShortage& memory,
                  std::string& shortage) {
    const int ranks = run.exclusive || run.ranks > 1 ? run.ranks : machine.ranks;
    const std::string reason = memory_refusal(run.config, ranks, machine.memory_bytes);
    shortage = shortage.empty() ? reason : shortage;
    if (const double needed = needed_memory_bytes(run.config, ranks); needed > memory.needed_bytes) {
        memory.needed_bytes = needed;
        memory.reason = reason;
    }
}

json data_document(const plan::DataNeed& need, const Findings& findings, const Places& places) {
    const std::string& reason = findings.reasons.at(need.set.id);
    json entry{{"name", need.set.id},
               {"title", need.set.title},
               {"images", need.set.train_images + need.set.test_images},
               {"as", json::array()},
               {"cells", need.cells.size()},
               {"found", reason.empty()},
               {"folder", nullptr},
               {"reason", reason.empty() ? json(nullptr) : json(reason)},
               {"bytes", nullptr},
               {"obtain", nullptr},
               {"licence", nullptr},
               {"registration", nullptr}};
    if (need.is_source) {
        entry["as"].push_back("source");
    }
    if (need.is_target) {
        entry["as"].push_back("target");
    }
    if (need.layout != nullptr) {
        entry["bytes"] = need.layout->gigabytes * 1e9;
        entry["obtain"] = need.layout->obtain;
        entry["licence"] = need.layout->licence;
        entry["registration"] = need.layout->needs_registration;
        const std::filesystem::path& root = places.data;
        const std::filesystem::path folder =
            root.empty() ? root : data::find_published(need.set, root, plan::default_catalog_root()).folder;
        entry["folder"] =
            folder.empty() ? json(nullptr) : json(folder.string()); // also of one that lacks files
    }
    return entry;
}

/// Of weights that could replace a pre-training run, or do.
json weights_document(const plan::Catalog& catalog, const plan::WeightsSpec& weights, const plan::Plan& plan,
                      const Places& places) {
    const auto run = std::ranges::find_if(plan.runs, [&](const plan::PlannedRun& candidate) {
        return candidate.config.weights && candidate.config.weights->file == weights.file;
    });
    const bool used = run != plan.runs.end();
    const auto path =
        places.weights.empty() ? std::filesystem::path() : find_weights(weights, places.weights);
    return {{"file", weights.file},
            {"network", weights.network},
            {"data_set", weights.data_set},
            {"bytes", weights_bytes(catalog, weights)},
            {"used", used},
            {"sha256", used ? json(run->config.weights->sha256) : json(nullptr)},
            {"found", path.empty() ? json(nullptr) : json(path.string())},
            {"obtain", weights.obtain},
            {"licence", weights.licence}};
}

std::string needed_line(const json& entry) {
    const bool found = entry["found"].get<bool>();
    std::string where = found ? "found" : entry["reason"].get<std::string>();
    if (found && entry["folder"].is_string()) {
        where += " at " + entry["folder"].get<std::string>();
    } else if (!found && entry["folder"].is_null() && entry["obtain"].is_string()) {
        where += fmt::format("; obtain it from {}{}", entry["obtain"].get<std::string>(),
                             entry["registration"].get<bool>() ? " (registration)" : "");
    }
    const std::string size = entry["bytes"].is_null() ? "" : ", " + bytes_text(entry["bytes"].get<double>());
    return run::wrapped(fmt::format("  data {}, {} images{}, {} cells: {}", entry["name"].get<std::string>(),
                                    entry["images"].get<std::size_t>(), size,
                                    entry["cells"].get<std::size_t>(), where),
                        4);
}

std::string weights_line(const json& entry) {
    const std::string state = entry["used"].get<bool>()    ? "in place of pre-training"
                              : entry["found"].is_string() ? "found at " + entry["found"].get<std::string>()
                                                           : "could replace pre-training (--weights DIR): " +
                                                                 entry["obtain"].get<std::string>();
    return run::wrapped(fmt::format("  weights {}, {}: {}", entry["file"].get<std::string>(),
                                    bytes_text(entry["bytes"].get<double>()), state),
                        4);
}

std::string joined(const std::vector<std::string>& names) {
    return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

/// The plan as it would be with every file of weights at hand. Only costs and needs may be asked of it: the
/// digests are those of no file.
plan::Plan with_weights(const plan::Catalog& catalog, const plan::Plan& plan) {
    plan::PlanFilter filter;
    filter.seeds = plan.seeds;
    filter.protocol = plan.protocol;
    for (const plan::PlannedCell& cell : plan.cells) {
        filter.cells.push_back(cell.text);
    }
    for (const plan::WeightsSpec* weights : plan::replacing_weights(catalog, plan)) {
        filter.weights[weights->id] = {};
    }
    return plan::expand(catalog, plan.workload, plan.profile, filter);
}

std::string plan_row(const plan::Catalog& catalog, const plan::Plan& plan) {
    const plan::PlanCost cost = plan::cost_of(catalog, plan);
    std::vector<std::string> names;
    std::vector<std::string> weights;
    for (const plan::DataNeed& need : plan::data_needs(catalog, plan)) {
        names.push_back(need.set.id);
    }
    for (const plan::WeightsSpec* spec : plan::replacing_weights(catalog, plan)) {
        weights.push_back(spec->id);
    }
    const std::string less =
        weights.empty() || find(catalog.workloads, plan.workload, "workload").scaling
            ? "–"
            : fmt::format("{:.0f}", plan::cost_of(catalog, with_weights(catalog, plan)).device_hours());
    return fmt::format("| `{}` | {} | {} + {} | {:.0f} | {} | {} | {} | {} | {} |\n", plan.workload,
                       plan.cells.size(), plan.runs.size() - plan.parent_count(), plan.parent_count(),
                       cost.device_hours(), less, bytes_text(cost.read_bytes), bytes_text(cost.kept_bytes),
                       joined(names), less == "–" ? "none" : joined(weights));
}

/// What the plans need together: a set's largest declaration counts.
struct AllNeeds {
    std::map<std::string, plan::DataNeed> sets;
    std::map<std::string, const plan::WeightsSpec*> weights;
    std::map<std::string, std::vector<std::string>> workloads; ///< of a set or file
};

AllNeeds needs_of(const plan::Catalog& catalog, const std::vector<plan::Plan>& plans) {
    AllNeeds all;
    for (const plan::Plan& plan : plans) {
        for (const plan::DataNeed& need : plan::data_needs(catalog, plan)) {
            all.sets.emplace(need.set.id, need);
            all.workloads[need.set.id].push_back(plan.workload);
        }
        for (const plan::WeightsSpec* spec : plan::replacing_weights(catalog, plan)) {
            all.weights[spec->id] = spec;
        }
    }
    return all;
}

std::string set_row(const plan::DataNeed& need, const std::vector<std::string>& workloads) {
    const plan::LayoutSpec* layout = need.layout;
    return fmt::format("| `{}` | {} | {} + {} | {} | {} | {} | {} | {} |\n", need.set.id, need.set.title,
                       need.set.train_images, need.set.test_images,
                       layout == nullptr ? "–" : bytes_text(layout->gigabytes * 1e9),
                       layout == nullptr ? "–" : layout->obtain,
                       layout != nullptr && layout->needs_registration ? "yes" : "no",
                       layout == nullptr ? "–" : layout->licence, workloads.size());
}

} // namespace

Findings look_for(const plan::Plan& plan, const std::vector<plan::DataNeed>& needs, const Places& places,
                  const Machine& machine, const std::vector<std::string>& done) {
    Findings findings;
    findings.memory_bytes = machine.memory_bytes;
    for (const plan::DataNeed& need : needs) {
        findings.reasons[need.set.id] =
            data::unavailable_reason({.set = need.set, .members = {}}, {.root = places.data});
    }
    const std::set<std::string> finished(done.begin(), done.end());
    std::map<std::string, const plan::PlannedRun*> run_of_key;
    for (const plan::PlannedRun& run : plan.runs) {
        run_of_key.emplace(run.key, &run);
    }
    for (const plan::PlannedCell& cell : plan.cells) {
        std::set<std::string> reasons;
        std::string shortage;
        for (const std::size_t index : plan::all_runs(cell)) {
            const plan::PlannedRun& run = plan.runs[index];
            if (finished.contains(run.key)) {
                continue;
            }
            const auto parent = run_of_key.find(run.parent);
            if (parent != run_of_key.end() && !finished.contains(run.parent)) {
                add_reasons(parent->second->config, findings, reasons);
                add_shortage(*parent->second, machine, findings.memory, shortage);
            }
            add_reasons(run.config, findings, reasons);
            add_shortage(run, machine, findings.memory, shortage);
        }
        findings.memory.cells += shortage.empty() ? 0U : 1U;
        if (reasons.empty() && !shortage.empty()) { // a run looks for its data first
            reasons.insert(shortage);
        }
        if (!reasons.empty()) {
            findings.missing[cell.text] = fmt::format("{}", fmt::join(reasons, "; "));
        }
    }
    return findings;
}

json needs_document(const plan::Catalog& catalog, const plan::Plan& plan, const Findings& findings,
                    const std::vector<plan::DataNeed>& needs, const Places& places) {
    const plan::PlanCost cost = plan::cost_of(catalog, plan);
    const MemoryShortage& memory = findings.memory;
    json document{{"needs",
                   {{"data_sets", json::array()},
                    {"weights", json::array()},
                    {"memory",
                     {{"bytes", memory.needed_bytes},
                      {"machine_bytes", findings.memory_bytes},
                      {"cells_short", memory.cells},
                      {"reason", memory.reason.empty() ? json(nullptr) : json(memory.reason)}}}}},
                  {"missing", json::array()},
                  {"cost",
                   {{"device", device_of(catalog, plan)},
                    {"device_hours", cost.device_hours()},
                    {"pretraining_hours", cost.pretraining_hours},
                    {"finetuning_hours", cost.finetuning_hours},
                    {"read_bytes", cost.read_bytes},
                    {"kept_bytes", cost.kept_bytes}}}};
    for (const plan::DataNeed& need : needs) {
        document["needs"]["data_sets"].push_back(data_document(need, findings, places));
    }
    for (const plan::WeightsSpec* weights : plan::replacing_weights(catalog, plan)) {
        document["needs"]["weights"].push_back(weights_document(catalog, *weights, plan, places));
    }
    for (const plan::PlannedCell& cell : plan.cells) {
        if (const auto entry = findings.missing.find(cell.text); entry != findings.missing.end()) {
            document["missing"].push_back({{"cell", cell.text}, {"reason", entry->second}});
        }
    }
    return document;
}

std::string needs_text(const json& document) {
    const json& cost = document["cost"];
    std::string text = fmt::format(
        "  in all: {} {}-hours ({} pre-training, {} the rest)\n  {} of images read, {} kept\n",
        run::hours_text(cost["device_hours"].get<double>()),
        run::short_device(cost["device"].get<std::string>()),
        run::hours_text(cost["pretraining_hours"].get<double>()),
        run::hours_text(cost["finetuning_hours"].get<double>()), bytes_text(cost["read_bytes"].get<double>()),
        bytes_text(cost["kept_bytes"].get<double>()));
    for (const json& entry : document["needs"]["data_sets"]) {
        text += needed_line(entry);
    }
    for (const json& entry : document["needs"]["weights"]) {
        text += weights_line(entry);
    }
    if (const json& memory = document["needs"]["memory"]; memory["reason"].is_string()) {
        text += run::wrapped(fmt::format("  memory: {}, {} cells cannot run here",
                                         memory["reason"].get<std::string>(),
                                         memory["cells_short"].get<std::size_t>()),
                             4);
    }
    return text;
}

std::string markdown_plans(const plan::Catalog& catalog, const std::vector<plan::Plan>& plans) {
    const std::string device = plans.empty() ? "core" : device_of(catalog, plans.front());
    std::string text =
        fmt::format("| workload | cells | runs + pre-training | {0}-hours | with official weights | "
                    "images read | kept | data sets | weights that replace pre-training |\n"
                    "|---|---|---|---|---|---|---|---|---|\n",
                    device);
    for (const plan::Plan& plan : plans) {
        text += plan_row(catalog, plan);
    }
    const AllNeeds all = needs_of(catalog, plans);
    text += "\n| data set | title | images (train + test) | size | obtained from | registration | terms | "
            "workloads |\n|---|---|---|---|---|---|---|---|\n";
    for (const auto& [id, need] : all.sets) {
        text += set_row(need, all.workloads.at(id));
    }
    text += "\n| weights | network | trained on | outputs | size | obtained from | licence |\n"
            "|---|---|---|---|---|---|---|\n";
    for (const auto& [id, spec] : all.weights) {
        text += fmt::format("| `{}` | {} | {} | {} | {} | {} | {} |\n", spec->file, spec->network,
                            spec->data_set, spec->classes, bytes_text(weights_bytes(catalog, *spec)),
                            spec->obtain, spec->licence);
    }
    return text;
}

std::string bytes_text(double bytes) {
    constexpr std::array units{"B", "kB", "MB", "GB", "TB", "PB"};
    std::size_t unit = 0;
    while (bytes >= 999.5 && unit + 1 < units.size()) {
        bytes /= 1000.0;
        ++unit;
    }
    return bytes < 9.95 && unit > 0 ? fmt::format("{:.1f} {}", bytes, units[unit])
                                    : fmt::format("{:.0f} {}", bytes, units[unit]);
}

} // namespace suite::app
