#include "suite/dist/staging.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/suite/dist/recording_api.hpp"

namespace suite::dist {
namespace {

using test::RecordingApi;
using testing::ElementsAre;

constexpr StreamHandle compute = nullptr;

struct StagingRig {
    RecordingApi api;
    StagedUpload upload{api};
    std::vector<std::byte> a = std::vector<std::byte>(4, std::byte{1});
    std::vector<std::byte> b = std::vector<std::byte>(4, std::byte{2});
    std::vector<std::byte> c = std::vector<std::byte>(4, std::byte{3});

    StagingRig() { api.forget(); }
    std::byte taken(const std::vector<std::byte>& values) {
        return *static_cast<const std::byte*>(upload.take(values, compute));
    }
};

// Handles: #1 the copy stream; #2 copied, #3 used of the first slot; #4, #5 of the second.
TEST(StagedUpload, OrdersCopyBeforeUseAndUseBeforeTheNextCopy) {
    StagingRig rig;
    EXPECT_EQ(rig.taken(rig.a), std::byte{1});
    rig.upload.release(compute);
    EXPECT_THAT(rig.api.calls(),
                ElementsAre("query_event", "allocate_pinned", "allocate_device",
                            "stream_wait_event #1 for #3", "copy 4 on #1", "record_event #2 on #1",
                            "stream_wait_event default for #2", "record_event #3 on default"));
}

TEST(StagedUpload, CopiesTheNextBatchWhileThisOneIsUsed) {
    StagingRig rig;
    EXPECT_EQ(rig.taken(rig.a), std::byte{1});
    rig.upload.begin(rig.b);
    EXPECT_EQ(rig.api.count("copy"), 2);
    rig.upload.release(compute);
    EXPECT_EQ(rig.taken(rig.b), std::byte{2});
    EXPECT_EQ(rig.api.count("copy"), 2) << "what was begun is not copied again";
    rig.upload.begin(rig.c);
    rig.upload.release(compute);
    EXPECT_EQ(rig.taken(rig.c), std::byte{3});
    EXPECT_EQ(rig.api.count("allocate"), 4) << "two slots, made once";
}

TEST(StagedUpload, KeepsTheNextOneWhenTheFirstWasNotAnnounced) {
    StagingRig rig;
    rig.upload.begin(rig.b);
    EXPECT_EQ(rig.taken(rig.a), std::byte{1});
    rig.upload.release(compute);
    EXPECT_EQ(rig.taken(rig.b), std::byte{2});
    EXPECT_EQ(rig.api.count("copy"), 2);
}

TEST(StagedUpload, ForgetsWhatItsArrayHeldBefore) {
    StagingRig rig;
    rig.upload.begin(rig.a);
    rig.upload.forget();
    rig.a[0] = std::byte{9};
    EXPECT_EQ(rig.taken(rig.a), std::byte{9});
}

TEST(StagedUpload, TheArrayMayBeWrittenOnceBeginReturned) {
    StagingRig rig;
    rig.upload.begin(rig.a);
    rig.a[0] = std::byte{9};
    EXPECT_EQ(rig.taken(rig.a), std::byte{1});
}

TEST(StagedUpload, TakesWhatComesWhenSomethingElseWasAnnounced) {
    StagingRig rig;
    rig.upload.begin(rig.a);
    rig.upload.begin(rig.b);
    rig.upload.begin(rig.c); // both slots are busy: no copy
    EXPECT_EQ(rig.api.count("copy"), 2);
    EXPECT_EQ(rig.taken(rig.c), std::byte{3});
    rig.upload.release(compute);
    EXPECT_EQ(rig.taken(rig.a), std::byte{1});
}

TEST(StagedUpload, WaitsUntilPinnedMemoryMayBeWrittenAgain) {
    StagingRig rig;
    for (int i = 0; i < 2; ++i) {
        static_cast<void>(rig.taken(rig.a));
        rig.upload.release(compute);
    }
    rig.api.events_pending = 3;
    static_cast<void>(rig.taken(rig.b));
    EXPECT_EQ(rig.api.events_pending, 0);
}

TEST(StagedUpload, NamesACallThatFails) {
    StagingRig rig;
    rig.api.cuda_results["copy"] = static_cast<CudaResult>(700);
    try {
        static_cast<void>(rig.upload.take(rig.a, compute));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.exit_code(), 6);
        EXPECT_THAT(error.what(), testing::HasSubstr("cudaMemcpyAsync: found cuda error 700"));
    }
}

} // namespace
} // namespace suite::dist
