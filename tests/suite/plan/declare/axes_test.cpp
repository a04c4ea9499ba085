// The axes that workloads declare: what is read, and every fault with its place.
#include "tests/suite/plan/small_tree.hpp"

namespace {

using small_tree::fault;
using small_tree::Tree;
using suite::plan::AxisRole;
using suite::plan::Catalog;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

const std::string file = "w/workload.toml";

std::string axis_line(const std::string& name) {
    return "  { name = \"" + name + "\", values = ";
}

TEST(Axes, MayHaveTheWordsOfTheirPaper) {
    Tree tree;
    tree.replace(file, axis_line("source"), "  { name = \"pretraining\", role = \"source\", values = ");
    tree.add(file, R"(
[[workload.claim]]
id = "c"
text = "One."
where = "here"
rule = "all"
term = [ { cells = "pets/small/NAT", kind = "above", bound = 1.0, best_of = "pretraining" } ]
)");

    const Catalog catalog = tree.load();

    const auto& workload = catalog.workloads.at("w");
    EXPECT_THAT(suite::plan::axis_names(workload.axes),
                ElementsAre("target", "model", "pretraining", "shots"));
    EXPECT_THAT(workload.values(AxisRole::source), ElementsAre("NAT"));
    EXPECT_EQ(suite::plan::workload_cells(workload).front().axis("pretraining"), "NAT");
}

TEST(Axes, ShotsMayBeLeftOut) {
    Tree tree;
    tree.replace(file, axis_line("shots") + "[\"full\"] },\n", "");

    const auto plan = suite::plan::expand(tree.load(), "w", "full");

    EXPECT_EQ(plan.cells.front().text, "pets/small/NAT");
    EXPECT_EQ(plan.runs.back().config.shots, 0U);
}

TEST(BadAxes, TwoOfOneNameAndTwoOfOneRole) {
    Tree tree;
    tree.replace(file, axis_line("shots"),
                 axis_line("model") +
                     "[\"small\"] },\n  { name = \"network\", role = \"model\", values = "
                     "[\"small\"] },\n" +
                     axis_line("shots"));
    EXPECT_THAT(
        tree.faults(),
        UnorderedElementsAre(
            fault("workloads/w/workload.toml:10", "a second axis 'model'", "one axis of a name"),
            fault("workloads/w/workload.toml:11", "a second axis of role model", "one axis of a role")));
}

TEST(BadAxes, AnUnknownNameIsOneFaultWithTheNearest) {
    Tree tree;
    tree.replace(file, axis_line("model"), axis_line("modell"));
    EXPECT_THAT(tree.faults(),
                ElementsAre(fault(tree.where(file, "modell"), "'modell' for 'name'", "model")));
}

TEST(BadAxes, AMissingOneIsNamed) {
    Tree tree;
    tree.replace(file, axis_line("model") + "[\"small\"] },\n", "");
    EXPECT_THAT(tree.faults(),
                ElementsAre(fault(tree.where(file, "[[workload]]"), "no [[workload.axis]] of role model",
                                  "target, model, source at least")));
}

TEST(BadAxes, RanksAreNotDeclaredAndNotScored) {
    Tree tree;
    tree.replace(file, axis_line("shots") + "[\"full\"]", axis_line("ranks") + "[\"4\"]");
    EXPECT_THAT(tree.faults(), ElementsAre(fault(tree.where(file, "ranks"), "an axis of role ranks",
                                                 "target, model, source, shots")));
}

TEST(BadAxes, ShotsStandLastAsIdsLeaveFullOnesOut) {
    Tree tree;
    tree.replace(file, axis_line("model"),
                 axis_line("shots") + "[\"5\", \"full\"] },\n" + axis_line("model"));
    tree.replace(file, axis_line("shots") + "[\"full\"] },\n", "");
    EXPECT_THAT(tree.faults(), ElementsAre(fault(tree.where(file, axis_line("model")),
                                                 "axis 'model' behind 'shots'", "'shots' as the last axis")));
}

TEST(BadAxes, SourcesAreTheirValuesAndHaveEachARule) {
    Tree tree;
    tree.replace(file, "[\"NAT\"]", "[\"NAT\", \"MED\"]");
    tree.add(file, "\n[[workload.sources]]\nid = \"MEED\"\ndata_set = \"photos\"\n");
    EXPECT_THAT(tree.faults(),
                UnorderedElementsAre(fault(tree.where(file, "MEED"), "'MEED' for 'id'", "MED"),
                                     fault(tree.where(file, "[[workload]]"),
                                           "source 'MED' without a [[workload.sources]]", "one of its id")));
}

TEST(BadAxes, OfViewsAreTheSameInAllWorkloads) {
    Tree tree;
    tree.add("x/workload.toml", small_tree::valid_files.at(file))
        .replace("x/workload.toml", "id = \"w\"", "id = \"x\"")
        .replace("x/workload.toml", axis_line("target"), "  { name = \"task\", role = \"target\", values = ");
    tree.add("y/workload.toml",
             "[[workload]]\nid = \"y\"\ntitle = \"A view\"\nsource = \"Figure 1\"\nstudy = \"nobody2000\"\n"
             "union_of = [\"w\", \"x\"]\n");
    EXPECT_THAT(tree.faults(),
                ElementsAre(fault(tree.where("y/workload.toml", "union_of"),
                                  "axes task, model, source, shots of 'x'", "target, model, source, shots")));
}

TEST(Studies, MustBeDeclared) {
    Tree tree;
    tree.replace(file, "study = \"nobody2000\"", "study = \"nobody2001\"");
    EXPECT_THAT(tree.faults(),
                ElementsAre(fault(tree.where(file, "nobody2001"), "study 'nobody2001'", "nobody2000")));
}

TEST(Studies, GiveTheirWorkloadsThePaperAndTheSeedOfPretraining) {
    const Catalog catalog = Tree().load();

    EXPECT_EQ(catalog.workloads.at("w").paper, "Nobody 2000");
    EXPECT_EQ(suite::plan::expand(catalog, "w", "full").runs.front().seed, 42U);
}

} // namespace
