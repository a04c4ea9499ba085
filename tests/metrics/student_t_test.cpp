#include "metrics/student_t.hpp"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

namespace metrics {
namespace {

void expect_within(long double actual, long double expected, long double relative, const char* what) {
    EXPECT_LE(std::fabs(actual - expected), relative * std::fabs(expected))
        << what << ": " << actual << " instead of " << expected;
}

/// P(T >= t) of t > 0 with an even df has an elementary form; for the tail without loss of digits
/// 1 − t/√(df + t²) = df / (√(df + t²) (√(df + t²) + t)).
long double tail_of_two(long double t) {
    const long double root = std::sqrt(2 + t * t);
    return 1 / (root * (root + t));
}
long double tail_of_four(long double t) {
    const long double root = std::sqrt(4 + t * t);
    const long double rest = 4 / (root * (root + t)); // 1 − s with s = t/root; tail = (1 − s)² (2 + s) / 4
    return rest * rest * (3 - rest) / 4;
}

TEST(StudentT, TailsAgreeWithClosedForms) {
    for (const long double t : {0.01L, 0.5L, 1.86L, 2.776L, 5.4L, 40.0L, 1e4L, 1e8L}) {
        expect_within(student_t_upper_tail(t, 1), std::atan(1 / t) / std::numbers::pi_v<long double>, 1e-14L,
                      "df 1");
        expect_within(student_t_upper_tail(t, 2), tail_of_two(t), 1e-14L, "df 2");
        expect_within(student_t_upper_tail(t, 4), tail_of_four(t), 1e-14L, "df 4");
        expect_within(student_t_upper_tail(-t, 4), 1 - tail_of_four(t), 1e-14L, "df 4, below");
    }
}

TEST(StudentT, FastAndExtendedArithmeticMeetWithoutAStep) {
    for (const long double t : {0.1L, 2.0L, 6.0L, 30.0L})
        expect_within(student_t_upper_tail(t, 50), student_t_upper_tail(t, std::nextafter(50.0L, 51.0L)),
                      2e-14L, "tail");
    expect_within(student_t_critical(1000, 0.05L),
                  student_t_critical(std::nextafter(1000.0L, 1001.0L), 0.05L), 2e-15L, "critical value");
    expect_within(student_t_critical(8, 1e-7L), student_t_critical(8, 0.999999999999e-7L), 1e-12L, "far out");
}

TEST(StudentT, CriticalValuesInvertTheTails) {
    for (const long double df : {1.0L, 1.5L, 4.0L, 7.3L, 60.0L, 5000.0L})
        for (const long double alpha : {0.5L, 0.05L, 1e-4L, 1e-9L})
            expect_within(student_t_two_sided(student_t_critical(df, alpha), df), alpha, 1e-12L, "alpha");
}

} // namespace
} // namespace metrics
