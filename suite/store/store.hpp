// The results store: a folder of immutable records that any number of processes share without locks.
//   format                 "transferscale-store 1"
//   records/ab/KEY.h5      finished runs (ab: first two digits of the key)
//   failures/ab/KEY.h5     the last failure of a run that never finished
//   checkpoints/ab/KEY.h5  weights (suite/store/checkpoint_file.hpp)
//   claims/KEY             who works on a run (suite/store/claim.hpp)
//   acknowledged           one key a line: reported as done once
//   damaged/               what was set aside, each with its reason; nothing is ever deleted
// Methods throw Error(store) when the folder cannot be used. Keys are 64 lower-case hexadecimal digits;
// anything else is a bug of the caller.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "suite/base/files.hpp"
#include "suite/store/claim.hpp"
#include "suite/store/record.hpp"

namespace suite::store {

inline constexpr int store_version = 1;

enum class Access { read_only, read_write };

enum class LookupState { absent, finished, failed, damaged };

/// What the store knows of one key.
struct Lookup {
    LookupState state = LookupState::absent;
    std::optional<RunRecord> record; ///< finished or failed
    std::string message;             ///< damaged: the whole message, naming the file
};

class Store {
public:
    /// read_only writes and makes nothing; a store that does not exist is empty. read_write makes what is
    /// missing. Throws Error(store) for a store of another version, a folder full of foreign files, a file
    /// where a folder should be, a folder that cannot be written.
    Store(std::filesystem::path root, Access access);

    [[nodiscard]] const std::filesystem::path& root() const noexcept { return root_; }
    [[nodiscard]] Access access() const noexcept { return access_; }

    /// Damaged, foreign and newer files are reported, not thrown.
    [[nodiscard]] Lookup look_up(std::string_view key) const;
    /// The finished record, if there is one. Throws Error(store) when its file is damaged, foreign or newer.
    [[nodiscard]] std::optional<RunRecord> read(std::string_view key) const;
    /// Keys that have a file under records/ (or failures/), sorted; the files are not opened.
    [[nodiscard]] std::vector<std::string> keys() const;
    [[nodiscard]] std::vector<std::string> failed_keys() const;

    /// Makes a finished record durable; true when it is new. An equal record (same_result) already there is
    /// kept. A different one is kept too: the new one goes to damaged/ and Error(corruption) names the first
    /// difference. A damaged file in its place is set aside first.
    bool commit(const RunRecord& record, Durability durability = Durability::fsync);
    /// Keeps the record of a failed run; a later failure replaces it, a finished record takes precedence over
    /// it.
    void commit_failure(const RunRecord& record, Durability durability = Durability::fsync);
    /// Moves a damaged file of this key to damaged/KEY-UTC-N.h5 with the reason beside it and returns where
    /// it is now; nothing when the key has no damaged file (any more): a record that reads well is never
    /// moved.
    std::optional<std::filesystem::path> set_aside(std::string_view key, std::string_view reason);
    /// The same for a checkpoint that its reader refused; the caller has judged it.
    std::optional<std::filesystem::path> set_aside_checkpoint(std::string_view key, std::string_view reason);

    /// And for the state of a run that is not done.
    std::optional<std::filesystem::path> set_aside_partial(std::string_view key, std::string_view reason);
    /// Removes that state, if there is one.
    void remove_partial(std::string_view key);

    [[nodiscard]] std::filesystem::path record_path(std::string_view key) const;
    [[nodiscard]] std::filesystem::path failure_path(std::string_view key) const;
    [[nodiscard]] std::filesystem::path checkpoint_path(std::string_view key) const;
    /// Where a run that is not done keeps its state.
    [[nodiscard]] std::filesystem::path partial_path(std::string_view key) const;

    /// The right to work on this run, unless a living process has it.
    [[nodiscard]] std::optional<Claim> try_claim(std::string_view key,
                                                 double lease_seconds = default_lease_seconds);
    /// True when a living process works on this run.
    [[nodiscard]] bool is_claimed(std::string_view key, double lease_seconds = default_lease_seconds) const;

    /// Removes temporary files whose owner is surely gone, in all folders; returns how many.
    std::size_t remove_stale_temporaries();

    /// Notes that this run was reported as done.
    void acknowledge(std::string_view key, Durability durability = Durability::fsync);
    /// Sorted, without duplicates. A torn last line is not a key.
    [[nodiscard]] std::vector<std::string> acknowledged_keys() const;
    /// Acknowledged keys without a file under records/: results that were lost.
    [[nodiscard]] std::vector<std::string> lost_keys() const;

private:
    void check_format();
    void make_layout();
    void require_writable(std::string_view doing) const;
    [[nodiscard]] std::filesystem::path path_of(std::string_view folder, std::string_view key) const;
    [[nodiscard]] std::vector<std::string> keys_under(std::string_view folder) const;
    [[nodiscard]] std::filesystem::path move_to_damaged(const std::filesystem::path& from,
                                                        std::string_view key, std::string_view reason);
    [[noreturn]] void keep_conflict(const RunRecord& record, std::string_view bytes,
                                    const std::string& difference);

    std::filesystem::path root_;
    Access access_;
};

} // namespace suite::store
