#include "reports/format/json.hpp"

#include <string_view>

#include "reports/check/parents.hpp"
#include "reports/format/rung_text.hpp"
#include "reports/format/summary.hpp"

namespace reports {
namespace {

using nlohmann::ordered_json;

ordered_json number(const std::optional<double>& value) {
    return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json interval(const std::optional<metrics::Interval>& value) {
    return value ? ordered_json{value->low, value->high} : ordered_json(nullptr);
}

std::optional<double> mean_of(const metrics::Sample& sample) {
    return sample.n > 0 ? std::optional(sample.mean) : std::nullopt;
}

ordered_json side(const std::optional<ReferenceSide>& reference) {
    if (!reference) {
        return nullptr;
    }
    ordered_json document{{"kind", suite::plan::to_string(reference->kind)},
                          {"mean", number(mean_of(reference->sample))},
                          {"sd", number(reference->sample.sd)},
                          {"n", reference->sample.n},
                          {"origin", reference->origin}};
    if (reference->kind != suite::plan::ReferenceKind::baseline) {
        document["where"] = reference->where;
        document["bold"] = reference->bold ? ordered_json(*reference->bold) : ordered_json(nullptr);
    }
    return document;
}

/// The judging side; an object even where there is none, so that its fields can be read without asking.
ordered_json judging_side(const CellResult& cell) {
    if (cell.reference()) {
        return side(cell.reference());
    }
    return {{"kind", cell.judged_by_baseline ? "baseline" : "printed"},
            {"mean", nullptr},
            {"sd", nullptr},
            {"n", 0},
            {"origin", "none recorded"}};
}

ordered_json values_of(const CellResult& cell) {
    ordered_json list = ordered_json::array();
    for (const SeedResult& entry : cell.values) {
        list.push_back({{"seed", entry.seed}, {"value", entry.value}, {"key", entry.key}});
    }
    return list;
}

ordered_json stand_ins_of(const CellResult& cell) {
    ordered_json list = ordered_json::array();
    for (const suite::plan::StandIn& entry : cell.stand_ins) {
        list.push_back({{"published", entry.published}, {"used", entry.used}});
    }
    return list;
}

ordered_json to_json(const TestSetSide& side) {
    return {{"images", side.images > 0 ? ordered_json(side.images) : ordered_json(nullptr)},
            {"se", number(side.se)}};
}

ordered_json to_json(const TestSetClaim& claim) {
    ordered_json terms = ordered_json::array();
    for (const TestSetTerm& term : claim.terms) {
        terms.push_back({{"label", term.label},
                         {"difference", number(term.difference)},
                         {"standard_error", number(term.standard_error)},
                         {"p", number(term.p)},
                         {"p_against", number(term.p_against)},
                         {"reason", term.reason}});
    }
    return {{"verdict", to_string(claim.verdict)},
            {"p", number(claim.p)},
            {"p_against", number(claim.p_against)},
            {"terms", std::move(terms)}};
}

ordered_json to_json(const CellResult& cell) {
    const metrics::CellComparison& comparison = cell.comparison;
    ordered_json document{
        {"id", cell.id},
        {"metric", cell.metric},
        {"n", cell.values.size()},
        {"planned", cell.planned},
        {"mean", number(mean_of(cell.ours))},
        {"sd", number(cell.ours.sd)},
        {"compared_with", to_string(cell.compared_with())},
        {"reference", judging_side(cell)},
        {"difference", number(comparison.difference)},
        {"ci95", interval(comparison.ci95)},
        {"p_different", number(comparison.p_different)},
        {"p_different_adjusted", number(comparison.p_different_adjusted)},
        {"p_equivalent", number(comparison.p_equivalent)},
        {"margin", cell.planned > 0 ? ordered_json(comparison.margin) : ordered_json(nullptr)},
        {"margin_cap", number(cell.declared.cap)},
        {"rounding_half_width", comparison.rounding_half_width},
        {"chance", number(comparison.chance)},
        {"at_chance", comparison.at_chance},
        {"test", metrics::to_string(comparison.test)},
        {"pairs", comparison.pairs},
        {"differs_size_unresolved", comparison.differs_size_unresolved},
        {"verdict", metrics::to_string(comparison.verdict)},
        {"reason", comparison.reason},
        {"repeats_baseline", cell.repeats_baseline},
        {"parents", cell.parents},
        {"shares_parent", cell.sharing == ParentSharing::shared},
        {"values", values_of(cell)},
        {"published", side(cell.published)},
        {"baseline", side(cell.baseline)},
        {"stand_ins", stand_ins_of(cell)},
        {"test_set", to_json(cell.test_set)},
        {"published_test_set", to_json(cell.published_test_set)}};
    if (cell.rung) {
        document["rung"] = to_json(*cell.rung);
    }
    return document;
}

ordered_json to_json(const std::optional<ParentsEffect>& effect) {
    return effect ? ordered_json{{"comparisons", effect->comparisons},
                                 {"verdict_without", metrics::to_string(effect->verdict_without)},
                                 {"power", number(effect->power)},
                                 {"power_without", number(effect->power_without)}}
                  : ordered_json(nullptr);
}

ordered_json to_json(const ClaimResult& claim) {
    return {{"id", claim.id},
            {"text", claim.text},
            {"verdict", metrics::to_string(claim.ours.verdict)},
            {"grade", metrics::to_string(claim.ours.grade)},
            {"p", claim.ours.p_favour},
            {"p_against", claim.ours.p_against},
            {"robustness", claim.ours.robustness},
            {"depends_on", claim.ours.depends_on},
            {"evidence", claim.ours.evidence},
            {"where", claim.where},
            {"published", metrics::to_string(claim.published)},
            {"baseline",
             claim.baseline ? ordered_json(metrics::to_string(*claim.baseline)) : ordered_json(nullptr)},
            {"expected", claim.expected},
            {"differs", claim.differs.empty() ? ordered_json(nullptr) : ordered_json(claim.differs)},
            {"test_set", to_json(claim.test_set)},
            {"cells", claim.cells},
            {"parents", claim.parents},
            {"parents_effect", to_json(claim.parents_effect)}};
}

} // namespace

ordered_json to_json(const CheckResult& result) {
    ordered_json document{{"workload", result.workload},
                          {"profile", result.profile},
                          {"protocol", result.protocol},
                          {"cells_as_run", result.cells_as_run},
                          {"title", result.title},
                          {"source", result.source},
                          {"paper", result.paper},
                          {"compares_with", result.compares_with_baseline ? "baseline" : "published"},
                          {"compared_with", to_string(result.compared_with())},
                          {"baseline_origin", result.baseline_origin.empty()
                                                  ? ordered_json(nullptr)
                                                  : ordered_json(result.baseline_origin)},
                          {"conditional_on", parents_text(result)},
                          {"parents", parents_json(result)},
                          {"summary", summary_json(result)},
                          {"counts", to_json(result.counts())},
                          {"cells", ordered_json::array()},
                          {"claims", ordered_json::array()},
                          {"damaged", result.damaged}};
    for (const CellResult& cell : result.cells) {
        document["cells"].push_back(to_json(cell));
    }
    if (!result.limits.empty()) {
        document["limits"] = result.limits;
    }
    if (!result.caveat.empty()) {
        document["caveat"] = result.caveat;
    }
    for (const ClaimResult& claim : result.claims) {
        document["claims"].push_back(to_json(claim));
    }
    return document;
}

} // namespace reports
