// SGD with momentum (suite/kernels/optimizer.hpp says how): by the kernels of the arenas' device.
#include <cassert>

#include <ATen/ops/empty.h>

#include "suite/train/optimizer/optimizer.hpp"
#include "suite/train/tensors.hpp"

namespace suite::train {
namespace {

/// Those that are not frozen, clipped where the rule adapts to a tensor's norm.
std::vector<TensorRows> rows_by(const std::vector<TensorRule>& rules, const std::vector<TensorRows>& rows) {
    std::vector<TensorRows> trained;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        assert(rules[i].decay && "SGD decays every tensor");
        if (!rules[i].frozen) {
            trained.push_back(rows[i]);
            trained.back().clipped = rules[i].adapt;
        }
    }
    return trained;
}

class Sgd final : public Optimizer {
public:
    Sgd(const plan::TrainConfig& config, Arenas& arenas, const std::vector<TensorRule>& rules)
        : Optimizer(arenas),
          constants_{.momentum = static_cast<float>(config.momentum),
                     .weight_decay = static_cast<float>(config.weight_decay),
                     .clip = static_cast<float>(config.agc_clip),
                     .epsilon = static_cast<float>(config.agc_epsilon),
                     .nesterov = config.nesterov,
                     .adaptive_clip = config.optimizer == plan::OptimizerKind::sgd_agc},
          kernels_(arenas.make_kernels(rows_by(rules, arenas.rows()))),
          momentum_(add_slot("momentum")),
          scalars_(at::empty({2}, arenas.weights().options())) {}

    void step(const StepInput& input) override {
        const float values[2] = {static_cast<float>(input.learning_rate),
                                 static_cast<float>(input.gradient_scale)};
        scalars_.copy_(host_view(values));
        kernels_->sgd_step(arenas().weights(), arenas().gradients(), momentum_, constants_, scalars_);
    }

private:
    kernels::device::SgdConstants constants_;
    std::unique_ptr<Kernels> kernels_; ///< of the rows that are trained
    at::Tensor momentum_;
    at::Tensor scalars_; ///< learning rate, factor on the gradients
};

} // namespace

std::unique_ptr<Optimizer> make_sgd(const plan::TrainConfig& config, Arenas& arenas,
                                    std::vector<TensorRule> rules) {
    return std::make_unique<Sgd>(config, arenas, rules);
}

} // namespace suite::train
