#include "metrics/test_set.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "suite/base/hash.hpp"
#include "suite/base/metric_kinds.hpp"

namespace metrics {

namespace {

constexpr std::size_t digits_of_test_set = 32;

double mean_of(std::span<const double> values) {
    return static_cast<double>(std::accumulate(values.begin(), values.end(), 0.0L) /
                               static_cast<long double>(values.size()));
}

/// By how much each image pushes the score, in points: their squares sum to the variance.
std::vector<double> influences_of(const CellOutcomes& cell) {
    std::vector<double> influences = cell.outcomes;
    if (!suite::counts_samples(cell.metric))
        return influences;
    const double mean = mean_of(influences);
    for (double& influence : influences)
        influence = 100 * (influence - mean) / static_cast<double>(influences.size());
    return influences;
}

double root_of_squares(std::span<const double> values) {
    long double sum = 0;
    for (const double value : values)
        sum += static_cast<long double>(value) * value;
    return static_cast<double>(std::sqrt(sum));
}

/// Below this share of the numbers compared, a spread is rounding (outcomes are kept as 32-bit floats).
bool is_rounding(double standard_error, double scale) {
    return standard_error <= 1e-9 * std::max(1.0, std::fabs(scale));
}

std::optional<NormalTest> wald(double difference, double standard_error, double shift) {
    if (!is_rounding(standard_error, difference))
        return normal_test(difference, standard_error, shift);
    return difference == shift ? std::optional(NormalTest{.p_greater = 0.5, .p_less = 0.5}) : std::nullopt;
}

bool is_one_training_each(const CellOutcomes& a, const CellOutcomes& b) {
    return a.trainings == 1 && b.trainings == 1;
}

Discordant discordant(const CellOutcomes& a, const CellOutcomes& b) {
    Discordant counts;
    for (std::size_t i = 0; i < a.outcomes.size(); ++i) {
        counts.only_a += a.outcomes[i] > b.outcomes[i] ? 1U : 0U;
        counts.only_b += a.outcomes[i] < b.outcomes[i] ? 1U : 0U;
    }
    return counts;
}

/// In points.
NormalTest mcnemar(const CellOutcomes& a, const CellOutcomes& b) {
    NormalTest test = mcnemar_clustered(a.outcomes, b.outcomes);
    const double difference = 100 * test.difference;
    const double standard_error = 100 * test.standard_error;
    if (is_one_training_each(a, b))
        test = mcnemar_mid_p(discordant(a, b));
    test.difference = difference;
    test.standard_error = standard_error;
    return test;
}

} // namespace

std::string test_set_of(const Predictions& predictions) {
    suite::Sha256 digest;
    digest.update(fmt::format("{} x {}\n", predictions.samples, predictions.outputs));
    digest.update(std::as_bytes(std::span(predictions.class_labels)));
    std::vector<std::int8_t> labels; // NaN has many bit patterns: −1 is a missing label
    labels.reserve(predictions.label_matrix.size());
    for (const float label : predictions.label_matrix)
        labels.push_back(std::isnan(label) ? std::int8_t{-1} : static_cast<std::int8_t>(label));
    digest.update(std::as_bytes(std::span(labels)));
    return suite::to_hex(digest.finish()).substr(0, digits_of_test_set);
}

std::optional<double> test_set_se(const CellOutcomes& cell) {
    return cell.outcomes.empty() ? std::nullopt : std::optional(root_of_squares(influences_of(cell)));
}

std::optional<double> binomial_se(double accuracy_percent, std::size_t test_images) {
    if (test_images == 0 || !(accuracy_percent >= 0 && accuracy_percent <= 100))
        return std::nullopt;
    return std::sqrt(accuracy_percent * (100 - accuracy_percent) / static_cast<double>(test_images));
}

bool can_be_paired(const CellOutcomes& a, const CellOutcomes& b) {
    return !a.outcomes.empty() && a.outcomes.size() == b.outcomes.size() && a.metric == b.metric &&
           a.test_set == b.test_set;
}

std::optional<NormalTest> test_over_images(const CellOutcomes& a, const CellOutcomes& b, double shift) {
    if (!can_be_paired(a, b))
        return std::nullopt;
    if (suite::counts_samples(a.metric) && shift == 0)
        return mcnemar(a, b);
    std::vector<double> differences = influences_of(a);
    const std::vector<double> others = influences_of(b);
    std::transform(differences.begin(), differences.end(), others.begin(), differences.begin(),
                   std::minus<>());
    return wald(a.score - b.score, root_of_squares(differences), shift);
}

std::optional<NormalTest> test_over_images(const CellOutcomes& cell, double expected) {
    const std::optional<double> standard_error = test_set_se(cell);
    if (!standard_error)
        return std::nullopt;
    return wald(cell.score - expected, *standard_error, 0);
}

} // namespace metrics
