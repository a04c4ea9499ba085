#include "suite/run/worker_process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace suite::run {
namespace {

namespace fs = std::filesystem;

constexpr const char* worker_name = "transferscale-worker";

struct Pipe {
    UniqueFd read;
    UniqueFd write;
};

// A program started without stdin or stdout gets their numbers for its pipes, and the worker would lose them.
UniqueFd above_standard(int fd) {
    UniqueFd low(fd);
    if (fd > STDERR_FILENO) {
        return low;
    }
    UniqueFd high(::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!high.valid()) {
        throw errno_error(ErrorKind::environment, "pipe", "making a pipe", errno);
    }
    return high;
}

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw errno_error(ErrorKind::environment, "pipe", "making a pipe", errno);
    }
    return {above_standard(ends[0]), above_standard(ends[1])};
}

// Run in the child between fork and exec: only async-signal-safe calls.
void die_with(pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
        ::_exit(127); // the parent died before the line above
    }
}

// What the child needs, laid out before the fork.
struct Command {
    std::vector<std::string> words;
    std::vector<std::string> variables;
    std::vector<char*> arguments;
    std::vector<char*> environment;
    bool own_group = false;

    explicit Command(const WorkerLaunch& launch)
        : words(command_of(launch)), variables(environment_of(launch)), own_group(launch.ranks > 1) {
        const auto point = [](std::vector<std::string>& texts, std::vector<char*>& pointers) {
            for (std::string& text : texts) {
                pointers.push_back(text.data());
            }
            pointers.push_back(nullptr);
        };
        point(words, arguments);
        point(variables, environment);
    }
};

[[noreturn]] void become_worker(const Command& command, int orders, int reports, pid_t scheduler) {
    die_with(scheduler);
    if (command.own_group) { // a launcher kills its ranks at the terminal's first Ctrl-C
        ::setpgid(0, 0);
    }
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    // Terminals and batch systems signal the whole group: the scheduler alone decides.
    for (const int number : {SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) {
        ::signal(number, SIG_IGN);
    }
    ::signal(SIGPIPE, SIG_DFL);
    ::dup2(orders, STDIN_FILENO);
    ::dup2(reports, STDOUT_FILENO);
    ::execve(command.arguments.front(), command.arguments.data(), command.environment.data());
    ::_exit(127);
}

} // namespace

fs::path worker_program(const fs::path& named) {
    std::vector<fs::path> candidates{named};
    if (named.empty()) {
        std::error_code error;
        const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
        candidates = {folder / worker_name, folder.parent_path() / "worker" / worker_name};
    }
    for (const fs::path& candidate : candidates) {
        if (::access(candidate.c_str(), X_OK) == 0) {
            return candidate;
        }
    }
    throw Error(ErrorKind::environment,
                Fault{.where = candidates.front().string(),
                      .found = "no worker program",
                      .expected = "transferscale-worker beside transferscale",
                      .fix = "run ./reproduce build, or name it in TRANSFERSCALE_WORKER"});
}

std::string describe_exit(int wait_status) {
    if (WIFEXITED(wait_status)) {
        return WEXITSTATUS(wait_status) == 127
                   ? "exit code 127: the program or one of its libraries was not found"
                   : fmt::format("exit code {}", WEXITSTATUS(wait_status));
    }
    const int number = WTERMSIG(wait_status);
    return fmt::format("signal {} ({}){}", number, strsignal(number),
                       number == SIGKILL ? ", perhaps out of memory" : "");
}

int run_worker(const fs::path& program, const std::vector<std::string>& arguments) {
    std::vector<std::string> words = {program.string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (std::string& word : words) {
        pointers.push_back(word.data());
    }
    pointers.push_back(nullptr);
    std::vector<std::string> variables = environment_of({});
    std::vector<char*> environment;
    for (std::string& variable : variables) {
        environment.push_back(variable.data());
    }
    environment.push_back(nullptr);
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) {
        throw errno_error(ErrorKind::environment, program, "starting a process", errno);
    }
    if (child == 0) {
        die_with(parent);
        ::execve(pointers.front(), pointers.data(), environment.data());
        ::_exit(127);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) == 127) {
        throw Error(ErrorKind::environment, Fault{.where = program.string(),
                                                  .found = describe_exit(status),
                                                  .expected = "an end with a result",
                                                  .fix = "see transferscale doctor"});
    }
    return WEXITSTATUS(status);
}

WorkerProcess::WorkerProcess(const WorkerLaunch& launch)
    : stop_signal_(launch.ranks > 1 ? SIGUSR1 : SIGTERM) {
    const Command command(launch);
    Pipe orders = make_pipe();
    Pipe reports = make_pipe();
    const pid_t scheduler = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) {
        throw errno_error(ErrorKind::environment, command.words.front(), "starting a process", errno);
    }
    if (pid_ == 0) {
        become_worker(command, orders.read.get(), reports.write.get(), scheduler);
    }
    to_worker_ = std::move(orders.write);
    from_worker_ = std::move(reports.read);
    ::fcntl(from_worker_.get(), F_SETFL, O_NONBLOCK);
}

WorkerProcess::~WorkerProcess() {
    if (pid_ > 0) {
        signal(SIGKILL);
        wait();
    }
}

WorkerProcess::WorkerProcess(WorkerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      stop_signal_(other.stop_signal_),
      to_worker_(std::move(other.to_worker_)),
      from_worker_(std::move(other.from_worker_)),
      unread_(std::move(other.unread_)) {}

WorkerProcess& WorkerProcess::operator=(WorkerProcess&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(stop_signal_, other.stop_signal_);
    std::swap(to_worker_, other.to_worker_);
    std::swap(from_worker_, other.from_worker_);
    std::swap(unread_, other.unread_);
    return *this;
}

bool WorkerProcess::send(const plan::WorkOrder& order) {
    const std::string line = to_line(order) + "\n";
    std::string_view rest = line;
    while (!rest.empty()) {
        const ssize_t written = ::write(to_worker_.get(), rest.data(), rest.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return false;
        }
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

std::vector<plan::WorkReport> WorkerProcess::receive(bool& ended) {
    ended = false;
    std::array<char, 65536> buffer{};
    for (;;) {
        const ssize_t count = ::read(from_worker_.get(), buffer.data(), buffer.size());
        if (count > 0) {
            unread_.append(buffer.data(), static_cast<std::size_t>(count));
        } else if (count == 0) {
            ended = true;
            break;
        } else if (errno != EINTR) {
            ended = errno != EAGAIN;
            break;
        }
    }
    std::vector<plan::WorkReport> reports;
    for (std::size_t end = unread_.find('\n'); end != std::string::npos; end = unread_.find('\n')) {
        reports.push_back(plan::work_report_from_line(std::string_view(unread_).substr(0, end)));
        unread_.erase(0, end + 1);
    }
    return reports;
}

void WorkerProcess::signal(int number) const noexcept {
    if (pid_ > 0) {
        ::kill(pid_, number);
    }
}

void WorkerProcess::end_orders() noexcept {
    static_cast<void>(to_worker_.close());
}

void WorkerProcess::stop() noexcept {
    end_orders();
    signal(stop_signal_);
}

int WorkerProcess::wait() noexcept {
    int status = 0;
    while (pid_ > 0 && ::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
}

std::optional<int> WorkerProcess::try_wait() noexcept {
    int status = 0;
    if (pid_ > 0 && ::waitpid(pid_, &status, WNOHANG) == pid_) {
        pid_ = -1;
        return status;
    }
    return std::nullopt;
}

} // namespace suite::run
