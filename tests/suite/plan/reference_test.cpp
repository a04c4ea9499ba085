// References are read strictly; the published ones agree with themselves.
#include "suite/plan/reference.hpp"

#include <cmath>
#include <numeric>

#include "tests/suite/plan/small_tree.hpp"

namespace suite::plan {
namespace {

using small_tree::Tree;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

const std::string printed_header = "cell,metric,mean,sd,n,where,bold,origin\n";
const std::string seeds_header = "cell,metric,seed,value,origin\n";
const std::string printed_file = "w/reference/printed.csv";
const std::string seeds_file = "w/reference/raw_seeds.csv";
const std::string cell = "pets/small/NAT";

/// The small tree with these references.
References load(const Tree& tree) {
    return load_references(tree.load(), "w", "full");
}

std::vector<Fault> faults_of(const std::string& printed, const std::string& seeds) {
    Tree tree;
    tree.add(printed_file, printed).add(seeds_file, seeds);
    try {
        static_cast<void>(load(tree));
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::usage);
        return error.faults();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

TEST(References, APrintedCellKeepsItsRounding) {
    Tree tree;
    tree.add(printed_file, printed_header + cell + ",top1,56.07,0.3,5,poster,,\"Nobody, 2000\"\r\n");

    const References references = load(tree);

    const Reference& reference = references.published.at(cell);
    EXPECT_EQ(reference.kind, ReferenceKind::printed);
    EXPECT_DOUBLE_EQ(reference.printed->mean, 56.07);
    EXPECT_DOUBLE_EQ(reference.printed->sd, 0.3);
    EXPECT_DOUBLE_EQ(reference.rounding_half_width(), 0.005);
    EXPECT_EQ(reference.printed->bold, std::nullopt);
    EXPECT_EQ(reference.origin, "Nobody, 2000");
    EXPECT_EQ(references.judging(cell), &reference);
}

TEST(References, RawSeedsWinInSeedOrderAndHaveNoRounding) {
    Tree tree;
    tree.add(printed_file, printed_header + cell + ",top1,50.0,1.41,2,paper,1,Nobody\n")
        .add(seeds_file, seeds_header + cell + ",top1,3,51,raw\n" + cell + ",top1,0,49,raw\n");

    const Reference reference = load(tree).published.at(cell);

    EXPECT_EQ(reference.kind, ReferenceKind::raw_seeds);
    ASSERT_EQ(reference.values.size(), 2U);
    EXPECT_EQ(reference.values[0].seed, 0U);
    EXPECT_DOUBLE_EQ(reference.values[1].value, 51.0);
    EXPECT_EQ(reference.rounding_half_width(), 0.0);
    EXPECT_EQ(reference.printed->bold, true);
    EXPECT_EQ(reference.origin, "raw");
}

TEST(References, NoFilesAreNoReferences) {
    const References references = load(Tree());

    EXPECT_TRUE(references.published.empty());
    EXPECT_EQ(references.judging(cell), nullptr);
    EXPECT_EQ(references.baseline_origin, "");
}

TEST(References, EveryFaultOfAllFilesIsNamedWithItsLine) {
    const std::vector<Fault> faults = faults_of(
        printed_header + "pets/small/NAD,top1,56.07,0.3,5,paper,0,x\n" + cell +
            ",mean_auc,1,1,5,paper,0,x\n" + cell + ",top1,nan,0.3,five,paper,yes,x\n" + cell +
            ",top1,50,0.3\n",
        seeds_header + cell + ",top1,0,101,raw\n" + cell + ",top1,1,50,raw\n" + cell + ",top1,1,50,raw\n");

    const std::string printed = "workloads/" + printed_file;
    const std::string seeds = "workloads/" + seeds_file;
    EXPECT_THAT(faults, UnorderedElementsAre(small_tree::fault(printed + ":2", "pets/small/NAD", cell),
                                             small_tree::fault(printed + ":3", "mean_auc", "top1"),
                                             small_tree::fault(printed + ":4", "mean 'nan'", "finite"),
                                             small_tree::fault(printed + ":4", "n 'five'", "whole number"),
                                             small_tree::fault(printed + ":4", "bold 'yes'", "1, 0"),
                                             small_tree::fault(printed + ":5", "4 fields", "8"),
                                             small_tree::fault(seeds + ":2", "value 101", "0 to 100"),
                                             small_tree::fault(seeds + ":4", "seed 1", "once")));
}

TEST(References, ColumnsMustBeThereOnceAndKnown) {
    const std::vector<Fault> faults =
        faults_of("cell,metric,mean,sd,sd,where,bold,origin,cel\n", "cell,metric,seed,value\n");

    const std::string where = "workloads/" + printed_file + ":1";
    EXPECT_THAT(faults, UnorderedElementsAre(small_tree::fault(where, "no column 'n'", "cell"),
                                             small_tree::fault(where, "column 'sd' 2 times", "cell"),
                                             small_tree::fault(where, "column 'cel'", "cell")));
}

TEST(References, ASecondPrintedRowIsAFault) {
    const std::string row = cell + ",top1,56.07,0.3,5,paper,0,x\n";

    EXPECT_THAT(
        faults_of(printed_header + row + row, seeds_header),
        ElementsAre(small_tree::fault("workloads/" + printed_file + ":3", "a second row", "one row")));
}

TEST(References, ABaselineNeedsItsMachine) {
    Tree tree;
    tree.add("w/baseline/full.csv", "cell,metric,seed,value,key\n" + cell + ",top1,0,49,abc\n");

    try {
        static_cast<void>(load(tree));
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_THAT(error.what(),
                    AllOf(HasSubstr("full.json"), HasSubstr("baseline record w --profile full")));
    }
}

std::string two_decimals(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.2f", value);
    return text.data();
}

TEST(PublishedReferences, EveryPrintedCellWithRawSeedsIsTheirMeanAndSd) {
    const References references = load_references(small_tree::published(), "table1", "paper");

    std::size_t compared = 0;
    for (const auto& [id, reference] : references.published) {
        if (reference.kind != ReferenceKind::raw_seeds) {
            continue;
        }
        ++compared;
        const double n = static_cast<double>(reference.values.size());
        double mean = 0.0;
        double squares = 0.0;
        for (const SeedValue& entry : reference.values) {
            mean += entry.value / n;
        }
        for (const SeedValue& entry : reference.values) {
            squares += (entry.value - mean) * (entry.value - mean);
        }
        EXPECT_EQ(two_decimals(mean), two_decimals(reference.printed->mean)) << id;
        EXPECT_EQ(two_decimals(std::sqrt(squares / (n - 1.0))), two_decimals(reference.printed->sd)) << id;
        EXPECT_EQ(reference.values.size(), reference.printed->n) << id;
        EXPECT_EQ(reference.values.size(), id == "pets/R50x1/1K-NAT" ? 4U : 5U) << id;
    }
    EXPECT_EQ(compared, 40U);
    EXPECT_EQ(references.published.size(), 88U);
}

} // namespace
} // namespace suite::plan
