#include <memory>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "reports/ctest_file.hpp"
#include "suite/app/verbs.hpp"
#include "suite/base/files.hpp"
#include "suite/plan/needs.hpp"
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
        const run::Estimate estimate = run::estimate_of(catalog, plan, run::local_processes());
        document["profiles"][id] = {{"runs", plan.runs.size() - plan.parent_count()},
                                    {"parents", plan.parent_count()},
                                    {"estimate_seconds", estimate.seconds},
                                    {"estimate", to_json(estimate)}};
    }
    return document;
}

void print(const nlohmann::json& workload) {
    fmt::print("{}  {} ({})\n    {} cells, {} claims\n", workload["id"].get<std::string>(),
               workload["title"].get<std::string>(), workload["source"].get<std::string>(),
               workload["cells"].get<int>(), workload["claims"].get<int>());
    for (const auto& [id, profile] : workload["profiles"].items()) {
        const nlohmann::json& estimate = profile["estimate"];
        const auto infeasible = estimate["here"]["infeasible"].get<std::string>();
        fmt::print("    {:<7} {} runs + {} pre-training, {}\n{}", id, profile["runs"].get<int>(),
                   profile["parents"].get<int>(), estimate["text"].get<std::string>(),
                   infeasible.empty() ? "" : fmt::format("{:12}{}\n", "", infeasible));
    }
}

constexpr double seconds_per_minute = 60.0;
constexpr run::LocalProcesses documented_machine{.count = 2}; ///< the same table on every machine

/// What the profile without stand-ins needs: data sets by name.
std::string needed_data(const plan::WorkloadSpec& workload) {
    std::set<std::string> names;
    for (const plan::CellId& cell : plan::workload_cells(workload)) {
        names.insert(cell.target);
        const std::string& source = plan::source_data_set(workload, cell);
        for (std::size_t begin = 0; begin < source.size();) {
            const std::size_t end = std::min(source.find('+', begin), source.size());
            names.insert(source.substr(begin, end - begin));
            begin = end + 1;
        }
    }
    return fmt::format("{}", fmt::join(names, ", "));
}

/// The table of REPRODUCE.md: every workload with what it adds to those above it.
std::string markdown_table(const plan::Catalog& catalog) {
    std::string text =
        "| workload | CTest label | cells | runs + pre-training it adds | laptop minutes on 2 cores | paper: "
        "GPU-hours and time | data at paper |\n|---|---|---|---|---|---|---|\n";
    std::set<std::string> seen;
    for (const std::string& id : plan::workload_ids(catalog)) {
        const plan::WorkloadSpec& workload = catalog.workloads.at(id);
        const plan::Plan plan = plan::expand(catalog, id, "laptop");
        std::size_t runs = 0;
        std::size_t parents = 0;
        for (const plan::PlannedRun& run : plan.runs) {
            const bool is_new = seen.insert(run.key).second;
            runs += is_new && !run.is_pretraining() ? 1U : 0U;
            parents += is_new && run.is_pretraining() ? 1U : 0U;
        }
        text += fmt::format(
            "| {} | `{}` | {} | {} + {} | {:.1f} | {} | {} |\n", workload.source, id,
            plan::workload_cells(workload).size(), runs, parents,
            run::estimate_of(catalog, plan, documented_machine).seconds / seconds_per_minute,
            estimate_text(run::estimate_of(catalog, plan::expand(catalog, id, "paper"), documented_machine)),
            needed_data(workload));
    }
    return text;
}

struct ListOptions {
    OutputOptions output;
    bool markdown = false;
    std::filesystem::path ctest_file; ///< written instead of the list
    std::filesystem::path ctest_program;
    std::string ctest_profile = "laptop";
    std::optional<std::vector<std::string>> ctest_workloads;
};

/// Tests run in the folder that holds workloads/, as ./reproduce does, so that both use the same store.
int write_ctest_file(const plan::Catalog& catalog, const ListOptions& options) {
    const std::filesystem::path program = options.ctest_program.empty()
                                              ? std::filesystem::read_symlink("/proc/self/exe")
                                              : std::filesystem::absolute(options.ctest_program);
    const std::string text = reports::ctest_file_text(catalog, {.program = program,
                                                                .folder = catalog.root.parent_path(),
                                                                .profile = options.ctest_profile,
                                                                .trained = options.ctest_workloads});
    publish_text(options.ctest_file, text, ErrorKind::environment);
    return 0;
}

int list(const ListOptions& options) {
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    if (!options.ctest_file.empty()) {
        return write_ctest_file(catalog, options);
    }
    nlohmann::json document;
    if (options.markdown) {
        fmt::print("{}", markdown_table(catalog));
        return 0;
    }
    for (const std::string& id : plan::workload_ids(catalog)) {
        document["workloads"].push_back(describe(catalog, catalog.workloads.at(id)));
    }
    if (options.output.json) {
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
    auto options = std::make_shared<ListOptions>();
    CLI::App* verb = add_verb(dispatcher, "list", "Workloads: title, where printed, cells, profiles, cost",
                              options->output, [options] { return list(*options); });
    verb->add_flag("--markdown", options->markdown, "The table of REPRODUCE.md instead");
    verb->add_option("--ctest-file", options->ctest_file,
                     "Write the workloads' tests for CTest into this file instead");
    verb->add_option("--ctest-program", options->ctest_program,
                     "The program that these tests call (default: this one)");
    verb->add_option(
            "--ctest-workloads", options->ctest_workloads,
            "The workloads that these tests train (default: all); of others they read what the store holds")
        ->delimiter(',');
    verb->add_option("--profile", options->ctest_profile, "At what scale these tests run")
        ->capture_default_str();
}

} // namespace suite::app
