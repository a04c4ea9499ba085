#include <memory>

#include "suite/app/verbs.hpp"
#include "suite/app/worker_tasks.hpp"

namespace suite::app {

void register_infer(Dispatcher& dispatcher) {
    auto options = std::make_shared<WeightsOptions>();
    options->order.task = plan::WeightsTask::infer;
    CLI::App* verb = add_verb(dispatcher, "infer", "Runs a network forward on images in a NumPy file",
                              options->output, [options] { return perform(*options); });
    add_model(*verb, *options)->required();
    verb->add_option("--weights", options->order.weights, "Official BiT weights (.npz), or a checkpoint")
        ->type_name("FILE")
        ->required();
    verb->add_option("--images", options->order.images,
                     "Normalised images: .npy of float32, images x 3 x height x width")
        ->type_name("FILE")
        ->required();
    verb->add_option("--out", options->order.out, "Logits to write: .npy of float32, images x classes")
        ->type_name("FILE")
        ->required();
}

} // namespace suite::app
