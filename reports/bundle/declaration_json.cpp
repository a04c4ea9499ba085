#include "reports/bundle/declaration_json.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <stdexcept>

#include "suite/plan/spec/enum_names.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;
using nlohmann::ordered_json;

template<typename Enum>
Enum enum_from(const ordered_json& value) {
    const auto word = value.get<std::string>();
    const auto found = plan::enum_value<Enum>(word);
    if (!found) {
        throw std::invalid_argument("unknown word \"" + word + "\"");
    }
    return *found;
}

template<typename Value, typename ToJson>
ordered_json list_of(const std::vector<Value>& values, const ToJson& to_json) {
    ordered_json list = ordered_json::array();
    for (const Value& value : values) {
        list.push_back(to_json(value));
    }
    return list;
}

template<typename Value, typename FromJson>
std::vector<Value> values_of(const ordered_json& list, const FromJson& from_json) {
    std::vector<Value> values;
    for (const ordered_json& entry : list) {
        values.push_back(from_json(entry));
    }
    return values;
}

ordered_json term_to_json(const plan::ClaimTermSpec& term) {
    return {{"cells", term.cells},
            {"best_of", term.best_of},
            {"versus", term.versus},
            {"kind", plan::enum_name(term.kind)},
            {"margin", term.margin},
            {"by_sds", term.by_sds},
            {"bound", term.bound ? ordered_json(*term.bound) : ordered_json(nullptr)}};
}

plan::ClaimTermSpec term_from_json(const ordered_json& entry) {
    plan::ClaimTermSpec term{.cells = entry.at("cells"),
                             .best_of = entry.at("best_of"),
                             .versus = entry.at("versus").get<std::map<std::string, std::string>>(),
                             .kind = enum_from<plan::ClaimKind>(entry.at("kind")),
                             .margin = entry.at("margin"),
                             .by_sds = entry.at("by_sds"),
                             .bound = {}};
    if (!entry.at("bound").is_null()) {
        term.bound = entry.at("bound").get<double>();
    }
    return term;
}

ordered_json axis_to_json(const plan::AxisSpec& axis) {
    return {{"name", axis.name}, {"role", plan::enum_name(axis.role)}, {"values", axis.values}};
}

plan::AxisSpec axis_from_json(const ordered_json& entry) {
    return {.name = entry.at("name"),
            .role = enum_from<plan::AxisRole>(entry.at("role")),
            .values = entry.at("values").get<std::vector<std::string>>()};
}

/// Of a bundle that was written when every workload had the same four axes; of ladders the last two held the
/// mode and the ranks.
std::vector<plan::AxisSpec> four_axes(const ordered_json& entry, bool is_ladder) {
    using plan::AxisRole;
    const std::pair<const char*, AxisRole> lists[] = {
        {"targets", AxisRole::target},
        {"models", AxisRole::model},
        {"sources", is_ladder ? AxisRole::scaling : AxisRole::source},
        {"shots", is_ladder ? AxisRole::ranks : AxisRole::shots}};
    std::vector<plan::AxisSpec> axes;
    for (const auto& [key, role] : lists) {
        axes.push_back({.name = std::string(plan::enum_name(role)),
                        .role = role,
                        .values = entry.at(key).get<std::vector<std::string>>()});
    }
    return axes;
}

std::vector<plan::AxisSpec> axes_from_json(const ordered_json& entry, bool is_ladder = false) {
    return entry.contains("axes") ? values_of<plan::AxisSpec>(entry.at("axes"), axis_from_json)
                                  : four_axes(entry, is_ladder);
}

ordered_json block_to_json(const plan::CellBlock& block) {
    return {{"axes", list_of(block.axes, axis_to_json)}, {"without", block.without}};
}

plan::CellBlock block_from_json(const ordered_json& entry) {
    return {.axes = axes_from_json(entry), .without = entry.at("without").get<std::vector<std::string>>()};
}

/// A list that bundles written before views existed do not have.
std::vector<plan::CellBlock> blocks_from_json(const ordered_json& entry, const char* key) {
    return values_of<plan::CellBlock>(entry.value(key, ordered_json::array()), block_from_json);
}

ordered_json claim_to_json(const plan::ClaimSpec& claim) {
    return {{"id", claim.id},
            {"text", claim.text},
            {"where", claim.where},
            {"rule", plan::enum_name(claim.rule)},
            {"at_least", claim.at_least},
            {"terms", list_of(claim.terms, term_to_json)},
            {"differs", claim.differs},
            {"among", list_of(claim.among, block_to_json)}};
}

plan::ClaimSpec claim_from_json(const ordered_json& entry) {
    return {.id = entry.at("id"),
            .text = entry.at("text"),
            .where = entry.at("where"),
            .rule = enum_from<plan::ClaimRule>(entry.at("rule")),
            .at_least = entry.at("at_least"),
            .terms = values_of<plan::ClaimTermSpec>(entry.at("terms"), term_from_json),
            .differs = entry.at("differs").get<std::map<std::string, std::string>>(),
            .among = blocks_from_json(entry, "among"),
            .origin = {}};
}

ordered_json figure_to_json(const plan::FigureSpec& figure) {
    return {{"id", figure.id},         {"title", figure.title}, {"kind", plan::enum_name(figure.kind)},
            {"cells", figure.cells},   {"x", figure.x},         {"series", figure.series},
            {"panels", figure.panels}, {"value", figure.value}};
}

plan::FigureSpec figure_from_json(const ordered_json& entry) {
    return {.id = entry.at("id"),
            .title = entry.at("title"),
            .kind = enum_from<plan::FigureKind>(entry.at("kind")),
            .cells = entry.at("cells").get<std::vector<std::string>>(),
            .x = entry.at("x"),
            .series = entry.at("series").get<std::vector<std::string>>(),
            .value = entry.value("value", ""),
            .panels = entry.at("panels"),
            .origin = {}};
}

ordered_json source_to_json(const plan::SourceRule& rule) {
    return {{"source", rule.source}, {"data_set", rule.data_set}, {"for_target", rule.for_target}};
}

plan::SourceRule source_from_json(const ordered_json& entry) {
    return {.source = entry.at("source"),
            .data_set = entry.at("data_set"),
            .for_target = entry.at("for_target").get<std::map<std::string, std::string>>()};
}

/// What a check needs of a ladder; null for a workload that scores.
ordered_json scaling_to_json(const std::optional<plan::ScalingSpec>& scaling) {
    return scaling ? ordered_json{{"margin", scaling->margin}, {"caveat", scaling->caveat}}
                   : ordered_json(nullptr);
}

std::optional<plan::ScalingSpec> scaling_from_json(const ordered_json& entry) {
    if (entry.is_null()) {
        return std::nullopt;
    }
    plan::ScalingSpec scaling;
    scaling.margin = entry.at("margin");
    scaling.caveat = entry.at("caveat");
    return scaling;
}

ordered_json workload_to_json(const plan::WorkloadSpec& workload) {
    return {{"scaling", scaling_to_json(workload.scaling)},
            {"id", workload.id},
            {"title", workload.title},
            {"source", workload.source},
            {"study", workload.study},
            {"paper", workload.paper},
            {"axes", list_of(workload.axes, axis_to_json)},
            {"without", workload.without},
            {"union_of", workload.union_of},
            {"blocks", list_of(workload.blocks, block_to_json)},
            {"source_rules", list_of(workload.source_rules, source_to_json)},
            {"margins", workload.margins},
            {"margin_sds", workload.margin_sds},
            {"claims", list_of(workload.claims, claim_to_json)},
            {"figures", list_of(workload.figures, figure_to_json)}};
}

plan::WorkloadSpec workload_from_json(const ordered_json& entry) {
    plan::WorkloadSpec workload;
    workload.id = entry.at("id");
    workload.title = entry.at("title");
    workload.source = entry.at("source");
    workload.paper = entry.at("paper");
    workload.study = entry.value("study", ""); // not in bundles of four axes
    workload.axes = axes_from_json(entry, !entry.value("scaling", ordered_json(nullptr)).is_null());
    workload.without = entry.value("without", std::vector<std::string>{});
    workload.union_of = entry.value("union_of", std::vector<std::string>{});
    workload.blocks = blocks_from_json(entry, "blocks");
    workload.source_rules = values_of<plan::SourceRule>(entry.at("source_rules"), source_from_json);
    workload.margins = entry.at("margins").get<std::map<std::string, double>>();
    workload.margin_sds = entry.at("margin_sds");
    workload.scaling = scaling_from_json(entry.value("scaling", ordered_json(nullptr)));
    workload.claims = values_of<plan::ClaimSpec>(entry.at("claims"), claim_from_json);
    workload.figures = values_of<plan::FigureSpec>(entry.at("figures"), figure_from_json);
    if (!entry.contains("axes")) {
        for (plan::FigureSpec& figure : workload.figures) { // the earlier name of the axis
            std::replace(figure.series.begin(), figure.series.end(), std::string("mode"),
                         std::string(plan::enum_name(plan::AxisRole::scaling)));
        }
    }
    return workload;
}

ordered_json number(const std::optional<double>& value) {
    return value ? ordered_json(*value) : ordered_json(nullptr);
}

std::optional<double> optional_number(const ordered_json& entry, const char* key) {
    const auto found = entry.find(key);
    return found == entry.end() || found->is_null() ? std::nullopt : std::optional(found->get<double>());
}

ordered_json cell_to_json(const plan::PlannedCell& cell) {
    return {{"id", cell.text},
            {"metric", cell.metric},
            {"is_as_run", cell.is_as_run},
            {"margin", cell.margin},
            {"margin_sds", cell.margin_sds},
            {"margin_group", cell.margin_group},
            {"margin_cap", number(cell.margin_cap)},
            {"chance", number(cell.chance)},
            {"stand_ins", list_of(cell.stand_ins,
                                  [](const plan::StandIn& entry) {
                                      return ordered_json{entry.published, entry.used};
                                  })},
            {"runs", cell.runs},
            {"further", cell.further},
            {"bases", list_of(cell.bases, [](const plan::BaseRuns& bases) {
                 return ordered_json{bases.before, bases.after};
             })}};
}

/// The values of the workload's axes; of bundles of four axes one by one.
plan::CellId cell_id_from_json(const ordered_json& entry, const plan::WorkloadSpec& workload) {
    if (entry.contains("id")) {
        return plan::cell_of(workload.axes, entry.at("id").get<std::string>());
    }
    plan::CellId id;
    const char* keys[] = {"target", "model", "source", "shots"};
    for (std::size_t i = 0; i < workload.axes.size() && i < std::size(keys); ++i) {
        id.places.push_back({workload.axes[i].name, workload.axes[i].role, entry.at(keys[i])});
    }
    return id;
}

plan::PlannedCell cell_from_json(const ordered_json& entry, const plan::WorkloadSpec& workload) {
    plan::PlannedCell cell;
    cell.id = cell_id_from_json(entry, workload);
    cell.text = cell.id.text();
    cell.metric = entry.at("metric");
    cell.is_as_run = entry.at("is_as_run");
    cell.margin = entry.at("margin");
    cell.margin_sds = entry.at("margin_sds");
    cell.margin_group = entry.value("margin_group", cell.metric + "/" + cell.text); // this and the next two:
    cell.margin_cap = optional_number(entry, "margin_cap"); // not in bundles before schema 3
    cell.chance = optional_number(entry, "chance");
    cell.stand_ins = values_of<plan::StandIn>(entry.at("stand_ins"), [](const ordered_json& pair) {
        return plan::StandIn{.published = pair.at(0), .used = pair.at(1)};
    });
    cell.runs = entry.at("runs").get<std::vector<std::size_t>>();
    cell.further = // not in bundles before schema 3
        entry.value("further", std::vector<std::vector<std::size_t>>());
    cell.bases =
        values_of<plan::BaseRuns>(entry.value("bases", ordered_json::array()), [](const ordered_json& pair) {
            return plan::BaseRuns{.before = pair.at(0), .after = pair.at(1)};
        });
    return cell;
}

} // namespace

ordered_json declaration_to_json(const BundleSubject& subject) {
    return {{"workload", workload_to_json(subject.workload)},
            {"profile", {{"id", subject.profile.id}, {"title", subject.profile.title}}},
            {"protocol", subject.plan.protocol},
            {"seeds", subject.plan.seeds},
            {"parents", subject.plan.parents},
            {"cells", list_of(subject.plan.cells, cell_to_json)},
            {"skipped", list_of(subject.plan.skipped,
                                [](const plan::SkippedCell& cell) {
                                    return ordered_json{{"cell", cell.cell}, {"reason", cell.reason}};
                                })},
            {"compares_with_baseline", subject.references.compares_with_baseline},
            {"baseline_origin", subject.references.baseline_origin},
            {"published_test_images", subject.references.test_images},
            {"baseline_facts", subject.references.baseline_facts}};
}

BundleSubject declaration_from_json(const ordered_json& document) {
    BundleSubject subject;
    subject.workload = workload_from_json(document.at("workload"));
    subject.profile.id = document.at("profile").at("id");
    subject.profile.title = document.at("profile").at("title");
    subject.plan.workload = subject.workload.id;
    subject.plan.profile = subject.profile.id;
    subject.plan.protocol = document.at("protocol");
    subject.plan.seeds = document.at("seeds").get<std::vector<std::uint64_t>>();
    subject.plan.parents = document.value("parents", 1);
    subject.plan.cells =
        values_of<plan::PlannedCell>(document.at("cells"), [&subject](const ordered_json& entry) {
            return cell_from_json(entry, subject.workload);
        });
    subject.plan.skipped =
        values_of<plan::SkippedCell>(document.at("skipped"), [](const ordered_json& entry) {
            return plan::SkippedCell{.cell = entry.at("cell"), .reason = entry.at("reason")};
        });
    subject.references.compares_with_baseline = document.at("compares_with_baseline");
    subject.references.baseline_origin = document.at("baseline_origin");
    subject.references.baseline_facts = // not in bundles of schema 1
        document.value("baseline_facts", std::map<std::string, std::string>());
    subject.references.test_images = // not in bundles of earlier versions
        document.value("published_test_images", std::map<std::string, std::size_t>());
    return subject;
}

} // namespace reports
