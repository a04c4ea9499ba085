// The page of the audit: every number with its seeds and places, readable without script, whole by itself.
#include "reports/audit/html.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/occurrences.hpp"

namespace reports {
namespace {

using testing::HasSubstr;
using testing::Not;

const Audit& whole() {
    static const Audit audit =
        reports::audit(suite::plan::load_catalog(suite::plan::default_catalog_root()), {}, "laptop");
    return audit;
}

const std::string& page() {
    static const std::string html = to_html(whole());
    return html;
}

TEST(AuditSummary, CountsWhatSeveralTablesShowOnce) {
    const AuditSummary summary = summary_of(whole());

    EXPECT_EQ(summary.printed, 178U);
    EXPECT_EQ(summary.compared, 90U);
    EXPECT_EQ(summary.agreeing, 90U);
    EXPECT_EQ(summary.raw_cells, 289U);
    EXPECT_EQ(summary.bold_rows - summary.bold_agreeing, 4U);
    EXPECT_EQ(summary.claims, whole().claims.size());
    EXPECT_EQ(summary.robust + summary.robust_printed + summary.fragile + summary.not_supported +
                  summary.not_judged,
              summary.claims);
}

TEST(AuditPage, HasEveryCellWithItsSeedsAndTheirPlaces) {
    std::size_t cells = 0;
    for (const AuditTable& table : whole().tables) {
        cells += table.cells.size();
        for (const AuditCell& cell : table.cells) {
            EXPECT_EQ(cell.seeds.size(), cell.raw.n) << cell.id;
            EXPECT_EQ(cell.raw_file.empty(), cell.seeds.empty()) << cell.id;
            for (const auto& seed : cell.seeds) {
                EXPECT_GT(seed.line, 0U) << cell.id;
                EXPECT_THAT(page(), HasSubstr(fmt::format("<sub>{}</sub> {}</span>", seed.seed, seed.value)));
            }
            if (cell.printed) {
                EXPECT_GT(cell.printed->line, 0U) << cell.id;
            }
        }
    }
    EXPECT_EQ(occurrences(page(), "<tr data-counts"), cells);
    EXPECT_THAT(page(), HasSubstr("<code>table1.csv:4</code> <code>runs_cifar10.csv:58–62</code>"));
}

TEST(AuditPage, NamesMarksThatTheirNumbersContradictAndGradesClaims) {
    EXPECT_THAT(page(), HasSubstr("<th scope=\"row\">table5 padchest-cl/R50x1</th><td data-label=\"in "
                                  "bold\">nothing</td>"));
    for (const AuditedClaim& claim : whole().claims) {
        EXPECT_THAT(page(), HasSubstr(fmt::format("<code>{}.{}</code>", claim.workload, claim.id)));
    }
    EXPECT_THAT(page(), HasSubstr("two-sided tests → inconclusive"));
}

TEST(AuditPage, NeedsNoNetworkAndReadsWithoutScript) {
    for (const char* word : {"http://", "https://", "<link", "@import", "src=", "url("}) {
        EXPECT_THAT(page(), Not(HasSubstr(word))) << word;
    }
    EXPECT_EQ(occurrences(page(), "<script"), 1U);
    EXPECT_EQ(occurrences(page(), " hidden>"), 1U);
    EXPECT_EQ(occurrences(page(), "<table"), occurrences(page(), "<caption"));
}

TEST(AuditPage, OpensWhatDisagrees) {
    Audit audit = whole();
    EXPECT_EQ(occurrences(page(), "data-group open>"), 0U);
    audit.tables.front().cells[2].mean_agrees = false;
    EXPECT_EQ(occurrences(to_html(audit), "data-group open>"), 1U);
    EXPECT_THAT(to_html(audit), HasSubstr("≠ disagrees</span> (mean)"));
}

} // namespace
} // namespace reports
