// Opening of PadChest where its 160,861 images lie (limits: first time at most 5 s, then at most 0.2
// s). The real label file beside empty files of the real names, in a temporary folder: opening looks for
// images by name and does not read them. Skipped where ci/fetch-label-files has not run.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

#include "suite/data/labels/readers.hpp"
#include "suite/data/on_disk/set.hpp"
#include "suite/plan/declare/catalog.hpp"
#include "suite/store/manifest_file.hpp"

namespace {

using namespace suite;
namespace fs = std::filesystem;

fs::path cache_folder() {
    const char* cache = std::getenv("TRANSFERSCALE_CACHE");
    const char* home = std::getenv("HOME");
    return cache != nullptr ? fs::path(cache)
                            : fs::path(home == nullptr ? "" : home) / ".cache/transferscale";
}

/// A data root with PadChest in it, removed at the end; empty without the label file.
class PadchestTree {
public:
    PadchestTree() {
        const fs::path table = data::find_label_file(cache_folder() / "label-files", data::LabelSet::padchest,
                                                     data::label_files_of(data::LabelSet::padchest).front());
        if (table.empty()) {
            return;
        }
        root_ = fs::temp_directory_path() / ("transferscale-padchest-" + std::to_string(::getpid()));
        fs::create_directories(root_ / "padchest");
        fs::copy_file(table, root_ / "padchest" / table.filename());
        const data::LabelTable labels = data::read_label_table(data::LabelSet::padchest, root_, {});
        for (std::size_t i = 0; i < labels.size(); ++i) {
            std::ofstream(root_ / "padchest" / fs::path(std::string(labels.images[i])).filename());
        }
    }
    ~PadchestTree() {
        std::error_code ignored;
        fs::remove_all(root_, ignored);
    }
    PadchestTree(const PadchestTree&) = delete;
    PadchestTree& operator=(const PadchestTree&) = delete;
    [[nodiscard]] const fs::path& root() const noexcept { return root_; }

private:
    fs::path root_;
};

const fs::path& padchest_root() {
    static const PadchestTree tree;
    return tree.root();
}

void open(benchmark::State& state, bool is_first) {
    const fs::path& root = padchest_root();
    if (root.empty()) {
        state.SkipWithError("no label files; ci/fetch-label-files fetches them");
        return;
    }
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    const plan::DataSetSpec& spec = catalog.data_sets.at("padchest");
    const auto cache = store::manifest_cache(root / "manifests");
    static_cast<void>(data::open_published(spec, root, cache));
    std::size_t images = 0;
    for (auto _ : state) {
        const data::DataSet set = data::open_published(spec, root, is_first ? plan::ManifestCache{} : cache);
        images = set.train.size() + set.test.size();
    }
    state.counters["images"] = static_cast<double>(images);
}

BENCHMARK_CAPTURE(open, padchest_first, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(open, padchest_again, false)->Unit(benchmark::kMillisecond);

} // namespace
