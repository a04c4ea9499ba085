#include "reports/audit/html.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report_templates.hpp"
#include "reports/audit/parts.hpp"
#include "reports/check/parents.hpp"
#include "reports/format/html_view.hpp"
#include "reports/format/render.hpp"
#include "reports/format/text_format.hpp"
#include "suite/base/files.hpp"

namespace reports {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view references_folder = "workloads/references/";

/// How a number stands after the audit.
enum class Standing { agrees, disagrees, no_seeds, not_printed };

struct StandingWord {
    std::string_view word;
    std::string_view style; ///< class of the page
    std::string_view sign;
};

StandingWord word_of(Standing standing) {
    switch (standing) {
    case Standing::agrees:
        return {"agrees", "equivalent", "="};
    case Standing::disagrees:
        return {"disagrees", "different", "≠"};
    case Standing::no_seeds:
        return {"no raw seeds", "missing", "∅"};
    case Standing::not_printed:
        break;
    }
    return {"not printed", "missing", "–"};
}

Standing standing_of(const AuditCell& cell) {
    if (!cell.printed) {
        return Standing::not_printed;
    }
    const std::optional<bool> agrees = cell.agrees();
    return !agrees ? Standing::no_seeds : *agrees ? Standing::agrees : Standing::disagrees;
}

ordered_json view_of(Standing standing) {
    const StandingWord word = word_of(standing);
    return {{"word", word.word}, {"class", word.style}, {"sign", word.sign}};
}

/// "58–62", "58, 60, 63", "" for none known.
std::string lines_text(const std::vector<suite::plan::SeedValue>& seeds) {
    std::set<std::uint64_t> lines;
    for (const suite::plan::SeedValue& seed : seeds) {
        if (seed.line > 0) {
            lines.insert(seed.line);
        }
    }
    if (lines.empty()) {
        return "";
    }
    const bool is_range = lines.size() > 1 && *lines.rbegin() - *lines.begin() + 1 == lines.size();
    return is_range ? fmt::format("{}–{}", *lines.begin(), *lines.rbegin())
                    : fmt::format("{}", fmt::join(lines, ", "));
}

ordered_json place_view(const std::string& file, const std::string& lines) {
    return file.empty() ? ordered_json()
                        : ordered_json{{"file", fmt::format("{}{}", references_folder, file)},
                                       {"short_file", file.substr(file.rfind('/') + 1)},
                                       {"lines", lines}};
}

ordered_json seeds_view(const AuditCell& cell) {
    ordered_json seeds = ordered_json::array();
    for (const suite::plan::SeedValue& seed : cell.seeds) {
        seeds.push_back({{"seed", seed.seed},
                         {"value", fmt::format("{}", seed.value)},
                         {"line", seed.line > 0 ? fmt::format("{}", seed.line) : ""}});
    }
    return seeds;
}

/// Two digits more than print shows, so that a reader sees the rounding.
std::string recomputed_text(const metrics::Sample& sample) {
    return sample.n == 0 ? "—"
           : sample.sd   ? fmt::format("{:.4f} ± {:.4f}", sample.mean, *sample.sd)
                         : fmt::format("{:.4f}", sample.mean);
}

ordered_json cell_view(const AuditCell& cell) {
    const auto& printed = cell.printed;
    return {{"id", cell.id},
            {"model", cell.cell.model()},
            {"source", cell.cell.source()},
            {"shots", cell.cell.is_full_shot() ? "" : std::string(cell.cell.shots_text())},
            {"printed", printed ? fmt::format("{:.2f} ± {:.2f}", printed->mean, printed->sd) : "—"},
            {"bold", printed && printed->bold.value_or(false)},
            {"poster", printed && printed->where == "poster"},
            {"printed_place",
             printed ? place_view(printed->file, fmt::format("{}", printed->line)) : ordered_json()},
            {"recomputed", recomputed_text(cell.raw)},
            {"n", cell.raw.n > 0 ? ordered_json(cell.raw.n) : ordered_json("—")},
            {"standing", view_of(standing_of(cell))},
            {"mean_differs", !cell.mean_agrees.value_or(true)},
            {"sd_differs", !cell.sd_agrees.value_or(true)},
            {"has_seeds", !cell.seeds.empty()},
            {"seeds", seeds_view(cell)},
            {"raw_place", place_view(cell.raw_file, lines_text(cell.seeds))},
            {"raw_source", cell.raw_source},
            {"reason", cell.reason}};
}

/// The cells of a table that have one target.
struct TargetGroup {
    std::string target;
    std::vector<const AuditCell*> cells;
};

std::vector<TargetGroup> groups_of(const AuditTable& table) {
    std::vector<TargetGroup> groups;
    for (const AuditCell& cell : table.cells) {
        const auto found = std::find_if(groups.begin(), groups.end(), [&cell](const TargetGroup& group) {
            return group.target == cell.cell.target();
        });
        TargetGroup& group =
            found != groups.end() ? *found : groups.emplace_back(TargetGroup{cell.cell.target(), {}});
        group.cells.push_back(&cell);
    }
    return groups;
}

/// "8 numbers: 4 agree, 4 without raw seeds".
std::string standings_text(const std::vector<const AuditCell*>& cells) {
    std::vector<std::string> parts;
    for (const auto& [standing, words] :
         {std::pair{Standing::agrees, "agree"}, std::pair{Standing::disagrees, "disagree"},
          std::pair{Standing::no_seeds, "without raw seeds"},
          std::pair{Standing::not_printed, "not printed"}}) {
        const auto count = std::count_if(cells.begin(), cells.end(), [standing = standing](const auto* cell) {
            return standing_of(*cell) == standing;
        });
        if (count > 0) {
            parts.push_back(fmt::format("{} {}", count, words));
        }
    }
    return fmt::format("{} {}: {}", cells.size(), cells.size() == 1 ? "number" : "numbers",
                       fmt::join(parts, ", "));
}

ordered_json group_view(const TargetGroup& group) {
    ordered_json cells = ordered_json::array();
    bool has_shots = false;
    bool disagrees = false;
    for (const AuditCell* cell : group.cells) {
        cells.push_back(cell_view(*cell));
        has_shots = has_shots || !cell->cell.is_full_shot();
        disagrees = disagrees || standing_of(*cell) == Standing::disagrees;
    }
    return {{"target", group.target},
            {"metric", metric_text(group.cells.front()->metric)},
            {"standings", standings_text(group.cells)},
            {"disagrees", disagrees},
            {"has_shots", has_shots},
            {"cells", std::move(cells)}};
}

ordered_json table_view(const AuditTable& table) {
    ordered_json groups = ordered_json::array();
    for (const TargetGroup& group : groups_of(table)) {
        groups.push_back(group_view(group));
    }
    return {
        {"id", table.id}, {"title", table.title}, {"source", table.source}, {"groups", std::move(groups)}};
}

std::string bold_p_text(const std::optional<double>& p) {
    return p ? fmt::format("{:.2g}", *p) : "no t test exists";
}

/// Rows whose marks disagree, and of every table how many agree.
ordered_json bold_view(const Audit& audit) {
    ordered_json rows = ordered_json::array();
    ordered_json tables = ordered_json::array();
    for (const AuditTable& table : audit.tables) {
        std::size_t all = 0;
        std::size_t agree = 0;
        std::size_t lost = 0;
        for (const BoldRow& row : audit.bold) {
            if (row.table != table.id) {
                continue;
            }
            ++all;
            agree += row.agrees ? 1U : 0U;
            lost += row.marks_lost ? 1U : 0U;
            if (!row.agrees) {
                rows.push_back({{"table", row.table},
                                {"row", row.row},
                                {"published", row.published.value_or("nothing")},
                                {"recomputed", row.recomputed.value_or("nothing")},
                                {"best", row.best},
                                {"rival", row.rival},
                                {"p", bold_p_text(row.p)}});
            }
        }
        if (all > 0) {
            tables.push_back({{"table", table.id},
                              {"rows", all},
                              {"agree", agree},
                              {"lost", lost},
                              {"has_lost", lost > 0}});
        }
    }
    return {{"rows", std::move(rows)}, {"tables", std::move(tables)}};
}

ordered_json claim_view(const AuditedClaim& claim) {
    return {{"id", claim.id},
            {"workload", claim.workload},
            {"text", claim.text},
            {"where", claim.where},
            {"verdict", verdict_view(claim.result.verdict)},
            {"p_values", claim_p_text(claim.result)},
            {"undecided", metrics::undecided_text(claim.result)},
            {"is_undecided", claim.result.verdict == metrics::ClaimVerdict::inconclusive},
            {"has_choices", !claim.result.depends_on.empty()},
            {"choices", claim.result.depends_on},
            {"without_seeds", claim.cells - claim.cells_with_raw_seeds},
            {"lacks_seeds", claim.cells_with_raw_seeds < claim.cells},
            {"cells", claim.cells},
            {"evidence", claim.result.evidence}};
}

/// Grades in the order of what a reader must know first.
ordered_json grades_view(const Audit& audit) {
    using metrics::ClaimGrade;
    struct Grade {
        ClaimGrade grade;
        std::string_view style;
        std::string_view meaning;
    };
    ordered_json grades = ordered_json::array();
    for (const Grade& grade :
         {Grade{ClaimGrade::not_supported, "different",
                "on the published numbers they hold with none of the reasonable tests"},
          Grade{ClaimGrade::fragile, "inconclusive",
                "they hold with some of the reasonable tests and not with others"},
          Grade{ClaimGrade::robust, "equivalent", "they hold with every reasonable test"},
          Grade{ClaimGrade::robust_printed, "equivalent",
                "they hold with every reasonable test of the printed means and sds; some of their cells have "
                "no raw seeds, which could be left out one by one"},
          Grade{ClaimGrade::not_judged, "missing", "numbers are missing or too few to test"}}) {
        ordered_json claims = ordered_json::array();
        for (const AuditedClaim& claim : audit.claims) {
            if (claim.result.grade == grade.grade) {
                claims.push_back(claim_view(claim));
            }
        }
        if (!claims.empty()) {
            grades.push_back(
                {{"grade", metrics::words_of(grade.grade)},
                 {"class", grade.style},
                 {"meaning", grade.meaning},
                 {"is_open", grade.grade != ClaimGrade::robust && grade.grade != ClaimGrade::robust_printed},
                 {"count", claims.size()},
                 {"claims", std::move(claims)}});
        }
    }
    return grades;
}

ordered_json summary_view(const Audit& audit) {
    const AuditSummary summary = summary_of(audit);
    return {{"printed", summary.printed},
            {"compared", summary.compared},
            {"agreeing", summary.agreeing},
            {"raw_cells", summary.raw_cells},
            {"bold_rows", summary.bold_rows},
            {"bold_agreeing", summary.bold_agreeing},
            {"bold_contradicted", summary.bold_rows - summary.bold_agreeing},
            {"claims", summary.claims},
            {"robust", summary.robust},
            {"robust_printed", summary.robust_printed},
            {"has_robust_printed", summary.robust_printed > 0},
            {"fragile", summary.fragile},
            {"not_supported", summary.not_supported},
            {"not_judged", summary.not_judged},
            {"has_not_judged", summary.not_judged > 0}};
}

ordered_json contrast_view(const Audit& audit, bool is_paired, std::string_view name) {
    const ContrastCounts counts = contrast_counts(audit, is_paired);
    return {{"name", name},
            {"tested", counts.tested},
            {"differ", counts.differ},
            {"adjusted", counts.differ_adjusted}};
}

std::vector<std::string> papers_of(const Audit& audit) {
    std::vector<std::string> papers;
    for (const AuditTable& table : audit.tables) {
        if (!table.paper.empty() && std::find(papers.begin(), papers.end(), table.paper) == papers.end()) {
            papers.push_back(table.paper);
        }
    }
    return papers;
}

std::vector<std::string> targets_of(const Audit& audit) {
    std::vector<std::string> targets;
    for (const AuditTable& table : audit.tables) {
        for (const AuditCell& cell : table.cells) {
            if (std::find(targets.begin(), targets.end(), cell.cell.target()) == targets.end()) {
                targets.push_back(cell.cell.target());
            }
        }
    }
    return targets;
}

} // namespace

std::string to_html(const Audit& audit) {
    ordered_json tables = ordered_json::array();
    std::size_t cells = 0;
    for (const AuditTable& table : audit.tables) {
        tables.push_back(table_view(table));
        cells += table.cells.size();
    }
    ordered_json standings = ordered_json::array();
    for (const Standing standing :
         {Standing::agrees, Standing::disagrees, Standing::no_seeds, Standing::not_printed}) {
        standings.push_back(view_of(standing));
    }
    return render(Template::audit_html,
                  {{"style", templates::page_css},
                   {"script", templates::page_js},
                   {"papers", papers_of(audit)},
                   {"summary", summary_view(audit)},
                   {"condition", published_condition},
                   {"cell_count", cells},
                   {"bold", bold_view(audit)},
                   {"contrasts", ordered_json::array({contrast_view(audit, false, "Welch's t test"),
                                                      contrast_view(audit, true, "seed-paired t test")})},
                   {"why_paired", why_paired},
                   {"error_rates", metrics::error_rates_text(error_rates_of(audit))},
                   {"grades", grades_view(audit)},
                   {"targets", targets_of(audit)},
                   {"standings", std::move(standings)},
                   {"tables", std::move(tables)}});
}

std::filesystem::path write_audit(const Audit& audit, const std::filesystem::path& folder) {
    suite::make_folders(folder, suite::ErrorKind::environment);
    const std::filesystem::path path = folder / "audit.html";
    suite::publish_text(path, to_html(audit), suite::ErrorKind::environment);
    return path;
}

} // namespace reports
