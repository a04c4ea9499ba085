#include "suite/run/slurm.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <map>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite/base/clock.hpp"
#include "suite/base/files.hpp"
#include "suite/base/log.hpp"

extern char** environ;

namespace suite::run {
namespace {

// sbatch tries for ten seconds and more before it gives a controller up (MessageTimeout of slurm.conf).
constexpr double command_seconds = 120.0;
constexpr double poll_seconds = 2.0;

// What Slurm's commands print when nobody answers at the controller's port, or answers too late.
constexpr std::array<std::string_view, 5> silence{"Unable to contact slurm controller", "connect failure",
                                                  "Connection refused", "Socket timed out", "timed out"};

bool is_silence(const CommandOutput& output) {
    return output.timed_out || std::any_of(silence.begin(), silence.end(), [&](std::string_view words) {
               return output.text.find(words) != std::string::npos;
           });
}

Error silent_controller(const std::string& command, const CommandOutput& output) {
    const std::string first = output.text.substr(0, output.text.find('\n'));
    return {ErrorKind::peer, Fault{.where = command,
                                   .found = "no answer from Slurm's controller (" + first + ")",
                                   .expected = "a running slurmctld",
                                   .fix = "jobs that run go on; try again when `scontrol ping` answers"}};
}

std::string one_line(std::string text) {
    while (!text.empty() && text.back() == '\n') {
        text.pop_back();
    }
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

/// Its ends close on exec.
struct Pipe {
    UniqueFd read;
    UniqueFd write;
};

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw errno_error(ErrorKind::environment, "pipe", "making a pipe", errno);
    }
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

pid_t spawn(const std::vector<std::string>& words, int output) {
    std::vector<std::string> copies = words;
    std::vector<char*> pointers;
    for (std::string& word : copies) {
        pointers.push_back(word.data());
    }
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    pid_t child = -1;
    const int code = posix_spawnp(&child, words.front().c_str(), &actions, nullptr, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (code != 0) {
        throw Error(ErrorKind::environment,
                    Fault{.where = words.front(),
                          .found = "no such program",
                          .expected = "Slurm's commands on PATH",
                          .fix = "go to a login node of the system, or use --dry-run"});
    }
    return child;
}

// Reads until the other side closes or the deadline is over; true when it closed.
bool read_until(int fd, double deadline, std::string& text) {
    std::array<char, 4096> buffer{};
    for (;;) {
        const double left = deadline - monotonic_seconds();
        if (left <= 0.0) {
            return false;
        }
        pollfd descriptor{.fd = fd, .events = POLLIN, .revents = 0};
        if (::poll(&descriptor, 1, static_cast<int>(left * 1000.0) + 1) <= 0) {
            continue;
        }
        const ssize_t count = ::read(fd, buffer.data(), buffer.size());
        if (count == 0 || (count < 0 && errno != EINTR)) {
            return true;
        }
        text.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    }
}

// The value of NAME=VALUE in a line of scontrol; empty when there is none.
std::string_view field(std::string_view line, std::string_view name) {
    for (std::size_t at = 0; at < line.size();) {
        const std::size_t end = std::min(line.find(' ', at), line.size());
        const std::string_view word = line.substr(at, end - at);
        if (word.starts_with(name) && word.substr(name.size()).starts_with('=')) {
            return word.substr(name.size() + 1);
        }
        at = end + 1;
    }
    return {};
}

// States in which Slurm still has something to do with a job (squeue, JOB STATE CODES).
bool is_open(std::string_view state) {
    constexpr std::array<std::string_view, 12> open{
        "PENDING",  "CONFIGURING", "RUNNING",   "SUSPENDED", "COMPLETING",   "REQUEUED",
        "RESIZING", "SIGNALING",   "STAGE_OUT", "STOPPED",   "REQUEUE_HOLD", "REQUEUE_FED"};
    return std::find(open.begin(), open.end(), state) != open.end();
}

// "CODE:SIGNAL", and a state that is a failure whatever the code says (a job that was cancelled before it
// began).
int exit_code_of(std::string_view line, std::string_view state) {
    const std::string_view pair = field(line, "ExitCode");
    const std::size_t colon = std::min(pair.find(':'), pair.size());
    int code = 0;
    int signal = 0;
    std::from_chars(pair.data(), pair.data() + colon, code);
    if (colon < pair.size()) {
        std::from_chars(pair.data() + colon + 1, pair.data() + pair.size(), signal);
    }
    code = signal != 0 ? 128 + signal : code;
    return code == 0 && state != "COMPLETED" ? suite::exit_code(ErrorKind::peer) : code;
}

} // namespace

CommandOutput run_command(const std::vector<std::string>& words, double deadline_seconds) {
    Pipe pipe = make_pipe();
    const pid_t child = spawn(words, pipe.write.get());
    static_cast<void>(pipe.write.close());
    CommandOutput output;
    output.timed_out = !read_until(pipe.read.get(), monotonic_seconds() + deadline_seconds, output.text);
    if (output.timed_out) {
        ::kill(child, SIGKILL);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    output.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return output;
}

std::string submit_script(const std::filesystem::path& script, const std::vector<std::string>& options) {
    std::vector<std::string> words{"sbatch", "--parsable"};
    words.insert(words.end(), options.begin(), options.end());
    words.push_back(script.string());
    const CommandOutput output = run_command(words, command_seconds);
    if (output.exit_code != 0 || output.timed_out) {
        if (is_silence(output)) {
            throw silent_controller("sbatch " + script.string(), output);
        }
        throw Error(ErrorKind::usage, Fault{.where = "sbatch " + script.string(),
                                            .found = one_line(output.text),
                                            .expected = "a job that this system takes",
                                            .fix = "correct [system.jobs] or the options"});
    }
    // "ID" or "ID;CLUSTER", after warnings of the site's plug-ins.
    std::string text = one_line(output.text);
    text = text.substr(text.find_last_of(' ') + 1);
    return text.substr(0, text.find(';'));
}

JobStatus job_status_from(std::string_view lines) {
    JobStatus status{.ended = true};
    bool any = false;
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        const std::string_view line = lines.substr(0, end);
        lines.remove_prefix(std::min(end + 1, lines.size()));
        const std::string_view state = field(line, "JobState");
        if (state.empty()) {
            continue;
        }
        any = true;
        const bool open = is_open(state);
        const int code = open ? 0 : exit_code_of(line, state);
        const bool first_open = open && status.ended;
        const bool first_failed = status.ended && code != 0 && status.exit_code == 0;
        if (first_open || first_failed || status.state.empty()) {
            status.state = state;
        }
        status.ended = status.ended && !open;
        status.exit_code = status.exit_code != 0 ? status.exit_code : code;
    }
    if (!any) {
        throw Error(ErrorKind::peer, Fault{.where = "scontrol show job",
                                           .found = "no JobState",
                                           .expected = "a line for each task",
                                           .fix = "see what scontrol prints"});
    }
    return status;
}

JobStatus job_status(const std::string& id) {
    const CommandOutput output = run_command({"scontrol", "--oneliner", "show", "job", id}, command_seconds);
    if (output.exit_code == 0 && !output.timed_out) {
        return job_status_from(output.text);
    }
    if (is_silence(output)) {
        throw silent_controller("scontrol show job " + id, output);
    }
    throw Error(ErrorKind::store, Fault{.where = "job " + id,
                                        .found = one_line(output.text),
                                        .expected = "a job that Slurm remembers",
                                        .fix = "see status.tsv beside its script for how it ended"});
}

int wait_for_jobs(const std::vector<std::string>& ids, double patience_seconds) {
    std::map<std::string, JobStatus> seen;
    double last_answer = monotonic_seconds();
    bool is_silent = false;
    const auto all_ended = [&] {
        return std::all_of(ids.begin(), ids.end(), [&](const std::string& id) { return seen[id].ended; });
    };
    while (!all_ended()) {
        for (const std::string& id : ids) {
            JobStatus& known = seen[id];
            if (known.ended) {
                continue;
            }
            try {
                JobStatus now = job_status(id);
                if (now.state != known.state) {
                    log_info(fmt::format("job {}: {}", id, now.state));
                }
                known = std::move(now);
                last_answer = monotonic_seconds();
                is_silent = false;
            } catch (const Error& error) {
                const bool is_over = monotonic_seconds() - last_answer > patience_seconds;
                if (error.kind() != ErrorKind::peer || (is_silent && is_over)) {
                    throw; // never at the first silence: one question alone may take half a minute
                }
                if (!is_silent) {
                    log_warning("Slurm's controller does not answer; jobs that run go on, looking again");
                }
                is_silent = true;
            }
        }
        if (!all_ended()) {
            ::poll(nullptr, 0, static_cast<int>(poll_seconds * 1000.0));
        }
    }
    const auto failed =
        std::find_if(ids.begin(), ids.end(), [&](const std::string& id) { return seen[id].exit_code != 0; });
    return failed == ids.end() ? 0 : seen[*failed].exit_code;
}

} // namespace suite::run
