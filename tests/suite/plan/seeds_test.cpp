#include "small_tree.hpp"
#include "suite/plan/plan.hpp"

using suite::plan::parse_seeds;
using testing::ElementsAre;

namespace {

TEST(Seeds, AreNumbersListsAndRanges) {
    EXPECT_THAT(parse_seeds("3"), ElementsAre(3U));
    EXPECT_THAT(parse_seeds("0-4"), ElementsAre(0U, 1U, 2U, 3U, 4U));
    EXPECT_THAT(parse_seeds("0,2,7"), ElementsAre(0U, 2U, 7U));
    EXPECT_THAT(parse_seeds("5,0-2"), ElementsAre(5U, 0U, 1U, 2U));
    EXPECT_THAT(parse_seeds("4-4"), ElementsAre(4U));
}

TEST(Seeds, ReachTheLastNumberAndEnd) {
    EXPECT_THAT(parse_seeds("18446744073709551614-18446744073709551615"),
                ElementsAre(18'446'744'073'709'551'614U, 18'446'744'073'709'551'615U));
}

class BadSeedsTest : public testing::TestWithParam<const char*> {};

TEST_P(BadSeedsTest, AreRefusedWithTheirText) {
    try {
        (void)parse_seeds(GetParam());
        FAIL() << "nothing was thrown";
    } catch (const suite::Error& error) {
        EXPECT_EQ(error.exit_code(), 2);
        EXPECT_THAT(error.what(), testing::HasSubstr("--seeds: found '" + std::string(GetParam()) + "'"));
    }
}

INSTANTIATE_TEST_SUITE_P(Texts, BadSeedsTest,
                         testing::Values("", ",", "1,", ",1", "a", "1a", "-1", "+1", " 1", "1.0", "4-0",
                                         "0-4-6", "0-", "1,1", "0-4,3", "0-1000000000",
                                         "18446744073709551616", "0x1"));

} // namespace
