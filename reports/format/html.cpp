#include "reports/format/html.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "report_templates.hpp"
#include "reports/check/parents.hpp"
#include "reports/format/html_view.hpp"
#include "reports/format/render.hpp"
#include "reports/format/rung_text.hpp"
#include "reports/format/summary.hpp"
#include "reports/format/text_format.hpp"

namespace reports {
namespace {

using nlohmann::ordered_json;

bool is_plain(char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '-' || character == '.';
}

ordered_json figures_view(const CheckResult& result, const std::vector<DrawnFigure>& figures) {
    ordered_json list = ordered_json::array();
    for (const DrawnFigure& figure : figures) {
        list.push_back({{"title", figure.title}, {"svg", inline_svg(figure, list.size())}});
    }
    if (figures.empty()) {
        for (const suite::plan::FigureSpec& figure : result.figures) {
            list.push_back({{"title", figure.title}, {"svg", ""}});
        }
    }
    return list;
}

/// Cells with the same reason stand together.
ordered_json absences_view(const CheckResult& result) {
    std::map<std::string, ordered_json> cells_by_reason;
    for (const CellResult& cell : result.cells) {
        if (cell.comparison.verdict == metrics::Verdict::missing || cell.is_incomplete()) {
            cells_by_reason[cell.comparison.reason].push_back(
                {{"anchor", anchor_of(cell.id)}, {"id", cell.id}});
        }
    }
    ordered_json list = ordered_json::array();
    for (auto& [reason, cells] : cells_by_reason) {
        list.push_back({{"reason", reason}, {"count", cells.size()}, {"cells", std::move(cells)}});
    }
    return list;
}

/// Sections, and has_NAME for those that may be empty: a list's own section would repeat its heading.
ordered_json sections_view(const CheckResult& result, const std::vector<DrawnFigure>& figures,
                           const CellHomes& homes) {
    ordered_json sections{{"figures", figures_view(result, figures)}, {"claims", ordered_json::array()},
                          {"absences", absences_view(result)},        {"damaged", result.damaged},
                          {"stand_ins", stand_ins_of(result.cells)},  {"groups", groups_view(result, homes)},
                          {"parents", parents_view(result, homes)}};
    std::set<std::string> listed;
    for (const CellResult& cell : result.cells) {
        listed.insert(cell.id);
    }
    for (const ClaimResult& claim : result.claims) {
        sections["claims"].push_back(claim_view(claim, listed));
    }
    ordered_json view = sections;
    for (const auto& [name, list] : sections.items()) {
        view["has_" + name] = !list.empty();
    }
    return view;
}

} // namespace

std::string anchor_of(const std::string& cell) {
    std::string anchor = "cell-";
    for (const char character : cell) {
        anchor += character == '/'      ? "."
                  : is_plain(character) ? std::string(1, character)
                                        : fmt::format("_{:02X}", static_cast<unsigned char>(character));
    }
    return anchor;
}

std::vector<CellHomes> cell_homes(const std::vector<const CheckResult*>& results,
                                  const std::vector<std::string>& pages) {
    std::map<std::vector<std::string>, std::string> page_of_runs; // a cell's id and its runs' keys
    std::vector<CellHomes> homes(results.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
        for (const CellResult& cell : results[i]->cells) {
            std::vector<std::string> runs{cell.id};
            for (const std::size_t run : cell.runs) {
                runs.push_back(results[i]->runs[run].key);
            }
            const auto [home, is_new] = page_of_runs.try_emplace(std::move(runs), pages[i]);
            if (!is_new && home->second != pages[i] && !cell.runs.empty()) {
                homes[i][cell.id] = home->second;
            }
        }
    }
    return homes;
}

std::string to_html(const CheckResult& result, const std::vector<DrawnFigure>& figures,
                    const CellHomes& homes) {
    ordered_json view = sections_view(result, figures, homes);
    view["style"] = templates::page_css;
    view["workload"] = result.workload;
    view["title"] = result.title;
    view["source"] = result.source;
    view["paper"] = result.paper;
    view["profile"] = result.profile;
    view["profile_title"] = result.profile_title;
    const Summary summary = summary_of(result);
    view["comparison"] = summary.comparison;
    view["claims_text"] = summary.claims;
    view["parents_text"] = summary.parents;
    view["has_parents_text"] = !summary.parents.empty();
    view["tau"] = tau_view(result);
    view["script"] = templates::page_js;
    view["cell_count"] = result.cells.size();
    view["claims_summary"] = claims_summary_view(result);
    view["run_count"] = result.runs.size();
    view["finished_runs"] = std::count_if(result.runs.begin(), result.runs.end(), [](const RunFacts& run) {
        return run.state == RunState::finished;
    });
    view["filter"] = filter_view(result);
    view["provenance"] = provenance_view(result);
    view["counts"] = counts_view(result.counts(), result.compared_with());
    view["legend"] = legend_view(result.compared_with());
    view["has_baseline"] = result.compares_with_baseline;
    view["table"] = table_view(result);
    view["caveat"] = result.caveat;
    view["has_rungs"] = result.is_scaling;
    view["rung_tables"] = ordered_json::array();
    for (const RungTable& table : rung_tables(result)) {
        view["rung_tables"].push_back(view_of(table));
    }
    return render(Template::page_html, view);
}

std::string to_html_index(const std::vector<const CheckResult*>& results,
                          const std::vector<std::string>& pages) {
    ordered_json rows = ordered_json::array();
    for (std::size_t i = 0; i < results.size(); ++i) {
        const CheckResult& result = *results[i];
        rows.push_back({{"page", pages[i]},
                        {"workload", result.workload},
                        {"title", result.title},
                        {"source", result.source},
                        {"profile", result.profile},
                        {"cells", result.cells.size()},
                        {"claims", claims_summary_view(result)},
                        {"has_claims", !result.claims.empty()},
                        {"counts", counts_view(result.counts(), result.compared_with())}});
    }
    const auto compares_with = [&results](ComparedWith side) {
        return std::any_of(results.begin(), results.end(), [side](const CheckResult* result) {
            return !result->is_scaling && result->compared_with() == side;
        });
    };
    return render(Template::index_html, {{"style", templates::page_css},
                                         {"count", results.size()},
                                         {"has_recorded", compares_with(ComparedWith::recorded)},
                                         {"has_published", compares_with(ComparedWith::published)},
                                         {"condition", brief_condition(results)},
                                         {"has_condition", !brief_condition(results).empty()},
                                         {"rows", std::move(rows)}});
}

} // namespace reports
