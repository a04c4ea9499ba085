// Which class each image of a generated multi-class split shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace suite::data {

/// Images of each class: a geometric fall from class 0 to the last by the factor `imbalance` in all (1 =
/// even), rounded to exactly `images` by largest remainders. Every class gets at least one when images >=
/// classes.
[[nodiscard]] std::vector<std::size_t> class_counts(std::size_t images, std::size_t classes,
                                                    double imbalance);

/// The class of every image: class_counts() spread over the indices by a keyed permutation. Pure function of
/// its arguments.
[[nodiscard]] std::vector<std::int64_t> class_of_images(std::size_t images, std::size_t classes,
                                                        double imbalance, std::uint64_t seed);

} // namespace suite::data
