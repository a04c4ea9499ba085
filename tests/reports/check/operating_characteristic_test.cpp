#include "reports/check/operating_characteristic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "suite/plan/declare/catalog.hpp"

namespace {

namespace plan = suite::plan;
using testing::HasSubstr;

constexpr std::uint64_t few = 60; // studies

reports::OperatingCharacteristic known_of(const std::string& workload, const std::string& profile,
                                          unsigned threads = 1) {
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    return reports::operating_characteristic(plan::expand(catalog, workload, profile),
                                             plan::load_references(catalog, workload, profile), few, threads);
}

TEST(OperatingCharacteristic, FallsFromEquivalentToDifferentAsTheTrueOffsetGrows) {
    const auto known = known_of("table1", "paper");

    EXPECT_EQ(known.cells + known.left_out.size(), 88U);
    ASSERT_EQ(known.by_sds.size(), 4U);
    ASSERT_EQ(known.by_margins.size(), 5U);
    for (const auto* points : {&known.by_sds, &known.by_margins}) {
        for (std::size_t i = 1; i < points->size(); ++i) {
            EXPECT_LT((*points)[i].rates.equivalent.share, (*points)[i - 1].rates.equivalent.share) << i;
            EXPECT_GE((*points)[i].rates.different.share, (*points)[i - 1].rates.different.share) << i;
        }
    }
    EXPECT_GT(known.by_margins.front().rates.equivalent.share, 0.6);
    EXPECT_LE(reports::false_alarm(known).share, 0.05);
}

TEST(OperatingCharacteristic, AtTheMarginBothVerdictsAreRare) {
    const auto at_margin = known_of("table1", "paper").by_margins[2];

    ASSERT_EQ(at_margin.offset, 1.0);
    EXPECT_LE(at_margin.rates.equivalent.share, 0.08); // the margin itself is estimated
    EXPECT_LE(at_margin.rates.different.share, 0.08);
}

TEST(OperatingCharacteristic, DoesNotDependOnThreads) {
    EXPECT_EQ(reports::to_json(known_of("table6", "laptop", 1)),
              reports::to_json(known_of("table6", "laptop", 2)));
}

TEST(OperatingCharacteristic, SaysWhyEfficienciesAreNotSimulated) {
    const auto known = known_of("table2", "paper");

    EXPECT_THAT(known.reason, HasSubstr("confidence bounds"));
    EXPECT_THAT(reports::operating_text(known), HasSubstr("not simulated"));
    EXPECT_TRUE(reports::to_json(known)["any_false_different"].is_null());
    EXPECT_THAT(reports::operating_markdown(std::vector{known}), testing::Not(HasSubstr("table2")));
}

TEST(OperatingCharacteristic, TextAndTableShowTheSameShares) {
    const auto known = known_of("table6", "paper");

    const std::string text = reports::operating_text(known);
    const std::string table = reports::operating_markdown(std::vector{known});

    EXPECT_THAT(text, HasSubstr("1.5 margins"));
    EXPECT_THAT(text, HasSubstr("at least one cell called different with probability"));
    EXPECT_THAT(table, HasSubstr("| table6 | " + std::to_string(known.cells) + " |"));
}

} // namespace
