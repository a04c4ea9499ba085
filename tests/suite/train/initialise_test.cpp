#include "suite/train/initialise.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <gmock/gmock.h>

#include "suite/base/error.hpp"

namespace suite::train {
namespace {

plan::NetworkSpec small_network() {
    plan::NetworkSpec spec;
    spec.unit = plan::Unit::basic;
    spec.stem = plan::Stem::small_2;
    spec.depths = {1, 1};
    spec.stem_channels = 8;
    spec.stage_channels = {8, 16};
    spec.groups = 4;
    return spec;
}

class InitialiseTest : public testing::Test {
protected:
    plan::NetworkLayout layout_ = plan::network_layout(small_network(), 3);
    std::vector<float> weights_ = std::vector<float>(layout_.parameters, 9.0F);
    const data::Labels classes_{plan::Task::multiclass, 3, {0, 0, 0, 1, 2, 2}, {}};
    const std::vector<std::size_t> all_{0, 1, 2, 3, 4, 5};

    std::span<const float> tensor(const std::string& name) const {
        const auto found = std::ranges::find(layout_.tensors, name, &plan::ParameterSpec::name);
        return std::span(weights_).subspan(found->offset, found->elements());
    }
    TrainedWeights as_parent() const {
        TrainedWeights parent;
        for (const plan::ParameterSpec& t : layout_.tensors) {
            parent.tensors.push_back({t.name, t.shape, t.offset});
        }
        parent.values.resize(layout_.parameters);
        std::iota(parent.values.begin(), parent.values.end(), 1.0F);
        return parent;
    }
};

// The framework's default: U(±1/sqrt(fan_in)); its standard deviation is bound / sqrt(3).
TEST_F(InitialiseTest, ConvolutionsAreUniformWithinOneOverRootFanIn) {
    initialise_backbone(layout_, 5, weights_);
    const auto values = tensor("body.block2.unit01.conv2.weight"); // 16 x 16 x 3 x 3
    const double bound = 1.0 / 12.0;
    EXPECT_LE(*std::ranges::max_element(values), bound);
    EXPECT_GE(*std::ranges::min_element(values), -bound);
    const double squares = std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
    EXPECT_NEAR(std::sqrt(squares / static_cast<double>(values.size())), bound / std::sqrt(3.0),
                0.03 * bound);
}

TEST_F(InitialiseTest, NormsAreIdentitiesAndTheHeadIsLeftAlone) {
    initialise_backbone(layout_, 5, weights_);
    EXPECT_THAT(tensor("body.block1.unit01.gn2.weight"), testing::Each(1.0F));
    EXPECT_THAT(tensor("head.gn.bias"), testing::Each(0.0F));
    EXPECT_THAT(tensor("head.conv.weight"), testing::Each(9.0F));
}

TEST_F(InitialiseTest, IsAFunctionOfTheSeed) {
    std::vector<float> again = weights_;
    std::vector<float> other = weights_;
    initialise_backbone(layout_, 5, weights_);
    initialise_backbone(layout_, 5, again);
    initialise_backbone(layout_, 6, other);
    EXPECT_EQ(weights_, again);
    EXPECT_NE(weights_, other);
}

TEST_F(InitialiseTest, FrameworkHeadIsUniform) {
    initialise_head(layout_, 5, plan::HeadInit::framework, classes_, all_, weights_);
    EXPECT_THAT(tensor("head.conv.weight"),
                testing::Each(testing::AllOf(testing::Ge(-0.25F), testing::Le(0.25F))));
    EXPECT_THAT(tensor("head.conv.bias"),
                testing::Each(testing::AllOf(testing::Ge(-0.25F), testing::Le(0.25F))));
    EXPECT_NE(tensor("head.conv.weight")[0], tensor("head.conv.weight")[1]);
    EXPECT_EQ(tensor("head.gn.bias")[0], 9.0F);
}

TEST_F(InitialiseTest, ZeroHeadIsZero) {
    initialise_head(layout_, 5, plan::HeadInit::zero, classes_, all_, weights_);
    EXPECT_THAT(tensor("head.conv.weight"), testing::Each(0.0F));
    EXPECT_THAT(tensor("head.conv.bias"), testing::Each(0.0F));
}

TEST_F(InitialiseTest, PrevalenceBiasIsTheLogOfTheClassShareInTheSubset) {
    initialise_head(layout_, 5, plan::HeadInit::prevalence, classes_, all_, weights_);
    EXPECT_FLOAT_EQ(tensor("head.conv.bias")[0], std::log(3.5F / 7.5F));
    EXPECT_FLOAT_EQ(tensor("head.conv.bias")[1], std::log(1.5F / 7.5F));
    const std::vector<std::size_t> subset = {3, 4};
    initialise_head(layout_, 5, plan::HeadInit::prevalence, classes_, subset, weights_);
    EXPECT_FLOAT_EQ(tensor("head.conv.bias")[0], std::log(0.5F / 3.5F));
}

TEST_F(InitialiseTest, PrevalenceBiasIsTheLogitOverKnownLabels) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const data::Labels labels{plan::Task::multilabel, 3, {}, {1, 0, nan, 1, nan, nan, 0, 0, nan}};
    const std::vector<std::size_t> subset = {0, 1, 2};
    initialise_head(layout_, 5, plan::HeadInit::prevalence, labels, subset, weights_);
    EXPECT_FLOAT_EQ(tensor("head.conv.bias")[0], std::log(2.5F / 1.5F));
    EXPECT_FLOAT_EQ(tensor("head.conv.bias")[1], std::log(0.5F / 2.5F));
    EXPECT_FLOAT_EQ(tensor("head.conv.bias")[2], 0.0F); // nothing known
}

TEST_F(InitialiseTest, CopiesAllButTheHead) {
    TrainedWeights parent = as_parent();
    parent.tensors.back().shape = {100}; // a parent with more classes, head ignored
    copy_backbone(layout_, parent, weights_);
    EXPECT_EQ(weights_[0], 1.0F);
    EXPECT_EQ(tensor("head.gn.bias")[0], parent.values[layout_.tensors[layout_.tensors.size() - 3].offset]);
    EXPECT_THAT(tensor("head.conv.weight"), testing::Each(9.0F));
    EXPECT_THAT(tensor("head.conv.bias"), testing::Each(9.0F));
}

TEST_F(InitialiseTest, NamesEveryTensorThatDoesNotFit) {
    TrainedWeights parent = as_parent();
    parent.tensors[0].shape = {8, 3, 7, 7};
    parent.tensors[1].name = "body.block9.unit01.gn1.weight";
    parent.tensors[4].offset = layout_.parameters;
    try {
        copy_backbone(layout_, parent, weights_);
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::weights);
        EXPECT_EQ(error.faults().size(), 4U);
        const std::string text = error.what();
        EXPECT_THAT(text, testing::HasSubstr(
                              "root.conv.weight: found shape [8, 3, 7, 7], expected shape [8, 3, 3, 3]"));
        EXPECT_THAT(text, testing::HasSubstr("body.block1.unit01.gn1.weight: found nothing"));
        EXPECT_THAT(text, testing::HasSubstr("body.block9.unit01.gn1.weight"));
        EXPECT_THAT(text, testing::HasSubstr(layout_.tensors[4].name));
    }
}

} // namespace
} // namespace suite::train
