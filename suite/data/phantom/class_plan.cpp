#include "suite/data/phantom/class_plan.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "suite/base/philox.hpp"

namespace suite::data {

std::vector<double> geometric_shares(std::size_t classes, double imbalance) {
    assert(imbalance >= 1.0);
    std::vector<double> shares(classes, 1.0);
    for (std::size_t c = 0; classes > 1 && c < classes; ++c) {
        shares[c] = std::pow(imbalance, -static_cast<double>(c) / static_cast<double>(classes - 1));
    }
    return shares;
}

std::vector<std::size_t> class_counts(std::size_t images, std::span<const double> shares) {
    assert(!shares.empty());
    const std::size_t classes = shares.size();
    const auto shown =
        static_cast<std::size_t>(std::ranges::count_if(shares, [](double share) { return share > 0.0; }));
    // One image each first, so that no class with a share is empty; the rest by share.
    const bool floored = images >= shown;
    const std::size_t rest = images - (floored ? shown : 0);
    const double scale = static_cast<double>(images) / std::accumulate(shares.begin(), shares.end(), 0.0);
    std::vector<std::size_t> counts(classes);
    std::vector<double> remainders(classes, -1.0);
    std::size_t given = 0;
    for (std::size_t c = 0; c < classes; ++c) {
        if (shares[c] > 0.0) {
            const double wanted = std::max(0.0, shares[c] * scale - (floored ? 1.0 : 0.0));
            counts[c] = std::min(static_cast<std::size_t>(wanted), rest - given);
            remainders[c] = wanted - static_cast<double>(counts[c]);
            given += counts[c];
        }
    }
    std::vector<std::size_t> order(classes);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order,
                             [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
    for (std::size_t i = 0; given < rest; ++i, ++given) {
        ++counts[order[i % shown]];
    }
    for (std::size_t c = 0; c < classes; ++c) {
        counts[c] += floored && shares[c] > 0.0 ? 1U : 0U;
    }
    return counts;
}

std::vector<std::int64_t> class_of_images(std::size_t images, std::span<const double> shares,
                                          std::uint64_t seed) {
    const std::vector<std::size_t> counts = class_counts(images, shares);
    const KeyedPermutation place(images, {.seed = seed, .purpose = Purpose::labels});
    std::vector<std::int64_t> result(images);
    std::size_t next = 0;
    for (std::size_t c = 0; c < counts.size(); ++c) {
        for (std::size_t i = 0; i < counts[c]; ++i) {
            result[place(next++)] = static_cast<std::int64_t>(c);
        }
    }
    return result;
}

} // namespace suite::data
