#include "suite/plan/declare/ladder_file.hpp"

#include "tests/suite/plan/small_tree.hpp"

using small_tree::fault;
using small_tree::Tree;
using suite::plan::LadderRow;

namespace {

struct Read {
    std::vector<LadderRow> rows;
    std::vector<suite::Fault> faults;
};

Read read(const Tree& tree) {
    tree.write();
    suite::FaultList faults;
    Read result{.rows = suite::plan::read_ladder(tree.root() / "rungs.csv", faults), .faults = {}};
    result.faults = faults.faults();
    for (suite::Fault& found : result.faults) {
        found.where = found.where.substr(found.where.rfind('/') + 1);
    }
    return result;
}

Read read(const std::string& text) {
    return read(Tree({{"rungs.csv", text}}));
}

TEST(LadderFile, ReadsRungsInAnyOrderOfColumns) {
    const auto [rows, faults] = read("images_per_s,sd,gpus\r\n129.14,0.5,1\r\n508,2,4\r\n");
    EXPECT_TRUE(faults.empty());
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].ranks, 1);
    EXPECT_EQ(rows[1].images_per_second, 508.0);
    EXPECT_EQ(rows[1].sd, 2.0);
    EXPECT_TRUE(rows[1].place.ends_with("rungs.csv:3"));
}

TEST(LadderFile, ReadsWeakRungsOfAReference) {
    const auto [rows, faults] =
        read("cell,images_per_second,speedup\nx/R/weak/1,10,1\nx/R/strong/2,15,1.5\nx/R/weak/2,19,1.9\n");
    EXPECT_TRUE(faults.empty());
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[1].ranks, 2);
    EXPECT_EQ(rows[1].images_per_second, 19.0);
    EXPECT_FALSE(rows[1].sd);
}

TEST(LadderFile, NamesEveryFaultWithItsLine) {
    const auto [rows, faults] =
        read("gpus,images_per_s,sd\n1,nan,\n0,5,\ntwo,5,\n4,-5,\n8,40,-1\n16\n32,inf,\n");
    EXPECT_TRUE(rows.empty());
    EXPECT_THAT(faults, testing::UnorderedElementsAre(fault("rungs.csv:2", "images_per_s 'nan'", "finite"),
                                                      fault("rungs.csv:3", "'0' ranks", "1 or more"),
                                                      fault("rungs.csv:4", "'two' ranks", "whole"),
                                                      fault("rungs.csv:5", "images_per_s -5", "above 0"),
                                                      fault("rungs.csv:6", "sd -1", "above 0"),
                                                      fault("rungs.csv:7", "1 fields", "3"),
                                                      fault("rungs.csv:8", "images_per_s 'inf'", "finite")));
}

TEST(LadderFile, UnknownColumnsAndEmptyFilesAreFaults) {
    EXPECT_FALSE(read("gpus,img\n1,2\n").faults.empty());
    EXPECT_FALSE(read("").faults.empty());
}

TEST(LadderFile, AnAbsentFileThrows) {
    suite::FaultList faults;
    EXPECT_THROW((void)suite::plan::read_ladder("/no/such/rungs.csv", faults), suite::Error);
}

} // namespace
