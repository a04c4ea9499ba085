// One run from order to record: open the data, load the parent, train, score, publish.
#pragma once

#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "suite/data/data_set.hpp"
#include "suite/dist/communicator.hpp"
#include "suite/plan/order/run_config.hpp"
#include "suite/plan/order/work_message.hpp"
#include "suite/store/checkpoint_file.hpp"
#include "suite/store/store.hpp"
#include "suite/train/test_images.hpp"
#include "suite/train/trainer.hpp"
#include "suite/worker/device_choice.hpp"

namespace suite::worker {

/// Opened data sets of this process, the least recently used dropped beyond `limit_bytes`.
class DataCache {
public:
    explicit DataCache(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}
    [[nodiscard]] std::shared_ptr<const data::DataSet> open(const plan::DataConfig& config,
                                                            const data::OpenOptions& places = {});

private:
    struct Entry {
        std::string text; ///< canonical text of the data configuration, and the data root
        std::shared_ptr<const data::DataSet> data_set;
    };
    std::size_t limit_bytes_;
    std::list<Entry> entries_; ///< most recent first
};

/// What a rank has besides its communicator.
struct RankSetup {
    std::map<std::string, std::string> provenance{}; ///< added to what the records say
    DeviceChoice device{};
    double deadline_seconds = 60.0; ///< longest silence of another rank's device
};

/// Executes orders one after another. Errors of a run become failure records and reports, never exceptions,
/// except Error(interrupted) and what makes the store itself unusable.
///
/// A run that takes long, or is interrupted, keeps its state in the store under partial/ and goes on from
/// there when it is ordered again, on any number of ranks that its key allows; the result has the same bits.
/// A state of another build is dropped, a damaged one set aside; both mean a start from the beginning.
class Executor {
public:
    Executor(const std::filesystem::path& store, std::function<bool()> stop_requested,
             std::function<void(const plan::WorkReport&)> report, DeviceChoice device = {});
    /// One of several ranks (host memory): every rank executes the same orders; rank 0 alone reads parents,
    /// scores and writes to the store.
    Executor(const std::filesystem::path& store, dist::Communicator& communicator,
             std::function<bool()> stop_requested, std::function<void(const plan::WorkReport&)> report,
             RankSetup setup);

    /// Collective where there are ranks: all return the same event, kind and reason. Kind "peer": a rank is
    /// lost, and no other collective can follow.
    ///
    /// Ends with a done, failed or interrupted report (returned, not sent through `report`).
    [[nodiscard]] plan::WorkReport execute(const plan::WorkOrder& order);

private:
    struct Attempt;
    struct Inputs;
    [[nodiscard]] bool is_first_rank() const { return communicator_->rank() == 0; }
    /// What evaluation will meet, looked at once a process and data set; leaves bad test images out.
    void check_test_part(const plan::RunConfig& config, Inputs& inputs, Attempt& attempt);
    Inputs open_inputs(const plan::RunConfig& config, const std::string& key, Attempt& attempt);
    train::TrainResult train(const plan::WorkOrder& order, const plan::RunConfig& config,
                             const Inputs& inputs, Attempt& attempt);
    void publish(const plan::WorkOrder& order, const plan::RunConfig& config, const Inputs& inputs,
                 train::TrainResult result, Attempt& attempt);
    void take_up(const plan::WorkOrder& order, const plan::RunConfig& config, Attempt& attempt);
    void perform(const plan::WorkOrder& order, const plan::RunConfig& config, Attempt& attempt);
    [[nodiscard]] std::optional<train::TrainingState> load_partial(const std::string& key);
    void save_partial(const std::string& key, const train::TrainingState& state);
    std::map<std::string, std::string> provenance_of(const plan::WorkOrder& order, const Attempt& attempt);
    plan::WorkReport fail(const plan::WorkOrder& order, const Attempt& attempt, const Error& error);

    std::unique_ptr<dist::Communicator> single_; ///< of an executor without ranks
    dist::Communicator* communicator_;
    std::map<std::string, std::string> provenance_;
    DeviceChoice device_;
    std::unique_ptr<dist::Communicator> gradients_; ///< between GPUs; null on one rank and on the host
    std::unique_ptr<dist::PinnedResource> images_;  ///< memory of those that wait; null: the heap
    std::string build_text_;                        ///< what decides whether a state may be taken up
    store::Store store_;
    std::function<bool()> stop_requested_;
    std::function<void(const plan::WorkReport&)> report_;
    DataCache cache_;
    std::map<std::string, train::TestImages> test_images_; ///< by what decides how they are read
};

/// What the record says of machine and build; "started" and "finished" are added per run.
[[nodiscard]] const std::map<std::string, std::string>& process_provenance();

/// Largest number of scores (samples x outputs) that is kept in a record; of more only what each image
/// contributed to the metric is kept, one number an image.
inline constexpr std::size_t kept_predictions = 250'000;
/// A curve longer than this is thinned evenly; first and last step stay.
inline constexpr std::size_t kept_losses = 2'000;

} // namespace suite::worker
