#include <memory>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "reports/format/ctest_file.hpp"
#include "suite/app/command_table.hpp"
#include "suite/app/help_text.hpp"
#include "suite/app/verbs.hpp"
#include "suite/app/workload_details.hpp"
#include "suite/base/files.hpp"
#include "suite/plan/needs.hpp"
#include "suite/run/estimate.hpp"

namespace suite::app {
namespace {

void print(const nlohmann::ordered_json& workload) {
    const auto id_of_workload = workload["id"].get<std::string>();
    const std::string title =
        fmt::format("{} ({})", workload["title"].get<std::string>(), workload["source"].get<std::string>());
    fmt::print("{}    {} cells, {} claims\n", labelled(id_of_workload, title, id_of_workload.size() + 2),
               workload["cells"].get<int>(), workload["claims"].get<int>());
    for (const auto& [id, profile] : workload["profiles"].items()) {
        const nlohmann::ordered_json& estimate = profile["estimate"];
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
        names.insert(cell.target());
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
    std::vector<std::string> workloads; ///< empty: a summary of all
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
    if (options.markdown) {
        fmt::print("{}", markdown_table(catalog));
        return 0;
    }
    const bool wants_details = !options.workloads.empty();
    nlohmann::ordered_json document;
    for (const std::string& id :
         wants_details ? all_of(catalog, options.workloads) : plan::workload_ids(catalog)) {
        const plan::WorkloadSpec& workload = find(catalog.workloads, id, "workload");
        document["workloads"].push_back(wants_details ? workload_details(catalog, workload)
                                                      : workload_summary(catalog, workload));
    }
    if (options.output.json) {
        fmt::print("{}\n", document.dump(2));
        return 0;
    }
    for (const nlohmann::ordered_json& workload : document["workloads"]) {
        if (wants_details) {
            fmt::print("{}{}", &workload == &document["workloads"][0] ? "" : "\n", details_text(workload));
        } else {
            print(workload);
        }
    }
    return 0;
}

} // namespace

void register_list(Dispatcher& dispatcher) {
    auto options = std::make_shared<ListOptions>();
    CLI::App* verb = add_verb(dispatcher, "list", "Lists the workloads, or says all about one",
                              options->output, [options] { return list(*options); });
    verb->add_option(
            "workload", options->workloads,
            "Print details of these workloads (names or globs): cells, margins, claims, how to run them")
        ->type_name("WORKLOAD");
    const std::string group = "Other forms of the list";
    verb->add_flag("--markdown", options->markdown, "Print the table of REPRODUCE.md")->group(group);
    verb->add_option("--ctest-file", options->ctest_file, "Write the workloads' CTest tests to this file")
        ->type_name("FILE")
        ->group(group);
    verb->add_option("--ctest-program", options->ctest_program,
                     "Program that these tests call (default: this one)")
        ->type_name("FILE")
        ->group(group);
    verb->add_option(
            "--ctest-workloads", options->ctest_workloads,
            "Workloads that these tests train, separated by commas (default: all); of others they read "
            "what the store holds")
        ->type_name("LIST")
        ->delimiter(',')
        ->group(group);
    verb->add_option("--profile", options->ctest_profile, "Profile of these tests")
        ->type_name("PROFILE")
        ->capture_default_str()
        ->group(group);
}

} // namespace suite::app
