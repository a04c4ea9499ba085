// Recipes and what a protocol makes of them.
#include <algorithm>

#include "suite/plan/declare/declarations.hpp"

namespace suite::plan {
namespace {

const std::vector<std::string> protocols{"as-run", "as-written"};

void expect_rising(TomlReader& reader, const char* key, const std::vector<int>& values) {
    for (std::size_t i = 1; i < values.size(); ++i) {
        reader.expect(values[i - 1] < values[i], key, values[i], "more than the one before");
    }
}

void check_hyperrule_row(TomlReader& reader, const HyperRuleRow& row, std::size_t below_before) {
    reader.expect(row.below > below_before, "below", row.below,
                  "more than " + std::to_string(below_before) + ", the bound of the row before");
    if (row.boundaries.size() != 5) {
        reader.expect(false, "boundaries", row.boundaries.size(),
                      "five rising steps: warm-up end, three decays, stop");
    } else if (!std::is_sorted(row.boundaries.begin(), row.boundaries.end()) || row.boundaries.front() < 1) {
        reader.add_fault(reader.origin_of("boundaries"), "steps that fall or start below 1",
                         "five rising steps: warm-up end, three decays, stop");
    }
    reader.expect(row.mixup_alpha >= 0, "mixup_alpha", row.mixup_alpha, "a number of 0 or more");
    reader.expect_above_zero("lr", row.lr.value_or(1.0));
}

void read_hyperrule(TomlReader& reader, RecipeSpec& spec) {
    std::vector<TomlReader> row_readers = reader.tables("hyperrule");
    std::size_t below_before = 0;
    for (TomlReader& row_reader : row_readers) {
        HyperRuleRow& row = spec.hyperrule.emplace_back();
        row_reader.optional("below", row.below);
        row_reader.required("boundaries", row.boundaries);
        row_reader.optional("mixup_alpha", row.mixup_alpha);
        row_reader.optional("lr", row.lr);
        row_reader.finish();
        check_hyperrule_row(row_reader, row, below_before);
        below_before = row.below;
        if (row.below == 0 && spec.hyperrule.size() < row_readers.size()) {
            row_reader.add_fault(row_reader.origin(), "a row without 'below' before other rows",
                                 "an upper bound on every row but the last");
        }
    }
    if (below_before != 0) {
        reader.add_fault(row_readers.back().origin_of("below"), "a last row with an upper bound",
                         "a last row without 'below', for every larger training set");
    }
}

void read_schedule(TomlReader& reader, RecipeSpec& spec) {
    reader.required("schedule", spec.schedule);
    if (spec.schedule == ScheduleKind::hyperrule) {
        read_hyperrule(reader, spec);
        if (spec.hyperrule.empty()) {
            reader.add_fault(reader.origin(), "no [[recipe.hyperrule]] row", "at least one");
        }
        return;
    }
    reader.required("epochs", spec.epochs);
    reader.optional("warmup_epochs", spec.warmup_epochs);
    reader.optional("warmup_steps", spec.warmup_steps);
    reader.optional("workers", spec.workers);
    reader.optional("decay_epochs", spec.decay_epochs);
    reader.expect_at_least("epochs", spec.epochs, 1);
    reader.expect_at_least("workers", spec.workers, 1);
    reader.expect(spec.warmup_epochs >= 0, "warmup_epochs", spec.warmup_epochs, "a number of 0 or more");
    reader.expect_at_least("warmup_steps", spec.warmup_steps, 1);
    reader.expect(spec.warmup_epochs == 0.0 && spec.workers == 1, "warmup_steps", spec.warmup_steps,
                  "no warmup_epochs and workers beside it");
    expect_rising(reader, "decay_epochs", spec.decay_epochs);
}

void read_augmentation(TomlReader& reader, RecipeSpec& spec) {
    AugmentationDetail& detail = spec.augmentation_detail;
    reader.required("augmentation", spec.augmentation);
    reader.optional("resize", detail.resize);
    reader.optional("squash", detail.squash);
    reader.optional("shift", detail.shift);
    const bool crops = spec.augmentation == Augmentation::crop_flip;
    reader.expect_at_least("resize", detail.resize, 1);
    reader.expect_in("shift", detail.shift, 0, 1);
    reader.expect(crops, "resize", detail.resize, "none but with augmentation crop-flip");
    reader.expect(crops, "squash", detail.squash, "none but with augmentation crop-flip");
    reader.expect(spec.augmentation == Augmentation::xray, "shift", detail.shift,
                  "none but with augmentation xray");
    if (auto rand_augment = reader.table("rand_augment")) {
        rand_augment->required("operations", detail.rand_augment_operations);
        rand_augment->required("magnitude", detail.rand_augment_magnitude);
        rand_augment->expect_at_least("operations", detail.rand_augment_operations, 1);
        rand_augment->expect_in("magnitude", detail.rand_augment_magnitude, 0, 30);
        rand_augment->finish();
    }
}

void check_recipe(TomlReader& reader, const RecipeSpec& spec) {
    reader.expect(std::count(protocols.begin(), protocols.end(), spec.protocol) == 1, "protocol",
                  spec.protocol, expected_names(spec.protocol, protocols));
    reader.expect_above_zero("base_lr", spec.base_lr);
    reader.expect_at_least("lr_batch", spec.lr_batch, 0);
    reader.expect(spec.momentum >= 0 && spec.momentum < 1, "momentum", spec.momentum, "a number in [0, 1)");
    reader.expect(spec.weight_decay >= 0, "weight_decay", spec.weight_decay, "a number of 0 or more");
    reader.expect_above_zero("agc_clip", spec.agc_clip);
    reader.expect_above_zero("agc_epsilon", spec.agc_epsilon);
    reader.expect_at_least("batch", spec.batch, 1);
    reader.expect_at_least("outputs", spec.outputs, 1);
    reader.expect(spec.kind == RunKind::pretrain, "outputs", spec.outputs,
                  "none in fine-tuning, whose head is the target's");
    reader.expect_at_least("evaluation_batch", spec.evaluation_batch, 1);
    if (reader.sound({"batch"})) {
        reader.expect(spec.micro_batch >= 1 && spec.batch % spec.micro_batch == 0, "micro_batch",
                      spec.micro_batch, "a divisor of batch " + std::to_string(spec.batch));
    }
    if (spec.mean.size() != spec.std.size() || (!spec.mean.empty() && spec.mean.size() != 3)) {
        reader.add_fault(reader.origin_of("mean"),
                         std::to_string(spec.mean.size()) + " values of mean and " +
                             std::to_string(spec.std.size()) + " of std",
                         "3 values each, or neither");
    }
    for (const double deviation : spec.std) {
        reader.expect_above_zero("std", deviation);
    }
}

} // namespace

void read_recipe(TomlReader& reader, RecipeSpec& spec) {
    reader.required("kind", spec.kind);
    reader.optional("protocol", spec.protocol);
    reader.required("optimizer", spec.optimizer);
    reader.required("base_lr", spec.base_lr);
    reader.optional("lr_batch", spec.lr_batch);
    reader.required("momentum", spec.momentum);
    reader.required("nesterov", spec.nesterov);
    reader.required("weight_decay", spec.weight_decay);
    reader.optional("agc_clip", spec.agc_clip);
    reader.optional("agc_epsilon", spec.agc_epsilon);
    reader.required("batch", spec.batch);
    reader.required("micro_batch", spec.micro_batch);
    reader.optional("outputs", spec.outputs);
    read_schedule(reader, spec);
    read_augmentation(reader, spec);
    reader.optional("head_init", spec.head_init);
    reader.optional("mean", spec.mean);
    reader.optional("std", spec.std);
    reader.optional("evaluation_batch", spec.evaluation_batch);
    reader.optional("deviations", spec.deviations);
    check_recipe(reader, spec);
}

void read_protocol(TomlReader& reader, ProtocolSpec& spec) {
    reader.required("title", spec.title);
    reader.optional("recipes", spec.recipes);
    reader.optional("targets", spec.targets);
    reader.expect(std::count(protocols.begin(), protocols.end(), spec.id) == 1, "id", spec.id,
                  expected_names(spec.id, protocols));
}

} // namespace suite::plan
