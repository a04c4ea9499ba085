#include "suite/dist/device.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/suite/dist/recording_api.hpp"

namespace suite::dist {
namespace {

using test::RecordingApi;

TEST(SurveyDevices, TakesEveryWayOfHavingNoneForNone) {
    for (const auto& [result, reason] :
         {std::pair{CudaResult::insufficient_driver, "no NVIDIA driver, or one older than the CUDA runtime"},
          {CudaResult::stub_library, "the toolkit's stub stands in for the driver"},
          {CudaResult::no_device, "the driver sees no device"},
          {static_cast<CudaResult>(999), "cuda error 999"}}) {
        RecordingApi api;
        api.cuda_results["device_count"] = result;
        const DeviceSurvey survey = survey_devices(&api);
        EXPECT_EQ(survey.count, 0);
        EXPECT_EQ(survey.reason, reason);
        EXPECT_TRUE(survey.compiled);
    }
}

TEST(SurveyDevices, SaysWhenTheBuildHasNoCuda) {
    const DeviceSurvey survey = survey_devices(nullptr);
    EXPECT_EQ(survey.count, 0);
    EXPECT_FALSE(survey.compiled);
    EXPECT_EQ(survey.reason, "this build has no CUDA parts");
}

TEST(SelectDevice, GivesEachLocalRankItsOwnDevice) {
    RecordingApi api;
    const Device device = select_device(&api, 1, 2);
    EXPECT_EQ(device.index, 1);
    EXPECT_EQ(device.name, "Recorder");
    EXPECT_EQ(device.driver, 13000);
    EXPECT_EQ(api.count("set_device 1"), 1);
}

TEST(SelectDevice, CountsFromTheFirstAndRoundAgain) {
    RecordingApi api;
    EXPECT_EQ(select_device(&api, 0, 2, 1).index, 1);
    EXPECT_EQ(select_device(&api, 1, 2, 1).index, 0);
}

TEST(SelectDevice, RefusesTwoRanksOnOneDevice) {
    RecordingApi api;
    api.devices = 1;
    try {
        static_cast<void>(select_device(&api, 0, 2));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.exit_code(), 6);
        EXPECT_NE(std::string(error.what()).find("found 1 GPUs, expected one GPU for each of the 2 ranks"),
                  std::string::npos)
            << error.what();
    }
    EXPECT_EQ(api.count("set_device"), 0);
}

TEST(SelectDevice, NamesTheMissingDriver) {
    RecordingApi api;
    api.cuda_results["device_count"] = CudaResult::insufficient_driver;
    try {
        static_cast<void>(select_device(&api, 0, 1));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.exit_code(), 6);
        EXPECT_NE(std::string(error.what()).find("no GPU: no NVIDIA driver"), std::string::npos);
    }
}

TEST(DeviceHandles, GiveBackWhatTheyOwnOnce) {
    RecordingApi api;
    {
        Stream first = make_stream(api, false);
        Stream second = std::move(first);
        EXPECT_EQ(first.get(), nullptr);
        EXPECT_NE(second.get(), nullptr);
        const Event event = make_event(api);
        DeviceMemory memory = make_device_memory(api, 8);
        memory = make_device_memory(api, 16);
        EXPECT_EQ(api.alive(), 3) << "stream, event, the second memory";
    }
    EXPECT_EQ(api.alive(), 0);
}

TEST(DeviceHandles, SayWhichAllocationFailed) {
    RecordingApi api;
    api.cuda_results["allocate_device"] = CudaResult::memory_allocation;
    try {
        static_cast<void>(make_device_memory(api, 4096));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.exit_code(), 6);
        EXPECT_NE(std::string(error.what()).find("cudaMalloc(4096 bytes): found cuda error 2"),
                  std::string::npos)
            << error.what();
    }
    EXPECT_EQ(api.alive(), 0);
}

} // namespace
} // namespace suite::dist
