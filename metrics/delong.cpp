#include "metrics/delong.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "metrics/roc_auc.hpp"
#include "metrics/scores.hpp"

namespace metrics {

namespace {

/// Places of the samples that have a label, by rising score.
template<class Score>
std::vector<std::size_t> labelled_by_score(std::span<const Score> scores, std::span<const float> labels) {
    std::vector<std::size_t> order;
    order.reserve(scores.size());
    for (std::size_t i = 0; i < scores.size(); ++i)
        if (!std::isnan(labels[i]))
            order.push_back(i);
    std::sort(order.begin(), order.end(),
              [&](std::size_t i, std::size_t j) { return scores[i] < scores[j]; });
    return order;
}

/// Of `count` samples of one label value: from a sample's placement to its influence; 0 for a lone sample.
double scale_of(std::size_t count) {
    const auto n = static_cast<double>(count);
    return count < 2 ? 0.0 : 1 / std::sqrt(n * (n - 1));
}

template<class Score>
std::vector<double> influences_by_ranks(std::span<const Score> scores, std::span<const float> labels) {
    const RocAuc whole = roc_auc(scores, labels);
    if (!whole.auc)
        return {};
    const std::vector<std::size_t> order = labelled_by_score(scores, labels);
    const auto positives = static_cast<double>(whole.positives);
    const auto negatives = static_cast<double>(whole.negatives);
    std::vector<double> influences(scores.size());
    double positives_below = 0;
    double negatives_below = 0;
    for (std::size_t begin = 0; begin < order.size();) {
        std::size_t end = begin;
        double tied_positives = 0;
        for (; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end)
            tied_positives += labels[order[end]] == 1.0F ? 1 : 0;
        const double tied_negatives = static_cast<double>(end - begin) - tied_positives;
        const double beaten = (negatives_below + tied_negatives / 2) / negatives;
        const double beaten_by = 1 - (positives_below + tied_positives / 2) / positives;
        for (std::size_t i = begin; i < end; ++i)
            influences[order[i]] = labels[order[i]] == 1.0F
                                       ? (beaten - *whole.auc) * scale_of(whole.positives)
                                       : (beaten_by - *whole.auc) * scale_of(whole.negatives);
        positives_below += tied_positives;
        negatives_below += tied_negatives;
        begin = end;
    }
    return influences;
}

/// Mean over the classes that have influences, in percent. `of_class` gives those of one class.
std::vector<double>
mean_over_classes(std::size_t samples, std::size_t classes,
                  const std::function<std::vector<double>(std::size_t class_index)>& of_class) {
    std::vector<double> sum(samples);
    std::size_t valid = 0;
    for (std::size_t c = 0; c < classes; ++c) {
        const std::vector<double> influences = of_class(c);
        if (influences.empty())
            continue;
        ++valid;
        std::transform(sum.begin(), sum.end(), influences.begin(), sum.begin(), std::plus<>());
    }
    if (valid == 0)
        return {};
    for (double& influence : sum)
        influence *= 100 / static_cast<double>(valid);
    return sum;
}

} // namespace

std::vector<double> auc_influences(std::span<const double> scores, std::span<const float> labels) {
    return influences_by_ranks(scores, labels);
}

std::vector<double> auc_influences(std::span<const float> scores, std::span<const float> labels) {
    return influences_by_ranks(scores, labels);
}

std::vector<double> mean_auc_influences(std::span<const float> scores, std::span<const float> labels,
                                        std::size_t classes) {
    require_matrix(scores.size(), labels.size(), classes);
    const std::size_t samples = scores.size() / classes;
    std::vector<float> column(samples);
    std::vector<float> column_labels(samples);
    return mean_over_classes(samples, classes, [&](std::size_t c) {
        for (std::size_t i = 0; i < samples; ++i) {
            column[i] = scores[i * classes + c];
            column_labels[i] = labels[i * classes + c];
        }
        return auc_influences(std::span<const float>(column), column_labels);
    });
}

std::vector<double> macro_one_vs_rest_influences(std::span<const float> logits,
                                                 std::span<const std::int64_t> labels, std::size_t classes) {
    require_matrix(logits.size(), labels.size() * classes, classes);
    require_class_labels(labels, classes);
    const std::vector<double> probabilities = softmax_rows(logits, classes);
    std::vector<double> column(labels.size());
    std::vector<float> is_class(labels.size());
    return mean_over_classes(labels.size(), classes, [&](std::size_t c) {
        for (std::size_t i = 0; i < labels.size(); ++i) {
            column[i] = probabilities[i * classes + c];
            is_class[i] = static_cast<std::size_t>(labels[i]) == c ? 1.0F : 0.0F;
        }
        return auc_influences(std::span<const double>(column), is_class);
    });
}

} // namespace metrics
