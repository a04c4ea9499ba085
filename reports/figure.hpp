// Pictures of a checked workload, drawn by gnuplot.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "reports/check_result.hpp"

namespace reports {

/// One cell on one side.
struct PlotValue {
    std::optional<double> mean; ///< none: missing
    std::optional<double> sd;
    std::vector<double> seeds; ///< none where only mean and sd were printed
};

/// The values of one colour, one for each category.
struct PlotSeries {
    std::string label;
    std::string colour; ///< "#rrggbb"
    std::vector<PlotValue> values;
};

struct PlotPanel {
    std::string title;
    std::vector<PlotSeries> series;
    [[nodiscard]] bool is_empty() const;
};

/// A figure's numbers. All panels share the categories and the range of y.
struct Plot {
    std::string title;
    suite::plan::FigureKind kind = suite::plan::FigureKind::bars;
    std::string y_label;
    std::vector<std::string> categories;
    bool is_logarithmic = false; ///< y: powers of ten
    std::size_t columns = 1;     ///< of panels: published and ours side by side, or ours alone
    std::vector<PlotPanel> panels;
};

/// The declared figure from a result's cells: a row of panels for each value of its panel axis, published on
/// the left where any of its cells has published numbers. Categories, series and panels keep the cells'
/// order. Colours are the authors' (cherti-jitsev.md 6.3).
[[nodiscard]] Plot plot_of(const suite::plan::FigureSpec& figure, const CheckResult& result);

enum class Picture { svg, png };

/// The line by which gnuplot draws a picture of this size.
[[nodiscard]] std::string gnuplot_terminal(Picture picture, std::size_t width_pixels,
                                           std::size_t height_pixels);

/// The gnuplot program that draws the plot into `output`. Missing values are marked, and a panel without any
/// says so instead of being empty.
[[nodiscard]] std::string gnuplot_script(const Plot& plot, Picture picture,
                                         const std::filesystem::path& output);

/// Whether gnuplot is on the PATH.
[[nodiscard]] bool can_draw();

/// What a gnuplot program draws that `script` writes for a given output, published by rename. Throws as
/// draw().
void draw_script(const std::function<std::string(const std::filesystem::path& output)>& script,
                 const std::filesystem::path& path);

/// Draws into `path`, published by rename. Throws Error(environment) when gnuplot is not there or fails.
void draw(const Plot& plot, Picture picture, const std::filesystem::path& path);

} // namespace reports
