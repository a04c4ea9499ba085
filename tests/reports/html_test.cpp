// The HTML page of small results: what it names, that it is whole by itself, that texts cannot become markup.
#include <set>

#include "reports/html.hpp"
#include "reports/render.hpp"
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

TEST(Html, NeedsNoNetworkAndNoScript) {
    const std::string html = to_html(pets());

    for (const char* word : {"http://", "https://", "<script", "<link", "@import", "src=", "url("}) {
        EXPECT_THAT(html, Not(HasSubstr(word))) << word;
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
    result.cells[0].cell.target = evil;
    result.cells[0].comparison.reason = evil;
    result.provenances[0][evil] = evil;
    result.runs[result.cells[0].runs[0]].label = evil;
    result.claims.push_back({.id = evil, .text = evil, .where = evil, .differs = evil, .cells = {evil}});
    result.figures.push_back({.id = evil, .title = evil});

    const std::string html = to_html(result, {{.id = evil, .title = evil, .svg = "<svg id='a'></svg>"}});

    EXPECT_THAT(html, Not(HasSubstr("<script")));
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
