#include "metrics/adjust.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include <fmt/format.h>

#include "suite/base/error.hpp"

namespace metrics {

namespace {

void require_probabilities(std::span<const double> p_values) {
    suite::FaultList faults;
    if (p_values.empty())
        faults.add({"p", "no p-values", "at least one", "give the p-values of the family"});
    for (std::size_t i = 0; i < p_values.size(); ++i)
        if (!(p_values[i] >= 0 && p_values[i] <= 1))
            faults.add({fmt::format("p[{}]", i), fmt::format("{}", p_values[i]), "a number in [0, 1]",
                        "give a p-value"});
    faults.throw_if_any(suite::ErrorKind::usage);
}

/// Positions of the p-values from the smallest to the largest.
std::vector<std::size_t> ascending(std::span<const double> p_values) {
    std::vector<std::size_t> order(p_values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t i, std::size_t j) { return p_values[i] < p_values[j]; });
    return order;
}

} // namespace

std::vector<double> holm(std::span<const double> p_values) {
    return partial_conjunction(p_values, 1);
}

std::vector<double> benjamini_hochberg(std::span<const double> p_values) {
    require_probabilities(p_values);
    const std::vector<std::size_t> order = ascending(p_values);
    const auto tests = static_cast<double>(order.size());
    std::vector<double> adjusted(p_values.size());
    double smallest = 1;
    for (std::size_t rank = order.size(); rank > 0; --rank) {
        const std::size_t position = order[rank - 1];
        smallest = std::min(smallest, p_values[position] * tests / static_cast<double>(rank));
        adjusted[position] = smallest;
    }
    return adjusted;
}

std::vector<double> partial_conjunction(std::span<const double> p_values, std::size_t needed) {
    require_probabilities(p_values);
    const std::vector<std::size_t> order = ascending(p_values);
    if (needed < 1 || needed > order.size())
        throw suite::Error(suite::ErrorKind::usage,
                           {"needed", fmt::format("{} of {} hypotheses", needed, order.size()),
                            "a number between 1 and all", ""});
    std::vector<double> adjusted(p_values.size());
    double largest = 0;
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
        const auto factor = static_cast<double>(order.size() - std::max(rank, needed - 1));
        largest = std::max(largest, std::min(1.0, factor * p_values[order[rank]]));
        adjusted[order[rank]] = largest;
    }
    return adjusted;
}

} // namespace metrics
