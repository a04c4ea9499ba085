// What only shows when all files are read: names across files, duplicates, label spaces, profiles that extend
// others.
#include "tests/suite/plan/small_tree.hpp"

using small_tree::fault;
using small_tree::Tree;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

namespace {

TEST(Catalog, ReadsAValidTree) {
    const auto catalog = Tree().load();
    EXPECT_EQ(catalog.networks.size(), 1U);
    EXPECT_EQ(catalog.data_sets.at("photos").labels.size(), 4U);
    EXPECT_EQ(catalog.workloads.at("w").source_rules.at(0).data_set, "photos");
}

TEST(Catalog, ReadsTheDeclarationsOfThisRepository) {
    const auto& catalog = small_tree::published();
    EXPECT_EQ(catalog.workloads.count("table1"), 1U);
    for (const char* profile : {"paper", "laptop", "smoke"}) {
        EXPECT_EQ(catalog.profiles.count(profile), 1U) << profile;
    }
}

TEST(Catalog, NamesDefinedNowhereStandAtTheirOwnLineWithTheNearest) {
    Tree tree;
    tree.replace("data/sets.toml", "small = \"pre\"", "small = \"prep\"");
    tree.replace("w/workload.toml", "[\"pets\"]", "[\n  \"pats\",\n]");
    tree.replace("w/workload.toml", "data_set = \"photos\"", "data_set = \"photo\"");
    EXPECT_THAT(tree.faults(),
                UnorderedElementsAre(
                    fault(tree.where("data/sets.toml", "prep"), "recipe 'prep'", "pre"),
                    fault(tree.where("w/workload.toml", "pats"), "target 'pats'", "pets"),
                    fault(tree.where("w/workload.toml", "\"photo\""), "source data set 'photo'", "photos")));
}

TEST(Catalog, FaultsOfSeveralFilesComeAtOnce) {
    Tree tree;
    tree.replace("networks.toml", "groups = 4", "grups = 4");
    tree.replace("recipes.toml", "batch = 512", "batch = \"512\"");
    tree.replace("w/workload.toml", "title = \"A workload\"\n", "");
    EXPECT_THAT(
        tree.faults(),
        UnorderedElementsAre(fault(tree.where("networks.toml", "[[network]]"), "no key 'groups'", ""),
                             fault(tree.where("networks.toml", "grups"), "unknown key 'grups'", "groups"),
                             fault(tree.where("recipes.toml", "\"512\""), "string for 'batch'", "whole"),
                             fault(tree.where("w/workload.toml", "[[workload]]"), "no key 'title'", "")));
}

TEST(Catalog, MessageHasOneLineAFaultWithCodeAndPlace) {
    Tree tree;
    tree.replace("networks.toml", "groups = 4", "groups = 4\nunits = 3");
    try {
        (void)tree.load();
        FAIL() << "nothing was thrown";
    } catch (const suite::Error& error) {
        EXPECT_EQ(error.exit_code(), 2);
        EXPECT_STREQ(
            error.what(),
            "error[E201] workloads/networks.toml:9: found unknown key 'units', expected a known key; "
            "nearest: unit.");
    }
}

TEST(Catalog, SyntaxErrorIsAFaultAmongOthers) {
    Tree tree;
    tree.add("broken.toml", "[[system]]\nid = \"a\"\ntitle = oops\n");
    tree.replace("networks.toml", "groups = 4", "groups = 4\nunits = 3");
    EXPECT_THAT(tree.faults(),
                UnorderedElementsAre(fault("workloads/broken.toml:3", "", "TOML"),
                                     fault("workloads/networks.toml:9", "unknown key 'units'", "unit")));
}

TEST(Catalog, KeyTwiceInATableIsASyntaxError) {
    Tree tree;
    tree.add("twice.toml", "[[system]]\nid = \"a\"\nid = \"b\"\n");
    EXPECT_THAT(tree.faults(), ElementsAre(fault("workloads/twice.toml:3", "id", "TOML")));
}

TEST(Catalog, UnreadableFileIsAFaultAmongOthers) {
    Tree tree;
    tree.replace("networks.toml", "groups = 4", "groups = 4\nunits = 3");
    tree.write();
    std::filesystem::create_symlink("/nonexistent/file", tree.root() / "gone.toml");
    try {
        (void)suite::plan::load_catalog(tree.root());
        FAIL() << "nothing was thrown";
    } catch (const suite::Error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("gone.toml"));
        EXPECT_THAT(error.what(), testing::HasSubstr("unknown key 'units'"));
    }
}

TEST(Catalog, EditorsHiddenFilesAreNotRead) {
    Tree tree;
    tree.add(".#networks.toml", "not TOML at all");
    EXPECT_EQ(tree.load().networks.size(), 1U);
}

TEST(Catalog, FolderNamedWithASlashGivesTheSamePlaces) {
    Tree tree;
    tree.replace("networks.toml", "groups = 4", "groups = 4\nunits = 3");
    tree.write();
    try {
        (void)suite::plan::load_catalog(tree.root() / "");
        FAIL() << "nothing was thrown";
    } catch (const suite::Error& error) {
        EXPECT_THAT(error.faults(), ElementsAre(fault("workloads/networks.toml:9", "units", "unit")));
    }
}

TEST(Catalog, FolderWithoutDeclarationsSaysHowToNameOne) {
    Tree tree(std::map<std::string, std::string>{{"README.md", "nothing"}});
    const auto faults = tree.faults();
    ASSERT_EQ(faults.size(), 1U);
    EXPECT_EQ(faults[0].where, tree.root().string());
    EXPECT_THAT(faults[0].fix, testing::HasSubstr("TRANSFERSCALE_WORKLOADS"));
}

TEST(Duplicates, WithinAFileNameTheFirst) {
    Tree tree;
    const int first = tree.line_of("profiles.toml", "[[profile]]");
    tree.add("profiles.toml", "\n[[profile]]\nid = \"full\"\ntitle = \"again\"\nseeds = [0]\n");
    EXPECT_THAT(tree.faults(),
                ElementsAre(fault("workloads/profiles.toml:6", "a second profile 'full'",
                                  "the first stands at workloads/profiles.toml:" + std::to_string(first))));
}

TEST(Duplicates, AcrossFilesNameTheFirst) {
    Tree tree;
    tree.add("z/more.toml", "\n\n" + small_tree::valid_files.at("networks.toml"));
    EXPECT_THAT(tree.faults(), ElementsAre(fault("workloads/z/more.toml:3", "a second network 'small'",
                                                 "the first stands at workloads/networks.toml:1")));
}

TEST(Duplicates, SourceTwiceInAWorkload) {
    Tree tree;
    tree.add("w/workload.toml", "\n[[workload.sources]]\nid = \"NAT\"\ndata_set = \"pets\"\n");
    EXPECT_THAT(tree.faults(), testing::Contains(fault("workloads/w/workload.toml:22", "'NAT' for 'id'",
                                                       "each source once")));
}

TEST(Labels, OfASupersetAreTheSortedIntersection) {
    const auto superset = Tree().load().data_sets.at("chests+lungs");
    EXPECT_THAT(superset.labels, ElementsAre("Edema", "Mass"));
    EXPECT_EQ(superset.train_images, 1200U);
    EXPECT_EQ(superset.test_images, 120U);
}

TEST(Labels, MembersWithoutACommonLabelAreAFault) {
    Tree tree;
    tree.replace("data/sets.toml", "[\"Nodule\", \"Mass\", \"Edema\"]", "[\"Nodule\"]");
    EXPECT_THAT(tree.faults(), ElementsAre(fault(tree.where("data/sets.toml", "id = \"chests+lungs\""),
                                                 "without a common label", "at least one")));
}

TEST(Labels, UnknownMemberStandsAtItsLine) {
    Tree tree;
    tree.replace("data/sets.toml", "members = [\"chests\", \"lungs\"]",
                 "members = [\n\"chests\",\n\"lunges\"]");
    EXPECT_THAT(tree.faults(),
                ElementsAre(fault(tree.where("data/sets.toml", "lunges"), "member 'lunges'", "lungs")));
}

TEST(Labels, SupersetOfASupersetIsAFault) {
    Tree tree;
    tree.add("data/sets.toml", "\n[[data_set]]\nid = \"all\"\ntitle = \"All\"\ntask = \"multilabel\"\n"
                               "members = [\"chests+lungs\", \"chests\"]\nimage_size = 32\n");
    EXPECT_THAT(tree.faults(),
                ElementsAre(fault(tree.where("data/sets.toml", "members = [\"chests+lungs\""),
                                  "member 'chests+lungs', which is a superset itself", "a plain data set")));
}

// Before and after the other one in the order of names: the outcome may not depend on it.
TEST(Labels, OfAnotherSetAreTakenFromASetWithItsOwnOnly) {
    for (const std::string id : {"a-set", "z-set"}) {
        Tree tree;
        tree.replace("data/sets.toml", "labels = [\"cat\", \"dog\"]", "labels_of = \"m-set\"");
        const std::string common = "title = \"T\"\ntask = \"multiclass\"\nreader = \"published\"\n"
                                   "train_images = 1\ntest_images = 1\nimage_size = 8\n";
        tree.add("more.toml", "[[data_set]]\nid = \"m-set\"\nlabels_of = \"photos\"\n" + common);
        tree.add("more.toml", "[[data_set]]\nid = \"" + id + "\"\nlabels_of = \"photos\"\n" + common);
        EXPECT_THAT(tree.faults(), ElementsAre(fault(tree.where("data/sets.toml", "labels_of"),
                                                     "labels_of 'm-set'", "chests, lungs, photos")))
            << id;
    }
}

const std::string tiny = "\n[[profile]]\nid = \"tiny\"\nextends = \"full\"\ntitle = \"less\"\nseeds = [0]\n";

TEST(Extends, TakesWhatTheProfileDoesNotSay) {
    Tree tree;
    tree.add("profiles.toml", "world_seed = 7\nrecorded_baseline = true\ntrain_limit = 300\ntest_limit = 40\n"
                              "gigamacs_per_second = 5.5\n[profile.data_sets]\nchests = \"lungs\"\n"
                              "photos = \"pets\"\n");
    tree.add("profiles.toml", tiny + "test_limit = 10\n[profile.data_sets]\nphotos = \"photos\"\n");
    const auto profile = tree.load().profiles.at("tiny");
    EXPECT_EQ(profile.world_seed, 7U);
    EXPECT_TRUE(profile.recorded_baseline);
    EXPECT_EQ(profile.train_limit, 300U);
    EXPECT_EQ(profile.test_limit, 10U);
    EXPECT_EQ(profile.gigamacs_per_second, 5.5);
    EXPECT_THAT(profile.data_sets,
                ElementsAre(testing::Pair("chests", "lungs"), testing::Pair("photos", "photos")));
    EXPECT_THAT(profile.seeds, ElementsAre(0U));
}

TEST(Extends, WorksOverSeveralStepsInAnyOrderOfNames) {
    Tree tree;
    tree.add("profiles.toml", "world_seed = 7\n" + tiny);
    tree.add("profiles.toml", "\n[[profile]]\nid = \"a\"\nextends = \"tiny\"\ntitle = \"a\"\nseeds = [3]\n");
    EXPECT_EQ(tree.load().profiles.at("a").world_seed, 7U);
}

TEST(Extends, UnknownBaseNamesTheNearest) {
    Tree tree;
    tree.add("profiles.toml", tiny);
    tree.replace("profiles.toml", "extends = \"full\"", "extends = \"fulll\"");
    EXPECT_THAT(tree.faults(),
                ElementsAre(fault(tree.where("profiles.toml", "fulll"), "extends 'fulll'", "full, tiny")));
}

TEST(Extends, CyclesAreFaultsAndEnd) {
    Tree tree;
    tree.add("profiles.toml", "extends = \"tiny\"\n" + tiny);
    EXPECT_THAT(tree.faults(),
                ElementsAre(fault("workloads/profiles.toml:9", "extends 'full'", "on its own")));
}

TEST(Extends, ItselfIsAFault) {
    Tree tree;
    tree.add("profiles.toml", "extends = \"full\"\n");
    EXPECT_THAT(tree.faults(),
                ElementsAre(fault("workloads/profiles.toml:5", "extends 'full'", "on its own")));
}

TEST(Extends, InheritedFaultIsReportedOnce) {
    Tree tree;
    tree.add("profiles.toml", "[profile.networks]\nsmall = \"smaller\"\n" + tiny);
    EXPECT_THAT(tree.faults(),
                ElementsAre(fault(tree.where("profiles.toml", "smaller"), "network 'smaller'", "small")));
}

TEST(StandIns, OfAnotherTaskOrKindAreFaults) {
    Tree tree;
    tree.add("profiles.toml", "[profile.data_sets]\npets = \"lungs\"\n[profile.recipes]\nfine = \"pre\"\n");
    EXPECT_THAT(tree.faults(),
                UnorderedElementsAre(
                    fault(tree.where("profiles.toml", "pets ="), "'lungs' in place of 'pets'", "task"),
                    fault(tree.where("profiles.toml", "fine ="), "'pre' in place of 'fine'", "kind")));
}

TEST(StandIns, SystemThatIsDefinedNowhereIsAFault) {
    Tree tree;
    tree.add("profiles.toml", "system = \"juvels\"\n");
    tree.add("systems.toml", "[[system]]\nid = \"juwels\"\ntitle = \"J\"\nnodes = 2\ngpus_per_node = 4\n"
                             "cores_per_node = 48\n");
    EXPECT_THAT(tree.faults(),
                ElementsAre(fault(tree.where("profiles.toml", "juvels"), "system 'juvels'", "juwels")));
}

TEST(Recipes, OfTheWrongKindAreFaultsWhereTheyAreNamed) {
    Tree tree;
    tree.replace("data/sets.toml", "finetune = \"fine\"", "finetune = \"pre\"");
    EXPECT_THAT(tree.faults(), ElementsAre(fault(tree.where("data/sets.toml", "finetune = \"pre\""),
                                                 "recipe 'pre' of kind pretrain", "finetune")));
}

TEST(Workloads, SourceWithoutAPretrainingRecipeSaysWhereToAddIt) {
    Tree tree;
    tree.replace("w/workload.toml", "data_set = \"photos\"", "data_set = \"lungs\"");
    const auto faults = tree.faults();
    EXPECT_THAT(faults,
                ElementsAre(fault(tree.where("w/workload.toml", "\"lungs\""), "source 'lungs'", "pretrain")));
    EXPECT_THAT(faults.at(0).fix,
                testing::HasSubstr(tree.where("data/sets.toml", "[[data_set]]\nid = \"lungs\"")));
}

TEST(Workloads, MetricThatIsUnknownIsAFault) {
    Tree tree;
    tree.replace("w/workload.toml", "top1 = 1.0", "top1 = 1.0\nmean_auk = 0.5");
    tree.replace("w/workload.toml", "\"1/classes\"", "\"1/classes\"\nmean_auk = 50.0");
    EXPECT_THAT(tree.faults(), ElementsAre(fault(tree.where("w/workload.toml", "mean_auk = 0.5"),
                                                 "metric 'mean_auk'", "mean_auc")));
}

} // namespace
