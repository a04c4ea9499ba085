// Workloads that look at the cells of others.
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "suite/plan/plan.hpp"
#include "suite/plan/reference.hpp"
#include "tests/suite/plan/small_tree.hpp"

namespace {

using small_tree::published;
using small_tree::Tree;
using suite::plan::Catalog;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> cells_of(const Catalog& catalog, const std::string& workload) {
    std::vector<std::string> texts;
    for (const auto& cell : suite::plan::workload_cells(catalog.workloads.at(workload))) {
        texts.push_back(cell.text());
    }
    return texts;
}

std::set<std::string> keys_of(const std::string& workload, const std::string& profile) {
    std::set<std::string> keys;
    for (const auto& run : suite::plan::expand(published(), workload, profile).runs) {
        keys.insert(run.key);
    }
    return keys;
}

const std::string second = R"([[workload]]
id = "second"
title = "Another"
source = "Table 2"
study = "nobody2000"
without = ["*/5"]
axis = [
  { name = "target", values = ["pets"] },
  { name = "model", values = ["small"] },
  { name = "source", values = ["NAT"] },
  { name = "shots", values = ["1", "5", "full"] },
]
[workload.margins]
top1 = 1.0
[workload.chance]
top1 = "1/classes"
[[workload.sources]]
id = "NAT"
data_set = "photos"
[[workload.claim]]
id = "more-shots"
text = "More shots help."
where = "here"
rule = "all"
term = [ { cells = "pets/*/NAT", versus = { shots = "1" }, kind = "greater" } ]
)";

const std::string view = R"([[workload]]
id = "view"
title = "A view"
source = "Figure 1"
study = "nobody2000"
union_of = ["w", "second"]
)";

TEST(Views, HaveTheCellsOfTheirWorkloadsOnce) {
    Tree tree;
    tree.add("second/workload.toml", second).add("view/workload.toml", view);
    const Catalog catalog = tree.load();

    EXPECT_THAT(cells_of(catalog, "second"), ElementsAre("pets/small/NAT/1", "pets/small/NAT"));
    EXPECT_THAT(cells_of(catalog, "view"), ElementsAre("pets/small/NAT", "pets/small/NAT/1"));
    ASSERT_EQ(catalog.workloads.at("view").claims.size(), 1U);
    EXPECT_EQ(catalog.workloads.at("view").claims.front().id, "second.more-shots");
}

TEST(Views, KeepOnlyClaimsThatKeepAllTheirCells) {
    Tree tree;
    tree.add("second/workload.toml", second).add("view/workload.toml", view + "without = [\"*/1\"]\n");

    const Catalog catalog = tree.load();

    EXPECT_THAT(cells_of(catalog, "view"), ElementsAre("pets/small/NAT"));
    EXPECT_TRUE(catalog.workloads.at("view").claims.empty());
}

TEST(Views, NameEveryFault) {
    Tree tree;
    tree.add("view/workload.toml", view + "without = [\"nothing\"]\n");
    const auto faults = tree.faults();

    ASSERT_EQ(faults.size(), 2U);
    EXPECT_THAT(faults[0].found, HasSubstr("'second'"));
    EXPECT_THAT(faults[1].found, HasSubstr("'nothing'"));
}

TEST(Views, MayNotLeaveAnAxisOrMeanTwoThings) {
    Tree other;
    std::string unlike = second;
    unlike.replace(unlike.find("data_set = \"photos\""), 19, "data_set = \"pets\"");
    other.add("second/workload.toml", unlike).add("view/workload.toml", view);

    const auto faults = other.faults();

    EXPECT_TRUE(std::any_of(faults.begin(), faults.end(), [](const suite::Fault& fault) {
        return fault.found.find("source 'NAT' of pets as 'pets'") != std::string::npos;
    }));
}

TEST(PublishedViews, AddNoRun) {
    for (const std::string profile : {"smoke", "laptop", "paper"}) {
        std::set<std::string> known = keys_of("table1", profile);
        for (const std::string& key : keys_of("table4", profile)) {
            EXPECT_TRUE(known.contains(key)) << profile;
        }
        for (const std::string& id : suite::plan::workload_ids(published())) {
            const std::set<std::string> keys = keys_of(id, profile);
            const auto& workload = published().workloads.at(id);
            if (!workload.union_of.empty() && workload.parents == 1) {
                EXPECT_TRUE(std::includes(known.begin(), known.end(), keys.begin(), keys.end()))
                    << id << " at " << profile;
            }
            known.insert(keys.begin(), keys.end());
        }
    }
}

TEST(PublishedViews, Table5IsInTheFewShotWorkloadsUnderOtherWords) {
    std::set<std::string> few_shot;
    for (const std::string target : {"padchest-cl", "covidx", "tuberculosis"}) {
        few_shot.merge(keys_of("fewshot-" + target, "laptop"));
    }
    for (const std::string& key : keys_of("table5", "laptop")) {
        EXPECT_TRUE(few_shot.contains(key));
    }
}

TEST(PublishedViews, HaveThePublishedNumbersOfTheirCells) {
    const auto figure = suite::plan::load_references(published(), "fig6", "paper").published;
    const auto table = suite::plan::load_references(published(), "table4", "paper").published;

    EXPECT_EQ(figure.size(), cells_of(published(), "fig6").size());
    EXPECT_EQ(figure.at("covidx/R50x1/S-MED/1").values.size(), 5U);
    ASSERT_TRUE(table.at("tuberculosis/R50x1/21K-NAT").printed);
    EXPECT_FALSE(
        table.at("tuberculosis/R50x1/21K-NAT").printed->bold); // Table 1 has this mark, Table 4 lost it
    EXPECT_EQ(table.at("tuberculosis/R50x1/21K-NAT").values.size(), 5U);
}

} // namespace
