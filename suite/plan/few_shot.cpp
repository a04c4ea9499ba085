#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "suite/plan/plan.hpp"

namespace suite::plan {
namespace {

double rarest(const std::vector<double>& shares) {
    return *std::min_element(shares.begin(), shares.end()) /
           std::accumulate(shares.begin(), shares.end(), 0.0);
}

// Share of the rarest class in a generated set, as its generator deals out classes.
double smallest_share(const DataSetSpec& set) {
    const std::size_t classes = set.outputs();
    if (set.natural && classes > 1) {
        std::vector<double> shares;
        for (std::size_t c = 0; c < classes; ++c) {
            shares.push_back(
                std::pow(set.natural->imbalance, -static_cast<double>(c) / static_cast<double>(classes - 1)));
        }
        return rarest(shares);
    }
    if (set.xray && set.xray->class_shares.size() == classes) {
        return rarest(set.xray->class_shares);
    }
    if (set.xray && classes == 2) {
        return rarest({set.xray->prevalence, 1.0 - set.xray->prevalence});
    }
    return 1.0 / static_cast<double>(classes); // of even classes; no set does better
}

// The most images that the smallest class can have.
std::size_t smallest_class(const DataSetSpec& published, const DataSetSpec& used) {
    const auto bound =
        static_cast<std::size_t>(std::ceil(smallest_share(used) * static_cast<double>(used.train_images)));
    const bool is_published = used.reader == Reader::published && published.smallest_class > 0;
    return is_published ? std::min(bound, published.smallest_class) : bound;
}

} // namespace

std::string few_shot_refusal(const DataSetSpec& published, const DataSetSpec& used, std::size_t shots) {
    if (shots == 0 || published.few_shot_draw == FewShotDraw::per_class) {
        return {}; // that draw takes what there is (cherti-jitsev.md 3.4)
    }
    const std::size_t most = smallest_class(published, used);
    return shots <= most ? std::string()
                         : fmt::format("{} shots, but the smallest class of {} has at most {} of its {} "
                                       "training images",
                                       shots, used.id, most, used.train_images);
}

} // namespace suite::plan
