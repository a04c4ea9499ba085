// The published numbers against the findings of paper.md#bold-print and scipy
// (tests/fixtures/audit_golden.py).
#include "reports/audit/audit.hpp"

#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/audit/text.hpp"
#include "suite/base/error.hpp"

namespace {

using reports::Audit;
using reports::BoldRow;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

const Audit& whole() {
    static const Audit audit =
        reports::audit(suite::plan::load_catalog(suite::plan::default_catalog_root()), {}, "laptop");
    return audit;
}

const BoldRow& row_of(const std::string& table, const std::string& row) {
    for (const BoldRow& entry : whole().bold) {
        if (entry.table == table && entry.row == row) {
            return entry;
        }
    }
    throw std::runtime_error("no row " + table + " " + row);
}

const reports::AuditedClaim& claim_of(const std::string& workload, const std::string& id) {
    for (const auto& claim : whole().claims) {
        if (claim.workload == workload && claim.id == id) {
            return claim;
        }
    }
    throw std::runtime_error("no claim " + id);
}

TEST(Audit, ListsAllRawCellsAndNoPrintedMeanDisagrees) {
    std::set<std::string> raw;
    std::map<std::string, int> compared;
    for (const auto& table : whole().tables) {
        for (const auto& cell : table.cells) {
            if (cell.raw.n > 0) {
                raw.insert(cell.cell.target() + cell.raw_source + std::string(cell.cell.shots_text()));
            }
            compared[table.id] += cell.agrees().has_value() ? 1 : 0;
            EXPECT_TRUE(cell.agrees().value_or(true)) << table.id << " " << cell.id;
            EXPECT_EQ(cell.reason.empty(), cell.raw.n > 0 && cell.is_shown) << cell.id;
        }
    }

    EXPECT_EQ(raw.size(), 289U);
    EXPECT_EQ(compared.at("table1"), 40);
    EXPECT_EQ(compared.at("table4"), 28);
    EXPECT_EQ(compared.at("table5"), 22);
    EXPECT_TRUE(whole().all_means_agree());
}

TEST(Audit, ContrastsAreThoseOfScipy) {
    std::map<std::string, const reports::Contrast*> ours;
    for (const auto& contrast : whole().contrasts) {
        const auto [low, high] = std::minmax(contrast.a_raw, contrast.b_raw);
        const bool is_new = ours.emplace(contrast.target + " " + contrast.shots + " " + low + " " + high +
                                             (contrast.is_paired ? " paired" : " welch"),
                                         &contrast)
                                .second;
        EXPECT_TRUE(is_new) << contrast.target << " " << low << " " << high;
    }
    const std::map<std::string, std::string> targets{
        {"cifar10", "cifar10"},     {"cifar100", "cifar100"},  {"flowers_oversampling", "flowers102"},
        {"pets", "pets"},           {"covidx_cxr2", "covidx"}, {"tuberculosis_full", "tuberculosis"},
        {"padchest", "padchest-cl"}};
    std::ifstream file(std::string(TRANSFERSCALE_SOURCE_DIR) + "/tests/golden/reports/contrasts.csv");
    std::string line;
    std::getline(file, line);
    std::size_t rows = 0;
    while (std::getline(file, line)) {
        std::istringstream fields(line);
        std::string runs, shots, a, b, test, difference, t, p;
        for (std::string* field : {&runs, &shots, &a, &b, &test, &difference, &t, &p}) {
            std::getline(fields, *field, ',');
        }
        ++rows;
        const auto found = ours.find(targets.at(runs) + " " + shots + " " + std::min(a, b) + " " +
                                     std::max(a, b) + " " + test);
        ASSERT_NE(found, ours.end()) << line;
        const double sign = found->second->a_raw == a ? 1.0 : -1.0;
        EXPECT_NEAR(sign * found->second->difference, std::stod(difference), 1e-9) << line;
        ASSERT_EQ(found->second->p.has_value(), !p.empty()) << line;
        if (!p.empty()) {
            const double expected = std::stod(t);
            EXPECT_NEAR(sign * *found->second->t, expected, 1e-7 * std::max(1.0, std::abs(expected))) << line;
            EXPECT_NEAR(*found->second->p / std::stod(p), 1.0, 1e-6) << line;
        }
    }
    EXPECT_EQ(rows, ours.size());
    EXPECT_EQ(rows, 653U + 531U);
}

TEST(Audit, BoldPrintFollowsTheRuleInAllRowsOfTables1And4) {
    std::map<std::string, std::pair<int, int>> agree; // of rows
    for (const BoldRow& row : whole().bold) {
        agree[row.table].first += row.agrees ? 1 : 0;
        ++agree[row.table].second;
    }

    EXPECT_EQ(agree.at("table1"), std::pair(22, 22));
    EXPECT_EQ(agree.at("table4"), std::pair(22, 22));
    EXPECT_EQ(agree.at("table5"), std::pair(3, 6));
    EXPECT_EQ(agree.at("table9"), std::pair(1, 2));
    EXPECT_EQ(agree.size(), 7U);
}

TEST(Audit, ListsTheRowsWhoseMarksDisagreeWithTheNumbers) {
    std::vector<std::string> rows;
    for (const BoldRow& row : whole().bold) {
        if (!row.agrees) {
            rows.push_back(row.table + " " + row.row);
        }
    }

    EXPECT_THAT(rows, UnorderedElementsAre("table5 covidx/R50x1", "table5 covidx/R152x4",
                                           "table5 padchest-cl/R50x1", "table9 nih/R50x1"));
    EXPECT_NEAR(row_of("table5", "covidx/R50x1").p.value(), 0.24, 0.005);
    EXPECT_NEAR(row_of("table5", "padchest-cl/R50x1").p.value(), 0.024, 0.0005);
    EXPECT_NEAR(row_of("table9", "nih/R50x1").p.value(), 0.029, 0.0005);
    EXPECT_EQ(row_of("table9", "nih/R50x1").recomputed, "chexpert+padchest+mimic-cxr");
    EXPECT_FALSE(row_of("table9", "nih/R50x1").published);
}

TEST(Audit, FindsTheCloseCallsOfTable1) {
    EXPECT_NEAR(row_of("table1", "covidx/R50x1").p.value(), 0.061, 0.0005);
    EXPECT_FALSE(row_of("table1", "covidx/R50x1").recomputed);
    EXPECT_NEAR(row_of("table1", "mimic-cxr/R152x4").p.value(), 0.021, 0.0005);
    EXPECT_EQ(row_of("table1", "mimic-cxr/R152x4").recomputed, "L-MED");
    EXPECT_NEAR(row_of("table1", "tuberculosis/R50x1").p.value(), 0.011, 0.0005);
    EXPECT_NEAR(row_of("table4", "tuberculosis/R50x1").p.value(), 0.0029, 0.00005);
    EXPECT_TRUE(row_of("table4", "tuberculosis/R50x1").marks_lost);
    EXPECT_NEAR(row_of("table6", "mimic-cxr/R50x1").p.value(), 8e-6, 5e-7);
    EXPECT_NEAR(row_of("table7", "chexpert/R50x1").p.value(), 0.051, 0.0005);
    EXPECT_NEAR(row_of("table8", "padchest/R152x4").p.value(), 0.16, 0.005);
}

TEST(Audit, GradesClaimsAndSaysWhatTheyDependOn) {
    using metrics::ClaimGrade;
    EXPECT_EQ(claim_of("table1", "network-scale-natural").result.grade, ClaimGrade::robust);
    EXPECT_EQ(claim_of("table6", "network-scale").result.grade, ClaimGrade::robust_printed) << "no raw seeds";
    const auto& one_image = claim_of("table1", "chexpert-to-tuberculosis-loses-by-scale").result;
    EXPECT_EQ(one_image.grade, ClaimGrade::fragile); // 0.82 points of 121 images
    EXPECT_THAT(one_image.depends_on, testing::Contains(HasSubstr("one test image")));
    const auto& fragile = claim_of("table1", "data-scale-small-targets").result;
    EXPECT_EQ(fragile.grade, ClaimGrade::fragile); // COVIDx: p = .061 two-sided
    EXPECT_THAT(fragile.depends_on, testing::Contains(HasSubstr("two-sided")));
    EXPECT_EQ(claim_of("table1", "medical-data-scale-large-xray").result.grade, ClaimGrade::not_supported);
    EXPECT_EQ(claim_of("table5", "largest-source-best-on-covidx").result.grade, ClaimGrade::not_supported);
    EXPECT_EQ(claim_of("fewshot-pets", "data-scale-very-few-shots").result.grade, ClaimGrade::not_supported);
    EXPECT_EQ(claim_of("table6", "network-scale").cells_with_raw_seeds, 0U);
}

TEST(Audit, CorrectsOverAllContrasts) {
    for (const auto& contrast : whole().contrasts) {
        ASSERT_EQ(contrast.p.has_value(), contrast.p_adjusted.has_value());
        EXPECT_GE(contrast.p_adjusted.value_or(1.0), contrast.p.value_or(1.0));
        EXPECT_EQ(contrast.is_paired && contrast.shots == "full", false);
    }
}

TEST(Audit, WritesNullForNumbersThatDoNotExist) {
    const auto document = reports::to_json(whole());
    bool seen = false;
    for (const auto& cell : document["tables"][0]["cells"]) {
        if (cell["id"] == "cifar10/R50x1/S-MED") {
            seen = true;
            EXPECT_TRUE(cell["n"].is_null() && cell["mean"].is_null() && cell["agrees"].is_null());
            EXPECT_EQ(cell["published_mean"], 56.07);
            EXPECT_THAT(cell["reason"].get<std::string>(), HasSubstr("no raw seeds"));
        }
    }
    EXPECT_TRUE(seen);
    EXPECT_THAT(reports::audit_text(whole()), HasSubstr("289 different cells"));
}

TEST(Audit, RefusesUnknownWorkloads) {
    EXPECT_THROW((void)reports::audit(suite::plan::load_catalog(suite::plan::default_catalog_root()),
                                      {"tabel1"}, "laptop"),
                 suite::Error);
}

} // namespace
