#include "suite/worker/executor.hpp"

#include <optional>

#include <fmt/format.h>

#include "suite/base/clock.hpp"
#include "suite/base/hash.hpp"
#include "suite/base/log.hpp"
#include "suite/base/memory.hpp"
#include "suite/dist/deferred_failure.hpp"
#include "suite/plan/network/memory_estimate.hpp"
#include "suite/plan/spec/enum_names.hpp"
#include "suite/train/runtime.hpp"
#include "suite/worker/loading.hpp"
#include "suite/worker/record_parts.hpp"
#include "suite/worker/scaling_run.hpp"
#include "suite/worker/validity.hpp"
#include "suite/worker/weights_file.hpp"
#include "suite/worker/weights_run.hpp"

namespace suite::worker {
namespace {

// Below 600 MB a process together with libtorch's own 200 MB.
constexpr std::size_t cache_limit_bytes = std::size_t{256} << 20;
// Reports of progress are for people: twice a second is enough.
constexpr double progress_interval_seconds = 0.5;

std::string kind_word(const plan::RunConfig& config) {
    return std::string(plan::enum_name(config.kind));
}

/// What `work` gives; its seconds are added to `seconds`.
template<typename Work>
auto timed(double& seconds, const Work& work) {
    const double started = monotonic_seconds();
    auto result = work();
    seconds += monotonic_seconds() - started;
    return result;
}

/// The run's own part of its record; times and provenance come later.
store::RunRecord record_of(const plan::WorkOrder& order, const plan::RunConfig& config,
                           const train::TrainResult& result) {
    store::RunRecord record;
    record.key = order.key;
    record.kind = kind_word(config);
    record.cell = order.cell;
    record.config = order.config;
    record.seed = config.seed;
    record.parent_key = config.parent_key;
    const bool has_test = result.predictions.samples > 0; // ImageNet-21k has none (paper.md#natural-images)
    if (config.kind != plan::RunKind::scaling && has_test) { // which counts images, not hits
        record.metrics.push_back(score(config.metric, result.predictions));
    }
    record.losses = thinned(result.losses);
    if (has_test && result.predictions.scores.size() <= kept_predictions) {
        record.predictions = prediction_table(result.predictions);
    } else if (!record.metrics.empty()) { // of predictions, outcomes can be computed again
        record.outcomes = test_outcomes(config.metric, result.predictions);
    }
    record.weights_digest = sha256_hex(std::as_bytes(std::span(result.weights.values)));
    record.images_seen = result.images_seen;
    record.parameters = static_cast<std::int64_t>(result.parameters);
    record.train_seconds = result.train_seconds;
    return record;
}

/// Nothing is wrong with the run, but it cannot start on this machine.
void refuse(const std::string& reason) {
    if (!reason.empty()) {
        throw Error(ErrorKind::skipped, Fault{.where = reason, .found = "", .expected = "", .fix = ""});
    }
}

// The libraries choose their code once a process: a worker computes all of its runs with the same.
void require_code_paths(const plan::RunConfig& config) {
    if (train::has_portable_code_paths() != config.portable_bits && !config.weights) {
        throw Error(ErrorKind::usage, Fault{.where = "--portable-bits",
                                            .found = config.portable_bits ? "a worker started without it"
                                                                          : "a worker started with it",
                                            .expected = "what the run's configuration says",
                                            .fix = "let transferscale run start the worker"});
    }
}

} // namespace

/// Where a run stands, for its failure record.
struct Executor::Attempt {
    std::string phase = "order";
    std::int64_t step = -1; ///< steps done once training has begun
    plan::RunConfig config; ///< from phase "data" on
    plan::WorkOptions options;
    double started_seconds = monotonic_seconds();
    std::string started_utc = utc_now();
    store::Timing timing{.started_seconds = unix_seconds()};
    std::int64_t resumed_at_step = -1;             ///< -1: from the beginning
    double resumed_train_seconds = 0.0;            ///< of training until then
    std::optional<store::ScalingSection> scaling;  ///< of a scaling run, once measured
    std::vector<data::BadImage> skipped_images;    ///< of training
    std::vector<data::BadImage> incomplete_images; ///< of training
    train::TestImages test_images;
    std::size_t bucket_bytes = 0; ///< both as train::TrainResult has them
    std::optional<double> wire_error;
    store::MetricEntry score; ///< the one that the report shows
};

/// What a run needs besides its configuration. On ranks other than 0 there is no parent and no state.
struct Executor::Inputs {
    std::shared_ptr<const data::DataSet> data_set;
    std::optional<train::TrainedWeights> parent;
    std::optional<train::TrainingState> state;
};

Executor::Executor(const std::filesystem::path& store, std::function<bool()> stop_requested,
                   std::function<void(const plan::WorkReport&)> report, DeviceChoice device)
    : single_(dist::make_single()),
      communicator_(single_.get()),
      device_(std::move(device)),
      images_(image_memory(device_, dist::linked_nccl_api())),
      build_text_(text_of_build(device_)),
      store_(store, store::Access::read_write),
      stop_requested_(std::move(stop_requested)),
      report_(std::move(report)),
      cache_(cache_limit_bytes) {}

Executor::Executor(const std::filesystem::path& store, dist::Communicator& communicator,
                   std::function<bool()> stop_requested, std::function<void(const plan::WorkReport&)> report,
                   RankSetup setup)
    : communicator_(&communicator),
      provenance_(std::move(setup.provenance)),
      device_(std::move(setup.device)),
      gradients_(gradient_communicator(device_, communicator, setup.deadline_seconds)),
      images_(image_memory(device_, dist::linked_nccl_api())),
      build_text_(text_of_build(device_)),
      store_(store, communicator.rank() == 0 ? store::Access::read_write : store::Access::read_only),
      stop_requested_(std::move(stop_requested)),
      report_(std::move(report)),
      cache_(cache_limit_bytes) {}

std::map<std::string, std::string> Executor::provenance_of(const plan::WorkOrder& order,
                                                           const Attempt& attempt) {
    std::map<std::string, std::string> provenance = process_provenance();
    provenance["workload"] = order.workload;
    provenance["profile"] = order.profile;
    provenance["protocol"] = attempt.config.protocol;
    provenance["started"] = attempt.started_utc;
    provenance["finished"] = utc_now();
    if (attempt.resumed_at_step >= 0) {
        provenance["resumed_at_step"] = std::to_string(attempt.resumed_at_step);
        provenance["resumed_train_seconds"] = fmt::format("{}", attempt.resumed_train_seconds);
    }
    if (!attempt.config.limits.empty()) {
        provenance["limits"] = attempt.config.limits;
    }
    for (const auto& [name, images] : {std::pair("skipped_images", &attempt.skipped_images),
                                       {"skipped_test_images", &attempt.test_images.skipped},
                                       {"incomplete_images", &attempt.incomplete_images},
                                       {"incomplete_test_images", &attempt.test_images.incomplete}}) {
        if (!images->empty()) {
            provenance[name] = named_images(*images);
        }
    }
    if (attempt.bucket_bytes > 0) {
        provenance["bucket_bytes"] = std::to_string(attempt.bucket_bytes);
    }
    if (attempt.wire_error) {
        provenance["wire"] = std::string(plan::enum_name(attempt.config.wire));
        provenance["wire_error"] = fmt::format("{:.3g}", *attempt.wire_error);
    }
    provenance["precision"] = std::string(plan::enum_name(attempt.config.precision));
    provenance.merge(worker::provenance_of(device_));
    provenance.insert(provenance_.begin(), provenance_.end());
    return provenance;
}

std::optional<train::TrainingState> Executor::load_partial(const std::string& key) {
    const std::filesystem::path path = store_.partial_path(key);
    if (!std::filesystem::exists(path)) {
        return std::nullopt;
    }
    try {
        std::optional<train::TrainingState> state =
            training_state_of(store::read_checkpoint(path, key), build_text_);
        if (!state) {
            log_info(fmt::format("{}: of another build; the run starts from its beginning", path.string()));
            store_.remove_partial(key);
        }
        return state;
    } catch (const Error& error) {
        log_warning(fmt::format("{}; the run starts from its beginning", error.what()));
        static_cast<void>(store_.set_aside_partial(key, error.what()));
        return std::nullopt;
    }
}

void Executor::save_partial(const std::string& key, const train::TrainingState& state) {
    store::write_checkpoint(store_.partial_path(key), checkpoint_of(key, state, build_text_));
}

void Executor::check_test_part(const plan::RunConfig& config, Inputs& inputs, Attempt& attempt) {
    const std::string text = fmt::format("{}\n{} {}", canonical_text(config.data), kind_word(config),
                                         plan::enum_name(config.train.augmentation));
    auto known = test_images_.find(text);
    if (known == test_images_.end()) {
        known = test_images_
                    .emplace(text, timed(attempt.timing.data_seconds,
                                         [&] {
                                             return train::check_test_images(config, *inputs.data_set,
                                                                             loading_of(attempt.options),
                                                                             stop_requested_, *communicator_);
                                         }))
                    .first;
    }
    attempt.test_images = known->second;
    inputs.data_set = train::without_skipped(inputs.data_set, attempt.test_images);
}

Executor::Inputs Executor::open_inputs(const plan::RunConfig& config, const std::string& key,
                                       Attempt& attempt) {
    Inputs inputs;
    const data::OpenOptions places = places_of(attempt.options);
    attempt.phase = "data";
    dist::run_collectively(*communicator_, [&] { refuse(data::absence_reason(config.data, places)); });
    attempt.phase = "memory";
    dist::run_collectively(*communicator_, [&] {
        const std::string reason =
            plan::memory_refusal(config, communicator_->size(), available_memory_bytes());
        refuse(reason.empty() ? reason : reason + " available");
    });
    attempt.phase = "data";
    dist::run_collectively(*communicator_, [&] {
        inputs.data_set =
            timed(attempt.timing.data_seconds, [&] { return cache_.open(config.data, places); });
        require_test_images(config, *inputs.data_set);
    });
    check_test_part(config, inputs, attempt);
    attempt.phase = "parent";
    dist::run_collectively(*communicator_, [&] {
        if (!is_first_rank()) {
            return;
        }
        inputs.state = timed(attempt.timing.store_seconds, [&] { return load_partial(key); });
        if (!config.parent_key.empty() && !inputs.state) {
            inputs.parent = timed(attempt.timing.store_seconds, [&] {
                return trained_weights_of(
                    store::read_checkpoint(store_.checkpoint_path(config.parent_key), config.parent_key));
            });
        }
    });
    attempt.resumed_at_step = inputs.state ? inputs.state->step : -1;
    attempt.resumed_train_seconds = inputs.state ? inputs.state->train_seconds : 0.0;
    return inputs;
}

train::TrainResult Executor::train(const plan::WorkOrder& order, const plan::RunConfig& config,
                                   const Inputs& inputs, Attempt& attempt) {
    attempt.phase = "train";
    attempt.step = 0;
    double reported_seconds = monotonic_seconds();
    const auto progress = [&](std::int64_t step, std::int64_t total, double loss) {
        attempt.step = step;
        if (monotonic_seconds() - reported_seconds > progress_interval_seconds) {
            reported_seconds = monotonic_seconds();
            plan::WorkReport report;
            report.key = order.key;
            report.step = step;
            report.total_steps = total;
            report.loss = loss;
            report_(report);
        }
    };
    train::TrainContext context{.stop_requested = stop_requested_,
                                .progress = progress,
                                .resume = inputs.state ? &*inputs.state : nullptr,
                                .loading = {.memory = images_.get()},
                                .make_engine = engine_maker(device_, images_.get()),
                                .gradient_communicator = gradients_.get()};
    if (config.kind == plan::RunKind::scaling) {
        auto measured = measure_scaling(config, *inputs.data_set, context, *communicator_);
        attempt.scaling = std::move(measured.section);
        return std::move(measured.result);
    }
    context.save_interval_seconds = order.options.save_seconds;
    context.loading = loading_of(order.options);
    context.loading.memory = images_.get();
    context.save = [&](const train::TrainingState& state) { save_partial(order.key, state); };
    return train::run_training(config, *inputs.data_set, inputs.parent ? &*inputs.parent : nullptr, context,
                               *communicator_);
}

/// Rank 0's part after training.
void Executor::publish(const plan::WorkOrder& order, const plan::RunConfig& config, const Inputs& inputs,
                       train::TrainResult result, Attempt& attempt) {
    attempt.phase = "score";
    check_validity(config, *inputs.data_set, result);
    store::RunRecord record = record_of(order, config, result);
    if (attempt.scaling) {
        fill_scaling_record(*attempt.scaling, record);
    }
    attempt.timing.evaluation_seconds = result.evaluation_seconds;
    attempt.skipped_images = std::move(result.skipped_images);
    attempt.incomplete_images = std::move(result.incomplete_images);
    attempt.bucket_bytes = result.bucket_bytes;
    attempt.wire_error = result.wire_error;
    attempt.phase = "publish";
    if (config.kind == plan::RunKind::pretrain) { // before the record: a finished parent has its checkpoint
        const double started = monotonic_seconds();
        store::write_checkpoint(store_.checkpoint_path(order.key),
                                checkpoint_of(order.key, std::move(result.weights)));
        attempt.timing.store_seconds += monotonic_seconds() - started;
    }
    record.timing = attempt.timing;
    record.wall_seconds = monotonic_seconds() - attempt.started_seconds;
    record.provenance = provenance_of(order, attempt);
    attempt.score = record.metrics.empty() ? store::MetricEntry{} : record.metrics.front();
    store_.commit(record);
    store_.remove_partial(order.key);
}

/// Rank 0's part of a run that weights replace.
void Executor::take_up(const plan::WorkOrder& order, const plan::RunConfig& config, Attempt& attempt) {
    attempt.phase = "weights";
    store::RunRecord record =
        timed(attempt.timing.store_seconds, [&] { return take_up_weights(order, config, store_); });
    attempt.phase = "publish";
    record.timing = attempt.timing;
    record.wall_seconds = monotonic_seconds() - attempt.started_seconds;
    record.provenance.merge(provenance_of(order, attempt));
    store_.commit(record);
}

/// Everything between the order and the report.
void Executor::perform(const plan::WorkOrder& order, const plan::RunConfig& config, Attempt& attempt) {
    if (config.weights) {
        dist::run_collectively(*communicator_, [&] {
            if (is_first_rank()) {
                take_up(order, config, attempt);
            }
        });
        return;
    }
    const Inputs inputs = open_inputs(config, order.key, attempt);
    train::TrainResult result = train(order, config, inputs, attempt);
    dist::run_collectively(*communicator_, [&] {
        if (is_first_rank()) {
            publish(order, config, inputs, std::move(result), attempt);
        }
    });
}

plan::WorkReport Executor::fail(const plan::WorkOrder& order, const Attempt& attempt, const Error& error) {
    plan::WorkReport report;
    report.event = plan::WorkEvent::failed;
    report.key = order.key;
    report.step = attempt.step;
    report.kind = to_string(error.kind());
    report.phase = attempt.phase;
    report.reason = error.what();
    if (error.kind() == ErrorKind::skipped) {
        report.reason = error.faults().front().where;
        if (attempt.phase != "memory") { // files that come later are looked for again; memory was measured
            return report;
        }
    }
    // A configuration without its key cannot be recorded.
    if (attempt.phase == "order" || !is_first_rank()) {
        return report;
    }
    if (error.kind() == ErrorKind::corruption) { // its state may be wrong as well
        store_.remove_partial(order.key);
    }
    store::RunRecord record;
    record.key = order.key;
    record.status = store::RunStatus::failed;
    record.cell = order.cell;
    record.kind = kind_word(attempt.config);
    record.config = order.config;
    record.seed = attempt.config.seed;
    record.parent_key = attempt.config.parent_key;
    record.wall_seconds = monotonic_seconds() - attempt.started_seconds;
    record.provenance = provenance_of(order, attempt);
    record.failure = store::Failure{
        .phase = attempt.phase, .kind = report.kind, .reason = report.reason, .step = attempt.step};
    store_.commit_failure(record);
    return report;
}

plan::WorkReport Executor::execute(const plan::WorkOrder& order) {
    Attempt attempt;
    plan::WorkReport report;
    report.key = order.key;
    try {
        const plan::RunConfig config = plan::run_config_from_text(order.config);
        if (run_key(config) != order.key) {
            throw Error(ErrorKind::usage, Fault{.where = "order " + order.key,
                                                .found = "a configuration with key " + run_key(config),
                                                .expected = "the order's own key",
                                                .fix = "use programs of one build"});
        }
        attempt.config = config;
        attempt.options = order.options;
        require_code_paths(config);
        perform(order, config, attempt);
        report.event = plan::WorkEvent::done;
        report.wall_seconds = monotonic_seconds() - attempt.started_seconds;
        report.metric = attempt.score.name;
        report.score = attempt.score.value;
        report.unit = attempt.score.unit;
        return report;
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted) {
            report.event = plan::WorkEvent::interrupted;
            return report;
        }
        return fail(order, attempt, error);
    } catch (const std::exception& error) { // libraries: out of memory, a failed call inside torch
        return fail(order, attempt,
                    Error(ErrorKind::environment,
                          Fault{.where = attempt.phase, .found = error.what(), .expected = "", .fix = ""}));
    }
}

} // namespace suite::worker
