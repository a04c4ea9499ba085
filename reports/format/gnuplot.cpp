// Running gnuplot: found on the PATH, without the user's settings, its message in the error.
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reports/format/figure.hpp"
#include "suite/base/files.hpp"

extern char** environ;

namespace reports {
namespace {

using suite::ErrorKind;

suite::Error gnuplot_error(std::string found, std::string fix) {
    return {ErrorKind::environment, suite::Fault{.where = "gnuplot",
                                                 .found = std::move(found),
                                                 .expected = "a picture",
                                                 .fix = std::move(fix)}};
}

/// A file that is removed at the end of its scope.
struct ScopedFile {
    std::filesystem::path path;
    explicit ScopedFile(std::filesystem::path where) : path(std::move(where)) {}
    ScopedFile(const ScopedFile&) = delete;
    ScopedFile& operator=(const ScopedFile&) = delete;
    ~ScopedFile() {
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
    }
};

/// The environment without what changes gnuplot's drawing.
std::vector<char*> gnuplot_environment() {
    std::vector<char*> kept;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        if (!text.starts_with("GNUTERM=") && !text.starts_with("GNUPLOT")) {
            kept.push_back(*entry);
        }
    }
    kept.push_back(nullptr);
    return kept;
}

/// Input from nowhere, output and messages into `log`.
class FileActions {
public:
    explicit FileActions(const std::string& log) {
        posix_spawn_file_actions_init(&actions_);
        posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                         0600);
        posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO);
    }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;
    ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
    [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

private:
    posix_spawn_file_actions_t actions_{};
};

/// Runs the script; the exit code, 128 when killed by a signal.
int exit_code_of(const std::filesystem::path& script, const std::filesystem::path& log) {
    std::string program = "gnuplot";
    std::string no_settings_files = "-d";
    std::string file = script.string();
    std::array<char*, 4> words{program.data(), no_settings_files.data(), file.data(), nullptr};
    std::vector<char*> environment = gnuplot_environment();
    const FileActions actions(log.string());
    pid_t child = 0;
    if (const int code =
            posix_spawnp(&child, program.c_str(), actions.get(), nullptr, words.data(), environment.data());
        code != 0) {
        throw gnuplot_error("no program of this name that starts: " + std::generic_category().message(code),
                            "install gnuplot (Debian: gnuplot-nox), or leave svg and png out of --format");
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/// The last line of gnuplot's messages that says something.
std::string message_in(const std::filesystem::path& log) {
    std::error_code failure;
    if (!std::filesystem::exists(log, failure)) {
        return "";
    }
    std::string text = suite::read_file(log, ErrorKind::environment);
    text.erase(text.find_last_not_of(" \t\r\n") + 1);
    const std::size_t line = text.find_last_of('\n');
    return line == std::string::npos ? text : text.substr(line + 1);
}

std::filesystem::path scratch_file(const std::filesystem::path& folder, std::string_view what) {
    static std::atomic<unsigned> count{0};
    return folder / fmt::format(".gnuplot-{}-{}.{}.tmp", getpid(), count++, what);
}

} // namespace

void WrittenFiles::throw_if_undrawn() const {
    if (!undrawn.empty()) {
        throw suite::Error(ErrorKind::environment, undrawn);
    }
}

bool can_draw() {
    const char* path = std::getenv("PATH");
    const std::string folders = path == nullptr ? "" : path;
    for (std::size_t start = 0; start < folders.size();) {
        const std::size_t end = std::min(folders.find(':', start), folders.size());
        if (access((folders.substr(start, end - start) + "/gnuplot").c_str(), X_OK) == 0) {
            return true;
        }
        start = end + 1;
    }
    return false;
}

std::string run_gnuplot(const std::function<std::string(const std::filesystem::path& output)>& write_script,
                        const std::filesystem::path& folder) {
    const ScopedFile script(scratch_file(folder, "script"));
    const ScopedFile log(scratch_file(folder, "log"));
    const ScopedFile picture(scratch_file(folder, "picture"));
    suite::publish_text(script.path, write_script(picture.path), ErrorKind::environment,
                        suite::Durability::none);
    const int code = exit_code_of(script.path, log.path);
    std::error_code failure;
    const std::uintmax_t bytes = std::filesystem::file_size(picture.path, failure);
    if (code != 0 || failure || bytes == 0) {
        const std::string message = message_in(log.path);
        throw gnuplot_error(fmt::format("exit code {}{}{}", code, code == 0 ? " and nothing drawn" : "",
                                        message.empty() ? "" : ": " + message),
                            "see whether gnuplot works on its own; everything but the figures is written");
    }
    return suite::read_file(picture.path, ErrorKind::environment);
}

std::string drawn(const Plot& plot, Picture picture, const std::filesystem::path& folder) {
    std::string bytes = run_gnuplot(
        [&](const std::filesystem::path& output) { return gnuplot_script(plot, picture, output); }, folder);
    return picture == Picture::svg ? accessible_svg(bytes, text_of(plot)) : bytes;
}

void draw(const Plot& plot, Picture picture, const std::filesystem::path& path) {
    suite::publish_text(path, drawn(plot, picture, path.parent_path()), ErrorKind::environment);
}

} // namespace reports
