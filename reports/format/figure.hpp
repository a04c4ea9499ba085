// Figures of a checked workload, drawn by gnuplot.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "reports/check/result.hpp"
#include "reports/format/palette.hpp"
#include "reports/format/svg.hpp"
#include "suite/base/error.hpp"

namespace reports {

/// One cell on one side.
struct PlotValue {
    std::optional<double> mean; ///< none: not measured, or not published
    std::optional<double> sd;
    std::vector<double> seeds; ///< none where only mean and sd were printed
};

/// The values of one legend entry, one for each category.
struct PlotSeries {
    std::string label;
    std::string colour = "#333333"; ///< "#rrggbb"
    Marker marker = Marker::circle;
    std::string dash{};     ///< as Style::dash
    bool is_hollow = false; ///< hollow markers and hatched bars
    std::vector<PlotValue> values{};

    [[nodiscard]] bool is_empty() const;
};

struct PlotPanel {
    std::string title;
    std::string absent = "not measured"; ///< what a series or panel without any value is said to be
    std::vector<PlotSeries> series{};

    [[nodiscard]] bool is_empty() const;
};

/// A figure's numbers. All panels share the categories, the legend and the range of y.
struct Plot {
    std::string title;
    suite::plan::FigureKind kind = suite::plan::FigureKind::bars;
    std::string x_label{}; ///< "" where the categories speak for themselves
    std::string y_label{};
    std::vector<std::string> categories;
    std::vector<std::string> category_colours{}; ///< instead of the series' colours; empty: none
    bool is_logarithmic = false;                 ///< y: powers of ten
    std::size_t columns = 1; ///< of panels: published and ours side by side, or ours alone
    std::vector<PlotPanel> panels;
    std::vector<std::string> notes{}; ///< lines below the panels
    int panel_width_pixels = 620;
    int plot_height_pixels = 262; ///< of a panel, between its axes
};

/// The declared figure from a result's cells: a row of panels for each value of its panel axis, published on
/// the left where any of its cells has published numbers. Shots and ranks are in ascending order, "full"
/// last; other axes, series and panels keep the cells' order. Colours mean sources (palette.hpp).
[[nodiscard]] Plot plot_of(const suite::plan::FigureSpec& figure, const CheckResult& result);

enum class Picture { svg, png };

/// How a plot's values are drawn. Bars begin at 0; where every value lies far from 0, dots with intervals
/// show what bars would hide.
enum class Drawing { bars, dots, lines };
[[nodiscard]] Drawing drawing_of(const Plot& plot);

struct PictureSize {
    int width_pixels = 0;
    int height_pixels = 0;
};
[[nodiscard]] PictureSize size_of(const Plot& plot);

/// Title and description of a plot: what is drawn, both axes, every panel and what it does not show.
[[nodiscard]] PictureText text_of(const Plot& plot);

/// The line by which gnuplot draws a picture of this size.
[[nodiscard]] std::string gnuplot_terminal(Picture picture, std::size_t width_pixels,
                                           std::size_t height_pixels);

/// Text as a gnuplot string that nothing is substituted in.
[[nodiscard]] std::string gnuplot_text(std::string_view text);

/// The gnuplot program that draws the plot into `output`. Nothing is drawn for values that do not exist;
/// panels have the same size whether or not they have any.
[[nodiscard]] std::string gnuplot_script(const Plot& plot, Picture picture,
                                         const std::filesystem::path& output);

/// The files of a report, and why figures are missing among them.
struct WrittenFiles {
    std::vector<std::filesystem::path> paths;
    std::vector<suite::Fault> undrawn;

    /// Throws Error(environment) with all of them: to be called when everything else is written and printed.
    void throw_if_undrawn() const;
};

/// Whether gnuplot is on the PATH.
[[nodiscard]] bool can_draw();

/// The bytes that gnuplot writes when it runs what `script` returns for a given output file, in `folder` and
/// removed again. Settings of the user's (~/.gnuplot, GNUTERM, GNUPLOT_…) have no effect. Throws
/// Error(environment) with gnuplot's message when it is not installed or fails.
[[nodiscard]] std::string
run_gnuplot(const std::function<std::string(const std::filesystem::path& output)>& script,
            const std::filesystem::path& folder);

/// The picture file's bytes; SVG is accessible_svg(). Throws as run_gnuplot(); temporary files lie in
/// `folder`.
[[nodiscard]] std::string drawn(const Plot& plot, Picture picture, const std::filesystem::path& folder);

/// Draws into `path`, published by rename. Throws as run_gnuplot().
void draw(const Plot& plot, Picture picture, const std::filesystem::path& path);

} // namespace reports
