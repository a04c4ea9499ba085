#include "suite/train/layout.hpp"

#include <fmt/format.h>

#include "suite/base/error.hpp"

namespace suite::train {
namespace {

using plan::NetworkSpec;
using plan::Stem;
using plan::Unit;

int mid_channels(const NetworkSpec& network, int out) {
    return network.unit == Unit::bottleneck ? out / network.bottleneck_factor : out;
}

std::vector<UnitSpec> unit_specs(const NetworkSpec& network) {
    std::vector<UnitSpec> units;
    int in = network.stem_channels;
    for (std::size_t stage = 0; stage < network.depths.size(); ++stage) {
        const int out = network.stage_channels[stage];
        for (int i = 0; i < network.depths[stage]; ++i) {
            const int stride = i == 0 && stage > 0 ? 2 : 1;
            units.push_back({.name = fmt::format("body.block{}.unit{:02}", stage + 1, i + 1),
                             .in_channels = in,
                             .mid_channels = mid_channels(network, out),
                             .out_channels = out,
                             .stride = stride,
                             .projection = stride != 1 || in != out});
            in = out;
        }
    }
    return units;
}

void add_fault(FaultList& faults, const NetworkSpec& network, std::string_view field, std::string found,
               std::string expected, std::string fix) {
    faults.add({fmt::format("{}: network {}: {}", network.origin.text(), network.id, field), std::move(found),
                std::move(expected), std::move(fix)});
}

void check_groups(FaultList& faults, const NetworkSpec& network, std::string_view field, int channels) {
    if (channels % network.groups != 0) {
        add_fault(faults, network, field, fmt::format("{} channels in {} groups", channels, network.groups),
                  "a multiple of groups", "lower groups or change the channels");
    }
}

void check_stages(FaultList& faults, const NetworkSpec& network) {
    for (std::size_t stage = 0; stage < network.stage_channels.size(); ++stage) {
        const int out = network.stage_channels[stage];
        const std::string field = fmt::format("stage_channels[{}]", stage);
        if (out < 1 || mid_channels(network, out) < 1) {
            add_fault(faults, network, field, std::to_string(out), "at least bottleneck_factor channels",
                      "widen the stage");
            continue;
        }
        check_groups(faults, network, field, out);
        if (mid_channels(network, out) != out) {
            check_groups(faults, network, field + " / bottleneck_factor", mid_channels(network, out));
        }
        if (stage < network.depths.size() && network.depths[stage] < 1) {
            add_fault(faults, network, fmt::format("depths[{}]", stage),
                      std::to_string(network.depths[stage]), "at least one unit",
                      "leave the stage out or give it a unit");
        }
    }
}

void check(const NetworkSpec& network, std::size_t outputs) {
    FaultList faults;
    if (network.depths.empty() || network.depths.size() != network.stage_channels.size()) {
        add_fault(faults, network, "depths, stage_channels",
                  fmt::format("{} and {} stages", network.depths.size(), network.stage_channels.size()),
                  "the same number, at least one", "give each stage a depth and channels");
    }
    if (network.stem_channels < 1 || network.groups < 1 || network.bottleneck_factor < 1 || outputs < 1) {
        add_fault(faults, network, "stem_channels, groups, bottleneck_factor, outputs",
                  fmt::format("{}, {}, {}, {}", network.stem_channels, network.groups,
                              network.bottleneck_factor, outputs),
                  "at least one each", "correct the declaration");
        faults.throw_if_any(ErrorKind::usage); // the rest divides by them
    }
    check_groups(faults, network, "stem_channels", network.stem_channels);
    check_stages(faults, network);
    faults.throw_if_any(ErrorKind::usage);
}

/// Appends tensors one behind the other.
class LayoutWriter {
public:
    explicit LayoutWriter(NetworkLayout& layout) : layout_(layout) {}

    void convolution(const std::string& name, int out, int in, int kernel) {
        add(name + ".weight", ParameterRole::convolution, {out, in, kernel, kernel});
    }
    void norm(const std::string& name, int channels) {
        add(name + ".weight", ParameterRole::norm_scale, {channels});
        add(name + ".bias", ParameterRole::norm_shift, {channels});
    }
    void add(std::string name, ParameterRole role, std::vector<std::int64_t> shape) {
        layout_.tensors.push_back({std::move(name), role, std::move(shape), layout_.parameters});
        layout_.parameters += layout_.tensors.back().elements();
    }

private:
    NetworkLayout& layout_;
};

void add_unit(LayoutWriter& writer, const UnitSpec& unit, Unit kind) {
    writer.norm(unit.name + ".gn1", unit.in_channels);
    if (kind == Unit::bottleneck) {
        writer.convolution(unit.name + ".conv1", unit.mid_channels, unit.in_channels, 1);
        writer.norm(unit.name + ".gn2", unit.mid_channels);
        writer.convolution(unit.name + ".conv2", unit.mid_channels, unit.mid_channels, 3);
        writer.norm(unit.name + ".gn3", unit.mid_channels);
        writer.convolution(unit.name + ".conv3", unit.out_channels, unit.mid_channels, 1);
    } else {
        writer.convolution(unit.name + ".conv1", unit.mid_channels, unit.in_channels, 3);
        writer.norm(unit.name + ".gn2", unit.mid_channels);
        writer.convolution(unit.name + ".conv2", unit.out_channels, unit.mid_channels, 3);
    }
    if (unit.projection) {
        writer.convolution(unit.name + ".downsample", unit.out_channels, unit.in_channels, 1);
    }
}

} // namespace

std::size_t ParameterSpec::elements() const noexcept {
    std::size_t product = 1;
    for (const std::int64_t length : shape) {
        product *= static_cast<std::size_t>(length);
    }
    return product;
}

std::size_t ParameterSpec::rows() const noexcept {
    return shape.size() > 1 ? static_cast<std::size_t>(shape[0]) : 1;
}

bool ParameterSpec::is_head() const noexcept {
    return role == ParameterRole::head_weight || role == ParameterRole::head_bias;
}

NetworkLayout network_layout(const NetworkSpec& network, std::size_t outputs) {
    check(network, outputs);
    NetworkLayout layout;
    layout.units = unit_specs(network);
    LayoutWriter writer(layout);
    writer.convolution("root.conv", network.stem_channels, 3, network.stem == Stem::bit ? 7 : 3);
    for (const UnitSpec& unit : layout.units) {
        add_unit(writer, unit, network.unit);
    }
    const int features = network.stage_channels.back();
    writer.norm("head.gn", features);
    const auto classes = static_cast<std::int64_t>(outputs);
    writer.add("head.conv.weight", ParameterRole::head_weight, {classes, features, 1, 1});
    writer.add("head.conv.bias", ParameterRole::head_bias, {classes});
    return layout;
}

} // namespace suite::train
