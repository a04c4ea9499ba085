// Which class each image of a generated multi-class split shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace suite::data {

/// Shares that fall geometrically from class 0 to the last, by the factor `imbalance` in all (1 = even).
[[nodiscard]] std::vector<double> geometric_shares(std::size_t classes, double imbalance);

/// Images of each class: in proportion to the shares (any scale), rounded to exactly `images` by largest
/// remainders. Every class with a share gets at least one when images >= classes, one without gets none.
[[nodiscard]] std::vector<std::size_t> class_counts(std::size_t images, std::span<const double> shares);

/// The class of every image: class_counts() spread over the indices by a keyed permutation. Pure function of
/// its arguments.
[[nodiscard]] std::vector<std::int64_t> class_of_images(std::size_t images, std::span<const double> shares,
                                                        std::uint64_t seed);

} // namespace suite::data
