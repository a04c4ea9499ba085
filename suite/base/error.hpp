// Errors of the world (bad files, failed calls, wrong declarations) and how they are worded.
// Our own bugs are asserts; everything here is caught once, at the boundary of a run or a verb.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace suite {

/// What went wrong, one kind per exit code of the programs.
enum class ErrorKind {
    comparison = 1,
    usage = 2,
    data = 3,
    weights = 4,
    store = 5,
    environment = 6,
    numeric = 7,
    peer = 8,
    corruption = 9,
    interrupted = 75,
    skipped = 77,
};

[[nodiscard]] constexpr int exit_code(ErrorKind kind) noexcept {
    return static_cast<int>(kind);
}

/// "data", "store", …: the word used in failure records and JSON.
[[nodiscard]] std::string_view to_string(ErrorKind kind) noexcept;
[[nodiscard]] ErrorKind error_kind_from_string(std::string_view word);

/// One fault of an input. `where` is file:line, file:byte N, or a field or option name.
struct Fault {
    std::string where;
    std::string found;
    std::string expected;
    std::string fix;
};

/// "WHERE: found X, expected Y. Fix: …" (empty parts are left out, control characters spelled \xNN).
[[nodiscard]] std::string to_string(const Fault& fault);

/// All faults of one input. what() is one line per fault: "error[E300] WHERE: found X, expected Y. Fix: …".
/// The number is the exit code times 100 plus `detail` (0–99), stable for scripts to match.
class Error : public std::runtime_error {
public:
    Error(ErrorKind kind, std::vector<Fault> faults, int detail = 0);
    Error(ErrorKind kind, Fault fault, int detail = 0);

    [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }
    [[nodiscard]] int exit_code() const noexcept { return suite::exit_code(kind_); }
    [[nodiscard]] const std::vector<Fault>& faults() const noexcept { return faults_; }

private:
    ErrorKind kind_;
    std::vector<Fault> faults_;
};

/// Collects the faults of one input so that all of them are reported at once.
class FaultList {
public:
    void add(Fault fault) { faults_.push_back(std::move(fault)); }
    [[nodiscard]] bool empty() const noexcept { return faults_.empty(); }
    [[nodiscard]] const std::vector<Fault>& faults() const noexcept { return faults_; }
    /// Throws Error with everything collected; returns when there is nothing.
    void throw_if_any(ErrorKind kind, int detail = 0) const;

private:
    std::vector<Fault> faults_;
};

} // namespace suite
