#include "suite/store/record.hpp"

#include "suite/base/error.hpp"

#include <bit>
#include <concepts>
#include <utility>

namespace suite::store {
namespace {

bool same(double a, double b) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

bool same(float a, float b) {
    return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

template<typename Value>
requires(!std::floating_point<Value>) bool same(const Value& a, const Value& b) {
    return a == b;
}

/// Collects the first difference; later comparisons are skipped once one was found.
class Comparison {
public:
    template<typename Value>
    Comparison& field(std::string name, const Value& a, const Value& b) {
        if (difference_.empty() && !same(a, b)) {
            difference_ = std::move(name);
        }
        return *this;
    }
    template<typename Value>
    Comparison& values(const std::string& name, const std::vector<Value>& a, const std::vector<Value>& b) {
        field(name + ".size", a.size(), b.size());
        for (std::size_t i = 0; difference_.empty() && i < a.size(); ++i) {
            if (!same(a[i], b[i])) {
                difference_ = name + "[" + std::to_string(i) + "]";
            }
        }
        return *this;
    }
    [[nodiscard]] bool equal() const { return difference_.empty(); }
    [[nodiscard]] std::string result() && { return std::move(difference_); }

private:
    std::string difference_;
};

void compare_metrics(Comparison& compare, const RunRecord& a, const RunRecord& b) {
    compare.field("metrics.size", a.metrics.size(), b.metrics.size());
    for (std::size_t i = 0; compare.equal() && i < a.metrics.size(); ++i) {
        const std::string at = "metrics[" + std::to_string(i) + "].";
        const MetricEntry& x = a.metrics[i];
        const MetricEntry& y = b.metrics[i];
        compare.field(at + "name", x.name, y.name)
            .field(at + "split", x.split, y.split)
            .field(at + "value", x.value, y.value)
            .field(at + "unit", x.unit, y.unit)
            .field(at + "direction", x.direction, y.direction);
    }
}

void compare_losses(Comparison& compare, const RunRecord& a, const RunRecord& b) {
    compare.field("losses.size", a.losses.size(), b.losses.size());
    for (std::size_t i = 0; compare.equal() && i < a.losses.size(); ++i) {
        const std::string at = "losses[" + std::to_string(i) + "].";
        compare.field(at + "step", a.losses[i].step, b.losses[i].step)
            .field(at + "loss", a.losses[i].loss, b.losses[i].loss)
            .field(at + "lr", a.losses[i].lr, b.losses[i].lr);
    }
}

void compare_predictions(Comparison& compare, const RunRecord& a, const RunRecord& b) {
    compare.field("predictions", a.predictions.has_value(), b.predictions.has_value());
    if (!a.predictions || !b.predictions) {
        return;
    }
    compare.field("predictions.samples", a.predictions->samples, b.predictions->samples)
        .field("predictions.outputs", a.predictions->outputs, b.predictions->outputs)
        .values("predictions.scores", a.predictions->scores, b.predictions->scores)
        .values("predictions.classes", a.predictions->classes, b.predictions->classes)
        .values("predictions.label_matrix", a.predictions->label_matrix, b.predictions->label_matrix);
}

void compare_outcomes(Comparison& compare, const RunRecord& a, const RunRecord& b) {
    if (!a.outcomes || !b.outcomes) { // an earlier version kept none
        return;
    }
    compare.field("outcomes.metric", a.outcomes->metric, b.outcomes->metric)
        .field("outcomes.test_set", a.outcomes->test_set, b.outcomes->test_set)
        .values("outcomes.values", a.outcomes->values, b.outcomes->values);
}

} // namespace

std::string first_difference(const RunRecord& a, const RunRecord& b) {
    Comparison compare;
    compare.field("key", a.key, b.key).field("status", a.status, b.status);
    compare_metrics(compare, a, b);
    compare_losses(compare, a, b);
    compare_predictions(compare, a, b);
    compare_outcomes(compare, a, b);
    compare.field("weights_digest", a.weights_digest, b.weights_digest);
    return std::move(compare).result();
}

bool is_refusal(const Failure& failure) noexcept {
    return failure.kind == to_string(ErrorKind::skipped);
}

bool same_result(const RunRecord& a, const RunRecord& b) {
    return first_difference(a, b).empty();
}

} // namespace suite::store
