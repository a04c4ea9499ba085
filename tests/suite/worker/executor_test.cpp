// Real trainings of a few steps on the smoke profile's phantoms, and everything that can go wrong with one.
#include "suite/worker/executor.hpp"

#include <fstream>
#include <limits>

#include <gmock/gmock.h>

#include "suite/base/error.hpp"
#include "suite/base/hash.hpp"
#include "suite/plan/spec/enum_names.hpp"
#include "tests/suite/worker/executor_fixture.hpp"

namespace suite::worker {
namespace {

using plan::WorkEvent;
using short_runs::cell;
using short_runs::ExecutorTest;
using short_runs::order_of;
using short_runs::small_config;
using short_runs::steps;
using store::LookupState;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;

TEST_F(ExecutorTest, PretrainsThenFineTunesAndRecordsEverything) {
    const plan::RunConfig parent = small_config(plan::RunKind::pretrain);
    const plan::RunConfig child = small_config(plan::RunKind::finetune, run_key(parent));

    const plan::WorkReport first = execute(parent);
    const plan::WorkReport second = execute(child);

    ASSERT_EQ(first.event, WorkEvent::done) << first.reason;
    ASSERT_EQ(second.event, WorkEvent::done) << second.reason;
    EXPECT_EQ(second.key, run_key(child));
    EXPECT_GT(second.wall_seconds, 0.0);
    const store::Checkpoint weights = store::read_checkpoint(
        store::Store(store_path(), store::Access::read_only).checkpoint_path(run_key(parent)),
        run_key(parent));
    const store::RunRecord pretrained = look_up(run_key(parent)).record.value();
    EXPECT_EQ(pretrained.kind, "pretrain");
    EXPECT_EQ(pretrained.weights_digest, sha256_hex(std::as_bytes(std::span(weights.values))));
    EXPECT_EQ(weights.step, steps);

    const store::RunRecord record = look_up(run_key(child)).record.value();
    EXPECT_EQ(record.kind, "finetune");
    EXPECT_EQ(record.cell, cell);
    EXPECT_EQ(record.seed, 0U);
    EXPECT_EQ(record.parent_key, run_key(parent));
    EXPECT_EQ(record.config, canonical_text(child));
    ASSERT_EQ(record.metrics.size(), 1U);
    EXPECT_EQ(record.metrics[0].name, child.metric);
    EXPECT_EQ(record.metrics[0].split, "test");
    EXPECT_EQ(record.metrics[0].unit, "%");
    EXPECT_TRUE(record.metrics[0].value >= 0.0 && record.metrics[0].value <= 100.0);
    ASSERT_EQ(record.losses.size(), static_cast<std::size_t>(steps));
    EXPECT_EQ(record.losses.back().step, steps - 1);
    ASSERT_TRUE(record.predictions);
    EXPECT_EQ(record.predictions->samples, 32U);
    EXPECT_EQ(record.predictions->scores.size(), 32U * child.data.set.outputs());
    EXPECT_EQ(record.images_seen, steps * child.train.batch);
    EXPECT_GT(record.parameters, 0);
    ASSERT_TRUE(record.timing);
    EXPECT_GT(record.timing->started_seconds, 1.7e9); // since 1970
    EXPECT_GT(record.timing->data_seconds, 0.0);
    EXPECT_GT(record.timing->evaluation_seconds, 0.0);
    EXPECT_GE(record.wall_seconds, record.train_seconds + record.timing->data_seconds +
                                       record.timing->evaluation_seconds + record.timing->store_seconds);
}

TEST_F(ExecutorTest, RefusesPortableBitsInAProcessThatWasStartedWithout) {
    plan::RunConfig config = small_config(plan::RunKind::pretrain);
    config.portable_bits = true;
    const plan::WorkReport report = execute(config);
    EXPECT_EQ(report.event, WorkEvent::failed);
    EXPECT_THAT(report.reason, HasSubstr("--portable-bits: found a worker started without it"));
}

TEST_F(ExecutorTest, SaysWhereItsNumbersComeFrom) {
    const plan::RunConfig config = small_config(plan::RunKind::pretrain);
    ASSERT_EQ(execute(config).event, WorkEvent::done);

    const auto provenance = look_up(run_key(config)).record.value().provenance;

    for (const char* name :
         {"commit", "dirty", "compiler", "build_type", "flags", "version", "libtorch", "hdf5", "host", "cpu",
          "cpu_id", "kernel", "cpu_capability", "switches", "mkl", "onednn", "started", "finished"}) {
        EXPECT_THAT(provenance, Contains(Key(name)));
        EXPECT_FALSE(provenance.at(name).empty()) << name;
    }
    EXPECT_EQ(provenance.at("workload"), "table1");
    EXPECT_EQ(provenance.at("profile"), "smoke");
    EXPECT_EQ(provenance.at("protocol"), config.protocol);
    EXPECT_EQ(provenance.at("threads"), "1");
}

TEST_F(ExecutorTest, RefusesWhatTheMachineCannotHoldAndLeavesWordOfIt) {
    plan::RunConfig config = small_config(plan::RunKind::pretrain);
    config.train.micro_batch = config.train.batch = 1 << 28; // images: petabytes

    const plan::WorkReport report = execute(config);

    EXPECT_EQ(report.event, WorkEvent::failed);
    EXPECT_EQ(report.kind, "skipped");
    EXPECT_EQ(report.phase, "memory");
    EXPECT_THAT(report.reason, AllOf(HasSubstr("in micro-batches of 268435456 needs about"),
                                     HasSubstr("GiB of memory, this machine has")));
    const store::Lookup found = look_up(run_key(config));
    ASSERT_EQ(found.state, LookupState::failed);
    EXPECT_TRUE(is_refusal(*found.record->failure));
    EXPECT_EQ(found.record->failure->reason, report.reason);
}

/// Losses of two records: the same curve, up to rounding in another order.
void expect_near_losses(const store::RunRecord& found, const store::RunRecord& expected, double tolerance) {
    ASSERT_EQ(found.losses.size(), expected.losses.size());
    for (std::size_t i = 0; i < found.losses.size(); ++i) {
        EXPECT_NEAR(found.losses[i].loss, expected.losses[i].loss, tolerance * expected.losses[i].loss) << i;
        EXPECT_EQ(found.losses[i].lr, expected.losses[i].lr);
    }
}

// Order, data, parent, training, evaluation, record: all of a GPU's run but for the GPU.
TEST_F(ExecutorTest, TheDevicesEngineGoesTheSameWayWithTheSameLosses) {
    const plan::RunConfig parent = small_config(plan::RunKind::pretrain);
    const plan::RunConfig child = small_config(plan::RunKind::finetune, run_key(parent));
    const auto device_store = folder_.path() / "device";
    Executor device(
        device_store, [] { return false; }, [](const plan::WorkReport&) {},
        {.engine = EngineKind::device_on_host});

    for (const plan::RunConfig& config : {parent, child}) {
        ASSERT_EQ(execute(config).event, WorkEvent::done);
        const plan::WorkReport report = device.execute(order_of(config));
        ASSERT_EQ(report.event, WorkEvent::done) << report.reason;

        const auto found = store::Store(device_store, store::Access::read_only).read(run_key(config)).value();
        const auto expected = look_up(run_key(config)).record.value();
        expect_near_losses(found, expected, 1e-4);
        EXPECT_EQ(found.provenance.at("device"), "device engine on the host");
        EXPECT_EQ(expected.provenance.at("device"), "cpu");
        EXPECT_NE(found.weights_digest, expected.weights_digest) << "another engine rounds otherwise";
    }
}

TEST_F(ExecutorTest, TheDevicesEngineTrainsInHalvesUnderKeysOfTheirOwn) {
    const plan::RunConfig full = small_config(plan::RunKind::pretrain);
    const auto device_store = folder_.path() / "device";
    Executor device(
        device_store, [] { return false; }, [](const plan::WorkReport&) {},
        {.engine = EngineKind::device_on_host});
    ASSERT_EQ(execute(full).event, WorkEvent::done);
    const auto expected = look_up(run_key(full)).record.value();

    for (const plan::Precision precision : {plan::Precision::bfloat16, plan::Precision::float16}) {
        plan::RunConfig config = full;
        config.precision = precision;
        ASSERT_NE(run_key(config), run_key(full));
        const plan::WorkReport report = device.execute(order_of(config));
        ASSERT_EQ(report.event, WorkEvent::done) << report.reason;

        const auto found = store::Store(device_store, store::Access::read_only).read(run_key(config)).value();
        expect_near_losses(found, expected, 0.03);
        EXPECT_EQ(found.provenance.at("precision"), plan::enum_name(precision));
    }
}

TEST_F(ExecutorTest, ADeviceThatIsNotThereFailsTheRun) {
    plan::RunConfig config = small_config(plan::RunKind::pretrain);
    config.precision = plan::Precision::bfloat16;

    const plan::WorkReport report = execute(config); // on the host

    EXPECT_EQ(report.event, WorkEvent::failed);
    EXPECT_EQ(report.kind, "environment");
    EXPECT_THAT(report.reason, HasSubstr("bfloat16, and no GPU"));
}

TEST_F(ExecutorTest, ARepeatedOrderGivesTheSameResultAndKeepsTheRecord) {
    const plan::RunConfig config = small_config(plan::RunKind::pretrain);
    ASSERT_EQ(execute(config).event, WorkEvent::done);
    const auto path = store::Store(store_path(), store::Access::read_only).record_path(run_key(config));
    const std::string bytes = store::testing::slurp(path);

    const plan::WorkReport again =
        execute(config); // a different result would be a failure of kind corruption

    EXPECT_EQ(again.event, WorkEvent::done) << again.reason;
    EXPECT_EQ(store::testing::slurp(path), bytes);
}

TEST_F(ExecutorTest, AnotherProcessorOfTheSameOrderFindsTheSameBits) {
    const plan::RunConfig config = small_config(plan::RunKind::pretrain);
    ASSERT_EQ(execute(config).event, WorkEvent::done);
    const store::testing::TemporaryFolder elsewhere;
    Executor second(
        elsewhere.path() / "store", [] { return false; }, [](const plan::WorkReport&) {});
    ASSERT_EQ(second.execute(order_of(config)).event, WorkEvent::done);

    const auto record =
        store::Store(elsewhere.path() / "store", store::Access::read_only).read(run_key(config));

    EXPECT_EQ(first_difference(look_up(run_key(config)).record.value(), record.value()), "");
}

TEST_F(ExecutorTest, RefusesAnOrderWhoseKeyIsNotItsConfigurations) {
    plan::WorkOrder order = order_of(small_config(plan::RunKind::pretrain));
    order.key = std::string(64, 'b');

    const plan::WorkReport report = execute(order);

    EXPECT_EQ(report.event, WorkEvent::failed);
    EXPECT_EQ(report.phase, "order");
    EXPECT_EQ(report.kind, "usage");
    EXPECT_THAT(report.reason, AllOf(HasSubstr(order.key), HasSubstr("Fix: ")));
    EXPECT_EQ(look_up(order.key).state, LookupState::absent);
}

TEST_F(ExecutorTest, RefusesAnOrderThatIsNoConfiguration) {
    plan::WorkOrder order = order_of(small_config(plan::RunKind::pretrain));
    order.config += " ";

    const plan::WorkReport report = execute(order);

    EXPECT_EQ(report.event, WorkEvent::failed);
    EXPECT_EQ(report.phase, "order");
    EXPECT_EQ(report.kind, "usage");
}

TEST_F(ExecutorTest, ALossThatIsNotFiniteIsAFailureRecordWithStepAndLosses) {
    plan::RunConfig config = small_config(plan::RunKind::pretrain);
    config.train.optimizer = plan::OptimizerKind::sgd;
    config.train.schedule.peak_lr = 1e36;
    config.train.schedule.warmup_epochs = 0.0;

    const plan::WorkReport report = execute(config);

    EXPECT_EQ(report.event, WorkEvent::failed);
    EXPECT_EQ(report.kind, "numeric");
    const store::Failure failure = failure_of(run_key(config));
    EXPECT_EQ(failure.phase, "train");
    EXPECT_EQ(failure.kind, "numeric");
    EXPECT_GE(failure.step, 1);
    EXPECT_LE(failure.step, steps);
    EXPECT_EQ(failure.step, report.step);
    EXPECT_THAT(failure.reason, AllOf(HasSubstr("error[E700]"), HasSubstr("losses 0: ")));
    EXPECT_EQ(look_up(run_key(config)).record.value().kind, "pretrain");
}

TEST_F(ExecutorTest, AFailedRunIsReplacedByItsSuccess) {
    plan::RunConfig child =
        small_config(plan::RunKind::finetune, run_key(small_config(plan::RunKind::pretrain)));
    ASSERT_EQ(execute(child).event, WorkEvent::failed);
    ASSERT_EQ(execute(small_config(plan::RunKind::pretrain)).event, WorkEvent::done);

    EXPECT_EQ(execute(child).event, WorkEvent::done);
    EXPECT_EQ(look_up(run_key(child)).state, LookupState::finished);
}

TEST_F(ExecutorTest, AMissingParentIsAFailureOfThatPhase) {
    const plan::RunConfig child = small_config(plan::RunKind::finetune);

    const plan::WorkReport report = execute(child);

    EXPECT_EQ(report.event, WorkEvent::failed);
    EXPECT_EQ(report.phase, "parent");
    EXPECT_EQ(report.kind, "weights");
    EXPECT_EQ(report.step, -1);
    const store::Lookup lookup = look_up(run_key(child));
    EXPECT_EQ(failure_of(run_key(child)).phase, "parent");
    EXPECT_EQ(lookup.record.value().kind, "finetune");
    EXPECT_EQ(lookup.record.value().parent_key, child.parent_key);
}

TEST_F(ExecutorTest, DataThatAreNotHereAreAReasonToSkipAndNoFailure) {
    plan::RunConfig config = small_config(plan::RunKind::pretrain);
    config.data = {};
    config.data.set.id = "mimic";
    config.data.set.reader = plan::Reader::published;

    const plan::WorkReport report = execute(config);

    EXPECT_EQ(report.event, WorkEvent::failed);
    EXPECT_EQ(report.kind, "skipped");
    EXPECT_EQ(report.reason, data::unavailable_reason(config.data));
    EXPECT_EQ(look_up(run_key(config)).state, LookupState::absent);
}

TEST_F(ExecutorTest, ARequestToStopLeavesNothingBehind) {
    stop_ = true;
    const plan::RunConfig config = small_config(plan::RunKind::pretrain);

    EXPECT_EQ(execute(config).event, WorkEvent::interrupted);
    EXPECT_EQ(look_up(run_key(config)).state, LookupState::absent);
    const store::Store store(store_path(), store::Access::read_only);
    EXPECT_FALSE(std::filesystem::exists(store.checkpoint_path(run_key(config))));
    EXPECT_FALSE(std::filesystem::exists(store.partial_path(run_key(config))));
}

/// A run that was asked to stop after so many steps, and its state in the store.
class InterruptedRun : public ExecutorTest {
protected:
    const plan::RunConfig config_ = small_config(plan::RunKind::pretrain);
    const std::string key_ = run_key(config_);

    std::filesystem::path partial_path() const {
        return store::Store(store_path(), store::Access::read_only).partial_path(key_);
    }
    void interrupt_after(std::int64_t wanted) {
        std::int64_t asked = 0;
        Executor executor(
            store_path(), [&] { return asked++ == wanted; }, [](const plan::WorkReport&) {});
        ASSERT_EQ(executor.execute(order_of(config_)).event, WorkEvent::interrupted);
        ASSERT_TRUE(std::filesystem::exists(partial_path()));
    }
    /// The same run in a store of its own, never stopped.
    store::RunRecord undisturbed() const {
        const std::filesystem::path other = folder_.path() / "undisturbed";
        Executor executor(
            other, [] { return false; }, [](const plan::WorkReport&) {});
        EXPECT_EQ(executor.execute(order_of(config_)).event, WorkEvent::done);
        return store::Store(other, store::Access::read_only).look_up(key_).record.value();
    }
    void expect_finished(bool resumed) {
        ASSERT_EQ(execute(config_).event, WorkEvent::done);
        const store::RunRecord record = look_up(key_).record.value();
        EXPECT_EQ(store::first_difference(record, undisturbed()), "");
        EXPECT_EQ(record.provenance.contains("resumed_at_step"), resumed);
        EXPECT_EQ(record.provenance.contains("resumed_train_seconds"), resumed);
        if (resumed) { // the rest was trained within the last attempt's wall time
            const double before = std::stod(record.provenance.at("resumed_train_seconds"));
            EXPECT_GT(before, 0.0);
            EXPECT_LE(record.train_seconds - before, record.wall_seconds);
        }
        EXPECT_FALSE(std::filesystem::exists(partial_path()));
    }
};

TEST_F(InterruptedRun, GoesOnWhereItStoppedWithTheSameBits) {
    for (std::int64_t step = 1; step < steps; ++step) {
        interrupt_after(step);
        expect_finished(true);
        std::filesystem::remove_all(store_path() / "records");
    }
}

TEST_F(InterruptedRun, OfADamagedStateStartsAnewAndKeepsTheDamage) {
    interrupt_after(2);
    std::fstream file(partial_path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-100, std::ios::end);
    file.put('\x5a');
    file.close();
    expect_finished(false);
    EXPECT_FALSE(std::filesystem::is_empty(store_path() / "damaged"));
}

TEST_F(InterruptedRun, OfAnotherBuildStartsAnew) {
    interrupt_after(2);
    store::Checkpoint checkpoint = store::read_checkpoint(partial_path(), key_);
    checkpoint.progress->build = "another";
    store::write_checkpoint(partial_path(), checkpoint);
    expect_finished(false);
}

TEST_F(ExecutorTest, AStoreThatCannotBeWrittenIsNoFailureOfTheRun) {
    for (const char* name : {"records", "failures"}) {
        std::filesystem::remove(store_path() / name);
        store::testing::spill(store_path() / name, "not a folder");
    }
    try {
        static_cast<void>(execute(small_config(plan::RunKind::finetune)));
        ADD_FAILURE() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::store);
        EXPECT_THAT(error.what(), HasSubstr("failures"));
    }
}

} // namespace
} // namespace suite::worker
