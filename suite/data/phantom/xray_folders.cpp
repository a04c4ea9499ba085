#include "suite/data/phantom/xray_folders.hpp"

#include <numeric>

#include <fmt/format.h>

#include "suite/base/philox.hpp"
#include "suite/data/labels/table.hpp"
#include "suite/data/phantom/class_plan.hpp"
#include "suite/data/phantom/xray_phantom.hpp"

namespace suite::data {
namespace {

constexpr double train_share = 0.85; // of each folder (paper.md#tuberculosis-split)

/// One file of one folder.
struct File {
    std::size_t folder = 0;
    std::size_t index = 0; ///< in the folder, by name
    std::int64_t label = 0;
};

struct Files {
    std::vector<File> train;
    std::vector<File> test;
};

std::size_t total(const std::vector<std::size_t>& counts) {
    return std::accumulate(counts.begin(), counts.end(), std::size_t{0});
}

std::vector<File> files_of(const plan::XrayFolder& folder, std::size_t place) {
    std::vector<File> files;
    for (std::size_t label = 0; label < folder.class_images.size(); ++label) {
        for (std::size_t i = 0; i < folder.class_images[label]; ++i) {
            files.push_back(
                {.folder = place, .index = files.size(), .label = static_cast<std::int64_t>(label)});
        }
    }
    return files;
}

Files split_by_rule(const std::vector<plan::XrayFolder>& folders) {
    Files files;
    for (std::size_t place = 0; place < folders.size(); ++place) {
        const std::vector<File> all = files_of(folders[place], place);
        const std::vector<SplitRole> roles = shuffled_split(all.size(), train_share);
        for (std::size_t i = 0; i < all.size(); ++i) {
            (roles[i] == SplitRole::train ? files.train : files.test).push_back(all[i]);
        }
    }
    return files;
}

/// Further files behind those of the folders, each (folder, class) in its proportion.
void fill_up(const std::vector<plan::XrayFolder>& folders, std::size_t images, std::uint64_t seed,
             std::vector<File>& files) {
    if (images <= files.size()) {
        return;
    }
    std::vector<File> groups;
    std::vector<double> shares;
    std::vector<std::size_t> next;
    for (std::size_t place = 0; place < folders.size(); ++place) {
        next.push_back(total(folders[place].class_images));
        for (std::size_t label = 0; label < folders[place].class_images.size(); ++label) {
            groups.push_back({.folder = place, .index = 0, .label = static_cast<std::int64_t>(label)});
            shares.push_back(static_cast<double>(folders[place].class_images[label]));
        }
    }
    for (const std::int64_t group : class_of_images(images - files.size(), shares, seed)) {
        files.push_back(groups[static_cast<std::size_t>(group)]);
        files.back().index = next[files.back().folder]++;
    }
}

/// The first `images` in a keyed order, so that a limit takes from every folder.
void keep(std::size_t images, std::uint64_t seed, std::vector<File>& files) {
    const KeyedPermutation place(files.size(), {.seed = seed, .purpose = Purpose::order});
    std::vector<File> ordered;
    for (std::size_t i = 0; i < std::min(images, files.size()); ++i) {
        ordered.push_back(files[place(i)]);
    }
    files = std::move(ordered);
}

Split paint(const plan::DataSetSpec& spec, std::span<const Finding* const> label_findings,
            const std::vector<File>& files) {
    Split split;
    split.images = {.count = files.size(), .channels = 1, .size = spec.image_size, .pixels = {}};
    const std::size_t bytes = split.images.bytes_per_image();
    split.images.pixels.resize(files.size() * bytes);
    split.labels = {.task = spec.task, .outputs = spec.labels.size(), .classes = {}, .matrix = {}};
    XrayScene scene(spec.image_size);
    for (std::size_t i = 0; i < files.size(); ++i) {
        const File& file = files[i];
        const std::string& hospital = spec.xray->folders[file.folder].hospital;
        // Every file is a patient of its own.
        const auto patient = static_cast<std::int64_t>((file.folder << 32U) + file.index);
        const XrayImageKey key{.split_seed = derive_seed(spec.world_seed, spec.id + "/" + hospital),
                               .index = file.index,
                               .patient = patient};
        paint_xray(key, *find_hospital(hospital), *spec.xray,
                   label_findings.subspan(static_cast<std::size_t>(file.label), 1), scene,
                   std::span(split.images.pixels).subspan(i * bytes, bytes));
        split.labels.classes.push_back(file.label);
        split.patients.push_back(patient);
    }
    return split;
}

} // namespace

DataSet generate_xray_folders(const plan::DataSetSpec& spec, std::span<const Finding* const> label_findings) {
    Files files = split_by_rule(spec.xray->folders);
    if (spec.train_images > files.train.size()) {
        throw Error(ErrorKind::data, Fault{.where = spec.id + ".train_images",
                                           .found = fmt::format("{}", spec.train_images),
                                           .expected = fmt::format("at most the {} that the 85/15 rule gives",
                                                                   files.train.size()),
                                           .fix = "correct the declaration"});
    }
    const std::uint64_t seed = derive_seed(spec.world_seed, spec.id + "/test");
    fill_up(spec.xray->folders, spec.test_images, seed, files.test);
    keep(spec.train_images, seed, files.train);
    keep(spec.test_images, seed, files.test);
    return {.id = spec.id,
            .label_names = spec.labels,
            .train = paint(spec, label_findings, files.train),
            .test = paint(spec, label_findings, files.test)};
}

} // namespace suite::data
