// Two engines over the same training: what one computes, the other must, too.
#pragma once

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "suite/base/philox.hpp"
#include "suite/train/engine.hpp"
#include "suite/train/initialise.hpp"
#include "suite/train/objective/loss.hpp"
#include "tests/suite/train/network_cases.hpp"

namespace suite::test {

/// A small training that uses everything: clipping, Nesterov, weight decay, MixUp, missing labels.
struct ToyTraining {
    plan::RunConfig config;
    std::size_t outputs = 0;
    std::size_t images = 6;
    int size = 0;
    plan::Task task = plan::Task::multiclass;
    std::vector<float> start;

    ToyTraining(const Case& which, plan::Task of) : outputs(which.outputs), size(which.size), task(of) {
        config.network = which.spec;
        config.train.weight_decay = 1e-4;
        config.train.optimizer = plan::OptimizerKind::sgd_agc;
        const plan::NetworkLayout layout = plan::network_layout(config.network, outputs);
        start.resize(layout.parameters);
        train::initialise_backbone(layout, 3, start);
        PhiloxStream random({.seed = 4});
        for (float& weight : start) { // also the head, and norms that do something
            weight += static_cast<float>(0.05 * random.normal());
        }
    }

    [[nodiscard]] std::vector<float> pixels(std::int64_t step) const {
        PhiloxStream random({.seed = 11, .sample = static_cast<std::uint64_t>(step)});
        std::vector<float> values(images * 3 * static_cast<std::size_t>(size * size));
        std::ranges::generate(values, [&] { return static_cast<float>(random.normal()); });
        return values;
    }

    /// One step of two micro-batches; returns the loss.
    double step(train::Engine& engine, std::int64_t number) const {
        const std::vector<float> values = pixels(number);
        std::vector<std::int64_t> classes(images);
        std::vector<float> labels(images * outputs);
        for (std::size_t i = 0; i < images; ++i) {
            classes[i] = static_cast<std::int64_t>((i * 7 + static_cast<std::size_t>(number)) % outputs);
        }
        for (std::size_t i = 0; i < labels.size(); ++i) {
            labels[i] = i % 5 == 1 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(i % 2);
        }
        const std::size_t half = images / 2;
        const train::MixUp mixup{.lambda = 0.7, .partner = train::mixup_partners(half, 1, number, 0)};
        engine.begin_step();
        double loss = 0.0;
        for (std::size_t first = 0; first < images; first += half) {
            const train::Targets targets =
                task == plan::Task::multiclass
                    ? train::Targets{task, std::span(classes).subspan(first, half), {}}
                    : train::Targets{task, {}, std::span(labels).subspan(first * outputs, half * outputs)};
            const std::size_t image_size = values.size() / images;
            loss += engine.forward_backward(
                {std::span(values).subspan(first * image_size, half * image_size), half, size}, targets,
                first == 0 ? mixup : train::MixUp{}, 0.5);
        }
        return loss;
    }
};

inline std::vector<float> weights_of(const train::Engine& engine) {
    return engine.read("weights");
}

/// Largest difference against the largest magnitude.
inline double relative_difference(const std::vector<float>& a, const std::vector<float>& b) {
    double largest = 1e-30;
    double difference = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        largest = std::max(largest, static_cast<double>(std::abs(b[i])));
        const double here = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
        difference = here <= difference ? difference : here; // a NaN stays
    }
    return difference / largest;
}

/// `steps` steps on both from the same weights; losses and weights must stay within `tolerance`.
inline void expect_same_training(train::Engine& engine, train::Engine& reference, const ToyTraining& toy,
                                 int steps, double tolerance) {
    engine.write("weights", toy.start);
    reference.write("weights", toy.start);
    for (int step = 0; step < steps; ++step) {
        const double loss = toy.step(engine, step);
        const double expected = toy.step(reference, step);
        EXPECT_NEAR(loss, expected, tolerance * (1.0 + std::abs(expected))) << "step " << step;
        for (train::Engine* each : {&engine, &reference}) {
            each->gradients().finish();
            each->apply(0.1, step);
        }
        EXPECT_LE(relative_difference(weights_of(engine), weights_of(reference)), tolerance)
            << "step " << step;
    }
    const std::vector<float> momentum = engine.read("momentum");
    const std::vector<float> expected_momentum = reference.read("momentum");
    EXPECT_LE(relative_difference(momentum, expected_momentum), 10 * tolerance);
    EXPECT_GT(relative_difference(weights_of(engine), toy.start), 1e-3) << "nothing was trained";
}

} // namespace suite::test
