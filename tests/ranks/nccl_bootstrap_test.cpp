// What NCCL does without a device: its id is made and travels, and a communicator that cannot be is refused
// by all ranks alike.
#include <cstdlib>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "suite/dist/device.hpp"
#include "suite/dist/nccl_communicator.hpp"
#include "tests/ranks/rank_backend.hpp"

namespace suite::dist::testing {
namespace {

class NcclBootstrap : public ::testing::Test {
protected:
    Communicator& host() { return tested_backend().communicator(); }
    static NcclApi& api() { return *linked_nccl_api(); }
};

TEST_F(NcclBootstrap, TheIdOfRankZeroReachesAllRanks) {
    NcclId id{};
    if (host().rank() == 0) {
        ASSERT_EQ(api().make_id(id), NcclResult::success) << api().text(NcclResult::system_error, nullptr);
    }
    host().broadcast(buffer(std::span<std::byte>(id)), 0);
    std::vector<std::byte> all(id.size() * static_cast<std::size_t>(host().size()));
    host().all_gather(buffer(std::span<std::byte>(id)), buffer(std::span(all)));
    EXPECT_NE(id, NcclId{});
    for (std::size_t i = 0; i < all.size(); ++i) {
        ASSERT_EQ(all[i], id[i % id.size()]) << "rank " << i / id.size();
    }
}

TEST_F(NcclBootstrap, TheLinkedLibraryIsTheOneThatTheHeaderDescribes) {
    EXPECT_GE(api().nccl_version(), 21900);
    EXPECT_NE(api().text(NcclResult::remote_error, nullptr), "");
}

TEST_F(NcclBootstrap, WithoutADeviceEveryRankSaysSoAndGoesOn) {
    const DeviceSurvey survey = survey_devices(&api());
    if (survey.count > 0) {
        GTEST_SKIP() << "there are GPUs here";
    }
    EXPECT_FALSE(survey.reason.empty());
    try {
        static_cast<void>(make_nccl(api(), host(), {.deadline_seconds = 10.0}));
        FAIL() << "a communicator without a device";
    } catch (const Error& error) {
        EXPECT_EQ(error.exit_code(), 6);
        EXPECT_THAT(error.what(), ::testing::HasSubstr("cuda")) << "names the call that failed";
    }
    try {
        static_cast<void>(select_device(&api(), 0, 1));
        FAIL() << "a device";
    } catch (const Error& error) {
        EXPECT_EQ(error.exit_code(), 6);
        EXPECT_THAT(error.what(), ::testing::HasSubstr("no GPU: "));
    }
    host().barrier(); // the ranks are as well as before
}

} // namespace
} // namespace suite::dist::testing
