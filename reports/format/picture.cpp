#include "reports/format/picture.hpp"

#include <algorithm>
#include <array>
#include <sstream>

#include <fmt/format.h>

#include "reports/format/render.hpp"
#include "reports/format/text_format.hpp"

namespace reports {
namespace {

// Pixels.
constexpr int margin = 20;
constexpr int least_width = 940;
constexpr int line_height = 19;
constexpr int verdict_width = 128; // of each of the two columns
constexpr double character_width = 6.7;

/// On white, with a contrast of at least 4.5. In the order of metrics::ClaimVerdict.
constexpr std::array<std::string_view, 4> verdict_colours{"#116329", "#a40e26", "#7d4e00", "#59636e"};

std::string text_at(int x, int y, std::string_view text, std::string_view attributes = "") {
    return fmt::format("<text x=\"{}\" y=\"{}\"{}{}>{}</text>\n", x, y, attributes.empty() ? "" : " ",
                       attributes, escaped(text));
}

std::vector<std::string> lines_of(const std::string& text, int width) {
    std::istringstream stream(
        wrapped(text, static_cast<std::size_t>(static_cast<double>(width) / character_width), 0));
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

/// Draws from top to bottom.
class PictureWriter {
public:
    PictureWriter(const CheckResult& result, const std::vector<DrawnFigure>& figures)
        : result_(result), figures_(figures) {
        for (const DrawnFigure& figure : figures) {
            width_ = std::max(width_, figure.width_pixels + 2 * margin);
        }
    }

    std::string text() {
        const std::string title = fmt::format("{}: {}", result_.source, result_.title);
        y_ += 30;
        body_ += text_at(margin, y_, title, "font-size=\"19\" font-weight=\"600\"");
        add_lines(result_.paper);
        add_lines(sides_text());
        y_ += 12;
        add_figures();
        add_claims();
        return fmt::format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" "
            "width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\" "
            "font-family=\"system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif\" "
            "font-size=\"13\" fill=\"#1f2328\">\n<title>{2}</title>\n<desc>{3}</desc>\n"
            "<rect x=\"0.5\" y=\"0.5\" width=\"{4}\" height=\"{5}\" rx=\"8\" fill=\"#ffffff\" "
            "stroke=\"#d0d7de\"/>\n{6}</svg>\n",
            width_, y_ + margin, escaped(title), escaped(sides_text()), width_ - 1, y_ + margin - 1, body_);
    }

private:
    [[nodiscard]] std::string sides_text() const {
        if (result_.compares_with_baseline) {
            return fmt::format("Published: full-scale networks, real data. Ours: miniature profile {} ({}). "
                               "They are shown side by side for orientation only and not compared.",
                               result_.profile, result_.profile_title);
        }
        return fmt::format("Published numbers beside ours, profile {} ({}).", result_.profile,
                           result_.profile_title);
    }

    void add_lines(const std::string& text) {
        for (const std::string& line : lines_of(text, width_ - 2 * margin)) {
            y_ += line_height + 2;
            body_ += text_at(margin, y_, line, "fill=\"#59636e\"");
        }
    }

    void add_figures() {
        for (std::size_t i = 0; i < figures_.size(); ++i) {
            body_ += nested_svg(figures_[i], i, (width_ - figures_[i].width_pixels) / 2, y_);
            y_ += figures_[i].height_pixels + 10;
        }
    }

    void add_verdict(int x, int y, metrics::ClaimVerdict verdict, std::string_view mark) {
        body_ += text_at(x, y, fmt::format("{} {}{}", verdict_sign(verdict), verdict_word(verdict), mark),
                         fmt::format("fill=\"{}\" font-weight=\"600\"",
                                     verdict_colours.at(static_cast<std::size_t>(verdict))));
    }

    void add_claims() {
        if (result_.claims.empty()) {
            return;
        }
        const int ours_x = width_ - margin - verdict_width;
        const int published_x = ours_x - verdict_width;
        y_ += 22;
        body_ += text_at(margin, y_, "Claims of the paper, tested on the published numbers and on ours",
                         "font-size=\"15\" font-weight=\"600\"");
        body_ += text_at(published_x, y_, "published", "fill=\"#59636e\"");
        body_ += text_at(ours_x, y_, "ours", "fill=\"#59636e\"");
        for (const ClaimResult& claim : result_.claims) {
            y_ += 6;
            body_ += fmt::format("<line x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\" stroke=\"#d0d7de\"/>\n",
                                 margin, width_ - margin, y_, y_);
            const int top = y_ + line_height;
            add_verdict(published_x, top, claim.published, "");
            add_verdict(ours_x, top, claim.ours.verdict, claim.expected ? "*" : "");
            for (const std::string& line : lines_of(claim.text, published_x - margin - 12)) {
                y_ += line_height;
                body_ += text_at(margin, y_, line);
            }
        }
        if (std::ranges::any_of(result_.claims, &ClaimResult::expected)) {
            y_ += 6;
            add_lines(result_.compares_with_baseline
                          ? "* As in the recorded run of this profile, whose small scale does not show it."
                          : "* As on the published numbers.");
        }
    }

    const CheckResult& result_;
    const std::vector<DrawnFigure>& figures_;
    int width_ = least_width;
    int y_ = 0;
    std::string body_;
};

} // namespace

std::string to_picture(const CheckResult& result, const std::vector<DrawnFigure>& figures) {
    return PictureWriter(result, figures).text();
}

} // namespace reports
