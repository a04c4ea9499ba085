// Optimisers over flat arenas: one file each, and one line in the table of optimizer.cpp. Private to
// suite/train.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "suite/plan/order/run_config.hpp"
#include "suite/train/model/arenas.hpp"

namespace suite::train {

/// What an optimiser remembers from step to step: an arena as long as the weights, zeros before the first.
struct OptimizerSlot {
    std::string name; ///< "momentum": of the dataset in a checkpoint
    at::Tensor values;
};

/// How a step treats one tensor.
struct TensorRule {
    bool decay = true; ///< weight decay applies
    bool adapt = true; ///< what is measured on the tensor's own norm applies: adaptive clipping, LARS' rate
    bool frozen = false;
};

/// What changes from step to step. A device reads the scalars where they are, so that nobody waits for it.
struct StepInput {
    double learning_rate = 0.0;
    std::int64_t step = 0;       ///< steps before this one
    double gradient_scale = 1.0; ///< factor on the gradients: 1 / loss scale
};

class Optimizer {
public:
    virtual ~Optimizer() = default;
    Optimizer(const Optimizer&) = delete;
    Optimizer& operator=(const Optimizer&) = delete;

    [[nodiscard]] std::vector<OptimizerSlot>& slots() noexcept { return slots_; }
    [[nodiscard]] const std::vector<OptimizerSlot>& slots() const noexcept { return slots_; }
    /// One step on the arenas' weights by their gradients, which stay as they are.
    virtual void step(const StepInput& input) = 0;

protected:
    explicit Optimizer(Arenas& arenas) : arenas_(arenas) {}
    /// Adds an arena of zeros.
    at::Tensor add_slot(std::string name);
    [[nodiscard]] Arenas& arenas() const noexcept { return arenas_; }

private:
    Arenas& arenas_;
    std::vector<OptimizerSlot> slots_;
};

using OptimizerMaker = std::unique_ptr<Optimizer> (*)(const plan::TrainConfig& config, Arenas& arenas,
                                                      std::vector<TensorRule> rules);

/// The optimiser that the recipe names, with its rules for every tensor (tensor_rules).
[[nodiscard]] std::unique_ptr<Optimizer> make_optimizer(const plan::TrainConfig& config, Arenas& arenas);

/// By tensor of the layout. The head's weight alone is not clipped (paper.md#adaptive-gradient-clipping).
[[nodiscard]] std::vector<TensorRule> tensor_rules(const plan::TrainConfig& config,
                                                   const plan::NetworkLayout& layout);

/// SGD with momentum, with or without Nesterov and adaptive gradient clipping (sgd.cpp).
[[nodiscard]] std::unique_ptr<Optimizer> make_sgd(const plan::TrainConfig& config, Arenas& arenas,
                                                  std::vector<TensorRule> rules);

} // namespace suite::train
