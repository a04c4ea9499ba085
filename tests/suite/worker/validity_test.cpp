// The gate before publishing.
#include <limits>

#include <gmock/gmock.h>

#include "suite/base/error.hpp"
#include "suite/worker/validity.hpp"

namespace suite::worker {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ValidityTest : public ::testing::Test {
protected:
    ValidityTest() {
        config_.data.set.labels = {"a", "b"};
        data_set_.test.images.count = 3;
        result_.predictions = {.samples = 3,
                               .outputs = 2,
                               .scores = std::vector<float>(6, 0.5F),
                               .classes = {0, 1, 0},
                               .label_matrix = {}};
        set_losses({1.0, 1.0, 0.5, 0.5});
    }
    void set_losses(const std::vector<double>& losses, int times_each = 4) {
        result_.losses.clear();
        for (std::size_t i = 0; i < losses.size() * static_cast<std::size_t>(times_each); ++i) {
            const double loss = losses[i / static_cast<std::size_t>(times_each)];
            result_.losses.push_back(
                {.step = static_cast<std::int64_t>(result_.losses.size()), .loss = loss});
        }
    }
    /// The message of the numeric error; empty when the result is accepted.
    std::string verdict() const {
        try {
            check_validity(config_, data_set_, result_);
            return "";
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::numeric);
            return error.what();
        }
    }

    plan::RunConfig config_;
    data::DataSet data_set_;
    train::TrainResult result_;
};

TEST_F(ValidityTest, AcceptsAWholeFiniteResult) {
    EXPECT_EQ(verdict(), "");
}

TEST_F(ValidityTest, WantsEverySampleAndEveryOutput) {
    data_set_.test.images.count = 4;
    EXPECT_THAT(verdict(), AllOf(HasSubstr("found 3 x 2 scores"), HasSubstr("expected 4 x 2")));
    data_set_.test.images.count = 3;
    result_.predictions.scores.pop_back();
    EXPECT_THAT(verdict(), HasSubstr("evaluation"));
}

TEST_F(ValidityTest, WantsFiniteScores) {
    for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
        result_.predictions.scores[5] = bad;
        EXPECT_THAT(verdict(), HasSubstr("a score that is not finite"));
    }
}

TEST_F(ValidityTest, AllowsALossThatDoublesAndNoMore) {
    set_losses({1.0, 5.0, 5.0, 2.0});
    EXPECT_EQ(verdict(), "");
    set_losses({1.0, 0.1, 0.1, 2.001});
    EXPECT_THAT(verdict(), HasSubstr("rose from 1 to 2.001"));
    set_losses({1.0, 1.0, 1.0, std::nan("")});
    EXPECT_THAT(verdict(), HasSubstr("rose from 1 to nan"));
}

TEST_F(ValidityTest, JudgesNoTrendOfFewerThanSixteenSteps) {
    set_losses({1.0, 10.0, 10.0, 100.0}, 3);
    EXPECT_EQ(verdict(), "");
    set_losses({1.0, 1.0, 1.0, std::nan("")}, 3);
    EXPECT_THAT(verdict(), HasSubstr("rose from 1 to nan"));
}

TEST_F(ValidityTest, NamesAllFaultsAtOnce) {
    data_set_.test.images.count = 4;
    result_.predictions.scores[0] = std::nanf("");
    set_losses({1.0, 1.0, 1.0, 3.0});
    EXPECT_THAT(verdict(), AllOf(HasSubstr("4 x 2"), HasSubstr("not finite"), HasSubstr("rose")));
}

} // namespace
} // namespace suite::worker
