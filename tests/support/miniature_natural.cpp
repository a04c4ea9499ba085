// Miniatures of the natural sets.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "suite/data/phantom/natural_phantom.hpp"
#include "tests/support/miniature_pictures.hpp"

namespace suite::testing {

namespace fs = std::filesystem;

data::DataSet natural_phantoms(std::string_view id, int classes, int train, int test, int side) {
    plan::DataSetSpec spec;
    spec.id = id;
    for (int c = 0; c < classes; ++c) {
        spec.labels.push_back(fmt::format("class {}", c));
    }
    spec.reader = plan::Reader::phantom_natural;
    spec.train_images = static_cast<std::size_t>(classes * train);
    spec.test_images = static_cast<std::size_t>(classes * std::max(test, 1));
    spec.image_size = side;
    spec.channels = 3;
    spec.world_seed = 7;
    spec.natural = plan::NaturalPhantom{.outlines = 5, .textures = 4, .palettes = 5, .layouts = 2};
    return data::generate_natural(spec);
}

Picture picture_of(const data::Split& split, std::size_t index) {
    const data::Images& images = split.images;
    const auto pixels = images.image(index);
    const Picture whole{.width = images.size,
                        .height = images.size,
                        .channels = images.channels,
                        .planes = {pixels.begin(), pixels.end()}};
    const int height = images.size - (index % 3 == 1 ? images.size / 6 : 0);
    const int width = images.size - (index % 5 == 2 ? images.size / 4 : 0);
    return cropped(whole, width, height);
}

void write_class_folders(const fs::path& folder, bool has_test, const MiniatureOptions& options) {
    constexpr int classes = 8;
    const data::DataSet set =
        natural_phantoms("folders", classes, 6 * options.scale, 2 * options.scale, options.side);
    for (const auto* split : {&set.train, &set.test}) {
        const bool is_train = split == &set.train;
        if (!is_train && !has_test) {
            continue;
        }
        for (std::size_t i = 0; i < split->size(); ++i) {
            const std::string wnid = fmt::format("n0{}", 1440764 + 13 * split->labels.classes[i]);
            const fs::path part = !has_test ? folder : folder / (is_train ? "train" : "val");
            const std::string name = is_train ? fmt::format("{}_{}.JPEG", wnid, i)
                                              : fmt::format("ILSVRC2012_val_{:08}.JPEG", i + 1);
            write_file(part / wnid / name, jpeg_of(picture_of(*split, i)));
        }
    }
}

void write_byte_records(const fs::path& folder, int classes, const MiniatureOptions& options) {
    constexpr int side = 32;
    const bool has_coarse = classes == 100;
    const int shown = 10; // classes that have images
    const data::DataSet set = natural_phantoms("records", shown, 10 * options.scale, 3 * options.scale, side);
    const auto record = [&](const data::Split& split, std::size_t i) {
        const auto label = static_cast<char>(split.labels.classes[i]);
        const auto pixels = split.images.image(i);
        std::string bytes = has_coarse ? std::string(1, static_cast<char>(label / 5)) : std::string();
        bytes += label;
        return bytes.append(reinterpret_cast<const char*>(pixels.data()), pixels.size());
    };
    const int files = has_coarse ? 1 : 5;
    std::vector<std::string> train(static_cast<std::size_t>(files));
    for (std::size_t i = 0; i < set.train.size(); ++i) {
        train[i % train.size()] += record(set.train, i);
    }
    std::string test;
    for (std::size_t i = 0; i < set.test.size(); ++i) {
        test += record(set.test, i);
    }
    for (std::size_t i = 0; i < train.size(); ++i) {
        write_file(folder / (has_coarse ? "train.bin" : fmt::format("data_batch_{}.bin", i + 1)), train[i]);
    }
    write_file(folder / (has_coarse ? "test.bin" : "test_batch.bin"), test);
    std::string names;
    for (int c = 0; c < classes; ++c) {
        names += fmt::format("class_{}\n", c);
    }
    write_file(folder / (has_coarse ? "fine_label_names.txt" : "batches.meta.txt"),
               names + (has_coarse ? "" : "\n"));
}

void write_matlab_lists(const fs::path& folder, const MiniatureOptions& options) {
    constexpr int classes = 12;
    const data::DataSet set = natural_phantoms("lists", classes, 5 * options.scale, 1, options.side);
    std::vector<std::uint16_t> labels;
    std::array<std::vector<std::uint16_t>, 3> ids; // official training, validation and test part
    for (std::size_t i = 0; i < set.train.size(); ++i) {
        labels.push_back(static_cast<std::uint16_t>(set.train.labels.classes[i] + 1));
        const auto nth = static_cast<std::size_t>(std::ranges::count(labels, labels.back()) - 1);
        ids[nth == 0 ? 0 : nth == 1 ? 1 : 2].push_back(static_cast<std::uint16_t>(i + 1));
        write_file(folder / "jpg" / fmt::format("image_{:05}.jpg", i + 1), jpeg_of(picture_of(set.train, i)));
    }
    const std::pair<std::string, std::vector<std::uint16_t>> label_variable("labels", labels);
    write_file(folder / "imagelabels.mat", mat_of(std::span(&label_variable, 1), true));
    const std::array<std::pair<std::string, std::vector<std::uint16_t>>, 3> id_variables{
        {{"trnid", ids[0]}, {"valid", ids[1]}, {"tstid", ids[2]}}};
    write_file(folder / "setid.mat", mat_of(id_variables, false));
}

void write_name_lists(const fs::path& folder, const MiniatureOptions& options) {
    constexpr std::array breeds{"Abyssinian", "Bengal",         "Sphynx",  "american_bulldog",
                                "pug",        "great_pyrenees", "samoyed", "saint_bernard"};
    const data::DataSet set =
        natural_phantoms("names", breeds.size(), 4 * options.scale, 3 * options.scale, options.side);
    std::array<int, breeds.size()> numbers{};
    for (const auto* split : {&set.train, &set.test}) {
        std::string list;
        for (std::size_t i = 0; i < split->size(); ++i) {
            const auto breed = static_cast<std::size_t>(split->labels.classes[i]);
            const std::string name = fmt::format("{}_{}", breeds[breed], ++numbers[breed]);
            list += fmt::format("{} {} {} {}\n", name, breed + 1, breed < 3 ? 1 : 2,
                                breed < 3 ? breed + 1 : breed - 2);
            write_file(folder / "images" / (name + ".jpg"), jpeg_of(picture_of(*split, i)));
        }
        write_file(folder / "annotations" / (split == &set.train ? "trainval.txt" : "test.txt"), list);
    }
}

} // namespace suite::testing
