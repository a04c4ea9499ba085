#include "metrics/step_time_model.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include <fmt/format.h>

#include "metrics/least_squares.hpp"
#include "metrics/student_t.hpp"
#include "suite/base/philox.hpp"

namespace metrics {
namespace {

constexpr int bootstrap_draws = 400;
constexpr int window_steps = 64;
// Stands for "the variance is known": Student's t is the normal distribution to four digits.
constexpr double known_freedom = 1e5;

// The columns of a form at N ranks; the first is c.
std::vector<double> columns_of(StepForm form, const Fabric& fabric, int ranks) {
    const double n = ranks;
    const double nodes = nodes_of(fabric, ranks);
    switch (form) {
    case StepForm::square_root:
        return {1.0, std::sqrt(n)};
    case StepForm::logarithm:
    case StepForm::network:
        return {1.0, std::log2(n)};
    case StepForm::extreme_value:
        return {1.0, std::sqrt(2.0 * std::log(n))};
    case StepForm::linear:
        return {1.0, n};
    case StepForm::logarithm_linear:
        return {1.0, std::log2(n), n};
    case StepForm::cells:
        break;
    }
    const double cell = std::max(1, fabric.nodes_per_cell);
    return {1.0, std::log2(nodes), std::max(0.0, std::log2(nodes / cell))};
}

Design design_of(StepForm form, const Fabric& fabric, std::span<const Rung> rungs) {
    Design design{.columns = columns_of(form, fabric, 1).size(), .values = {}};
    for (const Rung& rung : rungs) {
        const auto row = columns_of(form, fabric, rung.ranks);
        design.values.insert(design.values.end(), row.begin(), row.end());
    }
    return design;
}

std::size_t unknowns_of(StepForm form, const Fabric& fabric) {
    return columns_of(form, fabric, 1).size() + (form == StepForm::network ? 1 : 0);
}

std::span<const Rung> above_one(std::span<const Rung> ladder) {
    return ladder.subspan(1);
}

suite::Error ladder_error(std::span<const Rung> ladder) {
    suite::FaultList faults;
    find_ladder_faults(ladder, "rungs", faults);
    return {suite::ErrorKind::usage, faults.faults()};
}

bool is_ladder(std::span<const Rung> ladder) {
    suite::FaultList faults;
    find_ladder_faults(ladder, "rungs", faults);
    return faults.empty();
}

double percentile(const std::vector<double>& sorted, double share) {
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1) + 0.5)];
}

Interval scaled(const Interval& interval, double by) {
    return {.low = by / interval.high, .high = by / interval.low};
}

} // namespace

std::string_view to_string(StepForm form) noexcept {
    static constexpr std::array<std::string_view, std::size(all_step_forms)> words{
        "sqrt", "log2", "extreme", "linear", "log2-linear", "cells", "network"};
    return words[static_cast<std::size_t>(form)];
}

std::string_view formula_of(StepForm form) noexcept {
    static constexpr std::array<std::string_view, std::size(all_step_forms)> words{
        "c + a sqrt(N)",
        "c + a log2(N)",
        "c + a sqrt(2 ln N)",
        "c + a N",
        "c + a log2(N) + d N",
        "c + a log2(nodes) + d log2(nodes/cell) beyond a cell",
        "c + a log2(N) + max(0, all-reduce(N) - w)"};
    return words[static_cast<std::size_t>(form)];
}

std::optional<suite::Fault> StepModel::obstacle(std::span<const Rung> ladder, StepForm form,
                                                const StepShape& shape, Need need) {
    const auto rungs = above_one(ladder);
    const bool has_sd = ladder.front().sd.has_value();
    const std::size_t needed = unknowns_of(form, shape.fabric) + (need == Need::interval && !has_sd ? 1 : 0);
    if (rungs.size() < needed) {
        return suite::Fault{"rungs", fmt::format("{} above 1 rank", rungs.size()),
                            fmt::format("{} or more for {}", needed, formula_of(form)),
                            has_sd ? "measure more world sizes"
                                   : "measure more world sizes, or give the rungs' sd"};
    }
    if (form == StepForm::cells && shape.fabric.nodes_per_cell == 0) {
        return suite::Fault{"system", "no nodes_per_cell", "one for the form cells", "choose another form"};
    }
    if (form == StepForm::network && shape.bucket_bytes.empty()) {
        return suite::Fault{"model", "none", "one for the form network", "choose another form"};
    }
    const auto fit = fit_non_negative(design_of(form, shape.fabric, rungs), std::vector(rungs.size(), 0.0),
                                      std::vector(rungs.size(), 1.0));
    if (fit.unscaled_covariance.empty()) {
        return suite::Fault{"rungs", fmt::format("none that tells the terms of {} apart", formula_of(form)),
                            "rungs on both sides of a cell and of a node", "choose another form"};
    }
    return std::nullopt;
}

StepModel::StepModel(std::span<const Rung> ladder, StepForm form, StepShape shape)
    : form_(form), shape_(std::move(shape)) {
    if (!is_ladder(ladder)) {
        throw ladder_error(ladder);
    }
    if (const auto fault = obstacle(ladder, form_, shape_, Need::point)) {
        throw suite::Error(suite::ErrorKind::usage, *fault);
    }
    base_seconds_ = step_seconds(ladder.front(), shape_.images_per_rank_step);
    rungs_.assign(ladder.begin() + 1, ladder.end());
    std::vector<double> gaps;
    std::vector<double> relative;
    for (const Rung& rung : rungs_) {
        const double step = step_seconds(rung, shape_.images_per_rank_step);
        gaps.push_back(step - base_seconds_);
        relative.push_back(rung.sd.value_or(0.0) / rung.images_per_second);
        const double sd = step * relative.back();
        weights_.push_back(rung.sd ? 1.0 / (sd * sd) : 1.0);
    }
    for (const Rung& rung : rungs_) {
        totals_.push_back(
            form_ == StepForm::network ? total_seconds(shape_.fabric, rung.ranks, shape_.bucket_bytes) : 0.0);
    }
    fit_ = fit_to(gaps);
    double squares = 0.0;
    Design design{.columns = unknowns_of(form_, shape_.fabric), .values = {}};
    for (std::size_t i = 0; i < rungs_.size(); ++i) {
        const double residual = gaps[i] - mean_gap(rungs_[i].ranks, fit_);
        squares += residual * residual;
        const auto row = tangent(rungs_[i].ranks);
        design.values.insert(design.values.end(), row.begin(), row.end());
    }
    rms_seconds_ = std::sqrt(squares / static_cast<double>(rungs_.size()));
    covariance_ = fit_non_negative(design, gaps, weights_).unscaled_covariance;
    freedom_ = static_cast<double>(rungs_.size()) - static_cast<double>(design.columns);
    scale_ = freedom_ > 0 ? fit_.weighted_squares / freedom_ : 1.0;
    if (ladder.front().sd) {
        std::sort(relative.begin(), relative.end());
        relative_sd_ = relative[relative.size() / 2];
        scale_ = std::max(1.0, scale_); // Birge: residuals beyond the stated sd widen all intervals
        freedom_ = freedom_ > 0 ? freedom_ : known_freedom;
    }
}

StepModel::Fit StepModel::fit_window(std::span<const double> gaps, double window_seconds) const {
    std::vector<double> rest(gaps.begin(), gaps.end());
    for (std::size_t i = 0; i < rest.size(); ++i) {
        rest[i] -= std::max(0.0, totals_[i] - window_seconds);
    }
    auto fit = fit_non_negative(design_of(form_, shape_.fabric, rungs_), rest, weights_);
    return {.coefficients = std::move(fit.coefficients),
            .window_seconds = window_seconds,
            .weighted_squares = fit.weighted_squares};
}

StepModel::Fit StepModel::fit_to(std::span<const double> gaps) const {
    if (form_ != StepForm::network) {
        return fit_window(gaps, 0.0);
    }
    // The squares have several minima in the window: a grid over all of it, then finer ones around the best.
    Fit best = fit_window(gaps, 0.0);
    double low = 0.0;
    double high = totals_.back();
    while (high - low > 1e-6 * totals_.back()) {
        const double step = (high - low) / window_steps;
        for (int i = 0; i <= window_steps; ++i) {
            Fit fit = fit_window(gaps, low + i * step);
            best = fit.weighted_squares < best.weighted_squares ? std::move(fit) : best;
        }
        low = std::max(0.0, best.window_seconds - step);
        high = best.window_seconds + step;
    }
    return best;
}

double StepModel::communication_seconds(int ranks, double window_seconds) const {
    if (form_ != StepForm::network) {
        return 0.0;
    }
    return std::max(0.0, total_seconds(shape_.fabric, ranks, shape_.bucket_bytes) - window_seconds);
}

double StepModel::mean_gap(int ranks, const Fit& fit) const {
    const auto row = columns_of(form_, shape_.fabric, ranks);
    double gap = communication_seconds(ranks, fit.window_seconds);
    for (std::size_t i = 0; i < row.size(); ++i) {
        gap += row[i] * fit.coefficients[i];
    }
    return gap;
}

std::vector<double> StepModel::tangent(int ranks) const {
    auto row = columns_of(form_, shape_.fabric, ranks);
    if (form_ == StepForm::network) {
        row.push_back(communication_seconds(ranks, fit_.window_seconds) > 0 ? -1.0 : 0.0);
    }
    return row;
}

double StepModel::noise_seconds(int ranks) const {
    if (relative_sd_ == 0.0) {
        return std::sqrt(scale_);
    }
    return std::sqrt(scale_) * relative_sd_ * (base_seconds_ + mean_gap(ranks, fit_));
}

double StepModel::half_width(int ranks, double level) const {
    if (covariance_.empty() || freedom_ <= 0) {
        return INFINITY; // the window does not show in these rungs, or no rung is left to show the scatter
    }
    const LeastSquares parameters{.coefficients = {}, .unscaled_covariance = covariance_};
    const double fit_variance = scale_ * parameters.leverage(tangent(ranks));
    const double noise = noise_seconds(ranks);
    return static_cast<double>(student_t_critical(freedom_, 1.0L - level)) *
           std::sqrt(fit_variance + noise * noise);
}

double StepModel::input_seconds(int ranks, double step) const {
    if (!shape_.input) {
        return 0.0;
    }
    const double bytes = shape_.input->bytes_per_image * shape_.images_per_rank_step * ranks;
    return std::max(0.0, bytes / shape_.input->storage_bytes_per_second - step);
}

StepPrediction StepModel::predict(int ranks, double level) const {
    assert(ranks >= 1 && level > 0 && level < 1);
    StepPrediction prediction{.ranks = ranks};
    const double work = shape_.images_per_rank_step * ranks;
    double width = 0.0;
    if (ranks > 1) {
        prediction.communication_seconds = communication_seconds(ranks, fit_.window_seconds);
        prediction.constant_seconds = fit_.coefficients[0];
        prediction.imbalance_seconds =
            mean_gap(ranks, fit_) - prediction.constant_seconds - prediction.communication_seconds;
        width = half_width(ranks, level);
    }
    const double step = base_seconds_ + (ranks > 1 ? mean_gap(ranks, fit_) : 0.0);
    prediction.input_seconds = input_seconds(ranks, step);
    prediction.step_seconds = step + prediction.input_seconds;
    const double low = std::max(base_seconds_, step - width);
    const double high = step + width;
    prediction.step_interval = {.low = low + input_seconds(ranks, low),
                                .high = high + input_seconds(ranks, high)};
    prediction.images_per_second = work / prediction.step_seconds;
    prediction.images_interval = scaled(prediction.step_interval, work);
    prediction.efficiency_percent = 100.0 * base_seconds_ / prediction.step_seconds;
    prediction.efficiency_interval = scaled(prediction.step_interval, 100.0 * base_seconds_);
    return prediction;
}

std::vector<StepParameter> StepModel::parameters(std::uint64_t seed) const {
    static constexpr std::array<const char*, 3> names{"c", "a", "d"};
    const auto values = [](const Fit& fit, bool has_window) {
        std::vector<double> all = fit.coefficients;
        if (has_window) {
            all.push_back(fit.window_seconds);
        }
        return all;
    };
    const bool has_window = form_ == StepForm::network;
    const std::vector<double> fitted = values(fit_, has_window);
    std::vector<std::vector<double>> draws(fitted.size());
    for (std::uint32_t draw = 0; draw < bootstrap_draws; ++draw) {
        suite::PhiloxStream stream({.seed = seed, .purpose = suite::Purpose::bootstrap, .epoch = draw});
        std::vector<double> gaps;
        for (std::size_t i = 0; i < rungs_.size(); ++i) {
            const double sd = std::sqrt(scale_ / weights_[i]);
            gaps.push_back(mean_gap(rungs_[i].ranks, fit_) + sd * stream.normal());
        }
        const std::vector<double> drawn = values(fit_to(gaps), has_window);
        for (std::size_t i = 0; i < drawn.size(); ++i) {
            draws[i].push_back(drawn[i]);
        }
    }
    std::vector<StepParameter> list;
    for (std::size_t i = 0; i < fitted.size(); ++i) {
        std::sort(draws[i].begin(), draws[i].end());
        const bool is_window = has_window && i + 1 == fitted.size();
        list.push_back({.name = is_window ? "w" : names[i],
                        .seconds = fitted[i],
                        .ci95 = {percentile(draws[i], 0.025), percentile(draws[i], 0.975)}});
    }
    return list;
}

} // namespace metrics
