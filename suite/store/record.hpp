// One finished (or failed) run as plain data; suite/store/store.hpp makes it durable. Texts hold no NUL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "suite/store/scaling_section.hpp"

namespace suite::store {

inline constexpr int record_schema = 1;

enum class RunStatus { finished, failed };

struct MetricEntry {
    std::string name;  ///< "top1", "mean_auc"
    std::string split; ///< "test"
    double value = 0.0;
    std::string unit;      ///< "%"
    std::string direction; ///< "higher"
};

struct LossEntry {
    std::int64_t step = 0;
    double loss = 0.0;
    double lr = 0.0;
};

/// Scores and labels of every test sample, kept when small.
struct PredictionTable {
    std::size_t samples = 0;
    std::size_t outputs = 0;
    std::vector<float> scores;         ///< samples x outputs logits
    std::vector<std::int64_t> classes; ///< multiclass
    std::vector<float> label_matrix;   ///< multilabel, NaN = missing
};

/// What each test image contributed to the run's score (metrics/test_set.hpp), for tests over test images;
/// kept where the predictions are not.
struct TestOutcomes {
    std::string metric;        ///< that the score is of
    std::string test_set;      ///< equal names: the same images in the same order
    std::vector<float> values; ///< one a test image
};

/// Where a finished run's wall time went beside training; the rest is set-up and scoring. The record itself
/// is published after its wall time has ended.
struct Timing {
    double started_seconds = 0.0; ///< since 1970
    double data_seconds = 0.0;    ///< until the data set was there: generated, read, or kept in memory
    double evaluation_seconds = 0.0;
    double store_seconds = 0.0; ///< the parent read, the checkpoint written
};

struct Failure {
    std::string
        phase; ///< "data", "memory", "parent", "weights", "train", "evaluate", "score", "publish", "worker"
    std::string kind;   ///< word of suite::ErrorKind
    std::string reason; ///< the whole message
    std::int64_t step = -1;
};

/// Nothing is wrong with the run: the machine could not hold it. Another may.
[[nodiscard]] bool is_refusal(const Failure& failure) noexcept;

struct RunRecord {
    std::string key; ///< 64 hexadecimal digits; equals the file's name and SHA-256 of `config`
    RunStatus status = RunStatus::finished;
    std::string kind;   ///< "pretrain", "finetune" or "scaling"
    std::string cell;   ///< first cell that asked for it, "" for pre-training
    std::string config; ///< canonical text (suite/plan/order/run_config.hpp)
    std::uint64_t seed = 0;
    std::string parent_key;
    std::vector<MetricEntry> metrics;
    std::vector<LossEntry> losses;
    std::optional<PredictionTable> predictions;
    std::optional<TestOutcomes> outcomes; ///< not in records of earlier versions
    std::string weights_digest;           ///< SHA-256 of the parameters in arena order
    std::int64_t images_seen = 0;
    std::int64_t parameters = 0;
    double train_seconds = 0.0;
    double wall_seconds = 0.0;
    std::optional<Timing> timing;          ///< not in records of earlier versions
    std::optional<ScalingSection> scaling; ///< of a finished scaling run; same_result does not look at it
    std::map<std::string, std::string>
        provenance; ///< commit, dirty, compiler, libraries, host, cpu, started, …
    std::optional<Failure> failure;
};

/// Equal in everything that a rerun must repeat: key, metrics, losses, predictions, outcomes where both have
/// them, weights digest (not times).
[[nodiscard]] bool same_result(const RunRecord& a, const RunRecord& b);
/// Name of the first field in which same_result finds a difference ("metrics[0].value"); empty when equal.
/// Numbers are compared bit by bit, so NaN equals itself.
[[nodiscard]] std::string first_difference(const RunRecord& a, const RunRecord& b);

} // namespace suite::store
