#include <algorithm>

#include "reports/audit/text.hpp"
#include "reports/check/claims.hpp"
#include "reports/check/parents.hpp"

namespace reports {
namespace {

using Json = nlohmann::ordered_json;

template<typename Value>
Json or_null(const std::optional<Value>& value) {
    return value ? Json(*value) : Json();
}

Json or_null(const std::string& text) {
    return text.empty() ? Json() : Json(text);
}

/// "full" or a number.
Json shots_json(std::string_view shots) {
    return shots == "full" ? Json(shots) : Json(std::stoul(std::string(shots)));
}

Json cell_json(const AuditCell& cell) {
    const bool has_seeds = cell.raw.n > 0;
    return {{"id", cell.id},
            {"target", cell.cell.target()},
            {"model", cell.cell.model()},
            {"source", cell.cell.source()},
            {"raw_source", or_null(cell.raw_source)},
            {"shots", shots_json(cell.cell.shots_text())},
            {"metric", cell.metric},
            {"n", has_seeds ? Json(cell.raw.n) : Json()},
            {"mean", has_seeds ? Json(cell.raw.mean) : Json()},
            {"sd", has_seeds ? or_null(cell.raw.sd) : Json()},
            {"published_mean", cell.printed ? Json(cell.printed->mean) : Json()},
            {"published_sd", cell.printed ? Json(cell.printed->sd) : Json()},
            {"published_where", cell.printed ? Json(cell.printed->where) : Json()},
            {"agrees", or_null(cell.agrees())},
            {"mean_agrees", or_null(cell.mean_agrees)},
            {"sd_agrees", or_null(cell.sd_agrees)},
            {"shown", cell.is_shown},
            {"reason", or_null(cell.reason)}};
}

Json contrast_json(const Contrast& contrast) {
    return {{"target", contrast.target},
            {"model", contrast.model},
            {"shots", shots_json(contrast.shots)},
            {"metric", contrast.metric},
            {"a", contrast.a},
            {"b", contrast.b},
            {"a_raw", contrast.a_raw},
            {"b_raw", contrast.b_raw},
            {"test", contrast.is_paired ? "paired" : "welch"},
            {"n_a", contrast.n_a},
            {"n_b", contrast.n_b},
            {"difference", contrast.difference},
            {"t", or_null(contrast.t)},
            {"df", or_null(contrast.df)},
            {"p", or_null(contrast.p)},
            {"p_adjusted", or_null(contrast.p_adjusted)},
            {"reason", or_null(contrast.reason)}};
}

Json bold_json(const BoldRow& row) {
    return {{"table", row.table},
            {"row", row.row},
            {"published", or_null(row.published)},
            {"recomputed", or_null(row.recomputed)},
            {"agrees", row.agrees},
            {"marks_lost", row.marks_lost},
            {"best", row.best},
            {"rival", row.rival},
            {"p", or_null(row.p)}};
}

Json claim_json(const AuditedClaim& claim) {
    Json terms = Json::array();
    for (const metrics::TermResult& term : claim.result.terms) {
        terms.push_back({{"verdict", metrics::to_string(term.verdict)},
                         {"difference", or_null(term.difference)},
                         {"p", or_null(term.p_favour)},
                         {"p_adjusted", or_null(term.p_favour_adjusted)},
                         {"test", term.test},
                         {"p_against", or_null(term.p_against)},
                         {"p_against_adjusted", or_null(term.p_against_adjusted)}});
    }
    return {{"workload", claim.workload},
            {"id", claim.id},
            {"text", claim.text},
            {"where", claim.where},
            {"verdict", metrics::to_string(claim.result.verdict)},
            {"grade", metrics::to_string(claim.result.grade)},
            {"p", claim.result.p_favour},
            {"p_against", claim.result.p_against},
            {"depends_on", claim.result.depends_on},
            {"cells", claim.cells},
            {"cells_with_raw_seeds", claim.cells_with_raw_seeds},
            {"terms", std::move(terms)},
            {"evidence", claim.result.evidence}};
}

template<typename Items, typename ToJson>
Json array_of(const Items& items, const ToJson& to_json) {
    Json array = Json::array();
    for (const auto& item : items) {
        array.push_back(to_json(item));
    }
    return array;
}

} // namespace

Json to_json(const Audit& audit) {
    Json tables = Json::array();
    for (const AuditTable& table : audit.tables) {
        tables.push_back({{"table", table.id}, {"cells", array_of(table.cells, cell_json)}});
    }
    return {{"conditional_on", published_condition},
            {"tables", std::move(tables)},
            {"contrasts", array_of(audit.contrasts, contrast_json)},
            {"bold", array_of(audit.bold, bold_json)},
            {"claims", array_of(audit.claims, claim_json)},
            {"claim_error_rates", to_json(error_rates_of(audit))},
            {"why_paired", why_paired}};
}

} // namespace reports
