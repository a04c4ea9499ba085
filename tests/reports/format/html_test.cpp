// The HTML page of small results: what it names, that it is whole by itself, that texts cannot become markup.
#include <cmath>
#include <set>

#include "reports/format/html.hpp"
#include "reports/format/loss_curve.hpp"
#include "reports/format/render.hpp"
#include "tests/reports/occurrences.hpp"
#include "tests/reports/synthetic.hpp"

namespace reports {
namespace {

using synthetic::FilledStore;
using testing::HasSubstr;
using testing::Not;

constexpr const char* shown_cells = "pets/R50x1/*";
constexpr const char* shown_cell = "pets/R50x1/1K-NAT";

CheckResult pets() {
    const auto plan = synthetic::expand(shown_cells);
    FilledStore store(plan, synthetic::around_fifty);
    store.remove(shown_cell, 2);
    return store.check(synthetic::baseline_of(plan, synthetic::around_fifty));
}

/// Every planned run finished, with the recorded values.
CheckResult repeated_pets() {
    const auto plan = synthetic::expand(shown_cells);
    return FilledStore(plan, synthetic::around_fifty)
        .check(synthetic::baseline_of(plan, synthetic::around_fifty));
}

/// Values of an attribute, in the order of their appearance.
std::vector<std::string> values_of(const std::string& html, const std::string& attribute) {
    std::vector<std::string> values;
    const std::string start = " " + attribute + "=\"";
    for (std::size_t at = html.find(start); at != std::string::npos; at = html.find(start, at + 1)) {
        const std::size_t begin = at + start.size();
        values.push_back(html.substr(begin, html.find('"', begin) - begin));
    }
    return values;
}

TEST(Html, EveryLinkOfThePageLeadsToASectionOfIt) {
    const std::string html = to_html(pets());

    const std::vector<std::string> ids = values_of(html, "id");
    const std::set<std::string> known(ids.begin(), ids.end());
    EXPECT_EQ(known.size(), ids.size()) << "an id stands twice";
    EXPECT_TRUE(known.contains("cell-pets.R50x1.1K-NAT"));
    for (const std::string& link : values_of(html, "href")) {
        EXPECT_TRUE(link.starts_with('#') && known.contains(link.substr(1))) << link;
    }
}

TEST(Html, ACellWithAHomeLinksItAndKeepsWhatIsSaidOfItHere) {
    const CheckResult result = pets();
    const auto homes = cell_homes({&result, &result}, {"first.html", "second.html"});
    const std::string html = to_html(result, {}, homes[1]);

    EXPECT_TRUE(homes[0].empty());
    EXPECT_EQ(homes[1].size(), result.cells.size());
    EXPECT_THAT(html, HasSubstr("href=\"first.html#cell-pets.R50x1.1K-NAT\""));
    const CellResult& cell = synthetic::cell(result, shown_cell);
    EXPECT_THAT(html, HasSubstr(escaped(cell.comparison.reason)));
    EXPECT_THAT(html, Not(HasSubstr(result.runs[cell.runs.front()].key)));
}

TEST(Html, ACellWithOtherRunsHasNoHome) {
    const CheckResult result = pets();
    CheckResult other = result;
    for (auto& run : other.runs) {
        run.key[0] = run.key[0] == '0' ? '1' : '0';
    }

    EXPECT_TRUE(cell_homes({&result, &other}, {"first.html", "second.html"})[1].empty());
}

TEST(Html, NeedsNoNetworkAndReadsWithoutScript) {
    const std::string html = to_html(pets());

    for (const char* word : {"http://", "https://", "<link", "@import", "src=", "url("}) {
        EXPECT_THAT(html, Not(HasSubstr(word))) << word;
    }
    EXPECT_EQ(occurrences(html, "<script"), 1U);
    EXPECT_EQ(occurrences(html, " hidden>"), 1U) << "only the filter waits for the script";
    EXPECT_THAT(html, HasSubstr("aria-label=\"Filter the table and the cells\" hidden>"));
}

TEST(Html, SaysFirstWhatWasComparedAndWhichClaimsHold) {
    CheckResult result = pets();
    result.claims = {{.id = "one", .text = "More is better.", .cells = {shown_cell}}};
    result.claims.front().ours.verdict = metrics::ClaimVerdict::holds;
    const std::string html = to_html(result);

    const std::size_t comparison = html.find("own recorded run");
    const std::size_t claim = html.find("<a href=\"#claim-one\">More is better.</a>");
    const std::size_t table = html.find("<table");
    EXPECT_LT(comparison, claim);
    EXPECT_LT(claim, table);
    EXPECT_THAT(html, HasSubstr("1 hold"));
}

TEST(Html, ARowThatRepeatsTheRecordedOneHasOneLineForBoth) {
    EXPECT_THAT(to_html(repeated_pets()), HasSubstr(">ours = recorded</th>"));
    EXPECT_THAT(to_html(repeated_pets()), Not(HasSubstr(">recorded</th>")));
    EXPECT_THAT(to_html(pets()), HasSubstr(">recorded</th>")); // a seed of it is missing
}

TEST(Html, OffersEveryTargetAndVerdictToTheFilter) {
    const CheckResult result = pets();
    const std::string html = to_html(result);

    EXPECT_THAT(html,
                HasSubstr("<select name=\"target\"><option value=\"\">all</option><option>pets</option>"));
    EXPECT_EQ(occurrences(html, "data-counts data-target=\"pets\""), result.cells.size());
    for (const std::string& verdicts : values_of(html, "data-verdicts")) {
        EXPECT_FALSE(verdicts.empty());
    }
}

TEST(Html, EveryTableHasACaption) {
    const std::string html = to_html(pets());

    EXPECT_EQ(occurrences(html, "<table"), occurrences(html, "<caption"));
}

TEST(Html, ARunShowsItsLossCurve) {
    CheckResult result = pets();
    RunFacts& run = result.runs[result.cells[0].runs[0]];
    run.losses = {{.step = 0, .loss = 2.0}, {.step = 100, .loss = 0.5}};
    run.last_loss = 0.5;

    EXPECT_THAT(to_html(result), HasSubstr("aria-label=\"Training loss 2 at step 0, 0.5 at step 100\">"
                                           "<path d=\"M0 1L96 14\"/></svg> 0.5</td>"));
}

TEST(LossCurve, LeavesOutWhatIsNotFinite) {
    const std::vector<suite::store::LossEntry> losses{
        {.step = 0, .loss = 1.0}, {.step = 5, .loss = std::nan("")}, {.step = 10, .loss = 0.0}};

    EXPECT_DOUBLE_EQ(highest_loss(losses), 1.0);
    EXPECT_THAT(loss_curve(losses, 1.0), HasSubstr("d=\"M0 1L96 19\""));
    EXPECT_EQ(loss_curve(std::span(losses).first(2), 1.0), "");
    EXPECT_EQ(loss_curve(losses, 0.0), "");
}

TEST(Html, FactsOfAllRecordsStandOnce) {
    CheckResult result = pets();
    result.provenances = {{{"cpu", "one CPU"}, {"host", "a"}}, {{"cpu", "one CPU"}, {"host", "b"}}};
    const std::string html = to_html(result);

    EXPECT_EQ(occurrences(html, "one CPU"), 1U);
    EXPECT_THAT(html, HasSubstr("<th scope=\"row\">host</th><td>b</td>"));
}

/// Relative luminance of "#rrggbb" (WCAG 2.2).
double luminance(const std::string& colour) {
    const auto part = [&colour](std::size_t at) {
        const double value = std::stoi(colour.substr(at, 2), nullptr, 16) / 255.0;
        return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}

/// The colours of each `:root { … }` of the page by name.
std::vector<std::map<std::string, std::string>> palettes_of(const std::string& html) {
    std::vector<std::map<std::string, std::string>> palettes;
    for (std::size_t at = html.find(":root {"); at != std::string::npos; at = html.find(":root {", at + 1)) {
        auto& palette = palettes.emplace_back();
        const std::size_t end = html.find('}', at);
        for (std::size_t name = html.find("--", at); name < end; name = html.find("--", name + 2)) {
            const std::size_t colon = html.find(':', name);
            palette[html.substr(name + 2, colon - name - 2)] = html.substr(html.find('#', colon), 7);
        }
    }
    return palettes;
}

TEST(Html, EveryColourOfTextHasEnoughContrastInLightDarkAndPrint) {
    const auto palettes = palettes_of(to_html(pets()));

    ASSERT_EQ(palettes.size(), 3U);
    for (const auto& palette : palettes) {
        for (const char* text : {"text", "quiet", "link", "good", "bad", "open", "none"}) {
            for (const char* ground : {"page", "raised"}) {
                const double a = luminance(palette.at(text)) + 0.05;
                const double b = luminance(palette.at(ground)) + 0.05;
                EXPECT_GE(std::max(a, b) / std::min(a, b), 4.5) << text << " on " << ground; // WCAG AA
            }
        }
    }
}

TEST(Html, ACellHasItsSeedsKeysReferenceTestAndReason) {
    const CheckResult result = pets();
    const std::string html = to_html(result);

    const CellResult& cell = synthetic::cell(result, shown_cell);
    EXPECT_THAT(html, HasSubstr(">49.9</td>"));
    EXPECT_THAT(html, HasSubstr(escaped(cell.comparison.reason)));
    EXPECT_THAT(html, HasSubstr("4 of 5 planned runs finished"));
    for (const std::size_t run : cell.runs) {
        EXPECT_THAT(html, HasSubstr(result.runs[run].key));
    }
    EXPECT_THAT(html, HasSubstr("baseline of profile laptop, made up"));
    EXPECT_THAT(html, HasSubstr("0123456789abcdef")); // the commit of the records
    EXPECT_THAT(html, HasSubstr("pets → phantom-pets"));
}

TEST(Html, TextsCannotBecomeMarkup) {
    const std::string evil = "<script>alert('x')</script>&\"' \xff\x01";
    CheckResult result = pets();
    result.title = evil;
    result.paper = evil;
    result.cells[0].id = evil;
    result.cells[0].cell.set(suite::plan::AxisRole::target, evil);
    result.cells[0].comparison.reason = evil;
    result.provenances[0][evil] = evil;
    result.runs[result.cells[0].runs[0]].label = evil;
    result.claims.push_back({.id = evil, .text = evil, .where = evil, .differs = evil, .cells = {evil}});
    result.figures.push_back({.id = evil, .title = evil});

    const std::string html = to_html(result, {{.id = evil, .title = evil, .svg = "<svg id='a'></svg>"}});

    EXPECT_EQ(occurrences(html, "<script"), 1U); // the page's own
    EXPECT_THAT(html, Not(HasSubstr("alert('")));
    EXPECT_THAT(html, Not(HasSubstr("\xff")));
    EXPECT_THAT(html, Not(HasSubstr("\x01")));
    EXPECT_THAT(html,
                HasSubstr("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;&#39; \xEF\xBF\xBD"));
}

TEST(Html, FiguresAreInlineAndTheirNamesStayApart) {
    const std::string svg = "<?xml version=\"1.0\"?>\n<svg xmlns=\"x\">\n"
                            "<circle id='gpDot'/><use xlink:href='#gpDot'/>\n"
                            "<g fill=\"none\">\n</g><g id=\"full\"><path d='M0'/></g></svg>\n";
    const std::string html = to_html(
        pets(), {{.id = "a", .title = "First", .svg = svg}, {.id = "b", .title = "Second", .svg = svg}});

    EXPECT_THAT(html, HasSubstr("<circle id='f0-gpDot'/><use xlink:href='#f0-gpDot'/>"));
    EXPECT_THAT(html, HasSubstr("<use xlink:href='#f1-gpDot'/>"));
    EXPECT_THAT(html, HasSubstr("<g id=\"f0-full\"><path d='M0'/></g>"));
    EXPECT_THAT(html, Not(HasSubstr("<g fill=\"none\">")));
    EXPECT_THAT(html, Not(HasSubstr("<?xml")));
}

TEST(Html, SaysWhyAFigureIsNotThere) {
    CheckResult result = pets();
    result.figures = {{.id = "f", .title = "A figure"}};

    EXPECT_THAT(to_html(result), HasSubstr("gnuplot is not installed"));
}

TEST(Html, AnchorsOfDistinctCellsAreDistinct) {
    EXPECT_EQ(anchor_of("padchest-cl/R152x4/S-MED/10"), "cell-padchest-cl.R152x4.S-MED.10");
    EXPECT_EQ(anchor_of("a b<\xC3\xA9"), "cell-a_20b_3C_C3_A9");
    EXPECT_NE(anchor_of("a_20"), anchor_of("a "));
}

TEST(HtmlIndex, LinksEveryPageWithItsCounts) {
    const CheckResult result = pets();

    const std::string html = to_html_index({&result, &result}, {"a<b.html", "c.html"});

    EXPECT_THAT(html, HasSubstr("href=\"a&lt;b.html\""));
    EXPECT_THAT(html, HasSubstr("href=\"c.html\""));
    EXPECT_THAT(html, HasSubstr(">4</td>")); // cells
}

TEST(Escaped, KeepsWhatXmlMayHoldAndReplacesTheRest) {
    EXPECT_EQ(escaped("a\tb\n<é→😀>"), "a\tb\n&lt;é→😀&gt;");
    const std::string bad = "\xEF\xBF\xBD";
    EXPECT_EQ(escaped(std::string("\0", 1)), bad);
    EXPECT_EQ(escaped("\x1b[0m"), bad + "[0m");
    EXPECT_EQ(escaped("\xC3"), bad);                     // cut short
    EXPECT_EQ(escaped("\xC0\xAF"), bad + bad);           // overlong
    EXPECT_EQ(escaped("\xED\xA0\x80"), bad + bad + bad); // a surrogate
    EXPECT_EQ(escaped("\xEF\xBF\xBF"), bad + bad + bad); // U+FFFF
}

} // namespace
} // namespace reports
