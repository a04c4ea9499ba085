#include <memory>

#include "suite/app/verbs.hpp"
#include "suite/app/worker_tasks.hpp"

namespace suite::app {

void register_infer(Dispatcher& dispatcher) {
    auto options = std::make_shared<WeightsOptions>();
    options->order.task = plan::WeightsTask::infer;
    CLI::App* verb = add_verb(dispatcher, "infer", "Forward pass of a network on arrays", options->output,
                              [options] { return perform(*options); });
    add_model(*verb, *options)->required();
    verb->add_option("--weights", options->order.weights, "Official BiT weights (.npz), or a checkpoint")
        ->required();
    verb->add_option("--images", options->order.images,
                     "Normalised images: .npy of float32, images x 3 x height x width")
        ->required();
    verb->add_option("--out", options->order.out, "Logits: .npy of float32, images x classes")->required();
}

} // namespace suite::app
