#include "suite/plan/declarations.hpp"

#include <algorithm>

namespace suite::plan {
namespace {

void read_natural(TomlReader& reader, NaturalPhantom& phantom) {
    reader.optional("outlines", phantom.outlines);
    reader.optional("textures", phantom.textures);
    reader.optional("palettes", phantom.palettes);
    reader.optional("layouts", phantom.layouts);
    reader.optional("first_outline", phantom.first_outline);
    reader.optional("first_texture", phantom.first_texture);
    reader.optional("first_palette", phantom.first_palette);
    reader.optional("first_layout", phantom.first_layout);
    reader.optional("noise", phantom.noise);
    reader.optional("variation", phantom.variation);
    reader.optional("imbalance", phantom.imbalance);
    reader.finish();
}

void read_xray(TomlReader& reader, XrayPhantom& phantom) {
    reader.required("hospital", phantom.hospital);
    reader.optional("prevalence", phantom.prevalence);
    reader.optional("missing", phantom.missing);
    reader.optional("label_noise", phantom.label_noise);
    reader.optional("noise", phantom.noise);
    reader.optional("blur", phantom.blur);
    reader.optional("contrast", phantom.contrast);
    reader.optional("amplitude", phantom.amplitude);
    reader.optional("images_per_patient", phantom.images_per_patient);
    reader.optional("single_label", phantom.single_label);
    reader.finish();
}

void read_labels(TomlReader& reader, DataSetSpec& spec, DataSetLinks& links) {
    std::int64_t classes = 0;
    const int given = static_cast<int>(reader.optional("labels", spec.labels)) +
                      static_cast<int>(reader.optional("labels_of", links.labels_of)) +
                      static_cast<int>(reader.optional("classes", classes)) +
                      static_cast<int>(reader.optional("members", spec.members));
    if (given != 1) {
        reader.add_fault(reader.origin(), std::to_string(given) + " of labels, labels_of, classes, members",
                         "exactly one", "state the labels once");
    }
    for (std::int64_t i = 0; i < classes; ++i) {
        spec.labels.push_back("class " + std::to_string(i));
    }
}

void read_hyperrule(TomlReader& reader, RecipeSpec& spec) {
    for (TomlReader& row_reader : reader.tables("hyperrule")) {
        HyperRuleRow& row = spec.hyperrule.emplace_back();
        row_reader.optional("below", row.below);
        row_reader.required("boundaries", row.boundaries);
        row_reader.optional("mixup_alpha", row.mixup_alpha);
        row_reader.optional("lr", row.lr);
        row_reader.finish();
        if (row.boundaries.size() != 5 || !std::is_sorted(row.boundaries.begin(), row.boundaries.end())) {
            row_reader.add_fault(row_reader.origin_of("boundaries"),
                                 std::to_string(row.boundaries.size()) + " steps",
                                 "five rising steps: warm-up end, three decays, stop");
        }
    }
    if (!spec.hyperrule.empty() && spec.hyperrule.back().below != 0) {
        reader.add_fault(reader.origin_of("hyperrule"), "a last row with an upper bound",
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
    reader.optional("workers", spec.workers);
    reader.optional("decay_epochs", spec.decay_epochs);
}

void read_claim(TomlReader& reader, ClaimSpec& claim) {
    claim.origin = reader.origin();
    reader.required("id", claim.id);
    reader.required("text", claim.text);
    reader.required("where", claim.where);
    reader.required("rule", claim.rule);
    if (claim.rule == ClaimRule::at_least) {
        reader.required("at_least", claim.at_least);
    }
    for (TomlReader& term_reader : reader.tables("term")) {
        ClaimTermSpec& term = claim.terms.emplace_back();
        term_reader.required("cells", term.cells);
        term_reader.required("versus", term.versus);
        term_reader.required("kind", term.kind);
        term_reader.optional("margin", term.margin);
        term_reader.finish();
    }
    if (claim.terms.empty()) {
        reader.add_fault(claim.origin, "no [[…claim.term]]", "at least one");
    }
    reader.finish();
}

} // namespace

void read_network(TomlReader& reader, NetworkSpec& spec) {
    reader.required("unit", spec.unit);
    reader.required("stem", spec.stem);
    reader.required("depths", spec.depths);
    reader.required("stem_channels", spec.stem_channels);
    reader.required("stage_channels", spec.stage_channels);
    reader.optional("bottleneck_factor", spec.bottleneck_factor);
    reader.required("groups", spec.groups);
    reader.optional("group_norm_epsilon", spec.group_norm_epsilon);
    reader.optional("standardise_epsilon", spec.standardise_epsilon);
    reader.optional("deviations", spec.deviations);
    if (spec.depths.size() != spec.stage_channels.size()) {
        reader.add_fault(reader.origin_of("depths"), std::to_string(spec.depths.size()) + " depths",
                         "one for each of the " + std::to_string(spec.stage_channels.size()) +
                             " stage_channels");
    }
    for (const int channels : spec.stage_channels) {
        const int factor = spec.unit == Unit::bottleneck ? spec.bottleneck_factor : 1;
        if (spec.groups <= 0 || factor <= 0 || channels % factor != 0 ||
            (channels / factor) % spec.groups != 0) {
            reader.add_fault(reader.origin_of("stage_channels"), std::to_string(channels) + " channels",
                             "a multiple of groups x bottleneck_factor");
        }
    }
}

void read_data_set(TomlReader& reader, DataSetSpec& spec, DataSetLinks& links) {
    reader.required("title", spec.title);
    reader.required("task", spec.task);
    read_labels(reader, spec, links);
    if (spec.members.empty()) {
        reader.required("reader", spec.reader);
        reader.required("train_images", spec.train_images);
        reader.required("test_images", spec.test_images);
    }
    reader.required("image_size", spec.image_size);
    reader.optional("channels", spec.channels);
    reader.optional("oversampling", spec.oversampling);
    reader.optional("metric", spec.metric);
    reader.optional("finetune", spec.finetune);
    reader.optional("pretrain", spec.pretrain);
    if (auto natural = reader.table("natural")) {
        read_natural(*natural, spec.natural.emplace());
    }
    if (auto xray = reader.table("xray")) {
        read_xray(*xray, spec.xray.emplace());
    }
    const bool generator_fits = spec.natural.has_value() == (spec.reader == Reader::phantom_natural) &&
                                spec.xray.has_value() == (spec.reader == Reader::phantom_xray);
    if (!generator_fits) {
        reader.add_fault(reader.origin_of("reader"), "a generator table that does not belong to the reader",
                         "[…natural] with phantom-natural, [….xray] with phantom-xray, none otherwise");
    }
}

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
    read_schedule(reader, spec);
    reader.required("augmentation", spec.augmentation);
    reader.optional("head_init", spec.head_init);
    reader.optional("mean", spec.mean);
    reader.optional("std", spec.std);
    reader.optional("evaluation_batch", spec.evaluation_batch);
    reader.optional("deviations", spec.deviations);
    if (spec.batch <= 0 || spec.micro_batch <= 0 || spec.batch % spec.micro_batch != 0) {
        reader.add_fault(reader.origin_of("micro_batch"), std::to_string(spec.micro_batch),
                         "a divisor of batch " + std::to_string(spec.batch));
    }
    if (spec.mean.size() != spec.std.size() || (!spec.mean.empty() && spec.mean.size() != 3)) {
        reader.add_fault(reader.origin_of("mean"), "mean and std of unequal length",
                         "3 values each, or neither");
    }
}

void read_profile(TomlReader& reader, ProfileSpec& spec, std::string& extends) {
    reader.optional("extends", extends);
    reader.required("title", spec.title);
    reader.required("seeds", spec.seeds);
    reader.optional("world_seed", spec.world_seed);
    reader.optional("recorded_baseline", spec.recorded_baseline);
    reader.optional("networks", spec.networks);
    reader.optional("data_sets", spec.data_sets);
    reader.optional("recipes", spec.recipes);
    reader.optional("train_limit", spec.train_limit);
    reader.optional("test_limit", spec.test_limit);
    reader.optional("gigamacs_per_second", spec.gigamacs_per_second);
    reader.optional("system", spec.system);
}

void read_workload(TomlReader& reader, WorkloadSpec& spec) {
    reader.required("title", spec.title);
    reader.required("source", spec.source);
    reader.required("paper", spec.paper);
    reader.required("targets", spec.targets);
    reader.required("models", spec.models);
    reader.required("shots", spec.shots);
    reader.required("margins", spec.margins);
    reader.optional("margin_sds", spec.margin_sds);
    for (TomlReader& source_reader : reader.tables("sources")) {
        SourceRule& rule = spec.source_rules.emplace_back();
        source_reader.required("id", rule.source);
        source_reader.required("data_set", rule.data_set);
        source_reader.optional("for_target", rule.for_target);
        source_reader.finish();
        spec.sources.push_back(rule.source);
    }
    for (TomlReader& claim_reader : reader.tables("claim")) {
        read_claim(claim_reader, spec.claims.emplace_back());
    }
}

void read_system(TomlReader& reader, SystemSpec& spec) {
    reader.required("title", spec.title);
    reader.required("nodes", spec.nodes);
    reader.required("gpus_per_node", spec.gpus_per_node);
    reader.required("cores_per_node", spec.cores_per_node);
    reader.optional("gpu", spec.gpu);
}

} // namespace suite::plan
