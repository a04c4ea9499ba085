// The loss by ATen's operators, as devices compute it, against the host's own loops.
#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "suite/base/philox.hpp"
#include "suite/train/objective/objective.hpp"
#include "suite/train/tensors.hpp"

namespace suite::train {
namespace {

struct Computed {
    double loss = 0.0;
    std::vector<float> gradient;
};

Computed compute(const std::vector<float>& logits, std::size_t outputs, const Targets& targets,
                 const MixUp& mixup, double weight, bool operators) {
    const auto objective = make_classification(outputs, at::kCPU, operators);
    objective->set_targets(targets, mixup, weight);
    const LossAndGradient found =
        objective->compute(host_view(logits).view({-1, static_cast<std::int64_t>(outputs)}));
    const std::span<const float> gradient = values_of(found.gradient);
    return {found.loss.to(at::kDouble).item<double>(), {gradient.begin(), gradient.end()}};
}

TEST(Classification, ByOperatorsAgreesWithTheLoops) {
    constexpr std::size_t images = 4;
    constexpr std::size_t outputs = 3;
    PhiloxStream random({.seed = 8});
    std::vector<float> logits(images * outputs);
    std::ranges::generate(logits, [&] { return static_cast<float>(3 * random.normal()); });
    const std::vector<std::int64_t> classes{2, 0, 1, 1};
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> labels{1, 0, nan, nan, nan, nan, 0, 1, 1, nan, 0, 0};
    const std::vector<float> nothing(labels.size(), nan);
    const std::vector<std::size_t> partner{1, 0, 3, 2};
    for (const bool mixed : {false, true}) {
        const MixUp mixup{.lambda = mixed ? 0.3 : 1.0,
                          .partner = mixed ? partner : std::vector<std::size_t>()};
        for (const Targets& targets :
             {Targets{plan::Task::multiclass, classes, {}}, Targets{plan::Task::multilabel, {}, labels},
              Targets{plan::Task::multilabel, {}, nothing}}) {
            const Computed loops = compute(logits, outputs, targets, mixup, 0.25, false);
            const Computed others = compute(logits, outputs, targets, mixup, 0.25, true);
            EXPECT_NEAR(others.loss, loops.loss, 1e-6 * (1 + loops.loss));
            for (std::size_t i = 0; i < logits.size(); ++i) {
                EXPECT_NEAR(others.gradient[i], loops.gradient[i], 1e-7) << i;
            }
        }
    }
}

} // namespace
} // namespace suite::train
