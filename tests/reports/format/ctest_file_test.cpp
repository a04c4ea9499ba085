#include "reports/format/ctest_file.hpp"

#include "tests/reports/occurrences.hpp"
#include "tests/reports/synthetic.hpp"

namespace reports {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(CtestFile, HasOneTestForEachCellAndClaimAndARunAndAVerdict) {
    const std::string text = ctest_file_text(
        small_tree::published(),
        {.program = "/a b/transferscale", .folder = "/source", .profile = "smoke", .trained = {{"table1"}}});

    EXPECT_EQ(occurrences(text, "add_test([=[table1.cell."), 88U);
    EXPECT_EQ(occurrences(text, "add_test([=[table1.claim."), 16U);
    EXPECT_EQ(occurrences(text, "add_test([=[table1.run]=]"), 1U);
    EXPECT_EQ(occurrences(text, "add_test([=[table1.verdict]=]"), 1U);
    EXPECT_EQ(occurrences(text, "LABELS [=[table1;cherti2021;smoke]=]"), 106U);
    EXPECT_EQ(occurrences(text, "FIXTURES_REQUIRED [=[table1]=]"), 105U);
    EXPECT_EQ(occurrences(text, "FIXTURES_SETUP [=[table1]=]"), 1U);
    EXPECT_EQ(occurrences(text, "SKIP_RETURN_CODE 77"), occurrences(text, "add_test(") - 1)
        << "all but the verdict";
    EXPECT_THAT(
        text,
        HasSubstr("add_test([=[table1.cell.cifar10.R50x1.21K-NAT]=] [=[/a b/transferscale]=] [=[check]=] "
                  "[=[table1]=] [=[--profile]=] [=[smoke]=] [=[--cell]=] [=[cifar10/R50x1/21K-NAT]=] "
                  "[=[--skip-missing]=] [=[--skip-inconclusive]=])"));
    EXPECT_THAT(text, HasSubstr("[=[--profile]=] [=[smoke]=] [=[--no-loss]=])"));
    EXPECT_THAT(text, Not(HasSubstr("--store"))) << "the same store as ./reproduce";
}

TEST(CtestFile, OfWorkloadsThatAreNotTrainedItReadsRecords) {
    const std::string text =
        ctest_file_text(small_tree::published(), {.program = "/transferscale",
                                                  .folder = "/source",
                                                  .profile = "smoke",
                                                  .trained = std::vector<std::string>{}});

    EXPECT_EQ(occurrences(text, "add_test([=[table1.cell."), 88U);
    EXPECT_THAT(text, Not(HasSubstr(".run]=]")));
    EXPECT_THAT(text, Not(HasSubstr(".verdict]=]"))) << "which would fail on an empty store";
    EXPECT_THAT(text, Not(HasSubstr("FIXTURES")));
    EXPECT_EQ(occurrences(text, "SKIP_RETURN_CODE 77"), occurrences(text, "add_test("));
}

TEST(CtestFile, DisablesTheTestsOfViewsThatAreNotTrained) {
    const auto text_of = [](std::vector<std::string> trained) {
        return ctest_file_text(
            small_tree::published(),
            {.program = "/t", .folder = "/source", .profile = "smoke", .trained = std::move(trained)});
    };
    const std::string none = text_of({"table1"});
    const std::string figure = text_of({"table1", "fig4"});

    EXPECT_THAT(none, HasSubstr("add_test([=[fig4.cell.covidx.R50x1.1K-NAT.5]=]"));
    EXPECT_THAT(none, Not(HasSubstr("add_test([=[fig4.run]=]")));
    EXPECT_THAT(figure, HasSubstr("add_test([=[fig4.run]=]"));
    EXPECT_EQ(occurrences(none, "DISABLED ON") - occurrences(figure, "DISABLED ON"),
              72U + 7U); // fig4's cells and claims
    EXPECT_EQ(occurrences(none,
                          "LABELS [=[fewshot-covidx;smoke]=] WORKING_DIRECTORY [=[/source]=] ENVIRONMENT "
                          "OMP_NUM_THREADS=1 DISABLED"),
              0U);
}

TEST(CtestFile, RefusesAnUnknownWorkloadToTrain) {
    EXPECT_THROW(static_cast<void>(ctest_file_text(small_tree::published(),
                                                   {.profile = "smoke", .trained = {{"table11"}}})),
                 suite::Error);
}

TEST(CtestFile, RefusesAnUnknownProfile) {
    EXPECT_THROW(static_cast<void>(ctest_file_text(small_tree::published(), {.profile = "smoker"})),
                 suite::Error);
}

} // namespace
} // namespace reports
