#include "tests/support/miniature_trees.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "tests/support/miniature_pictures.hpp"

namespace suite::testing {
namespace {

constexpr std::array<std::string_view, 12> set_names{"imagenet1k", "imagenet21k", "cifar10",  "cifar100",
                                                     "flowers102", "pets",        "chexpert", "mimic-cxr",
                                                     "nih",        "padchest",    "covidx",   "tuberculosis"};

} // namespace

std::span<const std::string_view> miniature_sets() {
    return set_names;
}

void write_miniature(const std::filesystem::path& root, std::string_view set,
                     const MiniatureOptions& options) {
    const std::filesystem::path folder = root / set;
    const auto place = std::ranges::find(set_names, set) - set_names.begin();
    switch (place) {
    case 0:
        return write_class_folders(folder, true, options);
    case 1:
        return write_class_folders(folder, false, options);
    case 2:
        return write_byte_records(folder / "cifar-10-batches-bin", 10, options);
    case 3:
        return write_byte_records(folder / "cifar-100-binary", 100, options);
    case 4:
        return write_matlab_lists(folder, options);
    case 5:
        return write_name_lists(folder, options);
    case 6:
        return write_chexpert(folder, options);
    case 7:
        return write_mimic(folder, options);
    case 8:
        return write_nih(folder, options);
    case 9:
        return write_padchest(folder, options);
    case 10:
        return write_text_lists(folder, options);
    case 11:
        return write_digit_folders(folder, options);
    default:
        throw std::invalid_argument("no miniature of '" + std::string(set) + "'");
    }
}

void write_miniatures(const std::filesystem::path& root, const MiniatureOptions& options) {
    for (const std::string_view set : set_names) {
        write_miniature(root, set, options);
    }
}

} // namespace suite::testing
