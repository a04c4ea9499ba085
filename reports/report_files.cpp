#include "reports/report_files.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/event_log.hpp"
#include "reports/figure.hpp"
#include "reports/html.hpp"
#include "reports/json.hpp"
#include "reports/junit.hpp"
#include "reports/rung_text.hpp"
#include "reports/words.hpp"
#include "suite/base/files.hpp"
#include "suite/base/names.hpp"

namespace reports {
namespace {

using suite::ErrorKind;

struct FormatWord {
    std::string_view word;
    Format format;
    std::string_view extension;
};
constexpr std::array<FormatWord, 8> format_words{{{"md", Format::markdown, "md"},
                                                  {"html", Format::html, "html"},
                                                  {"csv", Format::csv, "csv"},
                                                  {"json", Format::json, "json"},
                                                  {"junit", Format::junit, "junit.xml"},
                                                  {"mlperf", Format::event_log, "mlperf.log"},
                                                  {"svg", Format::svg, "svg"},
                                                  {"png", Format::png, "png"}}};

std::string csv_field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        return std::string(text);
    }
    std::string field = "\"";
    for (const char character : text) {
        field += character == '"' ? "\"\"" : std::string(1, character);
    }
    return field + '"';
}

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

std::string csv_row(const CellResult& cell) {
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
    std::string text = markdown_row({"target", "network", "source", "published", "baseline", "ours",
                                     "difference [95 %]", "n", "verdict", "reason"});
    text += "|---|---|---|--:|--:|--:|:--|--:|:--|:--|\n";
    for (const CellResult& cell : result.cells) {
        const std::string shots =
            cell.cell.shots == "full"
                ? ""
                : fmt::format(" ({} {})", cell.cell.shots, result.is_scaling ? "ranks" : "shots");
        text += markdown_row({cell.cell.target + shots, cell.cell.model, cell.cell.source,
                              published_cell(cell), mean_sd_text(cell.baseline), mean_sd_text(cell.ours),
                              difference_text(cell.comparison),
                              fmt::format("{}/{}", cell.values.size(), cell.planned), verdict_text(cell),
                              markdown_cell(cell.comparison.reason)});
    }
    return text;
}

std::string markdown_claims(const CheckResult& result) {
    std::string text = markdown_row({"claim", "where", "published", "baseline", "ours", "robustness"});
    text += "|---|---|---|---|---|---|\n";
    for (const ClaimResult& claim : result.claims) {
        text += markdown_row({claim.id, claim.where, std::string(verdict_word(claim.published)),
                              claim.baseline ? std::string(verdict_word(*claim.baseline)) : "—",
                              verdict_text(claim), markdown_cell(claim.ours.robustness)});
    }
    for (const ClaimResult& claim : result.claims) {
        text += fmt::format("\n**{}**: {} Ours: {}.\n\n", claim.id, claim.text, verdict_text(claim));
        if (!claim.differs.empty()) {
            text += fmt::format("Unlike the paper: {}\n\n", claim.differs);
        }
        for (const std::string& line : claim.ours.evidence) {
            text += fmt::format("- {}\n", line);
        }
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
    default:
        break;
    }
    return to_json(result).dump(2) + "\n";
}

/// Drawn beside the page, read and removed again: gnuplot writes to files only.
std::vector<DrawnFigure> drawn_figures(const CheckResult& result, const std::filesystem::path& folder) {
    std::vector<DrawnFigure> figures;
    for (const suite::plan::FigureSpec& figure :
         can_draw() ? result.figures : std::vector<suite::plan::FigureSpec>()) {
        const std::filesystem::path picture = suite::temporary_name(folder / (figure.id + ".svg"));
        draw(plot_of(figure, result), Picture::svg, picture);
        figures.push_back({.id = figure.id,
                           .title = figure.title,
                           .svg = suite::read_file(picture, ErrorKind::environment)});
        std::filesystem::remove(picture);
    }
    return figures;
}

void draw_figures(const CheckResult& result, Picture picture, const std::filesystem::path& stem,
                  std::string_view extension, std::vector<std::filesystem::path>& paths) {
    for (const suite::plan::FigureSpec& figure : result.figures) {
        paths.emplace_back(fmt::format("{}-{}.{}", stem.string(), figure.id, extension));
        draw(plot_of(figure, result), picture, paths.back());
    }
}

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
            faults.add({"--format", "'" + word + "'", suite::expected_names(word, valid), ""});
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
        fmt::format("# {}: {}\n\n{}. Profile `{}`: {}.\n\n{}\n\n{} cells: {}.\n\n", result.source,
                    result.title, result.paper, result.profile, result.profile_title, comparison_text(result),
                    result.cells.size(), counts_text(result.counts(), result.compared_with()));
    text += fmt::format(
        "{}\n† printed on the authors' posters only; **bold** as printed; ≡ every value repeats the "
        "baseline's of the same seed exactly.\n\n",
        markdown_table(result));
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
    if (const std::vector<std::string> missing = absences(result); !missing.empty()) {
        text += fmt::format("## Missing or incomplete\n\n- {}\n\n", fmt::join(missing, "\n- "));
    }
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
        "difference,ci95_low,ci95_high,p_different,p_different_adjusted,p_equivalent,margin,verdict,reason\n";
    for (const CellResult& cell : result.cells) {
        text += csv_row(cell);
    }
    return text;
}

std::vector<std::filesystem::path> write_report(const CheckResult& result,
                                                const std::filesystem::path& folder,
                                                const std::vector<Format>& formats, const CellHomes& homes) {
    suite::make_folders(folder, ErrorKind::environment);
    std::vector<std::filesystem::path> paths;
    const std::filesystem::path stem = folder / stem_of(result);
    for (const Format format : formats) {
        const auto entry = std::find_if(format_words.begin(), format_words.end(),
                                        [format](const FormatWord& known) { return known.format == format; });
        if (format == Format::svg || format == Format::png) {
            draw_figures(result, format == Format::svg ? Picture::svg : Picture::png, stem, entry->extension,
                         paths);
            continue;
        }
        paths.emplace_back(fmt::format("{}.{}", stem.string(), entry->extension));
        const std::string text = format == Format::html
                                     ? to_html(result, drawn_figures(result, folder), homes)
                                     : text_in(format, result);
        suite::publish_text(paths.back(), text, ErrorKind::environment);
    }
    return paths;
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
