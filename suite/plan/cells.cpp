// Cells by name, and what they are made of.
#include <algorithm>
#include <utility>

#include "suite/plan/plan.hpp"

namespace suite::plan {

namespace {

const std::string nothing;

std::string joined(std::span<const CellId::Place> places) {
    std::string text;
    for (const CellId::Place& place : places) {
        if (!place.value.empty() && place.value != axis_kind(place.role).unwritten) {
            text += (text.empty() ? "" : "/") + place.value;
        }
    }
    return text;
}

template<typename Places, typename Predicate>
auto find_place(Places& places, const Predicate& holds) {
    const auto found = std::find_if(places.begin(), places.end(), holds);
    return found == places.end() ? nullptr : &*found;
}

auto is_named(std::string_view name) {
    return [name](const CellId::Place& place) { return place.axis == name; };
}

auto has_role(AxisRole role) {
    return [role](const CellId::Place& place) { return place.role == role; };
}

} // namespace

std::string CellId::text() const {
    return joined(places);
}

std::string CellId::text_from(std::size_t place) const {
    return joined(std::span(places).subspan(std::min(place, places.size())));
}

const std::string& CellId::first() const noexcept {
    return places.empty() ? nothing : places.front().value;
}

const std::string& CellId::axis(std::string_view name) const noexcept {
    const Place* place = find_place(places, is_named(name));
    return place == nullptr ? nothing : place->value;
}

const std::string& CellId::at(AxisRole role) const noexcept {
    const Place* place = find_place(places, has_role(role));
    return place == nullptr ? nothing : place->value;
}

void CellId::set_axis(std::string_view name, const std::string& value) {
    if (Place* place = find_place(places, is_named(name))) {
        place->value = value;
    }
}

void CellId::set(AxisRole role, const std::string& value) {
    if (Place* place = find_place(places, has_role(role))) {
        place->value = value;
    }
}

bool CellId::is_full_shot() const noexcept {
    const std::string& value = at(AxisRole::shots);
    return value.empty() || value == axis_kind(AxisRole::shots).unwritten;
}

std::size_t CellId::shots() const {
    return is_full_shot() ? 0 : std::stoul(at(AxisRole::shots));
}

std::string_view CellId::shots_text() const noexcept {
    return is_full_shot() ? axis_kind(AxisRole::shots).unwritten : std::string_view(at(AxisRole::shots));
}

CellId transfer_cell(std::string target, std::string model, std::string source, std::string shots) {
    return {.places = {{"target", AxisRole::target, std::move(target)},
                       {"model", AxisRole::model, std::move(model)},
                       {"source", AxisRole::source, std::move(source)},
                       {"shots", AxisRole::shots, std::move(shots)}}};
}

CellId cell_of(std::span<const AxisSpec> axes, std::string_view text) {
    CellId cell;
    for (const AxisSpec& axis : axes) {
        const std::string_view value = text.substr(0, text.find('/'));
        text.remove_prefix(std::min(text.size(), value.size() + 1));
        cell.places.push_back(
            {axis.name, axis.role, std::string(value.empty() ? axis_kind(axis.role).unwritten : value)});
    }
    return cell;
}

std::vector<CellId> all_cells(std::span<const AxisSpec> axes) {
    std::vector<CellId> cells{CellId{}};
    for (const AxisSpec& axis : axes) {
        std::vector<CellId> longer;
        for (const CellId& cell : cells) {
            for (const std::string& value : axis.values) {
                longer.push_back(cell);
                longer.back().places.push_back({axis.name, axis.role, value});
            }
        }
        cells = std::move(longer);
    }
    return cells;
}

std::vector<std::size_t> all_runs(const PlannedCell& cell) {
    std::vector<std::size_t> runs = cell.runs;
    for (const std::vector<std::size_t>& of_parent : cell.further) {
        runs.insert(runs.end(), of_parent.begin(), of_parent.end());
    }
    return runs;
}

bool differ_in_seed_alone(const RunConfig& a, const RunConfig& b) {
    RunConfig reseeded = a;
    reseeded.seed = b.seed;
    return canonical_text(reseeded) == canonical_text(b);
}

std::size_t Plan::parent_count() const {
    return static_cast<std::size_t>(
        std::count_if(runs.begin(), runs.end(), [](const PlannedRun& run) { return run.is_pretraining(); }));
}

const std::string& source_data_set(const WorkloadSpec& workload, const CellId& cell) {
    const auto rule = std::find_if(workload.source_rules.begin(), workload.source_rules.end(),
                                   [&cell](const SourceRule& r) { return r.source == cell.source(); });
    if (rule == workload.source_rules.end()) { // a rung trains on its target, from scratch
        static const std::string none;
        return none;
    }
    const auto special = rule->for_target.find(cell.target());
    return special == rule->for_target.end() ? rule->data_set : special->second;
}

} // namespace suite::plan
