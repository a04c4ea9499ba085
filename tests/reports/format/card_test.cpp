// A study's card and badge: the numbers of the audit and of the store, and nothing else.
#include "reports/format/card.hpp"

#include <fmt/format.h>

#include "tests/reports/synthetic.hpp"

namespace reports {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const suite::plan::Catalog& catalog() {
    static const suite::plan::Catalog whole = suite::plan::load_catalog(suite::plan::default_catalog_root());
    return whole;
}

StudyCard card_of(std::vector<ProfileStanding> profiles) {
    static const Audit audit = reports::audit(catalog(), {}, "laptop");
    return make_card(papers_of(catalog()).front(), audit, std::move(profiles));
}

TEST(StudyId, IsTheFirstAuthorAndTheYear) {
    EXPECT_EQ(study_id("Cherti & Jitsev 2021, arXiv 2106.00116"), "cherti2021");
    EXPECT_EQ(study_id("Jonske et al. 2023, arXiv 2306.17555"), "jonske2023");
    EXPECT_EQ(study_id("Anon."), "anon");
}

TEST(Card, HasTheNumbersOfTheAudit) {
    const StudyCard card = card_of({});

    EXPECT_EQ(card.study, "cherti2021");
    EXPECT_EQ(claims_text(card),
              fmt::format("{} claims: {} robust, {} robust (printed values), {} fragile, {} not supported",
                          card.summary.claims, card.summary.robust, card.summary.robust_printed,
                          card.summary.fragile, card.summary.not_supported));
    EXPECT_EQ(card.summary.claims, 78U);
    EXPECT_EQ(card.contradicted.size(), 4U);
}

TEST(Card, SaysWhatWasRunAtPaperScale) {
    EXPECT_EQ(paper_scale_text(card_of({})), "paper scale: not yet run");
    ProfileStanding paper{.profile = "paper", .title = "", .planned = 10, .finished = 0};
    EXPECT_EQ(paper_scale_text(card_of({paper})), "paper scale: not yet run");
    paper.finished = 3;
    EXPECT_EQ(paper_scale_text(card_of({paper})), "paper scale: 3 of 10 runs finished");
    paper.finished = 10;
    EXPECT_EQ(paper_scale_text(card_of({paper})), "paper scale: all 10 runs finished");
}

TEST(Card, CountsASharedRunCellAndClaimOnce) {
    const auto plan = synthetic::expand("pets/R50x1/*");
    synthetic::FilledStore store(plan, synthetic::around_fifty);
    store.remove("pets/R50x1/1K-NAT", 2);
    const CheckResult result = store.check(synthetic::baseline_of(plan, synthetic::around_fifty));

    const ProfileStanding standing = standing_of({result, result});

    EXPECT_EQ(standing.profile, "laptop");
    EXPECT_EQ(standing.planned, plan.runs.size());
    EXPECT_EQ(standing.finished, plan.runs.size() - 1);
    const Counts& cells = standing.cells;
    EXPECT_EQ(cells.identical + cells.equivalent + cells.different + cells.inconclusive + cells.missing,
              result.cells.size());
    const ClaimCounts& claims = standing.claims;
    EXPECT_EQ(claims.hold + claims.fail + claims.expected + claims.inconclusive + claims.missing,
              result.claims.size());
}

TEST(Badge, HasItsTextAsTitleAndAccessibleName) {
    const StudyCard card = card_of({});
    const std::string text = fmt::format("cherti2021: {}; {}", claims_text(card), paper_scale_text(card));
    const std::string badge = to_badge(card);

    EXPECT_THAT(badge, HasSubstr(fmt::format("role=\"img\" aria-label=\"{}\"", text)));
    EXPECT_THAT(badge, HasSubstr(fmt::format("<title>{}</title>", text)));
}

TEST(Card, NamesWhatIsNotSupportedInBothFormats) {
    const StudyCard card = card_of({{.profile = "laptop", .title = "small", .planned = 2, .finished = 2}});

    for (const std::string& text : {to_html(card), to_markdown(card)}) {
        for (const AuditedClaim& claim : card.claims) {
            if (claim.result.grade == metrics::ClaimGrade::not_supported) {
                EXPECT_THAT(text, HasSubstr(claim.text));
            }
        }
        EXPECT_THAT(text, HasSubstr("all 2 runs finished"));
    }
    EXPECT_EQ(to_html(card).find("<script"), std::string::npos);
}

} // namespace
} // namespace reports
