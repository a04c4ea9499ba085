// An interrupted run in float16 goes on with its loss scale: on the device's engine in host memory.
#include "tests/suite/worker/executor_fixture.hpp"

namespace suite::worker {
namespace {

using plan::WorkEvent;
using short_runs::order_of;
using short_runs::small_config;
using short_runs::steps;

class Float16Run : public short_runs::ExecutorTest {
protected:
    static plan::RunConfig half_config() {
        plan::RunConfig config = small_config(plan::RunKind::pretrain);
        config.precision = plan::Precision::float16;
        return config;
    }
    const plan::RunConfig config_ = half_config();
    const std::string key_ = run_key(config_);
    const DeviceChoice device_{.engine = EngineKind::device_on_host};

    /// Asked to stop before step `wanted`; negative: never.
    plan::WorkReport run(const std::filesystem::path& store, std::int64_t wanted) const {
        std::int64_t asked = 0;
        Executor executor(
            store, [&] { return asked++ == wanted; }, [](const plan::WorkReport&) {}, device_);
        return executor.execute(order_of(config_));
    }
    store::RunRecord record_in(const std::filesystem::path& store) const {
        return store::Store(store, store::Access::read_only).look_up(key_).record.value();
    }
};

TEST_F(Float16Run, GoesOnWhereItStoppedWithTheSameBits) {
    const std::filesystem::path whole = folder_.path() / "whole";
    ASSERT_EQ(run(whole, -1).event, WorkEvent::done);
    for (std::int64_t step = 1; step < steps; ++step) {
        const std::filesystem::path stopped = folder_.path() / std::to_string(step);
        ASSERT_EQ(run(stopped, step).event, WorkEvent::interrupted);
        const auto partial =
            store::read_checkpoint(store::Store(stopped, store::Access::read_only).partial_path(key_), key_);
        const store::LossScaleEntry scale = partial.progress.value().loss_scale.value();
        EXPECT_EQ(scale.good_steps + scale.skipped, step) << "of 65536, which does not grow so soon";

        ASSERT_EQ(run(stopped, -1).event, WorkEvent::done);
        const store::RunRecord record = record_in(stopped);
        EXPECT_EQ(store::first_difference(record, record_in(whole)), "");
        EXPECT_EQ(record.provenance.at("resumed_at_step"), std::to_string(step));
    }
}

TEST_F(Float16Run, RefusesALossScaleThatCannotBe) {
    const std::filesystem::path stopped = folder_.path() / "stopped";
    ASSERT_EQ(run(stopped, 2).event, WorkEvent::interrupted);
    const std::filesystem::path path = store::Store(stopped, store::Access::read_only).partial_path(key_);
    store::Checkpoint state = store::read_checkpoint(path, key_);
    state.progress->loss_scale->scale = 3.0; // no power of two
    store::write_checkpoint(path, state);

    const plan::WorkReport report = run(stopped, -1);

    EXPECT_EQ(report.event, WorkEvent::failed);
    EXPECT_EQ(report.kind, "weights");
    EXPECT_NE(report.reason.find("scale of the loss: found 3"), std::string::npos) << report.reason;
}

} // namespace
} // namespace suite::worker
