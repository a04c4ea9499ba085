// Names that a workload uses: its axes, claims, figures, ladder.
#include <algorithm>
#include <set>

#include "suite/base/metric_kinds.hpp"
#include "suite/base/names.hpp"
#include "suite/plan/declare/references_checker.hpp"
#include "suite/plan/resolve.hpp"

namespace suite::plan {

void ReferenceChecker::check_target(const WorkloadSpec& workload, const std::string& target) {
    if (!known(workload.origin, "target", target, data_sets_)) {
        return;
    }
    const DataSetSpec& set = catalog_.data_sets.at(target);
    if (set.finetune.empty() || !workload.margins.contains(set.metric)) {
        faults_.add({.where = lines_.find(workload.origin, target).text(),
                     .found = "target '" + target + "' with metric '" + set.metric +
                              "' and fine-tuning recipe '" + set.finetune + "'",
                     .expected = "a recipe, and a metric that has a margin here",
                     .fix = "complete " + set.origin.text()});
    }
}

void ReferenceChecker::check_source(const WorkloadSpec& workload, const std::string& data_set) {
    if (!known(workload.origin, "source data set", data_set, data_sets_)) {
        return;
    }
    for (const std::string& model : workload.values(AxisRole::model)) {
        if (!catalog_.data_sets.at(data_set).pretrain.contains(model)) {
            faults_.add({.where = lines_.find(workload.origin, data_set).text(),
                         .found = "source '" + data_set + "' without a pre-training recipe for " + model,
                         .expected = "one in its table pretrain",
                         .fix = "complete " + catalog_.data_sets.at(data_set).origin.text()});
        }
    }
}

void ReferenceChecker::check_versus(const WorkloadSpec& workload, const ClaimSpec& claim,
                                    const ClaimTermSpec& term) {
    const std::vector<std::string> names = axis_names(workload.axes);
    if (!term.best_of.empty()) {
        known(claim.origin, "axis", term.best_of, names);
    }
    for (const auto& [axis, value] : term.versus) {
        if (known(claim.origin, "axis", axis, names)) {
            known(claim.origin, axis, value, find_axis(workload.axes, axis)->values);
        }
    }
}

// Returns how many comparisons the term makes.
std::size_t ReferenceChecker::check_cells(const ClaimSpec& claim, const ClaimTermSpec& term,
                                          const std::vector<CellId>& cells) {
    std::size_t comparisons = 0;
    std::vector<std::string> texts;
    for (const CellId& cell : cells) {
        texts.push_back(cell.text());
        if (!glob_match(term.cells, texts.back())) {
            continue;
        }
        ++comparisons;
        CellId other = cell;
        for (const auto& [axis, value] : term.versus) {
            other.set_axis(axis, value);
        }
        if (!term.bound && other.text() == cell.text()) {
            faults_.add({.where = lines_.find(claim.origin, term.cells).text(),
                         .found = "cell '" + cell.text() + "' compared with itself",
                         .expected = "a table versus that names another cell",
                         .fix = "narrow cells or name another value"});
        }
    }
    if (comparisons == 0) {
        known(claim.origin, "cells", term.cells, texts);
    }
    return comparisons;
}

void ReferenceChecker::check_claim(const WorkloadSpec& workload, const ClaimSpec& claim,
                                   const std::vector<CellId>& cells) {
    for (const auto& [profile, reason] : claim.differs) {
        known(claim.origin, "profile", profile, names_of(catalog_.profiles));
    }
    std::size_t comparisons = 0;
    for (const ClaimTermSpec& term : claim.terms) {
        check_versus(workload, claim, term);
        comparisons += check_cells(claim, term, cells);
    }
    if (claim.rule == ClaimRule::at_least && static_cast<std::size_t>(claim.at_least) > comparisons) {
        faults_.add({.where = claim.origin.text(),
                     .found = "at_least = " + std::to_string(claim.at_least) + " of " +
                              std::to_string(comparisons) + " comparisons",
                     .expected = "no more than there are",
                     .fix = "lower at_least"});
    }
}

void ReferenceChecker::check_figure(const WorkloadSpec& workload, const FigureSpec& figure,
                                    const std::vector<CellId>& cells) {
    std::vector<std::string> texts;
    std::transform(cells.begin(), cells.end(), std::back_inserter(texts),
                   [](const CellId& cell) { return cell.text(); });
    for (const std::string& glob : figure.cells) {
        const bool matches = std::any_of(texts.begin(), texts.end(),
                                         [&](const std::string& text) { return glob_match(glob, text); });
        if (!matches) {
            known(figure.origin, "cells", glob, texts);
        }
    }
    std::vector<std::string> axes = figure.series;
    axes.push_back(figure.x);
    if (!figure.panels.empty()) {
        axes.push_back(figure.panels);
    }
    for (const std::string& axis : axes) {
        known(figure.origin, "axis", axis, axis_names(workload.axes));
    }
}

void ReferenceChecker::check_without(const WorkloadSpec& workload, const std::vector<CellId>& cells) {
    WorkloadSpec whole = workload;
    whole.without.clear();
    std::vector<std::string> texts;
    for (const CellId& cell : workload_cells(whole)) {
        texts.push_back(cell.text());
    }
    for (const std::string& glob : workload.without) {
        const bool matches = std::any_of(texts.begin(), texts.end(),
                                         [&](const std::string& text) { return glob_match(glob, text); });
        if (!matches) {
            known(workload.origin, "without", glob, texts);
        }
    }
    if (cells.empty() && !texts.empty()) {
        faults_.add({.where = workload.origin.text(),
                     .found = "no cell left",
                     .expected = "at least one",
                     .fix = "narrow 'without'"});
    }
}

// Rungs train from scratch, as the pre-training of their data set does.
void ReferenceChecker::check_scaling(const WorkloadSpec& spec) {
    for (const std::string& target : spec.values(AxisRole::target)) {
        check_source(spec, target);
    }
    std::vector<std::string> seen;
    for (const ScalingLadder& ladder : spec.scaling->ladders) {
        known(ladder.origin, "profile", ladder.profile, names_of(catalog_.profiles));
        if (std::find(seen.begin(), seen.end(), ladder.profile) != seen.end()) {
            faults_.add({.where = ladder.origin.text(),
                         .found = "a second ladder of profile '" + ladder.profile + "'",
                         .expected = "one a profile",
                         .fix = "leave one out"});
        }
        seen.push_back(ladder.profile);
    }
}

/// Metrics of these cells, whatever the protocol.
std::set<std::string> metrics_of(const Catalog& catalog, const std::vector<CellId>& cells) {
    std::set<std::string> metrics;
    const auto add = [&](const std::string& target) {
        if (const auto set = catalog.data_sets.find(target); set != catalog.data_sets.end()) {
            metrics.insert(set->second.metric);
        }
    };
    for (const CellId& cell : cells) {
        add(cell.target());
        for (const auto& [id, protocol] : catalog.protocols) {
            add(mapped(protocol.targets, cell.target()));
        }
    }
    return metrics;
}

void ReferenceChecker::check_margins(const WorkloadSpec& spec, const std::vector<CellId>& cells) {
    const std::set<std::string> metrics = metrics_of(catalog_, cells);
    for (const auto& [metric, margin] : spec.margins) {
        const bool is_known = known(spec.origin, "metric", metric, scored_metric_ids());
        if (is_known && !metrics.empty() && !metrics.contains(metric)) {
            faults_.add(
                {.where = lines_.find(spec.origin, metric).text(),
                 .found = "a margin of " + metric + ", the metric of no cell of '" + spec.id + "'",
                 .expected = expected_names(metric, std::vector<std::string>(metrics.begin(), metrics.end())),
                 .fix = "leave it out"});
        }
    }
}

void ReferenceChecker::check(const WorkloadSpec& spec) {
    if (spec.scaling) {
        check_scaling(spec);
    }
    if (!spec.scaling) {
        for (const std::string& target : spec.values(AxisRole::target)) {
            check_target(spec, target);
        }
    }
    for (const std::string& model : spec.values(AxisRole::model)) {
        known(spec.origin, "network", model, networks_);
    }
    for (const SourceRule& rule : spec.source_rules) {
        if (!rule.data_set.empty()) {
            check_source(spec, rule.data_set);
        }
        for (const auto& [target, data_set] : rule.for_target) {
            known(spec.origin, "target", target, spec.values(AxisRole::target));
            if (!data_set.empty()) {
                check_source(spec, data_set);
            }
        }
    }
    const std::vector<CellId> cells = workload_cells(spec);
    check_without(spec, cells);
    if (spec.union_of.empty()) { // a view's are checked where they are declared
        check_margins(spec, cells);
    }
    std::vector<std::string> claim_ids;
    for (const ClaimSpec& claim : spec.claims) {
        if (std::find(claim_ids.begin(), claim_ids.end(), claim.id) != claim_ids.end()) {
            faults_.add({.where = claim.origin.text(),
                         .found = "a second claim '" + claim.id + "'",
                         .expected = "one claim of a name",
                         .fix = "rename one"});
        }
        claim_ids.push_back(claim.id);
        if (claim.among.empty()) { // others are checked where they are declared
            check_claim(spec, claim, cells);
        }
    }
    for (const FigureSpec& figure : spec.figures) {
        check_figure(spec, figure, cells);
    }
}

} // namespace suite::plan
