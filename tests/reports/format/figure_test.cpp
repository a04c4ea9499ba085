// Figures: which numbers stand where, what is written for gnuplot, and that gnuplot draws it.
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>
#include <tuple>

#include "reports/format/figure.hpp"
#include "reports/format/report_files.hpp"
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
    EXPECT_EQ(plot.panels[0].series[0].colour, plot.panels[2].series[0].colour)
        << "a colour means a source, whichever panel it is in";
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

TEST(PlotOf, OrdersShotsAsDeclaredWhateverTheOrderOfTheCells) {
    CheckResult result = result_of("pets/R50x1/1K-NAT");
    const CellResult full = result.cells.front();
    result.cells.clear();
    for (const char* shots : {"full", "1", "5", "10", "500", "100"}) {
        result.cells.push_back(full);
        result.cells.back().cell.set(suite::plan::AxisRole::shots, shots);
        result.cells.back().id = result.cells.back().cell.text();
    }

    const Plot plot = plot_of({.id = "f", .cells = {"*"}, .x = "shots", .series = {"source"}}, result);

    EXPECT_THAT(plot.categories, ElementsAre("1", "5", "10", "100", "500", "full"));
}

/// A result that knows the workload's cells and nothing else.
CheckResult without_runs(const plan::WorkloadSpec& workload, const plan::Catalog& catalog) {
    CheckResult result{.workload = workload.id, .profile = "laptop", .figures = workload.figures};
    for (const plan::PlannedCell& cell : plan::expand(catalog, workload.id, "laptop", {}).cells) {
        CellResult entry;
        entry.cell = cell.id;
        entry.id = cell.text;
        entry.metric = cell.metric;
        result.cells.push_back(std::move(entry));
    }
    return result;
}

TEST(PlotOf, GivesEverySourceOfEveryWorkloadOneColourOfItsOwn) {
    const plan::Catalog& catalog = small_tree::published();
    std::map<std::string, std::string> colour_of;
    for (const auto& [id, workload] : catalog.workloads) {
        const CheckResult result = without_runs(workload, catalog);
        for (const plan::FigureSpec& figure : workload.figures) {
            const Plot plot = plot_of(figure, result);
            const bool tells_sources =
                std::find(figure.series.begin(), figure.series.end(), "source") != figure.series.end();
            for (const PlotSeries& series : plot.panels.front().series) {
                const std::string source = series.label.substr(0, series.label.find(' '));
                if (tells_sources) {
                    EXPECT_EQ(colour_of.try_emplace(source, series.colour).first->second, series.colour)
                        << id << ' ' << source;
                }
            }
            for (std::size_t i = 0; i < plot.category_colours.size(); ++i) {
                EXPECT_EQ(colour_of.try_emplace(plot.categories[i], plot.category_colours[i]).first->second,
                          plot.category_colours[i])
                    << id << ' ' << plot.categories[i];
            }
        }
    }
    std::set<std::string> colours;
    for (const auto& [source, colour] : colour_of) {
        EXPECT_TRUE(colours.insert(colour).second) << source << " has the colour of another source";
        EXPECT_EQ(source_style(source).name, source) << "not in the table of palette.cpp";
    }
    EXPECT_GT(colour_of.size(), 10U);
}

TEST(PlotOf, TellsSeriesOfAFigureApartWithoutColour) {
    const plan::Catalog& catalog = small_tree::published();
    for (const auto& [id, workload] : catalog.workloads) {
        const CheckResult result = without_runs(workload, catalog);
        for (const plan::FigureSpec& figure : workload.figures) {
            std::set<std::tuple<Marker, bool, std::string>> looks;
            const Plot plot = plot_of(figure, result);
            for (const PlotSeries& series : plot.panels.front().series) {
                const bool is_bar = drawing_of(plot) == Drawing::bars && figure.series.size() == 1;
                EXPECT_TRUE(is_bar || looks.emplace(series.marker, series.is_hollow, series.dash).second)
                    << id << ' ' << figure.id << ' ' << series.label;
            }
        }
    }
}

TEST(GnuplotScript, DrawsNothingForWhatWasNotMeasured) {
    CheckResult result = result_of("*-NAT");
    for (CellResult& cell : result.cells) {
        if (cell.cell.model() == "R152x4" || cell.cell.source() == "1K-NAT") {
            cell.ours = {};
        }
    }
    const Plot plot = plot_of(bars, result);

    const std::string script = gnuplot_script(plot, Picture::svg, "/tmp/it's.svg");

    EXPECT_THAT(script, HasSubstr("$mark_1_1 <<"));
    for (const char* block : {"_1_0 <<", "_3_0 <<", "_3_1 <<"}) { // panel and series
        EXPECT_THAT(script, Not(HasSubstr(block))) << block;
    }
    EXPECT_EQ(synthetic::occurrences(script, "title '1K-NAT (not measured)'"), 1U);
    EXPECT_EQ(synthetic::occurrences(script, "set label 99 'not measured'"), 1U);
    EXPECT_THAT(script, HasSubstr("set output '/tmp/it''s.svg'"));
    EXPECT_THAT(script, HasSubstr("'pets & <others>''s'"));
}

TEST(GnuplotScript, HasALegendInEveryPanelAndPanelsOfEqualSize) {
    CheckResult result = result_of("*-NAT");
    for (CellResult& cell : result.cells) {
        cell.ours = {};
    }

    const std::string script = gnuplot_script(plot_of(bars, result), Picture::svg, "x.svg");

    EXPECT_EQ(synthetic::occurrences(script, "NaN with points"), 4U * 2U);
    EXPECT_EQ(synthetic::occurrences(script, "set key at screen"), 4U);
    std::set<std::string> heights;
    std::istringstream lines(script);
    double top = 0.0;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("set tmargin at screen ")) {
            top = std::stod(line.substr(22));
        } else if (line.starts_with("set bmargin at screen ")) {
            heights.insert(std::to_string(std::round(1e4 * (top - std::stod(line.substr(22))))));
        }
    }
    EXPECT_EQ(heights.size(), 1U);
}

TEST(GnuplotScript, BeginsBarsAtZeroAndDrawsDotsWhereBarsWouldHideDifferences) {
    const auto one_value = [](double mean) {
        return Plot{.title = "t",
                    .categories = {"a", "b"},
                    .panels = {{.title = "p",
                                .series = {{.label = "s", .values = {{.mean = 5.0}, {.mean = mean}}}}}}};
    };

    EXPECT_THAT(gnuplot_script(one_value(90.0), Picture::svg, "x"), HasSubstr("set yrange [0:90]"));
    EXPECT_EQ(drawing_of(one_value(90.0)), Drawing::bars);
    EXPECT_EQ(drawing_of(one_value(6.0)), Drawing::dots);
    EXPECT_THAT(gnuplot_script(one_value(6.0), Picture::svg, "x"), Not(HasSubstr("boxxyerror")));
}

TEST(GnuplotScript, BreaksALineWhereAValueIsAbsent) {
    const Plot plot{.title = "t",
                    .kind = plan::FigureKind::lines,
                    .categories = {"1", "2", "4"},
                    .panels = {{.title = "p",
                                .series = {{.label = "s", .values = {{.mean = 50.0}, {}, {.mean = 60.0}}}}}}};

    EXPECT_THAT(gnuplot_script(plot, Picture::svg, "x"), testing::ContainsRegex("0 50 [0-9]+\n\n2 60 "));
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

/// Sets an environment variable until its scope ends.
class ScopedVariable {
public:
    ScopedVariable(const char* name, const std::string& value) : name_(name) {
        const char* before = std::getenv(name);
        before_ = before == nullptr ? std::nullopt : std::optional<std::string>(before);
        setenv(name, value.c_str(), 1);
    }
    ScopedVariable(const ScopedVariable&) = delete;
    ScopedVariable& operator=(const ScopedVariable&) = delete;
    ~ScopedVariable() { before_ ? setenv(name_, before_->c_str(), 1) : unsetenv(name_); }

private:
    const char* name_;
    std::optional<std::string> before_;
};

void write_file(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path) << text;
}

TEST(Draw, DoesNotDependOnTheUsersSettingsOfGnuplot) {
    if (!can_draw()) {
        GTEST_SKIP() << "gnuplot is not installed";
    }
    const suite::store::testing::TemporaryFolder folder;
    const Plot plot = plot_of(bars, result_of("*-NAT"));
    const std::string before = drawn(plot, Picture::svg, folder.path());
    write_file(folder.path() / ".gnuplot", "set terminal dumb\nset logscale y\nset xrange [5:6]\nexit\n");
    const ScopedVariable home("HOME", folder.path().string());
    const ScopedVariable terminal("GNUTERM", "foo");
    const ScopedVariable library("GNUPLOT_LIB", "/nowhere");

    EXPECT_EQ(drawn(plot, Picture::svg, folder.path()), before);
    EXPECT_TRUE(drawn(plot, Picture::png, folder.path()).starts_with("\x89PNG"));
}

TEST(Draw, GivesAnSvgThatIsNamedAndShowsNoTooltips) {
    if (!can_draw()) {
        GTEST_SKIP() << "gnuplot is not installed";
    }
    const suite::store::testing::TemporaryFolder folder;

    const std::string svg = drawn(plot_of(bars, result_of("*-NAT")), Picture::svg, folder.path());

    EXPECT_EQ(synthetic::occurrences(svg, "<title"), 1U);
    EXPECT_THAT(svg, HasSubstr("<title>pets &amp; &lt;others&gt;&#39;s</title>"));
    EXPECT_THAT(svg, HasSubstr("<desc>Dots with intervals. Across: pets, covidx."));
    EXPECT_THAT(svg, HasSubstr(" role=\"img\""));
    EXPECT_THAT(svg, Not(testing::ContainsRegex("[Gg]nuplot [0-9]")));
    EXPECT_EQ(synthetic::occurrences(inline_svg({.id = "f", .title = "t", .svg = svg}, 3), "'#gp"), 0U);
}

/// A gnuplot that says why it fails, before the real one on the PATH.
std::string with_failing_gnuplot(const std::filesystem::path& folder) {
    write_file(folder / "gnuplot", "#!/bin/sh\necho 'line 5: unknown terminal' >&2\nexit 3\n");
    std::filesystem::permissions(folder / "gnuplot", std::filesystem::perms::owner_all);
    const char* path = std::getenv("PATH");
    return folder.string() + ":" + (path == nullptr ? "" : path);
}

TEST(WriteReport, LosesOnlyTheFiguresWhenGnuplotFails) {
    const suite::store::testing::TemporaryFolder folder;
    CheckResult result = result_of("*-NAT");
    result.figures = {bars};
    const ScopedVariable path("PATH", with_failing_gnuplot(folder.path()));

    const WrittenFiles files = write_report(
        result, folder.path() / "out",
        {Format::svg, Format::html, Format::png, Format::picture, Format::markdown, Format::json});

    std::vector<std::string> names;
    for (const auto& entry : files.paths) {
        EXPECT_GT(std::filesystem::file_size(entry), 1000U);
        names.push_back(entry.extension());
    }
    EXPECT_THAT(names, ElementsAre(".md", ".json", ".html"));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path() / "out"), {}), 3);
    ASSERT_EQ(files.undrawn.size(), 1U) << "one fault a cause";
    EXPECT_THAT(files.undrawn[0].found, HasSubstr("exit code 3: line 5: unknown terminal"));
    try {
        files.throw_if_undrawn();
        FAIL() << "nothing was thrown";
    } catch (const suite::Error& error) {
        EXPECT_EQ(error.exit_code(), 6);
    }
}

TEST(WriteReport, WithoutGnuplotThePageIsWholeAndNoFault) {
    const suite::store::testing::TemporaryFolder folder;
    CheckResult result = result_of("*-NAT");
    result.figures = {bars};
    const ScopedVariable path("PATH", folder.path().string());

    EXPECT_TRUE(write_report(result, folder.path(), {Format::html}).undrawn.empty());
    EXPECT_EQ(write_report(result, folder.path(), {Format::html, Format::svg}).undrawn.size(), 1U);
}

TEST(Draw, WithoutAFolderSaysSo) {
    if (!can_draw()) {
        GTEST_SKIP() << "gnuplot is not installed";
    }
    EXPECT_THROW(draw({.categories = {"a"}, .panels = {{}}}, Picture::svg, "/nowhere/f.svg"), suite::Error);
}

} // namespace
} // namespace reports
