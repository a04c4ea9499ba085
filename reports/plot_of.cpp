#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/figure.hpp"
#include "reports/words.hpp"
#include "suite/base/names.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;

// The authors' notebook (cherti-jitsev.md 6.3): natural sources blue with R50x1, orange with R152x4; medical
// ones green and red, darker with size.
constexpr std::array<std::string_view, 2> natural_small{"#9ecae1", "#4682b4"};
constexpr std::array<std::string_view, 2> natural_large{"#fdd0a2", "#d95f02"};
constexpr std::array<std::string_view, 5> medical_small{"#c7e9c0", "#a1d99b", "#74c476", "#31a354",
                                                        "#006d2c"};
constexpr std::array<std::string_view, 5> medical_large{"#fcc5c0", "#fa9fb5", "#f768a1", "#cb181d",
                                                        "#67000d"};
constexpr std::array<std::string_view, 2> from_scratch{"#bdbdbd", "#737373"};

enum class SourceFamily { scratch, natural, medical };

SourceFamily family_of(const plan::CellId& cell) {
    if (cell.source == "scratch") {
        return SourceFamily::scratch;
    }
    return cell.source.ends_with("-NAT") ? SourceFamily::natural : SourceFamily::medical;
}

/// Hands out colours in the order in which series come.
class Palette {
public:
    std::string colour(const plan::CellId& cell) {
        const bool large = cell.model != "R50x1";
        std::vector<std::string>& seen =
            seen_[static_cast<std::size_t>(family_of(cell)) * 2 + (large ? 1 : 0)];
        if (std::find(seen.begin(), seen.end(), cell.source) == seen.end()) {
            seen.push_back(cell.source);
        }
        const auto place =
            static_cast<std::size_t>(std::find(seen.begin(), seen.end(), cell.source) - seen.begin());
        switch (family_of(cell)) {
        case SourceFamily::scratch:
            return std::string(from_scratch[large ? 1 : 0]);
        case SourceFamily::natural:
            return std::string(
                (large ? natural_large : natural_small)[std::min(place, natural_small.size() - 1)]);
        case SourceFamily::medical:
            break;
        }
        return std::string(
            (large ? medical_large : medical_small)[std::min(2 * place, medical_small.size() - 1)]);
    }

private:
    std::array<std::vector<std::string>, 6> seen_;
};

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

/// Fills the panels of one side; all have all categories and series, so that colours and places agree.
class PlotBuilder {
public:
    PlotBuilder(const plan::FigureSpec& figure, const CheckResult& result)
        : figure_(figure), cells_(selected(figure, result)) {
        plot_.title = figure.title;
        plot_.kind = figure.kind;
        std::vector<std::string> metrics;
        for (const CellResult* cell : cells_) {
            add_once(plot_.categories, cell->cell.axis(figure.x));
            add_once(panel_names_, panel_name(*cell));
            add_once(metrics, metric_text(cell->metric));
            const std::string label = label_of(cell->cell, figure.series);
            add_once(labels_, label);
            colours_.try_emplace({panel_name(*cell), label}, palette_.colour(cell->cell));
        }
        plot_.is_logarithmic = shows_throughput();
        plot_.y_label =
            shows_throughput() ? "images per second" : fmt::format("{}", fmt::join(metrics, " or "));
    }

    Plot build(const std::string& ours_title) {
        const bool published = std::any_of(
            cells_.begin(), cells_.end(), [](const CellResult* cell) { return cell->published.has_value(); });
        plot_.columns = published ? 2 : 1;
        for (const std::string& name : panel_names_) {
            const std::string prefix = name.empty() ? "" : name + ": ";
            if (published) {
                plot_.panels.push_back(panel(name, prefix + "published", Side::published));
            }
            plot_.panels.push_back(panel(name, prefix + ours_title, Side::ours));
        }
        return std::move(plot_);
    }

private:
    [[nodiscard]] bool shows_throughput() const { return figure_.value == "throughput"; }

    /// Of rungs what counts: one whose runs are all flagged is no point of a figure.
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

    [[nodiscard]] PlotPanel panel(const std::string& name, std::string title, Side side) const {
        PlotPanel panel{.title = std::move(title), .series = {}};
        for (const std::string& label : labels_) {
            const auto colour = colours_.find({name, label});
            panel.series.push_back({.label = label,
                                    .colour = colour == colours_.end() ? "#999999" : colour->second,
                                    .values = std::vector<PlotValue>(plot_.categories.size())});
        }
        for (const CellResult* cell : cells_) {
            if (panel_name(*cell) != name) {
                continue;
            }
            const auto category =
                std::find(plot_.categories.begin(), plot_.categories.end(), cell->cell.axis(figure_.x));
            const auto label =
                std::find(labels_.begin(), labels_.end(), label_of(cell->cell, figure_.series));
            const metrics::Sample sample = sample_of(*cell, side);
            panel.series[static_cast<std::size_t>(label - labels_.begin())]
                .values[static_cast<std::size_t>(category - plot_.categories.begin())] = value_of(sample);
        }
        return panel;
    }

    const plan::FigureSpec& figure_;
    std::vector<const CellResult*> cells_;
    std::vector<std::string> panel_names_;
    std::vector<std::string> labels_;
    std::map<std::pair<std::string, std::string>, std::string> colours_; ///< of (panel, label)
    Palette palette_;
    Plot plot_;
};

} // namespace

bool PlotPanel::is_empty() const {
    return std::all_of(series.begin(), series.end(), [](const PlotSeries& entry) {
        return std::all_of(entry.values.begin(), entry.values.end(),
                           [](const PlotValue& value) { return !value.mean.has_value(); });
    });
}

Plot plot_of(const plan::FigureSpec& figure, const CheckResult& result) {
    return PlotBuilder(figure, result).build("ours, profile " + result.profile);
}

} // namespace reports
