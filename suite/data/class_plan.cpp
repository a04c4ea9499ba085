#include "suite/data/class_plan.hpp"

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
    // One image each first, so that no class is empty; the rest by share.
    const std::size_t floor = images >= classes ? 1 : 0;
    const std::size_t rest = images - floor * classes;
    const double scale = static_cast<double>(images) / std::accumulate(shares.begin(), shares.end(), 0.0);
    std::vector<std::size_t> counts(classes);
    std::vector<double> remainders(classes);
    std::size_t given = 0;
    for (std::size_t c = 0; c < classes; ++c) {
        const double wanted = std::max(0.0, shares[c] * scale - static_cast<double>(floor));
        counts[c] = std::min(static_cast<std::size_t>(wanted), rest - given);
        remainders[c] = wanted - static_cast<double>(counts[c]);
        given += counts[c];
    }
    std::vector<std::size_t> order(classes);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order,
                             [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
    for (std::size_t i = 0; given < rest; ++i, ++given) {
        ++counts[order[i % classes]];
    }
    for (std::size_t& count : counts) {
        count += floor;
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
