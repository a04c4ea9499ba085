// The picture of figures and claims: well-formed, free of what documents' hosts remove, every claim once.
#include <cctype>
#include <regex>

#include "reports/format/figure.hpp"
#include "reports/format/picture.hpp"
#include "reports/format/render.hpp"
#include "tests/reports/synthetic.hpp"

namespace reports {
namespace {

using synthetic::FilledStore;
using testing::HasSubstr;
using testing::Not;

CheckResult table1() {
    const auto plan = synthetic::expand("*");
    return FilledStore(plan, synthetic::around_fifty)
        .check(synthetic::baseline_of(plan, synthetic::around_fifty));
}

/// The picture's text, without elements; a blank between them.
std::string text_in(const std::string& svg) {
    return std::regex_replace(std::regex_replace(svg, std::regex("<[^>]*>"), " "), std::regex("\\s+"), " ");
}

/// Whether every element that is opened is closed, in order.
testing::AssertionResult is_well_formed(const std::string& xml) {
    std::vector<std::string> open;
    const std::regex tag("<(/?)([A-Za-z][A-Za-z0-9:]*)((?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*)>");
    for (std::sregex_iterator it(xml.begin(), xml.end(), tag), end; it != end; ++it) {
        if ((*it)[1].length() > 0) {
            if (open.empty() || open.back() != (*it)[2]) {
                return testing::AssertionFailure() << "</" << (*it)[2] << "> closes nothing";
            }
            open.pop_back();
        } else if (!(*it)[3].str().ends_with('/')) {
            open.push_back((*it)[2]);
        }
    }
    const std::string rest = std::regex_replace(xml, tag, "");
    if (rest.find_first_of("<>") != std::string::npos || !open.empty()) {
        return testing::AssertionFailure() << "a stray < or >, or an element that is not closed";
    }
    return testing::AssertionSuccess();
}

TEST(ToPicture, ShowsEveryClaimOnceWithBothVerdicts) {
    const CheckResult result = table1();
    ASSERT_GT(result.claims.size(), 10U);

    const std::string text = text_in(to_picture(result, {}));

    for (const ClaimResult& claim : result.claims) {
        EXPECT_EQ(synthetic::occurrences(text, escaped(claim.text)), 1U) << claim.text;
    }
    EXPECT_THAT(text, HasSubstr("Published: full-scale networks, real data. Ours: miniature profile laptop"));
    EXPECT_THAT(text, HasSubstr("for orientation only"));
}

TEST(ToPicture, IsSvgThatDocumentsMayShow) {
    CheckResult result = table1();
    result.claims[0].text = "a < b & \"c\" </text><script>alert(1)</script>";
    std::vector<DrawnFigure> figures;
    if (can_draw()) {
        const suite::store::testing::TemporaryFolder folder;
        const Plot plot = plot_of(result.figures.at(0), result);
        figures.push_back({.id = "f",
                           .title = "t",
                           .svg = drawn(plot, Picture::svg, folder.path()),
                           .width_pixels = size_of(plot).width_pixels,
                           .height_pixels = size_of(plot).height_pixels});
    }

    const std::string svg = to_picture(result, figures);

    EXPECT_TRUE(is_well_formed(svg));
    for (const char* word :
         {"<script", "foreignObject", "<style", "@import", "xml:space", "<image", "<?xml"}) {
        EXPECT_THAT(svg, Not(HasSubstr(word))) << word;
    }
    EXPECT_EQ(synthetic::occurrences(svg, "<title>"), 1U);
    EXPECT_EQ(synthetic::occurrences(svg, "<svg"), 1U + figures.size());
}

TEST(ToPicture, TheCommittedPictureShowsEveryClaimOfTable1) {
    const std::string path = TRANSFERSCALE_SOURCE_DIR "/reports/pictures/table1-laptop.svg";
    std::ifstream file(path);
    std::stringstream bytes;
    bytes << file.rdbuf();

    EXPECT_TRUE(is_well_formed(bytes.str()));
    EXPECT_THAT(bytes.str(), Not(HasSubstr("<script")));
    EXPECT_THAT(bytes.str(), Not(HasSubstr("foreignObject")));
    const std::string text = text_in(bytes.str());
    for (const suite::plan::ClaimSpec& claim : small_tree::published().workloads.at("table1").claims) {
        EXPECT_EQ(synthetic::occurrences(text, escaped(claim.text)), 1U) << claim.text;
    }
}

} // namespace
} // namespace reports
