#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/format/html.hpp"
#include "reports/prediction/prediction.hpp"
#include "suite/base/files.hpp"

namespace reports {
namespace {

constexpr int panel_width_pixels = 620;
constexpr int panel_height_pixels = 380;

/// One panel's points: ranks and efficiency, predicted ones with an interval.
struct Panel {
    std::string title;
    std::string measured; ///< that the model has seen
    std::string held_out; ///< measured, not seen
    std::string predicted;
    std::string model; ///< its line through all world sizes
    double lowest_percent = 100.0;
};

void add_measured(Panel& panel, int ranks, double percent, bool is_seen) {
    (is_seen ? panel.measured : panel.held_out) += fmt::format("{} {:.6g}\n", ranks, percent);
    panel.lowest_percent = std::min(panel.lowest_percent, percent);
}

void add_predicted(Panel& panel, const metrics::StepPrediction& model) {
    panel.predicted += fmt::format("{} {:.6g} {:.6g} {:.6g}\n", model.ranks, model.efficiency_percent,
                                   model.efficiency_interval.low, model.efficiency_interval.high);
    panel.lowest_percent = std::min(panel.lowest_percent, model.efficiency_percent);
}

Panel prediction_panel(const PredictionReport& report) {
    Panel panel{
        .title = fmt::format("{}, calibrated on {}", formula_of(report.form), report.request.ladder_title)};
    for (const PredictedRung& rung : report.rungs) {
        if (rung.prediction.ranks > 1) {
            panel.model +=
                fmt::format("{} {:.6g}\n", rung.prediction.ranks, rung.prediction.efficiency_percent);
        }
        if (rung.measured_percent) {
            add_measured(panel, rung.prediction.ranks, *rung.measured_percent, rung.is_calibrated);
        }
        if (!rung.is_calibrated) {
            add_predicted(panel, rung.prediction);
        }
    }
    return panel;
}

Panel back_test_panel(const PredictionReport& report, const metrics::BackTest& test) {
    Panel panel{.title = fmt::format("Back-test: calibrated on up to {} ranks", test.most_ranks)};
    for (const PredictedRung& rung : report.rungs) {
        if (rung.measured_percent) {
            add_measured(panel, rung.prediction.ranks, *rung.measured_percent,
                         rung.prediction.ranks <= test.most_ranks);
        }
    }
    for (const metrics::HeldOutRung& rung : test.held_out) {
        add_predicted(panel, rung.prediction);
    }
    return panel;
}

std::vector<Panel> panels_of(const PredictionReport& report) {
    std::vector<Panel> panels{prediction_panel(report)};
    for (const metrics::BackTest& test : report.back_tests) {
        if (!test.obstacle) {
            panels.push_back(back_test_panel(report, test));
        }
    }
    return panels;
}

struct Layer {
    const char* name;
    const std::string& points;
    const char* style;
    const char* title;
};

// Measured over predicted: a filled point is never hidden by a hollow one.
std::string panel_script(const Panel& panel, std::size_t place) {
    const std::array<Layer, 5> layers{
        Layer{"model", panel.model, "1:2 with lines lw 1.2 dt 2 lc rgb '#1f4e8c'", "model"},
        Layer{"interval", panel.predicted, "1:3:(0):($4-$3) with vectors nohead lw 1.6 lc rgb '#7a9cc6'",
              "95 % interval"},
        Layer{"predicted", panel.predicted, "1:2 with points pt 6 ps 1.0 lw 1.6 lc rgb '#1f4e8c'",
              "predicted"},
        Layer{"measured", panel.measured, "1:2 with points pt 7 ps 0.9 lc rgb '#222222'",
              "measured, calibrates"},
        Layer{"held", panel.held_out, "1:2 with points pt 5 ps 0.8 lc rgb '#c0392b'", "measured, held out"}};
    std::string script;
    std::string plot;
    for (const Layer& layer : layers) {
        if (!layer.points.empty()) {
            const std::string block = fmt::format("${}_{}", layer.name, place);
            script += fmt::format("{} << EOD\n{}EOD\n", block, layer.points);
            plot += fmt::format("{}{} using {} title {}", plot.empty() ? "plot " : ", \\\n  ", block,
                                layer.style, gnuplot_text(layer.title));
        }
    }
    return script + fmt::format("set title {}\n{}\n", gnuplot_text(panel.title), plot);
}

std::string description_of(const PredictionReport& report) {
    std::vector<std::string> titles;
    for (const Panel& panel : panels_of(report)) {
        titles.push_back(panel.title);
    }
    return fmt::format(
        "Points over ranks. Across: ranks, in powers of two. Upwards: efficiency, %. Measured: "
        "filled; predicted: hollow, with 95 % interval. Panels: {}.",
        fmt::join(titles, "; "));
}

} // namespace

std::string prediction_script(const PredictionReport& report, Picture picture,
                              const std::filesystem::path& output) {
    const std::vector<Panel> panels = panels_of(report);
    const std::size_t columns = panels.size() == 1 ? 1 : 2;
    const std::size_t rows = (panels.size() + columns - 1) / columns;
    double lowest = 100.0;
    for (const Panel& panel : panels) {
        lowest = std::min(lowest, panel.lowest_percent);
    }
    // Room below the lowest point; wide intervals leave the picture, the table has their ends.
    const double low = std::max(0.0, std::floor(lowest - 1.5 * (100.0 - lowest) - 1.0));
    const int most = report.rungs.back().prediction.ranks;
    std::string script = "set encoding utf8\n" + gnuplot_terminal(picture, columns * panel_width_pixels,
                                                                  rows * panel_height_pixels + 40);
    script += fmt::format("set output {}\n", gnuplot_text(output.string()));
    script += fmt::format("set multiplot layout {},{} title {}\n", rows, columns,
                          gnuplot_text(fmt::format("Scaling efficiency: {}", report.request.system_title)));
    script +=
        fmt::format("set logscale x 2\nset xrange [0.8:{}]\nset yrange [{:.6g}:101]\n", 1.3 * most, low);
    script +=
        "set xlabel 'ranks'\nset ylabel 'efficiency, %'\nset grid ytics lc rgb '#dddddd'\nset border 3\n"
        "set tics nomirror\nset lmargin 9\nset tmargin 3\nset bmargin 7\nset key outside below horizontal "
        "maxrows 2 samplen 1.5\n";
    for (std::size_t place = 0; place < panels.size(); ++place) {
        script += panel_script(panels[place], place);
    }
    return script + "unset multiplot\nunset output\n";
}

WrittenFiles write_prediction(const PredictionReport& report, const std::filesystem::path& folder) {
    constexpr auto kind = suite::ErrorKind::environment;
    suite::make_folders(folder, kind);
    const std::filesystem::path base = folder / ("predict-" + report.request.system);
    WrittenFiles files;
    const auto publish = [&](const char* extension, const std::string& text) {
        files.paths.push_back(base.string() + extension);
        suite::publish_text(files.paths.back(), text, kind);
    };
    publish(".md", to_markdown(report));
    publish(".json", to_json(report).dump(1) + "\n");
    DrawnFigure figure{.id = "prediction", .title = "Efficiency over ranks", .svg = ""};
    if (can_draw()) {
        try {
            figure.svg = accessible_svg(
                run_gnuplot(
                    [&](const auto& output) { return prediction_script(report, Picture::svg, output); },
                    folder),
                {.title = figure.title, .description = description_of(report)});
            publish(".svg", figure.svg);
        } catch (const suite::Error& error) {
            files.undrawn = error.faults();
        }
    }
    publish(".html", to_html(report, inline_svg(figure, 0)));
    return files;
}

} // namespace reports
