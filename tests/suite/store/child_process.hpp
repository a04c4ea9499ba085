// Starts programs and reads what they print: store_child (named by STORE_CHILD, or beside this one) and
// others.
#pragma once

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace suite::store::testing {

inline std::string child_program() {
    const char* named = std::getenv("STORE_CHILD");
    return named != nullptr
               ? named
               : (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "store_child").string();
}

enum class ProcessGroup { parents, own };

/// A running program with its stdout; killed and reaped at the latest by the destructor.
class ChildProcess {
public:
    /// store_child with these arguments.
    explicit ChildProcess(const std::vector<std::string>& arguments)
        : ChildProcess(child_program(), arguments, ProcessGroup::parents) {}
    ChildProcess(const std::string& program, const std::vector<std::string>& arguments, ProcessGroup group) {
        std::vector<std::string> words{program};
        words.insert(words.end(), arguments.begin(), arguments.end());
        std::vector<char*> argv;
        for (std::string& word : words) {
            argv.push_back(word.data());
        }
        argv.push_back(nullptr);
        std::array<int, 2> ends{};
        if (::pipe(ends.data()) != 0) {
            std::abort();
        }
        pid_ = ::fork();
        if (pid_ == 0) {
            if (group == ProcessGroup::own) {
                ::setpgid(0, 0);
            }
            ::dup2(ends[1], STDOUT_FILENO);
            ::close(ends[0]);
            ::close(ends[1]);
            ::execv(argv[0], argv.data());
            ::_exit(127);
        }
        if (group == ProcessGroup::own) { // here too: whoever comes first
            ::setpgid(pid_, pid_);
        }
        ::close(ends[1]);
        output_ = ends[0];
    }
    ~ChildProcess() {
        kill();
        ::close(output_);
    }
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    /// SIGKILL, and waits until it is gone.
    void kill() {
        signal(SIGKILL);
        static_cast<void>(wait());
    }
    void signal(int number) const {
        if (pid_ > 0) {
            ::kill(pid_, number);
        }
    }
    /// To all of a group of its own, as a terminal or a batch system does.
    void signal_group(int number) const {
        if (pid_ > 0) {
            ::kill(-pid_, number);
        }
    }
    /// Exit code, or 128 + signal.
    int wait() {
        int status = 0;
        if (pid_ > 0 && ::waitpid(std::exchange(pid_, -1), &status, 0) > 0) {
            code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        return code_;
    }
    /// Blocks until one line or the end.
    std::string read_line() {
        std::string line;
        for (char letter = 0; ::read(output_, &letter, 1) == 1 && letter != '\n';) {
            line += letter;
        }
        return line;
    }
    /// What it prints until it ends.
    std::string read_all() const {
        std::string text;
        std::array<char, 4096> buffer{};
        for (ssize_t count = 0; (count = ::read(output_, buffer.data(), buffer.size())) > 0;) {
            text.append(buffer.data(), static_cast<std::size_t>(count));
        }
        return text;
    }

private:
    pid_t pid_ = -1;
    int output_ = -1;
    int code_ = -1;
};

/// What follows `word` and a blank on the whole lines that begin with it (a torn last line does not count).
inline std::vector<std::string> values_after(const std::string& text, const std::string& word) {
    std::vector<std::string> values;
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
        if (text.compare(at, word.size() + 1, word + " ") == 0) {
            values.push_back(text.substr(at + word.size() + 1, end - at - word.size() - 1));
        }
    }
    return values;
}

} // namespace suite::store::testing
