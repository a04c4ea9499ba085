// BiT (paper.md#architecture): a root convolution, stages of pre-activation residual units, GroupNorm, ReLU,
// average, and a 1x1 convolution with a bias as the head. Tensor names are those of BiT-PyTorch's state dict,
// official ones those of Google's .npz files (paper.md#weight-files).
#include <fmt/format.h>

#include "suite/plan/network/families.hpp"

namespace suite::plan {
namespace {

int mid_channels(const NetworkSpec& network, int out) {
    return network.unit == Unit::bottleneck ? out / network.bottleneck_factor : out;
}

/// What a number of channels must divide by.
int channel_step(const NetworkSpec& spec) {
    return spec.groups * (spec.unit == Unit::bottleneck ? spec.bottleneck_factor : 1);
}

void check_stages(const NetworkSpec& spec, std::vector<SpecFault>& faults) {
    if (spec.depths.empty()) {
        faults.push_back({{"depths"}, "0 for 'depths'", "at least one stage"});
    }
    for (const int depth : spec.depths) {
        if (depth < 1) {
            faults.push_back(
                {{"depths"}, fmt::format("{} for 'depths'", depth), "a whole number of 1 or more"});
        }
    }
    if (spec.depths.size() != spec.stage_channels.size()) {
        faults.push_back({{"depths", "stage_channels"},
                          fmt::format("{} depths", spec.depths.size()),
                          fmt::format("one for each of the {} stage_channels", spec.stage_channels.size())});
    }
}

void check_channels(const NetworkSpec& spec, std::vector<SpecFault>& faults) {
    const int step = channel_step(spec);
    for (const int channels : spec.stage_channels) {
        if (channels < 1 || channels % step != 0) {
            faults.push_back({{"stage_channels", "groups"},
                              fmt::format("{} for 'stage_channels'", channels),
                              fmt::format("a multiple of {}, groups x bottleneck_factor", step)});
        }
    }
    if (spec.stem_channels < 1 || spec.stem_channels % spec.groups != 0) { // the first unit normalises them
        faults.push_back({{"stem_channels", "groups"},
                          fmt::format("{} for 'stem_channels'", spec.stem_channels),
                          fmt::format("a multiple of {}, the groups", spec.groups)});
    }
}

/// Layers with the constants of one network.
class BitLayers {
public:
    explicit BitLayers(const NetworkSpec& spec) : spec_(spec) {}

    [[nodiscard]] Network make(std::size_t outputs) && {
        std::size_t x = root();
        for (std::size_t stage = 0; stage < spec_.depths.size(); ++stage) {
            for (int unit = 0; unit < spec_.depths[stage]; ++unit) {
                x = residual_unit(x, stage, unit);
            }
        }
        x = norm_relu(x, "head.gn", "resnet/group_norm");
        x = list_.add({.kind = LayerKind::average}, {x});
        list_.add({.name = "head.conv",
                   .kind = LayerKind::linear,
                   .channels = static_cast<int>(outputs),
                   .bias = true,
                   .pointwise = true,
                   .is_head = true,
                   .official = "resnet/head/conv2d"},
                  {x});
        return std::move(list_).finish(spec_.id,
                                       fmt::format("{}: network {}", spec_.origin.text(), spec_.id));
    }

private:
    const NetworkSpec& spec_;
    LayerList list_{3};

    /// In BiT's stem the zero padding before the max-pool is explicit: PyTorch's own would be -inf, and there
    /// is no ReLU before it.
    std::size_t root() {
        const bool bit = spec_.stem == Stem::bit;
        const std::size_t x =
            convolution(LayerList::images, "root.conv", "resnet/root_block", spec_.stem_channels, bit ? 7 : 3,
                        spec_.stem == Stem::small_1 ? 1 : 2);
        return bit ? list_.add({.kind = LayerKind::max_pool,
                                .kernel = 3,
                                .stride = 2,
                                .padding = 1,
                                .pool_padding = PoolPadding::zeros},
                               {x})
                   : x;
    }
    std::size_t convolution(std::size_t x, std::string name, const std::string& official, int channels,
                            int kernel, int stride) {
        return list_.add({.name = std::move(name),
                          .kind = LayerKind::convolution,
                          .channels = channels,
                          .kernel = kernel,
                          .stride = stride,
                          .padding = kernel / 2,
                          .standardised = true,
                          .epsilon = spec_.standardise_epsilon,
                          .official = official + "/standardized_conv2d"},
                         {x});
    }
    std::size_t norm_relu(std::size_t x, std::string name, std::string official) {
        x = list_.add({.name = std::move(name),
                       .kind = LayerKind::group_norm,
                       .groups = spec_.groups,
                       .epsilon = spec_.group_norm_epsilon,
                       .official = std::move(official)},
                      {x});
        return list_.add({.kind = LayerKind::relu}, {x});
    }
    /// The first unit of a stage carries the stride and, when stride or channels change, a projection of the
    /// normalised input on the shortcut; the stride sits on the first 3x3 convolution.
    std::size_t residual_unit(std::size_t x, std::size_t stage, int unit) {
        struct Part {
            int channels, kernel, stride;
        };
        const std::string name = fmt::format("body.block{}.unit{:02}", stage + 1, unit + 1);
        const std::string official = fmt::format("resnet/block{}/unit{:02}", stage + 1, unit + 1);
        const int out = spec_.stage_channels[stage];
        const int mid = mid_channels(spec_, out);
        const int stride = unit == 0 && stage > 0 ? 2 : 1;
        const std::vector<Part> parts = spec_.unit == Unit::bottleneck
                                            ? std::vector<Part>{{mid, 1, 1}, {mid, 3, stride}, {out, 1, 1}}
                                            : std::vector<Part>{{mid, 3, stride}, {out, 3, 1}};
        const std::size_t first = norm_relu(x, name + ".gn1", official + "/a/group_norm");
        std::size_t y = first;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const std::string letter(1, static_cast<char>('a' + i));
            if (i > 0) {
                y = norm_relu(y, fmt::format("{}.gn{}", name, i + 1),
                              fmt::format("{}/{}/group_norm", official, letter));
            }
            y = convolution(y, fmt::format("{}.conv{}", name, i + 1), official + "/" + letter,
                            parts[i].channels, parts[i].kernel, parts[i].stride);
        }
        const bool projected = stride != 1 || list_.channels(x) != out;
        const std::size_t shortcut =
            projected ? convolution(first, name + ".downsample", official + "/a/proj", out, 1, stride) : x;
        return list_.add({.kind = LayerKind::add}, {y, shortcut});
    }
};

} // namespace

std::vector<SpecFault> check_bit(const NetworkSpec& spec) {
    std::vector<SpecFault> faults;
    for (const auto& [field, value] :
         {std::pair{"groups", spec.groups}, {"bottleneck_factor", spec.bottleneck_factor}}) {
        if (value < 1) {
            faults.push_back(
                {{field}, fmt::format("{} for '{}'", value, field), "a whole number of 1 or more"});
        }
    }
    for (const auto& [field, value] : {std::pair{"group_norm_epsilon", spec.group_norm_epsilon},
                                       {"standardise_epsilon", spec.standardise_epsilon}}) {
        if (!(value > 0)) {
            faults.push_back({{field}, fmt::format("{} for '{}'", value, field), "a number above 0"});
        }
    }
    check_stages(spec, faults);
    if (spec.groups >= 1 && spec.bottleneck_factor >= 1) { // channels are divided by them
        check_channels(spec, faults);
    }
    return faults;
}

Network make_bit(const NetworkSpec& spec, std::size_t outputs) {
    return BitLayers(spec).make(outputs);
}

} // namespace suite::plan
