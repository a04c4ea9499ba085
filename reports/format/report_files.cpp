#include "reports/format/report_files.hpp"
#include "reports/format/shown_axes.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/check/parents.hpp"
#include "reports/check/test_set.hpp"
#include "reports/format/csv.hpp"
#include "reports/format/event_log.hpp"
#include "reports/format/figure.hpp"
#include "reports/format/html.hpp"
#include "reports/format/json.hpp"
#include "reports/format/junit.hpp"
#include "reports/format/picture.hpp"
#include "reports/format/rung_text.hpp"
#include "reports/format/summary.hpp"
#include "reports/format/text_format.hpp"
#include "reports/format/text_table.hpp"
#include "suite/base/files.hpp"

namespace reports {
namespace {

using suite::ErrorKind;

struct FormatWord {
    std::string_view word;
    Format format;
    std::string_view extension;
};
constexpr std::array<FormatWord, 10> format_words{{{"md", Format::markdown, "md"},
                                                   {"html", Format::html, "html"},
                                                   {"csv", Format::csv, "csv"},
                                                   {"json", Format::json, "json"},
                                                   {"junit", Format::junit, "junit.xml"},
                                                   {"mlperf", Format::event_log, "mlperf.log"},
                                                   {"svg", Format::svg, "svg"},
                                                   {"png", Format::png, "png"},
                                                   {"picture", Format::picture, "svg"},
                                                   {"parents", Format::parents, "parents.csv"}}};

std::string csv_number(const std::optional<double>& value) {
    return value ? fmt::format("{}", *value) : "";
}

std::vector<std::string> side_fields(const std::optional<ReferenceSide>& side) {
    if (!side) {
        return {"", "", "", "0", ""};
    }
    return {std::string(suite::plan::to_string(side->kind)), fmt::format("{}", side->sample.mean),
            csv_number(side->sample.sd), fmt::format("{}", side->sample.n), side->origin};
}

/// How a cell was tested, and within which limits.
std::vector<std::string> test_fields(const CellResult& cell) {
    const metrics::CellComparison& comparison = cell.comparison;
    return {std::string(metrics::to_string(comparison.test)),
            fmt::format("{}", comparison.pairs),
            comparison.differs_size_unresolved ? "1" : "0",
            csv_number(cell.declared.cap),
            csv_number(comparison.rounding_half_width),
            csv_number(comparison.chance),
            comparison.at_chance ? "1" : "0"};
}

std::string csv_row(const CellResult& cell, std::span<const SourceParents> parents) {
    const metrics::CellComparison& comparison = cell.comparison;
    const auto low = comparison.ci95 ? std::optional(comparison.ci95->low) : std::nullopt;
    const auto high = comparison.ci95 ? std::optional(comparison.ci95->high) : std::nullopt;
    std::vector<std::string> fields{cell.id,
                                    cell.metric,
                                    fmt::format("{}", cell.values.size()),
                                    fmt::format("{}", cell.planned),
                                    cell.ours.n > 0 ? csv_number(cell.ours.mean) : "",
                                    csv_number(cell.ours.sd)};
    for (const auto* side : {&cell.published, &cell.baseline}) {
        const std::vector<std::string> more = side_fields(*side);
        fields.insert(fields.end(), more.begin(), more.end());
    }
    for (const auto& number : {comparison.difference, low, high, comparison.p_different,
                               comparison.p_different_adjusted, comparison.p_equivalent}) {
        fields.push_back(csv_number(number));
    }
    fields.push_back(cell.planned > 0 ? fmt::format("{}", comparison.margin) : "");
    fields.emplace_back(metrics::to_string(comparison.verdict));
    fields.push_back(comparison.reason);
    fields.emplace_back(to_string(cell.compared_with()));
    fields.push_back(fmt::format("{}", cell.parents));
    fields.push_back(condition_of(cell, parents));
    for (std::string& field : test_fields(cell)) {
        fields.push_back(std::move(field));
    }
    for (const TestSetSide* side : {&cell.test_set, &cell.published_test_set}) {
        fields.push_back(fmt::format("{}", side->images));
        fields.push_back(csv_number(side->se));
    }
    for (std::string& field : fields) {
        field = csv_field(field);
    }
    return fmt::format("{}\n", fmt::join(fields, ","));
}

std::string markdown_cell(std::string_view text) {
    std::string clean(text);
    for (std::size_t at = clean.find('|'); at != std::string::npos; at = clean.find('|', at + 2)) {
        clean.insert(at, "\\");
    }
    std::replace(clean.begin(), clean.end(), '\n', ' ');
    return clean;
}

std::string one_paragraph(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

std::string markdown_row(const std::vector<std::string>& fields) {
    return fmt::format("| {} |\n", fmt::join(fields, " | "));
}

std::string published_cell(const CellResult& cell) {
    const std::string text = mean_sd_text(cell.published);
    const bool bold = cell.published && cell.published->bold.value_or(false);
    const std::string mark = cell.published && cell.published->where == "poster" ? "†" : "";
    return (bold ? "**" + text + "**" : text) + mark;
}

std::string markdown_table(const CheckResult& result) {
    Footnotes notes;
    const std::vector<ShownAxis> axes = shown_axes(result.cells);
    std::vector<std::string> headings;
    std::string alignments = "|";
    for (const ShownAxis& axis : axes) {
        headings.push_back(axis.heading);
        alignments += "---|";
    }
    for (const char* heading : {"published", "recorded", "ours", "test set s.e.", "difference [95 %]",
                                "p different", "p equivalent", "n", "verdict"}) {
        headings.emplace_back(heading);
    }
    std::string text = markdown_row(headings) + alignments + "--:|--:|--:|--:|:--|--:|--:|--:|:--|\n";
    for (const CellResult& cell : result.cells) {
        const std::size_t note = notes.number(footnote_text(cell));
        std::vector<std::string> row;
        for (const ShownAxis& axis : axes) {
            row.push_back(axis.value(cell));
        }
        for (std::string entry : {published_cell(cell), mean_sd_text(cell.baseline), mean_sd_text(cell.ours),
                                  test_set_text(cell.test_set), difference_text(cell.comparison),
                                  p_text(cell.comparison.p_different), p_text(cell.comparison.p_equivalent),
                                  fmt::format("{}/{}", cell.values.size(), cell.planned),
                                  verdict_text(cell) + (note == 0 ? "" : fmt::format(" [^{}]", note))}) {
            row.push_back(std::move(entry));
        }
        text += markdown_row(row);
    }
    text += notes.texts().empty() ? "" : "\n";
    for (const std::string& note : notes.texts()) {
        text += fmt::format("[^{}]: {}\n", notes.number(note), one_paragraph(note));
    }
    return text;
}

/// The words that occur, and what they say.
std::string markdown_legend(const CheckResult& result) {
    std::string text;
    for (const metrics::Verdict verdict : all_verdicts) {
        if (count_of(result.counts(), verdict) > 0) {
            text += fmt::format("- **{}**: {}\n", verdict_word(verdict, result.compared_with()),
                                verdict_meaning(verdict, result.compared_with()));
        }
    }
    return text;
}

/// By reason: an empty store does not say the same thing once a cell.
std::string markdown_absences(const CheckResult& result) {
    Footnotes reasons; // without duplicates, in order
    std::map<std::string, std::vector<std::string>> cells;
    for (const CellResult& cell : result.cells) {
        if (cell.comparison.verdict == metrics::Verdict::missing || cell.is_incomplete()) {
            static_cast<void>(reasons.number(cell.comparison.reason));
            cells[cell.comparison.reason].push_back(cell.id);
        }
    }
    std::string text;
    for (const std::string& reason : reasons.texts()) {
        const std::vector<std::string>& names = cells[reason];
        text += names.size() == result.cells.size() && names.size() > 1
                    ? fmt::format("- {}: all {} cells\n", one_paragraph(reason), names.size())
                    : fmt::format("- {}: {}\n", one_paragraph(reason), fmt::join(names, ", "));
    }
    return text.empty() ? "" : fmt::format("## Missing or incomplete\n\n{}\n", text);
}

std::string markdown_summary(const CheckResult& result) {
    const Summary summary = summary_of(result);
    return fmt::format("{}\n\n{}\n\n{}{}{}{}", summary.comparison, summary.cells, summary.claims,
                       summary.claims.empty() ? "" : "\n\n", summary.parents,
                       summary.parents.empty() ? "" : "\n\n");
}

std::string markdown_claims(const CheckResult& result) {
    std::string text = markdown_row(
        {"claim", "where", "published", "recorded", "ours", "robustness", "on another test set"});
    text += "|---|---|---|---|---|---|---|\n";
    for (const ClaimResult& claim : result.claims) {
        text += markdown_row({claim.id, claim.where, std::string(verdict_word(claim.published)),
                              claim.baseline ? std::string(verdict_word(*claim.baseline)) : "—",
                              verdict_text(claim), markdown_cell(claim.ours.robustness),
                              std::string(verdict_word(claim.test_set.verdict))});
    }
    for (const ClaimResult& claim : result.claims) {
        const std::string reason = claim_reason(claim);
        text += fmt::format("\n**{}**: {} On our numbers: {}{}.\n\n", claim.id, claim.text,
                            verdict_text(claim), reason.empty() ? "" : fmt::format(" ({})", reason));
        if (!claim.differs.empty()) {
            text += fmt::format("Unlike the paper: {}\n\n", claim.differs);
        }
        for (const std::string& line : claim.ours.evidence) {
            text += fmt::format("- {}\n", line);
        }
        text += fmt::format("\n{}\n", test_set_sentence(claim.test_set));
    }
    return text;
}

std::string stem_of(const CheckResult& result) {
    return fmt::format("{}-{}", result.workload, suite::plan::baseline_name(result.profile, result.protocol));
}

std::string text_in(Format format, const CheckResult& result) {
    switch (format) {
    case Format::markdown:
        return to_markdown(result);
    case Format::csv:
        return to_csv(result);
    case Format::junit:
        return to_junit(result);
    case Format::event_log:
        return to_event_log(result);
    case Format::parents:
        return parents_csv(result);
    default:
        break;
    }
    return to_json(result).dump(2) + "\n";
}

bool is_drawing(Format format) {
    return format == Format::svg || format == Format::png || format == Format::picture;
}

bool needs_figures(Format format) {
    return format == Format::html || is_drawing(format);
}

/// Writes one report's files. Each SVG is drawn once, whichever formats show it.
class ReportWriter {
public:
    ReportWriter(const CheckResult& result, const std::filesystem::path& folder, const CellHomes& homes)
        : result_(result), folder_(folder), stem_((folder / stem_of(result)).string()), homes_(homes) {}

    WrittenFiles write(std::vector<Format> formats) {
        std::ranges::stable_partition(formats, [](Format format) { return !needs_figures(format); });
        must_draw_ = can_draw() || std::ranges::any_of(formats, is_drawing);
        for (const Format format : formats) {
            write(*std::find_if(format_words.begin(), format_words.end(),
                                [format](const FormatWord& known) { return known.format == format; }));
        }
        return std::move(files_);
    }

private:
    void write(const FormatWord& entry) {
        switch (entry.format) {
        case Format::html:
            return publish(entry, "", to_html(result_, figures(), homes_));
        case Format::svg:
            for (const DrawnFigure& figure : figures()) {
                publish(entry, "-" + figure.id, figure.svg);
            }
            return;
        case Format::png:
            for (const suite::plan::FigureSpec& figure : result_.figures) {
                publish(entry, "-" + figure.id, draw_or_note(plot_of(figure, result_), Picture::png));
            }
            return;
        case Format::picture:
            return publish(entry, "", picture());
        default:
            return publish(entry, "", text_in(entry.format, result_));
        }
    }

    /// Nothing when there are no bytes: what could not be drawn.
    void publish(const FormatWord& entry, const std::string& suffix, const std::string& bytes) {
        if (!bytes.empty()) {
            std::filesystem::path path = fmt::format("{}{}.{}", stem_, suffix, entry.extension);
            suite::publish_text(path, bytes, ErrorKind::environment);
            files_.paths.push_back(std::move(path));
        }
    }

    /// "" when gnuplot fails; then each cause is among the undrawn once.
    std::string draw_or_note(const Plot& plot, Picture picture) {
        try {
            return drawn(plot, picture, folder_);
        } catch (const suite::Error& error) {
            for (const suite::Fault& fault : error.faults()) {
                if (std::ranges::none_of(files_.undrawn, [&fault](const suite::Fault& known) {
                        return to_string(known) == to_string(fault);
                    })) {
                    files_.undrawn.push_back(fault);
                }
            }
            return "";
        }
    }

    DrawnFigure svg_of(const suite::plan::FigureSpec& figure, const Plot& plot) {
        const PictureSize size = size_of(plot);
        return {.id = figure.id,
                .title = figure.title,
                .svg = draw_or_note(plot, Picture::svg),
                .width_pixels = size.width_pixels,
                .height_pixels = size.height_pixels};
    }

    /// Empty where gnuplot is not installed and no picture was asked for.
    const std::vector<DrawnFigure>& figures() {
        if (must_draw_ && figures_.empty()) {
            for (const suite::plan::FigureSpec& figure : result_.figures) {
                figures_.push_back(svg_of(figure, plot_of(figure, result_)));
            }
        }
        return figures_;
    }

    /// With smaller panels than in a report, for the width of a document.
    std::string picture() {
        std::vector<DrawnFigure> figures;
        for (const suite::plan::FigureSpec& figure : result_.figures) {
            Plot plot = plot_of(figure, result_);
            plot.panel_width_pixels = plot.columns == 1 ? 900 : 450;
            plot.plot_height_pixels = 190;
            plot.notes.resize(1); // the picture says itself what the sides are
            figures.push_back(svg_of(figure, plot));
        }
        const bool is_whole =
            std::ranges::none_of(figures, [](const DrawnFigure& figure) { return figure.svg.empty(); });
        return is_whole ? to_picture(result_, figures) : "";
    }

    const CheckResult& result_;
    const std::filesystem::path& folder_;
    std::string stem_;
    const CellHomes& homes_;
    bool must_draw_ = false;
    std::vector<DrawnFigure> figures_;
    WrittenFiles files_;
};

} // namespace

std::vector<Format> parse_formats(std::string_view text) {
    std::vector<std::string> valid;
    for (const FormatWord& entry : format_words) {
        valid.emplace_back(entry.word);
    }
    suite::FaultList faults;
    std::vector<Format> formats;
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find(',', start), text.size());
        const std::string word(text.substr(start, end - start));
        const auto entry = std::find_if(format_words.begin(), format_words.end(),
                                        [&word](const FormatWord& known) { return known.word == word; });
        if (entry == format_words.end()) {
            faults.add({"--format", "'" + word + "'", fmt::format("one of {}", fmt::join(valid, ", ")), ""});
        } else if (std::find(formats.begin(), formats.end(), entry->format) == formats.end()) {
            formats.push_back(entry->format);
        }
        start = end + 1;
    }
    faults.throw_if_any(ErrorKind::usage);
    return formats;
}

std::string to_markdown(const CheckResult& result) {
    std::string text =
        fmt::format("# {}: {}\n\n{}. Profile `{}`: {}.\n\n{}", result.source, result.title, result.paper,
                    result.profile, result.profile_title, markdown_summary(result));
    text += fmt::format(
        "{}\n{}\n† printed on the authors' posters only; **bold** as printed; ≡ every value repeats the "
        "recorded one of the same seed exactly.\n\n",
        markdown_table(result), markdown_legend(result));
    if (knows_parents(result)) {
        text += fmt::format("## Between pre-training runs\n\n{}\n", parents_markdown(result));
    }
    if (result.is_scaling) {
        text +=
            fmt::format("## Throughput, efficiency and where a step's time goes\n\n{}\n\n", result.caveat);
        for (const RungTable& table : rung_tables(result)) {
            text += markdown(table) + "\n";
        }
    }
    if (!result.claims.empty()) {
        text += fmt::format("## Claims\n\n{}\n", markdown_claims(result));
    }
    text += markdown_absences(result);
    if (!result.damaged.empty()) {
        text += fmt::format("## Damaged records\n\n- {}\n\n", fmt::join(result.damaged, "\n- "));
    }
    if (const std::vector<std::string> stand_ins = stand_ins_of(result.cells); !stand_ins.empty()) {
        text += fmt::format("## Stand-ins (published → used)\n\n- {}\n", fmt::join(stand_ins, "\n- "));
    }
    return text;
}

std::string to_csv(const CheckResult& result) {
    if (result.is_scaling) {
        return rung_csv(result);
    }
    std::string text =
        "cell,metric,n,planned,mean,sd,"
        "published_kind,published_mean,published_sd,published_n,published_origin,"
        "baseline_kind,baseline_mean,baseline_sd,baseline_n,baseline_origin,"
        "difference,ci95_low,ci95_high,p_different,p_different_adjusted,p_equivalent,margin,verdict,reason,"
        "compared_with,parents,conditional_on,test,pairs,differs_size_unresolved,margin_cap,"
        "rounding_half_width,chance,at_chance,"
        "test_images,test_set_se,published_test_images,published_test_set_se\n";
    for (const CellResult& cell : result.cells) {
        text += csv_row(cell, result.parents);
    }
    return text;
}

WrittenFiles write_report(const CheckResult& result, const std::filesystem::path& folder,
                          const std::vector<Format>& formats, const CellHomes& homes) {
    suite::make_folders(folder, ErrorKind::environment);
    return ReportWriter(result, folder, homes).write(formats);
}

std::vector<std::string> page_names(const std::vector<const CheckResult*>& results) {
    std::vector<std::string> pages;
    for (const CheckResult* result : results) {
        pages.push_back(stem_of(*result) + ".html");
    }
    return pages;
}

std::filesystem::path write_index(const std::vector<const CheckResult*>& results,
                                  const std::filesystem::path& folder) {
    const std::filesystem::path path = folder / "index.html";
    suite::publish_text(path, to_html_index(results, page_names(results)), ErrorKind::environment);
    return path;
}

} // namespace reports
