#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "suite/app/verbs.hpp"
#include "suite/plan/catalog.hpp"
#include "suite/run/estimate.hpp"

namespace suite::app {
namespace {

nlohmann::json describe(const plan::Catalog& catalog, const plan::WorkloadSpec& workload) {
    nlohmann::json document{{"id", workload.id},
                            {"title", workload.title},
                            {"source", workload.source + ", " + workload.paper},
                            {"cells", plan::workload_cells(workload).size()},
                            {"claims", workload.claims.size()}};
    for (const auto& [id, profile] : catalog.profiles) {
        const plan::Plan plan = plan::expand(catalog, workload.id, id);
        document["profiles"][id] = {{"runs", plan.runs.size() - plan.parent_count()},
                                    {"parents", plan.parent_count()},
                                    {"estimate_seconds", run::estimate_from_declaration(catalog, plan)}};
    }
    return document;
}

void print(const nlohmann::json& workload) {
    fmt::print("{}  {} ({})\n    {} cells, {} claims\n", workload["id"].get<std::string>(),
               workload["title"].get<std::string>(), workload["source"].get<std::string>(),
               workload["cells"].get<int>(), workload["claims"].get<int>());
    for (const auto& [id, profile] : workload["profiles"].items()) {
        fmt::print("    {:<8} {:>4} runs + {:>3} pre-training runs, about {}\n", id,
                   profile["runs"].get<int>(), profile["parents"].get<int>(),
                   run::duration_text(profile["estimate_seconds"].get<double>()));
    }
}

int list(const OutputOptions& output) {
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    nlohmann::json document;
    for (const auto& [id, workload] : catalog.workloads) {
        document["workloads"].push_back(describe(catalog, workload));
    }
    if (output.json) {
        fmt::print("{}\n", document.dump(2));
        return 0;
    }
    for (const nlohmann::json& workload : document["workloads"]) {
        print(workload);
    }
    return 0;
}

} // namespace

void register_list(Dispatcher& dispatcher) {
    auto options = std::make_shared<OutputOptions>();
    add_verb(dispatcher, "list", "Workloads: title, where printed, cells, profiles, cost", *options,
             [options] { return list(*options); });
}

} // namespace suite::app
