#include "suite/plan/order/run_config.hpp"

#include <algorithm>
#include <cassert>

#include <nlohmann/json.hpp>

#include "suite/base/error.hpp"
#include "suite/base/hash.hpp"
#include "suite/plan/spec/enum_names.hpp"

namespace suite::plan {
namespace {

using Json = nlohmann::json;

// Each type is described once, by a function that visits its fields in the order of their names; writing and
// reading are two visitors. Writing goes straight to text: planning writes some hundred configurations.
class Writer {
public:
    explicit Writer(std::string& text) : text_(&text) {}
    void close() { *text_ += last_.empty() ? "{}" : "}"; }

    template<typename Value>
    void field(std::string_view name, const Value& value) {
        assert(last_ < name && "visit fields in the order of their names");
        *text_ += last_.empty() ? "{\"" : ",\"";
        *text_ += name;
        *text_ += "\":";
        last_ = name;
        write(*text_, value);
    }
    template<typename Value>
    void optional_field(std::string_view name, const Value& value) {
        default_field(name, value, Value{});
    }
    /// Left out where it is `usual`.
    template<typename Value>
    void default_field(std::string_view name, const Value& value, const Value& usual) {
        if (!(value == usual)) {
            field(name, value);
        }
    }

private:
    template<typename Value>
    static void write(std::string& text, const Value& value);
    std::string* text_;
    std::string_view last_;
};

class ConfigReader {
public:
    explicit ConfigReader(const Json& source) : json_(&source) {}

    template<typename Value>
    void field(const char* name, Value& value) {
        read(json_->at(name), value);
    }
    template<typename Value>
    void optional_field(const char* name, Value& value) {
        if (json_->contains(name)) {
            field(name, value);
        }
    }
    template<typename Value>
    void default_field(const char* name, Value& value, const Value&) {
        optional_field(name, value);
    }

private:
    template<typename Value>
    static void read(const Json& source, Value& value);
    const Json* json_;
};

// The type itself, const for writing.
template<typename Value, typename Type>
concept Described = std::is_same_v<std::remove_const_t<Value>, Type>;

template<typename Visitor, Described<NetworkSpec> Value>
void visit(Visitor& v, Value& n) {
    v.field("bottleneck_factor", n.bottleneck_factor);
    v.field("depths", n.depths);
    v.default_field("family", n.family, NetworkSpec{}.family);
    v.field("group_norm_epsilon", n.group_norm_epsilon);
    v.field("groups", n.groups);
    v.field("id", n.id);
    v.field("stage_channels", n.stage_channels);
    v.field("standardise_epsilon", n.standardise_epsilon);
    v.field("stem", n.stem);
    v.field("stem_channels", n.stem_channels);
    v.field("unit", n.unit);
}

template<typename Visitor, Described<NaturalPhantom> Value>
void visit(Visitor& v, Value& p) {
    v.field("first_layout", p.first_layout);
    v.field("first_outline", p.first_outline);
    v.field("first_palette", p.first_palette);
    v.field("first_texture", p.first_texture);
    v.field("imbalance", p.imbalance);
    v.field("layouts", p.layouts);
    v.field("noise", p.noise);
    v.field("outlines", p.outlines);
    v.field("palettes", p.palettes);
    v.field("plain", p.plain);
    v.field("textures", p.textures);
    v.field("variation", p.variation);
}

template<typename Visitor, Described<XrayFolder> Value>
void visit(Visitor& v, Value& f) {
    v.field("class_images", f.class_images);
    v.field("hospital", f.hospital);
}

template<typename Visitor, Described<XrayPhantom> Value>
void visit(Visitor& v, Value& p) {
    v.field("amplitude", p.amplitude);
    v.field("blur", p.blur);
    v.field("class_shares", p.class_shares);
    v.field("contrast", p.contrast);
    v.field("folders", p.folders);
    v.field("hospital", p.hospital);
    v.field("images_per_patient", p.images_per_patient);
    v.field("label_noise", p.label_noise);
    v.field("missing", p.missing);
    v.field("noise", p.noise);
    v.field("prevalence", p.prevalence);
    v.field("single_label", p.single_label);
}

template<typename Visitor, Described<DataSetSpec> Value>
void visit(Visitor& v, Value& d) {
    v.field("channels", d.channels);
    v.field("id", d.id);
    v.field("image_size", d.image_size);
    v.field("labels", d.labels);
    v.field("members", d.members);
    v.field("natural", d.natural);
    v.field("reader", d.reader);
    v.field("task", d.task);
    v.field("test_images", d.test_images);
    v.field("train_images", d.train_images);
    v.field("world_seed", d.world_seed);
    v.field("xray", d.xray);
}

template<typename Visitor, Described<DataConfig> Value>
void visit(Visitor& v, Value& d) {
    v.field("members", d.members);
    v.field("set", d.set);
}

template<typename Visitor, Described<ScheduleConfig> Value>
void visit(Visitor& v, Value& s) {
    v.field("boundaries", s.boundaries);
    v.field("kind", s.kind);
    v.field("peak_lr", s.peak_lr);
    v.field("steps_per_epoch", s.steps_per_epoch);
    v.field("total_steps", s.total_steps);
    v.field("warmup_epochs", s.warmup_epochs);
    v.field("workers", s.workers);
}

template<typename Visitor, Described<AugmentationDetail> Value>
void visit(Visitor& v, Value& a) {
    v.field("rand_augment_magnitude", a.rand_augment_magnitude);
    v.field("rand_augment_operations", a.rand_augment_operations);
    v.field("resize", a.resize);
    v.field("shift", a.shift);
    v.field("squash", a.squash);
}

template<typename Visitor, Described<TrainConfig> Value>
void visit(Visitor& v, Value& t) {
    v.field("agc_clip", t.agc_clip);
    v.field("agc_epsilon", t.agc_epsilon);
    v.field("augmentation", t.augmentation);
    v.optional_field("augmentation_detail", t.augmentation_detail);
    v.field("batch", t.batch);
    v.field("evaluation_batch", t.evaluation_batch);
    v.field("head_init", t.head_init);
    v.field("mean", t.mean);
    v.field("micro_batch", t.micro_batch);
    v.field("mixup_alpha", t.mixup_alpha);
    v.field("momentum", t.momentum);
    v.field("nesterov", t.nesterov);
    v.field("optimizer", t.optimizer);
    v.optional_field("outputs", t.outputs);
    v.field("oversampling", t.oversampling);
    v.field("schedule", t.schedule);
    v.field("std", t.std);
    v.field("weight_decay", t.weight_decay);
}

template<typename Visitor, Described<ScalingConfig> Value>
void visit(Visitor& v, Value& s) {
    v.field("data_mode", s.data_mode);
    v.field("occasion", s.occasion);
    v.field("warmup_steps", s.warmup_steps);
}

template<typename Visitor, Described<WeightsConfig> Value>
void visit(Visitor& v, Value& w) {
    v.field("file", w.file);
    v.field("sha256", w.sha256);
}

template<typename Visitor, Described<RunConfig> Value>
void visit(Visitor& v, Value& c) {
    v.optional_field("bucket_bytes", c.bucket_bytes);
    v.field("data", c.data);
    v.optional_field("few_shot_draw", c.few_shot_draw);
    v.field("kind", c.kind);
    v.optional_field("limits", c.limits);
    v.optional_field("measured_buckets", c.measured_buckets);
    v.field("metric", c.metric);
    v.field("network", c.network);
    v.field("parent_key", c.parent_key);
    v.optional_field("portable_bits", c.portable_bits);
    v.optional_field("precision", c.precision);
    v.field("protocol", c.protocol);
    v.optional_field("ranks", c.ranks);
    v.optional_field("reduction", c.reduction);
    v.optional_field("scaling", c.scaling);
    v.field("seed", c.seed);
    v.field("shots", c.shots);
    v.field("train", c.train);
    v.optional_field("weights", c.weights);
    v.optional_field("wire", c.wire);
}

template<typename Type>
inline constexpr bool is_optional = false;
template<typename Type>
inline constexpr bool is_optional<std::optional<Type>> = true;
template<typename Type>
inline constexpr bool is_vector = false;
template<typename Type>
inline constexpr bool is_vector<std::vector<Type>> = true;
template<typename Type>
inline constexpr bool is_plain = std::is_arithmetic_v<Type> || std::is_same_v<Type, std::string>;

// Text that JSON spells as it is; all but a few names are.
bool is_plain_text(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

void write_text(std::string& text, std::string_view value) {
    if (is_plain_text(value)) {
        text.append(1, '"').append(value).append(1, '"');
    } else {
        text += Json(value).dump();
    }
}

template<typename Value>
void Writer::write(std::string& text, const Value& value) {
    if constexpr (std::is_same_v<Value, std::string>) {
        write_text(text, value);
    } else if constexpr (std::is_same_v<Value, bool>) {
        text += value ? "true" : "false";
    } else if constexpr (std::is_integral_v<Value>) {
        text += std::to_string(value);
    } else if constexpr (std::is_floating_point_v<Value>) {
        text += Json(value).dump(); // shortest text that reads back exactly, of any locale
    } else if constexpr (std::is_enum_v<Value>) {
        write_text(text, enum_name(value));
    } else if constexpr (is_optional<Value>) {
        if (value) {
            write(text, *value);
        } else {
            text += "null";
        }
    } else if constexpr (is_vector<Value>) {
        text += '[';
        for (const auto& element : value) {
            text += text.back() == '[' ? "" : ",";
            write(text, element);
        }
        text += ']';
    } else {
        Writer writer(text);
        visit(writer, value);
        writer.close();
    }
}

template<typename Value>
void ConfigReader::read(const Json& source, Value& value) {
    if constexpr (is_plain<Value>) {
        value = source.get<Value>();
    } else if constexpr (std::is_enum_v<Value>) {
        const auto word = enum_value<Value>(source.get<std::string>());
        if (!word) {
            throw std::invalid_argument("unknown word " + source.dump());
        }
        value = *word;
    } else if constexpr (is_optional<Value>) {
        if (!source.is_null()) {
            read(source, value.emplace());
        }
    } else if constexpr (is_vector<Value>) {
        for (const Json& element : source) {
            read(element, value.emplace_back());
        }
    } else {
        ConfigReader reader(source);
        visit(reader, value);
    }
}

template<typename Config>
std::string text_of(const Config& config) {
    std::string text;
    Writer writer(text);
    visit(writer, config);
    writer.close();
    return text;
}

} // namespace

std::string canonical_text(const RunConfig& config) {
    return text_of(config);
}

std::string canonical_text(const DataConfig& config) {
    return text_of(config);
}

RunConfig run_config_from_text(std::string_view text) {
    std::string problem = "text that does not round-trip";
    try {
        RunConfig config;
        const Json json = Json::parse(text);
        ConfigReader reader(json);
        visit(reader, config);
        if (canonical_text(config) == text) {
            return config;
        }
    } catch (const std::exception& error) {
        problem = error.what();
    }
    throw Error(ErrorKind::usage, Fault{.where = "run configuration",
                                        .found = problem,
                                        .expected = "the canonical text of a run of this version",
                                        .fix = "plan the run again with this program"});
}

std::string run_key(const RunConfig& config) {
    return sha256_hex(canonical_text(config));
}

} // namespace suite::plan
