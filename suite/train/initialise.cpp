#include "suite/train/initialise.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/base/error.hpp"
#include "suite/base/philox.hpp"

namespace suite::train {
namespace {

std::span<float> values_of(const ParameterSpec& tensor, std::span<float> weights) {
    return weights.subspan(tensor.offset, tensor.elements());
}

void fill_uniform(std::span<float> values, std::size_t fan_in, const StreamKey& key) {
    const float bound = 1.0F / std::sqrt(static_cast<float>(fan_in));
    PhiloxStream stream(key);
    std::generate(values.begin(), values.end(), [&] { return stream.uniform(-bound, bound); });
}

void initialise_tensor(const ParameterSpec& tensor, const StreamKey& key, std::span<float> values) {
    if (tensor.role == ParameterRole::convolution) {
        fill_uniform(values, tensor.fan_in(), key);
    } else {
        std::fill(values.begin(), values.end(), tensor.role == ParameterRole::norm_scale ? 1.0F : 0.0F);
    }
}

struct LabelCounts {
    std::vector<double> positives;
    std::vector<double> known;
};

LabelCounts count_classes(const data::Labels& labels, std::span<const std::size_t> subset) {
    LabelCounts counts{std::vector(labels.outputs, 0.0),
                       std::vector(labels.outputs, static_cast<double>(subset.size()))};
    for (const std::size_t image : subset) {
        counts.positives[static_cast<std::size_t>(labels.classes[image])] += 1.0;
    }
    return counts;
}

LabelCounts count_labels(const data::Labels& labels, std::span<const std::size_t> subset) {
    LabelCounts counts{std::vector(labels.outputs, 0.0), std::vector(labels.outputs, 0.0)};
    for (const std::size_t image : subset) {
        for (std::size_t k = 0; k < labels.outputs; ++k) {
            const float label = labels.matrix[image * labels.outputs + k];
            if (!std::isnan(label)) {
                counts.positives[k] += label;
                counts.known[k] += 1.0;
            }
        }
    }
    return counts;
}

// Half a count on each side keeps labels that never or always occur finite.
void fill_prevalence(const data::Labels& labels, std::span<const std::size_t> subset, std::span<float> bias) {
    const bool classes = labels.task == plan::Task::multiclass;
    const LabelCounts counts = classes ? count_classes(labels, subset) : count_labels(labels, subset);
    for (std::size_t k = 0; k < bias.size(); ++k) {
        const double others = classes ? counts.known[k] + 0.5 * static_cast<double>(labels.outputs)
                                      : counts.known[k] - counts.positives[k] + 0.5;
        bias[k] = static_cast<float>(std::log((counts.positives[k] + 0.5) / others));
    }
}

using TensorsByName = std::map<std::string_view, const NamedTensor*>;

std::string shape_text(const std::vector<std::int64_t>& shape) {
    return fmt::format("shape [{}]", fmt::join(shape, ", "));
}

void add_fault(FaultList& faults, std::string_view name, std::string found, std::string expected) {
    faults.add({fmt::format("parent weights: {}", name), std::move(found), std::move(expected),
                "use the weights of a pre-training run of the same network"});
}

/// Takes the tensor out of `left`; null when it does not fit.
const NamedTensor* take(const ParameterSpec& tensor, const TrainedWeights& parent, TensorsByName& left,
                        FaultList& faults) {
    const auto found = left.extract(tensor.name);
    if (found.empty()) {
        add_fault(faults, tensor.name, "nothing", shape_text(tensor.shape));
        return nullptr;
    }
    const NamedTensor& source = *found.mapped();
    if (source.shape != tensor.shape) {
        add_fault(faults, tensor.name, shape_text(source.shape), shape_text(tensor.shape));
        return nullptr;
    }
    if (source.offset > parent.values.size() || parent.values.size() - source.offset < tensor.elements()) {
        add_fault(faults, tensor.name, fmt::format("{} values", parent.values.size()),
                  fmt::format("{} values from {}", tensor.elements(), source.offset));
        return nullptr;
    }
    return &source;
}

bool is_head_name(std::string_view name) {
    return name == "head.conv.weight" || name == "head.conv.bias";
}

} // namespace

void initialise_backbone(const NetworkLayout& layout, std::uint64_t seed, std::span<float> weights) {
    for (std::size_t i = 0; i < layout.tensors.size(); ++i) {
        if (!layout.tensors[i].is_head()) {
            initialise_tensor(layout.tensors[i], {.seed = seed, .purpose = Purpose::weights, .sample = i},
                              values_of(layout.tensors[i], weights));
        }
    }
}

void initialise_head(const NetworkLayout& layout, std::uint64_t seed, plan::HeadInit how,
                     const data::Labels& labels, std::span<const std::size_t> subset,
                     std::span<float> weights) {
    const ParameterSpec& weight = layout.tensors[layout.tensors.size() - 2];
    const ParameterSpec& bias = layout.tensors.back();
    if (how == plan::HeadInit::zero) {
        std::ranges::fill(values_of(weight, weights), 0.0F);
        std::ranges::fill(values_of(bias, weights), 0.0F);
        return;
    }
    const StreamKey key{.seed = seed, .purpose = Purpose::head, .sample = 0};
    fill_uniform(values_of(weight, weights), weight.fan_in(), key);
    if (how == plan::HeadInit::prevalence) {
        fill_prevalence(labels, subset, values_of(bias, weights));
    } else {
        fill_uniform(values_of(bias, weights), weight.fan_in(),
                     {.seed = seed, .purpose = Purpose::head, .sample = 1});
    }
}

void copy_backbone(const NetworkLayout& layout, const TrainedWeights& parent, std::span<float> weights) {
    TensorsByName left;
    for (const NamedTensor& tensor : parent.tensors) {
        if (!is_head_name(tensor.name)) {
            left.emplace(tensor.name, &tensor);
        }
    }
    FaultList faults;
    for (const ParameterSpec& tensor : layout.tensors) {
        if (tensor.is_head()) {
            continue;
        }
        if (const NamedTensor* source = take(tensor, parent, left, faults)) {
            std::copy_n(parent.values.data() + source->offset, tensor.elements(),
                        weights.data() + tensor.offset);
        }
    }
    for (const auto& [name, tensor] : left) {
        add_fault(faults, name, shape_text(tensor->shape), "no tensor of this name");
    }
    faults.throw_if_any(ErrorKind::weights);
}

} // namespace suite::train
