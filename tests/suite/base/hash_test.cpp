#include "suite/base/hash.hpp"

#include <fstream>
#include <string>

#include <numeric>

#include <gtest/gtest.h>

#include "suite/base/error.hpp"

namespace suite {
namespace {

// FIPS 180-4 examples (NIST, SHA-256).
TEST(Sha256, AgreesWithThePublishedExamples) {
    EXPECT_EQ(sha256_hex(std::string_view("")),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_hex(std::string_view("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesHashLikeTheWhole) {
    Sha256 hash;
    hash.update("a");
    Sha256 moved = std::move(hash);
    moved.update("");
    moved.update("bc");
    EXPECT_EQ(to_hex(moved.finish()), sha256_hex(std::string_view("abc")));
}

TEST(Sha256, OfAFileFromAnOffset) {
    const std::string path = testing::TempDir() + "hash_test_file";
    const std::string bytes(700'000, 'x');
    std::ofstream(path, std::ios::binary) << "abc" << bytes;
    EXPECT_EQ(sha256_hex_of_file(path), sha256_hex("abc" + bytes));
    EXPECT_EQ(sha256_hex_of_file(path, 3), sha256_hex(bytes));
    EXPECT_EQ(sha256_hex_of_file(path, 10'000'000), sha256_hex(std::string_view("")));
}

TEST(Sha256, OfWhatCannotBeReadIsAnErrorNotAnEmptyHash) {
    EXPECT_THROW((void)sha256_hex_of_file(testing::TempDir() + "no_such_file"), Error);
    EXPECT_THROW((void)sha256_hex_of_file(testing::TempDir()), Error);
}

// Published test values of xxHash and of its reference implementation 0.8.1.
TEST(Hash64, GivesThePublishedValues) {
    const auto of = [](std::string_view text) { return hash64(std::as_bytes(std::span(text))); };
    EXPECT_EQ(of(""), 0xEF46DB3751D8E999U);
    EXPECT_EQ(of("a"), 0xD24EC4F1A98C6E5BU);
    EXPECT_EQ(of("abc"), 0x44BC2CF5AD770999U);
    EXPECT_EQ(of("Nobody inspects the spammish repetition"), 0xFBCEA83C8A378BF1U);
    std::string counting(222, '\0');
    std::iota(counting.begin(), counting.end(), '\0');
    EXPECT_EQ(of(counting), 0x88FF0DADA4BFA877U);
}

} // namespace
} // namespace suite
