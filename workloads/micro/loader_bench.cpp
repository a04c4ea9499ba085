// Batches: what the loader adds to a step at laptop (wanted: at most 2 %), and how a stream of encoded images
// scales over its threads (at least 95 % over two), at 224 as in pre-training. Files as in image_bench.cpp.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "suite/base/files.hpp"
#include "suite/data/loading/batch_stream.hpp"

namespace {

using namespace suite;
using namespace suite::data;
namespace fs = std::filesystem;

/// Encoded images in memory, repeated: no disk in the way.
class RepeatedFiles final : public ImageSource {
public:
    RepeatedFiles() {
        const char* named = std::getenv("TRANSFERSCALE_BENCH_IMAGES");
        const fs::path folder = named != nullptr ? fs::path(named) : fs::path(TRANSFERSCALE_PHOTO_DIR);
        for (const auto& entry : fs::directory_iterator(folder)) {
            if (entry.path().extension() == ".jpg") {
                files_.push_back(read_file(entry.path(), ErrorKind::data));
            }
        }
    }
    [[nodiscard]] std::size_t size() const noexcept override { return files_.empty() ? 0 : 4096; }
    [[nodiscard]] std::string name(std::size_t index) const override { return std::to_string(index); }
    void read(std::size_t index, std::vector<std::byte>& bytes) const override {
        const auto file = std::as_bytes(std::span(files_[index % files_.size()]));
        bytes.assign(file.begin(), file.end());
    }

private:
    std::vector<std::string> files_;
};

void loader_stream(benchmark::State& state) {
    Split split;
    split.source = std::make_shared<const RepeatedFiles>();
    if (split.size() == 0) {
        state.SkipWithError("no .jpg in TRANSFERSCALE_BENCH_IMAGES");
        return;
    }
    split.labels.outputs = 1;
    split.labels.classes.assign(split.size(), 0);
    constexpr int batch = 32;
    const TrainLoader loader(split, {},
                             {.seed = 1,
                              .batch = batch,
                              .augmentation = plan::Augmentation::random_resized_crop,
                              .mean = {0.485, 0.456, 0.406},
                              .std = {0.229, 0.224, 0.225},
                              .side = 224});
    const TrainSupply supply(loader, {{0, batch}});
    BatchStream stream(supply, 0, std::int64_t{1} << 40,
                       {.workers = static_cast<int>(state.range(0)), .depth = 4});
    std::int64_t number = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(stream.wait(number).images.data());
        stream.release(number++);
    }
    state.SetItemsProcessed(number * batch);
}

/// 32 images of 28 x 28 in memory, grey or in colour, flipped: what comes before a training step at laptop.
void laptop_batch(benchmark::State& state) {
    Split split;
    const auto channels = static_cast<int>(state.range(0));
    split.images = {.count = 4096,
                    .channels = channels,
                    .size = 28,
                    .pixels = std::vector<std::uint8_t>(4096 * 784 * static_cast<std::size_t>(channels))};
    for (std::size_t i = 0; i < split.images.pixels.size(); ++i) {
        split.images.pixels[i] = static_cast<std::uint8_t>(i * 31 % 251);
    }
    split.labels.outputs = 10;
    split.labels.classes.assign(4096, 3);
    const TrainLoader loader(split, {},
                             {.seed = 1,
                              .batch = 32,
                              .augmentation = plan::Augmentation::flip,
                              .mean = {0.5, 0.5, 0.5},
                              .std = {0.25, 0.25, 0.25}});
    Batch batch;
    std::int64_t step = 0;
    for (auto _ : state) {
        loader.load(step++, batch);
        benchmark::DoNotOptimize(batch.images.data());
    }
    state.SetItemsProcessed(step * 32);
}

BENCHMARK(loader_stream)->ArgName("workers")->Arg(0)->Arg(1)->Arg(2)->UseRealTime();
BENCHMARK(laptop_batch)->ArgName("channels")->Arg(1)->Arg(3)->Unit(benchmark::kMicrosecond);

} // namespace
