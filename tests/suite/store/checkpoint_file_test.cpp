#include "suite/store/checkpoint_file.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>

#include "store_fixture.hpp"
#include "suite/base/error.hpp"
#include "suite/store/record_file.hpp"
#include "suite/store/user_block.hpp"

namespace suite::store {
namespace {

using ::testing::HasSubstr;
using testing::slurp;
using testing::spill;
using testing::TemporaryFolder;

Checkpoint small_checkpoint() {
    return {.key = sha256_hex(std::string_view("run")),
            .tensors = {{"root/conv.weight", {2, 3}, 0}, {"scalar", {}, 6}, {"empty", {0, 5}, 7}},
            .values = {1.0F, -2.0F, std::nanf(""), 0.5F, 1e-45F, -0.0F, 3.0F},
            .arenas = {{"momentum", {0, 1, 2, 3, 4, 5, 6}}},
            .step = 1234};
}

template<typename Function>
std::string weights_error(const Function& function) {
    try {
        function();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::weights);
        return error.what();
    }
    return "no error";
}

class CheckpointFile : public ::testing::Test {
protected:
    std::filesystem::path path() const { return folder_.path() / "ab" / "checkpoint.h5"; }
    std::string read_error(const std::string& key = small_checkpoint().key) const {
        return weights_error([&] { static_cast<void>(read_checkpoint(path(), key)); });
    }
    TemporaryFolder folder_;
};

void expect_equal(const Checkpoint& a, const Checkpoint& b) {
    EXPECT_EQ(a.key, b.key);
    EXPECT_EQ(a.tensors, b.tensors);
    EXPECT_EQ(a.step, b.step);
    EXPECT_EQ(a.arenas, b.arenas);
    ASSERT_EQ(a.values.size(), b.values.size());
    EXPECT_EQ(sha256_hex(std::as_bytes(std::span(a.values))), sha256_hex(std::as_bytes(std::span(b.values))));
}

TEST_F(CheckpointFile, GivesBackEveryValue) {
    write_checkpoint(path(), small_checkpoint());
    expect_equal(read_checkpoint(path(), small_checkpoint().key), small_checkpoint());
    expect_equal(read_checkpoint(path()), small_checkpoint());
    EXPECT_EQ(testing::count_temporaries(folder_.path()), 0U);
}

TEST_F(CheckpointFile, GivesBackEmptyArenas) {
    const Checkpoint empty{.key = "k", .tensors = {}, .values = {}, .arenas = {}, .step = 0};
    write_checkpoint(path(), empty);
    expect_equal(read_checkpoint(path(), "k"), empty);
}

TEST_F(CheckpointFile, GivesBackEveryArenaByName) {
    Checkpoint checkpoint = small_checkpoint();
    checkpoint.arenas = {
        {"exp_avg", {1, 2, 3, 4, 5, 6, 7}}, {"momentum", {0, 1, 2, 3, 4, 5, 6}}, {"buffers", {0.5F, -1.0F}}};
    write_checkpoint(path(), checkpoint);
    const Checkpoint back = read_checkpoint(path());
    ASSERT_EQ(back.arenas.size(), 3U);
    for (const NamedArena& arena : checkpoint.arenas) {
        const NamedArena* found = find_arena(back.arenas, arena.name);
        ASSERT_NE(found, nullptr) << arena.name;
        EXPECT_EQ(found->values, arena.values) << arena.name;
    }
}

TEST_F(CheckpointFile, RefusesNamesThatDoNotTellArenasApart) {
    Checkpoint bad = small_checkpoint();
    bad.arenas = {{"", {}}, {"a/b", {1}}, {"..", {1}}, {"c", {1}}, {"c", {2}}};
    const std::string message = weights_error([&] { write_checkpoint(path(), bad); });
    EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 3) << message; // four faults
    EXPECT_THAT(message, HasSubstr("arena name \"a/b\""));
    EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(CheckpointFile, GivesBackTheLossScaleOfRunsThatHaveOne) {
    Checkpoint running = small_checkpoint();
    running.progress = CheckpointProgress{.images_seen = 7, .train_seconds = 1.5, .build = "b", .losses = {}};
    write_checkpoint(path(), running);
    EXPECT_EQ(read_checkpoint(path()).progress.value().loss_scale, std::nullopt);
    running.progress->loss_scale = {.scale = 32768.0, .good_steps = 1999, .skipped = 1};
    write_checkpoint(path(), running);
    EXPECT_EQ(read_checkpoint(path()).progress.value().loss_scale, running.progress->loss_scale);
}

TEST_F(CheckpointFile, ReplacesAnOlderOneWithEqualBytesForEqualContent) {
    write_checkpoint(path(), small_checkpoint());
    const std::string first = slurp(path());
    Checkpoint later = small_checkpoint();
    later.step = 5;
    write_checkpoint(path(), later);
    EXPECT_EQ(read_checkpoint(path(), later.key).step, 5);
    write_checkpoint(path(), small_checkpoint());
    EXPECT_EQ(sha256_hex(slurp(path())), sha256_hex(first));
}

TEST_F(CheckpointFile, HoldsManyTensorsAndTheSizeOfARealNetwork) {
    Checkpoint large{
        .key = "k", .tensors = {}, .values = std::vector<float>(25'549'352), .arenas = {}, .step = 1};
    for (std::size_t i = 0; i < large.values.size(); i += 1009) {
        large.values[i] = static_cast<float>(i);
    }
    large.arenas = {{"momentum", large.values}};
    for (std::size_t i = 0; i < 300; ++i) { // names long enough that the table is no small block
        large.tensors.push_back({"block" + std::to_string(i) + std::string(80, '.'), {8, 8, 3, 3}, i * 576});
    }
    rusage before{};
    rusage after{};
    ::getrusage(RUSAGE_SELF, &before);
    write_checkpoint(path(), large, Durability::none);
    ::getrusage(RUSAGE_SELF, &after);
    EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 32 * 1024) << "KiB: the arenas (200 MiB) are not copied";
    expect_equal(read_checkpoint(path(), "k"), large);
}

TEST_F(CheckpointFile, NoticesEveryChangedByteAndEveryTruncation) {
    write_checkpoint(path(), small_checkpoint());
    const std::string bytes = slurp(path());
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ 0x20);
        spill(path(), changed);
        EXPECT_NE(read_error(), "no error") << "byte " << at;
    }
    for (std::size_t length = 0; length < bytes.size(); length += 7) {
        spill(path(), bytes.substr(0, length));
        EXPECT_NE(read_error(), "no error") << "length " << length;
    }
    spill(path(), bytes + '\0');
    EXPECT_NE(read_error(), "no error");
}

TEST_F(CheckpointFile, NamesMissingAndForeignFiles) {
    EXPECT_THAT(read_error(), HasSubstr("No such file"));
    std::filesystem::create_directories(path());
    EXPECT_THAT(read_error(), HasSubstr("not a file"));
    std::filesystem::remove(path());
    spill(path(), record_to_bytes(testing::minimal_record()));
    EXPECT_THAT(read_error(), HasSubstr("found a record, expected a checkpoint"));
    write_checkpoint(path(), small_checkpoint());
    EXPECT_THAT(read_error("another"), HasSubstr("expected the checkpoint of another"));
}

TEST_F(CheckpointFile, RefusesANewerSchema) {
    write_checkpoint(path(), small_checkpoint());
    std::string bytes = slurp(path());
    const std::string digest = sha256_hex(std::string_view(bytes).substr(512));
    bytes.replace(0, 512, to_bytes(UserBlock{"checkpoint", checkpoint_schema + 1, digest}));
    spill(path(), bytes);
    EXPECT_THAT(read_error(), HasSubstr("written by a newer version"));
}

TEST_F(CheckpointFile, RefusesTensorsThatLeaveTheArenaAllAtOnce) {
    Checkpoint bad = small_checkpoint();
    bad.arenas.front().values.pop_back();
    bad.tensors = {{"a", {8}, 0},  {"a", {1}, 0}, {"b", {1}, 7},
                   {"c", {-1}, 0}, {"", {}, 0},   {"d", {std::int64_t{1} << 62, 4}, 0},
                   {"e", {0}, 8}};
    const std::string message = weights_error([&] { write_checkpoint(path(), bad); });
    EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 7) << message;
    EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(CheckpointFile, SaysWhereItCannotWrite) {
    spill(folder_.path() / "ab", "a file");
    EXPECT_THAT(weights_error([&] { write_checkpoint(path(), small_checkpoint()); }),
                HasSubstr((folder_.path() / "ab").string()));
}

} // namespace
} // namespace suite::store
