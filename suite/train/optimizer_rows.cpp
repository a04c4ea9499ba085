#include "suite/train/optimizer_rows.hpp"

namespace suite::train {

std::vector<kernels::ParameterRows> parameter_rows(const NetworkLayout& layout) {
    std::vector<kernels::ParameterRows> rows;
    for (const ParameterSpec& tensor : layout.tensors) {
        rows.push_back({.offset = tensor.offset,
                        .rows = tensor.rows(),
                        .row_length = tensor.elements() / tensor.rows(),
                        .clipped = tensor.role != ParameterRole::head_weight});
    }
    return rows;
}

kernels::SgdSettings sgd_settings(const plan::TrainConfig& train) {
    return {.momentum = static_cast<float>(train.momentum),
            .nesterov = train.nesterov,
            .weight_decay = static_cast<float>(train.weight_decay),
            .adaptive_clip = train.optimizer == plan::OptimizerKind::sgd_agc,
            .clip = static_cast<float>(train.agc_clip),
            .epsilon = static_cast<float>(train.agc_epsilon)};
}

} // namespace suite::train
