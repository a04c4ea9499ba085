// How far means may differ: what a workload declares of margins, their groups and caps, and of chance.
#include "tests/suite/plan/small_tree.hpp"

namespace {

using small_tree::fault;
using small_tree::published;
using small_tree::Tree;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

const std::string file = "w/workload.toml";

/// Declares these keys of the workload and entries of the two tables.
Tree& declare(Tree& tree, const std::string& keys, const std::string& caps, const std::string& chance = "") {
    tree.replace(file, "study = \"nobody2000\"\n", "study = \"nobody2000\"\n" + keys);
    tree.replace(file, "[workload.chance]\ntop1 = \"1/classes\"\n",
                 "[workload.margin_caps]\n" + caps + "[workload.chance]\n" +
                     (chance.empty() ? "top1 = \"1/classes\"\n" : chance));
    return tree;
}

TEST(Margins, ReachThePlannedCells) {
    Tree tree;
    declare(tree, "margin_sds = 2.0\nmargin_groups = [\"target\", \"shots\"]\n", "top1 = 5.0\n");

    const auto plan = suite::plan::expand(tree.load(), "w", "full");

    ASSERT_EQ(plan.cells.size(), 1U);
    EXPECT_EQ(plan.cells[0].margin, 1.0);
    EXPECT_EQ(plan.cells[0].margin_sds, 2.0);
    EXPECT_EQ(plan.cells[0].margin_group, "top1/pets/full");
    EXPECT_EQ(plan.cells[0].margin_cap, 5.0);
    EXPECT_EQ(plan.cells[0].chance, 50.0); // two classes
}

TEST(Margins, OfNoDeclaredGroupAreTheCellsOwn) {
    const auto plan = suite::plan::expand(Tree().load(), "w", "full");

    EXPECT_EQ(plan.cells[0].margin_group, "top1/pets/small/NAT");
    EXPECT_EQ(plan.cells[0].margin_cap, std::nullopt);
}

TEST(Margins, ChanceIsAlsoANumberOfPoints) {
    Tree tree;
    declare(tree, "", "top1 = 5.0\n", "top1 = 12.5\n");

    EXPECT_EQ(suite::plan::expand(tree.load(), "w", "full").cells[0].chance, 12.5);
}

TEST(Margins, ChanceIsThatOfTheStandInsClasses) {
    Tree tree;
    tree.add("data/sets.toml", R"(
[[data_set]]
id = "toys"
title = "Toys"
task = "multiclass"
classes = 8
reader = "published"
train_images = 100
test_images = 50
image_size = 32
)");
    tree.add("profiles.toml", "[profile.data_sets]\npets = \"toys\"\n");

    EXPECT_EQ(suite::plan::expand(tree.load(), "w", "full").cells[0].chance, 12.5);
}

TEST(BadMargins, UnknownAndDoubledAxesOfGroups) {
    Tree tree;
    declare(tree, "margin_groups = [\"target\", \"shot\", \"target\"]\n", "top1 = 5.0\n");

    const std::string line = tree.where(file, "margin_groups");
    EXPECT_THAT(tree.faults(), UnorderedElementsAre(fault(line, "'shot' for 'margin_groups'", "shots"),
                                                    fault(line, "'target' for 'margin_groups'", "once")));
}

TEST(BadMargins, CapsOfZeroBelowTheMarginAndOfNoMargin) {
    Tree zero;
    declare(zero, "", "top1 = 0.0\n");
    Tree low;
    declare(low, "", "top1 = 0.9\n");
    Tree other;
    declare(other, "", "mean_auc = 2.5\n");

    EXPECT_THAT(zero.faults(), ElementsAre(fault(zero.where(file, "top1 = 0.0"), "0 for 'margin_caps'",
                                                 "a number above 0")));
    EXPECT_THAT(low.faults(), ElementsAre(fault(low.where(file, "top1 = 0.9"), "0.9 for 'margin_caps'",
                                                "no less than the margin of top1")));
    EXPECT_THAT(other.faults(),
                ElementsAre(fault(other.where(file, "mean_auc = 2.5"), "'mean_auc' for 'margin_caps'",
                                  "a metric that has a margin")));
}

TEST(BadMargins, ChanceThatIsMissing) {
    Tree table;
    table.replace(file, "[workload.chance]\ntop1 = \"1/classes\"\n", "");
    Tree entry;
    entry.replace(file, "[workload.chance]\ntop1 = \"1/classes\"\n", "[workload.chance]\n");

    EXPECT_THAT(table.faults(),
                ElementsAre(fault(table.where(file, "[[workload]]"), "no key 'chance'", "guessing")));
    EXPECT_THAT(entry.faults(),
                ElementsAre(fault(entry.where(file, "top1 = 1.0"), "a margin of top1 without a chance level",
                                  "[workload.chance]")));
}

TEST(BadMargins, ChanceThatIsNoLevel) {
    Tree word;
    word.replace(file, "\"1/classes\"", "\"1/labels\"");
    Tree number;
    number.replace(file, "\"1/classes\"", "100.0");
    Tree type;
    type.replace(file, "\"1/classes\"", "true");

    EXPECT_THAT(word.faults(), ElementsAre(fault(word.where(file, "1/labels"), "'1/labels' for 'chance'",
                                                 "\"1/classes\" or a number")));
    EXPECT_THAT(number.faults(),
                ElementsAre(fault(number.where(file, "100.0"), "100 for 'chance'", "from 0 to below 100")));
    EXPECT_THAT(type.faults(), ElementsAre(fault(type.where(file, "top1 = true"), "boolean for 'chance'",
                                                 "a number or a string")));
}

TEST(BadMargins, OfAMetricThatNoCellHas) {
    Tree tree;
    tree.replace(file, "top1 = 1.0", "top1 = 1.0\nmean_auc = 0.5");
    tree.replace(file, "\"1/classes\"", "\"1/classes\"\nmean_auc = 50.0");

    EXPECT_THAT(tree.faults(),
                ElementsAre(fault(tree.where(file, "mean_auc = 0.5"),
                                  "a margin of mean_auc, the metric of no cell of 'w'", "top1")));
}

TEST(BadMargins, OfOneWorkloadComeAtOnce) {
    Tree tree;
    declare(tree, "margin_groups = [\"ranks\"]\n", "top1 = -1.0\n", "top1 = -2.0\n");

    EXPECT_EQ(tree.faults().size(), 3U);
}

/// Adds a second workload with these declarations, and a view of both.
void add_view(Tree& tree, const std::string& keys, const std::string& caps, const std::string& chance) {
    declare(tree, "margin_groups = [\"target\"]\n", "top1 = 5.0\n");
    tree.add("second/workload.toml", R"([[workload]]
id = "second"
title = "Another"
source = "Table 2"
study = "nobody2000"
axis = [
  { name = "target", values = ["pets"] },
  { name = "model", values = ["small"] },
  { name = "source", values = ["NAT"] },
  { name = "shots", values = ["1"] },
]
)" + keys + "[workload.margins]\ntop1 = 1.0\n" +
                                         caps + "[workload.chance]\n" + chance + R"(
[[workload.sources]]
id = "NAT"
data_set = "photos"
)");
    tree.add("view/workload.toml", R"([[workload]]
id = "view"
title = "A view"
source = "Figure 1"
study = "nobody2000"
union_of = ["w", "second"]
)");
}

TEST(MarginsOfViews, AreThoseOfTheirWorkloads) {
    Tree tree;
    add_view(tree, "margin_groups = [\"target\"]\n", "[workload.margin_caps]\ntop1 = 5.0\n",
             "top1 = \"1/classes\"\n");

    const auto plan = suite::plan::expand(tree.load(), "view", "full");

    ASSERT_EQ(plan.cells.size(), 2U);
    for (const auto& cell : plan.cells) {
        EXPECT_EQ(cell.margin_group, "top1/pets");
        EXPECT_EQ(cell.margin_cap, 5.0);
        EXPECT_EQ(cell.chance, 50.0);
    }
}

TEST(MarginsOfViews, MayNotDiffer) {
    Tree tree;
    add_view(tree, "", "", "top1 = 25.0\n");

    const std::string line = tree.where("view/workload.toml", "union_of");
    EXPECT_THAT(tree.faults(),
                UnorderedElementsAre(fault(line, "margin cap of top1 in 'second'", "one cap"),
                                     fault(line, "chance level of top1 in 'second'", "one chance level"),
                                     fault(line, "margin_groups in 'second'", "the same axes")));
}

TEST(PublishedMargins, AreCappedAtFiveTimesTheLeast) {
    for (const auto& [id, workload] : published().workloads) {
        EXPECT_EQ(workload.margin_caps.size(), workload.margins.size()) << id;
        for (const auto& [metric, cap] : workload.margin_caps) {
            EXPECT_DOUBLE_EQ(cap, 5 * workload.margins.at(metric)) << id;
        }
    }
}

TEST(PublishedMargins, KnowWhatGuessingScores) {
    const std::map<std::string, double> chance{{"cifar10", 100.0 / 10},
                                               {"cifar100", 100.0 / 100},
                                               {"flowers102", 100.0 / 102},
                                               {"pets", 100.0 / 37},
                                               {"covidx", 100.0 / 2}};
    for (const auto& cell : suite::plan::expand(published(), "table1", "paper").cells) {
        EXPECT_EQ(cell.chance, chance.contains(cell.id.target()) ? chance.at(cell.id.target()) : 50.0)
            << cell.text;
    }
}

} // namespace
