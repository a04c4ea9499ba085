// The gnuplot program of a plot: panels of equal size in rows, each with its title, axes and legend.
#include <algorithm>
#include <cmath>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/format/figure.hpp"
#include "reports/format/text_format.hpp"

namespace reports {
namespace {

using suite::plan::FigureKind;

// Pixels. Text is about 12 pixels high; widths are upper estimates of a sans-serif font's.
constexpr int plot_left = 76; // in a panel
constexpr int y_label_at = 14;
constexpr int right_margin = 14;
constexpr int figure_title_height = 40;
constexpr int panel_title_height = 30;
constexpr int line_height = 17;
constexpr double character_width = 7.0;
// Of the legend, in both kinds of pictures.
constexpr double legend_character_width = 7.8;
constexpr double legend_sample_characters = 4.0; // with the gap to the next entry
constexpr double note_character_width = 6.6;
constexpr double line_shift = 4.0; // between series at one category, so that their intervals stay apart

// All series of one category together, of the distance between categories.
constexpr double group_width = 0.82;
// Seeds of one value lie beside each other within this share of a bar.
constexpr double seed_spread = 0.5;
// Bars from 0 would hide the differences of values that all lie above this share of the largest.
constexpr double dots_above_share = 0.4;

struct Range {
    double low = 0.0;
    double high = 100.0;
};

/// Lowest and highest mean ± sd and seed; low > high when there is no value at all.
Range extent_of(const Plot& plot) {
    Range range{.low = INFINITY, .high = -INFINITY};
    const auto include = [&range](double value) {
        range.low = std::min(range.low, value);
        range.high = std::max(range.high, value);
    };
    for (const PlotPanel& panel : plot.panels) {
        for (const PlotSeries& series : panel.series) {
            for (const PlotValue& value : series.values) {
                std::ranges::for_each(value.seeds, include);
                if (value.mean) {
                    include(*value.mean - value.sd.value_or(0.0));
                    include(*value.mean + value.sd.value_or(0.0));
                }
            }
        }
    }
    return range;
}

/// One range for all panels: round numbers around everything that is drawn; bars begin at 0.
Range range_of(const Plot& plot) {
    const auto [low, high] = extent_of(plot);
    if (!(low <= high)) {
        return {};
    }
    if (plot.is_logarithmic) {
        return {.low = std::pow(10.0, std::floor(std::log10(std::max(low, 1e-3)))),
                .high = std::pow(10.0, std::ceil(std::log10(std::max(high, 1e-3))))};
    }
    if (drawing_of(plot) == Drawing::bars) {
        return {.low = 0.0, .high = std::max(1.0, std::ceil(high / 10.0)) * 10.0};
    }
    const double step = high - low > 30 ? 10 : high - low > 6 ? 2 : 0.5;
    return {.low = std::floor(low / step - 0.2) * step, .high = std::ceil(high / step + 0.2) * step};
}

/// gnuplot's number of the shape; the filled one follows the hollow one.
int point_type(Marker marker, bool is_hollow) {
    const int hollow = marker == Marker::square              ? 4
                       : marker == Marker::circle            ? 6
                       : marker == Marker::triangle          ? 8
                       : marker == Marker::inverted_triangle ? 10
                       : marker == Marker::diamond           ? 12
                                                             : 14;
    return hollow + (is_hollow ? 0 : 1);
}

/// "'chexpert'."\n".'+nih'": members of a superset below each other.
std::string category_text(const std::string& category) {
    std::string result = "'";
    for (const char c : category) {
        result += c == '+'    ? "'.\"\\n\".'+"
                  : c == '\'' ? "''"
                              : std::string(1, c == '\n' || c == '\r' ? ' ' : c);
    }
    return result + "'";
}

std::size_t longest_line(const std::string& category) {
    std::size_t longest = 0;
    for (std::size_t start = 0; start <= category.size();) {
        const std::size_t end = std::min(category.find('+', start), category.size());
        longest = std::max(longest, columns_of(std::string_view(category).substr(start, end - start)) + 1);
        start = end + 1;
    }
    return longest;
}

/// Where everything stands: pixels from the upper left corner.
class Layout {
public:
    Layout(const Plot& plot, Picture picture) : plot_(plot), is_svg_(picture == Picture::svg) {
        for (const std::string& note : plot.notes) {
            std::istringstream lines(wrapped(
                note, static_cast<std::size_t>((width() - 2 * right_margin) / note_character_width), 0));
            for (std::string line; std::getline(lines, line);) {
                notes_.push_back(line);
            }
        }
        std::size_t longest = 0;
        for (const PlotPanel& panel : plot.panels) {
            longest = std::max(longest, longest_label(panel));
            legend_entries_ = std::max(legend_entries_, panel.series.size());
        }
        const double entry =
            legend_character_width * (static_cast<double>(longest) + legend_sample_characters);
        legend_columns_ =
            std::max<std::size_t>(1, static_cast<std::size_t>((plot_right() - plot_left) / entry));
        for (const std::string& category : plot.categories) {
            const std::size_t columns = longest_line(category);
            longest_category_ = std::max(longest_category_, columns);
            category_lines_ =
                std::max(category_lines_, 1 + static_cast<int>(std::ranges::count(category, '+')));
        }
    }

    static std::string legend_label(const PlotPanel& panel, const PlotSeries& series) {
        return series.label + (series.is_empty() && !panel.is_empty() ? " (" + panel.absent + ")" : "");
    }
    [[nodiscard]] bool has_rotated_categories() const {
        return static_cast<double>(longest_category_) * character_width > pitch();
    }
    /// Pixels between categories.
    [[nodiscard]] double pitch() const {
        return static_cast<double>(plot_right() - plot_left) /
               static_cast<double>(std::max<std::size_t>(1, plot_.categories.size()));
    }
    [[nodiscard]] std::size_t legend_columns() const { return legend_columns_; }
    [[nodiscard]] int width() const { return static_cast<int>(plot_.columns) * plot_.panel_width_pixels; }
    [[nodiscard]] int height() const {
        return figure_title_height + static_cast<int>(rows()) * panel_height() +
               static_cast<int>(notes_.size()) * line_height + 8;
    }
    /// The lines that place the panel's axes, its label of y (whatever the tics' width) and its legend.
    [[nodiscard]] std::string place_panel(std::size_t place) const {
        const int left = static_cast<int>(place % plot_.columns) * plot_.panel_width_pixels;
        const int top = figure_title_height + static_cast<int>(place / plot_.columns) * panel_height() +
                        panel_title_height;
        return fmt::format("set lmargin at screen {:.6f}\nset rmargin at screen {:.6f}\n"
                           "set tmargin at screen {:.6f}\nset bmargin at screen {:.6f}\n"
                           "set label 98 {} at screen {:.6f},{:.6f} center rotate by 90\n"
                           "set key at screen {:.6f},{:.6f} center top horizontal Left reverse samplen 2 "
                           "width {} maxcols {}\n",
                           x(left + plot_left), x(left + plot_right()), y(top),
                           y(top + plot_.plot_height_pixels), gnuplot_text(plot_.y_label),
                           x(left + y_label_at), y(top + plot_.plot_height_pixels / 2),
                           x(left + (plot_left + plot_right()) / 2),
                           y(top + plot_.plot_height_pixels + categories_height() + x_label_height()),
                           -spare_characters(plot_.panels[place]), legend_columns_);
    }
    /// The figure's title and the lines below its panels, as labels from number 1 on. Sizes are those of the
    /// terminal: pixels in SVG, points in PNG.
    [[nodiscard]] std::string labels() const {
        std::string text =
            fmt::format("set label 1 {} at screen 0.5,{:.6f} center font ',{}'\n", gnuplot_text(plot_.title),
                        y(figure_title_height / 2), is_svg_ ? 14 : 11);
        int top = figure_title_height + static_cast<int>(rows()) * panel_height() + line_height / 2;
        for (std::size_t i = 0; i < notes_.size(); ++i) {
            text += fmt::format("set label {} {} at screen {:.6f},{:.6f} left font ',{}' tc rgb '#555555'\n",
                                i + 2, gnuplot_text(notes_[i]), x(right_margin), y(top), is_svg_ ? 11 : 8.5);
            top += line_height;
        }
        return text;
    }
    [[nodiscard]] std::string without_labels() const {
        std::string text;
        for (std::size_t i = 0; i <= notes_.size(); ++i) {
            text += fmt::format("unset label {}\n", i + 1);
        }
        return text;
    }

private:
    static std::size_t longest_label(const PlotPanel& panel) {
        std::size_t longest = 0;
        for (const PlotSeries& series : panel.series) {
            longest = std::max(longest, columns_of(legend_label(panel, series)));
        }
        return longest;
    }
    /// Characters that gnuplot, which does not know a browser's fonts, reckons too many for a legend entry.
    [[nodiscard]] int spare_characters(const PlotPanel& panel) const {
        return 1 + (is_svg_ ? static_cast<int>(0.15 * static_cast<double>(longest_label(panel))) : 0);
    }
    [[nodiscard]] int plot_right() const { return plot_.panel_width_pixels - right_margin; }
    [[nodiscard]] std::size_t rows() const {
        return (plot_.panels.size() + plot_.columns - 1) / plot_.columns;
    }
    [[nodiscard]] int categories_height() const {
        return has_rotated_categories()
                   ? 18 + static_cast<int>(0.5 * character_width * static_cast<double>(longest_category_))
                   : 12 + category_lines_ * line_height;
    }
    [[nodiscard]] int x_label_height() const { return plot_.x_label.empty() ? 0 : line_height + 8; }
    [[nodiscard]] int legend_height() const {
        return static_cast<int>((legend_entries_ + legend_columns_ - 1) / legend_columns_) * line_height + 24;
    }
    [[nodiscard]] int panel_height() const {
        return panel_title_height + plot_.plot_height_pixels + categories_height() + x_label_height() +
               legend_height();
    }
    [[nodiscard]] double x(int pixels) const { return static_cast<double>(pixels) / width(); }
    [[nodiscard]] double y(int pixels) const { return 1.0 - static_cast<double>(pixels) / height(); }

    const Plot& plot_;
    bool is_svg_;
    std::vector<std::string> notes_; ///< lines that fit
    std::size_t legend_entries_ = 0;
    std::size_t legend_columns_ = 1;
    std::size_t longest_category_ = 0;
    int category_lines_ = 1;
};

/// Writes one panel's data blocks and plot command.
class PanelWriter {
public:
    PanelWriter(std::string& script, const Plot& plot, const Layout& layout, std::size_t place)
        : script_(script),
          plot_(plot),
          panel_(plot.panels[place]),
          layout_(layout),
          place_(place),
          drawing_(drawing_of(plot)) {}

    void write() {
        script_ += layout_.place_panel(place_) + fmt::format("set title {}\n", gnuplot_text(panel_.title));
        if (panel_.is_empty()) {
            script_ += fmt::format("set label 99 {} at graph 0.5,0.5 center tc rgb '#555555'\n",
                                   gnuplot_text(panel_.absent));
        }
        for (std::size_t i = 0; i < panel_.series.size(); ++i) {
            add_series(i);
        }
        if (parts_.empty()) {
            parts_.emplace_back("NaN notitle");
        }
        script_ += fmt::format("plot {}\n", fmt::join(parts_, ", \\\n  "));
        script_ += panel_.is_empty() ? "unset label 99\n" : "";
    }

private:
    [[nodiscard]] double width() const {
        return group_width / static_cast<double>(std::max<std::size_t>(1, panel_.series.size()));
    }
    [[nodiscard]] double position(std::size_t series, std::size_t category) const {
        const double offset =
            static_cast<double>(series) - 0.5 * static_cast<double>(panel_.series.size() - 1);
        return static_cast<double>(category) +
               offset * (drawing_ == Drawing::lines ? line_shift / layout_.pitch() : width());
    }
    /// The colour of a value, as the number that gnuplot's "lc rgb variable" reads.
    [[nodiscard]] int colour_number(const PlotSeries& series, std::size_t category) const {
        const std::string& colour =
            plot_.category_colours.empty() ? series.colour : plot_.category_colours[category];
        return std::stoi(colour.substr(1), nullptr, 16);
    }

    /// Adds "$what_panel_series using …" unless there are no rows.
    void add_part(const char* what, std::size_t series, const std::string& rows, const std::string& style) {
        if (!rows.empty()) {
            const std::string block = fmt::format("${}_{}_{}", what, place_, series);
            script_ += fmt::format("{} << EOD\n{}EOD\n", block, rows);
            parts_.push_back(fmt::format("{} {} notitle", block, style));
        }
    }

    void add_series(std::size_t index) {
        const PlotSeries& series = panel_.series[index];
        std::string means;
        std::string spreads;
        std::string seeds;
        for (std::size_t category = 0; category < plot_.categories.size(); ++category) {
            const PlotValue& value = series.values[category];
            if (!value.mean) {
                means += means.empty() ? "" : "\n"; // a blank line: lines do not cross what is not there
                continue;
            }
            const double x = position(index, category);
            const int colour = colour_number(series, category);
            means += fmt::format("{:.6g} {:.6g} {}\n", x, *value.mean, colour);
            if (value.sd) {
                spreads += fmt::format("{:.6g} {:.6g} {:.6g} {}\n", x, *value.mean, *value.sd, colour);
            }
            for (std::size_t i = 0; i < value.seeds.size(); ++i) {
                const double share =
                    (static_cast<double>(i) + 0.5) / static_cast<double>(value.seeds.size()) - 0.5;
                const double spread = drawing_ == Drawing::lines ? 0.0 : share * seed_spread * width();
                seeds += fmt::format("{:.6g} {:.6g} {}\n", x + spread, value.seeds[i], colour);
            }
        }
        const std::string line = series.dash.empty() ? "" : fmt::format(" dt {}", series.dash);
        const std::string mark =
            fmt::format("pt {} ps 0.9 lw 1.6", point_type(series.marker, series.is_hollow));
        // Not yerrorbars: it clears what lies under its point.
        const std::string strokes = "using 1:($2-$3):(0):(2*$3)";
        std::string sample;
        if (drawing_ == Drawing::bars) {
            const std::string fill = series.is_hollow ? "pattern 4" : "solid";
            add_part(
                "mean", index, means,
                fmt::format("using 1:2:($1-{0:.4g}):($1+{0:.4g}):(0):2:3 with boxxyerror lc rgb variable "
                            "fs {1} border",
                            0.46 * width(), fill));
            add_part("spread", index, spreads, strokes + " with vectors nohead lw 1.4 lc rgb '#222222'");
            add_part("seed", index, seeds, "using 1:2 with points pt 6 ps 0.35 lc rgb '#222222'");
            sample = fmt::format("boxes lc rgb '{}' fs {} border", series.colour, fill);
        } else {
            add_part("seed", index, seeds, "using 1:2:3 with points pt 7 ps 0.25 lc rgb variable");
            add_part("spread", index, spreads, strokes + ":4 with vectors nohead lw 1.4 lc rgb variable");
            if (drawing_ == Drawing::lines) {
                add_part("mean", index, means,
                         fmt::format("using 1:2 with lines lw 1.6{} lc rgb '{}'", line, series.colour));
                sample = fmt::format("linespoints {}{} lc rgb '{}'", mark, line, series.colour);
            } else {
                sample = fmt::format("points {} lc rgb '{}'", mark, series.colour);
            }
            add_part("mark", index, means, fmt::format("using 1:2:3 with points {} lc rgb variable", mark));
        }
        parts_.push_back(
            fmt::format("NaN with {} title {}", sample, gnuplot_text(Layout::legend_label(panel_, series))));
    }

    std::string& script_;
    const Plot& plot_;
    const PlotPanel& panel_;
    const Layout& layout_;
    std::size_t place_;
    Drawing drawing_;
    std::vector<std::string> parts_;
};

std::string axes_of(const Plot& plot, const Layout& layout) {
    const Range range = range_of(plot);
    std::string script = fmt::format("set xrange [-0.5:{:.3g}]\nset yrange [{:.6g}:{:.6g}]\nset xlabel {}\n",
                                     static_cast<double>(plot.categories.size()) - 0.5, range.low, range.high,
                                     gnuplot_text(plot.x_label));
    script += plot.is_logarithmic ? "set logscale y 10\nset format y '%.0f'\n" : "";
    script += "set samples 2\nset grid ytics lt 1 lw 0.6 lc rgb '#dddddd'\nset border 3 lc rgb '#444444'\n"
              "set tics nomirror out\nset boxwidth 1\n";
    script += fmt::format("set xtics scale 0 {}(", layout.has_rotated_categories() ? "rotate by -30 " : "");
    for (std::size_t i = 0; i < plot.categories.size(); ++i) {
        script += fmt::format("{}{} {}", i == 0 ? "" : ", ", category_text(plot.categories[i]), i);
    }
    return script + ")\n";
}

std::string absences_of(const PlotPanel& panel) {
    if (panel.is_empty()) {
        return panel.absent;
    }
    std::vector<std::string> labels;
    for (const PlotSeries& series : panel.series) {
        if (series.is_empty()) {
            labels.push_back(series.label);
        }
    }
    return labels.empty() ? "" : fmt::format("{}: {}", panel.absent, fmt::join(labels, ", "));
}

} // namespace

Drawing drawing_of(const Plot& plot) {
    if (plot.kind == FigureKind::lines) {
        return Drawing::lines;
    }
    const Range range = extent_of(plot);
    return range.low <= range.high && range.low > dots_above_share * range.high ? Drawing::dots
                                                                                : Drawing::bars;
}

PictureSize size_of(const Plot& plot) {
    const Layout layout(plot, Picture::svg);
    return {.width_pixels = layout.width(), .height_pixels = layout.height()};
}

PictureText text_of(const Plot& plot) {
    const Drawing drawing = drawing_of(plot);
    std::string text =
        fmt::format("{}. Across: {}{}{}. Upwards: {}{}.",
                    drawing == Drawing::bars   ? "Bar chart"
                    : drawing == Drawing::dots ? "Dots with intervals"
                                               : "Line chart",
                    plot.x_label, plot.x_label.empty() ? "" : ": ", fmt::join(plot.categories, ", "),
                    plot.y_label, plot.is_logarithmic ? ", in powers of ten" : "");
    std::vector<std::string> labels;
    for (const PlotSeries& series : plot.panels.empty() ? std::vector<PlotSeries>() : plot.panels[0].series) {
        labels.push_back(series.label);
    }
    text += labels.empty() ? "" : fmt::format(" Series: {}.", fmt::join(labels, ", "));
    std::vector<std::string> panels;
    for (const PlotPanel& panel : plot.panels) {
        const std::string absences = absences_of(panel);
        panels.push_back(absences.empty() ? panel.title : fmt::format("{} ({})", panel.title, absences));
    }
    text += fmt::format(" Panels: {}.", fmt::join(panels, "; "));
    return {.title = plot.title, .description = text};
}

std::string gnuplot_text(std::string_view text) {
    std::string result = "'";
    for (const char c : text) {
        result += c == '\'' ? "''" : std::string(1, c == '\n' || c == '\r' ? ' ' : c);
    }
    return result + "'";
}

std::string gnuplot_terminal(Picture picture, std::size_t width_pixels, std::size_t height_pixels) {
    const bool is_svg = picture == Picture::svg;
    return fmt::format("set terminal {} size {},{} noenhanced font '{}' background '#ffffff'\n",
                       is_svg ? "svg" : "pngcairo", width_pixels, height_pixels,
                       is_svg ? "sans-serif,12" : "sans,10");
}

std::string gnuplot_script(const Plot& plot, Picture picture, const std::filesystem::path& output) {
    const Layout layout(plot, picture);
    std::string script = "set encoding utf8\n" +
                         gnuplot_terminal(picture, static_cast<std::size_t>(layout.width()),
                                          static_cast<std::size_t>(layout.height())) +
                         fmt::format("set output {}\n", gnuplot_text(output.string())) +
                         axes_of(plot, layout);
    script += "set multiplot\n" + layout.labels();
    for (std::size_t place = 0; place < plot.panels.size(); ++place) {
        PanelWriter(script, plot, layout, place).write();
        script += place == 0 ? layout.without_labels() : "";
    }
    return script + "unset multiplot\nunset output\n";
}

} // namespace reports
