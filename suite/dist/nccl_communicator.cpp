#include "suite/dist/nccl_communicator.hpp"

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "suite/base/clock.hpp"
#include "suite/base/files.hpp"
#include "suite/base/log.hpp"
#include "suite/dist/deferred_failure.hpp"
#include "suite/dist/device.hpp"

namespace suite::dist {
namespace {

/// Between two looks at something that is under way: short enough not to cost a collective its speed.
void pause() {
    std::this_thread::sleep_for(std::chrono::microseconds(20));
}

/// A collective that was started: which, since when, and the event behind it.
struct Started {
    std::string call;
    double since_seconds = 0.0;
    Event done;
};

class NcclCommunicator final : public Communicator {
public:
    NcclCommunicator(NcclApi& api, Communicator& host, NcclOptions options);
    ~NcclCommunicator() override;

    /// Not collective among themselves: between them all ranks agree.
    void prepare();
    void join(const NcclId& id);
    void watch();

    [[nodiscard]] Backend backend() const noexcept override { return Backend::nccl; }
    [[nodiscard]] int rank() const noexcept override { return host_.rank(); }
    [[nodiscard]] int size() const noexcept override { return host_.size(); }
    void broadcast(Buffer values, int root) override;
    void all_reduce(Buffer values, Reduction reduction) override;
    Request start_all_reduce(Buffer values, Reduction reduction) override;
    void all_gather(Buffer mine, Buffer all) override;
    void exchange(Buffer out, Buffer in, int peer) override;
    void barrier() override;
    [[nodiscard]] Communicator& host() noexcept override { return host_; }
    void abort(int exit_code) noexcept override;

    void wait_for(const Started& started);
    bool advance(const Started& started);

private:
    NcclApi& api_;
    Communicator& host_;
    NcclOptions options_;
    Stream stream_;
    Event ready_;
    DeviceMemory token_; ///< what a barrier adds up
    NcclHandle comm_ = nullptr;
    /// Half of the limit until all ranks joined: those that failed wait in agree() for those that try.
    double deadline_seconds_;

    std::mutex mutex_;                   ///< of all below, and of every NCCL call on comm_
    std::optional<std::string> failure_; ///< what was found first
    std::deque<std::shared_ptr<Started>> under_way_;
    std::condition_variable_any stopped_;
    std::jthread watcher_;

    [[nodiscard]] double now() const { return options_.clock ? options_.clock() : monotonic_seconds(); }
    [[nodiscard]] StreamHandle current_stream() const {
        return options_.current_stream ? options_.current_stream() : nullptr;
    }
    [[nodiscard]] std::string where() const;
    void fail(const std::string& found);
    void throw_if_failed() const;
    void settle(std::string_view call, NcclResult result, double since);
    void look();
    template<typename Call>
    std::shared_ptr<Started> start(std::string call, const Call& enqueue);
    void finish(const Started& started);
    void finalize() noexcept;
};

/// Holds what a request waits for; the communicator may end first only by an abort.
class NcclWork final : public Request::Work {
public:
    NcclWork(NcclCommunicator& communicator, std::shared_ptr<Started> started)
        : communicator_(communicator), started_(std::move(started)) {}
    void wait() override { communicator_.wait_for(*started_); }
    bool advance() override { return communicator_.advance(*started_); }

private:
    NcclCommunicator& communicator_;
    std::shared_ptr<Started> started_;
};

// ---------------------------------------------------------------- life

NcclCommunicator::NcclCommunicator(NcclApi& api, Communicator& host, NcclOptions options)
    : api_(api),
      host_(host),
      options_(std::move(options)),
      deadline_seconds_(options_.deadline_seconds / 2) {}

void NcclCommunicator::prepare() {
    stream_ = make_stream(api_, true);
    ready_ = make_event(api_);
    token_ = make_device_memory(api_, sizeof(float));
}

void NcclCommunicator::join(const NcclId& id) {
    const std::scoped_lock lock(mutex_);
    const double since = now();
    const NcclResult result = api_.comm_init(comm_, size(), id, rank());
    try {
        settle("ncclCommInitRankConfig", result, since);
    } catch (const Error& error) {
        throw Error(ErrorKind::environment, error.faults());
    }
    deadline_seconds_ = options_.deadline_seconds;
}

void NcclCommunicator::watch() {
    if (options_.watch_seconds <= 0.0) {
        return;
    }
    watcher_ = std::jthread([this](const std::stop_token& stop) {
        static_cast<void>(api_.set_device(options_.device)); // or the runtime would wake device 0
        std::unique_lock lock(mutex_);
        const auto interval = std::chrono::duration<double>(options_.watch_seconds);
        while (!stopped_.wait_for(lock, stop, interval, [&] { return stop.stop_requested(); })) {
            look();
        }
    });
}

NcclCommunicator::~NcclCommunicator() {
    watcher_ = {}; // ends before what it looks at
    finalize();
}

void NcclCommunicator::finalize() noexcept {
    const std::scoped_lock lock(mutex_);
    if (comm_ == nullptr) {
        return;
    }
    try {
        settle("ncclCommFinalize", api_.comm_finalize(comm_), now());
        if (const NcclResult result = api_.comm_destroy(comm_); result != NcclResult::success) {
            log_warning("ncclCommDestroy: " + api_.text(result, nullptr));
        }
        comm_ = nullptr;
    } catch (const std::exception& error) {
        log_warning(error.what()); // settle() aborted the communicator
    }
}

void NcclCommunicator::abort(int exit_code) noexcept {
    {
        const std::scoped_lock lock(mutex_);
        if (comm_ != nullptr) {
            static_cast<void>(api_.comm_abort(std::exchange(comm_, nullptr)));
        }
    }
    host_.abort(exit_code);
}

// ---------------------------------------------------------------- failure

std::string NcclCommunicator::where() const {
    return fmt::format("rank {} on {}, device {}, {}, step {}", rank(), this_process().host, options_.device,
                       phase(), step());
}

/// Keeps the first failure and frees the device from collectives that will never end.
void NcclCommunicator::fail(const std::string& found) {
    if (failure_) {
        return;
    }
    failure_ = found;
    under_way_.clear();
    if (comm_ != nullptr) {
        static_cast<void>(api_.comm_abort(std::exchange(comm_, nullptr)));
    }
}

void NcclCommunicator::throw_if_failed() const {
    if (failure_) {
        throw Error(
            ErrorKind::peer,
            {where(), *failure_, fmt::format("all {} ranks to take part", size()),
             "see the messages of the other ranks; the same command goes on from the last checkpoint"});
    }
}

/// Until NCCL has taken in a call that it answered with `result`.
void NcclCommunicator::settle(std::string_view call, NcclResult result, double since) {
    while (result == NcclResult::in_progress) {
        if (now() - since > deadline_seconds_) {
            fail(fmt::format("{} still under way after {:.0f} s", call, now() - since));
            throw_if_failed();
        }
        if (api_.comm_async_error(comm_, result) != NcclResult::success) {
            result = NcclResult::internal_error;
        }
        if (result == NcclResult::in_progress) {
            pause();
        }
    }
    if (result != NcclResult::success) {
        fail(fmt::format("{}: {}", call, api_.text(result, comm_)));
    }
    throw_if_failed();
}

/// One look at what is under way. Under the mutex; notes a failure, throws nothing.
void NcclCommunicator::look() {
    if (comm_ == nullptr) {
        return;
    }
    NcclResult state = NcclResult::success;
    if (api_.comm_async_error(comm_, state) != NcclResult::success ||
        (state != NcclResult::success && state != NcclResult::in_progress)) {
        fail(fmt::format("{}: {}", under_way_.empty() ? "NCCL" : under_way_.front()->call,
                         api_.text(state, comm_)));
        return;
    }
    while (!under_way_.empty()) {
        const CudaResult result = api_.query_event(under_way_.front()->done.get());
        if (result == CudaResult::success) {
            under_way_.pop_front(); // one stream: the oldest ends first
            continue;
        }
        const double silence = now() - under_way_.front()->since_seconds;
        if (result != CudaResult::not_ready) {
            fail(fmt::format("{}: {}", under_way_.front()->call, api_.text(result)));
        } else if (silence > deadline_seconds_) {
            fail(fmt::format("{} still under way after {:.0f} s", under_way_.front()->call, silence));
        }
        return;
    }
}

// ---------------------------------------------------------------- collectives

/// Orders the communicator's stream behind the caller's, lets `enqueue` call NCCL and marks the end by an
/// event.
template<typename Call>
std::shared_ptr<Started> NcclCommunicator::start(std::string call, const Call& enqueue) {
    const std::scoped_lock lock(mutex_);
    look();
    throw_if_failed();
    auto started = std::make_shared<Started>(Started{std::move(call), now(), make_event(api_)});
    check_cuda(api_, api_.record_event(ready_.get(), current_stream()), "cudaEventRecord");
    check_cuda(api_, api_.stream_wait_event(stream_.get(), ready_.get()), "cudaStreamWaitEvent");
    settle(started->call, enqueue(), started->since_seconds);
    check_cuda(api_, api_.record_event(started->done.get(), stream_.get()), "cudaEventRecord");
    under_way_.push_back(started);
    return started;
}

/// Until the host, too, sees the result.
void NcclCommunicator::finish(const Started& started) {
    wait_for(started);
    while (!advance(started)) {
        pause();
    }
}

void NcclCommunicator::wait_for(const Started& started) {
    const std::scoped_lock lock(mutex_);
    look();
    throw_if_failed();
    check_cuda(api_, api_.stream_wait_event(current_stream(), started.done.get()), "cudaStreamWaitEvent");
}

bool NcclCommunicator::advance(const Started& started) {
    const std::scoped_lock lock(mutex_);
    look();
    throw_if_failed();
    return api_.query_event(started.done.get()) == CudaResult::success;
}

Request NcclCommunicator::start_all_reduce(Buffer values, Reduction reduction) {
    if (values.element == Element::byte) {
        throw Error(ErrorKind::usage, {"all_reduce", "bytes", "elements that have a sum", ""});
    }
    if (values.count == 0) {
        return {};
    }
    auto started =
        start("ncclAllReduce", [&] { return api_.all_reduce(values, reduction, comm_, stream_.get()); });
    return Request(std::make_unique<NcclWork>(*this, std::move(started)));
}

void NcclCommunicator::all_reduce(Buffer values, Reduction reduction) {
    Request request = start_all_reduce(values, reduction);
    while (!request.advance()) {
        pause();
    }
    request.wait();
}

void NcclCommunicator::broadcast(Buffer values, int root) {
    if (values.count > 0) {
        finish(*start("ncclBroadcast", [&] { return api_.broadcast(values, root, comm_, stream_.get()); }));
    }
}

void NcclCommunicator::all_gather(Buffer mine, Buffer all) {
    if (mine.count > 0) {
        finish(*start("ncclAllGather", [&] { return api_.all_gather(mine, all, comm_, stream_.get()); }));
    }
}

void NcclCommunicator::exchange(Buffer out, Buffer in, int peer) {
    if (out.count == 0) {
        return;
    }
    if (peer == rank()) {
        finish(*start("cudaMemcpyAsync", [&] {
            check_cuda(api_, api_.copy(in.data, out.data, out.bytes(), stream_.get()), "cudaMemcpyAsync");
            return NcclResult::success;
        }));
        return;
    }
    // In a group, or both sides would wait for the other's receive.
    finish(*start("ncclSend and ncclRecv", [&] {
        const NcclResult opened = api_.group_start();
        const NcclResult sent = api_.send(out, peer, comm_, stream_.get());
        const NcclResult received = api_.receive(in, peer, comm_, stream_.get());
        const NcclResult closed = api_.group_end(); // also after a failure: the group must not stay open
        for (const NcclResult result : {opened, sent, received}) {
            if (result != NcclResult::success && result != NcclResult::in_progress) {
                return result;
            }
        }
        return closed;
    }));
}

void NcclCommunicator::barrier() {
    all_reduce({token_.get(), 1, Element::float32}, Reduction::sum);
}

} // namespace

std::unique_ptr<Communicator> make_nccl(NcclApi& api, Communicator& host, NcclOptions options) {
    NcclId id{};
    auto communicator = std::make_unique<NcclCommunicator>(api, host, std::move(options));
    run_collectively(host, [&] {
        communicator->prepare();
        if (host.rank() == 0) {
            if (const NcclResult result = api.make_id(id); result != NcclResult::success) {
                throw Error(ErrorKind::environment, {"ncclGetUniqueId", api.text(result, nullptr), "an id",
                                                     "see NCCL_SOCKET_IFNAME and NCCL_DEBUG=INFO"});
            }
        }
    });
    host.broadcast(buffer(std::span<std::byte>(id)), 0);
    run_collectively(host, [&] { communicator->join(id); });
    communicator->watch();
    return communicator;
}

} // namespace suite::dist
