#include "suite/worker/device_choice.hpp"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/suite/dist/recording_api.hpp"

namespace suite::worker {
namespace {

using dist::test::RecordingApi;
using testing::HasSubstr;

Error error_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error;
    }
    ADD_FAILURE() << "no error";
    return {ErrorKind::comparison, Fault{}};
}

TEST(ChooseDevice, TakesTheGpuOfTheLocalRankWhereThereIsOne) {
    RecordingApi api;
    for (const char* wanted : {"", "auto", "cuda"}) {
        const DeviceChoice choice = choose_device(&api, wanted, {.rank = 1, .count = 2});
        EXPECT_EQ(choice.engine, EngineKind::cuda);
        EXPECT_EQ(to_string(choice), "cuda 1, Recorder");
    }
}

TEST(ChooseDevice, TakesTheHostWhereThereIsNoneAndSaysWhy) {
    RecordingApi api;
    api.cuda_results["device_count"] = dist::CudaResult::insufficient_driver;
    const DeviceChoice choice = choose_device(&api, "auto", {});
    EXPECT_EQ(choice.engine, EngineKind::cpu);
    EXPECT_THAT(choice.reason, HasSubstr("no NVIDIA driver"));
    EXPECT_EQ(to_string(choice), "cpu");
    EXPECT_EQ(choose_device(nullptr, "", {}).reason, "this build has no CUDA parts");
}

TEST(ChooseDevice, TheHostWhenAskedFor) {
    RecordingApi api;
    EXPECT_EQ(choose_device(&api, "cpu", {}).engine, EngineKind::cpu);
    EXPECT_EQ(api.calls().size(), 0U) << "the driver is left alone";
}

TEST(ChooseDevice, EndsWithSixWhenTheGpuThatWasAskedForIsNotThere) {
    RecordingApi api;
    api.cuda_results["device_count"] = dist::CudaResult::no_device;
    const Error error = error_of([&] { static_cast<void>(choose_device(&api, "cuda", {})); });
    EXPECT_EQ(error.exit_code(), 6);
    EXPECT_THAT(error.what(), HasSubstr("no GPU"));
    EXPECT_EQ(error_of([] { static_cast<void>(choose_device(nullptr, "cuda", {})); }).exit_code(), 6);
}

TEST(ChooseDevice, ARankWithAViewOfItsOwnTakesTheOneDeviceThatItSees) {
    RecordingApi api;
    api.devices = 1;
    EXPECT_EQ(choose_device(&api, "", {.rank = 3, .count = 4}, {.has_own = true}).device.index, 0);
    EXPECT_EQ(
        error_of([&] { static_cast<void>(choose_device(&api, "", {.rank = 3, .count = 4})); }).exit_code(),
        6);
}

TEST(ChooseDevice, RefusesAnotherWord) {
    const Error error = error_of([] { static_cast<void>(choose_device(nullptr, "gpu", {})); });
    EXPECT_EQ(error.exit_code(), 2);
    EXPECT_THAT(error.what(), HasSubstr("'gpu', expected cpu, cuda or auto"));
}

// Runs beside each other on one node: the second's first GPU comes after the first's last.
TEST(ChooseDevice, SpreadsTheRunsOfANodeOverItsGpus) {
    RecordingApi api;
    api.devices = 3;
    const auto index = [&](int rank, int first) {
        return choose_device(&api, "", {.rank = rank, .count = 2}, {.first = first}).device.index;
    };
    EXPECT_EQ((std::array{index(0, 0), index(1, 0), index(0, 2), index(1, 2)}), (std::array{0, 1, 2, 0}));
}

TEST(EngineMaker, RefusesHalvesOnTheHost) {
    plan::RunConfig config;
    config.precision = plan::Precision::bfloat16;
    const auto make = engine_maker({.reason = "no NVIDIA driver"});
    const Error error = error_of([&] { static_cast<void>(make(config, 3)); });
    EXPECT_EQ(error.exit_code(), 6);
    EXPECT_THAT(error.what(), HasSubstr("bfloat16, and no GPU: no NVIDIA driver"));
}

TEST(ImageMemory, IsPinnedForAGpuAloneAndOnItsDevice) {
    RecordingApi api;
    EXPECT_EQ(image_memory({}, &api), nullptr);
    EXPECT_EQ(image_memory({.engine = EngineKind::device_on_host}, &api), nullptr);
    const auto memory = image_memory({.engine = EngineKind::cuda, .device = {.index = 1}}, &api);
    ASSERT_NE(memory, nullptr);
    api.forget();
    { const std::pmr::vector<float> images(4, 0.0F, memory.get()); }
    EXPECT_THAT(api.calls(), testing::ElementsAre("set_device 1", "allocate_pinned", "free_pinned"));
}

TEST(TextOfBuild, KeepsTheStatesOfDifferentEnginesApart) {
    const auto text = [](EngineKind engine, const std::string& name) {
        return text_of_build({.engine = engine, .device = {.name = name}});
    };
    const std::string host = text(EngineKind::cpu, "");
    EXPECT_NE(host, text(EngineKind::device_on_host, ""));
    EXPECT_NE(host, text(EngineKind::cuda, "NVIDIA A100"));
    EXPECT_NE(text(EngineKind::cuda, "NVIDIA H200"), text(EngineKind::cuda, "NVIDIA A100"));
}

TEST(GradientCommunicator, IsTheHostsWhereGradientsLieThere) {
    const auto host = dist::make_single();
    EXPECT_EQ(gradient_communicator({}, *host, 60), nullptr);
}

} // namespace
} // namespace suite::worker
