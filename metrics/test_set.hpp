// The test set as a sample: what each test image contributed to a score, how far the score would move with
// another test set of the same size, and whether a comparison would come out the same there. The trained
// networks are held fixed; that trainings differ is what the tests over seeds ask (metrics/claims.hpp).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/mcnemar.hpp"
#include "metrics/scores.hpp"

namespace metrics {

/// Names the test set by its labels (32 hexadecimal digits): scores of networks can be paired image by image
/// where it is the same.
[[nodiscard]] std::string test_set_of(const Predictions& predictions);

/// The outcomes of a cell on its test images: the mean over its trainings of each image's outcome.
struct CellOutcomes {
    std::string metric{};
    std::string test_set{};
    std::size_t trainings = 0;
    double score = 0;               ///< mean over the trainings, in points (percent)
    std::vector<double> outcomes{}; ///< one an image: share of trainings that hit it, or mean influence
};

/// Standard error over test sets of the cell's mean score, in points. Of one training's accuracy the binomial
/// √(p (1 − p) / n); of one training's AUC DeLong's. Nothing without images.
[[nodiscard]] std::optional<double> test_set_se(const CellOutcomes& cell);
/// Of an accuracy in percent on so many test images, in points: of a single training, and so at least that of
/// a mean over several. Nothing for n = 0 or an accuracy outside 0..100.
[[nodiscard]] std::optional<double> binomial_se(double accuracy_percent, std::size_t test_images);

/// Whether two cells can be compared image by image: same metric, same test set, same number of images.
[[nodiscard]] bool can_be_paired(const CellOutcomes& a, const CellOutcomes& b);
/// Tests mean a − mean b against `shift` points over test images, paired. Accuracies without a shift:
/// McNemar, as mid-p for one training a side, else clustered by image; other tests are Wald tests on the sum
/// of the squared differences of influences (DeLong for AUCs). Nothing where the cells cannot be paired, or
/// where no spread was seen while the difference is not `shift`.
[[nodiscard]] std::optional<NormalTest> test_over_images(const CellOutcomes& a, const CellOutcomes& b,
                                                         double shift = 0);
/// Tests the mean of a cell against a number, by its own standard error. Nothing without spread.
[[nodiscard]] std::optional<NormalTest> test_over_images(const CellOutcomes& cell, double expected);

} // namespace metrics
