#include "suite/data/on_disk/fashion_mnist.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "suite/base/files.hpp"
#include "suite/base/hash.hpp"
#include "suite/base/philox.hpp"
#include "suite/data/formats/gzip.hpp"
#include "suite/data/picture/resize.hpp"

namespace suite::data {
namespace {

constexpr std::size_t class_count = 10;
constexpr std::size_t limit_bytes = std::size_t{64} << 20; // the largest file unpacks to 47,040,016
constexpr std::string_view package_fix = "apt-get install dataset-fashion-mnist";

/// A hash that does not fit, and whose it is when it is another file's.
Fault hash_fault(const std::string& name, const std::string& found, const std::string& expected,
                 const FashionMnistHashes& hashes) {
    Fault fault{.where = name + ":byte 0",
                .found = "SHA-256 " + found,
                .expected = "SHA-256 " + expected,
                .fix = std::string(package_fix) + " --reinstall"};
    const auto owner = std::ranges::find(hashes, found);
    if (owner != hashes.end()) {
        const auto index = static_cast<std::size_t>(owner - hashes.begin());
        fault.found = fmt::format("the content of {}", fashion_mnist_files[index]);
        fault.fix = "the files are swapped: give each its own name";
    }
    return fault;
}

IdxFile read_checked(const std::filesystem::path& path, IdxKind kind, const std::string& hash,
                     const FashionMnistHashes& hashes, FaultList& faults) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) {
        faults.add({.where = path.string(),
                    .found = "no file",
                    .expected = "a file of Fashion-MNIST",
                    .fix = std::string(package_fix)});
        return {};
    }
    const std::string compressed = read_file(path, ErrorKind::data);
    const std::string found = sha256_hex(compressed);
    if (found != hash) {
        faults.add(hash_fault(path.string(), found, hash, hashes));
    }
    const std::size_t faults_before = faults.faults().size();
    const std::string text = gunzip(compressed, path.string(), limit_bytes, faults);
    return faults.faults().size() > faults_before ? IdxFile{} : parse_idx(text, kind, path.string(), faults);
}

/// Images that are not square, and counts that differ between images and labels.
void check_pair(const IdxFile& images, const IdxFile& labels, const std::string& images_name,
                const std::string& labels_name, FaultList& faults) {
    if (!images.dimensions.empty() && images.dimensions[1] != images.dimensions[2]) {
        faults.add({.where = images_name + ":byte 8",
                    .found = fmt::format("images of {} x {}", images.dimensions[1], images.dimensions[2]),
                    .expected = "square images",
                    .fix = std::string(package_fix) + " --reinstall"});
    }
    if (!images.dimensions.empty() && !labels.dimensions.empty() && images.count() != labels.count()) {
        faults.add({.where = labels_name + ":byte 4",
                    .found = fmt::format("{} labels", labels.count()),
                    .expected = fmt::format("{} (one for each image)", images.count()),
                    .fix = std::string(package_fix) + " --reinstall"});
    }
    check_label_range(labels, class_count, labels_name, faults);
}

/// The first `wanted` indices of a keyed permutation of [0, available), or all in order.
std::vector<std::size_t> chosen_indices(std::size_t available, std::size_t wanted, std::uint64_t seed) {
    std::vector<std::size_t> indices(wanted == 0 ? available : wanted);
    std::iota(indices.begin(), indices.end(), std::size_t{0});
    if (indices.size() < available) {
        const KeyedPermutation permutation(available, {.seed = seed, .purpose = Purpose::order});
        std::ranges::transform(indices, indices.begin(), permutation);
    }
    return indices;
}

Split make_split(const IdxFile& images, const IdxFile& labels, std::size_t wanted,
                 const plan::DataSetSpec& spec, std::string_view split_name) {
    const auto side = static_cast<int>(images.dimensions[1]);
    Split split;
    split.images = {.count = wanted == 0 ? images.count() : wanted,
                    .channels = spec.channels,
                    .size = spec.image_size == 0 ? side : spec.image_size,
                    .pixels = {}};
    split.images.pixels.resize(split.images.count * split.images.bytes_per_image());
    split.labels = {.task = plan::Task::multiclass, .outputs = class_count, .classes = {}, .matrix = {}};
    split.labels.classes.reserve(split.images.count);
    const std::uint64_t seed = derive_seed(spec.world_seed, spec.id + "/" + std::string(split_name));
    std::size_t place = 0;
    for (const std::size_t index : chosen_indices(images.count(), wanted, seed)) {
        const std::size_t bytes = images.dimensions[1] * images.dimensions[2];
        const std::span<std::uint8_t> target =
            std::span(split.images.pixels)
                .subspan(place * split.images.bytes_per_image(), split.images.bytes_per_image());
        resize_and_replicate(std::span(images.values).subspan(index * bytes, bytes), side, target,
                             split.images.size, split.images.channels);
        split.labels.classes.push_back(labels.values[index]);
        ++place;
    }
    return split;
}

void check_wanted(std::size_t wanted, std::size_t available, const std::string& where, FaultList& faults) {
    if (wanted > available) {
        faults.add({.where = where,
                    .found = fmt::format("{} images in the files", available),
                    .expected = fmt::format("the {} that the declaration asks for", wanted),
                    .fix = fmt::format("declare at most {}", available)});
    }
}

} // namespace

const FashionMnistHashes& published_fashion_mnist_hashes() {
    static const FashionMnistHashes hashes{
        "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
        "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056",
        "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
        "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05"};
    return hashes;
}

std::filesystem::path fashion_mnist_folder(const std::filesystem::path& data_root) {
    const std::filesystem::path folder = data_root / "fashion-mnist";
    std::error_code ignored;
    const bool has_own = !data_root.empty() && std::filesystem::is_directory(folder, ignored);
    return has_own ? folder : std::filesystem::path("/usr/share/datasets/fashion-mnist");
}

FashionMnist read_fashion_mnist(const std::filesystem::path& folder, const FashionMnistHashes& hashes) {
    FaultList faults;
    std::array<IdxFile, 4> files;
    for (std::size_t i = 0; i < files.size(); ++i) {
        files[i] = read_checked(folder / fashion_mnist_files[i],
                                i % 2 == 0 ? IdxKind::images : IdxKind::labels, hashes[i], hashes, faults);
    }
    for (std::size_t i = 0; i < files.size(); i += 2) {
        check_pair(files[i], files[i + 1], (folder / fashion_mnist_files[i]).string(),
                   (folder / fashion_mnist_files[i + 1]).string(), faults);
    }
    faults.throw_if_any(ErrorKind::data);
    return {.train_images = std::move(files[0]),
            .train_labels = std::move(files[1]),
            .test_images = std::move(files[2]),
            .test_labels = std::move(files[3])};
}

DataSet open_fashion_mnist(const plan::DataSetSpec& spec, const std::filesystem::path& folder,
                           const FashionMnistHashes& hashes) {
    const FashionMnist files = read_fashion_mnist(folder, hashes);
    FaultList faults;
    check_wanted(spec.train_images, files.train_images.count(), spec.id + ".train_images", faults);
    check_wanted(spec.test_images, files.test_images.count(), spec.id + ".test_images", faults);
    if (spec.labels.size() != class_count || spec.task != plan::Task::multiclass) {
        faults.add({.where = spec.id + ".labels",
                    .found = fmt::format("{} labels", spec.labels.size()),
                    .expected = "the 10 classes of Fashion-MNIST, multiclass",
                    .fix = "declare all ten"});
    }
    faults.throw_if_any(ErrorKind::data);
    return {.id = spec.id,
            .label_names = spec.labels,
            .train = make_split(files.train_images, files.train_labels, spec.train_images, spec, "train"),
            .test = make_split(files.test_images, files.test_labels, spec.test_images, spec, "test")};
}

} // namespace suite::data
