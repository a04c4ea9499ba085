// How well the step-time model predicts what it was not fitted to.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "metrics/step_time_model.hpp"

namespace metrics {

/// Errors are predicted less measured, in points of efficiency.
struct LeftOutRung {
    int ranks = 1;
    double measured_percent = 0.0;
    double predicted_percent = 0.0;
    [[nodiscard]] double error_points() const noexcept { return predicted_percent - measured_percent; }
};

/// Every rung above 1 rank predicted from all others; empty when they are too few.
[[nodiscard]] std::vector<LeftOutRung> leave_one_rung_out(std::span<const Rung> ladder, StepForm form,
                                                          const StepShape& shape);
[[nodiscard]] double rms_error_points(std::span<const LeftOutRung> rungs);

/// The form with the least leave-one-rung-out error, of those that these rungs determine; of equal
/// errors the earlier form; std::nullopt when these rungs determine no form.
[[nodiscard]] std::optional<StepForm> choose_form(std::span<const Rung> ladder, const StepShape& shape,
                                                  std::span<const StepForm> among = all_step_forms);

/// Intervals whose coverage a back-test counts.
inline constexpr double coverage_levels[] = {0.50, 0.80, 0.95};

struct HeldOutRung {
    StepPrediction prediction; ///< at 95 %
    double measured_percent = 0.0;
    std::vector<bool> covered; ///< one a level of coverage_levels
    [[nodiscard]] double error_points() const noexcept {
        return prediction.efficiency_percent - measured_percent;
    }
};

/// A fit to the rungs up to `most_ranks`, and what it says about the others.
struct BackTest {
    StepForm form = StepForm::square_root;
    int most_ranks = 1;
    std::optional<suite::Fault> obstacle; ///< then there is nothing else
    std::vector<LeftOutRung> left_out;    ///< of the calibration rungs alone
    std::vector<HeldOutRung> held_out;
    [[nodiscard]] double worst_error_points() const noexcept; ///< by size; 0 without held-out rungs
};

[[nodiscard]] BackTest back_test(std::span<const Rung> ladder, StepForm form, const StepShape& shape,
                                 int most_ranks);

/// Held-out rungs inside the interval of each level, over several back-tests.
struct Coverage {
    double level = 0.0;
    std::size_t covered = 0;
    std::size_t rungs = 0;
};
[[nodiscard]] std::vector<Coverage> coverage_of(std::span<const BackTest> tests);

} // namespace metrics
