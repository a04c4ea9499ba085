// Names, axes and faults of official weights. Files by others, and timm's own mapping: weights_test.py under
// tests/suite/app.
#include "suite/train/official_weights.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include <gmock/gmock.h>

#include "suite/base/error.hpp"

namespace suite::train {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

plan::NetworkSpec small() {
    plan::NetworkSpec spec;
    spec.depths = {1, 2};
    spec.stem_channels = 4;
    spec.stage_channels = {16, 32};
    spec.groups = 2;
    return spec;
}

// The table of paper.md#weight-files.
TEST(OfficialNames, AreThoseOfTheTable) {
    plan::NetworkSpec network;
    network.depths = {3, 4, 6, 3};
    network.stage_channels = {256, 512, 1024, 2048};
    const plan::NetworkLayout layout = plan::network_layout(network, 21843);
    const auto official = official_tensors(layout);
    std::map<std::string, OfficialTensor> by_name;
    std::map<std::string, int> keys;
    for (std::size_t i = 0; i < official.size(); ++i) {
        by_name[layout.tensors[i].name] = official[i];
        ++keys[official[i].key];
    }
    EXPECT_EQ(keys.size(), 153U); // no key twice
    const auto expect = [&](const std::string& name, const std::string& key, std::vector<std::size_t> shape) {
        EXPECT_EQ(by_name.at(name).key, key);
        EXPECT_EQ(by_name.at(name).shape, shape) << key;
    };
    expect("root.conv.weight", "resnet/root_block/standardized_conv2d/kernel", {7, 7, 3, 64});
    expect("body.block1.unit01.conv1.weight", "resnet/block1/unit01/a/standardized_conv2d/kernel",
           {1, 1, 64, 64});
    expect("body.block3.unit06.conv2.weight", "resnet/block3/unit06/b/standardized_conv2d/kernel",
           {3, 3, 256, 256});
    expect("body.block4.unit03.conv3.weight", "resnet/block4/unit03/c/standardized_conv2d/kernel",
           {1, 1, 512, 2048});
    expect("body.block2.unit01.gn1.weight", "resnet/block2/unit01/a/group_norm/gamma", {256});
    expect("body.block2.unit04.gn3.bias", "resnet/block2/unit04/c/group_norm/beta", {128});
    expect("body.block1.unit01.downsample.weight", "resnet/block1/unit01/a/proj/standardized_conv2d/kernel",
           {1, 1, 64, 256});
    expect("head.gn.weight", "resnet/group_norm/gamma", {2048});
    expect("head.gn.bias", "resnet/group_norm/beta", {2048});
    expect("head.conv.weight", "resnet/head/conv2d/kernel", {1, 1, 2048, 21843});
    expect("head.conv.bias", "resnet/head/conv2d/bias", {21843});
}

// The value at (h, w, i, o) of HWIO is spelled by its digits, in a kernel longer than the copy's blocks.
TEST(OfficialAxes, HwioBecomesOihwAndBack) {
    plan::ParameterSpec tensor;
    tensor.shape = {37, 3, 2, 5};
    std::vector<float> official;
    for (int h = 0; h < 2; ++h) {
        for (int w = 0; w < 5; ++w) {
            for (int i = 0; i < 3; ++i) {
                for (int o = 0; o < 37; ++o) {
                    official.push_back(static_cast<float>(10000 * h + 1000 * w + 100 * i + o));
                }
            }
        }
    }
    std::vector<float> ours(official.size());
    from_official(tensor, official, ours);
    std::size_t at = 0;
    for (int o = 0; o < 37; ++o) {
        for (int i = 0; i < 3; ++i) {
            for (int h = 0; h < 2; ++h) {
                for (int w = 0; w < 5; ++w) {
                    ASSERT_EQ(ours[at++], static_cast<float>(10000 * h + 1000 * w + 100 * i + o));
                }
            }
        }
    }
    std::vector<float> back(official.size());
    to_official(tensor, ours, back);
    EXPECT_EQ(back, official);
}

class OfficialFile : public ::testing::Test {
protected:
    OfficialFile() {
        std::string name = (std::filesystem::temp_directory_path() / "official-XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
        std::iota(weights_.begin(), weights_.end(), 1.0F);
        write_official_weights(npz(), layout_, weights_);
    }
    ~OfficialFile() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path npz() const { return folder_ / "w.npz"; }

    const plan::NetworkLayout layout_ = plan::network_layout(small(), 3);
    std::vector<float> weights_ = std::vector<float>(layout_.parameters);
    std::filesystem::path folder_;
};

TEST_F(OfficialFile, ComesBackBitExact) {
    std::vector<float> back(layout_.parameters, -1.0F);
    OfficialWeights(npz(), layout_, HeadSource::file).read(back);
    EXPECT_EQ(back, weights_);
}

TEST_F(OfficialFile, AZeroHeadReplacesAnyHeadAndNothingElse) {
    const plan::NetworkLayout other = plan::network_layout(small(), 7);
    std::vector<float> back(other.parameters, -1.0F);
    OfficialWeights(npz(), other, HeadSource::zero).read(back);
    const std::size_t backbone = other.tensors[other.tensors.size() - 2].offset;
    EXPECT_TRUE(
        std::equal(back.begin(), back.begin() + static_cast<std::ptrdiff_t>(backbone), weights_.begin()));
    EXPECT_THAT(std::span(back).subspan(backbone), ::testing::Each(0.0F));
}

TEST_F(OfficialFile, AHeadOfAnotherSizeIsRefusedWithTheWayOut) {
    try {
        const OfficialWeights file(npz(), plan::network_layout(small(), 7), HeadSource::file);
        ADD_FAILURE() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::weights);
        EXPECT_EQ(error.faults().size(), 2U); // kernel and bias
        EXPECT_THAT(error.what(), HasSubstr("found shape [1, 1, 32, 3], expected shape [1, 1, 32, 7]"));
        EXPECT_THAT(error.what(), HasSubstr("--classes 3"));
        EXPECT_THAT(error.what(), HasSubstr("--zero-head"));
    }
}

TEST_F(OfficialFile, AnotherNetworkGetsEveryFaultAtOnce) {
    plan::NetworkSpec deeper = small();
    deeper.depths = {2, 2};
    deeper.stage_channels = {16, 64};
    try {
        const OfficialWeights file(npz(), plan::network_layout(deeper, 3), HeadSource::file);
        ADD_FAILURE() << "no error";
    } catch (const Error& error) {
        const auto mentions = [&](const std::string& text) {
            return std::ranges::count_if(error.faults(), [&](const Fault& fault) {
                return (fault.where + fault.found).find(text) != std::string::npos;
            });
        };
        EXPECT_EQ(mentions("block1/unit02/"), 9); // missing
        EXPECT_EQ(mentions("nothing"), 9);
        // Block 2 is twice as wide: 8 of unit 1 (its first norm has block 1's width), 9 of unit 2; head.gn's
        // two and the head's kernel.
        EXPECT_EQ(mentions("shape ["), 20);
    }
}

} // namespace
} // namespace suite::train
