#include <memory>

#include "suite/app/option_values.hpp"
#include "suite/app/verbs.hpp"
#include "suite/app/worker_tasks.hpp"

namespace suite::app {
namespace {

Error missing(std::string option) {
    return {ErrorKind::usage, Fault{.where = "command line",
                                    .found = "no " + std::move(option),
                                    .expected = "it",
                                    .fix = "see transferscale weights --help"}};
}

/// Options of both actions; each says what it needs of them.
struct WeightsVerbOptions {
    WeightsOptions task;
    std::string action;
    std::string npz;
    std::string checkpoint;
    std::string out;
};

void prepare_import(WeightsVerbOptions& options) {
    plan::WeightsOrder& order = options.task.order;
    if (options.npz.empty()) {
        throw missing("--npz FILE to import");
    }
    if (order.classes == 0) {
        throw missing("--classes N");
    }
    if (options.out.empty() && order.store.empty()) {
        throw missing("--out FILE or --store DIR for the checkpoint");
    }
    order.weights = options.npz;
    order.out = options.out;
}

void prepare_export(WeightsVerbOptions& options) {
    plan::WeightsOrder& order = options.task.order;
    constexpr std::size_t key_digits = 64;
    if (options.npz.empty()) {
        throw missing("--npz FILE to write");
    }
    if (options.checkpoint.empty() == order.run.empty()) {
        throw missing("--checkpoint FILE or --run KEY, one of them");
    }
    if (!order.run.empty() && (order.run.size() != key_digits ||
                               order.run.find_first_not_of("0123456789abcdef") != std::string::npos)) {
        throw Error(ErrorKind::usage, Fault{.where = "--run",
                                            .found = "'" + order.run + "'",
                                            .expected = "a run key: 64 hexadecimal digits",
                                            .fix = "take it from transferscale plan --json"});
    }
    if (!order.run.empty() && order.store.empty()) {
        order.store = environment().store.string();
    }
    order.weights = options.checkpoint;
    order.out = options.npz;
}

int weights(WeightsVerbOptions& options) {
    const bool imports = options.action == "import";
    options.task.order.task = imports ? plan::WeightsTask::import_weights : plan::WeightsTask::export_weights;
    (imports ? prepare_import : prepare_export)(options);
    return perform(options.task);
}

} // namespace

void register_weights(Dispatcher& dispatcher) {
    auto options = std::make_shared<WeightsVerbOptions>();
    plan::WeightsOrder& order = options->task.order;
    CLI::App* verb =
        add_verb(dispatcher, "weights", "Converts official BiT weights (.npz) to checkpoints and back",
                 options->task.output, [options] { return weights(*options); });
    one_of(verb->add_option("action", options->action, "From .npz to a checkpoint, or back"),
           {"import", "export"})
        ->required();
    add_model(*verb, options->task);
    verb->add_option("--npz", options->npz, "The official file: read by import, written by export")
        ->type_name("FILE");
    verb->add_option("--out", options->out, "import: the checkpoint to write")->type_name("FILE");
    verb->add_option("--store", order.store,
                     "import: store that keeps the checkpoint, too, under its key; export: store of --run")
        ->type_name("DIR");
    verb->add_flag("--zero-head", order.zero_head,
                   "import: fill the head with zeros, whatever the file holds");
    verb->add_option("--checkpoint", options->checkpoint, "export: the checkpoint to read")
        ->type_name("FILE");
    verb->add_option("--run", order.run, "export: key of a run whose checkpoint the store holds")
        ->type_name("KEY");
}

} // namespace suite::app
