#include "suite/train/optimizer/optimizer.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include <ATen/ops/zeros_like.h>

namespace suite::train {
namespace {

struct OptimizerEntry {
    plan::OptimizerKind kind;
    OptimizerMaker make;
};

constexpr std::array optimizers{
    OptimizerEntry{plan::OptimizerKind::sgd, make_sgd},
    OptimizerEntry{plan::OptimizerKind::sgd_agc, make_sgd},
};

} // namespace

at::Tensor Optimizer::add_slot(std::string name) {
    return slots_.emplace_back(std::move(name), at::zeros_like(arenas_.weights())).values;
}

std::vector<TensorRule> tensor_rules(const plan::TrainConfig& config, const plan::NetworkLayout& layout) {
    static_cast<void>(config);
    std::vector<TensorRule> rules;
    for (const plan::ParameterSpec& tensor : layout.tensors) {
        rules.push_back({.adapt = !tensor.is_head_weight()});
    }
    return rules;
}

std::unique_ptr<Optimizer> make_optimizer(const plan::TrainConfig& config, Arenas& arenas) {
    const auto found = std::find_if(optimizers.begin(), optimizers.end(), [&](const OptimizerEntry& entry) {
        return entry.kind == config.optimizer;
    });
    assert(found != optimizers.end());
    return found->make(config, arenas, tensor_rules(config, arenas.layout()));
}

} // namespace suite::train
