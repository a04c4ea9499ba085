// Student's t. Tails are computed as tails (incomplete beta), so p-values keep their relative accuracy down
// to the smallest double: 1e-14 at the df of seeds, 1e-11 at worst (df of thousands, p < 1e-250).
#pragma once

namespace metrics {

/// P(T >= t) with df > 0 degrees of freedom (df need not be whole).
[[nodiscard]] long double student_t_upper_tail(long double t, long double df);
/// P(|T| >= |t|).
[[nodiscard]] long double student_t_two_sided(long double t, long double df);
/// The c with P(|T| >= c) = alpha.
[[nodiscard]] long double student_t_critical(long double df, long double alpha);

} // namespace metrics
