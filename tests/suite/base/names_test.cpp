#include "suite/base/names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace suite {
namespace {

TEST(EditDistance, CountsInsertionsDeletionsSubstitutionsAndSwaps) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_EQ(edit_distance("tabel1", "table1"), 1U);
    EXPECT_EQ(edit_distance("ca", "abc"),
              3U); // optimal string alignment; the free Damerau distance would be 2
    EXPECT_EQ(edit_distance("table1", "tabel1"), edit_distance("tabel1", "table1"));
}

TEST(EditDistance, OfAGlobCountsWhatItDoesNotMatch) {
    EXPECT_EQ(edit_distance("pets/*", "pets/R50x1/1K-NAT"), 0U);
    EXPECT_EQ(edit_distance("petz/*/1K-NAT", "pets/R50x1/1K-NAT"), 1U);
    EXPECT_EQ(edit_distance("table?", "table1"), 0U);
    EXPECT_EQ(edit_distance("*", ""), 0U);
    EXPECT_EQ(edit_distance("*x", ""), 1U);
}

TEST(NearestNames, OfGlobsOtherCaseAndUnfinishedNames) {
    const std::vector<std::string> valid{"juwels-booster", "local", "pets/R50x1/1K-NAT",
                                         "pets/R50x1/21K-NAT"};
    EXPECT_THAT(nearest_names("petz/*", valid, 2),
                testing::ElementsAre("pets/R50x1/1K-NAT", "pets/R50x1/21K-NAT"));
    EXPECT_THAT(nearest_names("PETS/r50X1/1k-nat", valid, 1), testing::ElementsAre("pets/R50x1/1K-NAT"));
    EXPECT_THAT(nearest_names("juw", valid, 1), testing::ElementsAre("juwels-booster"));
}

TEST(NearestNames, BestFirstTiesByAlphabetFarOnesLeftOut) {
    const std::vector<std::string> valid{"table1", "table2", "fewshot-cifar100", "tabl1", "st1"};
    EXPECT_THAT(nearest_names("tabel1", valid), testing::ElementsAre("tabl1", "table1", "table2"));
    EXPECT_THAT(nearest_names("tabel1", valid, 1), testing::ElementsAre("tabl1"));
    EXPECT_THAT(nearest_names("something-else-entirely", valid), testing::IsEmpty());
}

TEST(ExpectedNames, ListsFewAndNamesTheNearestOfMany) {
    const std::vector<std::string> few{"a", "b"};
    EXPECT_EQ(expected_names("x", few), "one of a, b");
    std::vector<std::string> many;
    for (int i = 0; i < 9; ++i)
        many.push_back("workload" + std::to_string(i));
    EXPECT_THAT(expected_names("workload77", many), testing::HasSubstr("nearest: workload7"));
    EXPECT_EQ(expected_names("zzzzzzzzzzzzzzzzzzzzz", many),
              "one of 9 names, such as workload0, workload1, workload2");
}

TEST(GlobMatch, WholeIdsAcrossSlashes) {
    EXPECT_TRUE(glob_match("cifar10/*", "cifar10/R50x1/21K-NAT"));
    EXPECT_TRUE(glob_match("*/R152x4/*", "padchest-cl/R152x4/S-MED/10"));
    EXPECT_TRUE(glob_match("cifar10?", "cifar10x"));
    EXPECT_TRUE(glob_match("table[14]", "table4"));
    EXPECT_FALSE(glob_match("cifar10", "cifar100"));
    EXPECT_FALSE(glob_match("R50x1", "cifar10/R50x1/21K-NAT"));
}

} // namespace
} // namespace suite
