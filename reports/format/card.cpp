#include "reports/format/card.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report_templates.hpp"
#include "reports/check/parents.hpp"
#include "reports/format/html_view.hpp"
#include "reports/format/render.hpp"
#include "reports/format/summary.hpp"
#include "reports/format/text_format.hpp"
#include "suite/base/files.hpp"

namespace reports {
namespace {

using metrics::ClaimGrade;
using nlohmann::ordered_json;

/// A cell by its id and its runs: workloads that show the same cell share both.
std::string identity_of(const CheckResult& result, const CellResult& cell) {
    return fmt::format("{} {}", cell.id, cell.runs.empty() ? "" : result.runs[cell.runs.front()].key);
}

void count(ClaimCounts& counts, const ClaimResult& claim) {
    switch (claim.ours.verdict) {
    case metrics::ClaimVerdict::holds:
        ++counts.hold;
        break;
    case metrics::ClaimVerdict::fails:
        ++(claim.expected ? counts.expected : counts.fail);
        break;
    case metrics::ClaimVerdict::inconclusive:
        ++counts.inconclusive;
        break;
    case metrics::ClaimVerdict::missing:
        ++counts.missing;
        break;
    }
}

std::string standing_text(const ProfileStanding& standing) {
    return standing.finished == 0 ? "not yet run"
           : standing.finished == standing.planned
               ? fmt::format("all {} runs finished", standing.planned)
               : fmt::format("{} of {} runs finished", standing.finished, standing.planned);
}

/// What every verdict on the card is conditional on.
std::string condition_text(const StudyCard& card) {
    std::string text(published_condition);
    for (const ProfileStanding& standing : card.profiles) {
        if (standing.finished > 0 && !standing.conditional_on.empty()) {
            text += fmt::format(" Profile {}: {}.", standing.profile, standing.conditional_on);
        }
    }
    return text;
}

std::string contradiction_text(const BoldRow& row) {
    return fmt::format("{} {}: {} in bold; by the numbers {} ({} against {}: {})", row.table, row.row,
                       row.published.value_or("nothing"), row.recomputed.value_or("nothing"), row.best,
                       row.rival, row.p ? fmt::format("p = {:.2g}", *row.p) : "no t test exists");
}

std::vector<const AuditedClaim*> claims_of(const StudyCard& card, ClaimGrade grade) {
    std::vector<const AuditedClaim*> claims;
    for (const AuditedClaim& claim : card.claims) {
        if (claim.result.grade == grade) {
            claims.push_back(&claim);
        }
    }
    return claims;
}

ordered_json claims_view(const StudyCard& card, ClaimGrade grade) {
    ordered_json list = ordered_json::array();
    for (const AuditedClaim* claim : claims_of(card, grade)) {
        list.push_back({{"text", claim->text},
                        {"where", claim->where},
                        {"depends_on", fmt::format("{}", fmt::join(claim->result.depends_on, "; "))}});
    }
    return list;
}

ordered_json profiles_view(const StudyCard& card) {
    ordered_json list = ordered_json::array();
    for (const ProfileStanding& standing : card.profiles) {
        list.push_back(
            {{"profile", standing.profile},
             {"title", standing.title},
             {"standing", standing_text(standing)},
             {"is_run", standing.finished > 0},
             {"against", standing.compared_with == ComparedWith::recorded ? "its own recorded run"
                                                                          : "the published numbers"},
             {"counts", counts_view(standing.cells, standing.compared_with)},
             {"claims", claim_counts_text(standing.claims)}});
    }
    return list;
}

/// One part of the bar over all claims, in percent of its width.
ordered_json bar_view(const AuditSummary& summary) {
    ordered_json parts = ordered_json::array();
    double start = 0.0;
    for (const auto& [style, count] :
         {std::pair{"holds", summary.robust + summary.robust_printed},
          std::pair{"inconclusive", summary.fragile}, std::pair{"fails", summary.not_supported},
          std::pair{"missing", summary.not_judged}}) {
        const double share = 100.0 * static_cast<double>(count) /
                             static_cast<double>(std::max<std::size_t>(summary.claims, 1));
        if (count > 0) {
            parts.push_back({{"class", style},
                             {"x", fmt::format("{:.2f}", start)},
                             {"width", fmt::format("{:.2f}", share)}});
        }
        start += share;
    }
    return parts;
}

/// Pixels that a character takes in Verdana or DejaVu Sans of 11 pixels; the badge asks for the sum, whatever
/// font is there.
double pixels_of(char character) {
    constexpr std::string_view narrow = "ijl.,:;|!'";
    constexpr std::string_view slim = " frtI()-/";
    constexpr std::string_view wide = "mwMW%&";
    return narrow.find(character) != std::string_view::npos ? 3.7
           : slim.find(character) != std::string_view::npos ? 4.6
           : wide.find(character) != std::string_view::npos ? 10.2
           : character >= 'A' && character <= 'Z'           ? 7.7
                                                            : 6.8;
}

struct BadgePart {
    std::string text;
    std::string_view colour;
};

constexpr int badge_padding = 6;

int text_pixels(const std::string& text) {
    double sum = 0.0;
    for (const char character : text) {
        sum += pixels_of(character);
    }
    return static_cast<int>(sum) + 1;
}

} // namespace

std::vector<std::string> papers_of(const suite::plan::Catalog& catalog) {
    std::vector<std::string> papers;
    for (const std::string& id : suite::plan::workload_ids(catalog)) {
        const std::string& paper = catalog.workloads.at(id).paper;
        if (std::find(papers.begin(), papers.end(), paper) == papers.end()) {
            papers.push_back(paper);
        }
    }
    return papers;
}

std::string study_id(const std::string& paper) {
    const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
    std::string id;
    for (const char character : paper.substr(0, paper.find_first_of(" ,"))) {
        if (std::isalnum(static_cast<unsigned char>(character)) != 0) {
            id += static_cast<char>(std::tolower(static_cast<unsigned char>(character)));
        }
    }
    constexpr std::size_t year_digits = 4;
    for (std::size_t at = 0; at + year_digits <= paper.size(); ++at) {
        const std::string digits = paper.substr(at, year_digits);
        const bool ends = at + year_digits == paper.size() || !is_digit(paper[at + year_digits]);
        if (std::all_of(digits.begin(), digits.end(), is_digit) && ends) {
            return id + digits;
        }
    }
    return id;
}

ProfileStanding standing_of(const std::vector<CheckResult>& results) {
    ProfileStanding standing;
    std::vector<const CheckResult*> all;
    std::transform(results.begin(), results.end(), std::back_inserter(all),
                   [](const CheckResult& result) { return &result; });
    standing.conditional_on = brief_condition(all);
    std::set<std::string> runs;
    std::set<std::string> cells;
    std::set<std::string> claims;
    for (const CheckResult& result : results) {
        standing.profile = result.profile;
        standing.title = result.profile_title;
        if (!result.is_scaling) {
            standing.compared_with = result.compared_with();
        }
        for (const RunFacts& run : result.runs) {
            if (runs.insert(run.key).second) {
                ++standing.planned;
                standing.finished += run.state == RunState::finished ? 1U : 0U;
            }
        }
        for (const CellResult& cell : result.cells) {
            if (cells.insert(identity_of(result, cell)).second) {
                standing.cells.add(cell.comparison);
            }
        }
        for (const ClaimResult& claim : result.claims) {
            if (claims.insert(fmt::format("{} {} {}", claim.text, claim.where, fmt::join(claim.cells, " ")))
                    .second) {
                count(standing.claims, claim);
            }
        }
    }
    return standing;
}

StudyCard make_card(const std::string& paper, const Audit& audit, std::vector<ProfileStanding> profiles) {
    Audit part;
    std::set<std::string> tables;
    for (const AuditTable& table : audit.tables) {
        if (table.paper == paper) {
            part.tables.push_back(table);
            tables.insert(table.id);
        }
    }
    StudyCard card{.study = study_id(paper),
                   .paper = paper,
                   .summary = {},
                   .contradicted = {},
                   .claims = {},
                   .profiles = std::move(profiles)};
    for (const BoldRow& row : audit.bold) {
        if (tables.contains(row.table)) {
            part.bold.push_back(row);
            if (!row.agrees) {
                card.contradicted.push_back(row);
            }
        }
    }
    for (const AuditedClaim& claim : audit.claims) {
        if (tables.contains(claim.workload)) {
            part.claims.push_back(claim);
        }
    }
    card.summary = summary_of(part);
    card.claims = std::move(part.claims);
    return card;
}

std::string claims_text(const StudyCard& card) {
    const AuditSummary& summary = card.summary;
    return fmt::format("{} claims: {} robust, {} robust (printed values), {} fragile, {} not supported{}",
                       summary.claims, summary.robust, summary.robust_printed, summary.fragile,
                       summary.not_supported,
                       summary.not_judged > 0 ? fmt::format(", {} not judged", summary.not_judged) : "");
}

std::string paper_scale_text(const StudyCard& card) {
    const auto found =
        std::find_if(card.profiles.begin(), card.profiles.end(),
                     [](const ProfileStanding& standing) { return standing.profile == paper_profile; });
    return fmt::format("paper scale: {}",
                       found == card.profiles.end() ? "not yet run" : standing_text(*found));
}

std::string to_html(const StudyCard& card) {
    const AuditSummary& summary = card.summary;
    ordered_json contradicted = ordered_json::array();
    for (const BoldRow& row : card.contradicted) {
        contradicted.push_back(contradiction_text(row));
    }
    return render(Template::card_html, {{"style", templates::page_css},
                                        {"study", card.study},
                                        {"paper", card.paper},
                                        {"claims_text", claims_text(card)},
                                        {"paper_scale", paper_scale_text(card)},
                                        {"printed", summary.printed},
                                        {"compared", summary.compared},
                                        {"agreeing", summary.agreeing},
                                        {"bold_rows", summary.bold_rows},
                                        {"bold_agreeing", summary.bold_agreeing},
                                        {"claims", summary.claims},
                                        {"robust", summary.robust},
                                        {"robust_printed", summary.robust_printed},
                                        {"has_robust_printed", summary.robust_printed > 0},
                                        {"bar", bar_view(summary)},
                                        {"profiles", profiles_view(card)},
                                        {"condition", condition_text(card)},
                                        {"fragile", summary.fragile},
                                        {"has_fragile", summary.fragile > 0},
                                        {"fragile_claims", claims_view(card, ClaimGrade::fragile)},
                                        {"not_supported", summary.not_supported},
                                        {"has_unsupported", summary.not_supported > 0},
                                        {"unsupported_claims", claims_view(card, ClaimGrade::not_supported)},
                                        {"has_contradicted", !contradicted.empty()},
                                        {"contradicted", std::move(contradicted)}});
}

std::string to_markdown(const StudyCard& card) {
    const AuditSummary& summary = card.summary;
    std::string text = fmt::format(
        "# {}\n\n**{}; {}.**\n\n"
        "Printed numbers: {}; {} of the {} with published raw seeds agree with them. Bold marks: {} of {} "
        "rows "
        "follow their rule.\n\n## What was run\n\n| profile | runs | compared with | cells | claims |\n"
        "|---|---|---|---|---|\n",
        card.paper, claims_text(card), paper_scale_text(card), summary.printed, summary.agreeing,
        summary.compared, summary.bold_agreeing, summary.bold_rows);
    for (const ProfileStanding& standing : card.profiles) {
        const bool is_run = standing.finished > 0;
        text += fmt::format("| {}: {} | {} | {} | {} | {} |\n", standing.profile, standing.title,
                            standing_text(standing),
                            standing.compared_with == ComparedWith::recorded ? "its own recorded run"
                                                                             : "the published numbers",
                            is_run ? counts_text(standing.cells, standing.compared_with) : "—",
                            is_run ? claim_counts_text(standing.claims) : "—");
    }
    text += fmt::format("\n{}\n", condition_text(card));
    for (const auto& [grade, title] :
         {std::pair{ClaimGrade::fragile, "Fragile claims, and what they depend on"},
          std::pair{ClaimGrade::not_supported, "Claims that the published numbers do not support"}}) {
        const std::vector<const AuditedClaim*> claims = claims_of(card, grade);
        text += claims.empty() ? "" : fmt::format("\n## {} ({})\n\n", title, claims.size());
        if (grade == ClaimGrade::not_supported && !claims.empty()) {
            text += "Where the paper itself finds no evidence for the statement, its line says so.\n\n";
        }
        for (const AuditedClaim* claim : claims) {
            text += fmt::format("- {} ({}){}{}\n", claim->text, claim->where,
                                claim->result.depends_on.empty() ? "" : " ",
                                fmt::join(claim->result.depends_on, "; "));
        }
    }
    text += card.contradicted.empty() ? "" : "\n## Bold marks that their numbers contradict\n\n";
    for (const BoldRow& row : card.contradicted) {
        text += fmt::format("- {}\n", contradiction_text(row));
    }
    return text + "\nEvery number with its raw seeds: `transferscale audit --format html`. This card: "
                  "`transferscale report --card`.\n";
}

std::string to_badge(const StudyCard& card) {
    const std::string scale = paper_scale_text(card);
    const bool is_run = scale.find("not yet run") == std::string::npos;
    const std::vector<BadgePart> parts{
        {card.study, "#484f58"}, {claims_text(card), "#0b5cad"}, {scale, is_run ? "#1a7f37" : "#6e4b00"}};
    std::string boxes;
    std::string texts;
    int x = 0;
    for (const BadgePart& part : parts) {
        const int pixels = text_pixels(part.text);
        const int width = pixels + 2 * badge_padding;
        boxes +=
            fmt::format("<rect x=\"{}\" width=\"{}\" height=\"20\" fill=\"{}\"/>\n", x, width, part.colour);
        texts += fmt::format("<text x=\"{}\" y=\"14\" textLength=\"{}\" "
                             "lengthAdjust=\"spacingAndGlyphs\">{}</text>\n",
                             x + badge_padding, pixels, escaped(part.text));
        x += width;
    }
    const std::string title =
        escaped(fmt::format("{}: {}; {}", card.study, claims_text(card), paper_scale_text(card)));
    return fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"20\" "
                       "viewBox=\"0 0 {0} 20\" role=\"img\" aria-label=\"{1}\">\n<title>{1}</title>\n"
                       "<clipPath id=\"round\"><rect width=\"{0}\" height=\"20\" rx=\"3\"/></clipPath>\n"
                       "<g clip-path=\"url(#round)\">\n{2}</g>\n"
                       "<g fill=\"#fff\" font-family=\"Verdana,Geneva,DejaVu Sans,sans-serif\" "
                       "font-size=\"11\">\n{3}</g>\n</svg>\n",
                       x, title, boxes, texts);
}

std::vector<std::filesystem::path> card_paths(const StudyCard& card, const std::filesystem::path& folder) {
    return {folder / fmt::format("card-{}.html", card.study), folder / fmt::format("card-{}.md", card.study),
            folder / fmt::format("badge-{}.svg", card.study)};
}

void write_card(const StudyCard& card, const std::filesystem::path& folder) {
    suite::make_folders(folder, suite::ErrorKind::environment);
    const std::vector<std::filesystem::path> paths = card_paths(card, folder);
    const std::vector<std::string> texts{to_html(card), to_markdown(card), to_badge(card)};
    for (std::size_t i = 0; i < paths.size(); ++i) {
        suite::publish_text(paths[i], texts[i], suite::ErrorKind::environment);
    }
}

} // namespace reports
