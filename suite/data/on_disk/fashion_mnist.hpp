// Fashion-MNIST from the four gzipped IDX files of Debian's package dataset-fashion-mnist.
#pragma once

#include <array>
#include <filesystem>
#include <string>

#include "suite/data/data_set.hpp"
#include "suite/data/formats/idx.hpp"

namespace suite::data {

/// The files in the order of FashionMnist's members.
inline constexpr std::array<std::string_view, 4> fashion_mnist_files{
    "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz"};

/// SHA-256 of the .gz files, in that order (workloads/datasets/laptop.md#fashion-mnist).
using FashionMnistHashes = std::array<std::string, 4>;
[[nodiscard]] const FashionMnistHashes& published_fashion_mnist_hashes();

struct FashionMnist {
    IdxFile train_images;
    IdxFile train_labels;
    IdxFile test_images;
    IdxFile test_labels;
};

/// `data_root`/fashion-mnist when that folder exists, else /usr/share/datasets/fashion-mnist. An empty root
/// has none.
[[nodiscard]] std::filesystem::path fashion_mnist_folder(const std::filesystem::path& data_root);

/// Reads and checks all four files: presence, hash, gzip, IDX header and length, square images, equal counts,
/// labels 0 to 9. Throws Error(data) with the faults of all four, each naming file and byte.
[[nodiscard]] FashionMnist read_fashion_mnist(const std::filesystem::path& folder,
                                              const FashionMnistHashes& hashes);

/// The data set of a declaration. train_images and test_images of the declaration keep the first N of a keyed
/// permutation (classes stay balanced, equal N give equal subsets); 0 or all = everything in file order.
/// Sides other than the files' are made by area averages.
[[nodiscard]] DataSet open_fashion_mnist(const plan::DataSetSpec& spec, const std::filesystem::path& folder,
                                         const FashionMnistHashes& hashes);

} // namespace suite::data
