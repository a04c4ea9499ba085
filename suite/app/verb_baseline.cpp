#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/check/baseline.hpp"
#include "suite/app/option_values.hpp"
#include "suite/app/verbs.hpp"
#include "suite/base/clock.hpp"
#include "suite/plan/reference.hpp"

namespace suite::app {
namespace {

struct RecordOptions {
    OutputOptions output;
    std::string workload;
    std::string profile = "laptop";
    std::string protocol = plan::as_run;
    std::filesystem::path store;
    std::filesystem::path out; ///< empty: baseline/ in the workload's folder
    bool allow_dirty = false;
};

int record(const RecordOptions& options) {
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    const plan::Plan plan = plan::expand(catalog, options.workload, options.profile,
                                         {.seeds = {}, .cells = {}, .protocol = options.protocol});
    const store::Store store(options.store, store::Access::read_only);
    const std::string command =
        fmt::format("transferscale baseline record {} --profile {}{}", options.workload, options.profile,
                    options.protocol == plan::as_run ? "" : " --protocol " + options.protocol);
    const reports::Baseline baseline = reports::make_baseline(
        plan, store, {.recorded = utc_now(), .command = command, .allow_dirty = options.allow_dirty});
    const std::filesystem::path folder =
        options.out.empty()
            ? std::filesystem::path(catalog.workloads.at(options.workload).folder) / "baseline"
            : options.out;
    nlohmann::ordered_json document{{"workload", plan.workload}, {"profile", plan.profile}};
    for (const auto& path :
         reports::write_baseline(baseline, folder, plan::baseline_name(plan.profile, plan.protocol))) {
        document["files"].push_back(path.string());
    }
    if (options.output.json) {
        fmt::print("{}\n", document.dump(2));
        return 0;
    }
    for (const auto& path : document["files"]) {
        fmt::print("{}\n", path.get<std::string>());
    }
    return 0;
}

} // namespace

void register_baseline(Dispatcher& dispatcher) {
    auto options = std::make_shared<RecordOptions>();
    auto action = std::make_shared<std::string>();
    CLI::App* verb =
        add_verb(dispatcher, "baseline", "Makes the results in the store the reference of their profile",
                 options->output, [options, action] { return record(*options); });
    one_of(verb->add_option("action", *action, "What to do: record"), {"record"})->required();
    verb->add_option("workload", options->workload, "A workload, as `transferscale list` names it")
        ->type_name("WORKLOAD")
        ->required();
    add_profile(*verb, options->profile);
    add_store(*verb, options->store);
    verb->add_option("--out", options->out,
                     "Folder of PROFILE.csv and PROFILE.json (default: the workload's baseline/)")
        ->type_name("DIR");
    verb->add_flag("--allow-dirty", options->allow_dirty,
                   "Accept records of a program whose sources differed from their commit");
    add_protocol(*verb, options->protocol);
}

} // namespace suite::app
