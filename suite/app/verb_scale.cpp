#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/check/check.hpp"
#include "reports/format/figure.hpp"
#include "reports/format/json.hpp"
#include "reports/format/report_files.hpp"
#include "suite/app/command_table.hpp"
#include "suite/app/device_request.hpp"
#include "suite/app/option_values.hpp"
#include "suite/app/reporting.hpp"
#include "suite/app/run_options.hpp"
#include "suite/app/verbs.hpp"
#include "suite/base/log.hpp"
#include "suite/base/names.hpp"
#include "suite/plan/spec/enum_names.hpp"
#include "suite/run/scheduler.hpp"

namespace suite::app {
namespace {

/// What differs from the declared ladder; absent: as declared.
struct ScaleOptions {
    SelectionOptions selection;
    std::optional<std::string> workload;
    std::vector<int> ranks;
    std::vector<std::string> models;
    std::vector<std::string> modes;
    std::optional<std::int64_t> steps;
    std::optional<std::int64_t> warmup_steps;
    std::optional<int> local_batch;
    std::optional<int> micro_batch;
    std::optional<int> strong_batch;
    std::filesystem::path out = "report";
    std::string formats;
    std::string device; ///< empty: a GPU where build and machine have one
    std::string launcher{run::default_launcher};
    double deadline_seconds = 60.0;
};

void take_ladder(const ScaleOptions& options, plan::WorkloadSpec& workload) {
    const plan::ScalingLadder* declared = workload.scaling->ladder(options.selection.profile);
    plan::ScalingLadder ladder = declared == nullptr ? plan::ScalingLadder{} : *declared;
    ladder.ranks = options.ranks.empty() ? ladder.ranks : options.ranks;
    std::erase_if(ladder.oversubscribed, [&ladder](int ranks) {
        return std::find(ladder.ranks.begin(), ladder.ranks.end(), ranks) == ladder.ranks.end();
    });
    ladder.steps = options.steps.value_or(ladder.steps);
    // A short ladder keeps its share of warm-up.
    const std::int64_t declared_warmup =
        declared == nullptr ? 0 : declared->warmup_steps * ladder.steps / declared->steps;
    ladder.warmup_steps = options.warmup_steps.value_or(declared_warmup);
    ladder.local_batch = options.local_batch.value_or(ladder.local_batch);
    ladder.micro_batch = options.micro_batch.value_or(ladder.micro_batch);
    ladder.strong_batch = options.strong_batch.value_or(ladder.strong_batch);
    plan::set_ladder(workload, options.selection.profile, ladder);
}

/// Networks and modes that the ladder is climbed with, as globs of cells.
std::vector<std::string> cells_of(const plan::Catalog& catalog, const ScaleOptions& options,
                                  plan::WorkloadSpec& workload) {
    for (const std::string& model : options.models) {
        for (const std::string& target : workload.values(plan::AxisRole::target)) {
            const auto& known = find(catalog.data_sets, target, "data set").pretrain;
            if (!known.contains(model)) {
                plan::throw_unknown_name("--model", model, names_of(known));
            }
        }
        plan::add_value(workload, plan::AxisRole::model, model);
    }
    const std::vector<std::string>& models =
        options.models.empty() ? workload.values(plan::AxisRole::model) : options.models;
    std::vector<std::string> globs;
    for (const std::string& model : models) {
        for (const std::string& mode :
             options.modes.empty() ? workload.values(plan::AxisRole::scaling) : options.modes) {
            for (const int ranks : workload.scaling->ladder(options.selection.profile)->ranks) {
                globs.push_back(fmt::format("*/{}/{}/{}", model, mode, ranks));
            }
        }
    }
    return globs;
}

/// `plans`: the one of the ladder; the scheduler keeps looking at it.
run::RunSummary climb(const plan::Catalog& catalog, const std::vector<plan::Plan>& plans,
                      const ScaleOptions& options) {
    static_cast<void>(request_device(options.device, options.selection.precision,
                                     options.launcher != run::default_launcher));
    store::Store store(options.selection.store, store::Access::read_write);
    run::Scheduler scheduler(catalog, plans, store,
                             {.jobs = 1,
                              .launcher = options.launcher,
                              .oversubscribe = options.selection.oversubscribe,
                              .deadline_seconds = options.deadline_seconds,
                              .device = options.device,
                              .work = work_options(options.selection.data, {}),
                              .worker = environment().worker});
    return scheduler.run();
}

int report(const plan::Catalog& catalog, const plan::Plan& plan, const ScaleOptions& options) {
    const store::Store store(options.selection.store, store::Access::read_only);
    const plan::References references =
        plan::load_references(catalog, plan.workload, plan.profile, plan.protocol);
    const reports::CheckResult result = reports::check(catalog, plan, references, store);
    const std::string words = !options.formats.empty() ? options.formats
                              : reports::can_draw()    ? "md,html,csv,json,svg"
                                                       : "md,html,csv,json";
    std::vector<std::string> files;
    const reports::WrittenFiles written =
        reports::write_report(result, options.out, reports::parse_formats(words));
    for (const std::filesystem::path& path : written.paths) {
        files.push_back(path.string());
    }
    if (options.selection.output.json) {
        nlohmann::ordered_json document = reports::to_json(result);
        document["files"] = files;
        fmt::print("{}\n", document.dump(2));
    } else {
        fmt::print("{}Report: {}\n", reports::table_text(result, page_of_stdout()), fmt::join(files, " "));
    }
    log_damage(result);
    written.throw_if_undrawn();
    return reports::exit_code(result, {.gates = true});
}

int scale(const ScaleOptions& options) {
    plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    plan::WorkloadSpec& workload = catalog.workloads.at(scaling_workload(catalog, options.workload));
    take_ladder(options, workload);
    SelectionOptions selection = options.selection;
    selection.workloads = {workload.id};
    selection.cells = cells_of(catalog, options, workload);
    selection.reduction = plan::enum_name(workload.scaling->reduction);
    const std::vector<plan::Plan> plans = expand_selection(catalog, selection);
    const plan::Plan& plan = plans.front();
    for (const plan::SkippedCell& skipped : plan.skipped) {
        log_warning(fmt::format("skipped {}: {}", skipped.cell, skipped.reason));
    }
    const run::RunSummary summary = climb(catalog, plans, options);
    if (summary.exit_code() != 0) {
        return summary.exit_code();
    }
    return report(catalog, plan, options);
}

void add_ladder(CLI::App& verb, ScaleOptions& options) {
    verb.add_option("--ranks", options.ranks,
                    "Numbers of ranks to measure, rising from 1, as 1,2,4 (the scaling ladder)")
        ->type_name("LIST")
        ->delimiter(',');
    verb.add_option("--model", options.models, "Networks, by their published names, separated by commas")
        ->type_name("NETWORK")
        ->delimiter(',');
    one_of(
        verb.add_option("--mode", options.modes,
                        "weak (each rank keeps its batch) or strong (all ranks share one); both: weak,strong")
            ->delimiter(','),
        {"weak", "strong"});
}

void add_run_size(CLI::App& verb, ScaleOptions& options) {
    const std::string group = "Size of the runs (default: as the workload declares)";
    const auto number = [&](const char* name, auto& value, const char* help) {
        whole_within(verb.add_option(name, value, help), 0, 1'000'000'000)->group(group);
    };
    number("--steps", options.steps, "Optimiser steps of a run, with warm-up");
    number("--warmup-steps", options.warmup_steps, "Steps left out of steady-state numbers");
    number("--local-batch", options.local_batch, "Weak scaling: images of one rank and step");
    number("--strong-batch", options.strong_batch, "Strong scaling: images of all ranks in a step");
    number("--micro-batch", options.micro_batch, "Images of one backward pass; divides both batches");
}

} // namespace

void register_scale(Dispatcher& dispatcher) {
    auto options = std::make_shared<ScaleOptions>();
    CLI::App* verb =
        add_verb(dispatcher, "scale", "Measures throughput and efficiency of training over 1, 2, 4, … ranks",
                 options->selection.output, [options] { return scale(*options); });
    add_ladder(*verb, *options);
    add_profile(*verb, options->selection.profile);
    verb->add_option("--seeds", options->selection.seeds, "Repetitions: 0-4 or 0,2,7")->type_name("LIST");
    add_store(*verb, options->selection.store);
    add_device(*verb, options->device);
    verb->add_option("--out", options->out, "Folder of the report")->type_name("DIR")->capture_default_str();
    verb->add_option("--format", options->formats,
                     "Formats of the report, as of `transferscale report`, separated by commas")
        ->type_name("LIST");
    verb->add_option("--workload", options->workload, "Scaling workload (default: the only one)")
        ->type_name("WORKLOAD")
        ->group(rare_group);
    add_run_size(*verb, *options);
    add_oversubscribe(*verb, options->selection.oversubscribe);
    add_launcher(*verb, options->launcher);
    add_deadline(*verb, options->deadline_seconds);
    add_fast_reduction(*verb, options->selection);
    add_precision(*verb, options->selection.precision);
}

} // namespace suite::app
