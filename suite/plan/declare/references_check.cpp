// Every name that one declaration uses of another must be defined; each fault names the nearest valid name.
#include <algorithm>

#include "suite/base/metric_kinds.hpp"
#include "suite/base/names.hpp"
#include "suite/plan/declare/references_checker.hpp"

namespace suite::plan {

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
        faults_.add({.where = lines_.find(origin, name).text(),
                     .found = "recipe '" + name + "' of kind " +
                              std::string(enum_name(catalog_.recipes.at(name).kind)),
                     .expected = "one of kind " + std::string(enum_name(kind)),
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
        known(spec.origin, "metric", spec.metric, scored_metric_ids());
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

void check_references(const Catalog& catalog, Issues& issues) {
    ReferenceChecker checker(catalog, issues);
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
