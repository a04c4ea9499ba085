// The cells of workloads, and views: workloads that look at the cells of others from another side.
#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/base/names.hpp"
#include "suite/plan/declare/declarations.hpp"
#include "suite/plan/plan.hpp"
#include "suite/plan/resolve.hpp"

namespace suite::plan {
namespace {

bool matches_any(const std::vector<std::string>& globs, const std::string& text) {
    return std::any_of(globs.begin(), globs.end(),
                       [&text](const std::string& glob) { return glob_match(glob, text); });
}

CellBlock own_block(const WorkloadSpec& workload) {
    return {.axes = workload.axes, .without = workload.without};
}

void add_cells(const CellBlock& block, std::vector<CellId>& cells) {
    for (CellId& cell : all_cells(block.axes)) {
        if (block.without.empty() || !matches_any(block.without, cell.text())) {
            cells.push_back(std::move(cell));
        }
    }
}

void add_once(std::vector<std::string>& list, const std::vector<std::string>& more) {
    for (const std::string& text : more) {
        if (std::find(list.begin(), list.end(), text) == list.end()) {
            list.push_back(text);
        }
    }
}

/// Every one of these cells that a claim looks at.
std::vector<std::string> cells_of(const ClaimSpec& claim, const std::vector<CellId>& cells) {
    std::set<std::string> all;
    for (const CellId& cell : cells) {
        all.insert(cell.text());
    }
    std::vector<std::string> texts;
    for (const ClaimTermSpec& term : claim.terms) {
        for (CellId cell : cells) {
            if (!glob_match(term.cells, cell.text())) {
                continue;
            }
            texts.push_back(cell.text());
            for (const auto& [axis, value] : term.versus) {
                cell.set_axis(axis, value);
            }
            if (all.contains(cell.text())) {
                texts.push_back(cell.text());
            }
        }
    }
    return texts;
}

/// Fills one view from the workloads that it names.
class ViewBuilder {
public:
    ViewBuilder(const std::map<std::string, WorkloadSpec>& workloads, WorkloadSpec& view, Issues& issues)
        : workloads_(workloads), view_(view), issues_(issues) {}

    void build() {
        for (const std::string& id : view_.union_of) {
            if (is_sound(id)) {
                add_part(workloads_.at(id));
            }
        }
        std::set<std::string> kept;
        for (const CellId& cell : workload_cells(view_)) {
            kept.insert(cell.text());
        }
        for (const std::string& id : view_.union_of) {
            if (const auto part = workloads_.find(id); part != workloads_.end()) {
                add_claims(part->second, kept);
            }
        }
    }

private:
    void fault(const std::string& name, std::string found, std::string expected) {
        issues_.faults.add({.where = issues_.lines.find(view_.origin, name).text(),
                            .found = std::move(found),
                            .expected = std::move(expected),
                            .fix = ""});
    }

    bool is_sound(const std::string& id) {
        std::vector<std::string> valid;
        for (const auto& [name, workload] : workloads_) {
            if (workload.union_of.empty()) {
                valid.push_back(name);
            }
        }
        const bool is_known = std::find(valid.begin(), valid.end(), id) != valid.end();
        if (!is_known) {
            fault(id, "workload '" + id + "', which is none with cells of its own",
                  expected_names(id, valid));
        }
        return is_known;
    }

    void add_part(const WorkloadSpec& part) {
        view_.blocks.push_back(own_block(part));
        add_axes(part);
        take_margins(part, view_.blocks.size() == 1, view_, issues_);
        for (const SourceRule& rule : part.source_rules) {
            add_rule(part, rule);
        }
    }

    /// Cells of one table are spelt alike: the same names in the same order.
    void add_axes(const WorkloadSpec& part) {
        if (view_.axes.empty()) {
            view_.axes = part.axes;
            return;
        }
        const std::vector<std::string> names = axis_names(view_.axes);
        if (const std::vector<std::string> own = axis_names(part.axes); own != names) {
            fault(part.id, fmt::format("axes {} of '{}'", fmt::join(own, ", "), part.id),
                  fmt::format("{}, as of the workloads before it", fmt::join(names, ", ")));
            return;
        }
        for (std::size_t i = 0; i < names.size(); ++i) {
            add_once(view_.axes[i].values, part.axes[i].values);
        }
    }

    /// A word may mean another data set in each workload, but only one for each target.
    void add_rule(const WorkloadSpec& part, const SourceRule& rule) {
        auto place = std::find_if(view_.source_rules.begin(), view_.source_rules.end(),
                                  [&rule](const SourceRule& r) { return r.source == rule.source; });
        if (place == view_.source_rules.end()) {
            place = view_.source_rules.insert(
                view_.source_rules.end(),
                SourceRule{.source = rule.source, .data_set = {}, .for_target = {}});
        }
        for (const std::string& target : part.values(AxisRole::target)) {
            const auto special = rule.for_target.find(target);
            const std::string& data_set = special == rule.for_target.end() ? rule.data_set : special->second;
            const auto [entry, is_new] = place->for_target.try_emplace(target, data_set);
            if (!is_new && entry->second != data_set) {
                fault(part.id,
                      "source '" + rule.source + "' of " + target + " as '" + data_set + "' in '" + part.id +
                          "'",
                      "'" + entry->second + "', as in the workloads before it");
            }
        }
    }

    void add_claims(const WorkloadSpec& part, const std::set<std::string>& kept) {
        const std::vector<CellId> cells = workload_cells(part);
        for (ClaimSpec claim : part.claims) {
            const std::vector<std::string> needed = cells_of(claim, cells);
            if (!std::all_of(needed.begin(), needed.end(),
                             [&kept](const std::string& cell) { return kept.contains(cell); })) {
                continue;
            }
            claim.id = view_.union_of.size() == 1 ? claim.id : part.id + "." + claim.id;
            claim.among = {own_block(part)};
            view_.claims.push_back(std::move(claim));
        }
    }

    const std::map<std::string, WorkloadSpec>& workloads_;
    WorkloadSpec& view_;
    Issues& issues_;
};

std::vector<CellId> cells_of(const std::vector<CellBlock>& blocks) {
    std::vector<CellId> cells;
    for (const CellBlock& block : blocks) {
        add_cells(block, cells);
    }
    return cells;
}

} // namespace

std::vector<CellId> workload_cells(const WorkloadSpec& workload) {
    if (workload.blocks.empty()) {
        return cells_of({own_block(workload)});
    }
    std::vector<CellId> cells;
    std::set<std::string> seen;
    for (const CellId& cell : cells_of(workload.blocks)) {
        const std::string text = cell.text();
        if (!matches_any(workload.without, text) && seen.insert(text).second) {
            cells.push_back(cell);
        }
    }
    return cells;
}

std::vector<CellId> selected_cells(const WorkloadSpec& workload, const PlanFilter& filter) {
    const std::vector<CellId> all = workload_cells(workload);
    std::vector<std::string> texts;
    std::transform(all.begin(), all.end(), std::back_inserter(texts),
                   [](const CellId& id) { return id.text(); });
    std::vector<bool> is_selected(all.size(), filter.cells.empty());
    FaultList faults;
    for (const std::string& glob : filter.cells) {
        std::size_t count = 0;
        for (std::size_t i = 0; i < all.size(); ++i) {
            const bool matches = glob_match(glob, texts[i]);
            is_selected[i] = is_selected[i] || matches;
            count += matches ? 1U : 0U;
        }
        if (count == 0) {
            faults.add({"--cell", "'" + glob + "'", expected_names(glob, texts), ""});
        }
    }
    faults.throw_if_any(ErrorKind::usage);
    std::vector<CellId> selected;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (is_selected[i]) {
            selected.push_back(all[i]);
        }
    }
    return selected;
}

std::vector<CellId> claim_cells(const WorkloadSpec& workload, const ClaimSpec& claim) {
    return claim.among.empty() ? workload_cells(workload) : cells_of(claim.among);
}

void add_value(WorkloadSpec& workload, AxisRole role, const std::string& value) {
    for (AxisSpec& axis : workload.axes) {
        if (axis.role == role) {
            add_once(axis.values, {value});
        }
    }
}

std::vector<std::string> workload_ids(const Catalog& catalog) {
    std::vector<std::string> ids;
    for (const auto& [id, workload] : catalog.workloads) {
        ids.push_back(id);
    }
    std::stable_sort(ids.begin(), ids.end(), [&catalog](const std::string& a, const std::string& b) {
        return catalog.workloads.at(a).order < catalog.workloads.at(b).order;
    });
    return ids;
}

void resolve_views(std::map<std::string, WorkloadSpec>& workloads, Issues& issues) {
    for (auto& [id, workload] : workloads) {
        if (!workload.union_of.empty()) {
            ViewBuilder(workloads, workload, issues).build();
        }
    }
}

} // namespace suite::plan
