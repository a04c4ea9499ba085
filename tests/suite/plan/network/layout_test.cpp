#include "suite/plan/network/layout.hpp"

#include <algorithm>
#include <numeric>

#include <gmock/gmock.h>

#include "suite/base/error.hpp"
#include "suite/plan/declare/catalog.hpp"

namespace suite::plan {
namespace {

NetworkSpec bit(std::vector<int> depths, int width) {
    NetworkSpec spec;
    spec.id = "bit";
    spec.depths = std::move(depths);
    spec.stem_channels = 64 * width;
    spec.stage_channels = {256 * width, 512 * width, 1024 * width, 2048 * width};
    return spec;
}

const NetworkSpec r50x1 = bit({3, 4, 6, 3}, 1);
const NetworkSpec r152x4 = bit({3, 8, 36, 3}, 4);

std::size_t count(const NetworkLayout& layout, bool head, auto... roles) {
    return std::accumulate(layout.tensors.begin(), layout.tensors.end(), std::size_t{0},
                           [&](std::size_t sum, const ParameterSpec& t) {
                               const bool wanted = ((t.role == roles) || ...) && t.head == head;
                               return sum + (wanted ? t.elements() : 0);
                           });
}

struct Published {
    NetworkSpec network;
    std::size_t tensors, convolutions, norms, backbone;
    std::vector<std::pair<std::size_t, std::size_t>> with_head; ///< outputs, parameters
};

class PublishedCounts : public testing::TestWithParam<Published> {};

// paper.md#parameters-and-cost
TEST_P(PublishedCounts, AgreeForEveryHead) {
    const Published& expected = GetParam();
    for (const auto& [outputs, parameters] : expected.with_head) {
        const NetworkLayout layout = network_layout(expected.network, outputs);
        EXPECT_EQ(layout.parameters, parameters) << outputs << " outputs";
        EXPECT_EQ(layout.tensors.size(), expected.tensors);
        EXPECT_EQ(count(layout, false, ParameterRole::weight), expected.convolutions);
        EXPECT_EQ(count(layout, false, ParameterRole::norm_scale, ParameterRole::norm_shift), expected.norms);
        EXPECT_EQ(layout.parameters - count(layout, true, ParameterRole::weight, ParameterRole::bias),
                  expected.backbone);
    }
}

INSTANTIATE_TEST_SUITE_P(BitNetworks, PublishedCounts,
                         testing::Values(Published{r50x1,
                                                   153,
                                                   23'454'912,
                                                   45'440,
                                                   23'500'352,
                                                   {{1000, 25'549'352},
                                                    {10000, 43'990'352},
                                                    {21842, 68'254'610},
                                                    {21843, 68'256'659},
                                                    {13, 23'526'989}}},
                                         Published{r152x4,
                                                   459,
                                                   927'765'248,
                                                   574'976,
                                                   928'340'224,
                                                   {{1000, 936'533'224},
                                                    {10000, 1'010'270'224},
                                                    {21842, 1'107'291'730},
                                                    {21843, 1'107'299'923},
                                                    {13, 928'446'733}}}));

struct Counted {
    std::string id;
    std::size_t tensors, backbone, with_1000, with_21843;
};

class DeclaredNetworks : public testing::TestWithParam<Counted> {};

// Counted by timm 1.0.19 on its own resnetv2_*_bit; R50x1 and R152x4 also stand in
// paper.md#parameters-and-cost.
TEST_P(DeclaredNetworks, HaveTheParametersOfBit) {
    const Catalog catalog = load_catalog(default_catalog_root());
    const NetworkSpec& network = find(catalog.networks, GetParam().id, "network");
    const NetworkLayout layout = network_layout(network, 1000);
    EXPECT_EQ(layout.parameters, GetParam().with_1000);
    EXPECT_EQ(layout.tensors.size(), GetParam().tensors);
    EXPECT_EQ(network_layout(network, 21843).parameters, GetParam().with_21843);
    EXPECT_EQ(layout.parameters - count(layout, true, ParameterRole::weight, ParameterRole::bias),
              GetParam().backbone);
    EXPECT_EQ(network.groups, 32);
}

INSTANTIATE_TEST_SUITE_P(Bit, DeclaredNetworks,
                         testing::Values(Counted{"R50x1", 153, 23'500'352, 25'549'352, 68'256'659},
                                         Counted{"R50x3", 153, 211'174'080, 217'319'080, 345'399'315},
                                         Counted{"R101x1", 306, 42'492'480, 44'541'480, 87'248'787},
                                         Counted{"R101x3", 306, 381'789'888, 387'934'888, 516'015'123},
                                         Counted{"R152x2", 459, 232'238'208, 236'335'208, 321'728'979},
                                         Counted{"R152x4", 459, 928'340'224, 936'533'224, 1'107'299'923}),
                         [](const auto& that) { return that.param.id; });

TEST(NetworkLayout, NamesAreThoseOfTheStateDict) {
    const NetworkLayout layout = network_layout(r50x1, 13);
    std::vector<std::string> names;
    for (const ParameterSpec& tensor : layout.tensors) {
        names.push_back(tensor.name);
    }
    EXPECT_EQ(std::vector(names.begin(), names.begin() + 11),
              (std::vector<std::string>{"root.conv.weight", "body.block1.unit01.gn1.weight",
                                        "body.block1.unit01.gn1.bias", "body.block1.unit01.conv1.weight",
                                        "body.block1.unit01.gn2.weight", "body.block1.unit01.gn2.bias",
                                        "body.block1.unit01.conv2.weight", "body.block1.unit01.gn3.weight",
                                        "body.block1.unit01.gn3.bias", "body.block1.unit01.conv3.weight",
                                        "body.block1.unit01.downsample.weight"}));
    EXPECT_THAT(names, testing::Contains("body.block3.unit06.conv3.weight"));
    EXPECT_THAT(names, testing::Not(testing::Contains("body.block2.unit02.downsample.weight")));
    EXPECT_EQ(names[names.size() - 4], "head.gn.weight");
    EXPECT_EQ(names[names.size() - 2], "head.conv.weight");
    EXPECT_EQ(names.back(), "head.conv.bias");
}

TEST(NetworkLayout, TensorsLieDenselyInOrder) {
    std::size_t next = 0;
    const NetworkLayout layout = network_layout(r152x4, 14);
    for (const ParameterSpec& tensor : layout.tensors) {
        EXPECT_EQ(tensor.offset, next) << tensor.name;
        next += tensor.elements();
    }
    EXPECT_EQ(layout.parameters, next);
}

TEST(NetworkLayout, ABasicUnitHasNoBottleneck) {
    NetworkSpec spec;
    spec.unit = Unit::basic;
    spec.stem = Stem::small_2;
    spec.depths = {1, 1, 1};
    spec.stem_channels = 8;
    spec.stage_channels = {8, 16, 32};
    spec.groups = 4;
    const NetworkLayout layout = network_layout(spec, 10);
    EXPECT_EQ(layout.parameters,
              19'858U); // counted by hand: 216 + (1,184 + 3,664 + 14,496 - 32) + 64 + 330 - 64
}

// workloads/micro/peers/torch_eager.py asserts the same number of its own network.
TEST(NetworkLayout, TheLargerLaptopNetworkIsThatOfThePeer) {
    const Catalog catalog = load_catalog(default_catalog_root());
    EXPECT_EQ(network_layout(find(catalog.networks, "laptop-large", "network"), 10).parameters, 151'834U);
}

TEST(NetworkLayout, NamesAllFaultsAtOnce) {
    NetworkSpec spec = bit({3, 0, 6}, 1);
    spec.stage_channels[2] = 1000;
    try {
        static_cast<void>(network_layout(spec, 10));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::usage);
        const std::string text = error.what();
        EXPECT_THAT(text, testing::HasSubstr(
                              "depths: found 3 depths, expected one for each of the 4 stage_channels"));
        EXPECT_THAT(text, testing::HasSubstr("found 0 for 'depths', expected a whole number of 1 or more"));
        EXPECT_THAT(text, testing::HasSubstr("found 1000 for 'stage_channels', expected a multiple of 128"));
    }
}

} // namespace
} // namespace suite::plan
