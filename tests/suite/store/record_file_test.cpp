#include "suite/store/record_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store_fixture.hpp"
#include "suite/base/error.hpp"
#include "suite/store/user_block.hpp"

namespace suite::store {
namespace {

using testing::failed_record;
using testing::full_record;
using ::testing::HasSubstr;
using testing::minimal_record;

std::string message_of(std::string_view bytes, std::string_view key) {
    try {
        static_cast<void>(record_from_bytes(bytes, key, "x.h5"));
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::store);
        return error.what();
    }
    return "read";
}

void expect_equal(const RunRecord& a, const RunRecord& b) {
    EXPECT_EQ(first_difference(a, b), "");
    EXPECT_EQ(a.kind, b.kind);
    EXPECT_EQ(a.cell, b.cell);
    EXPECT_EQ(a.config, b.config);
    EXPECT_EQ(a.seed, b.seed);
    EXPECT_EQ(a.parent_key, b.parent_key);
    EXPECT_EQ(a.images_seen, b.images_seen);
    EXPECT_EQ(a.parameters, b.parameters);
    EXPECT_EQ(a.train_seconds, b.train_seconds);
    EXPECT_EQ(std::isnan(a.wall_seconds), std::isnan(b.wall_seconds));
    EXPECT_EQ(a.provenance, b.provenance);
    ASSERT_EQ(a.timing.has_value(), b.timing.has_value()); // earlier versions wrote none
    if (a.timing) {
        EXPECT_EQ(a.timing->started_seconds, b.timing->started_seconds);
        EXPECT_EQ(a.timing->data_seconds, b.timing->data_seconds);
        EXPECT_EQ(a.timing->evaluation_seconds, b.timing->evaluation_seconds);
        EXPECT_EQ(std::isnan(a.timing->store_seconds), std::isnan(b.timing->store_seconds));
    }
}

TEST(RecordFile, GivesBackEveryField) {
    const RunRecord record = full_record();
    expect_equal(record_from_bytes(record_to_bytes(record), record.key, "x.h5"), record);
}

TEST(RecordFile, GivesBackTheScalingSection) {
    RunRecord record = minimal_record();
    record.kind = "scaling";
    record.scaling = testing::scaling_section();

    const RunRecord read = record_from_bytes(record_to_bytes(record), record.key, "x.h5");

    ASSERT_TRUE(read.scaling.has_value());
    EXPECT_EQ(record_to_bytes(read), record_to_bytes(record)); // every column, bit by bit
    EXPECT_EQ(read.scaling->summary.images_per_second, 1024.0);
    EXPECT_EQ(read.scaling->summary.flags, "busy");
    ASSERT_EQ(read.scaling->ranks.size(), 2U);
    EXPECT_EQ(read.scaling->ranks[1].core, "1");
    ASSERT_EQ(read.scaling->steps.size(), 2U);
    EXPECT_EQ(read.scaling->steps[1].step, 19);
    RunRecord slower = record;
    slower.scaling->summary.seconds *= 2;
    EXPECT_TRUE(same_result(record, slower));
}

TEST(RecordFile, GivesBackTheOutcomesOfTheTestImages) {
    RunRecord record = minimal_record();
    record.outcomes = TestOutcomes{.metric = "top1", .test_set = "0123", .values = {1.0F, 0.0F, 1.0F}};

    const RunRecord read = record_from_bytes(record_to_bytes(record), record.key, "x.h5");

    ASSERT_TRUE(read.outcomes.has_value());
    EXPECT_EQ(read.outcomes->metric, "top1");
    EXPECT_EQ(read.outcomes->test_set, "0123");
    EXPECT_EQ(read.outcomes->values, record.outcomes->values);
}

TEST(RecordFile, OutcomesAreComparedWhereBothRecordsHaveThem) {
    RunRecord record = minimal_record();
    const RunRecord earlier = record; // of a version that kept none
    record.outcomes = TestOutcomes{.metric = "top1", .test_set = "0123", .values = {1.0F, 0.0F}};
    RunRecord other = record;
    other.outcomes->values.back() = 1.0F;

    EXPECT_EQ(first_difference(record, earlier), "");
    EXPECT_EQ(first_difference(record, other), "outcomes.values[1]");
}

TEST(RecordFile, RefusesANulInItsOutcomes) {
    RunRecord record = minimal_record();
    record.outcomes = TestOutcomes{.metric = std::string("top\0", 4), .test_set = "0123", .values = {}};

    EXPECT_THROW(static_cast<void>(record_to_bytes(record)), Error);
}

TEST(RecordFile, RefusesAScalingSectionWithoutARowForEachRank) {
    RunRecord record = minimal_record();
    record.scaling = testing::scaling_section();
    record.scaling->ranks.pop_back();

    EXPECT_THROW(static_cast<void>(record_to_bytes(record)), Error);
}

TEST(RecordFile, GivesBackEmptyVectors) {
    RunRecord record = minimal_record();
    expect_equal(record_from_bytes(record_to_bytes(record), record.key, "x.h5"), record);
    record.predictions = PredictionTable{};
    expect_equal(record_from_bytes(record_to_bytes(record), record.key, "x.h5"), record);
    record.predictions->samples = 4; // no outputs
    expect_equal(record_from_bytes(record_to_bytes(record), record.key, "x.h5"), record);
}

TEST(RecordFile, GivesBackTheLargestNumbersAndLongTexts) {
    RunRecord record = minimal_record(std::numeric_limits<std::uint64_t>::max());
    record.images_seen = std::numeric_limits<std::int64_t>::min();
    record.provenance["long"] = std::string(100'000, 'x');
    expect_equal(record_from_bytes(record_to_bytes(record), record.key, "x.h5"), record);
}

TEST(RecordFile, GivesBackAFailure) {
    const RunRecord record = failed_record();
    const RunRecord read = record_from_bytes(record_to_bytes(record), record.key, "x.h5");
    ASSERT_TRUE(read.failure);
    EXPECT_EQ(read.failure->phase, "train");
    EXPECT_EQ(read.failure->kind, "numeric");
    EXPECT_EQ(read.failure->reason, "loss is NaN");
    EXPECT_EQ(read.failure->step, 42);
}

TEST(RecordFile, HasEqualBytesForEqualContent) {
    const std::string first = record_to_bytes(full_record());
    ::usleep(1'100'000); // object times have a resolution of one second
    EXPECT_EQ(sha256_hex(record_to_bytes(full_record())), sha256_hex(first));
}

TEST(RecordFile, KeepsTheDigestOfAllThatFollowsInItsUserBlock) {
    const std::string bytes = record_to_bytes(minimal_record());
    EXPECT_THAT(bytes, ::testing::StartsWith("TransferScale record\nschema 1\nsha256 " +
                                             sha256_hex(std::string_view(bytes).substr(512))));
    EXPECT_EQ(bytes.substr(512, 8), "\x89HDF\r\n\x1a\n");
}

TEST(RecordFile, NamesTheRightKeyUnderAWrongName) {
    const std::string other = minimal_record(1).key;
    const RunRecord record = minimal_record(0);
    const std::string message = message_of(record_to_bytes(record), other);
    EXPECT_THAT(message, HasSubstr("found the record of " + record.key));
    EXPECT_THAT(message, HasSubstr("expected the record of " + other));
}

TEST(RecordFile, TellsANewerSchemaFromDamage) {
    std::string bytes = record_to_bytes(minimal_record());
    const std::string digest = sha256_hex(std::string_view(bytes).substr(512));
    bytes.replace(0, 512, to_bytes(UserBlock{"record", record_schema + 1, digest}));
    EXPECT_THAT(message_of(bytes, minimal_record().key), HasSubstr("written by a newer version (schema 2)"));
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    EXPECT_THAT(message_of(bytes, minimal_record().key), HasSubstr("SHA-256"));
}

TEST(RecordFile, RefusesForeignFiles) {
    const std::string key = minimal_record().key;
    EXPECT_THAT(message_of("", key), HasSubstr("found 0 bytes"));
    EXPECT_THAT(message_of(std::string(4096, '\0'), key), HasSubstr("does not begin with"));
    std::string bytes = record_to_bytes(minimal_record());
    const std::string digest = sha256_hex(std::string_view(bytes).substr(512));
    bytes.replace(0, 512, to_bytes(UserBlock{"checkpoint", 1, digest}));
    EXPECT_THAT(message_of(bytes, key), HasSubstr("found a checkpoint, expected a record"));
}

TEST(RecordFile, RefusesToWriteWhatItWouldNotRead) {
    RunRecord record = full_record();
    record.key = minimal_record().key;
    record.failure = Failure{};
    record.predictions->scores.pop_back();
    record.cell = std::string("a\0b", 3);
    try {
        static_cast<void>(record_to_bytes(record));
        FAIL() << "written";
    } catch (const Error& error) {
        EXPECT_EQ(error.faults().size(), 4U) << error.what(); // all at once
        EXPECT_THAT(error.what(), HasSubstr("SHA-256 of its configuration"));
        EXPECT_THAT(error.what(), HasSubstr("NUL"));
    }
}

TEST(UserBlockBytes, RoundTripAndNoticeEveryBit) {
    const UserBlock block{"record", 3, sha256_hex(std::string_view("x"))};
    const std::string bytes = to_bytes(block);
    ASSERT_EQ(bytes.size(), 512U);
    EXPECT_EQ(user_block_from_bytes(bytes), block);
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
        std::string flipped = bytes;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_FALSE(user_block_from_bytes(flipped)) << "bit " << bit;
    }
}

} // namespace
} // namespace suite::store
