#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "suite/app/command_table.hpp"
#include "suite/app/device_request.hpp"
#include "suite/app/option_values.hpp"
#include "suite/app/run_options.hpp"
#include "suite/app/run_summary.hpp"
#include "suite/app/verbs.hpp"
#include "suite/base/log.hpp"
#include "suite/run/scheduler.hpp"

namespace suite::app {
namespace {

struct RunVerbOptions {
    SelectionOptions selection;
    std::optional<int> jobs; ///< absent: as many as there are cores for
    std::string launcher{run::default_launcher};
    RunOptions more;
};

nlohmann::json document_of(const run::RunSummary& summary) {
    nlohmann::json document{{"runs", summary.total},
                            {"done_before", summary.done_before},
                            {"done_now", summary.done_now},
                            {"failed", summary.failed},
                            {"skipped", nlohmann::json::array()},
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

int run_verb(const RunVerbOptions& options) {
    const std::string device = device_of(options);
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    const std::vector<plan::Plan> plans = expand_selection(catalog, options.selection);
    const int gpus =
        request_device(device, options.selection.precision, options.launcher != run::default_launcher);
    const int places = gpus > 0 ? std::min(gpus, run::default_jobs()) : run::default_jobs();
    store::Store store(options.selection.store, store::Access::read_write);
    const int ranks = options.selection.ranks;
    hand_on(options.more);
    run::Scheduler scheduler(catalog, plans, store,
                             {.jobs = options.jobs.value_or(std::max(1, places / ranks)),
                              .ranks = ranks,
                              .launcher = options.launcher,
                              .oversubscribe = options.selection.oversubscribe,
                              .deadline_seconds = options.more.deadline_seconds,
                              .portable_bits = options.selection.portable_bits,
                              .gpus = gpus > 0});
    const run::RunSummary summary = scheduler.run();
    for (const auto& [reason, count] : summary.skipped) {
        log_warning(fmt::format("skipped {} runs: {}", count, reason));
    }
    log_info(summary_text(summary, options.selection));
    if (options.selection.output.json) {
        fmt::print("{}\n", document_of(summary).dump(2));
    }
    if (summary.exit_code() == 0 && options.more.no_loss && !summary.lost.empty()) {
        throw Error(ErrorKind::store,
                    Fault{.where = store.root().string(),
                          .found = fmt::format("{} finished records damaged or gone", summary.lost.size()),
                          .expected = "every record that was once reported as done",
                          .fix = "they have been trained again: find out who removed them, run again"});
    }
    return summary.exit_code();
}

} // namespace

void register_run(Dispatcher& dispatcher) {
    auto options = std::make_shared<RunVerbOptions>();
    CLI::App* verb =
        add_verb(dispatcher, "run", "Trains what is still missing of these workloads; run again, it goes on",
                 options->selection.output, [options] { return run_verb(*options); });
    add_selection(*verb, options->selection);
    whole_within(verb->add_option("--jobs", options->jobs,
                                  "Runs at a time (default: GPUs, else cores, divided by ranks)"),
                 1, 1024);
    add_data(*verb, options->selection);
    add_ranks(*verb, options->selection);
    add_launcher(*verb, options->launcher);
    add_run_options(*verb, options->more);
}

} // namespace suite::app
