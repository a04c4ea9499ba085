#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "suite/app/command_table.hpp"
#include "suite/app/device_request.hpp"
#include "suite/app/main_verbs.hpp"
#include "suite/app/option_values.hpp"
#include "suite/app/run_summary.hpp"
#include "suite/base/log.hpp"
#include "suite/run/scheduler.hpp"

namespace suite::app {
namespace {

nlohmann::ordered_json document_of(const run::RunSummary& summary) {
    nlohmann::ordered_json document{{"runs", summary.total},
                                    {"done_before", summary.done_before},
                                    {"done_now", summary.done_now},
                                    {"failed", summary.failed},
                                    {"skipped", nlohmann::ordered_json::array()},
                                    {"lost", summary.lost},
                                    {"interrupted", summary.interrupted},
                                    {"seconds", summary.seconds}};
    for (const auto& [reason, count] : summary.skipped) {
        document["skipped"].push_back({{"reason", reason}, {"runs", count}});
    }
    return document;
}

/// Portable bits are those of CPUs: such runs train there wherever a GPU is.
std::string device_of(const RunVerbOptions& options) {
    if (options.selection.portable_bits && options.more.device == "cuda") {
        throw Error(ErrorKind::usage, Fault{.where = "--portable-bits",
                                            .found = "--device cuda",
                                            .expected = "a CPU: GPUs have other code paths",
                                            .fix = "leave --portable-bits, or take --device cpu"});
    }
    return options.selection.portable_bits ? "cpu" : options.more.device;
}

/// Records that are gone although they were once reported as done.
Error lost_records(const store::Store& store, std::size_t count) {
    return {ErrorKind::store,
            Fault{.where = store.root().string(),
                  .found = fmt::format("{} finished records damaged or gone", count),
                  .expected = "every record that was once reported as done",
                  .fix = "they have been trained again: find out who removed them, run again"}};
}

} // namespace

Outcome run_workloads(const RunVerbOptions& options, const CLI::App& command) {
    const std::string device = device_of(options);
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    const std::vector<plan::Plan> plans = expand_selection(catalog, options.selection);
    const int gpus =
        request_device(device, options.selection.precision, options.launcher != run::default_launcher);
    const int places = gpus > 0 ? std::min(gpus, run::default_jobs()) : run::default_jobs();
    store::Store store(options.selection.store, store::Access::read_write);
    const int ranks = options.selection.ranks;
    run::Scheduler scheduler(catalog, plans, store,
                             {.jobs = options.jobs.value_or(std::max(1, places / ranks)),
                              .ranks = ranks,
                              .launcher = options.launcher,
                              .oversubscribe = options.selection.oversubscribe,
                              .deadline_seconds = options.more.deadline_seconds,
                              .portable_bits = options.selection.portable_bits,
                              .gpus = gpus > 0,
                              .device = device,
                              .work = work_options(options.selection.data, options.more),
                              .worker = environment().worker});
    const run::RunSummary summary = scheduler.run();
    for (const auto& [reason, count] : summary.skipped) {
        log_warning(fmt::format("skipped {} runs: {}", count, reason));
    }
    log_info(summary_text(summary, selection_text(command, options.selection.workloads),
                          options.names_next_steps));
    Outcome outcome{.exit_code = summary.exit_code(), .document = document_of(summary)};
    if (outcome.exit_code == 0 && options.more.no_loss && !summary.lost.empty()) {
        const Error error = lost_records(store, summary.lost.size());
        log_error(error.what());
        outcome.exit_code = error.exit_code();
    }
    return outcome;
}

void add_jobs(CLI::App& verb, RunVerbOptions& options) {
    whole_within(verb.add_option("--jobs", options.jobs,
                                 "Runs at a time (default: GPUs, else cores, divided by ranks)"),
                 1, 1024);
}

void register_run(Dispatcher& dispatcher) {
    auto options = std::make_shared<RunVerbOptions>();
    CLI::App* verb =
        add_verb(dispatcher, "run", "Trains what is still missing of these workloads; run again, it goes on",
                 options->selection.output, [options, &dispatcher] {
                     const CLI::App& command = *dispatcher.root.get_subcommand("run");
                     return printed(run_workloads(*options, command), options->selection.output);
                 });
    add_selection(*verb, options->selection);
    add_jobs(*verb, *options);
    add_data(*verb, options->selection);
    add_ranks(*verb, options->selection);
    add_launcher(*verb, options->launcher);
    add_run_options(*verb, options->more);
}

} // namespace suite::app
