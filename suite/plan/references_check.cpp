// Every name that one declaration uses of another must be defined; each fault names the nearest valid name.
#include <algorithm>
#include <array>

#include "suite/base/names.hpp"
#include "suite/plan/declarations.hpp"
#include "suite/plan/plan.hpp"

namespace suite::plan {
namespace {

const std::vector<std::string> known_metrics{"top1", "mean_auc"};
const std::vector<std::string> axis_names{"target", "model", "source", "shots"};

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
    ReferenceChecker(const Catalog& catalog, FaultList& faults)
        : catalog_(catalog),
          faults_(faults),
          data_sets_(names_of(catalog.data_sets)),
          networks_(names_of(catalog.networks)),
          recipes_(names_of(catalog.recipes)) {}

    void check(const DataSetSpec& spec);
    void check(const ProfileSpec& spec);
    void check(const WorkloadSpec& spec);

private:
    bool known(const Origin& origin, const std::string& what, const std::string& name,
               const std::vector<std::string>& valid);
    void check_recipe(const Origin& origin, const std::string& name, RunKind kind);
    void check_target(const WorkloadSpec& workload, const std::string& target);
    void check_source(const WorkloadSpec& workload, const std::string& data_set);
    void check_claim(const WorkloadSpec& workload, const ClaimSpec& claim, const std::vector<CellId>& cells);

    const Catalog& catalog_;
    FaultList& faults_;
    std::vector<std::string> data_sets_;
    std::vector<std::string> networks_;
    std::vector<std::string> recipes_;
};

bool ReferenceChecker::known(const Origin& origin, const std::string& what, const std::string& name,
                             const std::vector<std::string>& valid) {
    const bool is_known = std::find(valid.begin(), valid.end(), name) != valid.end();
    if (!is_known) {
        faults_.add({.where = origin.text(),
                     .found = what + " '" + name + "', which is defined nowhere",
                     .expected = expected_names(name, valid),
                     .fix = ""});
    }
    return is_known;
}

void ReferenceChecker::check_recipe(const Origin& origin, const std::string& name, RunKind kind) {
    if (known(origin, "recipe", name, recipes_) && catalog_.recipes.at(name).kind != kind) {
        faults_.add(
            {.where = origin.text(),
             .found = "recipe '" + name + "' of kind " + std::string(to_word(catalog_.recipes.at(name).kind)),
             .expected = "one of kind " + std::string(to_word(kind)),
             .fix = ""});
    }
}

void ReferenceChecker::check(const DataSetSpec& spec) {
    for (const std::string& member : spec.members) {
        known(spec.origin, "member", member, data_sets_);
    }
    for (const auto& [model, recipe] : spec.pretrain) {
        known(spec.origin, "network", model, networks_);
        check_recipe(spec.origin, recipe, RunKind::pretrain);
    }
    if (!spec.finetune.empty()) {
        check_recipe(spec.origin, spec.finetune, RunKind::finetune);
    }
    if (!spec.metric.empty()) {
        known(spec.origin, "metric", spec.metric, known_metrics);
    }
}

void ReferenceChecker::check(const ProfileSpec& spec) {
    const auto check_mapping = [&](const std::string& what, const std::map<std::string, std::string>& mapping,
                                   const std::vector<std::string>& valid) {
        for (const auto& [published, used] : mapping) {
            known(spec.origin, what, published, valid);
            known(spec.origin, what, used, valid);
        }
    };
    check_mapping("network", spec.networks, networks_);
    check_mapping("data set", spec.data_sets, data_sets_);
    check_mapping("recipe", spec.recipes, recipes_);
    if (!spec.system.empty()) {
        known(spec.origin, "system", spec.system, names_of(catalog_.systems));
    }
    if (spec.seeds.empty()) {
        faults_.add({.where = spec.origin.text(), .found = "no seed", .expected = "at least one", .fix = ""});
    }
}

void ReferenceChecker::check_target(const WorkloadSpec& workload, const std::string& target) {
    if (!known(workload.origin, "target", target, data_sets_)) {
        return;
    }
    const DataSetSpec& set = catalog_.data_sets.at(target);
    if (set.finetune.empty() || !workload.margins.contains(set.metric)) {
        faults_.add({.where = workload.origin.text(),
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
            faults_.add({.where = workload.origin.text(),
                         .found = "source '" + data_set + "' without a pre-training recipe for " + model,
                         .expected = "one in its table pretrain",
                         .fix = "complete " + catalog_.data_sets.at(data_set).origin.text()});
        }
    }
}

void ReferenceChecker::check_claim(const WorkloadSpec& workload, const ClaimSpec& claim,
                                   const std::vector<CellId>& cells) {
    std::vector<std::string> texts;
    for (const CellId& cell : cells) {
        texts.push_back(cell.text());
    }
    for (const ClaimTermSpec& term : claim.terms) {
        if (std::none_of(texts.begin(), texts.end(),
                         [&term](const std::string& text) { return glob_match(term.cells, text); })) {
            known(claim.origin, "cells", term.cells, texts);
        }
        for (const auto& [axis, value] : term.versus) {
            if (!known(claim.origin, "axis", axis, axis_names)) {
                continue;
            }
            known(claim.origin, axis, value,
                  axis == "target"   ? workload.targets
                  : axis == "model"  ? workload.models
                  : axis == "source" ? workload.sources
                                     : workload.shots);
        }
    }
}

void ReferenceChecker::check(const WorkloadSpec& spec) {
    for (const std::string& target : spec.targets) {
        check_target(spec, target);
    }
    for (const std::string& model : spec.models) {
        known(spec.origin, "network", model, networks_);
    }
    for (const SourceRule& rule : spec.source_rules) {
        check_source(spec, rule.data_set);
        for (const auto& [target, data_set] : rule.for_target) {
            known(spec.origin, "target", target, spec.targets);
            check_source(spec, data_set);
        }
    }
    const std::vector<CellId> cells = workload_cells(spec);
    std::vector<std::string> claim_ids;
    for (const ClaimSpec& claim : spec.claims) {
        if (std::find(claim_ids.begin(), claim_ids.end(), claim.id) != claim_ids.end()) {
            faults_.add({.where = claim.origin.text(),
                         .found = "a second claim '" + claim.id + "'",
                         .expected = "one claim of a name",
                         .fix = "rename one"});
        }
        claim_ids.push_back(claim.id);
        check_claim(spec, claim, cells);
    }
}

} // namespace

void check_references(const Catalog& catalog, FaultList& faults) {
    ReferenceChecker checker(catalog, faults);
    for (const auto& [id, spec] : catalog.data_sets) {
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
