#include "suite/store/store.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite/base/clock.hpp"
#include "suite/store/exclusive_file.hpp"
#include "suite/store/record_file.hpp"

namespace suite::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view format_name = "format";
constexpr std::string_view ledger_name = "acknowledged";
constexpr std::string_view damaged_name = "damaged";
constexpr std::string_view claims_name = "claims";
constexpr std::array<std::string_view, 5> folder_names{"records", "failures", "checkpoints", claims_name,
                                                       damaged_name};
constexpr std::size_t longest_format_bytes = 4096;
constexpr std::size_t longest_ledger_bytes = std::size_t{1} << 30;

std::string format_text() {
    return fmt::format("transferscale-store {}\n", store_version);
}

Error store_error(const fs::path& where, std::string found, std::string expected, std::string fix) {
    return Error(ErrorKind::store, Fault{.where = where.string(),
                                         .found = std::move(found),
                                         .expected = std::move(expected),
                                         .fix = std::move(fix)});
}

/// First entry of the folder that no store has; hidden files do not count.
std::optional<fs::path> foreign_entry(const fs::path& root) {
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(root, error)) {
        const std::string name = entry.path().filename().string();
        const bool ours = name == format_name || name == ledger_name ||
                          std::find(folder_names.begin(), folder_names.end(), name) != folder_names.end();
        if (!ours && !name.starts_with('.')) {
            return entry.path();
        }
    }
    return std::nullopt;
}

/// The record in this file, if there is such a file; throws Error(store) when it is not whole and ours.
std::optional<RunRecord> read_record(const fs::path& path, std::string_view key, RunStatus status) {
    const auto bytes = read_regular_file(path, longest_record_bytes, ErrorKind::store);
    if (!bytes) {
        return std::nullopt;
    }
    RunRecord record = record_from_bytes(*bytes, key, path.string());
    if (record.status != status) {
        throw store_error(path, "the record of a run that ended otherwise",
                          status == RunStatus::finished ? "a finished run" : "a failed run",
                          "run again: the file is set aside and its run is repeated");
    }
    return record;
}

bool is_there(const fs::path& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0;
}

/// What lies in a folder; nothing when it does not exist. A folder that cannot be read must not look empty.
std::vector<fs::path> entries_of(const fs::path& folder) {
    std::vector<fs::path> entries;
    std::error_code error;
    for (auto entry = fs::directory_iterator(folder, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
        entries.push_back(entry->path());
    }
    if (error && error != std::errc::no_such_file_or_directory) {
        throw errno_error(ErrorKind::store, folder, "listing", error.value());
    }
    return entries;
}

/// Throws Error(store) when this file cannot be opened now: then nothing is known of its content.
void require_readable(const fs::path& path) {
    std::error_code ignored;
    if (fs::is_regular_file(fs::symlink_status(path, ignored))) {
        const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
        if (!fd.valid()) {
            throw errno_error(ErrorKind::store, path, "opening", errno);
        }
    }
}

bool is_removable_temporary(const fs::path& path) {
    const ProcessIdentity owner = owner_of_temporary(path);
    return !owner.host.empty() && !may_be_alive(owner);
}

bool ends_torn(const fs::path& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    char last = '\n';
    return fd.valid() && ::lseek(fd.get(), -1, SEEK_END) >= 0 && ::read(fd.get(), &last, 1) == 1 &&
           last != '\n';
}

void append_once(const fs::path& path, std::string_view line, Durability durability) {
    UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!fd.valid()) {
        throw errno_error(ErrorKind::store, path, "opening", errno);
    }
    errno = ENOSPC; // a short write sets none
    if (::write(fd.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
        throw errno_error(ErrorKind::store, path, "appending a line", errno);
    }
    if (durability == Durability::fsync && ::fsync(fd.get()) != 0) {
        throw errno_error(ErrorKind::store, path, "fsync", errno);
    }
    if (const int error_number = fd.close(); error_number != 0) {
        throw errno_error(ErrorKind::store, path, "closing", error_number);
    }
}

} // namespace

Store::Store(fs::path root, Access access) : root_(std::move(root)), access_(access) {
    check_format();
    if (access_ == Access::read_write) {
        make_layout();
    }
}

void Store::check_format() {
    struct stat status {};
    if (::stat(root_.c_str(), &status) == 0 && !S_ISDIR(status.st_mode)) {
        throw store_error(root_, "a file", "the folder of a store", "name another folder with --store");
    }
    const auto format = read_regular_file(root_ / format_name, longest_format_bytes, ErrorKind::store);
    if (format && *format != format_text()) {
        throw store_error(root_ / format_name, format->substr(0, format->find('\n')),
                          fmt::format("transferscale-store {}", store_version),
                          "use the version that made this store, or name another folder with --store");
    }
    if (!format && access_ == Access::read_write) {
        if (const auto foreign = foreign_entry(root_)) {
            throw store_error(root_,
                              fmt::format("a folder with other files ({})", foreign->filename().string()),
                              "an empty folder or a store", "name another folder with --store");
        }
    }
}

void Store::make_layout() {
    constexpr ErrorKind kind = ErrorKind::store;
    std::error_code ignored;
    const auto missing = [&](std::string_view name) { return !fs::is_directory(root_ / name, ignored); };
    const bool fresh = !is_there(root_ / format_name);
    if (!fresh && std::none_of(folder_names.begin(), folder_names.end(), missing)) {
        return;
    }
    ensure_folder(root_, kind, Durability::fsync);
    for (const std::string_view name : folder_names) {
        ensure_folder(root_ / name, kind, Durability::none);
    }
    if (fresh) {
        static_cast<void>(publish_exclusively(root_ / format_name, format_text(), kind, Durability::fsync));
    } else {
        sync_folder(root_, kind);
    }
}

void Store::require_writable(std::string_view doing) const {
    if (access_ == Access::read_only) {
        throw store_error(root_, fmt::format("an attempt at {}", doing), "a store opened for writing", "");
    }
}

fs::path Store::path_of(std::string_view folder, std::string_view key) const {
    assert(is_run_key(key));
    return root_ / folder / key.substr(0, 2) / (std::string(key) + ".h5");
}

fs::path Store::record_path(std::string_view key) const {
    return path_of("records", key);
}

fs::path Store::failure_path(std::string_view key) const {
    return path_of("failures", key);
}

fs::path Store::checkpoint_path(std::string_view key) const {
    return path_of("checkpoints", key);
}

fs::path Store::partial_path(std::string_view key) const {
    return path_of("partial", key);
}

std::optional<RunRecord> Store::read(std::string_view key) const {
    return read_record(record_path(key), key, RunStatus::finished);
}

Lookup Store::look_up(std::string_view key) const {
    try {
        if (auto record = read(key)) {
            return {.state = LookupState::finished, .record = std::move(record), .message = {}};
        }
        if (auto record = read_record(failure_path(key), key, RunStatus::failed)) {
            return {.state = LookupState::failed, .record = std::move(record), .message = {}};
        }
        return {};
    } catch (const Error& error) {
        return {.state = LookupState::damaged, .record = {}, .message = error.what()};
    }
}

std::vector<std::string> Store::keys_under(std::string_view folder) const {
    std::vector<std::string> keys;
    std::error_code ignored;
    for (const fs::path& shard : entries_of(root_ / folder)) {
        for (const fs::path& file :
             fs::is_directory(shard, ignored) ? entries_of(shard) : std::vector<fs::path>()) {
            const std::string key = file.stem().string();
            if (is_run_key(key) && file.extension() == ".h5" && shard.filename() == key.substr(0, 2)) {
                keys.push_back(key);
            }
        }
    }
    std::sort(keys.begin(), keys.end());
    return keys;
}

std::vector<std::string> Store::keys() const {
    return keys_under("records");
}

std::vector<std::string> Store::failed_keys() const {
    return keys_under("failures");
}

bool Store::commit(const RunRecord& record, Durability durability) {
    require_writable("publishing a record");
    assert(record.status == RunStatus::finished);
    const std::string bytes = record_to_bytes(record);
    const fs::path path = record_path(record.key);
    ensure_folder(path.parent_path(), ErrorKind::store, durability);
    while (!publish_exclusively(path, bytes, ErrorKind::store, durability)) {
        const Lookup present = look_up(record.key);
        if (present.state == LookupState::damaged) {
            static_cast<void>(set_aside(record.key, present.message));
        } else if (present.state == LookupState::finished) {
            const std::string difference = first_difference(*present.record, record);
            if (difference.empty()) {
                return false;
            }
            keep_conflict(record, bytes, difference);
        }
    }
    return true;
}

void Store::keep_conflict(const RunRecord& record, std::string_view bytes, const std::string& difference) {
    const fs::path path = record_path(record.key);
    const fs::path kept = temporary_name(path);
    static_cast<void>(publish_exclusively(kept, bytes, ErrorKind::store, Durability::fsync));
    const std::string reason = fmt::format("differs from {} in {}", path.string(), difference);
    const fs::path moved = move_to_damaged(kept, record.key, reason);
    throw Error(ErrorKind::corruption,
                Fault{.where = path.string(),
                      .found = fmt::format("a second result of this run that differs in {} (kept as {})",
                                           difference, moved.string()),
                      .expected = "equal results of equal configurations",
                      .fix = "compare the provenance of both files; a machine or a build may be faulty"});
}

void Store::commit_failure(const RunRecord& record, Durability durability) {
    require_writable("publishing a failure");
    assert(record.status == RunStatus::failed && record.failure);
    RunRecord clean = record;
    // Messages quote what was found, which may be anything.
    std::replace(clean.failure->reason.begin(), clean.failure->reason.end(), '\0', '?');
    const fs::path path = failure_path(record.key);
    ensure_folder(path.parent_path(), ErrorKind::store, durability);
    publish_text(path, record_to_bytes(clean), ErrorKind::store, durability);
}

fs::path Store::move_to_damaged(const fs::path& from, std::string_view key, std::string_view reason) {
    std::string time = utc_now();
    std::erase(time, ':');
    std::erase(time, '-');
    ensure_folder(root_ / damaged_name, ErrorKind::store, Durability::fsync);
    for (int number = 1;; ++number) {
        const std::string name = fmt::format("{}-{}-{}", key, time, number);
        const fs::path to = root_ / damaged_name / (name + ".h5");
        if (rename_exclusively(from, to, ErrorKind::store)) {
            const fs::path reason_path = root_ / damaged_name / (name + ".reason.txt");
            publish_text(reason_path, fmt::format("{}\nmoved from {}\n", reason, from.string()),
                         ErrorKind::store);
            return to;
        }
    }
}

std::optional<fs::path> Store::set_aside(std::string_view key, std::string_view reason) {
    require_writable("setting a record aside");
    for (const fs::path& path : {record_path(key), failure_path(key)}) {
        require_readable(path);
    }
    if (look_up(key).state != LookupState::damaged) {
        return std::nullopt; // another process has mended it since
    }
    const fs::path path = is_there(record_path(key)) ? record_path(key) : failure_path(key);
    return move_to_damaged(path, key, reason);
}

std::optional<fs::path> Store::set_aside_checkpoint(std::string_view key, std::string_view reason) {
    require_writable("setting a checkpoint aside");
    const fs::path path = checkpoint_path(key);
    return is_there(path) ? std::optional(move_to_damaged(path, key, reason)) : std::nullopt;
}

std::optional<fs::path> Store::set_aside_partial(std::string_view key, std::string_view reason) {
    require_writable("setting a run's state aside");
    const fs::path path = partial_path(key);
    return is_there(path) ? std::optional(move_to_damaged(path, key, reason)) : std::nullopt;
}

void Store::remove_partial(std::string_view key) {
    require_writable("removing a run's state");
    const fs::path path = partial_path(key);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        throw errno_error(ErrorKind::store, path, "removing", errno);
    }
}

std::optional<Claim> Store::try_claim(std::string_view key, double lease_seconds) {
    require_writable("claiming a run");
    return store::try_claim(root_ / claims_name, key, lease_seconds);
}

bool Store::is_claimed(std::string_view key, double lease_seconds) const {
    return store::is_claimed(root_ / claims_name, key, lease_seconds);
}

std::size_t Store::remove_stale_temporaries() {
    require_writable("removing temporary files");
    std::size_t removed = 0;
    std::error_code error;
    auto entry =
        fs::recursive_directory_iterator(root_, fs::directory_options::skip_permission_denied, error);
    while (!error && entry != fs::recursive_directory_iterator()) {
        if (is_removable_temporary(entry->path()) && ::unlink(entry->path().c_str()) == 0) {
            ++removed;
        }
        entry.increment(error);
    }
    return removed;
}

void Store::acknowledge(std::string_view key, Durability durability) {
    require_writable("acknowledging a run");
    assert(is_run_key(key));
    const fs::path path = root_ / ledger_name;
    const std::string line = (ends_torn(path) ? "\n" : "") + std::string(key) + "\n";
    append_once(path, line, durability);
}

std::vector<std::string> Store::acknowledged_keys() const {
    const auto text = read_regular_file(root_ / ledger_name, longest_ledger_bytes, ErrorKind::store);
    std::vector<std::string> keys;
    std::string_view rest = text ? std::string_view(*text) : std::string_view();
    for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
        if (is_run_key(rest.substr(0, end))) {
            keys.emplace_back(rest.substr(0, end));
        }
        rest.remove_prefix(end + 1);
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return keys;
}

std::vector<std::string> Store::lost_keys() const {
    const std::vector<std::string> acknowledged = acknowledged_keys();
    const std::vector<std::string> present = keys();
    std::vector<std::string> lost;
    std::set_difference(acknowledged.begin(), acknowledged.end(), present.begin(), present.end(),
                        std::back_inserter(lost));
    return lost;
}

} // namespace suite::store
