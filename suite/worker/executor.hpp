// One run from order to record: open the data, load the parent, train, score, publish.
#pragma once

#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "suite/data/data_set.hpp"
#include "suite/plan/run_config.hpp"
#include "suite/plan/work_message.hpp"
#include "suite/store/checkpoint_file.hpp"
#include "suite/store/store.hpp"
#include "suite/train/trainer.hpp"

namespace suite::worker {

/// Opened data sets of this process, the least recently used dropped beyond `limit_bytes`.
class DataCache {
public:
    explicit DataCache(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}
    [[nodiscard]] std::shared_ptr<const data::DataSet> open(const plan::DataConfig& config);

private:
    struct Entry {
        std::string text; ///< canonical text of the data configuration
        std::shared_ptr<const data::DataSet> data_set;
    };
    std::size_t limit_bytes_;
    std::list<Entry> entries_; ///< most recent first
};

/// Executes orders one after another. Errors of a run become failure records and reports, never exceptions,
/// except Error(interrupted) and what makes the store itself unusable.
class Executor {
public:
    Executor(const std::filesystem::path& store, std::function<bool()> stop_requested,
             std::function<void(const plan::WorkReport&)> report);

    /// Ends with a done, failed or interrupted report (returned, not sent through `report`).
    [[nodiscard]] plan::WorkReport execute(const plan::WorkOrder& order);

private:
    struct Attempt;
    store::RunRecord train_and_score(const plan::WorkOrder& order, const plan::RunConfig& config,
                                     Attempt& attempt);
    train::TrainedWeights load_parent(const std::string& key);
    plan::WorkReport fail(const plan::WorkOrder& order, const Attempt& attempt, const Error& error);

    store::Store store_;
    std::function<bool()> stop_requested_;
    std::function<void(const plan::WorkReport&)> report_;
    DataCache cache_;
};

/// What the record says of machine and build; "started" and "finished" are added per run.
[[nodiscard]] const std::map<std::string, std::string>& process_provenance();

/// Largest number of scores (samples x outputs) that is kept in a record.
inline constexpr std::size_t kept_predictions = 250'000;
/// A curve longer than this is thinned evenly; first and last step stay.
inline constexpr std::size_t kept_losses = 2'000;

/// Gate before a number is published: right count, finite scores, and a loss that did not blow up (the mean
/// of the last quarter of the curve at most twice that of the first, for runs of 16 steps or more: the noise
/// of fewer says nothing). Throws Error(numeric).
void check_validity(const plan::RunConfig& config, const data::DataSet& data_set,
                    const train::TrainResult& result);

} // namespace suite::worker
