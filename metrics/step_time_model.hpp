// The time of one training step over the number of ranks: what 1 rank takes,
// plus communication that backward does not hide, plus imbalance that grows with the ranks, plus input once
// the storage is the limit. Fitted to measured rungs by non-negative least squares; predicts step time,
// throughput and efficiency with an interval.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/allreduce_model.hpp"
#include "metrics/sample.hpp"
#include "metrics/step_ladder.hpp"

namespace metrics {

/// How the time beyond that of 1 rank grows. c: all that comes with the second rank and does not grow.
enum class StepForm {
    square_root,      ///< c + a √N
    logarithm,        ///< c + a log2 N
    extreme_value,    ///< c + a √(2 ln N): the slowest of N ranks with independent normal noise
    linear,           ///< c + a N
    logarithm_linear, ///< c + a log2 N + d N
    cells,            ///< c + a log2 nodes + d log2(nodes / cell) beyond one cell
    network,          ///< c + a log2 N + the all-reduce that a window of w does not hide
};
inline constexpr StepForm all_step_forms[] = {
    StepForm::square_root,      StepForm::logarithm, StepForm::extreme_value, StepForm::linear,
    StepForm::logarithm_linear, StepForm::cells,     StepForm::network};
/// "sqrt", "log2", "extreme", "linear", "log2-linear", "cells", "network".
[[nodiscard]] std::string_view to_string(StepForm form) noexcept;
/// "c + a sqrt(N)", …
[[nodiscard]] std::string_view formula_of(StepForm form) noexcept;

/// Reading the input: one file system serves all ranks.
struct Input {
    double bytes_per_image = 0.0;
    double storage_bytes_per_second = 0.0;
};

/// What the model knows about the machine and the training besides the rungs.
struct StepShape {
    double images_per_rank_step = 1.0;
    Fabric fabric;
    std::vector<double> bucket_bytes; ///< of the gradients; empty: the form `network` has no meaning
    std::optional<Input> input{};
};

struct StepParameter {
    std::string name; ///< "c", "a", "d", "w"
    double seconds = 0.0;
    Interval ci95{}; ///< parametric bootstrap of the fit with its own bounds
};

struct StepPrediction {
    int ranks = 1;
    double step_seconds = 0.0;
    Interval step_interval{};
    double images_per_second = 0.0;
    Interval images_interval{};
    double efficiency_percent = 100.0; ///< against the measured rung of 1 rank, whose own error is not in it
    Interval efficiency_interval{};
    double communication_seconds =
        0.0;                        ///< by the form `network` alone: what of the step is exposed all-reduce
    double imbalance_seconds = 0.0; ///< the part that grows with the ranks otherwise
    double constant_seconds = 0.0;  ///< c
    double input_seconds = 0.0;     ///< waiting for the storage
};

/// What the rungs must determine: the parameters, or their scatter too.
enum class Need { point, interval };

class StepModel {
public:
    /// Why these rungs cannot determine what is needed; nothing when they can. The ladder is sound.
    [[nodiscard]] static std::optional<suite::Fault>
    obstacle(std::span<const Rung> ladder, StepForm form, const StepShape& shape, Need need = Need::interval);
    /// Throws Error(usage) with the ladder's faults or the obstacle to Need::point. Rungs that do not
    /// determine the scatter give intervals without a limit.
    StepModel(std::span<const Rung> ladder, StepForm form, StepShape shape);

    [[nodiscard]] StepForm form() const noexcept { return form_; }
    [[nodiscard]] double base_step_seconds() const noexcept { return base_seconds_; }
    /// In the order of the formula; `w` last.
    [[nodiscard]] std::vector<StepParameter> parameters(std::uint64_t seed = 0) const;
    /// Root mean square of the residuals, not corrected for the parameters.
    [[nodiscard]] double rms_seconds() const noexcept { return rms_seconds_; }
    [[nodiscard]] double degrees_of_freedom() const noexcept { return freedom_; }
    /// The next measurement at this many ranks lies in the interval with probability `level`, by the t
    /// distribution; no rung is faster than 1 rank's step.
    [[nodiscard]] StepPrediction predict(int ranks, double level = 0.95) const;

private:
    struct Fit {
        std::vector<double> coefficients;
        double window_seconds = 0.0;
        double weighted_squares = 0.0;
    };
    [[nodiscard]] Fit fit_to(std::span<const double> gaps) const;
    [[nodiscard]] Fit fit_window(std::span<const double> gaps, double window_seconds) const;
    [[nodiscard]] double communication_seconds(int ranks, double window_seconds) const;
    [[nodiscard]] double mean_gap(int ranks, const Fit& fit) const;
    [[nodiscard]] double noise_seconds(int ranks) const;
    [[nodiscard]] double half_width(int ranks, double level) const;
    [[nodiscard]] double input_seconds(int ranks, double step_seconds) const;
    [[nodiscard]] std::vector<double> tangent(int ranks) const;

    StepForm form_;
    StepShape shape_;
    double base_seconds_ = 0.0;
    std::vector<Rung> rungs_; ///< above 1 rank
    std::vector<double> weights_;
    std::vector<double> totals_; ///< of each rung's all-reduces, before any is hidden
    double relative_sd_ = 0.0;   ///< of a throughput; 0: taken from the residuals
    Fit fit_;
    std::vector<double> covariance_; ///< of coefficients and window, before scale_
    double scale_ = 0.0;             ///< variance of unit weight
    double freedom_ = 0.0;
    double rms_seconds_ = 0.0;
};

} // namespace metrics
