#include "suite/app/worker_tasks.hpp"

#include "suite/app/option_values.hpp"
#include "suite/plan/declare/catalog.hpp"
#include "suite/run/worker_process.hpp"

namespace suite::app {
namespace {

void check_paths(const plan::WeightsOrder& order) {
    FaultList faults;
    FaultList absent;
    for (const std::string& input : {order.weights, order.images}) {
        std::error_code ignored;
        if (!input.empty() && !std::filesystem::exists(input, ignored)) {
            absent.add({.where = input,
                        .found = "no such file",
                        .expected = "a file to read",
                        .fix = "check the path"});
        }
        if (!order.out.empty() && !input.empty() &&
            (input == order.out || std::filesystem::equivalent(input, order.out, ignored))) {
            faults.add({.where = order.out,
                        .found = "an input and the result in the same file",
                        .expected = "a file of its own for the result",
                        .fix = "name another file for the result"});
        }
    }
    faults.throw_if_any(ErrorKind::usage);
    std::error_code ignored;
    const bool lacks_weights = !order.weights.empty() && !std::filesystem::exists(order.weights, ignored);
    absent.throw_if_any(lacks_weights ? ErrorKind::weights : ErrorKind::data);
}

} // namespace

CLI::Option* add_model(CLI::App& verb, WeightsOptions& options) {
    // More classes than any data set has; a bound on what a slip of the finger allocates.
    constexpr std::int64_t class_limit = 1'000'000;
    verb.add_option("--model", options.order.model, "A declared network, such as R50x1 or R152x4")
        ->type_name("NETWORK")
        ->required();
    return whole_within(verb.add_option("--classes", options.order.classes, "Outputs of the network's head"),
                        1, class_limit);
}

int perform(const WeightsOptions& options) {
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    static_cast<void>(plan::find(catalog.networks, options.order.model, "network"));
    check_paths(options.order);
    plan::WeightsOrder order = options.order;
    order.json = options.output.json;
    order.quiet = options.output.quiet;
    return run::run_worker(run::worker_program(environment().worker), to_arguments(order));
}

} // namespace suite::app
