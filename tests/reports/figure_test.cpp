// Figures: which numbers stand where, what is written for gnuplot, and that gnuplot draws it.
#include "reports/figure.hpp"

#include "suite/base/files.hpp"
#include "tests/reports/synthetic.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;
using synthetic::FilledStore;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const plan::FigureSpec bars{.id = "f",
                            .title = "pets & <others>'s",
                            .kind = plan::FigureKind::bars,
                            .cells = {"pets/*/*-NAT", "covidx/*/*-NAT"},
                            .x = "target",
                            .series = {"source"},
                            .panels = "model",
                            .origin = {}};

CheckResult result_of(const std::string& cells) {
    const plan::Plan plan = synthetic::expand(cells);
    return FilledStore(plan, synthetic::around_fifty)
        .check(plan::load_references(small_tree::published(), "table1", "laptop"));
}

TEST(PlotOf, PutsEveryCellAtItsCategorySeriesAndPanel) {
    const CheckResult result = result_of("*-NAT");

    const Plot plot = plot_of(bars, result);

    EXPECT_THAT(plot.categories, ElementsAre("pets", "covidx"));
    ASSERT_EQ(plot.columns, 2U);
    ASSERT_EQ(plot.panels.size(), 4U);
    EXPECT_EQ(plot.panels[0].title, "R50x1: published");
    EXPECT_EQ(plot.panels[3].title, "R152x4: ours, profile laptop");
    ASSERT_EQ(plot.panels[0].series.size(), 2U);
    EXPECT_EQ(plot.panels[0].series[1].label, "21K-NAT");
    const CellResult& published = synthetic::cell(result, "pets/R152x4/1K-NAT");
    EXPECT_EQ(plot.panels[2].series[0].values[0].mean, published.published->sample.mean);
    EXPECT_EQ(plot.panels[3].series[0].values[1].mean,
              synthetic::cell(result, "covidx/R152x4/1K-NAT").ours.mean);
    EXPECT_EQ(plot.panels[3].series[0].values[1].seeds.size(), 5U);
    EXPECT_NE(plot.panels[0].series[0].colour, plot.panels[2].series[0].colour)
        << "networks have their own colours";
}

TEST(PlotOf, ShowsOursAloneWhereNothingWasPublished) {
    CheckResult result = result_of("*-NAT");
    for (CellResult& cell : result.cells) {
        cell.published.reset();
    }

    const Plot plot = plot_of(bars, result);

    EXPECT_EQ(plot.columns, 1U);
    EXPECT_EQ(plot.panels.size(), 2U);
}

TEST(GnuplotScript, MarksMissingValuesAndSaysWhenAPanelHasNone) {
    CheckResult result = result_of("*-NAT");
    for (CellResult& cell : result.cells) {
        if (cell.cell.model == "R152x4" || cell.id == "pets/R50x1/1K-NAT") {
            cell.ours = {};
        }
    }

    const std::string script = gnuplot_script(plot_of(bars, result), Picture::svg, "/tmp/it's.svg");

    EXPECT_THAT(script, HasSubstr("$missing_1_0"));
    EXPECT_THAT(script, Not(HasSubstr("$missing_1_1")));
    EXPECT_THAT(script, HasSubstr("no data: every cell of this panel is missing"));
    EXPECT_THAT(script, HasSubstr("set output '/tmp/it''s.svg'"));
    EXPECT_THAT(script, HasSubstr("'pets & <others>''s'"));
}

TEST(Draw, WritesAPictureWithEscapedText) {
    if (!can_draw()) {
        GTEST_SKIP() << "gnuplot is not installed";
    }
    const suite::store::testing::TemporaryFolder folder;
    const Plot plot = plot_of(bars, result_of("*-NAT"));

    draw(plot, Picture::svg, folder.path() / "f.svg");
    draw(plot, Picture::png, folder.path() / "f.png");

    const std::string svg = suite::read_file(folder.path() / "f.svg", suite::ErrorKind::environment);
    EXPECT_NE(svg.find("pets &amp; &lt;others"), std::string::npos);
    EXPECT_EQ(svg.find("<others"), std::string::npos);
    EXPECT_TRUE(
        suite::read_file(folder.path() / "f.png", suite::ErrorKind::environment).starts_with("\x89PNG"));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2)
        << "nothing else is left";
}

TEST(Draw, WithoutAFolderSaysSo) {
    if (!can_draw()) {
        GTEST_SKIP() << "gnuplot is not installed";
    }
    EXPECT_THROW(draw({.categories = {"a"}, .panels = {{}}}, Picture::svg, "/nowhere/f.svg"), suite::Error);
}

} // namespace
} // namespace reports
