#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "suite/base/names.hpp"
#include "suite/plan/declare/scaled_declarations.hpp"
#include "suite/plan/plan.hpp"
#include "suite/plan/resolve.hpp"

namespace suite::plan {
namespace {

// Turns declarations into runs under one profile.
class Expander {
public:
    /// `as_run_keys`: of the same selection under the protocol as-run; of no use under that protocol itself.
    Expander(const Catalog& catalog, const WorkloadSpec& workload, const ProfileSpec& profile,
             const PlanFilter& filter, std::set<std::string> as_run_keys);
    Plan expand();

private:
    TrainConfig training(const RecipeSpec& recipe, const RecipeSpec* parent, std::size_t images) const;
    template<typename Make>
    RunConfig with_limits(bool is_parent_limited, const Make& make);

    void add_cell(const CellId& id);
    void add_further(PlannedCell& cell, int parent_index);
    std::size_t add_parent(const std::string& data_set, const std::string& model, int parent_index = 0);
    std::size_t add_run(const CellId& id, std::uint64_t seed, const PlannedRun* parent);
    void settle(PlannedRun& run) const;
    RunConfig pretrain_config(const std::string& data_set, const std::string& model) const;
    RunConfig finetune_config(const CellId& id, std::uint64_t seed, const std::string& parent_key) const;
    RunConfig weights_config(const WeightsSpec& weights) const;
    const WeightsSpec* weights_of(const std::string& data_set, const std::string& model) const;
    std::optional<RecipeSpec> pretraining_recipe(const CellId& id) const;
    std::vector<StandIn> stand_ins(const CellId& id) const;
    void declare_margin(PlannedCell& cell) const;

    const Catalog& catalog_;
    const WorkloadSpec& workload_;
    const ScaledDeclarations declared_;
    const PlanFilter& filter_;
    const std::set<std::string> as_run_keys_;
    RunLimits limits_; ///< that apply to the configuration in hand
    Plan plan_;
    std::vector<PlannedRun> parents_;
    std::vector<PlannedRun> children_;
    std::map<std::string, std::size_t> parent_places_; ///< label -> index into parents_
    std::map<std::string, std::size_t> child_places_;  ///< key -> index into children_
};

/// Of pre-training runs by name, and of every run that starts from a further one.
std::string parent_mark(int parent_index) {
    return parent_index == 0 ? "" : fmt::format(", parent {}", parent_index + 1);
}

/// The same in everything but the seed.
void require_same_recipe(const PlannedRun& further, const PlannedRun& first) {
    if (!differ_in_seed_alone(further.config, first.config)) {
        throw Error(ErrorKind::usage, Fault{.where = further.label,
                                            .found = "another configuration than " + first.label + " has",
                                            .expected = "pre-training runs that differ in the seed alone",
                                            .fix = "leave --parents out"});
    }
}

/// What was asked for, or what the workload declares as far as the profile goes along.
int parents_of(const WorkloadSpec& workload, const ProfileSpec& profile, const PlanFilter& filter) {
    return filter.parents.value_or(std::min(workload.parents, profile.most_parents.value_or(most_parents)));
}

/// Throws Error(usage) for a number of parents that cannot be had.
void require_parents(const std::string& workload, bool measures, const PlanFilter& filter) {
    const int parents = filter.parents.value_or(1);
    if (parents < 1 || parents > most_parents) {
        throw Error(ErrorKind::usage,
                    Fault{.where = "--parents",
                          .found = std::to_string(parents),
                          .expected = fmt::format("a whole number from 1 to {}", most_parents),
                          .fix = ""});
    }
    if (parents > 1 && (measures || !filter.weights.empty())) {
        throw Error(ErrorKind::usage,
                    Fault{.where = "--parents",
                          .found = measures ? fmt::format("{} for workload {}, which measures speed and "
                                                          "pre-trains nothing",
                                                          parents, workload)
                                            : fmt::format("{} with --weights: further parents would be of "
                                                          "another recipe than the published weights",
                                                          parents),
                          .expected = "1",
                          .fix = measures ? "leave --parents out" : "leave --parents or --weights out"});
    }
}

Expander::Expander(const Catalog& catalog, const WorkloadSpec& workload, const ProfileSpec& profile,
                   const PlanFilter& filter, std::set<std::string> as_run_keys)
    : catalog_(catalog),
      workload_(workload),
      declared_(catalog, profile, filter.protocol),
      filter_(filter),
      as_run_keys_(std::move(as_run_keys)) {
    plan_.workload = workload.id;
    plan_.profile = profile.id;
    plan_.protocol = filter.protocol;
    plan_.limits = filter.limits.text();
    plan_.seeds = filter.seeds.value_or(profile.seeds);
    plan_.parents = parents_of(workload, profile, filter);
}

TrainConfig Expander::training(const RecipeSpec& recipe, const RecipeSpec* parent, std::size_t images) const {
    TrainConfig train = resolve_training(limited(recipe, limits_), parent, images);
    shorten(train.schedule, limits_);
    return train;
}

// A run that the limits leave as it is stays the same run.
template<typename Make>
RunConfig Expander::with_limits(bool is_parent_limited, const Make& make) {
    limits_ = filter_.limits;
    RunConfig config = make();
    if (limits_.any()) {
        limits_ = {};
        const bool is_limited = is_parent_limited || canonical_text(config) != canonical_text(make());
        config.limits = is_limited ? plan_.limits : std::string();
    }
    return config;
}

std::string standing_metric(const DataSetSpec& set) {
    return std::string(set.task == Task::multilabel ? mean_auc_metric : top1_metric);
}

/// What guessing one of so many classes scores, percent.
double one_in(std::size_t classes) {
    return 100.0 / static_cast<double>(classes);
}

/// "top1/cifar10/100": the metric, and the cell's values of the declared axes; of no axes the cell itself.
std::string margin_group(const WorkloadSpec& workload, const CellId& id, const std::string& metric) {
    std::string group = metric;
    for (const std::string& axis : workload.margin_groups) {
        group += "/" + id.axis(axis);
    }
    return workload.margin_groups.empty() ? metric + "/" + id.text() : group;
}

// What the caller has found for this source and network; null: the source is trained.
const WeightsSpec* Expander::weights_of(const std::string& data_set, const std::string& model) const {
    for (const auto& [id, file] : filter_.weights) {
        const WeightsSpec& weights = find(catalog_.weights, id, "weights");
        if (weights.data_set == declared_.used_set(data_set).id &&
            weights.network == declared_.network(model).id) {
            return &weights;
        }
    }
    return nullptr;
}

// Images and recipe do not matter where nothing is trained.
RunConfig Expander::weights_config(const WeightsSpec& weights) const {
    RunConfig config;
    config.kind = RunKind::pretrain;
    config.protocol = as_run;
    config.network = find(catalog_.networks, weights.network, "network");
    config.data.set.id = weights.data_set;
    config.train.outputs = weights.classes;
    config.train.mean = weights.mean;
    config.train.std = weights.std;
    config.weights = {.file = weights.file, .sha256 = filter_.weights.at(weights.id).sha256};
    return config;
}

RunConfig Expander::pretrain_config(const std::string& data_set, const std::string& model) const {
    const DataSetSpec& published = find(catalog_.data_sets, data_set, "data set");
    const auto named = published.pretrain.find(model);
    if (named == published.pretrain.end()) {
        throw Error(ErrorKind::usage,
                    Fault{.where = published.origin.text(),
                          .found = "no pre-training recipe of '" + data_set + "' for " + model,
                          .expected = "one in its table pretrain",
                          .fix = "add it"});
    }
    const RecipeSpec& used = declared_.recipe(named->second);
    RunConfig config;
    config.kind = RunKind::pretrain;
    config.protocol = used.protocol;
    config.seed = find(catalog_.studies, workload_.study, "study").pretraining_seed;
    config.network = declared_.network(model);
    config.data = declared_.data(declared_.used_set(data_set), limits_);
    config.train = training(used, nullptr, config.data.set.train_images);
    config.metric = standing_metric(config.data.set);
    return config;
}

// Nothing: from scratch. Of weights that were not trained here only the inputs are known.
std::optional<RecipeSpec> Expander::pretraining_recipe(const CellId& id) const {
    const std::string& source = source_data_set(workload_, id);
    if (source.empty()) {
        return std::nullopt;
    }
    if (const WeightsSpec* weights = weights_of(source, id.model())) {
        RecipeSpec inputs;
        inputs.mean = weights->mean;
        inputs.std = weights->std;
        return inputs;
    }
    return declared_.recipe(find(catalog_.data_sets, source, "data set").pretrain.at(id.model()));
}

RunConfig Expander::finetune_config(const CellId& id, std::uint64_t seed,
                                    const std::string& parent_key) const {
    const DataSetSpec& published = declared_.target(id.target());
    const RecipeSpec& used = declared_.recipe(published.finetune);
    RunConfig config;
    config.kind = RunKind::finetune;
    config.protocol = used.protocol;
    config.seed = seed;
    config.network = declared_.network(id.model());
    config.data = declared_.data(declared_.used_target(id.target()), limits_);
    config.shots = id.shots();
    config.few_shot_draw = config.shots == 0 ? FewShotDraw::generic : published.few_shot_draw;
    const std::size_t images =
        config.shots == 0 ? config.data.set.train_images
                          : std::min(config.data.set.train_images, config.shots * config.data.set.outputs());
    const std::optional<RecipeSpec> parent = pretraining_recipe(id);
    config.train = training(used, parent ? &*parent : nullptr, images);
    config.train.oversampling = config.data.set.oversampling && config.shots == 0;
    config.metric = published.metric;
    config.parent_key = parent_key;
    return config;
}

std::size_t Expander::add_parent(const std::string& data_set, const std::string& model, int parent_index) {
    const std::string label = "pretrain " + data_set + "/" + model + parent_mark(parent_index);
    const auto [entry, is_new] = parent_places_.try_emplace(label, parents_.size());
    if (is_new) {
        PlannedRun run;
        const WeightsSpec* weights = weights_of(data_set, model);
        run.config = weights == nullptr ? with_limits(false, [&] { return pretrain_config(data_set, model); })
                                        : weights_config(*weights);
        run.config.seed += static_cast<std::uint64_t>(parent_index);
        settle(run);
        run.label = label;
        run.parent_index = parent_index;
        if (weights != nullptr) {
            run.label += "/" + weights->file;
            run.weights_file = filter_.weights.at(weights->id).path;
        }
        run.seed = run.config.seed;
        run.gigamacs = run_gigamacs(run.config);
        parents_.push_back(std::move(run));
    }
    return entry->second;
}

std::size_t Expander::add_run(const CellId& id, std::uint64_t seed, const PlannedRun* parent) {
    PlannedRun run;
    const std::string parent_key = parent == nullptr ? "" : parent->key;
    run.config = with_limits(parent != nullptr && !parent->config.limits.empty(),
                             [&] { return finetune_config(id, seed, parent_key); });
    settle(run);
    const auto [known, is_new] = child_places_.try_emplace(run.key, children_.size());
    if (!is_new) { // the same superset under another table's word
        return known->second;
    }
    run.cell = id.text();
    run.parent_index = parent == nullptr ? 0 : parent->parent_index;
    run.label = run.cell + parent_mark(run.parent_index);
    run.seed = seed;
    run.parent = parent_key;
    run.gigamacs = run_gigamacs(run.config);
    children_.push_back(std::move(run));
    return children_.size() - 1;
}

/// Weights that replace a pre-training run are the only ones there are.
void Expander::add_further(PlannedCell& cell, int parent_index) {
    const std::string& source = source_data_set(workload_, cell.id);
    if (source.empty() || weights_of(source, cell.id.model()) != nullptr) {
        return;
    }
    const std::size_t place = add_parent(source, cell.id.model(), parent_index);
    require_same_recipe(parents_[place], parents_[add_parent(source, cell.id.model())]);
    std::vector<std::size_t>& runs = cell.further.emplace_back();
    for (const std::uint64_t seed : plan_.seeds) {
        runs.push_back(add_run(cell.id, seed, &parents_[place]));
    }
}

// A run that comes out the same under as-run is that run; any other names the protocol that it is run under.
void Expander::settle(PlannedRun& run) const {
    if (!run.config.weights) { // which are taken as they are
        run.config.precision = filter_.precision;
        run.config.portable_bits = filter_.portable_bits;
    }
    if (filter_.reduction == ReductionMode::fast && filter_.ranks > 1 && !run.config.weights) {
        run.config.reduction = filter_.reduction;
        run.config.ranks = filter_.ranks;
        filter_.fast.apply_to(run.config);
    }
    if (plan_.protocol == as_run) {
        run.key = run_key(run.config);
        return;
    }
    run.config.protocol = as_run;
    run.key = run_key(run.config);
    if (!as_run_keys_.contains(run.key)) {
        run.config.protocol = plan_.protocol;
        run.key = run_key(run.config);
    }
}

std::vector<StandIn> Expander::stand_ins(const CellId& id) const {
    std::vector<StandIn> list;
    const auto note = [&list](const std::string& published, const std::string& used) {
        if (published != used) {
            list.push_back({.published = published, .used = used});
        }
    };
    note(declared_.target(id.target()).id, declared_.used_target(id.target()).id);
    if (const std::string& source = source_data_set(workload_, id); !source.empty()) {
        std::vector<std::string> members;
        for (const std::string& member : declared_.used_set(source).members) {
            members.push_back(declared_.used_set(member).id);
        }
        if (const WeightsSpec* weights = weights_of(source, id.model())) {
            note(fmt::format("pre-training {} on {}", id.model(), source), "weights " + weights->file);
            note(id.model(), declared_.network(id.model()).id);
            return list;
        }
        note(source,
             members.empty() ? declared_.used_set(source).id : fmt::format("{}", fmt::join(members, "+")));
    }
    note(id.model(), declared_.network(id.model()).id);
    return list;
}

void Expander::declare_margin(PlannedCell& cell) const {
    cell.margin = workload_.margins.at(cell.metric);
    cell.margin_sds = workload_.margin_sds;
    cell.margin_group = margin_group(workload_, cell.id, cell.metric);
    if (const auto cap = workload_.margin_caps.find(cell.metric); cap != workload_.margin_caps.end()) {
        cell.margin_cap = cap->second;
    }
    cell.chance = workload_.chance.at(cell.metric)
                      .points.value_or(one_in(declared_.used_target(cell.id.target()).outputs()));
}

void Expander::add_cell(const CellId& id) {
    const std::string refusal =
        few_shot_refusal(declared_.target(id.target()),
                         declared_.scaled(declared_.used_target(id.target()), limits_), id.shots());
    if (!refusal.empty()) {
        plan_.skipped.push_back({.cell = id.text(), .reason = refusal});
        return;
    }
    PlannedCell cell{.id = id,
                     .text = id.text(),
                     .metric = {},
                     .margin = 0.0,
                     .margin_sds = 0.0,
                     .stand_ins = stand_ins(id),
                     .runs = {}};
    cell.metric = declared_.target(id.target()).metric;
    declare_margin(cell);
    const std::string& source = source_data_set(workload_, id);
    const PlannedRun* parent = source.empty() ? nullptr : &parents_[add_parent(source, id.model())];
    for (const std::uint64_t seed : plan_.seeds) {
        cell.runs.push_back(add_run(id, seed, parent));
        cell.is_limited = cell.is_limited || !children_[cell.runs.back()].config.limits.empty();
        cell.is_as_run = cell.is_as_run && children_[cell.runs.back()].config.protocol == as_run;
    }
    plan_.cells.push_back(std::move(cell));
}

Plan Expander::expand() {
    for (const CellId& id : selected_cells(workload_, filter_)) {
        add_cell(id);
    }
    for (int parent_index = 1; parent_index < plan_.parents; ++parent_index) {
        for (PlannedCell& cell : plan_.cells) {
            add_further(cell, parent_index);
        }
    }
    plan_.runs = std::move(parents_);
    for (PlannedCell& cell : plan_.cells) {
        std::vector<std::vector<std::size_t>*> lists{&cell.runs};
        std::transform(cell.further.begin(), cell.further.end(), std::back_inserter(lists),
                       [](std::vector<std::size_t>& runs) { return &runs; });
        for (std::vector<std::size_t>* list : lists) {
            for (std::size_t& run : *list) {
                run += plan_.runs.size();
            }
        }
    }
    plan_.runs.insert(plan_.runs.end(), std::make_move_iterator(children_.begin()),
                      std::make_move_iterator(children_.end()));
    return std::move(plan_);
}

} // namespace

Plan expand(const Catalog& catalog, const std::string& workload, const std::string& profile,
            const PlanFilter& filter) {
    const WorkloadSpec& spec = find(catalog.workloads, workload, "workload");
    require_parents(workload, spec.scaling.has_value(), filter);
    if (spec.scaling) {
        if (filter.limits.any()) {
            throw Error(ErrorKind::usage, Fault{.where = workload,
                                                .found = filter.limits.text(),
                                                .expected = "no limits: this workload measures speed",
                                                .fix = "leave them out, or take profile smoke"});
        }
        return expand_scaling(catalog, spec, find(catalog.profiles, profile, "profile"), filter);
    }
    std::set<std::string> as_run_keys;
    if (filter.protocol != as_run) {
        PlanFilter same = filter;
        same.protocol = as_run;
        for (const PlannedRun& run : expand(catalog, workload, profile, same).runs) {
            as_run_keys.insert(run.key);
        }
    }
    return Expander(catalog, spec, find(catalog.profiles, profile, "profile"), filter, std::move(as_run_keys))
        .expand();
}

} // namespace suite::plan
