#include "suite/store/store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/stat.h>

#include "store_fixture.hpp"
#include "suite/base/error.hpp"
#include "suite/store/record_file.hpp"

namespace suite::store {
namespace {

namespace fs = std::filesystem;
using testing::count_temporaries;
using ::testing::ElementsAre;
using testing::failed_record;
using testing::full_record;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::minimal_record;
using testing::slurp;
using testing::spill;
using testing::TemporaryFolder;

template<typename Function>
std::string error_of(ErrorKind kind, const Function& function) {
    try {
        function();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), kind) << error.what();
        return error.what();
    }
    return "no error";
}

std::size_t count_files(const fs::path& folder) {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        count += entry.is_regular_file() ? 1U : 0U;
    }
    return count;
}

class StoreTest : public ::testing::Test {
protected:
    fs::path root() const { return folder_.path() / "store"; }
    TemporaryFolder folder_;
};

TEST_F(StoreTest, GivesBackWhatWasPublished) {
    Store store(root(), Access::read_write);
    EXPECT_TRUE(store.commit(full_record()));
    const Lookup found = Store(root(), Access::read_only).look_up(full_record().key);
    ASSERT_EQ(found.state, LookupState::finished);
    EXPECT_EQ(first_difference(*found.record, full_record()), "");
    EXPECT_THAT(store.keys(), ElementsAre(full_record().key));
    EXPECT_EQ(store.record_path(full_record().key).parent_path().filename(), full_record().key.substr(0, 2));
    EXPECT_EQ(count_temporaries(root()), 0U);
}

TEST_F(StoreTest, KnowsNothingOfOtherKeys) {
    const Store store(root(), Access::read_write);
    EXPECT_EQ(store.look_up(minimal_record().key).state, LookupState::absent);
    EXPECT_EQ(store.read(minimal_record().key), std::nullopt);
}

TEST_F(StoreTest, ReadOnlyMakesNothing) {
    Store store(root(), Access::read_only);
    EXPECT_EQ(store.look_up(minimal_record().key).state, LookupState::absent);
    EXPECT_THAT(store.keys(), IsEmpty());
    EXPECT_THAT(store.acknowledged_keys(), IsEmpty());
    EXPECT_FALSE(store.is_claimed(minimal_record().key));
    for (const auto& write : std::vector<std::function<void()>>{
             [&] { store.commit(minimal_record()); }, [&] { store.commit_failure(failed_record()); },
             [&] { store.set_aside(minimal_record().key, ""); },
             [&] { store.set_aside_checkpoint(minimal_record().key, ""); },
             [&] { static_cast<void>(store.try_claim(minimal_record().key)); },
             [&] { store.remove_stale_temporaries(); }, [&] { store.acknowledge(minimal_record().key); }}) {
        EXPECT_THAT(error_of(ErrorKind::store, write), HasSubstr("a store opened for writing"));
    }
    EXPECT_FALSE(fs::exists(root()));
}

TEST_F(StoreTest, KeepsTheOldRecordWhenTheNewOneIsEqual) {
    Store store(root(), Access::read_write);
    store.commit(full_record());
    const std::string before = slurp(store.record_path(full_record().key));
    RunRecord again = full_record();
    again.train_seconds = 99.0;
    EXPECT_FALSE(store.commit(again));
    EXPECT_EQ(slurp(store.record_path(full_record().key)), before);
    EXPECT_EQ(count_files(root() / "damaged"), 0U);
    EXPECT_EQ(count_temporaries(root()), 0U);
}

TEST_F(StoreTest, KeepsBothRecordsWhenTheyDiffer) {
    Store store(root(), Access::read_write);
    store.commit(full_record());
    RunRecord other = full_record();
    other.metrics[0].value += 0.01;
    const std::string message = error_of(ErrorKind::corruption, [&] { store.commit(other); });
    EXPECT_THAT(message, HasSubstr("metrics[0].value"));
    EXPECT_EQ(first_difference(*store.read(full_record().key), full_record()), "");
    EXPECT_EQ(count_files(root() / "damaged"), 2U);
    EXPECT_EQ(count_temporaries(root()), 0U);
    for (const auto& entry : fs::directory_iterator(root() / "damaged")) {
        if (entry.path().extension() == ".h5") {
            EXPECT_EQ(slurp(entry.path()), record_to_bytes(other));
        }
    }
}

TEST_F(StoreTest, SetsADamagedRecordAsideWhenItIsPublishedAnew) {
    Store store(root(), Access::read_write);
    const fs::path path = store.record_path(full_record().key);
    spill(path, "rubbish");
    EXPECT_EQ(store.look_up(full_record().key).state, LookupState::damaged);
    EXPECT_TRUE(store.commit(full_record()));
    EXPECT_EQ(store.look_up(full_record().key).state, LookupState::finished);
    EXPECT_EQ(count_files(root() / "damaged"), 2U);
}

TEST_F(StoreTest, AFinishedRecordWinsOverFailures) {
    Store store(root(), Access::read_write);
    store.commit_failure(failed_record());
    RunRecord later = failed_record();
    later.failure->reason = std::string("found \0 in a file", 17);
    store.commit_failure(later);
    const Lookup failed = store.look_up(later.key);
    ASSERT_EQ(failed.state, LookupState::failed);
    EXPECT_EQ(failed.record->failure->reason, "found ? in a file");
    EXPECT_EQ(store.read(later.key), std::nullopt);
    EXPECT_THAT(store.failed_keys(), ElementsAre(later.key));

    store.commit(full_record());
    EXPECT_EQ(store.look_up(later.key).state, LookupState::finished);
    EXPECT_TRUE(fs::exists(store.failure_path(later.key)));
}

TEST_F(StoreTest, ReportsDamageAndSetsItAsideWithItsReason) {
    Store store(root(), Access::read_write);
    store.commit(full_record());
    const std::string key = full_record().key;
    std::string bytes = slurp(store.record_path(key));
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
    spill(store.record_path(key), bytes);

    const Lookup found = store.look_up(key);
    EXPECT_EQ(found.state, LookupState::damaged);
    EXPECT_THAT(found.message, HasSubstr(store.record_path(key).string()));
    EXPECT_THAT(error_of(ErrorKind::store, [&] { static_cast<void>(store.read(key)); }),
                HasSubstr("SHA-256"));
    const auto moved = store.set_aside(key, found.message);
    ASSERT_TRUE(moved);
    EXPECT_EQ(slurp(*moved), bytes);
    EXPECT_THAT(slurp(fs::path(*moved).replace_extension(".reason.txt")), HasSubstr("SHA-256"));
    EXPECT_EQ(store.look_up(key).state, LookupState::absent);
    EXPECT_FALSE(store.set_aside(key, ""));
}

TEST_F(StoreTest, NeverSetsAGoodRecordAside) {
    Store store(root(), Access::read_write);
    store.commit(full_record());
    EXPECT_FALSE(store.set_aside(full_record().key, "no reason"));
    EXPECT_EQ(store.look_up(full_record().key).state, LookupState::finished);
}

TEST_F(StoreTest, TakesAFileThatCannotBeOpenedForNothingWorse) {
    Store store(root(), Access::read_write);
    store.commit(full_record());
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const rlimit none{0, limit.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
    const Lookup found = store.look_up(full_record().key);
    const std::string message = error_of(ErrorKind::store, [&] { store.set_aside(full_record().key, ""); });
    const std::string listing = error_of(ErrorKind::store, [&] { static_cast<void>(store.keys()); });
    ::setrlimit(RLIMIT_NOFILE, &limit);
    EXPECT_EQ(found.state, LookupState::damaged);
    EXPECT_THAT(found.message, HasSubstr("Too many open files"));
    EXPECT_THAT(message, HasSubstr("Too many open files"));
    EXPECT_THAT(listing, HasSubstr("Too many open files"));
    EXPECT_EQ(store.look_up(full_record().key).state, LookupState::finished);
}

TEST_F(StoreTest, TwoFilesSetAsideInOneSecondAreBothKept) {
    Store store(root(), Access::read_write);
    const std::string key = full_record().key;
    for (const char* bytes : {"one", "two", "three"}) {
        spill(store.record_path(key), bytes);
        EXPECT_TRUE(store.set_aside(key, bytes));
    }
    EXPECT_EQ(count_files(root() / "damaged"), 6U);
}

TEST_F(StoreTest, ReportsARecordUnderTheWrongNameAndKind) {
    Store store(root(), Access::read_write);
    spill(store.record_path(minimal_record(1).key), record_to_bytes(minimal_record(2)));
    spill(store.record_path(failed_record(3).key), record_to_bytes(failed_record(3)));
    EXPECT_THAT(store.look_up(minimal_record(1).key).message, HasSubstr(minimal_record(2).key));
    EXPECT_EQ(store.look_up(failed_record(3).key).state, LookupState::damaged);
}

TEST_F(StoreTest, FollowsNoLinkAndWaitsForNoPipe) {
    Store store(root(), Access::read_write);
    const fs::path elsewhere = folder_.path() / "elsewhere.h5";
    spill(elsewhere, record_to_bytes(minimal_record()));
    const fs::path path = store.record_path(minimal_record().key);
    fs::create_directories(path.parent_path());
    fs::create_symlink(elsewhere, path);
    EXPECT_THAT(store.look_up(minimal_record().key).message, HasSubstr("symbolic link"));
    fs::remove(path);
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    EXPECT_THAT(store.look_up(minimal_record().key).message, HasSubstr("not a file"));
    EXPECT_TRUE(store.commit(minimal_record()));
}

TEST_F(StoreTest, RefusesAStoreOfAnotherVersion) {
    static_cast<void>(Store(root(), Access::read_write));
    spill(root() / "format", "transferscale-store 2\n");
    for (const Access access : {Access::read_only, Access::read_write}) {
        EXPECT_THAT(error_of(ErrorKind::store, [&] { static_cast<void>(Store(root(), access)); }),
                    HasSubstr("found transferscale-store 2, expected transferscale-store 1"));
    }
}

TEST_F(StoreTest, RefusesAFolderOfForeignFiles) {
    spill(root() / "thesis.tex", "precious");
    EXPECT_THAT(error_of(ErrorKind::store, [&] { static_cast<void>(Store(root(), Access::read_write)); }),
                HasSubstr("thesis.tex"));
    EXPECT_EQ(count_files(root()), 1U);
}

TEST_F(StoreTest, SaysClearlyWhenTheFolderCannotBeUsed) {
    spill(root(), "a file");
    for (const Access access : {Access::read_only, Access::read_write}) {
        EXPECT_THAT(error_of(ErrorKind::store, [&] { static_cast<void>(Store(root(), access)); }),
                    HasSubstr(root().string() + ": found a file, expected the folder of a store"));
    }
    EXPECT_THAT(
        error_of(ErrorKind::store, [&] { static_cast<void>(Store(root() / "x", Access::read_write)); }),
        HasSubstr("Not a directory"));
    EXPECT_THAT(
        error_of(ErrorKind::store, [] { static_cast<void>(Store("/proc/store", Access::read_write)); }),
        HasSubstr("error[E500] /proc/store"));
}

TEST_F(StoreTest, SaysClearlyWhenAFileStandsInAFoldersPlace) {
    Store store(root(), Access::read_write);
    fs::remove(root() / "records");
    spill(root() / "records", "a file");
    EXPECT_THAT(error_of(ErrorKind::store, [&] { store.commit(minimal_record()); }), HasSubstr("records"));
    EXPECT_THAT(error_of(ErrorKind::store, [&] { static_cast<void>(Store(root(), Access::read_write)); }),
                HasSubstr("records"));
    EXPECT_EQ(store.look_up(minimal_record().key).state, LookupState::damaged);
    EXPECT_EQ(slurp(root() / "records"), "a file");
}

TEST_F(StoreTest, RemovesOnlyTemporariesWhoseOwnerIsGone) {
    Store store(root(), Access::read_write);
    const std::string mine = to_string(this_process());
    const std::string host = this_process().host;
    const fs::path shard = root() / "records" / "ab";
    spill(shard / (".tmp-" + mine + "~0~x.h5"), "mine");
    spill(shard / (".tmp-" + host + "-1-99999999999~0~x.h5"), "process 1, started later than it did: gone");
    spill(root() / "claims" / (".tmp-" + host + "-2147483646-5~3~x"), "no such process");
    spill(root() / "damaged" / ".tmp-otherhost-12-34~0~x.h5", "cannot be known");
    spill(root() / ".tmp-rubbish", "not ours");
    EXPECT_EQ(store.remove_stale_temporaries(), 2U);
    EXPECT_EQ(count_temporaries(root()), 3U);
}

TEST_F(StoreTest, NoticesLostResultsThroughTheLedger) {
    Store store(root(), Access::read_write);
    for (const std::uint64_t seed : {1U, 2U}) {
        store.commit(minimal_record(seed));
        store.acknowledge(minimal_record(seed).key);
    }
    store.acknowledge(minimal_record(1).key);
    EXPECT_EQ(store.acknowledged_keys().size(), 2U);
    EXPECT_THAT(store.lost_keys(), IsEmpty());
    fs::remove(store.record_path(minimal_record(2).key));
    EXPECT_THAT(store.lost_keys(), ElementsAre(minimal_record(2).key));
}

TEST_F(StoreTest, ToleratesATornLedger) {
    Store store(root(), Access::read_write);
    store.acknowledge(minimal_record(1).key);
    spill(root() / "acknowledged", slurp(root() / "acknowledged") + minimal_record(2).key.substr(0, 20));
    EXPECT_THAT(store.acknowledged_keys(), ElementsAre(minimal_record(1).key));
    store.acknowledge(minimal_record(3).key);
    EXPECT_THAT(store.acknowledged_keys(),
                ::testing::UnorderedElementsAre(minimal_record(1).key, minimal_record(3).key));
}

} // namespace
} // namespace suite::store
