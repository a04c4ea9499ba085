#include "suite/plan/declare/declarations.hpp"

#include <algorithm>
#include <set>

#include "suite/base/names.hpp"
#include "suite/plan/network/families.hpp"

namespace suite::plan {
namespace {

// More classes than any published set has; a slip of the finger must not fill the memory.
constexpr std::int64_t most_classes = 1'000'000;

// Each element is there once, and there is one.
void expect_distinct(TomlReader& reader, const char* key, const std::vector<std::string>& values) {
    std::set<std::string> seen;
    for (const std::string& value : values) {
        reader.expect(seen.insert(value).second, key, value, "no duplicates");
    }
    reader.expect(!values.empty(), key, values.size(), "at least one");
}

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
    reader.optional("plain", phantom.plain);
    reader.expect_in("plain", phantom.plain, 0, 1);
    reader.expect_at_least("outlines", phantom.outlines, 1);
    reader.expect_at_least("textures", phantom.textures, 1);
    reader.expect_at_least("palettes", phantom.palettes, 1);
    reader.expect_at_least("layouts", phantom.layouts, 1);
    reader.expect_at_least("first_outline", phantom.first_outline, 0);
    reader.expect_at_least("first_texture", phantom.first_texture, 0);
    reader.expect_at_least("first_palette", phantom.first_palette, 0);
    reader.expect_at_least("first_layout", phantom.first_layout, 0);
    reader.expect(phantom.noise >= 0, "noise", phantom.noise, "a number of 0 or more");
    reader.expect(phantom.variation >= 0, "variation", phantom.variation, "a number of 0 or more");
    reader.expect(phantom.imbalance >= 1, "imbalance", phantom.imbalance, "a number of 1 or more");
    reader.finish();
}

void read_xray(TomlReader& reader, XrayPhantom& phantom) {
    for (TomlReader& folder_reader : reader.tables("folder")) {
        XrayFolder& folder = phantom.folders.emplace_back();
        folder_reader.required("hospital", folder.hospital);
        folder_reader.required("class_images", folder.class_images);
        folder_reader.finish();
    }
    if (phantom.folders.empty()) {
        reader.required("hospital", phantom.hospital);
    }
    reader.optional("class_shares", phantom.class_shares);
    reader.optional("prevalence", phantom.prevalence);
    reader.optional("missing", phantom.missing);
    reader.optional("label_noise", phantom.label_noise);
    reader.optional("noise", phantom.noise);
    reader.optional("blur", phantom.blur);
    reader.optional("contrast", phantom.contrast);
    reader.optional("amplitude", phantom.amplitude);
    reader.optional("images_per_patient", phantom.images_per_patient);
    reader.optional("single_label", phantom.single_label);
    reader.expect_in("prevalence", phantom.prevalence, 0, 1);
    reader.expect_in("missing", phantom.missing, 0, 1);
    reader.expect_in("label_noise", phantom.label_noise, 0, 1);
    reader.expect(phantom.noise >= 0, "noise", phantom.noise, "a number of 0 or more");
    reader.expect(phantom.blur >= 0, "blur", phantom.blur, "a number of 0 or more");
    reader.expect_above_zero("contrast", phantom.contrast);
    reader.expect_above_zero("amplitude", phantom.amplitude);
    reader.expect(phantom.images_per_patient >= 1, "images_per_patient", phantom.images_per_patient,
                  "a number of 1 or more");
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
    expect_distinct(reader, "labels", spec.labels);
    expect_distinct(reader, "members", spec.members);
    reader.expect(classes >= 1 && classes <= most_classes, "classes", classes,
                  "a whole number from 1 to " + std::to_string(most_classes));
    for (std::int64_t i = 0; i < std::min(classes, most_classes); ++i) {
        spec.labels.push_back("class " + std::to_string(i));
    }
}

void read_claim_term(TomlReader& reader, ClaimTermSpec& term) {
    reader.required("cells", term.cells);
    reader.required("kind", term.kind);
    reader.optional("best_of", term.best_of);
    if (term.kind == ClaimKind::above || term.kind == ClaimKind::below) {
        reader.required("bound", term.bound);
    } else {
        reader.required("versus", term.versus);
        reader.optional("margin", term.margin);
        reader.optional("by_sds", term.by_sds);
        reader.expect(term.by_sds >= 0, "by_sds", term.by_sds, "a number of 0 or more");
    }
    const bool has_margin = term.kind == ClaimKind::not_worse || term.kind == ClaimKind::equivalent;
    if (has_margin && !(term.margin > 0)) {
        reader.add_fault(
            reader.origin_of("margin"), "kind '" + std::string(enum_name(term.kind)) + "' without a margin",
            "a margin above 0",
            term.kind == ClaimKind::equivalent ? "state how large a difference still counts as none"
                                               : "state how much worse still counts");
    }
    if (term.kind == ClaimKind::equivalent && !term.best_of.empty()) {
        reader.add_fault(reader.origin_of("best_of"),
                         "kind 'equivalent' with best_of = \"" + term.best_of + "\"", "no best_of",
                         "compare every cell with its counterpart");
    }
    reader.finish();
}

void read_claim(TomlReader& reader, ClaimSpec& claim) {
    claim.origin = reader.origin();
    reader.required("id", claim.id);
    reader.required("text", claim.text);
    reader.required("where", claim.where);
    reader.required("rule", claim.rule);
    if (claim.rule == ClaimRule::at_least) {
        reader.required("at_least", claim.at_least);
        reader.expect_at_least("at_least", claim.at_least, 1);
    }
    reader.optional("differs", claim.differs);
    for (TomlReader& term_reader : reader.tables("term")) {
        read_claim_term(term_reader, claim.terms.emplace_back());
    }
    if (claim.terms.empty()) {
        reader.add_fault(claim.origin, "no [[…claim.term]]", "at least one");
    }
    reader.finish();
}

void read_figure(TomlReader& reader, FigureSpec& figure) {
    figure.origin = reader.origin();
    reader.required("id", figure.id);
    reader.required("title", figure.title);
    reader.required("kind", figure.kind);
    reader.required("cells", figure.cells);
    reader.required("x", figure.x);
    reader.required("series", figure.series);
    reader.optional("panels", figure.panels);
    reader.optional("value", figure.value);
    reader.expect(figure.value == "throughput", "value", figure.value, "throughput");
    reader.finish();
}

/// Null, and a fault, where no family is named so.
const Family* family_of(TomlReader& reader, const std::string& id) {
    const Family* family = find_family(id);
    if (family == nullptr) {
        std::vector<std::string> ids;
        for (const Family& known : families()) {
            ids.emplace_back(known.id);
        }
        reader.expect(false, "family", id, expected_names(id, ids));
    }
    return family;
}

/// What the family says to the declaration, at the line of the field; nothing about fields that could not be
/// read.
void check_network(TomlReader& reader, const NetworkSpec& spec, const Family& family) {
    for (const SpecFault& fault : family.check(spec)) {
        if (std::all_of(fault.fields.begin(), fault.fields.end(),
                        [&reader](const char* field) { return reader.sound({field}); })) {
            reader.add_fault(reader.origin_of(fault.fields.front()), fault.found, fault.expected);
        }
    }
}

/// "target, model, source": the axes that a workload must have, or may have.
std::string role_names(bool measures, bool only_required) {
    std::string names;
    for (const AxisKind& kind : axis_kinds()) {
        if (kind.is_declared_by(measures) && (kind.required || !only_required)) {
            names += (names.empty() ? "" : ", ") + std::string(enum_name(kind.role));
        }
    }
    return names;
}

/// Whether its role is known; else its values are not looked at.
bool read_axis(TomlReader& reader, AxisSpec& axis) {
    reader.required("name", axis.name);
    reader.required("values", axis.values);
    expect_distinct(reader, "values", axis.values);
    const auto role_of_name = enum_value<AxisRole>(axis.name);
    axis.role = role_of_name.value_or(axis.role);
    const bool has_role = reader.optional("role", axis.role); // of a name that is the paper's word for it
    reader.finish();
    if (!has_role && !role_of_name) {
        reader.expect(false, "name", axis.name,
                      expected_names(axis.name, all_enum_names<AxisRole>()) +
                          ", or another name with a role");
    }
    if (has_role ? !reader.sound({"role"}) : !role_of_name) {
        return false;
    }
    const AxisKind& kind = axis_kind(axis.role);
    for (const std::string& value : axis.values) {
        reader.expect(kind.accepts(value), "values", value, std::string(kind.expected));
    }
    return true;
}

/// One axis of a name and of a role, and the roles that such a workload has.
void check_axis(TomlReader& reader, const std::vector<AxisSpec>& before, const AxisSpec& axis,
                bool measures) {
    const AxisKind& kind = axis_kind(axis.role);
    const std::string role(enum_name(axis.role));
    if (find_axis(before, axis.name) != nullptr) {
        reader.add_fault(reader.origin_of("name"), "a second axis '" + axis.name + "'", "one axis of a name",
                         "rename one or leave it out");
    } else if (find_axis(before, axis.role) != nullptr) {
        reader.add_fault(reader.origin_of("name"), "a second axis of role " + role, "one axis of a role", "");
    } else if (!before.empty() && !axis_kind(before.back().role).unwritten.empty()) {
        reader.add_fault(reader.origin_of("name"),
                         "axis '" + axis.name + "' behind '" + before.back().name + "'",
                         "'" + before.back().name + "' as the last axis: ids leave out its value '" +
                             std::string(axis_kind(before.back().role).unwritten) + "'",
                         "move it");
    }
    if (!kind.is_declared_by(measures)) {
        reader.add_fault(reader.origin_of("name"), "an axis of role " + role,
                         std::string("the axes of a workload that ") +
                             (measures ? "measures speed: " : "scores: ") + role_names(measures, false),
                         kind.declared ? "" : "leave it out: its values are those of the ladders");
    }
}

void read_axis_list(TomlReader& reader, WorkloadSpec& spec, bool measures) {
    bool all_known = true;
    for (TomlReader& axis_reader : reader.tables("axis")) {
        AxisSpec axis;
        if (!read_axis(axis_reader, axis)) {
            all_known = false; // the missing axis may be the misspelt one
            continue;
        }
        check_axis(axis_reader, spec.axes, axis, measures);
        spec.axes.push_back(std::move(axis));
    }
    if (!all_known) {
        return;
    }
    for (const AxisKind& kind : axis_kinds()) {
        if (kind.required && kind.is_declared_by(measures) && find_axis(spec.axes, kind.role) == nullptr) {
            reader.add_fault(reader.origin(),
                             "no [[workload.axis]] of role " + std::string(enum_name(kind.role)),
                             "the axes " + role_names(measures, true) + " at least", "declare it");
        }
    }
}

/// Each value of the axis has one rule, each rule a value.
void check_sources(TomlReader& reader, const WorkloadSpec& spec) {
    const std::vector<std::string>& values = spec.values(AxisRole::source);
    for (const std::string& value : values) {
        const bool has_rule = std::any_of(spec.source_rules.begin(), spec.source_rules.end(),
                                          [&value](const SourceRule& rule) { return rule.source == value; });
        if (!has_rule) {
            reader.add_fault(reader.origin(), "source '" + value + "' without a [[workload.sources]]",
                             "one of its id", "say which data set it is");
        }
    }
}

void read_sources(TomlReader& reader, WorkloadSpec& spec) {
    const std::vector<std::string>& values = spec.values(AxisRole::source);
    for (TomlReader& source_reader : reader.tables("sources")) {
        SourceRule rule;
        source_reader.required("id", rule.source);
        bool from_scratch = false;
        source_reader.optional("from_scratch", from_scratch);
        if (!from_scratch) {
            source_reader.required("data_set", rule.data_set);
            source_reader.optional("for_target", rule.for_target);
        }
        source_reader.finish();
        const bool is_new = std::none_of(spec.source_rules.begin(), spec.source_rules.end(),
                                         [&rule](const SourceRule& r) { return r.source == rule.source; });
        source_reader.expect(is_new, "id", rule.source, "each source once");
        const bool is_value = std::find(values.begin(), values.end(), rule.source) != values.end();
        source_reader.expect(is_value || !is_new, "id", rule.source,
                             "a value of the axis of role source: " + expected_names(rule.source, values));
        spec.source_rules.push_back(std::move(rule));
    }
    check_sources(reader, spec);
}

// A view declares no axes: they are its workloads'; those of a ladder include its ranks.
void read_axes(TomlReader& reader, WorkloadSpec& spec) {
    if (auto scaling = reader.table("scaling")) {
        read_axis_list(reader, spec, true);
        read_scaling(*scaling, spec);
        return;
    }
    if (reader.optional("union_of", spec.union_of)) {
        expect_distinct(reader, "union_of", spec.union_of);
        return;
    }
    read_axis_list(reader, spec, false);
    read_margins(reader, spec);
    read_sources(reader, spec);
}

} // namespace

void read_network(TomlReader& reader, NetworkSpec& spec) {
    reader.optional("family", spec.family);
    const Family* family = family_of(reader, spec.family);
    const auto required = family == nullptr ? std::span<const std::string_view>() : family->required;
    const auto read = [&](const char* key, auto& value) {
        if (std::find(required.begin(), required.end(), key) != required.end()) {
            reader.required(key, value);
        } else {
            reader.optional(key, value);
        }
    };
    read("unit", spec.unit);
    read("stem", spec.stem);
    reader.required("depths", spec.depths);
    reader.required("stem_channels", spec.stem_channels);
    reader.required("stage_channels", spec.stage_channels);
    read("bottleneck_factor", spec.bottleneck_factor);
    read("groups", spec.groups);
    read("group_norm_epsilon", spec.group_norm_epsilon);
    read("standardise_epsilon", spec.standardise_epsilon);
    reader.optional("deviations", spec.deviations);
    if (family != nullptr) {
        check_network(reader, spec, *family);
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
    reader.expect_at_least("train_images", static_cast<std::int64_t>(spec.train_images), 1);
    reader.expect_at_least("image_size", spec.image_size, 1);
    reader.expect(spec.channels == 1 || spec.channels == 3, "channels", spec.channels, "1 or 3");
    reader.optional("oversampling", spec.oversampling);
    reader.optional("metric", spec.metric);
    reader.optional("finetune", spec.finetune);
    reader.optional("few_shot_draw", spec.few_shot_draw);
    reader.optional("smallest_class", spec.smallest_class);
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

void read_profile(TomlReader& reader, ProfileSpec& spec, ProfileLinks& links) {
    reader.optional("extends", links.extends);
    links.extends_origin = reader.origin_of("extends");
    reader.required("title", spec.title);
    reader.required("seeds", spec.seeds);
    reader.optional("world_seed", spec.world_seed);
    links.has_recorded_baseline = reader.optional("recorded_baseline", spec.recorded_baseline);
    reader.optional("networks", spec.networks);
    reader.optional("data_sets", spec.data_sets);
    reader.optional("recipes", spec.recipes);
    reader.optional("train_limit", spec.train_limit);
    reader.optional("test_limit", spec.test_limit);
    links.has_throughput = reader.optional("gigamacs_per_second", spec.gigamacs_per_second);
    reader.optional("network_gigamacs_per_second", spec.network_gigamacs_per_second);
    for (const auto& [network, rate] : spec.network_gigamacs_per_second) {
        reader.expect_above_zero("network_gigamacs_per_second", rate);
    }
    reader.optional("most_parents", spec.most_parents);
    reader.expect_in("most_parents", spec.most_parents.value_or(1), 1, most_parents);
    reader.optional("system", spec.system);
    std::vector<std::uint64_t> sorted = spec.seeds;
    std::sort(sorted.begin(), sorted.end());
    const auto doubled = std::adjacent_find(sorted.begin(), sorted.end());
    reader.expect(!spec.seeds.empty(), "seeds", spec.seeds.size(), "at least one");
    reader.expect(doubled == sorted.end(), "seeds", doubled == sorted.end() ? 0 : *doubled, "no duplicates");
    reader.expect_at_least("train_limit", static_cast<std::int64_t>(spec.train_limit.value_or(1)), 1);
    reader.expect_at_least("test_limit", static_cast<std::int64_t>(spec.test_limit.value_or(1)), 1);
    reader.expect_above_zero("gigamacs_per_second", spec.gigamacs_per_second);
}

void read_study(TomlReader& reader, StudySpec& spec) {
    reader.required("title", spec.title);
    reader.required("paper", spec.paper);
    reader.required("pretraining_seed", spec.pretraining_seed);
}

void read_workload(TomlReader& reader, WorkloadSpec& spec) {
    reader.required("title", spec.title);
    reader.required("source", spec.source);
    reader.required("study", spec.study);
    reader.optional("order", spec.order);
    reader.optional("without", spec.without);
    reader.optional("parents", spec.parents);
    reader.expect_in("parents", spec.parents, 1, most_parents);
    read_axes(reader, spec);
    reader.expect(spec.parents == 1 || !spec.scaling, "parents", spec.parents,
                  "1: a workload that measures pre-trains nothing");
    for (TomlReader& claim_reader : reader.tables("claim")) {
        read_claim(claim_reader, spec.claims.emplace_back());
    }
    for (TomlReader& figure_reader : reader.tables("figure")) {
        read_figure(figure_reader, spec.figures.emplace_back());
    }
}

} // namespace suite::plan
