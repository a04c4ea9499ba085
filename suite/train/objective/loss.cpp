#include "suite/train/objective/loss.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "suite/base/philox.hpp"

namespace suite::train {
namespace {

/// The first block of numbers of a step belongs to lambda, the following ones to the micro-batches.
StreamKey mixup_key(std::uint64_t seed, std::int64_t step, std::size_t part) {
    return {.seed = seed,
            .purpose = Purpose::mixup,
            .epoch = static_cast<std::uint32_t>(part),
            .sample = static_cast<std::uint64_t>(step)};
}

/// One side of a loss: the targets of image i are those of image partner[i] (or i).
struct Side {
    const std::vector<std::size_t>* partner = nullptr;
    double share = 1.0; ///< factor on loss and gradient

    [[nodiscard]] std::size_t source(std::size_t image) const {
        return partner == nullptr ? image : (*partner)[image];
    }
};

/// Mean cross-entropy of one side times its share; gradients are added.
double cross_entropy(std::span<const float> logits, std::size_t outputs,
                     std::span<const std::int64_t> classes, const Side& side, double weight,
                     std::span<float> gradient) {
    const std::size_t images = logits.size() / outputs;
    const double scale = side.share / static_cast<double>(images);
    double loss = 0.0;
    for (std::size_t image = 0; image < images; ++image) {
        const auto row = logits.subspan(image * outputs, outputs);
        const auto target = static_cast<std::size_t>(classes[side.source(image)]);
        assert(target < outputs);
        const double top = *std::max_element(row.begin(), row.end());
        double total = 0.0;
        for (const float logit : row) {
            total += std::exp(logit - top);
        }
        const double log_total = std::log(total) + top;
        loss += scale * (log_total - row[target]);
        float* out = gradient.data() + image * outputs;
        for (std::size_t k = 0; k < outputs; ++k) {
            const double share = std::exp(row[k] - log_total) - (k == target ? 1.0 : 0.0);
            out[k] += static_cast<float>(weight * scale * share);
        }
    }
    return loss;
}

std::size_t known_labels(std::span<const float> labels) {
    return static_cast<std::size_t>(
        std::count_if(labels.begin(), labels.end(), [](float label) { return !std::isnan(label); }));
}

/// Mean binary cross-entropy over known labels of one side times its share; gradients are added.
double masked_bce(std::span<const float> logits, std::size_t outputs, std::span<const float> labels,
                  const Side& side, double weight, std::span<float> gradient) {
    const std::size_t known = known_labels(labels); // a permutation of rows keeps the count
    if (known == 0) {
        return 0.0;
    }
    const double scale = side.share / static_cast<double>(known);
    double loss = 0.0;
    for (std::size_t i = 0; i < logits.size(); ++i) {
        const float label = labels[side.source(i / outputs) * outputs + i % outputs];
        if (std::isnan(label)) {
            continue;
        }
        const double x = logits[i];
        const double decay = std::exp(-std::abs(x)); // never overflows
        loss += scale * (std::max(x, 0.0) - x * label + std::log1p(decay));
        const double sigmoid = x >= 0.0 ? 1.0 / (1.0 + decay) : decay / (1.0 + decay);
        gradient[i] += static_cast<float>(weight * scale * (sigmoid - label));
    }
    return loss;
}

double one_side(std::span<const float> logits, std::size_t outputs, const Targets& targets, const Side& side,
                double weight, std::span<float> gradient) {
    return targets.task == plan::Task::multiclass
               ? cross_entropy(logits, outputs, targets.classes, side, weight, gradient)
               : masked_bce(logits, outputs, targets.labels, side, weight, gradient);
}

} // namespace

double mixup_lambda(double alpha, std::uint64_t seed, std::int64_t step) {
    return PhiloxStream(mixup_key(seed, step, 0)).beta(alpha, alpha);
}

std::vector<std::size_t> mixup_partners(std::size_t images, std::uint64_t seed, std::int64_t step,
                                        std::size_t micro) {
    const KeyedPermutation permutation(images, mixup_key(seed, step, micro + 1));
    std::vector<std::size_t> partner(images);
    for (std::size_t i = 0; i < images; ++i) {
        partner[i] = permutation(i);
    }
    return partner;
}

void mix_images(std::span<const float> images, std::size_t image_size, const MixUp& mixup,
                std::span<float> mixed) {
    assert(mixed.size() == images.size() && mixup.partner.size() * image_size == images.size());
    const auto own = static_cast<float>(mixup.lambda);
    const auto other = static_cast<float>(1.0 - mixup.lambda);
    for (std::size_t image = 0; image < mixup.partner.size(); ++image) {
        const float* a = images.data() + image * image_size;
        const float* b = images.data() + mixup.partner[image] * image_size;
        float* out = mixed.data() + image * image_size;
        for (std::size_t i = 0; i < image_size; ++i) {
            out[i] = own * a[i] + other * b[i];
        }
    }
}

double loss_and_gradient(std::span<const float> logits, std::size_t outputs, const Targets& targets,
                         const MixUp& mixup, double weight, std::span<float> gradient) {
    assert(outputs > 0 && logits.size() % outputs == 0 && gradient.size() == logits.size());
    std::fill(gradient.begin(), gradient.end(), 0.0F);
    if (mixup.partner.empty()) {
        return one_side(logits, outputs, targets, {}, weight, gradient);
    }
    const double own = one_side(logits, outputs, targets, {nullptr, mixup.lambda}, weight, gradient);
    const double other =
        one_side(logits, outputs, targets, {&mixup.partner, 1.0 - mixup.lambda}, weight, gradient);
    return own + other;
}

} // namespace suite::train
