// Every name that one declaration uses of another must be defined; each fault names the nearest valid name.
#include <algorithm>
#include <array>

#include "suite/base/names.hpp"
#include "suite/plan/declarations.hpp"
#include "suite/plan/plan.hpp"

namespace suite::plan {
namespace {

const std::vector<std::string> known_metrics{"top1", "mean_auc"};
const std::vector<std::string> axis_names{"target", "model", "source", "shots", "mode", "ranks"};

template<typename Spec>
std::vector<std::string> names_of(const std::map<std::string, Spec>& specs) {
    std::vector<std::string> names;
    for (const auto& [id, spec] : specs) {
        names.push_back(id);
    }
    return names;
}

class ReferenceChecker {
public:
    ReferenceChecker(const Catalog& catalog, Findings& findings)
        : catalog_(catalog),
          faults_(findings.faults),
          lines_(findings.lines),
          data_sets_(names_of(catalog.data_sets)),
          networks_(names_of(catalog.networks)),
          recipes_(names_of(catalog.recipes)) {}

    void check(const DataSetSpec& spec);
    void check(const LayoutSpec& spec);
    void check(const ProtocolSpec& spec);
    void check(const ProfileSpec& spec);
    void check(const WorkloadSpec& spec);

private:
    bool known(const Origin& origin, const std::string& what, const std::string& name,
               const std::vector<std::string>& valid);
    void check_recipe(const Origin& origin, const std::string& name, RunKind kind);
    void check_outputs(const DataSetSpec& spec, const std::string& recipe);
    void check_target(const WorkloadSpec& workload, const std::string& target);
    void check_scaling(const WorkloadSpec& spec);
    void check_source(const WorkloadSpec& workload, const std::string& data_set);
    void check_claim(const WorkloadSpec& workload, const ClaimSpec& claim, const std::vector<CellId>& cells);
    void check_versus(const WorkloadSpec& workload, const ClaimSpec& claim, const ClaimTermSpec& term);
    void check_figure(const FigureSpec& figure, const std::vector<CellId>& cells);
    void check_without(const WorkloadSpec& workload, const std::vector<CellId>& cells);
    std::size_t check_cells(const ClaimSpec& claim, const ClaimTermSpec& term,
                            const std::vector<CellId>& cells);
    template<typename Spec, typename Same>
    void check_mapping(const ProfileSpec& profile, const std::string& what,
                       const std::map<std::string, std::string>& mapping,
                       const std::map<std::string, Spec>& specs, Same same);

    const Catalog& catalog_;
    FaultList& faults_;
    const NameLines& lines_;
    std::vector<std::string> data_sets_;
    std::vector<std::string> networks_;
    std::vector<std::string> recipes_;
};

bool ReferenceChecker::known(const Origin& origin, const std::string& what, const std::string& name,
                             const std::vector<std::string>& valid) {
    const bool is_known = std::find(valid.begin(), valid.end(), name) != valid.end();
    if (!is_known) {
        faults_.add({.where = lines_.find(origin, name).text(),
                     .found = what + " '" + name + "', which is defined nowhere",
                     .expected = expected_names(name, valid),
                     .fix = ""});
    }
    return is_known;
}

void ReferenceChecker::check_recipe(const Origin& origin, const std::string& name, RunKind kind) {
    if (known(origin, "recipe", name, recipes_) && catalog_.recipes.at(name).kind != kind) {
        faults_.add(
            {.where = lines_.find(origin, name).text(),
             .found = "recipe '" + name + "' of kind " + std::string(to_word(catalog_.recipes.at(name).kind)),
             .expected = "one of kind " + std::string(to_word(kind)),
             .fix = ""});
    }
}

// More outputs than classes are harmless; fewer, or others than a label matrix has, cannot be trained.
void ReferenceChecker::check_outputs(const DataSetSpec& spec, const std::string& recipe) {
    const auto named = catalog_.recipes.find(recipe);
    const auto outputs =
        static_cast<std::size_t>(named == catalog_.recipes.end() ? 0 : named->second.outputs);
    if (outputs != 0 && (spec.task == Task::multilabel || outputs < spec.outputs())) {
        faults_.add({.where = lines_.find(spec.origin, recipe).text(),
                     .found = "recipe '" + recipe + "' with " + std::to_string(outputs) + " outputs",
                     .expected = "classes, and no more of them than outputs",
                     .fix = "name another recipe"});
    }
}

void ReferenceChecker::check(const DataSetSpec& spec) {
    for (const std::string& member : spec.members) {
        if (known(spec.origin, "member", member, data_sets_) && catalog_.data_sets.at(member).is_superset()) {
            faults_.add({.where = lines_.find(spec.origin, member).text(),
                         .found = "member '" + member + "', which is a superset itself",
                         .expected = "a plain data set",
                         .fix = "name its members"});
        }
    }
    for (const auto& [model, recipe] : spec.pretrain) {
        known(spec.origin, "network", model, networks_);
        check_recipe(spec.origin, recipe, RunKind::pretrain);
        check_outputs(spec, recipe);
    }
    if (!spec.finetune.empty()) {
        check_recipe(spec.origin, spec.finetune, RunKind::finetune);
    }
    if (!spec.metric.empty()) {
        known(spec.origin, "metric", spec.metric, known_metrics);
    }
}

// An inherited entry is the business of the profile that writes it.
template<typename Spec, typename Same>
void ReferenceChecker::check_mapping(const ProfileSpec& profile, const std::string& what,
                                     const std::map<std::string, std::string>& mapping,
                                     const std::map<std::string, Spec>& specs, Same same) {
    for (const auto& [published, used] : mapping) {
        if (!lines_.writes(profile.origin, published)) {
            continue;
        }
        const bool is_published = known(profile.origin, what, published, names_of(specs));
        const bool is_used = known(profile.origin, what, used, names_of(specs));
        if (is_published && is_used && !same(specs.at(published), specs.at(used))) {
            faults_.add(
                {.where = lines_.find(profile.origin, used).text(),
                 .found = what + " '" + used + "' in place of '" + published + "', which is another kind",
                 .expected = "one of the same task or kind",
                 .fix = ""});
        }
    }
}

void ReferenceChecker::check(const ProtocolSpec& spec) {
    for (const auto& [published, meant] : spec.recipes) {
        if (!known(spec.origin, "recipe", published, recipes_)) {
            continue;
        }
        check_recipe(spec.origin, meant, catalog_.recipes.at(published).kind);
        if (catalog_.recipes.contains(meant) && catalog_.recipes.at(meant).protocol != spec.id) {
            faults_.add({.where = lines_.find(spec.origin, meant).text(),
                         .found = "recipe '" + meant + "' of protocol '" +
                                  catalog_.recipes.at(meant).protocol + "' under '" + spec.id + "'",
                         .expected = "one that names this protocol",
                         .fix = "complete " + catalog_.recipes.at(meant).origin.text()});
        }
    }
    for (const auto& [published, meant] : spec.targets) {
        const bool both = known(spec.origin, "target", published, data_sets_) &&
                          known(spec.origin, "target", meant, data_sets_);
        if (both && (catalog_.data_sets.at(published).labels != catalog_.data_sets.at(meant).labels ||
                     catalog_.data_sets.at(published).metric != catalog_.data_sets.at(meant).metric)) {
            faults_.add({.where = lines_.find(spec.origin, meant).text(),
                         .found = "target '" + meant + "' in place of '" + published + "', which is another",
                         .expected = "the same labels and metric",
                         .fix = ""});
        }
    }
}

void ReferenceChecker::check(const ProfileSpec& spec) {
    check_mapping(spec, "network", spec.networks, catalog_.networks,
                  [](const NetworkSpec&, const NetworkSpec&) { return true; });
    check_mapping(spec, "data set", spec.data_sets, catalog_.data_sets,
                  [](const DataSetSpec& a, const DataSetSpec& b) { return a.task == b.task; });
    check_mapping(spec, "recipe", spec.recipes, catalog_.recipes,
                  [](const RecipeSpec& a, const RecipeSpec& b) { return a.kind == b.kind; });
    if (!spec.system.empty() && lines_.writes(spec.origin, spec.system)) {
        known(spec.origin, "system", spec.system, names_of(catalog_.systems));
    }
}

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
    for (const std::string& model : workload.models) {
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
    if (!term.best_of.empty()) {
        known(claim.origin, "axis", term.best_of, axis_names);
    }
    for (const auto& [axis, value] : term.versus) {
        if (known(claim.origin, "axis", axis, axis_names)) {
            known(claim.origin, axis, value,
                  axis == "target"                     ? workload.targets
                  : axis == "model"                    ? workload.models
                  : axis == "source" || axis == "mode" ? workload.sources
                                                       : workload.shots);
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

void ReferenceChecker::check_figure(const FigureSpec& figure, const std::vector<CellId>& cells) {
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
        known(figure.origin, "axis", axis, axis_names);
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
    for (const std::string& target : spec.targets) {
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

void ReferenceChecker::check(const WorkloadSpec& spec) {
    if (spec.scaling) {
        check_scaling(spec);
    }
    for (const std::string& target : spec.scaling ? std::vector<std::string>{} : spec.targets) {
        check_target(spec, target);
    }
    for (const std::string& model : spec.models) {
        known(spec.origin, "network", model, networks_);
    }
    for (const auto& [metric, margin] : spec.margins) {
        known(spec.origin, "metric", metric, known_metrics);
    }
    for (const SourceRule& rule : spec.source_rules) {
        if (!rule.data_set.empty()) {
            check_source(spec, rule.data_set);
        }
        for (const auto& [target, data_set] : rule.for_target) {
            known(spec.origin, "target", target, spec.targets);
            if (!data_set.empty()) {
                check_source(spec, data_set);
            }
        }
    }
    const std::vector<CellId> cells = workload_cells(spec);
    check_without(spec, cells);
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
        check_figure(figure, cells);
    }
}

// Every data set that a layout holds exists, is read from published files, and has one layout.
void ReferenceChecker::check(const LayoutSpec& spec) {
    for (const std::string& id : spec.data_sets) {
        if (!known(spec.origin, "data set", id, data_sets_)) {
            continue;
        }
        const DataSetSpec& data_set = catalog_.data_sets.at(id);
        const LayoutSpec* first = layout_of(catalog_.layouts, id);
        if (data_set.reader != Reader::published || data_set.is_superset()) {
            faults_.add({.where = lines_.find(spec.origin, id).text(),
                         .found = "data set '" + id + "', which has no files of its own",
                         .expected = "one whose reader is published",
                         .fix = ""});
        }
        if (first->id != spec.id) {
            faults_.add({.where = lines_.find(spec.origin, id).text(),
                         .found = "data set '" + id + "' again",
                         .expected = "one layout, which is '" + first->id + "'",
                         .fix = "leave it out of one of the two"});
        }
    }
    for (const auto* chosen : {&spec.all_views, &spec.single_label, &spec.validate_test}) {
        for (const std::string& id : *chosen) {
            known(spec.origin, "data set", id, spec.data_sets);
        }
    }
}

} // namespace

void check_references(const Catalog& catalog, Findings& findings) {
    ReferenceChecker checker(catalog, findings);
    for (const auto& [id, spec] : catalog.data_sets) {
        checker.check(spec);
    }
    for (const auto& [id, spec] : catalog.layouts) {
        checker.check(spec);
    }
    for (const auto& [id, spec] : catalog.protocols) {
        checker.check(spec);
    }
    for (const auto& [id, spec] : catalog.profiles) {
        checker.check(spec);
    }
    for (const auto& [id, spec] : catalog.workloads) {
        checker.check(spec);
    }
}

} // namespace suite::plan
