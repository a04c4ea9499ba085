#include "metrics/step_ladder.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace metrics {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// "PLACE: FOUND" of each fault.
std::vector<std::string> faults_of(const std::vector<Rung>& ladder) {
    suite::FaultList faults;
    find_ladder_faults(ladder, "rungs", faults);
    std::vector<std::string> found;
    for (const suite::Fault& fault : faults.faults())
        found.push_back(fault.where + ": " + fault.found);
    return found;
}

TEST(StepLadder, EfficiencyIsThroughputPerRankOverThatOfOneRank) {
    const std::vector<Rung> ladder{{1, 100}, {4, 380}};
    EXPECT_DOUBLE_EQ(efficiency_percent(ladder, ladder[1]), 95.0);
    EXPECT_DOUBLE_EQ(efficiency_percent(ladder, ladder[0]), 100.0);
}

TEST(StepLadder, AStepIsARanksImagesAtItsShareOfTheThroughput) {
    EXPECT_DOUBLE_EQ(step_seconds({4, 380}, 8), 32.0 / 380);
}

TEST(StepLadder, TwoRungsOfAnySpeedAreOne) {
    EXPECT_THAT(faults_of({{1, 0.5}, {2, 0.9}}), IsEmpty());
    EXPECT_THAT(faults_of({{1, 0.5, 0.1}, {2, 0.9, 0.01}}), IsEmpty());
    EXPECT_THAT(faults_of({{1, 0.5}, {2, 0.50001}, {3, 0.51}}), IsEmpty());
}

TEST(StepLadder, NumbersOfZeroAreFaults) {
    EXPECT_THAT(faults_of({{0, 5}, {1, 10}, {2, 19}}), ElementsAre("rung of 0 ranks: 0 ranks"));
    EXPECT_THAT(faults_of({{1, 0}, {2, 19}}), ElementsAre("rung of 1 ranks: 0 images per second"));
    EXPECT_THAT(faults_of({{1, 10, 0.0}, {2, 19, 0.1}}), ElementsAre("rung of 1 ranks: sd 0"));
    EXPECT_THAT(faults_of({{1, 10, INFINITY}, {2, 19, 0.1}}), ElementsAre("rung of 1 ranks: sd inf"));
}

TEST(StepLadder, EqualThroughputAtMoreRanksIsAFault) {
    EXPECT_THAT(faults_of({{1, 10}, {2, 10, {}, "rungs.csv:3"}}),
                ElementsAre("rungs.csv:3: 10 images per second at 2 ranks after 10 at 1"));
}

TEST(StepLadder, AnSdOnSomeRungsIsAFaultOfTheLadder) {
    EXPECT_THAT(faults_of({{1, 10, 0.1}, {2, 19}, {4, 36}}), ElementsAre("rungs: an sd on 1 of 3 rungs"));
    EXPECT_THAT(faults_of({{1, 10}, {2, 19, 0.1}, {4, 36, 0.1}}),
                ElementsAre("rungs: an sd on 2 of 3 rungs"));
}

TEST(StepLadder, WithoutARungOfOneRankIsNone) {
    EXPECT_THAT(faults_of({{2, 10}, {4, 19}}), ElementsAre("rungs: no rung of 1 rank"));
    EXPECT_THAT(faults_of({}), ElementsAre("rungs: 0 rungs"));
    EXPECT_THAT(faults_of({{1, 10}}), ElementsAre("rungs: 1 rungs"));
}

} // namespace
} // namespace metrics
