// The fixture of every test that needs a GPU.
#pragma once

#include <cstdlib>

#include <gtest/gtest.h>

#include "suite/dist/device.hpp"
#include "suite/train/trainer.hpp"

namespace suite::test {

class GpuTest : public testing::Test {
protected:
    void SetUp() override {
        const dist::DeviceSurvey survey = dist::survey_devices(dist::linked_nccl_api());
        if (survey.count == 0) {
            if (std::getenv("TRANSFERSCALE_GPU_REQUIRED") != nullptr) {
                FAIL() << "no GPU: " << survey.reason << ", and TRANSFERSCALE_GPU_REQUIRED is set";
            }
            GTEST_SKIP() << "no GPU: " << survey.reason;
        }
        train::initialise_torch();
        static_cast<void>(dist::select_device(dist::linked_nccl_api(), 0, 1));
    }

    static dist::NcclApi& api() { return *dist::linked_nccl_api(); }
};

} // namespace suite::test
