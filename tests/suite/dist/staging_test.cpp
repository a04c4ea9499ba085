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
    PinnedResource memory{api};
    StagedUpload upload{memory};
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
                ElementsAre("query_event", "allocate_device", "set_device 0", "allocate_pinned",
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

TEST(StagedUpload, ForgetsWhatIsDoneWith) {
    StagingRig rig;
    rig.upload.begin(rig.a);
    rig.upload.done_with(rig.a);
    rig.a[0] = std::byte{9};
    EXPECT_EQ(rig.taken(rig.a), std::byte{9});
}

TEST(StagedUpload, CopiesPinnedArraysFromWhereTheyLie) {
    StagingRig rig;
    const std::pmr::vector<std::byte> pinned(4, std::byte{5}, &rig.memory);
    rig.api.forget();
    EXPECT_EQ(*static_cast<const std::byte*>(rig.upload.take(pinned, compute)), std::byte{5});
    rig.upload.release(compute);
    rig.upload.done_with(pinned);
    EXPECT_THAT(rig.api.calls(),
                ElementsAre("query_event", "allocate_device", "stream_wait_event #1 for #3", "copy 4 on #1",
                            "record_event #2 on #1", "stream_wait_event default for #2",
                            "record_event #3 on default", "query_event"));
}

TEST(StagedUpload, ReturnsAPinnedArrayOnceItsCopyHasEnded) {
    StagingRig rig;
    rig.api.late_copies = true;
    std::pmr::vector<std::byte> next(4, std::byte{6}, &rig.memory);
    rig.upload.begin(next);
    rig.api.events_pending = 3;
    rig.upload.done_with(rig.a); // which was never begun: no reason to wait
    EXPECT_EQ(rig.api.events_pending, 3);
    rig.upload.done_with(next);
    EXPECT_EQ(rig.api.events_pending, 0);
    next[0] = std::byte{7};
    EXPECT_EQ(*static_cast<const std::byte*>(rig.upload.take(next, compute)), std::byte{7});
}

TEST(StagedUpload, ArraysMayBeFreedOnceItIsGone) {
    RecordingApi api;
    api.late_copies = true;
    {
        PinnedResource memory(api);
        const std::pmr::vector<std::byte> first(4, std::byte{1}, &memory);
        const std::pmr::vector<std::byte> second(4, std::byte{2}, &memory);
        StagedUpload upload(memory);
        upload.begin(first);
        upload.begin(second);
        api.events_pending = 2;
    }
    EXPECT_EQ(api.lost_copies(), 0);
    EXPECT_EQ(api.alive(), 0);
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

TEST(StagedUpload, NamesACallThatFailsAndLeaksNothing) {
    for (const auto& [call, words] : {std::pair{"copy", "cudaMemcpyAsync: found cuda error 700"},
                                      {"record_event", "cudaEventRecord: found cuda error 700"},
                                      {"query_event", "copying a batch to the device: found cuda error 700"},
                                      {"stream_wait_event", "cudaStreamWaitEvent: found cuda error 700"},
                                      {"allocate_device", "cudaMalloc(4 bytes): found cuda error 700"},
                                      {"allocate_pinned", "cudaHostAlloc(4 bytes): found cuda error 700"},
                                      {"set_device", "cudaSetDevice(0): found cuda error 700"}}) {
        RecordingApi api;
        {
            PinnedResource memory(api);
            StagedUpload upload(memory);
            const std::vector<std::byte> values(4);
            api.cuda_results[call] = static_cast<CudaResult>(700);
            try {
                static_cast<void>(upload.take(values, compute));
                ADD_FAILURE() << "no error";
            } catch (const Error& error) {
                EXPECT_EQ(error.exit_code(), 6);
                EXPECT_THAT(error.what(), testing::HasSubstr(words));
            }
        }
        EXPECT_EQ(api.alive(), 0) << call;
    }
}

} // namespace
} // namespace suite::dist
