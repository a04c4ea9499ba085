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

std::span<float> values_of(const plan::ParameterSpec& tensor, std::span<float> weights) {
    return weights.subspan(tensor.offset, tensor.elements());
}

void fill_uniform(std::span<float> values, std::size_t fan_in, const StreamKey& key) {
    const float bound = 1.0F / std::sqrt(static_cast<float>(fan_in));
    PhiloxStream stream(key);
    std::generate(values.begin(), values.end(), [&] { return stream.uniform(-bound, bound); });
}

void initialise_tensor(const plan::ParameterSpec& tensor, const StreamKey& key, std::span<float> values) {
    if (tensor.role == plan::ParameterRole::weight) {
        fill_uniform(values, tensor.fan_in(), key);
    } else {
        std::fill(values.begin(), values.end(), tensor.role == plan::ParameterRole::norm_scale ? 1.0F : 0.0F);
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
    LabelCounts counts = classes ? count_classes(labels, subset) : count_labels(labels, subset);
    counts.positives.resize(bias.size(), 0.0); // outputs without a label never see a positive
    counts.known.resize(bias.size(), static_cast<double>(subset.size()));
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

/// Takes tensors by name out of trained weights and into the arena; collects what does not fit.
class WeightsCopy {
public:
    WeightsCopy(const TrainedWeights& source, std::string where, std::string fix)
        : source_(source), where_(std::move(where)), fix_(std::move(fix)) {
        for (const NamedTensor& tensor : source.tensors) {
            left_.emplace(tensor.name, &tensor);
        }
    }
    void leave_out(std::string_view name) { left_.erase(name); }
    void copy(const plan::ParameterSpec& tensor, std::span<float> weights) {
        if (const NamedTensor* found = take(tensor)) {
            std::copy_n(source_.values.data() + found->offset, tensor.elements(),
                        weights.data() + tensor.offset);
        }
    }
    /// Throws Error(weights) with everything that did not fit or is left over.
    void finish() {
        for (const auto& [name, tensor] : left_) {
            add_fault(name, shape_text(tensor->shape), "no tensor of this name");
        }
        faults_.throw_if_any(ErrorKind::weights);
    }

private:
    const TrainedWeights& source_;
    std::string where_;
    std::string fix_;
    TensorsByName left_;
    FaultList faults_;

    void add_fault(std::string_view name, std::string found, std::string expected) {
        faults_.add({fmt::format("{}: {}", where_, name), std::move(found), std::move(expected), fix_});
    }
    /// Null when the tensor does not fit.
    const NamedTensor* take(const plan::ParameterSpec& tensor) {
        const auto found = left_.extract(tensor.name);
        if (found.empty()) {
            add_fault(tensor.name, "nothing", shape_text(tensor.shape));
            return nullptr;
        }
        const NamedTensor& source = *found.mapped();
        if (source.shape != tensor.shape) {
            add_fault(tensor.name, shape_text(source.shape), shape_text(tensor.shape));
            return nullptr;
        }
        const std::size_t values = source_.values.size();
        if (source.offset > values || values - source.offset < tensor.elements()) {
            add_fault(tensor.name, fmt::format("{} values", values),
                      fmt::format("{} values from {}", tensor.elements(), source.offset));
            return nullptr;
        }
        return &source;
    }
};

} // namespace

void initialise_backbone(const plan::NetworkLayout& layout, std::uint64_t seed, std::span<float> weights) {
    for (std::size_t i = 0; i < layout.tensors.size(); ++i) {
        if (!layout.tensors[i].head) {
            initialise_tensor(layout.tensors[i], {.seed = seed, .purpose = Purpose::weights, .sample = i},
                              values_of(layout.tensors[i], weights));
        }
    }
}

void initialise_head(const plan::NetworkLayout& layout, std::uint64_t seed, plan::HeadInit how,
                     const data::Labels& labels, std::span<const std::size_t> subset,
                     std::span<float> weights) {
    const plan::ParameterSpec& weight = layout.tensors[layout.tensors.size() - 2];
    const plan::ParameterSpec& bias = layout.tensors.back();
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

void copy_backbone(const plan::NetworkLayout& layout, const TrainedWeights& parent,
                   std::span<float> weights) {
    WeightsCopy copy(parent, "parent weights", "use the weights of a pre-training run of the same network");
    for (const plan::ParameterSpec& tensor : layout.tensors) {
        if (tensor.head) {
            copy.leave_out(tensor.name);
        } else {
            copy.copy(tensor, weights);
        }
    }
    copy.finish();
}

void copy_weights(const plan::NetworkLayout& layout, const TrainedWeights& source, const std::string& where,
                  std::span<float> weights) {
    WeightsCopy copy(source, where, "name the network and the number of classes of these weights");
    for (const plan::ParameterSpec& tensor : layout.tensors) {
        copy.copy(tensor, weights);
    }
    copy.finish();
}

} // namespace suite::train
