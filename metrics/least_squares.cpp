#include "metrics/least_squares.hpp"

#include <cassert>
#include <cmath>
#include <optional>

namespace metrics {
namespace {

using Real = long double;

constexpr std::size_t most_columns = 8;

// A symmetric matrix, row by row.
struct Square {
    std::size_t size;
    std::vector<Real> values;
    [[nodiscard]] Real& at(std::size_t i, std::size_t j) { return values[i * size + j]; }
    [[nodiscard]] Real at(std::size_t i, std::size_t j) const { return values[i * size + j]; }
};

// X'WX and X'Wy.
struct NormalEquations {
    Square matrix;
    std::vector<Real> right;
};

NormalEquations normal_equations(const Design& design, std::span<const double> y,
                                 std::span<const double> weights) {
    NormalEquations equations{.matrix = {design.columns, std::vector<Real>(design.columns * design.columns)},
                              .right = std::vector<Real>(design.columns)};
    for (std::size_t r = 0; r < design.rows(); ++r) {
        const auto row = design.row(r);
        for (std::size_t i = 0; i < design.columns; ++i) {
            equations.right[i] += Real{weights[r]} * row[i] * y[r];
            for (std::size_t j = 0; j < design.columns; ++j) {
                equations.matrix.at(i, j) += Real{weights[r]} * row[i] * row[j];
            }
        }
    }
    return equations;
}

// Cholesky factor; none when a pivot vanishes against its diagonal: columns depend on each other.
std::optional<Square> cholesky(const Square& matrix) {
    Square factor{matrix.size, std::vector<Real>(matrix.size * matrix.size)};
    for (std::size_t j = 0; j < matrix.size; ++j) {
        for (std::size_t i = j; i < matrix.size; ++i) {
            Real sum = matrix.at(i, j);
            for (std::size_t k = 0; k < j; ++k) {
                sum -= factor.at(i, k) * factor.at(j, k);
            }
            if (i == j && !(sum > 1e-13L * matrix.at(i, i))) {
                return std::nullopt;
            }
            factor.at(i, j) = i == j ? std::sqrt(sum) : sum / factor.at(j, j);
        }
    }
    return factor;
}

std::vector<Real> solve(const Square& factor, std::vector<Real> right) {
    const std::size_t size = factor.size;
    for (std::size_t i = 0; i < size; ++i) {
        for (std::size_t k = 0; k < i; ++k) {
            right[i] -= factor.at(i, k) * right[k];
        }
        right[i] /= factor.at(i, i);
    }
    for (std::size_t i = size; i-- > 0;) {
        for (std::size_t k = i + 1; k < size; ++k) {
            right[i] -= factor.at(k, i) * right[k];
        }
        right[i] /= factor.at(i, i);
    }
    return right;
}

// The equations of the columns whose bit is set, solved; 0 elsewhere.
std::optional<std::vector<double>> solve_some(const NormalEquations& all, std::size_t columns) {
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < all.right.size(); ++i) {
        if ((columns >> i & 1U) != 0) {
            kept.push_back(i);
        }
    }
    Square matrix{kept.size(), std::vector<Real>(kept.size() * kept.size())};
    std::vector<Real> right;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        right.push_back(all.right[kept[i]]);
        for (std::size_t j = 0; j < kept.size(); ++j) {
            matrix.at(i, j) = all.matrix.at(kept[i], kept[j]);
        }
    }
    const auto factor = cholesky(matrix);
    if (!factor) {
        return std::nullopt;
    }
    right = solve(*factor, std::move(right));
    std::vector<double> coefficients(all.right.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
        coefficients[kept[i]] = static_cast<double>(right[i]);
    }
    return coefficients;
}

double dot(std::span<const double> a, std::span<const double> b) {
    Real sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        sum += Real{a[i]} * b[i];
    }
    return static_cast<double>(sum);
}

double squares(const Design& design, std::span<const double> y, std::span<const double> weights,
               std::span<const double> coefficients) {
    Real sum = 0;
    for (std::size_t r = 0; r < design.rows(); ++r) {
        const Real residual = Real{y[r]} - dot(design.row(r), coefficients);
        sum += weights[r] * residual * residual;
    }
    return static_cast<double>(sum);
}

std::vector<double> inverse(const Square& matrix) {
    const auto factor = cholesky(matrix);
    std::vector<double> columns;
    for (std::size_t i = 0; factor && i < matrix.size; ++i) {
        std::vector<Real> unit(matrix.size);
        unit[i] = 1;
        for (const Real value : solve(*factor, std::move(unit))) {
            columns.push_back(static_cast<double>(value));
        }
    }
    return columns; // symmetric: columns are rows
}

} // namespace

double LeastSquares::at(std::span<const double> row) const {
    return dot(row, coefficients);
}

double LeastSquares::leverage(std::span<const double> row) const {
    assert(!unscaled_covariance.empty());
    double sum = 0.0;
    for (std::size_t i = 0; i < row.size(); ++i) {
        sum += row[i] * dot(std::span(unscaled_covariance).subspan(i * row.size(), row.size()), row);
    }
    return sum;
}

LeastSquares fit_non_negative(const Design& design, std::span<const double> y,
                              std::span<const double> weights) {
    assert(design.columns <= most_columns && y.size() == design.rows() && weights.size() == y.size());
    const NormalEquations equations = normal_equations(design, y, weights);
    LeastSquares best{.coefficients = std::vector<double>(design.columns), .rows = design.rows()};
    best.weighted_squares = squares(design, y, weights, best.coefficients);
    best.unscaled_covariance = inverse(equations.matrix);
    for (std::size_t columns = 1; columns < std::size_t{1} << design.columns; ++columns) {
        auto coefficients = solve_some(equations, columns);
        bool is_allowed = coefficients.has_value();
        for (std::size_t i = 0; is_allowed && i < design.columns; ++i) {
            is_allowed = (*coefficients)[i] >= 0;
        }
        if (!is_allowed) {
            continue;
        }
        const double sum = squares(design, y, weights, *coefficients);
        if (sum < best.weighted_squares) {
            best.weighted_squares = sum;
            best.coefficients = std::move(*coefficients);
        }
    }
    return best;
}

} // namespace metrics
