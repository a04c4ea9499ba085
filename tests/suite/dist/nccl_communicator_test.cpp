#include "suite/dist/nccl_communicator.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/suite/dist/recording_api.hpp"

namespace suite::dist {
namespace {

using test::RecordingApi;
using testing::ElementsAre;
using testing::HasSubstr;

/// The host side of a rank whose peers do as it does: sums of equal parts, an id from rank 0.
class EchoHost final : public Communicator {
public:
    EchoHost(int rank, int size) : rank_(rank), size_(size) {}
    int broadcasts = 0;
    int aborted_with = -1;

    [[nodiscard]] Backend backend() const noexcept override { return Backend::mpi; }
    [[nodiscard]] int rank() const noexcept override { return rank_; }
    [[nodiscard]] int size() const noexcept override { return size_; }
    void broadcast(Buffer values, int root) override {
        ++broadcasts;
        if (root != rank_ && values.element == Element::byte) {
            std::fill_n(static_cast<std::byte*>(values.data), values.count, std::byte{9});
        }
    }
    void all_reduce(Buffer, Reduction) override {}
    Request start_all_reduce(Buffer, Reduction) override { return {}; }
    void all_gather(Buffer, Buffer) override {}
    void exchange(Buffer, Buffer, int) override {}
    void barrier() override {}
    void abort(int exit_code) noexcept override { aborted_with = exit_code; }

private:
    int rank_;
    int size_;
};

/// A communicator over the recorder with a clock that tests move.
struct Rig {
    RecordingApi api;
    EchoHost host;
    double seconds = 0.0;
    double seconds_per_look = 0.0;
    std::unique_ptr<Communicator> communicator;
    std::array<float, 4> values{};

    explicit Rig(int rank = 0, int size = 2) : host(rank, size) {}
    void make() {
        communicator = make_nccl(api, host,
                                 {.device = 1,
                                  .deadline_seconds = 10.0,
                                  .watch_seconds = 0.0,
                                  .current_stream = [] { return StreamHandle{}; },
                                  .clock = [this] { return seconds += seconds_per_look; }});
        communicator->set_phase("train", 17);
        api.forget();
    }
};

/// What `call` throws; fails when it throws nothing.
Error thrown_by(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error;
    }
    ADD_FAILURE() << "no error";
    return {ErrorKind::usage, Fault{}};
}

TEST(NcclCommunicator, JoinsWithTheIdOfRankZero) {
    Rig first;
    first.communicator = make_nccl(first.api, first.host, {.watch_seconds = 0.0});
    EXPECT_THAT(first.api.calls(), ElementsAre("create_stream urgent", "create_event", "allocate_device",
                                               "make_id", "comm_init 0 of 2 id 7"));
    Rig second(1);
    second.communicator = make_nccl(second.api, second.host, {.watch_seconds = 0.0});
    EXPECT_EQ(second.api.count("make_id"), 0);
    EXPECT_EQ(second.api.count("comm_init 1 of 2 id 9"), 1) << "the id that the host broadcast";
    EXPECT_EQ(second.communicator->backend(), Backend::nccl);
    EXPECT_EQ(second.communicator->rank(), 1);
    EXPECT_EQ(second.communicator->size(), 2);
}

// Handles: #1 the communicator's stream, #2 "the caller is ready", #3 a barrier's memory, #4 the first
// "done".
TEST(NcclCommunicator, OrdersItsStreamBehindTheCallersAndTheCallersBehindTheResult) {
    Rig rig;
    rig.make();
    Request request = rig.communicator->start_all_reduce(buffer(std::span(rig.values)), Reduction::sum);
    EXPECT_THAT(rig.api.calls(),
                ElementsAre("create_event", "record_event #2 on default", "stream_wait_event #1 for #2",
                            "all_reduce 4 on #1", "record_event #3 on #1"));
    rig.api.forget();
    request.wait();
    EXPECT_THAT(rig.api.calls(),
                ElementsAre("query_event", "stream_wait_event default for #3", "destroy_event"));
}

TEST(NcclCommunicator, ARequestIsWaitedForWithoutBlockingTheHost) {
    Rig rig;
    rig.make();
    Request request = rig.communicator->start_all_reduce(buffer(std::span(rig.values)), Reduction::sum);
    rig.api.events_pending = -1;
    EXPECT_FALSE(request.advance());
    request.wait(); // returns although the device is not done: only the stream is ordered
    EXPECT_FALSE(request.is_pending());
    rig.api.events_pending = 0;
}

TEST(NcclCommunicator, SeveralRequestsMayBeWaitedForInAnyOrder) {
    Rig rig;
    rig.make();
    const Buffer values = buffer(std::span(rig.values));
    Request a = rig.communicator->start_all_reduce(values, Reduction::sum);
    Request b = rig.communicator->start_all_reduce(values, Reduction::maximum);
    b.wait();
    a.wait();
    EXPECT_EQ(rig.api.count("stream_wait_event default for #4"), 1);
    EXPECT_EQ(rig.api.count("stream_wait_event default for #3"), 1);
}

TEST(NcclCommunicator, BlockingCallsReturnWhenTheHostSeesTheResult) {
    Rig rig;
    rig.make();
    const std::vector<std::function<void()>> calls{
        [&] { rig.communicator->all_reduce(buffer(std::span(rig.values)), Reduction::minimum); },
        [&] { rig.communicator->broadcast(buffer(std::span(rig.values)), 1); },
        [&] { rig.communicator->all_gather(buffer(std::span(rig.values)), buffer(std::span(rig.values))); },
        [&] { rig.communicator->exchange(buffer(std::span(rig.values)), buffer(std::span(rig.values)), 1); },
        [&] { rig.communicator->barrier(); }};
    for (const auto& call : calls) {
        rig.api.events_pending = 5;
        call();
        EXPECT_EQ(rig.api.events_pending, 0);
    }
    EXPECT_EQ(rig.api.count("broadcast 4 from 1"), 1);
    EXPECT_EQ(rig.api.count("all_gather 4"), 1);
}

TEST(NcclCommunicator, ExchangesInAGroup) {
    Rig rig;
    rig.make();
    rig.communicator->exchange(buffer(std::span(rig.values)), buffer(std::span(rig.values)), 1);
    const auto calls = rig.api.calls();
    const auto first = std::ranges::find(calls, "group_start");
    ASSERT_NE(first, calls.end());
    EXPECT_EQ(std::vector(first, first + 4),
              (std::vector<std::string>{"group_start", "send 4 to 1", "receive 4 from 1", "group_end"}));
}

TEST(NcclCommunicator, ExchangesWithItselfByACopy) {
    Rig rig;
    rig.make();
    rig.communicator->exchange(buffer(std::span(rig.values)), buffer(std::span(rig.values)), 0);
    EXPECT_EQ(rig.api.count("copy 16 on #1"), 1);
    EXPECT_EQ(rig.api.count("send"), 0);
}

TEST(NcclCommunicator, CallsNothingForNothing) {
    Rig rig;
    rig.make();
    const Buffer none{nullptr, 0, Element::float32};
    rig.communicator->all_reduce(none, Reduction::sum);
    rig.communicator->broadcast(none, 0);
    rig.communicator->all_gather(none, none);
    rig.communicator->exchange(none, none, 1);
    EXPECT_THAT(rig.api.calls(), testing::IsEmpty());
}

TEST(NcclCommunicator, BytesHaveNoSum) {
    Rig rig;
    rig.make();
    std::array<std::byte, 2> bytes{};
    const Error error =
        thrown_by([&] { rig.communicator->all_reduce(buffer(std::span(bytes)), Reduction::sum); });
    EXPECT_EQ(error.exit_code(), 2);
}

TEST(NcclCommunicator, AsksUntilACallInProgressWasTakenIn) {
    Rig rig;
    rig.make();
    rig.api.nccl_results["all_reduce"] = NcclResult::in_progress;
    rig.api.async_errors = {NcclResult::success, NcclResult::in_progress, NcclResult::in_progress,
                            NcclResult::success};
    Request request = rig.communicator->start_all_reduce(buffer(std::span(rig.values)), Reduction::sum);
    request.wait();
    EXPECT_EQ(rig.api.async_errors.size(), 1U);
    EXPECT_EQ(rig.api.count("comm_abort"), 0);
}

// ---------------------------------------------------------------- errors

/// After a failure: aborted once, never used again, every call throws the same.
void expect_broken(Rig& rig) {
    EXPECT_EQ(rig.api.count("comm_abort"), 1);
    const Error again = thrown_by([&] { rig.communicator->barrier(); });
    EXPECT_EQ(again.exit_code(), 8);
    rig.communicator.reset();
    EXPECT_EQ(rig.api.count("comm_abort"), 1);
    EXPECT_EQ(rig.api.count("comm_finalize"), 0) << "an aborted communicator is gone";
    EXPECT_EQ(rig.api.alive(), 0);
}

class FailingCall : public testing::TestWithParam<std::string> {};

TEST_P(FailingCall, AbortsAndNamesRankHostDevicePhaseAndStep) {
    Rig rig;
    rig.make();
    rig.api.nccl_results[GetParam()] = NcclResult::remote_error;
    const Buffer values = buffer(std::span(rig.values));
    const Error error = thrown_by([&] {
        rig.communicator->all_reduce(values, Reduction::sum);
        rig.communicator->broadcast(values, 0);
        rig.communicator->all_gather(values, values);
        rig.communicator->exchange(values, values, 1);
    });
    EXPECT_EQ(error.exit_code(), 8);
    EXPECT_THAT(error.what(), HasSubstr("rank 0 on "));
    EXPECT_THAT(error.what(), HasSubstr(", device 1, train, step 17: found nccl"));
    EXPECT_THAT(error.what(), HasSubstr("nccl error 6"));
    if (rig.api.count("group_start") > 0) {
        EXPECT_EQ(rig.api.count("group_end"), 1) << "a group must not stay open";
    }
    expect_broken(rig);
}

INSTANTIATE_TEST_SUITE_P(Calls, FailingCall,
                         testing::Values("all_reduce", "broadcast", "all_gather", "group_start", "send",
                                         "receive", "group_end"));

TEST(NcclFailure, ASilentPeerIsGivenUpAtTheDeadline) {
    Rig rig;
    rig.make();
    rig.seconds_per_look = 0.5;
    rig.api.events_pending = -1;
    const Error error = thrown_by([&] { rig.communicator->barrier(); });
    EXPECT_EQ(error.exit_code(), 8);
    EXPECT_THAT(error.what(), HasSubstr("ncclAllReduce still under way after 1"));
    EXPECT_GE(rig.seconds, 10.0);
    EXPECT_LE(rig.seconds, 20.0);
    rig.api.events_pending = 0;
    expect_broken(rig);
}

TEST(NcclFailure, ACallThatIsNeverTakenInIsGivenUpAtTheDeadline) {
    Rig rig;
    rig.make();
    rig.seconds_per_look = 0.5;
    rig.api.nccl_results["broadcast"] = NcclResult::in_progress;
    rig.api.async_errors = {NcclResult::in_progress};
    const Error error = thrown_by([&] { rig.communicator->broadcast(buffer(std::span(rig.values)), 0); });
    EXPECT_EQ(error.exit_code(), 8);
    EXPECT_THAT(error.what(), HasSubstr("ncclBroadcast still under way"));
    expect_broken(rig);
}

TEST(NcclFailure, AnErrorOfAPeerIsNoticedByTheNextCall) {
    Rig rig;
    rig.make();
    Request request = rig.communicator->start_all_reduce(buffer(std::span(rig.values)), Reduction::sum);
    rig.api.async_errors = {NcclResult::remote_error};
    const Error error = thrown_by([&] { request.wait(); });
    EXPECT_EQ(error.exit_code(), 8);
    EXPECT_THAT(error.what(), HasSubstr("ncclAllReduce: nccl error 6"));
    expect_broken(rig);
}

TEST(NcclFailure, ADeviceErrorIsNoticedByTheNextCall) {
    Rig rig;
    rig.make();
    Request request = rig.communicator->start_all_reduce(buffer(std::span(rig.values)), Reduction::sum);
    rig.api.cuda_results["query_event"] = static_cast<CudaResult>(719);
    const Error error = thrown_by([&] { static_cast<void>(request.advance()); });
    EXPECT_EQ(error.exit_code(), 8);
    EXPECT_THAT(error.what(), HasSubstr("cuda error 719"));
}

// No call is made any more: the host hangs in a wait for its stream, which only an abort ends.
TEST(NcclFailure, TheWatchFreesAHostThatWaitsForItsStream) {
    Rig rig;
    rig.communicator = make_nccl(rig.api, rig.host, {.deadline_seconds = 0.02, .watch_seconds = 0.001});
    Request request = rig.communicator->start_all_reduce(buffer(std::span(rig.values)), Reduction::sum);
    rig.api.events_pending = -1;
    request.wait();
    for (int i = 0; i < 5000 && rig.api.count("comm_abort") == 0; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_EQ(rig.api.count("comm_abort"), 1);
    EXPECT_EQ(thrown_by([&] { rig.communicator->barrier(); }).exit_code(), 8);
}

class FailingStart : public testing::TestWithParam<std::string> {};

TEST_P(FailingStart, EndsWithTheEnvironmentsCodeAndLeavesNothingBehind) {
    Rig rig;
    rig.api.cuda_results[GetParam()] = static_cast<CudaResult>(2);
    rig.api.nccl_results[GetParam()] = NcclResult::system_error;
    const Error error = thrown_by([&] { rig.make(); });
    EXPECT_EQ(error.exit_code(), 6);
    EXPECT_EQ(rig.api.alive(), 0);
    EXPECT_EQ(rig.api.count("comm_abort"), GetParam() == "comm_init" ? 1 : 0);
}

INSTANTIATE_TEST_SUITE_P(Calls, FailingStart,
                         testing::Values("create_stream", "create_event", "allocate_device", "make_id",
                                         "comm_init"));

TEST(NcclFailure, PeersThatNeverJoinAreGivenUpBeforeTheHostsDeadline) {
    Rig rig;
    rig.seconds_per_look = 0.5;
    rig.api.nccl_results["comm_init"] = NcclResult::in_progress;
    rig.api.async_errors = {NcclResult::in_progress};
    const Error error = thrown_by([&] { rig.make(); });
    EXPECT_EQ(error.exit_code(), 6);
    EXPECT_LE(rig.seconds, 7.0) << "half of the ten seconds that ranks wait for each other";
    EXPECT_EQ(rig.api.count("comm_abort"), 1);
}

// ---------------------------------------------------------------- the end

TEST(NcclEnd, FinalisesBeforeItDestroys) {
    Rig rig;
    rig.make();
    rig.api.nccl_results["comm_finalize"] = NcclResult::in_progress;
    rig.api.async_errors = {NcclResult::in_progress, NcclResult::success};
    rig.communicator.reset();
    EXPECT_THAT(rig.api.calls(), ElementsAre("comm_finalize", "comm_destroy", "free_device", "destroy_event",
                                             "destroy_stream"));
    EXPECT_EQ(rig.api.alive(), 0);
}

TEST(NcclEnd, APeerThatIsGoneDoesNotHoldItUp) {
    Rig rig;
    rig.make();
    rig.seconds_per_look = 1.0;
    rig.api.nccl_results["comm_finalize"] = NcclResult::in_progress;
    rig.api.async_errors = {NcclResult::in_progress};
    rig.communicator.reset();
    EXPECT_EQ(rig.api.count("comm_abort"), 1);
    EXPECT_EQ(rig.api.count("comm_destroy"), 0);
    EXPECT_EQ(rig.api.alive(), 0);
}

TEST(NcclEnd, AbortEndsTheDevicesPartFirst) {
    Rig rig;
    rig.make();
    rig.communicator->abort(9);
    EXPECT_EQ(rig.api.count("comm_abort"), 1);
    EXPECT_EQ(rig.host.aborted_with, 9);
}

} // namespace
} // namespace suite::dist
