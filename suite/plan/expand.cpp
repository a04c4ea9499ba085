#include <algorithm>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "suite/base/names.hpp"
#include "suite/plan/plan.hpp"
#include "suite/plan/words.hpp"

namespace suite::plan {
namespace {

// ImageNet statistics of torchvision, which the authors' natural pre-training uses (cherti-jitsev.md 2.5).
const std::vector<double> imagenet_mean{0.485, 0.456, 0.406};
const std::vector<double> imagenet_std{0.229, 0.224, 0.225};
// The pre-training seed of every published source (cherti-jitsev.md 2.1).
constexpr std::uint64_t pretrain_seed = 42;

struct Normalisation {
    std::vector<double> mean;
    std::vector<double> std;
};

// At fine-tuning the pre-training recipe's statistics win, then the fine-tuning recipe's, then ImageNet's
// (3.2).
Normalisation resolve_normalisation(const RecipeSpec* parent, const RecipeSpec& own) {
    if (parent != nullptr && !parent->mean.empty()) {
        return {parent->mean, parent->std};
    }
    return own.mean.empty() ? Normalisation{imagenet_mean, imagenet_std} : Normalisation{own.mean, own.std};
}

// Turns declarations into runs under one profile.
class Expander {
public:
    Expander(const Catalog& catalog, const WorkloadSpec& workload, const ProfileSpec& profile,
             const PlanFilter& filter);
    Plan expand();
    DataConfig data(const std::string& name) const;

private:
    template<typename Spec>
    const Spec& stand_in(const std::map<std::string, Spec>& specs,
                         const std::map<std::string, std::string>& mapping, const std::string& name,
                         std::string_view kind) const;
    const NetworkSpec& network(const std::string& name) const;
    const RecipeSpec& recipe(const std::string& name) const;
    DataSetSpec limited(DataSetSpec spec) const;

    std::vector<CellId> selected_cells() const;
    void add_cell(const CellId& id);
    std::size_t add_parent(const std::string& data_set, const std::string& model);
    std::size_t add_run(const CellId& id, std::uint64_t seed, const std::string& parent_key);
    RunConfig pretrain_config(const std::string& data_set, const std::string& model) const;
    RunConfig finetune_config(const CellId& id, std::uint64_t seed, const std::string& parent_key) const;
    const RecipeSpec* pretraining_recipe(const CellId& id) const;
    std::vector<StandIn> stand_ins(const CellId& id) const;

    const Catalog& catalog_;
    const WorkloadSpec& workload_;
    const ProfileSpec& profile_;
    const PlanFilter& filter_;
    Plan plan_;
    std::vector<PlannedRun> parents_;
    std::vector<PlannedRun> children_;
    std::map<std::string, std::size_t> parent_index_; ///< "DATA/MODEL" -> index into parents_
};

Expander::Expander(const Catalog& catalog, const WorkloadSpec& workload, const ProfileSpec& profile,
                   const PlanFilter& filter)
    : catalog_(catalog), workload_(workload), profile_(profile), filter_(filter) {
    plan_.workload = workload.id;
    plan_.profile = profile.id;
    plan_.seeds = filter.seeds.value_or(profile.seeds);
}

template<typename Spec>
const Spec& Expander::stand_in(const std::map<std::string, Spec>& specs,
                               const std::map<std::string, std::string>& mapping, const std::string& name,
                               std::string_view kind) const {
    const auto mapped = mapping.find(name);
    return find(specs, mapped == mapping.end() ? name : mapped->second, kind);
}

const NetworkSpec& Expander::network(const std::string& name) const {
    return stand_in(catalog_.networks, profile_.networks, name, "network");
}

const RecipeSpec& Expander::recipe(const std::string& name) const {
    return stand_in(catalog_.recipes, profile_.recipes, name, "recipe");
}

DataSetSpec Expander::limited(DataSetSpec spec) const {
    spec.train_images = std::min(spec.train_images, profile_.train_limit.value_or(spec.train_images));
    spec.test_images = std::min(spec.test_images, profile_.test_limit.value_or(spec.test_images));
    spec.world_seed = profile_.world_seed;
    return spec;
}

// A superset of published sets is the superset of their stand-ins, unless the profile maps it as a whole.
DataConfig Expander::data(const std::string& name) const {
    const DataSetSpec& set = stand_in(catalog_.data_sets, profile_.data_sets, name, "data set");
    DataConfig config{.set = limited(set), .members = {}};
    if (!set.is_superset()) {
        return config;
    }
    std::vector<std::vector<std::string>> labels;
    config.set.train_images = 0;
    config.set.test_images = 0;
    config.set.members.clear();
    for (const std::string& member : set.members) {
        config.members.push_back(
            limited(stand_in(catalog_.data_sets, profile_.data_sets, member, "data set")));
        const DataSetSpec& resolved = config.members.back();
        labels.push_back(resolved.labels);
        config.set.members.push_back(resolved.id);
        config.set.train_images += resolved.train_images;
        config.set.test_images += resolved.test_images;
        config.set.image_size = resolved.image_size;
        config.set.channels = resolved.channels;
    }
    config.set.labels = common_labels(labels);
    return config;
}

TrainConfig train_config(const RecipeSpec& recipe, const RecipeSpec* parent) {
    const Normalisation normalisation = resolve_normalisation(parent, recipe);
    TrainConfig train;
    train.optimizer = recipe.optimizer;
    train.momentum = recipe.momentum;
    train.nesterov = recipe.nesterov;
    train.weight_decay = recipe.weight_decay;
    train.agc_clip = recipe.agc_clip;
    train.agc_epsilon = recipe.agc_epsilon;
    train.batch = recipe.batch;
    train.micro_batch = recipe.micro_batch;
    train.augmentation = recipe.augmentation;
    train.head_init = recipe.head_init;
    train.mean = normalisation.mean;
    train.std = normalisation.std;
    train.evaluation_batch = recipe.evaluation_batch;
    train.schedule.kind = recipe.schedule;
    train.schedule.workers = recipe.workers;
    return train;
}

double peak_lr(const RecipeSpec& recipe, double base_lr) {
    return recipe.lr_batch == 0 ? base_lr : base_lr * recipe.batch / recipe.lr_batch;
}

// Epoch schedules: the last batch of an epoch is filled up, as the authors' distributed sampler does.
void resolve_epochs(const RecipeSpec& recipe, std::size_t images, TrainConfig& train) {
    const auto batch = static_cast<std::size_t>(recipe.batch);
    train.schedule.steps_per_epoch =
        static_cast<std::int64_t>(std::max<std::size_t>(1, (images + batch - 1) / batch));
    train.schedule.total_steps = train.schedule.steps_per_epoch * recipe.epochs;
    train.schedule.warmup_epochs = recipe.warmup_epochs;
    train.schedule.boundaries.assign(recipe.decay_epochs.begin(), recipe.decay_epochs.end());
    train.schedule.peak_lr = peak_lr(recipe, recipe.base_lr);
}

void resolve_hyperrule(const RecipeSpec& recipe, std::size_t images, TrainConfig& train) {
    const auto row =
        std::find_if(recipe.hyperrule.begin(), recipe.hyperrule.end(),
                     [images](const HyperRuleRow& r) { return r.below == 0 || images < r.below; });
    train.schedule.boundaries = row->boundaries;
    train.schedule.total_steps = row->boundaries.back();
    train.schedule.peak_lr = peak_lr(recipe, row->lr.value_or(recipe.base_lr));
    train.mixup_alpha = row->mixup_alpha;
}

void resolve_schedule(const RecipeSpec& recipe, std::size_t images, TrainConfig& train) {
    if (recipe.schedule == ScheduleKind::hyperrule) {
        resolve_hyperrule(recipe, images, train);
    } else {
        resolve_epochs(recipe, images, train);
    }
}

// A backward pass costs two forward passes.
double run_gigamacs(const RunConfig& config) {
    const double forward =
        forward_gigamacs(config.network, config.data.set.image_size, config.data.set.outputs());
    const auto trained = static_cast<double>(config.train.schedule.total_steps) * config.train.batch;
    return forward * (3.0 * trained + static_cast<double>(config.data.set.test_images));
}

std::string standing_metric(const DataSetSpec& set) {
    return set.task == Task::multilabel ? "mean_auc" : "top1";
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
    const RecipeSpec& used = recipe(named->second);
    RunConfig config;
    config.kind = RunKind::pretrain;
    config.protocol = used.protocol;
    config.seed = pretrain_seed;
    config.network = network(model);
    config.data = data(data_set);
    config.train = train_config(used, nullptr);
    resolve_schedule(used, config.data.set.train_images, config.train);
    config.metric = standing_metric(config.data.set);
    return config;
}

// Null: from scratch.
const RecipeSpec* Expander::pretraining_recipe(const CellId& id) const {
    const std::string& source = source_data_set(workload_, id);
    return source.empty() ? nullptr
                          : &recipe(find(catalog_.data_sets, source, "data set").pretrain.at(id.model));
}

RunConfig Expander::finetune_config(const CellId& id, std::uint64_t seed,
                                    const std::string& parent_key) const {
    const DataSetSpec& published = find(catalog_.data_sets, id.target, "data set");
    const RecipeSpec& used = recipe(published.finetune);
    RunConfig config;
    config.kind = RunKind::finetune;
    config.protocol = used.protocol;
    config.seed = seed;
    config.network = network(id.model);
    config.data = data(id.target);
    config.shots = id.shots == "full" ? 0 : std::stoul(id.shots);
    config.train = train_config(used, pretraining_recipe(id));
    const std::size_t images =
        config.shots == 0 ? config.data.set.train_images
                          : std::min(config.data.set.train_images, config.shots * config.data.set.outputs());
    resolve_schedule(used, images, config.train);
    config.train.oversampling = config.data.set.oversampling && config.shots == 0;
    config.metric = published.metric;
    config.parent_key = parent_key;
    return config;
}

std::size_t Expander::add_parent(const std::string& data_set, const std::string& model) {
    const auto [entry, is_new] = parent_index_.try_emplace(data_set + "/" + model, parents_.size());
    if (is_new) {
        PlannedRun run;
        run.config = pretrain_config(data_set, model);
        run.key = run_key(run.config);
        run.label = "pretrain " + data_set + "/" + model;
        run.seed = run.config.seed;
        run.gigamacs = run_gigamacs(run.config);
        parents_.push_back(std::move(run));
    }
    return entry->second;
}

std::size_t Expander::add_run(const CellId& id, std::uint64_t seed, const std::string& parent_key) {
    PlannedRun run;
    run.config = finetune_config(id, seed, parent_key);
    run.key = run_key(run.config);
    run.cell = id.text();
    run.label = run.cell;
    run.seed = seed;
    run.parent = parent_key;
    run.gigamacs = run_gigamacs(run.config);
    children_.push_back(std::move(run));
    return children_.size() - 1;
}

std::vector<StandIn> Expander::stand_ins(const CellId& id) const {
    std::vector<StandIn> list;
    const auto note = [&list](const std::string& published, const std::string& used) {
        if (published != used) {
            list.push_back({.published = published, .used = used});
        }
    };
    const auto used = [this](const std::string& name) -> const DataSetSpec& {
        return stand_in(catalog_.data_sets, profile_.data_sets, name, "data set");
    };
    note(id.target, used(id.target).id);
    if (const std::string& source = source_data_set(workload_, id); !source.empty()) {
        std::vector<std::string> members;
        for (const std::string& member : used(source).members) {
            members.push_back(used(member).id);
        }
        note(source, members.empty() ? used(source).id : fmt::format("{}", fmt::join(members, "+")));
    }
    note(id.model, network(id.model).id);
    return list;
}

void Expander::add_cell(const CellId& id) {
    PlannedCell cell{.id = id,
                     .text = id.text(),
                     .metric = {},
                     .margin = 0.0,
                     .margin_sds = 0.0,
                     .stand_ins = stand_ins(id),
                     .runs = {}};
    cell.metric = find(catalog_.data_sets, id.target, "data set").metric;
    cell.margin = workload_.margins.at(cell.metric);
    cell.margin_sds = workload_.margin_sds;
    const std::string& source = source_data_set(workload_, id);
    const std::string parent_key = source.empty() ? "" : parents_[add_parent(source, id.model)].key;
    for (const std::uint64_t seed : plan_.seeds) {
        cell.runs.push_back(add_run(id, seed, parent_key));
    }
    plan_.cells.push_back(std::move(cell));
}

// In declared order; every glob must select something.
std::vector<CellId> Expander::selected_cells() const {
    const std::vector<CellId> all = workload_cells(workload_);
    std::vector<std::string> texts;
    std::transform(all.begin(), all.end(), std::back_inserter(texts),
                   [](const CellId& id) { return id.text(); });
    std::vector<bool> is_selected(all.size(), filter_.cells.empty());
    FaultList faults;
    for (const std::string& glob : filter_.cells) {
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

Plan Expander::expand() {
    for (const CellId& id : selected_cells()) {
        add_cell(id);
    }
    plan_.runs = std::move(parents_);
    for (PlannedCell& cell : plan_.cells) {
        for (std::size_t& run : cell.runs) {
            run += plan_.runs.size();
        }
    }
    plan_.runs.insert(plan_.runs.end(), std::make_move_iterator(children_.begin()),
                      std::make_move_iterator(children_.end()));
    return std::move(plan_);
}

} // namespace

std::string CellId::text() const {
    return target + "/" + model + "/" + source + (shots == "full" ? "" : "/" + shots);
}

const std::string& CellId::axis(std::string_view name) const {
    return name == "target" ? target : name == "model" ? model : name == "source" ? source : shots;
}

void CellId::set_axis(std::string_view name, const std::string& value) {
    (name == "target" ? target : name == "model" ? model : name == "source" ? source : shots) = value;
}

std::size_t Plan::parent_count() const {
    return static_cast<std::size_t>(
        std::count_if(runs.begin(), runs.end(), [](const PlannedRun& run) { return run.is_pretraining(); }));
}

std::vector<CellId> workload_cells(const WorkloadSpec& workload) {
    std::vector<CellId> cells;
    for (const std::string& target : workload.targets) {
        for (const std::string& model : workload.models) {
            for (const std::string& source : workload.sources) {
                for (const std::string& shots : workload.shots) {
                    cells.push_back({.target = target, .model = model, .source = source, .shots = shots});
                }
            }
        }
    }
    return cells;
}

const std::string& source_data_set(const WorkloadSpec& workload, const CellId& cell) {
    const auto rule = std::find_if(workload.source_rules.begin(), workload.source_rules.end(),
                                   [&cell](const SourceRule& r) { return r.source == cell.source; });
    const auto special = rule->for_target.find(cell.target);
    return special == rule->for_target.end() ? rule->data_set : special->second;
}

DataConfig resolve_data(const Catalog& catalog, const std::string& profile, const std::string& name) {
    const WorkloadSpec no_workload;
    const PlanFilter no_filter;
    return Expander(catalog, no_workload, find(catalog.profiles, profile, "profile"), no_filter).data(name);
}

Plan expand(const Catalog& catalog, const std::string& workload, const std::string& profile,
            const PlanFilter& filter) {
    return Expander(catalog, find(catalog.workloads, workload, "workload"),
                    find(catalog.profiles, profile, "profile"), filter)
        .expand();
}

} // namespace suite::plan
