#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reports/figure.hpp"
#include "suite/base/files.hpp"

extern char** environ;

namespace reports {
namespace {

using suite::ErrorKind;
using suite::plan::FigureKind;

constexpr int panel_width_pixels = 620;
constexpr int panel_height_pixels = 360;
// All bars of one category together, of the distance between categories.
constexpr double group_width = 0.82;
// Seeds of one value lie beside each other within this share of a bar.
constexpr double seed_spread = 0.5;

struct Range {
    double low = 0.0;
    double high = 100.0;
};

/// Text as a gnuplot string: single quotes are doubled, line breaks become blanks.
std::string gnuplot_text(std::string_view text) {
    std::string result = "'";
    for (const char c : text) {
        result += c == '\'' ? "''" : std::string(1, c == '\n' || c == '\r' ? ' ' : c);
    }
    return result + "'";
}

/// One range for all panels: whole tens around every mean ± sd and seed.
Range range_of(const Plot& plot) {
    double low = INFINITY;
    double high = -INFINITY;
    const auto include = [&](double value) {
        low = std::min(low, value);
        high = std::max(high, value);
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
    if (!(low <= high)) {
        return {};
    }
    if (plot.is_logarithmic) {
        return {.low = std::pow(10.0, std::floor(std::log10(std::max(low, 1e-3)))),
                .high = std::pow(10.0, std::ceil(std::log10(std::max(high, 1e-3))))};
    }
    const double step = high - low > 30 ? 10 : high - low > 6 ? 2 : 0.5;
    return {.low = std::floor(low / step - 0.2) * step, .high = std::ceil(high / step + 0.2) * step};
}

/// Writes one panel's data blocks and plot command.
class PanelWriter {
public:
    PanelWriter(std::string& script, const Plot& plot, const Range& range, std::size_t place)
        : script_(script), plot_(plot), panel_(plot.panels[place]), range_(range), place_(place) {}

    void write() {
        for (std::size_t i = 0; i < panel_.series.size(); ++i) {
            write_data(i);
        }
        script_ += fmt::format("set title {}\n", gnuplot_text(panel_.title));
        if (panel_.is_empty()) {
            script_ += "set label 99 'no data: every cell of this panel is missing' at graph 0.5,0.5 center\n"
                       "plot NaN notitle\nunset label 99\n";
            return;
        }
        std::vector<std::string> parts;
        for (std::size_t i = 0; i < panel_.series.size(); ++i) {
            add_parts(i, parts);
        }
        script_ += "plot ";
        for (std::size_t i = 0; i < parts.size(); ++i) {
            script_ += (i == 0 ? "" : ", \\\n  ") + parts[i];
        }
        script_ += '\n';
    }

private:
    [[nodiscard]] double width() const { return group_width / static_cast<double>(panel_.series.size()); }
    [[nodiscard]] double position(std::size_t series, std::size_t category) const {
        const double offset =
            static_cast<double>(series) - 0.5 * static_cast<double>(panel_.series.size() - 1);
        // Lines stand at their category; a slight shift keeps error bars of close lines apart.
        return static_cast<double>(category) + offset * (plot_.kind == FigureKind::bars ? width() : 0.02);
    }
    [[nodiscard]] std::string block(const char* what, std::size_t series) const {
        return fmt::format("${}_{}_{}", what, place_, series);
    }

    void write_data(std::size_t series) {
        std::string means;
        std::string seeds;
        std::string missing;
        for (std::size_t category = 0; category < plot_.categories.size(); ++category) {
            const PlotValue& value = panel_.series[series].values[category];
            const double x = position(series, category);
            if (!value.mean) {
                missing += fmt::format("{:.6g} {:.6g}\n", x, range_.low);
                continue;
            }
            means += fmt::format("{:.6g} {:.6g} {:.6g}\n", x, *value.mean, value.sd.value_or(0.0));
            for (std::size_t i = 0; i < value.seeds.size(); ++i) {
                const double share =
                    (static_cast<double>(i) + 0.5) / static_cast<double>(value.seeds.size()) - 0.5;
                const double spread = plot_.kind == FigureKind::bars ? share * seed_spread * width() : 0.0;
                seeds += fmt::format("{:.6g} {:.6g}\n", x + spread, value.seeds[i]);
            }
        }
        for (const auto& [what, rows] : {std::pair{"mean", means}, {"seed", seeds}, {"missing", missing}}) {
            if (!rows.empty()) {
                script_ += fmt::format("{} << EOD\n{}EOD\n", block(what, series), rows);
                written_.push_back(block(what, series));
            }
        }
    }

    void add_parts(std::size_t series, std::vector<std::string>& parts) const {
        const PlotSeries& entry = panel_.series[series];
        const auto has = [this](const std::string& name) {
            return std::find(written_.begin(), written_.end(), name) != written_.end();
        };
        const std::string colour = gnuplot_text(entry.colour);
        if (const std::string name = block("mean", series); has(name)) {
            if (plot_.kind == FigureKind::bars) {
                parts.push_back(fmt::format(
                    "{} using 1:2:({:.4g}) with boxes fs solid border lc rgb '#555555' fc rgb {} title {}",
                    name, 0.94 * width(), colour, gnuplot_text(entry.label)));
            } else {
                parts.push_back(
                    fmt::format("{} using 1:2 with linespoints pt 7 ps 0.7 lw 2 lc rgb {} title {}", name,
                                colour, gnuplot_text(entry.label)));
            }
            // Not yerrorbars: it clears what lies under its point.
            parts.push_back(fmt::format(
                "{} using 1:($2-$3):(0):(2*$3) with vectors nohead lw 1.4 lc rgb '#222222' notitle", name));
        }
        if (const std::string name = block("seed", series); has(name)) {
            parts.push_back(
                fmt::format("{} using 1:2 with points pt 6 ps 0.35 lc rgb '#222222' notitle", name));
        }
        if (const std::string name = block("missing", series); has(name)) {
            parts.push_back(
                fmt::format("{} using 1:2 with points pt 2 ps 0.6 lw 1.5 lc rgb {} notitle", name, colour));
        }
    }

    std::string& script_;
    const Plot& plot_;
    const PlotPanel& panel_;
    const Range& range_;
    std::size_t place_;
    std::vector<std::string> written_;
};

suite::Error gnuplot_error(std::string found, std::string fix) {
    return {ErrorKind::environment, suite::Fault{.where = "gnuplot",
                                                 .found = std::move(found),
                                                 .expected = "a picture",
                                                 .fix = std::move(fix)}};
}

int run_gnuplot(const std::filesystem::path& script) {
    std::string program = "gnuplot";
    std::string file = script.string();
    std::array<char*, 3> words{program.data(), file.data(), nullptr};
    pid_t child = 0;
    if (const int code = posix_spawnp(&child, program.c_str(), nullptr, nullptr, words.data(), environ);
        code != 0) {
        throw gnuplot_error(fmt::format("no program that starts (error {})", code), "install gnuplot-nox");
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/// A file that goes when we do.
struct ScopedFile {
    std::filesystem::path path;
    explicit ScopedFile(std::filesystem::path where) : path(std::move(where)) {}
    ScopedFile(const ScopedFile&) = delete;
    ScopedFile& operator=(const ScopedFile&) = delete;
    ~ScopedFile() {
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
    }
};

} // namespace

std::string gnuplot_terminal(Picture picture, std::size_t width_pixels, std::size_t height_pixels) {
    const bool is_svg = picture == Picture::svg;
    return fmt::format("set terminal {} size {},{} noenhanced font '{}' background '#ffffff'\n",
                       is_svg ? "svg" : "pngcairo", width_pixels, height_pixels,
                       is_svg ? "sans-serif,12" : "sans,10");
}

std::string gnuplot_script(const Plot& plot, Picture picture, const std::filesystem::path& output) {
    const std::size_t rows = (plot.panels.size() + plot.columns - 1) / plot.columns;
    const Range range = range_of(plot);
    std::string script = "set encoding utf8\n" + gnuplot_terminal(picture, plot.columns * panel_width_pixels,
                                                                  rows * panel_height_pixels + 40);
    script += fmt::format("set output {}\n", gnuplot_text(output.string()));
    script +=
        fmt::format("set multiplot layout {},{} title {}\n", rows, plot.columns, gnuplot_text(plot.title));
    script += fmt::format("set xrange [-0.6:{:.3g}]\nset yrange [{:.6g}:{:.6g}]\nset ylabel {}\n",
                          static_cast<double>(plot.categories.size()) - 0.4, range.low, range.high,
                          gnuplot_text(plot.y_label));
    script += plot.is_logarithmic ? "set logscale y 10\n" : "";
    script +=
        "set grid ytics lc rgb '#dddddd'\nset border 3\nset tics nomirror\n"
        "set key outside below horizontal maxrows 3 samplen 1.5\nset boxwidth 1\nset pointintervalbox 0\n";
    script += fmt::format("set xtics {}(", plot.categories.size() > 6 ? "rotate by -30 " : "");
    for (std::size_t i = 0; i < plot.categories.size(); ++i) {
        script += fmt::format("{}{} {}", i == 0 ? "" : ", ", gnuplot_text(plot.categories[i]), i);
    }
    script += ")\n";
    for (std::size_t place = 0; place < plot.panels.size(); ++place) {
        PanelWriter(script, plot, range, place).write();
    }
    return script + "unset multiplot\nunset output\n";
}

bool can_draw() {
    const char* path = std::getenv("PATH");
    const std::string folders = path == nullptr ? "" : path;
    for (std::size_t start = 0; start < folders.size();) {
        const std::size_t end = std::min(folders.find(':', start), folders.size());
        if (access((folders.substr(start, end - start) + "/gnuplot").c_str(), X_OK) == 0) {
            return true;
        }
        start = end + 1;
    }
    return false;
}

void draw(const Plot& plot, Picture picture, const std::filesystem::path& path) {
    draw_script([&](const std::filesystem::path& output) { return gnuplot_script(plot, picture, output); },
                path);
}

void draw_script(const std::function<std::string(const std::filesystem::path& output)>& write_script,
                 const std::filesystem::path& path) {
    const ScopedFile script(path.string() + ".gp.tmp" + std::to_string(getpid()));
    const ScopedFile drawn(path.string() + ".tmp" + std::to_string(getpid()));
    suite::publish_text(script.path, write_script(drawn.path), ErrorKind::environment);
    if (const int code = run_gnuplot(script.path); code != 0) {
        throw gnuplot_error(fmt::format("exit code {} drawing {}", code, path.string()),
                            "see its message above");
    }
    std::error_code failure;
    std::filesystem::rename(drawn.path, path, failure);
    if (failure) {
        throw gnuplot_error("nothing drawn into " + path.string(), "see that the folder can be written");
    }
}

} // namespace reports
