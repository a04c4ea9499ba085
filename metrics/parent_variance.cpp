#include "metrics/parent_variance.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>

namespace metrics {
namespace {

constexpr double tail = 0.025; // of a 95 % interval

/// One cell's analysis of variance.
struct Anova {
    double n0 = 0; ///< seeds of a parent: their number where all have equally many
    double between_df = 0;
    double within_df = 0;
    double between = 0; ///< mean square
    double within = 0;
};

/// The samples that hold a value.
std::vector<Sample> finished(const std::vector<Sample>& parents) {
    std::vector<Sample> list;
    std::copy_if(parents.begin(), parents.end(), std::back_inserter(list),
                 [](const Sample& sample) { return sample.n > 0; });
    return list;
}

std::optional<Anova> anova_of(const std::vector<Sample>& parents) {
    double all = 0;
    double squares = 0;
    double sum = 0;
    for (const Sample& sample : parents) {
        const auto n = static_cast<double>(sample.n);
        all += n;
        squares += n * n;
        sum += n * (sample.mean - parents.front().mean);
    }
    const auto count = static_cast<double>(parents.size());
    if (parents.size() < 2 || all <= count) {
        return std::nullopt;
    }
    const double grand_mean = sum / all;
    double between = 0;
    double within = 0;
    for (const Sample& sample : parents) {
        const auto n = static_cast<double>(sample.n);
        const double offset = sample.mean - parents.front().mean - grand_mean;
        const double sd = sample.sd.value_or(0.0);
        between += n * offset * offset;
        within += (n - 1) * sd * sd;
    }
    return Anova{.n0 = (all - squares / all) / (count - 1),
                 .between_df = count - 1,
                 .within_df = all - count,
                 .between = between / (count - 1),
                 .within = within / (all - count)};
}

/// Variances of a parent's mean: what is seen between parents, and what seeds alone explain of it.
struct Pooled {
    double between = 0;
    double within = 0;
    double within_df = 0; ///< of a sum of mean squares (Satterthwaite, Biometrics Bulletin 2, 1946)
};

Pooled pooled_over(const std::vector<Anova>& cells) {
    double weights = 0;
    for (const Anova& cell : cells) {
        weights += cell.between_df;
    }
    Pooled pooled;
    double all_df = 0;
    double spread = 0;
    for (const Anova& cell : cells) {
        const double share = cell.between_df / weights / cell.n0;
        pooled.between += share * cell.between;
        pooled.within += share * cell.within;
        spread += std::pow(share * cell.within, 2) / cell.within_df;
        all_df += cell.within_df;
    }
    pooled.within_df = spread > 0 ? pooled.within * pooled.within / spread : all_df;
    return pooled;
}

/// Williams' interval of τ².
Interval interval_of(const Pooled& pooled, double df) {
    const boost::math::fisher_f ratio(df, pooled.within_df);
    const boost::math::chi_squared chi(df);
    const auto bound = [&](double f, double chi_quantile) {
        return std::sqrt(std::max(0.0, df * (pooled.between - f * pooled.within) / chi_quantile));
    };
    return {.low = bound(quantile(complement(ratio, tail)), quantile(complement(chi, tail))),
            .high = bound(quantile(ratio, tail), quantile(chi, tail))};
}

/// Of τ² = between − within, an estimate that is itself a difference (Satterthwaite, 1946).
double df_of(const Pooled& pooled, double parents_df) {
    const double variance = pooled.between - pooled.within;
    if (!(variance > 0)) {
        return parents_df;
    }
    const double spread =
        pooled.between * pooled.between / parents_df + pooled.within * pooled.within / pooled.within_df;
    return variance * variance / spread;
}

double root_mean_square_within(const std::vector<Anova>& cells) {
    double sum = 0;
    for (const Anova& cell : cells) {
        sum += cell.within;
    }
    return std::sqrt(sum / static_cast<double>(cells.size()));
}

} // namespace

std::optional<ParentVariance> parent_variance(std::span<const std::vector<Sample>> cells) {
    std::vector<Anova> sound;
    std::size_t fewest = std::numeric_limits<std::size_t>::max();
    for (const std::vector<Sample>& cell : cells) {
        const std::vector<Sample> parents = finished(cell);
        if (const std::optional<Anova> anova = anova_of(parents)) {
            sound.push_back(*anova);
            fewest = std::min(fewest, parents.size());
        }
    }
    if (sound.empty()) {
        return std::nullopt;
    }
    const Pooled pooled = pooled_over(sound);
    const auto parents_df = static_cast<double>(fewest - 1);
    return ParentVariance{.parents = fewest,
                          .cells = sound.size(),
                          .tau = std::sqrt(std::max(0.0, pooled.between - pooled.within)),
                          .ci95 = interval_of(pooled, parents_df),
                          .df = df_of(pooled, parents_df),
                          .within_sd = root_mean_square_within(sound)};
}

} // namespace metrics
