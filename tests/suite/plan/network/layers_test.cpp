// Lists of layers, and what is read off them.
#include "suite/plan/network/layers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "suite/base/error.hpp"
#include "suite/plan/network/cost.hpp"
#include "suite/plan/network/families.hpp"
#include "suite/plan/network/layout.hpp"

namespace suite::plan {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// A step down and up again, with what was there before beside it: a U-Net of one level.
Network small_u() {
    LayerList list(3);
    const std::size_t wide = list.add({.name = "down",
                                       .kind = LayerKind::convolution,
                                       .channels = 4,
                                       .kernel = 3,
                                       .padding = 1,
                                       .bias = true},
                                      {LayerList::images});
    const std::size_t norm = list.add({.name = "norm", .kind = LayerKind::batch_norm}, {wide});
    const std::size_t pooled = list.add({.kind = LayerKind::max_pool, .kernel = 2, .stride = 2}, {norm});
    const std::size_t up = list.add(
        {.name = "up", .kind = LayerKind::transposed_convolution, .channels = 2, .kernel = 2, .stride = 2},
        {pooled});
    const std::size_t joined = list.add({.kind = LayerKind::concatenate}, {norm, up});
    list.add({.name = "out", .kind = LayerKind::convolution, .channels = 1}, {joined});
    return std::move(list).finish("u", "here");
}

TEST(LayerList, ChannelsFollowFromTheInputs) {
    const Network network = small_u();

    EXPECT_EQ(network.layers[2].channels, 4); // the norm's
    EXPECT_EQ(network.layers[5].channels, 6); // 4 and 2 joined
}

TEST(LayerList, MapSizesAreThoseOfPyTorch) {
    const std::vector<MapSize> sizes = map_sizes(small_u(), 8, 6);

    EXPECT_EQ(sizes[3], (MapSize{4, 4, 3}));
    EXPECT_EQ(sizes[4], (MapSize{2, 8, 6}));
    LayerList odd(3);
    odd.add({.kind = LayerKind::max_pool, .kernel = 2, .stride = 2}, {LayerList::images});
    EXPECT_EQ(map_sizes(std::move(odd).finish("odd", "here"), 9, 6).back(), (MapSize{3, 4, 3}))
        << "positions behind the last whole window are left out";
}

TEST(LayerList, MapsThatDoNotMeetAreNamed) {
    try {
        static_cast<void>(multiply_adds(small_u(), 9, 6));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::usage);
        EXPECT_THAT(error.what(), HasSubstr("maps of 9 x 6 and 8 x 6, expected maps of one size"));
    }
}

TEST(LayerList, CountsWhatItsLayersMultiplyAndKeep) {
    // 3 x 3 x 3 x 4 x 64 + 2 x 2 x 4 x 2 x 16 + 6 x 64
    EXPECT_EQ(multiply_adds(small_u(), 8, 8), 6912.0 + 512.0 + 384.0);
    // convolution, norm, pool, up, out
    EXPECT_EQ(activation_elements(small_u(), 8, 8), 256.0 + 256.0 + 64.0 + 128.0 + 64.0);
}

TEST(LayerList, ParametersAndBuffersStandInTheOrderOfTheLayers) {
    const NetworkLayout layout = network_layout(small_u());

    std::vector<std::string> names;
    for (const ParameterSpec& tensor : layout.tensors) {
        names.push_back(tensor.name);
    }
    EXPECT_EQ(names, (std::vector<std::string>{"down.weight", "down.bias", "norm.weight", "norm.bias",
                                               "up.weight", "out.weight"}));
    EXPECT_EQ(layout.tensors[4].shape, (std::vector<std::int64_t>{4, 2, 2, 2})); // inputs first
    EXPECT_EQ(layout.parameters, 108U + 4 + 4 + 4 + 32 + 6);
    ASSERT_EQ(layout.buffers.size(), 2U);
    EXPECT_EQ(layout.buffers[1].name, "norm.running_var");
    EXPECT_EQ(layout.buffers[1].initial, 1.0F);
    EXPECT_EQ(layout.buffer_elements, 8U);
}

TEST(LayerList, NamesAllFaultsAtOnce) {
    LayerList list(3);
    const std::size_t x =
        list.add({.name = "a", .kind = LayerKind::convolution, .channels = 6}, {LayerList::images});
    list.add({.name = "a", .kind = LayerKind::group_norm, .groups = 4}, {x});
    list.add({.name = "b", .kind = LayerKind::add}, {x, LayerList::images});
    list.add({.name = "c", .kind = LayerKind::relu}, {7});
    list.add({.name = "d", .kind = LayerKind::concatenate}, {x});
    list.add({.name = "e", .kind = LayerKind::convolution, .channels = 0}, {x});
    try {
        static_cast<void>(std::move(list).finish("n", "networks.toml:3"));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::usage);
        EXPECT_THAT(error.what(),
                    AllOf(HasSubstr("networks.toml:3: layer a: found a second layer of this name"),
                          HasSubstr("6 channels in 4 groups"), HasSubstr("layer b: found 6 and 3 channels"),
                          HasSubstr("layer c: found an input that does not come before it"),
                          HasSubstr("layer d: found 1 inputs, expected two or more"),
                          HasSubstr("layer e: found 0 channels")));
    }
}

TEST(Families, AnUnknownOneIsRefusedWithTheNearest) {
    NetworkSpec spec;
    spec.id = "R50x1";
    spec.family = "bitt";
    try {
        static_cast<void>(make_network(spec, 10));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::usage);
        EXPECT_THAT(error.what(),
                    AllOf(HasSubstr("network R50x1: family: found bitt"), HasSubstr("such as bit")));
    }
}

// Google's .npz files.
TEST(Bit, NamesItsTensorsAsThePublishedFilesDo) {
    NetworkSpec spec;
    spec.depths = {1};
    spec.stage_channels = {256};
    const NetworkLayout layout = network_layout(spec, 10);

    EXPECT_EQ(layout.tensors.front().official, "resnet/root_block/standardized_conv2d/kernel");
    EXPECT_EQ(layout.tensors[1].official, "resnet/block1/unit01/a/group_norm/gamma");
    EXPECT_EQ(layout.tensors.back().official, "resnet/head/conv2d/bias");
}

} // namespace
} // namespace suite::plan
