// A run key is the hash of everything that can change a result, and of nothing else.
#include <clocale>
#include <locale>
#include <set>

#include "suite/base/hash.hpp"
#include "suite/plan/plan.hpp"
#include "tests/suite/plan/small_tree.hpp"

using small_tree::Tree;
using suite::plan::RunConfig;
using testing::HasSubstr;

namespace {

std::vector<std::string> keys_of(const suite::plan::Plan& plan) {
    std::vector<std::string> keys;
    for (const auto& run : plan.runs) {
        keys.push_back(run.key);
    }
    return keys;
}

std::vector<std::string> keys_of(const Tree& tree) {
    return keys_of(suite::plan::expand(tree.load(), "w", "full"));
}

// The lists were computed by an independent implementation, tests/fixtures/plan_keys.py, which also says how
// to write it anew. A change here makes every record in every store worthless: it must be meant.
TEST(RunKey, IsTheGoldenOne) {
    for (const auto& [protocol, file] :
         {std::pair("as-run", "keys.csv"), {"as-written", "keys_as_written.csv"}}) {
        const auto plan = suite::plan::expand(small_tree::published(), "table1", "paper",
                                              {.seeds = {{0}}, .cells = {}, .protocol = protocol});
        const auto golden = small_tree::golden_keys(file);
        EXPECT_EQ(small_tree::keys_by_label(plan.runs), golden);
        EXPECT_EQ(golden.size(), 18U + 88U);
    }
}

TEST(RunKey, IsTheHashOfTheCanonicalText) {
    const auto plan = suite::plan::expand(Tree().load(), "w", "full");
    for (const auto& run : plan.runs) {
        EXPECT_EQ(run.key, suite::sha256_hex(suite::plan::canonical_text(run.config)));
    }
}

TEST(RunKey, DiffersBetweenAllRuns) {
    for (const char* profile : {"paper", "laptop", "smoke"}) {
        const auto keys = keys_of(suite::plan::expand(small_tree::published(), "table1", profile));
        EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), keys.size()) << profile;
    }
}

TEST(RunKey, DoesNotDependOnOrderOfKeysOrFilesOrPlaces) {
    Tree moved;
    moved.replace("networks.toml", "unit = \"basic\"\n", "")
        .replace("networks.toml", "groups = 4", "groups = 4\nunit = \"basic\"");
    moved.move("networks.toml", "z/y/x.toml")
        .move("w/workload.toml", "a.toml")
        .move("profiles.toml", "zz.toml");
    EXPECT_EQ(keys_of(moved), keys_of(Tree()));
}

TEST(RunKey, DoesNotDependOnWordsForPeople) {
    Tree renamed;
    renamed.replace("data/sets.toml", "title = \"Pets\"", "title = \"Cats and dogs\"");
    renamed.replace("networks.toml", "groups = 4", "groups = 4\ndeviations = [\"small\"]");
    renamed.replace("w/workload.toml", "top1 = 1.0", "top1 = 2.0");
    renamed.replace("profiles.toml", "title = \"as declared\"", "title = \"x\"\ngigamacs_per_second = 3.0");
    EXPECT_EQ(keys_of(renamed), keys_of(Tree()));
}

/// What changes results must change keys: all of them, or those of the fine-tuning runs alone.
struct Change {
    const char* file;
    const char* old_text;
    const char* new_text;
    bool reaches_parent;
};
class ChangeTest : public testing::TestWithParam<Change> {};

TEST_P(ChangeTest, ChangesTheKeysOfAllRunsThatItReaches) {
    const Change& change = GetParam();
    Tree tree;
    tree.replace(change.file, change.old_text, change.new_text);
    const auto before = keys_of(Tree());
    const auto after = keys_of(tree);
    ASSERT_EQ(before.size(), after.size());
    EXPECT_EQ(before[0] != after[0], change.reaches_parent);
    for (std::size_t i = 1; i < before.size(); ++i) {
        EXPECT_NE(before[i], after[i]) << i;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Result, ChangeTest,
    testing::Values(
        Change{"networks.toml", "depths = [1, 1]", "depths = [1, 2]", true},
        Change{"networks.toml", "groups = 4", "groups = 4\ngroup_norm_epsilon = 1e-6", true},
        Change{"recipes.toml", "kind = \"pretrain\"", "kind = \"pretrain\"\nprotocol = \"as-written\"", true},
        Change{"recipes.toml", "kind = \"finetune\"", "kind = \"finetune\"\nprotocol = \"as-written\"",
               false},
        Change{"recipes.toml", "warmup_epochs = 1.5", "warmup_epochs = 1.25", true},
        Change{"recipes.toml", "base_lr = 0.01\n", "base_lr = 0.010000000000000002\n", true},
        Change{"recipes.toml", "[100, 200, 300, 400, 500]", "[100, 200, 300, 400, 501]", false},
        Change{"recipes.toml", "micro_batch = 64", "micro_batch = 32", false},
        Change{"data/sets.toml", "train_images = 10_000", "train_images = 10_001", true},
        Change{"data/sets.toml", "[\"cat\", \"dog\"]", "[\"dog\", \"cat\"]", false},
        Change{"profiles.toml", "[0, 1]", "[0, 1]\nworld_seed = 1", true},
        Change{"profiles.toml", "[0, 1]", "[0, 1]\ntest_limit = 20", true},
        Change{"profiles.toml", "[0, 1]", "[0, 1]\n[profile.data_sets]\nphotos = \"pets\"", true}));

TEST(RunKey, DiffersForSeedProtocolAndParent) {
    const auto plan = suite::plan::expand(Tree().load(), "w", "full");
    const RunConfig config = plan.runs.back().config;
    std::set<std::string> keys{suite::plan::run_key(config)};
    RunConfig other = config;
    other.seed += 1;
    keys.insert(suite::plan::run_key(other));
    other = config;
    other.protocol = "as-written";
    keys.insert(suite::plan::run_key(other));
    other = config;
    other.parent_key = std::string(64, '0');
    keys.insert(suite::plan::run_key(other));
    EXPECT_EQ(keys.size(), 4U);
}

TEST(CanonicalText, RoundTripsForEveryRunOfEveryProfile) {
    for (const auto& [id, profile] : small_tree::published().profiles) {
        for (const auto& run : suite::plan::expand(small_tree::published(), "table1", id).runs) {
            const std::string text = suite::plan::canonical_text(run.config);
            ASSERT_EQ(suite::plan::canonical_text(suite::plan::run_config_from_text(text)), text)
                << run.label;
        }
    }
}

TEST(CanonicalText, HoldsDoublesExactly) {
    RunConfig config = suite::plan::expand(Tree().load(), "w", "full").runs.back().config;
    config.train.momentum = 0.1 + 0.2;
    config.train.schedule.peak_lr = 5e-324;
    config.train.weight_decay = 1.7976931348623157e308;
    const std::string text = suite::plan::canonical_text(config);
    EXPECT_THAT(text, HasSubstr("\"momentum\":0.30000000000000004,"));
    const RunConfig back = suite::plan::run_config_from_text(text);
    EXPECT_EQ(back.train.momentum, 0.1 + 0.2);
    EXPECT_EQ(back.train.schedule.peak_lr, 5e-324);
    EXPECT_EQ(back.train.weight_decay, 1.7976931348623157e308);
}

TEST(CanonicalText, HoldsLargeSeedsExactly) {
    RunConfig config = suite::plan::expand(Tree().load(), "w", "full").runs.back().config;
    config.seed = 18'446'744'073'709'551'615U;
    EXPECT_EQ(suite::plan::run_config_from_text(suite::plan::canonical_text(config)).seed, config.seed);
}

TEST(CanonicalText, SpellsNamesAsJsonDoes) {
    RunConfig config = suite::plan::expand(Tree().load(), "w", "full").runs.back().config;
    config.data.set.labels = {"T-shirt/top", "say \"x\"", "back\\slash", "tab\t", "Röntgen", "["};
    const std::string text = suite::plan::canonical_text(config);
    EXPECT_THAT(text,
                HasSubstr(R"("labels":["T-shirt/top","say \"x\"","back\\slash","tab\t","Röntgen","["])"));
    EXPECT_EQ(suite::plan::run_config_from_text(text).data.set.labels, config.data.set.labels);
}

TEST(CanonicalText, HasSortedKeysAndNoBlanks) {
    const std::string text =
        suite::plan::canonical_text(suite::plan::expand(Tree().load(), "w", "full").runs.back().config);
    std::size_t last = 0;
    for (const char* key : {"{\"data\":", "\"kind\":", "\"metric\":", "\"network\":", "\"parent_key\":",
                            "\"protocol\":", "\"seed\":", "\"shots\":", "\"train\":"}) {
        const std::size_t place = text.find(key, last);
        ASSERT_NE(place, std::string::npos) << key;
        last = place;
    }
    EXPECT_EQ(text.find_first_of(" \n\t"), std::string::npos);
}

// Decimal commas and digit groups, as a German or French user has them.
class CommaLocale : public std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
};

TEST(CanonicalText, DoesNotDependOnTheLocale) {
    const auto expected = keys_of(Tree());
    const std::locale before = std::locale::global(std::locale(std::locale::classic(), new CommaLocale));
    for (const char* name :
         {"de_DE.UTF-8", "fr_FR.UTF-8", "nl_NL.UTF-8"}) { // the C library's, where installed
        std::setlocale(LC_NUMERIC, name);
    }
    const auto found = keys_of(Tree());
    const std::string text =
        suite::plan::canonical_text(suite::plan::expand(Tree().load(), "w", "full").runs[0].config);
    const std::string again = suite::plan::canonical_text(suite::plan::run_config_from_text(text));
    std::locale::global(before);
    std::setlocale(LC_NUMERIC, "C");
    EXPECT_EQ(found, expected);
    EXPECT_EQ(again, text);
}

TEST(RunKey, NamesReductionAndRanksOnlyWhereTheyChangeTheResult) {
    suite::plan::RunConfig config = suite::plan::expand(Tree().load(), "w", "full").runs[0].config;
    const std::string strict = suite::plan::canonical_text(config);
    for (const char* word :
         {"reduction", "ranks", "wire", "bucket_bytes", "measured_buckets", "portable_bits"}) {
        EXPECT_THAT(strict, ::testing::Not(::testing::HasSubstr("\"" + std::string(word) + "\":")));
    }
    config.reduction = suite::plan::ReductionMode::fast;
    config.ranks = 4;
    config.wire = suite::plan::WireFormat::bfloat16;
    config.measured_buckets = true;
    const std::string fast = suite::plan::canonical_text(config);
    EXPECT_THAT(fast, ::testing::HasSubstr(R"("ranks":4,"reduction":"fast")"));
    EXPECT_THAT(fast, ::testing::HasSubstr(R"("wire":"bfloat16")"));
    EXPECT_THAT(fast, ::testing::HasSubstr(R"("measured_buckets":true,"metric":)"));
    EXPECT_EQ(suite::plan::canonical_text(suite::plan::run_config_from_text(fast)), fast);
}

TEST(RunKey, TellsRunsWithPortableBitsFromOthers) {
    const suite::plan::Catalog catalog = Tree().load();
    const suite::plan::Plan usual = suite::plan::expand(catalog, "w", "full");
    const suite::plan::Plan portable = suite::plan::expand(catalog, "w", "full", {.portable_bits = true});
    ASSERT_EQ(usual.runs.size(), portable.runs.size());
    for (std::size_t i = 0; i < usual.runs.size(); ++i) {
        EXPECT_NE(usual.runs[i].key, portable.runs[i].key);
        EXPECT_THAT(suite::plan::canonical_text(portable.runs[i].config),
                    ::testing::HasSubstr(R"("portable_bits":true)"));
    }
}

TEST(CanonicalText, OfAnythingElseIsRefused) {
    const std::string text =
        suite::plan::canonical_text(suite::plan::expand(Tree().load(), "w", "full").runs.back().config);
    const auto changed = [&text](const std::string& old_text, const std::string& new_text) {
        std::string copy = text;
        const std::size_t place = copy.find(old_text);
        EXPECT_NE(place, std::string::npos) << old_text;
        return copy.replace(place, old_text.size(), new_text);
    };
    for (const std::string& bad :
         {std::string(), std::string("{}"), std::string("[]"), std::string("null"), text + " ",
          text.substr(0, 100), changed("\"seed\":1", "\"seed\":\"1\""),
          changed("\"seed\":1", "\"seed\":1,\"seed\":1"), changed("\"seed\":1", "\"seed\": 1"),
          changed("\"kind\":\"finetune\"", "\"kind\":\"finetoon\""),
          changed("\"momentum\":0.9", "\"momentum\":0.90"), changed("\"shots\":0", "\"shots\":-1"),
          changed("\"groups\":4", "\"groups\":4294967300"), changed("{\"data\"", "{\"a\":0,\"data\"")}) {
        EXPECT_THROW((void)suite::plan::run_config_from_text(bad), suite::Error) << bad;
    }
}

} // namespace
