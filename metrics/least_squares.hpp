// Weighted linear least squares with coefficients that may not be negative, for designs of a few columns.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace metrics {

/// Rows of equal length; one coefficient a column.
struct Design {
    std::size_t columns = 0;
    std::vector<double> values; ///< row by row
    [[nodiscard]] std::size_t rows() const noexcept { return columns == 0 ? 0 : values.size() / columns; }
    [[nodiscard]] std::span<const double> row(std::size_t i) const {
        return std::span(values).subspan(i * columns, columns);
    }
};

struct LeastSquares {
    std::vector<double> coefficients;
    /// Inverse of X'WX of all columns, row by row; times a variance: the coefficients' covariance before the
    /// bounds. Empty when columns depend on each other.
    std::vector<double> unscaled_covariance;
    double weighted_squares = 0.0; ///< of the residuals
    std::size_t rows = 0;

    [[nodiscard]] double at(std::span<const double> row) const;
    /// row' (X'WX)^-1 row.
    [[nodiscard]] double leverage(std::span<const double> row) const;
};

/// The coefficients with the least weighted sum of squares among those of 0 or more. Exact: every choice of
/// columns that are held at 0 is tried, so at most 8 columns (an assert). Weights above 0, one a row.
[[nodiscard]] LeastSquares fit_non_negative(const Design& design, std::span<const double> y,
                                            std::span<const double> weights);

} // namespace metrics
