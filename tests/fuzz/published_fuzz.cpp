// Lists, record files and shards of published sets, as files of a folder: the first byte picks the kind.
// Every sample that is listed is one of the declared classes and lies inside its file.
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "suite/data/on_disk/check.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace {

using namespace suite;
namespace fs = std::filesystem;

struct Kind {
    plan::LayoutSpec layout;
    std::string file;   ///< that the input becomes
    std::string images; ///< folder that a set of this kind cannot be without; empty: none
};

const std::vector<Kind>& kinds() {
    using plan::LayoutKind;
    static const std::vector<Kind> all = [] {
        std::vector<Kind> list(5);
        list[0].layout = {.kind = LayoutKind::byte_records, .train = {"a.bin"}, .test = {}, .side = 2};
        list[0].file = "a.bin";
        list[1].layout = {.kind = LayoutKind::name_lists, .train = {"train.txt"}, .test = {}};
        list[1].file = "train.txt";
        list[1].images = "images";
        list[2].layout = {
            .kind = LayoutKind::text_lists, .train = {"train.txt"}, .test = {}, .class_words = {"n", "p"}};
        list[2].file = "train.txt";
        list[2].images = "train";
        list[3].layout = {.kind = LayoutKind::class_folders, .train = {"train"}, .test = {}};
        list[3].file = "train/a.tar";
        list[4].layout = list[3].layout; // a class that still is a tar
        list[4].file = "train/n00000001.tar";
        return list;
    }();
    return all;
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    static const fs::path root = fs::path("/dev/shm") / ("published_fuzz-" + std::to_string(getpid()));
    const std::size_t place = data[0] % kinds().size();
    const Kind& kind = kinds()[place];
    const fs::path folder = root / std::to_string(place);
    fs::create_directories((folder / kind.file).parent_path());
    fs::create_directories(folder / kind.images);
    std::ofstream(folder / kind.file, std::ios::binary) << fuzz::text_of(data + 1, size - 1);
    plan::DataSetSpec spec;
    spec.id = "set";
    spec.labels = {"a", "b"};
    data::LabelFaults faults;
    const plan::Manifest manifest = data::list_published(
        spec, {.layout = kind.layout, .folder = folder, .wanted = folder}, folder, faults);
    for (std::size_t row = 0; faults.empty() && row < manifest.size(); ++row) {
        fuzz::require(manifest.classes[row] >= 0 && manifest.classes[row] < 2);
        fuzz::require(manifest.containers.empty() ||
                      manifest.offsets[row] + manifest.stamps[row].size_bytes <=
                          manifest.containers[0].stamp.size_bytes);
    }
    return 0;
}
