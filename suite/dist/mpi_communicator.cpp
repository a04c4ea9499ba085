#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <mpi.h>
#include <sched.h>
#include <unistd.h>

#include "suite/base/clock.hpp"
#include "suite/base/log.hpp"
#include "suite/dist/combine.hpp"
#include "suite/dist/mpi.hpp"
#include "suite/dist/mpi_operations.hpp"
#include "suite/dist/patience.hpp"
#include "suite/dist/peers.hpp"
#include "suite/dist/watchdog.hpp"

namespace suite::dist {
namespace {

// Tags wrap well below the least upper bound that MPI guarantees, 32767 (MPI 3.1, section 8.1.2).
constexpr int exchange_tag = 1;
constexpr int first_collective_tag = 2;
constexpr int collective_tags = 30'000;
// How long a process that must end may take to tell the launcher.
constexpr unsigned abort_seconds = 10;

Error mpi_error(std::string found, std::string fix) {
    return {ErrorKind::environment, Fault{.where = "MPI",
                                          .found = std::move(found),
                                          .expected = "ranks started by mpirun or srun",
                                          .fix = std::move(fix)}};
}

/// MPI in this process: initialised once, finalised with the last communicator.
class Session {
public:
    static std::shared_ptr<Session> get(double deadline_seconds) {
        static std::weak_ptr<Session> current;
        std::shared_ptr<Session> session = current.lock();
        if (!session) {
            session = std::make_shared<Session>(deadline_seconds);
            current = session;
        }
        return session;
    }
    explicit Session(double deadline_seconds) : deadline_seconds_(deadline_seconds) {
        int finalized = 0;
        MPI_Finalized(&finalized);
        if (finalized != 0) {
            throw mpi_error("MPI that was finalised before",
                            "keep one communicator as long as ranks are needed");
        }
        const Watchdog watchdog(deadline_seconds_, "start of MPI");
        int provided = 0;
        const int code = MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided);
        if (code != MPI_SUCCESS || provided < MPI_THREAD_SERIALIZED) {
            throw mpi_error(code != MPI_SUCCESS ? mpi_error_text(code) : "no support for calls from threads",
                            "see transferscale doctor");
        }
    }
    ~Session() {
        if (!failed_) {
            const Watchdog watchdog(deadline_seconds_, "end of MPI");
            MPI_Finalize();
        }
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    /// Nothing waits for anybody from now on: finalising would.
    void set_failed() noexcept { failed_ = true; }

private:
    double deadline_seconds_;
    bool failed_ = false;
};

/// Peers of this host are looked at this often while a rank waits, and once more before one that is gone is
/// believed to have left something unsaid.
constexpr double look_interval_seconds = 0.05;

struct Started {
    std::unique_ptr<Operation> operation;
    bool is_done = false;
};

class MpiCommunicator final : public Communicator {
public:
    explicit MpiCommunicator(const MpiOptions& options);
    ~MpiCommunicator() override;

    [[nodiscard]] Backend backend() const noexcept override { return Backend::mpi; }
    [[nodiscard]] int rank() const noexcept override { return wire_.rank; }
    [[nodiscard]] int size() const noexcept override { return wire_.size; }
    void broadcast(Buffer values, int root) override;
    void all_reduce(Buffer values, Reduction reduction) override;
    Request start_all_reduce(Buffer values, Reduction reduction) override;
    void all_gather(Buffer mine, Buffer all) override;
    void exchange(Buffer out, Buffer in, int peer) override;
    void barrier() override;
    void abort(int exit_code) noexcept override;

    void wait(const Started& started);
    void advance();
    [[nodiscard]] bool has_failed() const noexcept { return lost_.has_value(); }

private:
    void meet_peers();
    int take_tags(int count) noexcept;
    std::shared_ptr<Started> begin(std::unique_ptr<Operation> operation);
    [[nodiscard]] std::size_t moved() const noexcept;
    void look_at_peers(const Started& started, double silent_seconds);
    void run(std::unique_ptr<Operation> operation);
    [[nodiscard]] std::unique_ptr<Operation> reduction_of(Buffer values, Reduction reduction);
    [[noreturn]] void fail(const std::string& found, const std::string& expected);

    std::shared_ptr<Session> session_;
    MpiOptions options_;
    Wire wire_;
    Peers peers_;
    ScratchPool scratch_;
    std::vector<std::shared_ptr<Started>> started_; ///< under way, the oldest first
    int next_tag_ = 0;
    std::size_t moved_before_ = 0; ///< messages of operations that are over
    bool suspects_ = false;        ///< a peer was gone at the last look
    bool has_core_ = false;        ///< the ranks of this host are not more than its cores
    std::optional<Error> lost_;    ///< once a peer is lost every call says so
};

class Reducing final : public Request::Work {
public:
    Reducing(MpiCommunicator& communicator, std::shared_ptr<Started> started)
        : communicator_(communicator), started_(std::move(started)) {}
    Reducing(const Reducing&) = delete;
    Reducing& operator=(const Reducing&) = delete;
    // The buffer may go away after this: better late than written to.
    ~Reducing() override {
        try {
            if (!started_->is_done && !communicator_.has_failed()) {
                communicator_.wait(*started_);
            }
        } catch (const std::exception& error) {
            log_error(error.what());
        }
    }
    void wait() override { communicator_.wait(*started_); }
    bool advance() override {
        communicator_.advance();
        return started_->is_done;
    }

private:
    MpiCommunicator& communicator_;
    std::shared_ptr<Started> started_;
};

MpiCommunicator::MpiCommunicator(const MpiOptions& options)
    : session_(Session::get(options.deadline_seconds)), options_(options) {
    {
        const Watchdog watchdog(options.deadline_seconds, "start of MPI");
        MPI_Comm_dup(MPI_COMM_WORLD,
                     &wire_.comm); // errors before the next line end the process: nobody to tell
    }
    MPI_Comm_set_errhandler(wire_.comm, MPI_ERRORS_RETURN);
    MPI_Comm_rank(wire_.comm, &wire_.rank);
    MPI_Comm_size(wire_.comm, &wire_.size);
    meet_peers();
}

MpiCommunicator::~MpiCommunicator() {
    if (!lost_ && started_.empty()) {
        const Watchdog watchdog(options_.deadline_seconds, "end of MPI");
        MPI_Comm_free(&wire_.comm);
    } else {
        session_->set_failed();
    }
}

void MpiCommunicator::meet_peers() {
    constexpr std::size_t longest_identity = 320; // host names have 64 bytes on Linux, numbers 20 digits
    std::vector<char> own(longest_identity, '\0');
    const std::string text = to_string(this_process());
    std::copy_n(text.begin(), std::min(text.size(), own.size() - 1), own.begin());
    std::vector<char> all(own.size() * static_cast<std::size_t>(size()));
    all_gather(buffer(std::as_writable_bytes(std::span(own))),
               buffer(std::as_writable_bytes(std::span(all))));
    std::vector<ProcessIdentity> identities;
    for (std::size_t i = 0; i < all.size(); i += own.size()) {
        identities.push_back(process_identity_from_string(std::string_view(all.data() + i)));
    }
    const auto neighbours = std::ranges::count(identities, this_process().host, &ProcessIdentity::host);
    cpu_set_t cores;
    CPU_ZERO(&cores);
    has_core_ = ::sched_getaffinity(0, sizeof(cores), &cores) != 0 || neighbours <= CPU_COUNT(&cores);
    peers_ = Peers(std::move(identities), rank());
}

int MpiCommunicator::take_tags(int count) noexcept {
    // An operation of more parts than tags has its later parts wait for the earlier ones.
    next_tag_ = next_tag_ + count > collective_tags ? 0 : next_tag_;
    const int first = first_collective_tag + next_tag_;
    next_tag_ += std::min(count, collective_tags);
    return first;
}

std::shared_ptr<Started> MpiCommunicator::begin(std::unique_ptr<Operation> operation) {
    auto started = std::make_shared<Started>();
    started->operation = std::move(operation);
    started_.push_back(started);
    return started;
}

std::size_t MpiCommunicator::moved() const noexcept {
    std::size_t sum = moved_before_;
    for (const auto& started : started_) {
        sum += started->operation->steps();
    }
    return sum;
}

// All that are under way: a peer may be waiting for another one than we are.
void MpiCommunicator::advance() {
    if (lost_) {
        throw Error(*lost_);
    }
    for (std::size_t i = 0; i < started_.size();) {
        Started& one = *started_[i];
        try {
            one.is_done = one.operation->progress();
        } catch (const WrongMessage& message) {
            fail(message.found + " from " + peers_.name_of(message.peer), message.expected);
        }
        if (one.is_done) {
            moved_before_ += one.operation->steps();
            started_.erase(started_.begin() + static_cast<std::ptrdiff_t>(i));
        } else {
            ++i;
        }
    }
}

void MpiCommunicator::wait(const Started& started) {
    Patience patience(has_core_);
    double moved_seconds = -1.0; // when the last message moved; the clock is not read before the first look
    double looked_seconds = 0.0;
    std::size_t seen = moved();
    for (advance(); !started.is_done; advance()) {
        if (const std::size_t now_moved = moved(); now_moved != seen) {
            seen = now_moved;
            moved_seconds = -1.0;
            suspects_ = false;
            patience.reset();
        }
        patience.pause();
        if (!patience.is_time_to_look()) {
            continue;
        }
        const double now = monotonic_seconds();
        moved_seconds = moved_seconds < 0.0 ? now : moved_seconds;
        if (now - looked_seconds >= look_interval_seconds) {
            looked_seconds = now;
            look_at_peers(started, now - moved_seconds);
        }
    }
}

// A peer that is gone may have said everything before: only silence between two looks is a loss.
void MpiCommunicator::look_at_peers(const Started& started, double silent_seconds) {
    const bool gone = peers_.first_gone() >= 0;
    const bool lost = gone && suspects_ && silent_seconds >= look_interval_seconds;
    suspects_ = gone;
    if (lost || silent_seconds > options_.deadline_seconds) {
        const int waiting_for = std::max(0, started.operation->waiting_for());
        fail(describe_silence(peers_, waiting_for, silent_seconds),
             fmt::format("its part in {} {}", started.operation->name() == "all-reduce" ? "an" : "a",
                         started.operation->name()));
    }
}

void MpiCommunicator::fail(const std::string& found, const std::string& expected) {
    const std::string step_text = step() < 0 ? "" : fmt::format(", step {}", step());
    lost_.emplace(
        ErrorKind::peer,
        Fault{.where = fmt::format("rank {} on {}, {}{}", rank(), this_process().host, phase(), step_text),
              .found = found,
              .expected = expected,
              .fix = "run again: finished runs are kept; see why that rank ended or was late"});
    session_->set_failed();
    throw Error(*lost_);
}

void MpiCommunicator::run(std::unique_ptr<Operation> operation) {
    const auto started = begin(std::move(operation));
    wait(*started);
}

std::unique_ptr<Operation> MpiCommunicator::reduction_of(Buffer values, Reduction reduction) {
    check_reducible(values.element);
    const int tag = take_tags(all_reduce_tags(values, size()));
    if (values.bytes() <= largest_doubled_bytes) {
        return std::make_unique<DoublingReduce>(wire_, scratch_, values, reduction, tag);
    }
    return std::make_unique<RingReduce>(wire_, scratch_, values, reduction, tag);
}

void MpiCommunicator::broadcast(Buffer values, int root) {
    if (size() > 1) {
        run(std::make_unique<TreeBroadcast>(wire_, values, root, take_tags(1)));
    }
}

void MpiCommunicator::all_reduce(Buffer values, Reduction reduction) {
    auto operation = reduction_of(values, reduction);
    if (size() > 1) {
        run(std::move(operation));
    }
}

Request MpiCommunicator::start_all_reduce(Buffer values, Reduction reduction) {
    auto operation = reduction_of(values, reduction);
    if (size() == 1) {
        return {};
    }
    return Request(std::make_unique<Reducing>(*this, begin(std::move(operation))));
}

void MpiCommunicator::all_gather(Buffer mine, Buffer all) {
    if (size() > 1) {
        run(std::make_unique<RingGather>(wire_, mine, all, take_tags(1)));
    } else if (mine.bytes() > 0) {
        std::memcpy(all.data, mine.data, mine.bytes());
    }
}

void MpiCommunicator::exchange(Buffer out, Buffer in, int peer) {
    if (peer != rank()) {
        run(std::make_unique<PairExchange>(wire_, out, in, peer, exchange_tag));
    } else if (out.bytes() > 0) {
        std::memmove(in.data, out.data, out.bytes());
    }
}

void MpiCommunicator::barrier() {
    std::array<std::int64_t, 0> nothing{};
    all_reduce(buffer(std::span(nothing)), Reduction::sum);
}

// The launcher ends the other ranks; should it not answer, this one ends all the same.
void MpiCommunicator::abort(int exit_code) noexcept {
    std::fflush(nullptr);
    ::signal(SIGALRM, SIG_DFL);
    ::alarm(abort_seconds);
    MPI_Abort(MPI_COMM_WORLD, exit_code);
    std::_Exit(exit_code);
}

} // namespace

std::unique_ptr<Communicator> make_mpi(const MpiOptions& options) {
    return std::make_unique<MpiCommunicator>(options);
}

std::string mpi_library() {
    std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
    int length = 0;
    MPI_Get_library_version(text.data(), &length);
    const std::string whole(text.data(), static_cast<std::size_t>(length));
    return whole.substr(0, whole.find(','));
}

} // namespace suite::dist
