// Declarations are read strictly: each slip is one fault with its file:line and what would be valid.
#include "tests/suite/plan/small_tree.hpp"

using small_tree::fault;
using small_tree::Tree;
using testing::ElementsAre;

namespace {

/// One change to a valid tree and the one fault that it must give, at the line that says `at` (the new text
/// when empty).
struct Slip {
    const char* name;
    const char* file;
    const char* old_text;
    const char* new_text;
    const char* at;
    const char* found;
    const char* expected;
};

void PrintTo(const Slip& slip, std::ostream* out) {
    *out << slip.name;
}

std::string name_of(const testing::TestParamInfo<Slip>& slip) {
    return slip.param.name;
}

class SlipTest : public testing::TestWithParam<Slip> {};

TEST_P(SlipTest, GivesOneFaultAtItsLine) {
    const Slip& slip = GetParam();
    Tree tree;
    tree.replace(slip.file, slip.old_text, slip.new_text);
    const std::string at = *slip.at == '\0' ? slip.new_text : slip.at;
    EXPECT_THAT(tree.faults(), ElementsAre(fault(tree.where(slip.file, at), slip.found, slip.expected)));
}

const Slip unknown_and_wrong[] = {
    {"UnknownKeyWithNearest", "networks.toml", "groups = 4", "groups = 4\ngroup_norm_epsilom = 1e-5",
     "group_norm_epsilom", "unknown key 'group_norm_epsilom'", "group_norm_epsilon"},
    {"UnknownKeyOfSubTable", "data/sets.toml", "small = \"pre\"",
     "small = \"pre\"\n[data_set.xrai]\nblur = 1.0", "[data_set.xrai]", "unknown key 'xrai'", "xray"},
    {"UnknownKind", "profiles.toml", "[[profile]]", "[[sistem]]\nid = \"x\"\n[[profile]]", "[[sistem]]",
     "unknown key 'sistem'", "system"},
    {"MissingKey", "networks.toml", "groups = 4\n", "", "[[network]]", "no key 'groups'", "this key"},
    {"MissingId", "profiles.toml", "id = \"full\"\n", "", "[[profile]]", "no key 'id'", "this key"},
    {"StringForNumber", "recipes.toml", "base_lr = 0.01\n", "base_lr = \"0.01\"\n", "",
     "string for 'base_lr'", "a number"},
    {"FractionForWhole", "networks.toml", "stem_channels = 8", "stem_channels = 8.0", "",
     "floating-point for 'stem_channels'", "a whole number"},
    {"NumberForString", "w/workload.toml", "title = \"A workload\"", "title = 7", "", "integer for 'title'",
     "a string"},
    {"NumberForBoolean", "recipes.toml", "nesterov = true\nweight_decay = 1e-4",
     "nesterov = 1\nweight_decay = 1e-4", "nesterov = 1", "integer for 'nesterov'", "true or false"},
    {"ScalarForArray", "networks.toml", "depths = [1, 1]", "depths = 1", "", "integer for 'depths'",
     "an array"},
    {"TextInArrayOfNumbers", "networks.toml", "depths = [1, 1]", "depths = [1, \"1\"]", "",
     "string for 'depths'", "a whole number"},
    {"TableForTables", "profiles.toml", "[[profile]]", "[profile]", "", "table for 'profile'",
     "tables [[profile]]"},
    {"StringForTable", "profiles.toml", "seeds = [0, 1]", "seeds = [0, 1]\nnetworks = \"small\"", "networks",
     "string for 'networks'", "a table of strings"},
    {"UnknownWord", "networks.toml", "\"3x3-stride-2\"", "\"3x3-stride-3\"", "", "'3x3-stride-3' for stem",
     "bit, 3x3-stride-2, 3x3-stride-1"},
    {"NegativeCount", "data/sets.toml", "train_images = 10_000", "train_images = -1", "",
     "-1 for 'train_images'", "a whole number from 0"},
    {"BeyondInt", "networks.toml", "stem_channels = 8", "stem_channels = 4294967304", "",
     "4294967304 for 'stem_channels'", "to 2147483647"},
    {"NotANumber", "recipes.toml", "base_lr = 0.01\n", "base_lr = nan\n", "", "nan for 'base_lr'",
     "a finite number"},
    {"Infinite", "w/workload.toml", "top1 = 1.0", "top1 = inf", "", "inf for 'margins'", "a finite number"},
};
INSTANTIATE_TEST_SUITE_P(KeysAndTypes, SlipTest, testing::ValuesIn(unknown_and_wrong), name_of);

const Slip of_recipes[] = {
    {"OutputsInFineTuning", "recipes.toml", "kind = \"finetune\"", "kind = \"finetune\"\noutputs = 3",
     "outputs = 3", "3 for 'outputs'", "none in fine-tuning"},
    {"ResizeWithoutCrop", "recipes.toml", "decay_epochs = [30, 60, 80]",
     "decay_epochs = [30, 60, 80]\nresize = 512", "resize = 512", "512 for 'resize'", "crop-flip"},
    {"ShiftWithoutXray", "recipes.toml", "decay_epochs = [30, 60, 80]",
     "decay_epochs = [30, 60, 80]\nshift = 0.1", "shift = 0.1", "0.1 for 'shift'", "augmentation xray"},
    {"MagnitudeBeyondTheScale", "recipes.toml", "decay_epochs = [30, 60, 80]",
     "decay_epochs = [30, 60, 80]\nrand_augment = { operations = 2, magnitude = 31 }", "rand_augment",
     "31 for 'magnitude'", "[0, 30]"},
    {"TwoWarmUps", "recipes.toml", "warmup_epochs = 1.5", "warmup_epochs = 1.5\nwarmup_steps = 5000",
     "warmup_steps", "5000 for 'warmup_steps'", "no warmup_epochs"},
    {"UnknownDraw", "data/sets.toml", "[\"cat\", \"dog\"]", "[\"cat\", \"dog\"]\nfew_shot_draw = \"any\"",
     "few_shot_draw", "'any' for few_shot_draw", "generic, per-class"},
};
INSTANTIATE_TEST_SUITE_P(Recipes, SlipTest, testing::ValuesIn(of_recipes), name_of);

TEST(Recipes, WithFewerOutputsThanClassesAreRefusedWhereTheyAreUsed) {
    Tree tree;
    tree.replace("recipes.toml", "kind = \"pretrain\"", "kind = \"pretrain\"\noutputs = 3");
    EXPECT_THAT(tree.faults(),
                ElementsAre(fault(tree.where("data/sets.toml", "small = \"pre\""),
                                  "recipe 'pre' with 3 outputs", "no more of them than outputs")));
}

const Slip out_of_range[] = {
    {"DepthZero", "networks.toml", "depths = [1, 1]", "depths = [1, 0]", "", "0 for 'depths'", "1 or more"},
    {"DepthsAndStagesDiffer", "networks.toml", "depths = [1, 1]", "depths = [1, 1, 1]", "", "3 depths",
     "2 stage_channels"},
    {"ChannelsNotInGroups", "networks.toml", "[8, 16]", "[8, 18]", "", "18 for 'stage_channels'",
     "a multiple of 4"},
    {"StemNotInGroups", "networks.toml", "stem_channels = 8", "stem_channels = 6", "",
     "6 for 'stem_channels'", "a multiple of 4"},
    {"NoGroups", "networks.toml", "groups = 4", "groups = 0", "", "0 for 'groups'", "1 or more"},
    {"UnknownFamily", "networks.toml", "groups = 4", "groups = 4\nfamily = \"bitt\"", "family = \"bitt\"",
     "'bitt' for 'family'", "one of bit"},
    {"MicroBatchNoDivisor", "recipes.toml", "micro_batch = 32", "micro_batch = 30", "",
     "30 for 'micro_batch'", "a divisor of batch 512"},
    {"NoLearningRate", "recipes.toml", "base_lr = 0.01\n", "base_lr = 0\n", "", "0 for 'base_lr'", "above 0"},
    {"MomentumOne", "recipes.toml", "momentum = 0.9\nnesterov = true\nweight_decay = 0.0",
     "momentum = 1\nnesterov = true\nweight_decay = 0.0", "momentum = 1", "1 for 'momentum'", "[0, 1)"},
    {"UnknownProtocol", "recipes.toml", "kind = \"pretrain\"", "kind = \"pretrain\"\nprotocol = \"as-ran\"",
     "as-ran", "'as-ran' for 'protocol'", "as-run, as-written"},
    {"DecaysFall", "recipes.toml", "[30, 60, 80]", "[30, 60, 50]", "", "50 for 'decay_epochs'",
     "more than the one before"},
    {"OnlyAMean", "recipes.toml", "augmentation = \"flip\"\n\n[[recipe]]",
     "augmentation = \"flip\"\nmean = [0.5, 0.5, 0.5]\n\n[[recipe]]",
     "mean = ", "3 values of mean and 0 of std", "3 values each"},
    {"ZeroDeviation", "recipes.toml", "augmentation = \"flip\"\n\n[[recipe]]",
     "augmentation = \"flip\"\nmean = [0.5, 0.5, 0.5]\nstd = [0.5, 0, 0.5]\n\n[[recipe]]",
     "std = ", "0 for 'std'", "above 0"},
    {"NoEpochs", "recipes.toml", "\nepochs = 90", "\nepochs = 0", "epochs = 0\ndecay", "0 for 'epochs'",
     "1 or more"},
    {"HyperRuleFourSteps", "recipes.toml", "[100, 200, 300, 400, 500]", "[100, 200, 300, 400]", "",
     "4 for 'boundaries'", "five rising steps"},
    {"HyperRuleFallingSteps", "recipes.toml", "[100, 200, 300, 400, 500]", "[100, 200, 300, 400, 350]", "",
     "steps that fall", "five rising steps"},
    {"HyperRuleLastRowBounded", "recipes.toml", "mixup_alpha = 0.1", "mixup_alpha = 0.1\nbelow = 30_000",
     "below = 30_000", "a last row with an upper bound", "a last row without 'below'"},
    {"HyperRuleOpenRowFirst", "recipes.toml", "below = 20_000\n", "",
     "[[recipe.hyperrule]]\nboundaries = [100", "a row without 'below'", "every row but the last"},
    {"NoClasses", "data/sets.toml", "classes = 4", "classes = 0", "", "0 for 'classes'", "from 1"},
    {"EndlessClasses", "data/sets.toml", "classes = 4", "classes = 4_000_000_000_000", "",
     "4000000000000 for 'classes'", "to 1000000"},
    {"LabelTwice", "data/sets.toml", "[\"cat\", \"dog\"]", "[\"cat\", \"cat\"]", "", "'cat' for 'labels'",
     "no duplicates"},
    {"NoLabels", "data/sets.toml", "labels = [\"cat\", \"dog\"]\n", "", "[[data_set]]\nid = \"pets\"",
     "0 of labels", "exactly one"},
    {"LabelsTwiceStated", "data/sets.toml", "[\"cat\", \"dog\"]", "[\"cat\", \"dog\"]\nclasses = 2",
     "[[data_set]]\nid = \"pets\"", "2 of labels", "exactly one"},
    {"TwoChannels", "data/sets.toml", "classes = 4", "classes = 4\nchannels = 2", "channels = 2",
     "2 for 'channels'", "1 or 3"},
    {"GeneratorWithoutTable", "data/sets.toml", "classes = 4\nreader = \"published\"",
     "classes = 4\nreader = \"phantom-natural\"", "phantom-natural", "a generator table that does not belong",
     "phantom-natural"},
    {"NoSeeds", "profiles.toml", "[0, 1]", "[]", "seeds = []", "0 for 'seeds'", "at least one"},
    {"SeedTwice", "profiles.toml", "[0, 1]", "[0, 1, 0]", "", "0 for 'seeds'", "no duplicates"},
    {"SeedBelowZero", "profiles.toml", "[0, 1]", "[0, -1]", "", "-1 for 'seeds'", "a whole number from 0"},
    {"NoThroughput", "profiles.toml", "[0, 1]", "[0, 1]\ngigamacs_per_second = 0", "gigamacs_per_second",
     "0 for 'gigamacs_per_second'", "above 0"},
    {"ShotsNoNumber", "w/workload.toml", "[\"full\"]", "[\"full\", \"ten\"]", "", "'ten' for 'values'",
     "a whole number of images per class"},
    {"ZeroShots", "w/workload.toml", "[\"full\"]", "[\"0\"]", "", "'0' for 'values'", "\"full\" or a whole"},
    {"TargetTwice", "w/workload.toml", "[\"pets\"]", "[\"pets\", \"pets\"]", "", "'pets' for 'values'",
     "no duplicates"},
    {"NoModels", "w/workload.toml", "[\"small\"]", "[]", "values = []", "0 for 'values'", "at least one"},
    {"NoMargin", "w/workload.toml", "top1 = 1.0", "top1 = 0", "", "0 for 'margins'", "above 0"},
    {"SlashInId", "profiles.toml", "\"full\"", "\"fu/ll\"", "", "'fu/ll' for 'id'", "letters, digits"},
};
INSTANTIATE_TEST_SUITE_P(Ranges, SlipTest, testing::ValuesIn(out_of_range), name_of);

const char* const claim = R"(
[[workload.claim]]
id = "c"
text = "t"
where = "s"
rule = "all"
[[workload.claim.term]]
cells = "pets/small/NAT"
versus = { source = "MED" }
kind = "greater"
)";

void add_claim(Tree& tree) {
    tree.replace("data/sets.toml", "id = \"chests+lungs\"", "id = \"chests-and-lungs\"");
    tree.add("data/sets.toml", "[data_set.pretrain]\nsmall = \"pre\"\n");
    tree.replace("w/workload.toml", "[\"NAT\"]", "[\"NAT\", \"MED\"]");
    tree.add("w/workload.toml", "\n[[workload.sources]]\nid = \"MED\"\ndata_set = \"chests-and-lungs\"\n");
    tree.add("w/workload.toml", claim);
}

TEST(Claims, AreReadWithTheirTerms) {
    Tree tree;
    add_claim(tree);
    const auto claims = tree.load().workloads.at("w").claims;
    ASSERT_EQ(claims.size(), 1U);
    ASSERT_EQ(claims[0].terms.size(), 1U);
    EXPECT_EQ(claims[0].terms[0].versus.at("source"), "MED");
}

TEST(Claims, NameOfACellThatIsNoneGivesTheNearest) {
    Tree tree;
    add_claim(tree);
    tree.replace("w/workload.toml", "cells = \"pets/small/NAT\"", "cells = \"pets/smal/NAT\"");
    EXPECT_THAT(tree.faults(), ElementsAre(fault(tree.where("w/workload.toml", "pets/smal/NAT"),
                                                 "cells 'pets/smal/NAT'", "pets/small/NAT")));
}

TEST(Claims, UnknownAxisAndValueAreTwoFaultsAtTheirLines) {
    Tree tree;
    add_claim(tree);
    tree.replace("w/workload.toml", "versus = { source = \"MED\" }",
                 "versus = { sorce = \"MED\", model = \"big\" }");
    const std::string line = tree.where("w/workload.toml", "versus");
    EXPECT_THAT(tree.faults(), testing::UnorderedElementsAre(fault(line, "axis 'sorce'", "source"),
                                                             fault(line, "model 'big'", "small")));
}

TEST(Claims, ComparedWithItselfIsAFault) {
    Tree tree;
    add_claim(tree);
    tree.replace("w/workload.toml", "cells = \"pets/small/NAT\"", "cells = \"pets/small/*\"");
    EXPECT_THAT(tree.faults(), ElementsAre(fault(tree.where("w/workload.toml", "pets/small/*"),
                                                 "'pets/small/MED' compared with itself", "another cell")));
}

TEST(Claims, SecondOfANameIsAFault) {
    Tree tree;
    add_claim(tree);
    const int first = tree.line_of("w/workload.toml", "[[workload.claim]]");
    tree.add("w/workload.toml", claim);
    EXPECT_THAT(tree.faults(), ElementsAre(fault("workloads/w/workload.toml:" + std::to_string(first + 10),
                                                 "a second claim 'c'", "one claim of a name")));
}

TEST(Claims, NotWorseNeedsAMargin) {
    Tree tree;
    add_claim(tree);
    tree.replace("w/workload.toml", "kind = \"greater\"", "kind = \"not-worse\"");
    EXPECT_THAT(tree.faults(), ElementsAre(fault(tree.where("w/workload.toml", "[[workload.claim.term]]"),
                                                 "kind 'not-worse' without a margin", "a margin above 0")));
}

TEST(Claims, EquivalentNeedsAMargin) {
    Tree tree;
    add_claim(tree);
    tree.replace("w/workload.toml", "kind = \"greater\"", "kind = \"equivalent\"");
    EXPECT_THAT(tree.faults(), ElementsAre(fault(tree.where("w/workload.toml", "[[workload.claim.term]]"),
                                                 "kind 'equivalent' without a margin", "a margin above 0")));
}

TEST(Claims, EquivalentOfAMaximumIsAFault) {
    Tree tree;
    add_claim(tree);
    tree.replace("w/workload.toml", "kind = \"greater\"",
                 "kind = \"equivalent\"\nmargin = 1.0\nbest_of = \"source\"");
    EXPECT_THAT(tree.faults(),
                ElementsAre(fault(tree.where("w/workload.toml", "best_of"),
                                  "kind 'equivalent' with best_of = \"source\"", "no best_of")));
}

TEST(Claims, AtLeastMoreThanThereAreIsAFault) {
    Tree tree;
    add_claim(tree);
    tree.replace("w/workload.toml", "rule = \"all\"", "rule = \"at-least\"\nat_least = 2");
    EXPECT_THAT(tree.faults(), ElementsAre(fault(tree.where("w/workload.toml", "[[workload.claim]]"),
                                                 "at_least = 2 of 1 comparisons", "no more than there are")));
}

TEST(Claims, AtLeastIsMissingWithItsRule) {
    Tree tree;
    add_claim(tree);
    tree.replace("w/workload.toml", "rule = \"all\"", "rule = \"at-least\"");
    EXPECT_THAT(tree.faults(), ElementsAre(fault(tree.where("w/workload.toml", "[[workload.claim]]"),
                                                 "no key 'at_least'", "this key")));
}

} // namespace
