#include "metrics/roc_auc.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include <fmt/format.h>

#include "metrics/scores.hpp"
#include "suite/base/error.hpp"

namespace metrics {

namespace {

using suite::Error;
using suite::ErrorKind;

template<class Score>
struct Judged {
    Score score;
    bool positive;
};

void require_label(float label, std::size_t sample) {
    if (label != 0.0F && label != 1.0F)
        throw Error(ErrorKind::data, {fmt::format("label of sample {}", sample), fmt::format("{}", label),
                                      "0, 1 or NaN (missing)", "map the labels first"});
}

template<class Score>
std::vector<Judged<Score>> judged_samples(std::span<const Score> scores, std::span<const float> labels) {
    std::vector<Judged<Score>> judged;
    judged.reserve(scores.size());
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (std::isnan(labels[i]))
            continue;
        require_label(labels[i], i);
        if (std::isnan(scores[i]))
            throw Error(ErrorKind::numeric, {fmt::format("score of sample {}", i), "NaN", "a number",
                                             "the network diverged; look at its losses"});
        judged.push_back({scores[i], labels[i] == 1.0F});
    }
    return judged;
}

/// Twice the number of (positive, negative) pairs in the right order, ties counting once.
template<class Score>
std::uint64_t doubled_pairs_in_order(std::span<const Judged<Score>> sorted) {
    std::uint64_t doubled = 0;
    std::uint64_t negatives_below = 0;
    for (std::size_t begin = 0; begin < sorted.size();) {
        std::uint64_t positives = 0;
        std::uint64_t negatives = 0;
        std::size_t end = begin;
        for (; end < sorted.size() && sorted[end].score == sorted[begin].score; ++end)
            ++(sorted[end].positive ? positives : negatives);
        doubled += positives * (2 * negatives_below + negatives);
        negatives_below += negatives;
        begin = end;
    }
    return doubled;
}

template<class Score>
RocAuc auc_by_ranks(std::span<const Score> scores, std::span<const float> labels) {
    if (scores.size() != labels.size())
        throw Error(ErrorKind::numeric, {"scores", fmt::format("{}", scores.size()),
                                         fmt::format("{}, one a label", labels.size()), ""});
    std::vector<Judged<Score>> judged = judged_samples(scores, labels);
    RocAuc result{.missing = scores.size() - judged.size()};
    result.positives = static_cast<std::size_t>(
        std::count_if(judged.begin(), judged.end(), [](const auto& sample) { return sample.positive; }));
    result.negatives = judged.size() - result.positives;
    if (result.positives == 0 || result.negatives == 0)
        return result;
    std::sort(judged.begin(), judged.end(),
              [](const auto& left, const auto& right) { return left.score < right.score; });
    const auto pairs =
        static_cast<long double>(result.positives) * static_cast<long double>(result.negatives);
    const auto doubled = doubled_pairs_in_order(std::span<const Judged<Score>>(judged));
    result.auc = static_cast<double>(static_cast<long double>(doubled) / (2 * pairs));
    return result;
}

void average(MeanAuc& result) {
    long double sum = 0;
    for (const RocAuc& one_class : result.classes)
        if (one_class.auc) {
            sum += *one_class.auc;
            ++result.valid_classes;
        }
    if (result.valid_classes > 0)
        result.percent = static_cast<double>(100 * sum / static_cast<long double>(result.valid_classes));
}

} // namespace

void require_matrix(std::size_t numbers, std::size_t labels, std::size_t classes) {
    if (classes == 0 || numbers != labels || numbers % classes != 0)
        throw Error(ErrorKind::numeric,
                    {"scores", fmt::format("{} scores, {} labels, {} classes", numbers, labels, classes),
                     "samples × classes scores and labels", ""});
}

void require_class_labels(std::span<const std::int64_t> labels, std::size_t classes) {
    suite::FaultList faults;
    for (std::size_t i = 0; i < labels.size(); ++i)
        if (labels[i] < 0 || static_cast<std::size_t>(labels[i]) >= classes)
            faults.add({fmt::format("label of sample {}", i), fmt::format("{}", labels[i]),
                        fmt::format("a class in [0, {})", classes), "map the labels first"});
    faults.throw_if_any(ErrorKind::data);
}

RocAuc roc_auc(std::span<const double> scores, std::span<const float> labels) {
    return auc_by_ranks(scores, labels);
}

RocAuc roc_auc(std::span<const float> scores, std::span<const float> labels) {
    return auc_by_ranks(scores, labels);
}

MeanAuc mean_auc(std::span<const float> scores, std::span<const float> labels, std::size_t classes) {
    require_matrix(scores.size(), labels.size(), classes);
    const std::size_t samples = scores.size() / classes;
    std::vector<float> column(samples);
    std::vector<float> column_labels(samples);
    MeanAuc result;
    for (std::size_t c = 0; c < classes; ++c) {
        for (std::size_t i = 0; i < samples; ++i) {
            column[i] = scores[i * classes + c];
            column_labels[i] = labels[i * classes + c];
        }
        result.classes.push_back(roc_auc(std::span<const float>(column), column_labels));
    }
    average(result);
    return result;
}

MeanAuc macro_one_vs_rest_auc(std::span<const float> logits, std::span<const std::int64_t> labels,
                              std::size_t classes) {
    require_matrix(logits.size(), labels.size() * classes, classes);
    require_class_labels(labels, classes);
    const std::vector<double> probabilities = softmax_rows(logits, classes);
    std::vector<double> column(labels.size());
    std::vector<float> is_class(labels.size());
    MeanAuc result;
    for (std::size_t c = 0; c < classes; ++c) {
        for (std::size_t i = 0; i < labels.size(); ++i) {
            column[i] = probabilities[i * classes + c];
            is_class[i] = static_cast<std::size_t>(labels[i]) == c ? 1.0F : 0.0F;
        }
        result.classes.push_back(roc_auc(std::span<const double>(column), is_class));
    }
    average(result);
    return result;
}

} // namespace metrics
