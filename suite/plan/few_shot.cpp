#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "suite/plan/plan.hpp"

namespace suite::plan {
namespace {

// Generators deal out their images in proportion to the shares, rounded.
std::size_t rarest_of(const std::vector<double>& shares, std::size_t images) {
    const double share =
        *std::min_element(shares.begin(), shares.end()) / std::accumulate(shares.begin(), shares.end(), 0.0);
    return static_cast<std::size_t>(std::ceil(share * static_cast<double>(images)));
}

std::vector<double> falling_shares(std::size_t classes, double imbalance) {
    std::vector<double> shares;
    for (std::size_t c = 0; c < classes; ++c) {
        shares.push_back(std::pow(imbalance, -static_cast<double>(c) / static_cast<double>(classes - 1)));
    }
    return shares;
}

// Folders are split by a shuffle: only their whole classes are known.
std::size_t rarest_in_folders(const std::vector<XrayFolder>& folders, std::size_t classes) {
    std::vector<std::size_t> images(classes, 0);
    for (const XrayFolder& folder : folders) {
        for (std::size_t c = 0; c < std::min(classes, folder.class_images.size()); ++c) {
            images[c] += folder.class_images[c];
        }
    }
    return *std::min_element(images.begin(), images.end());
}

std::size_t rarest_generated(const DataSetSpec& set) {
    const std::size_t classes = set.outputs();
    if (set.natural && classes > 1) {
        return rarest_of(falling_shares(classes, set.natural->imbalance), set.train_images);
    }
    if (set.xray && !set.xray->folders.empty()) {
        return rarest_in_folders(set.xray->folders, classes);
    }
    if (set.xray && set.xray->class_shares.size() == classes) {
        return rarest_of(set.xray->class_shares, set.train_images);
    }
    if (set.xray && classes == 2) {
        return rarest_of({set.xray->prevalence, 1.0 - set.xray->prevalence}, set.train_images);
    }
    return set.train_images;
}

// The most images that the smallest class can have, by what is declared.
std::size_t smallest_class(const DataSetSpec& published, const DataSetSpec& used) {
    const std::size_t even = used.train_images / std::max<std::size_t>(1, used.outputs());
    const bool is_published = used.reader == Reader::published && published.smallest_class > 0;
    return std::min({even, rarest_generated(used), is_published ? published.smallest_class : even});
}

} // namespace

std::string few_shot_refusal(const DataSetSpec& published, const DataSetSpec& used, std::size_t shots) {
    if (shots == 0 || published.few_shot_draw == FewShotDraw::per_class) {
        return {}; // that draw takes what there is (paper.md#few-shot-draw)
    }
    const std::size_t most = smallest_class(published, used);
    return shots <= most ? std::string()
                         : fmt::format("{} shots, but the smallest class of {} has at most {} of its {} "
                                       "training images",
                                       shots, used.id, most, used.train_images);
}

} // namespace suite::plan
