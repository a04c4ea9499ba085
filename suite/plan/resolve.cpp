#include "suite/plan/resolve.hpp"

#include <algorithm>

#include "suite/base/names.hpp"

#include "suite/plan/network/cost.hpp"
#include "suite/plan/plan.hpp"

namespace suite::plan {
namespace {

// ImageNet statistics of torchvision, which the authors' natural pre-training uses (paper.md#natural-images).
const std::vector<double> imagenet_mean{0.485, 0.456, 0.406};
const std::vector<double> imagenet_std{0.229, 0.224, 0.225};

struct Normalisation {
    std::vector<double> mean;
    std::vector<double> std;
};

// At fine-tuning the pre-training recipe's statistics win, then the fine-tuning recipe's, then ImageNet's
// (paper.md#fine-tuning-images).
Normalisation resolve_normalisation(const RecipeSpec* parent, const RecipeSpec& own) {
    if (parent != nullptr && !parent->mean.empty()) {
        return {parent->mean, parent->std};
    }
    return own.mean.empty() ? Normalisation{imagenet_mean, imagenet_std} : Normalisation{own.mean, own.std};
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
    train.augmentation_detail = recipe.augmentation_detail;
    train.head_init = recipe.head_init;
    train.mean = normalisation.mean;
    train.std = normalisation.std;
    train.evaluation_batch = recipe.evaluation_batch;
    train.outputs = recipe.outputs;
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
    if (recipe.warmup_steps > 0) {
        train.schedule.workers = 0;
        train.schedule.warmup_epochs =
            static_cast<double>(recipe.warmup_steps) / static_cast<double>(train.schedule.steps_per_epoch);
    }
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

} // namespace

TrainConfig resolve_training(const RecipeSpec& recipe, const RecipeSpec* parent, std::size_t images) {
    TrainConfig train = train_config(recipe, parent);
    resolve_schedule(recipe, images, train);
    return train;
}

ProtocolSpec protocol_of(const Catalog& catalog, const std::string& name) {
    const std::vector<std::string> names{as_run, "as-written"};
    if (std::find(names.begin(), names.end(), name) == names.end()) {
        throw_unknown_name("--protocol", name, names);
    }
    const auto declared = catalog.protocols.find(name);
    return declared == catalog.protocols.end() ? ProtocolSpec{} : declared->second;
}

const std::string& mapped(const std::map<std::string, std::string>& names, const std::string& name) {
    const auto entry = names.find(name);
    return entry == names.end() ? name : entry->second;
}

const std::string& used_name(const std::map<std::string, std::string>& protocol,
                             const std::map<std::string, std::string>& profile, const std::string& name) {
    const std::string& meant = mapped(protocol, name);
    return profile.contains(meant) || !profile.contains(name) ? mapped(profile, meant) : profile.at(name);
}

double run_gigamacs(const RunConfig& config) {
    const double forward = forward_gigamacs(config.network, config.data.set.image_size, config.outputs());
    const auto trained = static_cast<double>(config.train.schedule.total_steps) * config.train.batch;
    const std::size_t scored = config.kind == RunKind::scaling ? 0 : config.data.set.test_images;
    return forward * (3.0 * trained + static_cast<double>(scored));
}

} // namespace suite::plan
