#include "metrics/t_tests.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "metrics/student_t.hpp"

namespace metrics {

namespace {

using suite::ErrorKind;
using suite::FaultList;

/// A difference with its standard error, before any hypothesis.
struct Contrast {
    long double difference = 0;
    long double standard_error = 0;
    long double df = 0;
};

void require_double_range(const TTest& test) {
    for (const double number :
         {test.difference, test.t, test.df, test.standard_error, test.ci95.low, test.ci95.high})
        if (!std::isfinite(number))
            throw suite::Error(ErrorKind::usage,
                               {"a, b", "numbers whose difference or t value leaves the range of double",
                                "numbers of like magnitude", "rescale the samples"});
}

TTest make_test(const Contrast& contrast, long double shift) {
    const long double t = (contrast.difference - shift) / contrast.standard_error;
    const long double half = student_t_critical(contrast.df, 0.05L) * contrast.standard_error;
    const TTest test{.difference = static_cast<double>(contrast.difference),
                     .t = static_cast<double>(t),
                     .df = static_cast<double>(contrast.df),
                     .p = static_cast<double>(student_t_two_sided(t, contrast.df)),
                     .p_greater = static_cast<double>(student_t_upper_tail(t, contrast.df)),
                     .p_less = static_cast<double>(student_t_upper_tail(-t, contrast.df)),
                     .ci95 = {static_cast<double>(contrast.difference - half),
                              static_cast<double>(contrast.difference + half)},
                     .standard_error = static_cast<double>(contrast.standard_error)};
    require_double_range(test);
    return test;
}

void find_zero_variance(const Sample& a, const Sample& b, FaultList& faults) {
    if (faults.empty() && moments_of(a, a.mean).variance == 0 && moments_of(b, b.mean).variance == 0)
        faults.add({"a, b", "zero variance on both sides", "values that differ on one side at least",
                    "no t test exists for constant samples"});
}

FaultList find_pair_faults(const Sample& a, const Sample& b) {
    FaultList faults;
    find_faults(a, "a", faults);
    find_faults(b, "b", faults);
    find_zero_variance(a, b, faults);
    return faults;
}

/// Both sides seen from one origin, so that close means subtract without loss.
struct Sides {
    Moments a;
    Moments b;
};

Sides sides_of(const Sample& a, const Sample& b) {
    const double origin = a.values.empty() ? a.mean : a.values.front();
    return {moments_of(a, origin), moments_of(b, origin)};
}

Contrast welch_contrast(const Sample& a, const Sample& b) {
    const Sides sides = sides_of(a, b);
    const auto n_a = static_cast<long double>(a.n);
    const auto n_b = static_cast<long double>(b.n);
    const long double part_a = sides.a.variance / n_a;
    const long double part_b = sides.b.variance / n_b;
    // Shares of the total instead of squares of the parts: no overflow or underflow for any sd.
    const long double share_a = part_a / (part_a + part_b);
    const long double share_b = part_b / (part_a + part_b);
    return {sides.a.mean_offset - sides.b.mean_offset, std::sqrt(part_a + part_b),
            1 / (share_a * share_a / (n_a - 1) + share_b * share_b / (n_b - 1))};
}

Contrast pooled_contrast(const Sample& a, const Sample& b) {
    const Sides sides = sides_of(a, b);
    const auto n_a = static_cast<long double>(a.n);
    const auto n_b = static_cast<long double>(b.n);
    const long double df = n_a + n_b - 2;
    const long double variance = ((n_a - 1) * sides.a.variance + (n_b - 1) * sides.b.variance) / df;
    return {sides.a.mean_offset - sides.b.mean_offset, std::sqrt(variance * (1 / n_a + 1 / n_b)), df};
}

void find_faults_of_pairs(std::span<const double> a, std::span<const double> b, FaultList& faults) {
    find_faults(make_sample(a), "a", faults);
    find_faults(make_sample(b), "b", faults);
    if (a.size() != b.size())
        faults.add({"a, b", fmt::format("{} and {} values", a.size(), b.size()), "pairs of equal length",
                    "give both sides for the same seeds in the same order"});
    else if (faults.empty() && pairs_are_constant(a, b))
        faults.add({"a, b", "zero variance of the differences", "differences that vary",
                    "no t test exists for constant differences"});
}

/// The difference of pair i as seen from the first pair: exact where a and b lie far apart.
long double offset_difference(std::span<const double> a, std::span<const double> b, std::size_t i) {
    return (static_cast<long double>(a[i]) - a[0]) - (static_cast<long double>(b[i]) - b[0]);
}

Contrast paired_contrast(std::span<const double> a, std::span<const double> b) {
    const auto n = static_cast<long double>(a.size());
    long double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += offset_difference(a, b, i);
    const long double centre = sum / n;
    long double squares = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const long double deviation = offset_difference(a, b, i) - centre;
        squares += deviation * deviation;
    }
    const long double mean = (static_cast<long double>(a[0]) - b[0]) + centre;
    return {mean, std::sqrt(squares / (n - 1) / n), n - 1};
}

} // namespace

TTest welch(const Sample& a, const Sample& b) {
    find_pair_faults(a, b).throw_if_any(ErrorKind::usage);
    return make_test(welch_contrast(a, b), 0);
}

TTest pooled(const Sample& a, const Sample& b) {
    find_pair_faults(a, b).throw_if_any(ErrorKind::usage);
    return make_test(pooled_contrast(a, b), 0);
}

TTest paired(std::span<const double> a, std::span<const double> b) {
    FaultList faults;
    find_faults_of_pairs(a, b, faults);
    faults.throw_if_any(ErrorKind::usage);
    return make_test(paired_contrast(a, b), 0);
}

TTest one_sample(const Sample& sample, double expected) {
    FaultList faults;
    find_faults(sample, "sample", faults);
    if (faults.empty() && moments_of(sample, sample.mean).variance == 0)
        faults.add(
            {"sample", "zero variance", "values that differ", "no t test exists for a constant sample"});
    if (!std::isfinite(expected))
        faults.add({"expected", fmt::format("{}", expected), "a finite number", ""});
    faults.throw_if_any(ErrorKind::usage);
    const Moments moments = moments_of(sample, expected);
    const auto n = static_cast<long double>(sample.n);
    return make_test({moments.mean_offset, std::sqrt(moments.variance / n), n - 1}, 0);
}

bool pairs_are_constant(std::span<const double> a, std::span<const double> b) noexcept {
    // Each difference carries the rounding of its two terms (half an ulp each) and no difference can be told
    // from another below that: 1.1−1, 2.1−2 and 3.1−3 are one number.
    long double largest = 0;
    long double low = std::numeric_limits<long double>::infinity();
    long double high = -low;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const long double difference = static_cast<long double>(a[i]) - b[i];
        low = std::min(low, difference);
        high = std::max(high, difference);
        largest = std::max<long double>({largest, std::fabs(a[i]), std::fabs(b[i])});
    }
    return !(high - low > 2 * std::numeric_limits<double>::epsilon() * largest);
}

TTest shifted(const TTest& test, double shift) {
    return make_test({test.difference, test.standard_error, test.df}, shift);
}

TTest with_added_variance(const TTest& test, const VarianceComponent& added) {
    FaultList faults;
    if (!(added.variance >= 0) || !std::isfinite(added.variance))
        faults.add({"added variance", fmt::format("{}", added.variance), "a finite number of 0 or more", ""});
    if (!(added.df > 0))
        faults.add({"added variance's df", fmt::format("{}", added.df), "a number above 0", ""});
    faults.throw_if_any(ErrorKind::usage);
    if (added.variance == 0)
        return test;
    const long double seen = static_cast<long double>(test.standard_error) * test.standard_error;
    const long double total = seen + added.variance;
    const long double share = seen / total;
    const long double added_share = added.variance / total;
    return make_test({test.difference, std::sqrt(total),
                      1 / (share * share / test.df + added_share * added_share / added.df)},
                     0);
}

double p_within(const TTest& test, double margin) {
    if (!(margin > 0))
        return 1;
    const long double nearer_edge =
        (margin - std::fabs(static_cast<long double>(test.difference))) / test.standard_error;
    return static_cast<double>(student_t_upper_tail(nearer_edge, test.df));
}

double p_beyond(const TTest& test, double margin) {
    const long double size = std::fabs(static_cast<long double>(test.difference));
    const long double same_side = student_t_upper_tail((size - margin) / test.standard_error, test.df);
    const long double other_side = student_t_upper_tail((size + margin) / test.standard_error, test.df);
    return static_cast<double>(std::min(1.0L, same_side + other_side));
}

Tost tost(const Sample& a, const Sample& b, double margin, double alpha) {
    FaultList faults = find_pair_faults(a, b);
    if (!(margin > 0) || !std::isfinite(margin))
        faults.add({"margin", fmt::format("{}", margin), "a finite number above 0",
                    "declare by how much the means may differ"});
    faults.throw_if_any(ErrorKind::usage);
    const Contrast contrast = welch_contrast(a, b);
    const TTest above_lower = make_test(contrast, -static_cast<long double>(margin));
    const TTest below_upper = make_test(contrast, margin);
    const double p = std::max(above_lower.p_greater, below_upper.p_less);
    return {.difference = above_lower.difference,
            .df = above_lower.df,
            .p_lower = above_lower.p_greater,
            .p_upper = below_upper.p_less,
            .p = p,
            .equivalent = p < alpha};
}

} // namespace metrics
