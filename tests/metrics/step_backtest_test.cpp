#include "metrics/step_backtest.hpp"

#include "suite/base/philox.hpp"
#include "tests/metrics/golden.hpp"
#include "tests/metrics/published_ladder.hpp"

namespace metrics {
namespace {

TEST(BackTest, TheSquareRootPredictsThePublishedLadderWithin15Points) {
    for (const auto& [most, held_out] : std::vector<std::pair<int, std::size_t>>{{16, 6}, {32, 5}, {64, 4}}) {
        const BackTest test = back_test(published::ladder(), StepForm::square_root, published::shape(), most);
        ASSERT_FALSE(test.obstacle);
        ASSERT_EQ(test.held_out.size(), held_out);
        EXPECT_LE(std::fabs(test.worst_error_points()), 1.5) << most;
        EXPECT_EQ(test.held_out.back().prediction.ranks, 1024);
    }
}

TEST(BackTest, LooksAtNoHeldOutRung) {
    auto changed = published::ladder();
    for (std::size_t i = 5; i < changed.size(); ++i) {
        changed[i].images_per_second *= 0.9;
    }
    const auto before = back_test(published::ladder(), StepForm::square_root, published::shape(), 32);
    const auto after = back_test(changed, StepForm::square_root, published::shape(), 32);
    for (std::size_t i = 0; i < before.held_out.size(); ++i) {
        EXPECT_EQ(before.held_out[i].prediction.step_seconds, after.held_out[i].prediction.step_seconds);
        EXPECT_NE(before.held_out[i].measured_percent, after.held_out[i].measured_percent);
    }
    EXPECT_EQ(choose_form(std::span(changed).first(5), published::shape()),
              choose_form(std::span(std::as_const(changed)).first(5), published::shape()));
}

TEST(BackTest, FromThreeGapsTheLeftOutErrorTakesAFormThatGrowsTooSlowly) {
    // The finding that the report states: 4, 8 and 16 ranks do not tell the forms apart.
    const auto ladder = published::ladder();
    const auto chosen = choose_form(std::span(ladder).first(4), published::shape());
    ASSERT_EQ(chosen, StepForm::extreme_value);
    EXPECT_GT(std::fabs(back_test(ladder, *chosen, published::shape(), 16).worst_error_points()), 1.5);
}

TEST(BackTest, ErrorsAreSummarisedByTheirSize) {
    const std::vector<LeftOutRung> left_out{{2, 90.0, 93.0}, {4, 95.0, 91.0}};
    EXPECT_DOUBLE_EQ(rms_error_points(left_out), std::sqrt((9.0 + 16.0) / 2));
    EXPECT_EQ(rms_error_points({}), INFINITY);

    const auto held_out = [](double predicted, double measured) {
        HeldOutRung rung{.prediction = {}, .measured_percent = measured};
        rung.prediction.efficiency_percent = predicted;
        return rung;
    };
    BackTest test;
    EXPECT_EQ(test.worst_error_points(), 0.0);
    test.held_out = {held_out(90, 91), held_out(90, 93.5), held_out(92, 90)};
    EXPECT_DOUBLE_EQ(test.worst_error_points(), -3.5);
}

TEST(BackTest, CoverageIsCountedOverAllHeldOutRungs) {
    BackTest first;
    first.held_out = {HeldOutRung{.prediction = {}, .covered = {true, true, true}},
                      HeldOutRung{.prediction = {}, .covered = {false, false, true}}};
    BackTest second;
    second.held_out = {HeldOutRung{.prediction = {}, .covered = {false, true, true}}};
    const auto coverage = coverage_of(std::vector{first, second});

    ASSERT_EQ(coverage.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(coverage[i].level, coverage_levels[i]);
        EXPECT_EQ(coverage[i].covered, i + 1);
        EXPECT_EQ(coverage[i].rungs, 3U);
    }
}

TEST(BackTest, HeldOutRungsAreThoseBeyondTheMostAndCoveredWithinTheirInterval) {
    const auto ladder = published::ladder();
    const BackTest test = back_test(ladder, StepForm::logarithm, published::shape(), 64);
    const StepModel model(std::span<const Rung>(ladder).first(6), StepForm::logarithm, published::shape());

    ASSERT_EQ(test.held_out.size(), 4U);
    ASSERT_EQ(test.left_out.size(), 5U);
    for (std::size_t i = 0; i < 4; ++i) {
        const Rung& rung = ladder[6 + i];
        EXPECT_EQ(test.held_out[i].prediction.ranks, rung.ranks);
        EXPECT_DOUBLE_EQ(test.held_out[i].measured_percent, efficiency_percent(ladder, rung));
        for (std::size_t level = 0; level < 3; ++level) {
            const Interval interval = model.predict(rung.ranks, coverage_levels[level]).efficiency_interval;
            const double measured = efficiency_percent(ladder, rung);
            EXPECT_EQ(test.held_out[i].covered[level], interval.low <= measured && measured <= interval.high);
        }
    }
}

TEST(BackTest, OneRungAboveOneLeavesNoneToFit) {
    const std::vector<Rung> two{{1, 10.0}, {2, 19.0}};
    EXPECT_TRUE(leave_one_rung_out(two, StepForm::linear, {}).empty());
}

TEST(BackTest, SaysWhyItCannotBe) {
    const BackTest test = back_test(published::ladder(), StepForm::cells, published::shape(), 64);
    ASSERT_TRUE(test.obstacle);
    EXPECT_TRUE(test.held_out.empty());
}

TEST(ChooseForm, FindsTheFormThatMadeTheLadder) {
    for (const auto& [form, c, a] :
         std::vector<std::tuple<StepForm, double, double>>{{StepForm::square_root, 0.01, 0.002},
                                                           {StepForm::logarithm, 0.01, 0.01},
                                                           {StepForm::linear, 0.01, 0.0005}}) {
        std::vector<Rung> ladder{{1, 10.0}};
        for (int ranks = 2; ranks <= 512; ranks *= 2) {
            const double growth = form == StepForm::linear      ? ranks
                                  : form == StepForm::logarithm ? std::log2(ranks)
                                                                : std::sqrt(ranks);
            ladder.push_back({ranks, ranks / (0.1 + c + a * growth)});
        }
        const StepForm simple[] = {StepForm::square_root, StepForm::logarithm, StepForm::extreme_value,
                                   StepForm::linear};
        EXPECT_EQ(choose_form(ladder, {}, simple), form);
    }
}

TEST(Coverage, IsNominalWhenTheModelIsTrue) {
    // 400 ladders with normal noise, calibrated on 5 rungs, one rung held out: 50, 80, 95 % within 4 binomial
    // sd.
    std::vector<BackTest> tests;
    for (std::uint32_t draw = 0; draw < 400; ++draw) {
        suite::PhiloxStream stream({.seed = 11, .purpose = suite::Purpose::simulation, .epoch = draw});
        std::vector<Rung> ladder{{1, 10.0}};
        for (const int ranks : {2, 4, 8, 16, 32, 128}) {
            ladder.push_back(
                {ranks, ranks / (0.1 + 0.02 + 0.002 * std::sqrt(ranks) + 0.0005 * stream.normal())});
        }
        tests.push_back(back_test(ladder, StepForm::square_root, {}, 32));
    }
    for (const Coverage& coverage : coverage_of(tests)) {
        ASSERT_EQ(coverage.rungs, 400U);
        const double share = static_cast<double>(coverage.covered) / 400;
        EXPECT_NEAR(share, coverage.level, 4 * std::sqrt(coverage.level * (1 - coverage.level) / 400))
            << coverage.level;
    }
}

} // namespace
} // namespace metrics
