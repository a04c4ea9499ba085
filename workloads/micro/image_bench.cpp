// What the loader does to one image on one core: decode, random-resized crop, flip, normalise to 224 (wanted:
// at least three times a PyTorch DataLoader with Pillow; goal 1,000 images a second on ImageNet-sized files).
// The files are those of the folder TRANSFERSCALE_BENCH_IMAGES (ci/bench --only-images makes it: 500 x 375,
// about 110 KB, the same files for the peer), else the photograph of the tests.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "suite/base/files.hpp"
#include "suite/data/picture/picture.hpp"

namespace {

using namespace suite;
using namespace suite::data;
namespace fs = std::filesystem;

constexpr int side = 224;

const std::vector<std::string>& encoded_files() {
    static const std::vector<std::string> files = [] {
        const char* named = std::getenv("TRANSFERSCALE_BENCH_IMAGES");
        const fs::path folder = named != nullptr ? fs::path(named) : fs::path(TRANSFERSCALE_PHOTO_DIR);
        std::vector<std::string> result;
        for (const auto& entry : fs::directory_iterator(folder)) {
            if (entry.path().extension() == ".jpg") {
                result.push_back(read_file(entry.path(), ErrorKind::data));
            }
        }
        return result;
    }();
    return files;
}

PictureMaker maker_of(plan::Augmentation augmentation) {
    return PictureMaker({.side = side,
                         .augmentation = augmentation,
                         .mean = {0.485, 0.456, 0.406},
                         .std = {0.229, 0.224, 0.225}});
}

/// Calls work(bytes, number) on image after image.
template<typename Work>
void over_images(benchmark::State& state, Work&& work) {
    const auto& files = encoded_files();
    if (files.empty()) {
        state.SkipWithError("no .jpg in TRANSFERSCALE_BENCH_IMAGES");
        return;
    }
    std::uint64_t number = 0;
    std::size_t bytes = 0;
    for (auto _ : state) {
        const std::string& file = files[number % files.size()];
        work(std::as_bytes(std::span(file)), number++);
        bytes += file.size();
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(number));
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

void image_decode(benchmark::State& state) {
    DecodedImage image;
    over_images(state, [&](std::span<const std::byte> bytes, std::uint64_t) {
        decode_image(bytes, "image", {}, image);
        benchmark::DoNotOptimize(image.pixels.data());
    });
}

/// What training does.
void image_train_picture(benchmark::State& state) {
    const PictureMaker maker = maker_of(plan::Augmentation::random_resized_crop);
    PictureScratch scratch;
    std::vector<float> out(3 * side * side);
    over_images(state, [&](std::span<const std::byte> bytes, std::uint64_t number) {
        benchmark::DoNotOptimize(
            maker.make(bytes, "image", PictureKey{.seed = 1, .sample = number}, scratch, out));
    });
}

/// The same from an image that was decoded whole: what the window saves is the difference.
void image_train_picture_of_whole(benchmark::State& state) {
    const PictureMaker maker = maker_of(plan::Augmentation::random_resized_crop);
    PictureScratch scratch;
    DecodedImage image;
    std::vector<float> out(3 * side * side);
    over_images(state, [&](std::span<const std::byte> bytes, std::uint64_t number) {
        decode_image(bytes, "image", {}, image);
        maker.make(image, PictureKey{.seed = 1, .sample = number}, scratch, out);
        benchmark::DoNotOptimize(out.data());
    });
}

BENCHMARK(image_decode)->Unit(benchmark::kMicrosecond);
BENCHMARK(image_train_picture)->Unit(benchmark::kMicrosecond);
BENCHMARK(image_train_picture_of_whole)->Unit(benchmark::kMicrosecond);

} // namespace
