#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/format/figure.hpp"
#include "reports/format/text_format.hpp"
#include "suite/base/names.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;

/// Distinct texts in the order of their first appearance.
void add_once(std::vector<std::string>& list, const std::string& text) {
    if (std::find(list.begin(), list.end(), text) == list.end()) {
        list.push_back(text);
    }
}

std::string label_of(const plan::CellId& cell, const std::vector<std::string>& axes) {
    std::vector<std::string> parts;
    for (const std::string& axis : axes) {
        parts.push_back(cell.axis(axis));
    }
    return fmt::format("{}", fmt::join(parts, " "));
}

std::vector<const CellResult*> selected(const plan::FigureSpec& figure, const CheckResult& result) {
    std::vector<const CellResult*> cells;
    for (const CellResult& cell : result.cells) {
        if (std::any_of(figure.cells.begin(), figure.cells.end(),
                        [&](const std::string& glob) { return suite::glob_match(glob, cell.id); })) {
            cells.push_back(&cell);
        }
    }
    return cells;
}

PlotValue value_of(const metrics::Sample& sample) {
    return sample.n == 0 ? PlotValue{}
                         : PlotValue{.mean = sample.mean, .sd = sample.sd, .seeds = sample.values};
}

enum class Side { published, ours };

/// Numbers in ascending order, "full" and other words behind them.
double order_of(const std::string& shots) {
    const bool is_number = !shots.empty() && shots.find_first_not_of("0123456789") == std::string::npos;
    return is_number ? std::stod(shots) : INFINITY;
}

/// The cell's place of the first of these axes that plays one of these roles; null: none does.
const plan::CellId::Place* told_apart_by(const plan::CellId& cell, const std::vector<std::string>& axes,
                                         std::initializer_list<plan::AxisRole> roles) {
    const auto found =
        std::find_if(cell.places.begin(), cell.places.end(), [&](const plan::CellId::Place& place) {
            return std::find(axes.begin(), axes.end(), place.axis) != axes.end() &&
                   std::find(roles.begin(), roles.end(), place.role) != roles.end();
        });
    return found == cell.places.end() ? nullptr : &*found;
}

/// Without values. Colour, marker and dash are those of the source; the smaller network is hollow and dashed
/// where series tell networks apart.
PlotSeries series_of(const plan::CellId& cell, const std::vector<std::string>& axes) {
    const plan::CellId::Place* source = told_apart_by(
        cell, axes, {plan::AxisRole::source, plan::AxisRole::scaling}); // which a workload has one of
    const bool tells_networks = told_apart_by(cell, axes, {plan::AxisRole::model}) != nullptr;
    const std::string& model = cell.model();
    const Style& style = source != nullptr ? source_style(source->value) : network_style(model);
    return {.label = label_of(cell, axes),
            .colour = std::string(style.colour),
            .marker = style.marker,
            .dash = std::string(tells_networks ? network_style(model).dash : style.dash),
            .is_hollow = tells_networks && is_hollow(model)};
}

/// Fills the panels of one side; all have all categories and series, so that colours and places agree.
class PlotBuilder {
public:
    PlotBuilder(const plan::FigureSpec& figure, const CheckResult& result)
        : figure_(figure), result_(result), cells_(selected(figure, result)) {
        plot_.title = figure.title;
        plot_.kind = figure.kind;
        std::vector<std::string> metrics;
        for (const CellResult* cell : cells_) {
            add_once(plot_.categories, cell->cell.axis(figure.x));
            add_once(panel_names_, panel_name(*cell));
            add_once(metrics, metric_text(cell->metric));
            if (series_at(*cell) == series_.size()) {
                series_.push_back(series_of(cell->cell, figure.series));
            }
        }
        add_axes(metrics);
    }

    Plot build() {
        const bool published = std::any_of(
            cells_.begin(), cells_.end(), [](const CellResult* cell) { return cell->published.has_value(); });
        plot_.columns = published ? 2 : 1;
        for (const std::string& name : panel_names_) {
            const std::string prefix = name.empty() ? "" : name + ": ";
            if (published) {
                plot_.panels.push_back(panel(name, prefix + "published", Side::published));
            }
            plot_.panels.push_back(panel(name, prefix + "ours, profile " + result_.profile, Side::ours));
        }
        add_notes(published);
        return std::move(plot_);
    }

private:
    /// Nothing without cells.
    [[nodiscard]] std::optional<plan::AxisRole> role_of(const std::string& axis) const {
        for (const CellResult* cell : cells_) {
            for (const plan::CellId::Place& place : cell->cell.places) {
                if (place.axis == axis) {
                    return place.role;
                }
            }
        }
        return std::nullopt;
    }
    [[nodiscard]] bool shows_throughput() const { return figure_.value == "throughput"; }

    void add_axes(const std::vector<std::string>& metrics) {
        const std::optional<plan::AxisRole> x = role_of(figure_.x);
        if (x == plan::AxisRole::shots || x == plan::AxisRole::ranks) {
            std::stable_sort(
                plot_.categories.begin(), plot_.categories.end(),
                [](const std::string& a, const std::string& b) { return order_of(a) < order_of(b); });
            plot_.x_label = x == plan::AxisRole::ranks ? "GPUs or ranks" : "training images per class";
        }
        const auto& series = figure_.series;
        if (x == plan::AxisRole::source &&
            std::find(series.begin(), series.end(), figure_.x) == series.end()) {
            for (const std::string& category : plot_.categories) {
                plot_.category_colours.emplace_back(source_style(category).colour);
            }
        }
        plot_.is_logarithmic = shows_throughput();
        plot_.y_label =
            shows_throughput() ? "images per second" : fmt::format("{}", fmt::join(metrics, " or "));
    }

    void add_notes(bool has_published) {
        const Drawing drawing = drawing_of(plot_);
        plot_.notes.push_back(
            fmt::format("{}: mean over seeds; strokes: ± standard deviation (n − 1); {}: single seeds{}.",
                        drawing == Drawing::bars ? "Bars" : "Large marks",
                        drawing == Drawing::bars ? "circles" : "small dots",
                        drawing == Drawing::dots ? ". The axis does not begin at 0" : ""));
        if (has_published && result_.compares_with_baseline) {
            plot_.notes.push_back(
                fmt::format("Published: full-scale networks, real data. Ours: miniature profile {}. Shown "
                            "side by side for orientation only.",
                            result_.profile));
        }
    }

    /// Of scale points only those that count: one whose runs are all flagged is no point of a figure.
    [[nodiscard]] metrics::Sample sample_of(const CellResult& cell, Side side) const {
        if (side == Side::ours) {
            return !shows_throughput()                 ? cell.ours
                   : cell.rung && !cell.values.empty() ? cell.rung->throughput
                                                       : metrics::Sample{};
        }
        if (shows_throughput()) {
            const bool printed = cell.rung && cell.rung->published;
            return printed ? metrics::make_sample(std::array{cell.rung->published->images_per_second})
                           : metrics::Sample{};
        }
        return cell.published ? cell.published->sample : metrics::Sample{};
    }

    [[nodiscard]] std::string panel_name(const CellResult& cell) const {
        return figure_.panels.empty() ? "" : cell.cell.axis(figure_.panels);
    }

    /// The place of the cell's series; their number when there is none yet.
    [[nodiscard]] std::size_t series_at(const CellResult& cell) const {
        const std::string label = label_of(cell.cell, figure_.series);
        return static_cast<std::size_t>(
            std::find_if(series_.begin(), series_.end(),
                         [&label](const PlotSeries& entry) { return entry.label == label; }) -
            series_.begin());
    }

    [[nodiscard]] PlotPanel panel(const std::string& name, std::string title, Side side) const {
        const char* ours = result_.is_scaling ? "no valid measurement" : "not measured";
        PlotPanel panel{.title = std::move(title),
                        .absent = side == Side::ours ? ours : "not published",
                        .series = series_};
        for (PlotSeries& series : panel.series) {
            series.values.resize(plot_.categories.size());
        }
        for (const CellResult* cell : cells_) {
            if (panel_name(*cell) == name) {
                const auto category =
                    std::find(plot_.categories.begin(), plot_.categories.end(), cell->cell.axis(figure_.x));
                panel.series[series_at(*cell)]
                    .values[static_cast<std::size_t>(category - plot_.categories.begin())] =
                    value_of(sample_of(*cell, side));
            }
        }
        return panel;
    }

    const plan::FigureSpec& figure_;
    const CheckResult& result_;
    std::vector<const CellResult*> cells_;
    std::vector<std::string> panel_names_;
    std::vector<PlotSeries> series_; ///< without values
    Plot plot_;
};

} // namespace

bool PlotSeries::is_empty() const {
    return std::none_of(values.begin(), values.end(),
                        [](const PlotValue& value) { return value.mean.has_value(); });
}

bool PlotPanel::is_empty() const {
    return std::all_of(series.begin(), series.end(),
                       [](const PlotSeries& entry) { return entry.is_empty(); });
}

Plot plot_of(const plan::FigureSpec& figure, const CheckResult& result) {
    return PlotBuilder(figure, result).build();
}

} // namespace reports
