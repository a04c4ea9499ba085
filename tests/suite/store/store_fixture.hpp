// Records and folders for the tests of suite/store.
#pragma once

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include <unistd.h>

#include "suite/base/hash.hpp"
#include "suite/store/record.hpp"

namespace suite::store::testing {

/// A fresh folder, removed at the end.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "store-test-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// The least that a finished run has; the seed makes its key.
inline RunRecord minimal_record(std::uint64_t seed = 0) {
    RunRecord record;
    record.config = "{\"seed\":" + std::to_string(seed) + "}";
    record.key = sha256_hex(record.config);
    record.seed = seed;
    return record;
}

/// Every field filled, with NaN, infinities, empty and non-ASCII texts, and labels of both kinds.
inline RunRecord full_record(std::uint64_t seed = 7) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    RunRecord record = minimal_record(seed);
    record.kind = "finetune";
    record.cell = "cifar10/R50x1/21K-NAT";
    record.parent_key = sha256_hex(std::string_view("parent"));
    record.metrics = {{"top1", "test", 91.25, "percent", "higher"}, {"mean_auc", "", nan, "", "höher"}};
    record.losses = {{0, 2.302585, 0.003}, {1, nan, 0.0}, {2, -infinity, 5e-324}};
    record.predictions = PredictionTable{.samples = 2,
                                         .outputs = 3,
                                         .scores = {1.0F, -2.5F, std::nanf(""), 0.0F, -0.0F, 1e-45F},
                                         .classes = {2, -1},
                                         .label_matrix = {0.0F, 1.0F, std::nanf(""), 1.0F, 0.0F, 0.0F}};
    record.weights_digest = sha256_hex(std::string_view("weights"));
    record.images_seen = 1'281'167;
    record.parameters = 23'520'842;
    record.train_seconds = 12.5;
    record.wall_seconds = nan;
    record.timing = Timing{
        .started_seconds = 1.7e9, .data_seconds = 0.25, .evaluation_seconds = 1.5, .store_seconds = nan};
    record.provenance = {{"commit", "0123abc"}, {"cpu", "Some Gerät™"}, {"empty", ""}};
    return record;
}

/// The section of a run on two ranks; every number is its own.
inline ScalingSection scaling_section() {
    ScalingSection section;
    section.summary = {.ranks = 2,
                       .hosts = 1,
                       .cores = 2,
                       .local_batch = 64,
                       .steps = 20,
                       .warmup_steps = 4,
                       .images = 2560,
                       .backend = "mpi",
                       .reduction = "fast",
                       .data_mode = "cached",
                       .seconds = 2.5,
                       .images_per_second = 1024.0,
                       .steady_images_per_second = 1100.5,
                       .step_p50_seconds = 0.115,
                       .step_p95_seconds = 0.14,
                       .data_seconds = 0.001,
                       .forward_seconds = 0.03,
                       .backward_seconds = 0.06,
                       .communication_seconds = 0.002,
                       .optimizer_seconds = 0.0005,
                       .imbalance_seconds = 0.003,
                       .foreign_share = 0.07,
                       .steal_share = 0.01,
                       .throttle_events = -1,
                       .flags = "busy"};
    for (std::int64_t rank = 0; rank < 2; ++rank) {
        section.ranks.push_back({.rank = rank,
                                 .host = "node",
                                 .core = std::to_string(rank),
                                 .images = 1280,
                                 .processor_seconds = 2.25,
                                 .data_seconds = 0.001,
                                 .forward_seconds = 0.03,
                                 .backward_seconds = 0.06,
                                 .communication_seconds = 0.002,
                                 .optimizer_seconds = 0.0005,
                                 .step_p50_seconds = 0.11,
                                 .step_p95_seconds = 0.13,
                                 .weights_digest = "abc"});
    }
    section.sweep = {{1024, 2e-6, 5.12e8, 5.12e8, 0}, {4096, 4e-6, 1.024e9, 1.024e9, 1}};
    section.steps = {{0, 0.2, 0.1, 0.01, 0.005}, {19, 0.12, 0.09, 0.003, 0.002}};
    return section;
}

inline RunRecord failed_record(std::uint64_t seed = 7) {
    RunRecord record = minimal_record(seed);
    record.status = RunStatus::failed;
    record.failure = Failure{.phase = "train", .kind = "numeric", .reason = "loss is NaN", .step = 42};
    return record;
}

inline std::string slurp(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void spill(const std::filesystem::path& path, const std::string& bytes) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// Names of all temporary files under the folder.
inline std::size_t count_temporaries(const std::filesystem::path& folder) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        count += entry.path().filename().string().starts_with(".tmp-") ? 1U : 0U;
    }
    return count;
}

} // namespace suite::store::testing
