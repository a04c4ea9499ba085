#include "metrics/step_time_model.hpp"

#include <algorithm>
#include <limits>

#include "metrics/least_squares.hpp"
#include "metrics/step_backtest.hpp"
#include "suite/base/philox.hpp"
#include "tests/metrics/golden.hpp"
#include "tests/metrics/published_ladder.hpp"

namespace metrics {
namespace {

using golden::expect_close;
using golden::usage_message;
using testing::HasSubstr;

StepForm form_from(const std::string& word) {
    for (const StepForm form : all_step_forms) {
        if (to_string(form) == word) {
            return form;
        }
    }
    throw std::runtime_error("no form " + word);
}

std::vector<Rung> rungs_of(const nlohmann::json& expected) {
    std::vector<Rung> rungs;
    for (const Rung& published_rung : published::ladder()) {
        if (published_rung.ranks <= expected["most"].get<int>()) {
            rungs.push_back(published_rung);
            if (!expected["sd"].is_null()) {
                rungs.back().sd = expected["sd"][rungs.size() - 1].get<double>();
            }
        }
    }
    return rungs;
}

TEST(LeastSquares, AreThoseOfScipy) {
    for (const auto& expected : golden::read("step_time.json", "squares")) {
        Design design{.columns = 4, .values = {}};
        for (const auto& row : expected["x"]) {
            for (const auto& value : row) {
                design.values.push_back(value);
            }
        }
        const auto fit = fit_non_negative(design, expected["y"].get<std::vector<double>>(),
                                          expected["w"].get<std::vector<double>>());
        for (std::size_t i = 0; i < 4; ++i) {
            EXPECT_NEAR(fit.coefficients[i], expected["beta"][i].get<double>(), 1e-10);
        }
    }
}

TEST(LeastSquares, DependentColumnsHaveNoCovariance) {
    const Design design{.columns = 2, .values = {1, 2, 2, 4, 3, 6}};
    const auto fit = fit_non_negative(design, std::vector<double>{1, 2, 3}, std::vector<double>{1, 1, 1});
    EXPECT_TRUE(fit.unscaled_covariance.empty());
    EXPECT_NEAR(fit.at(std::vector<double>{5, 10}), 5.0, 1e-12);
}

TEST(StepModel, FitsAndIntervalsAreThoseOfNumpyAndScipy) {
    const auto cases = golden::read("step_time.json", "cases");
    ASSERT_GE(cases.size(), 20U);
    for (const auto& expected : cases) {
        const auto form = form_from(expected["form"]);
        const std::string name = expected["form"].get<std::string>() + " to " + expected["most"].dump();
        const StepModel model(rungs_of(expected), form, published::shape());
        const auto parameters = model.parameters();
        ASSERT_EQ(parameters.size(), expected["beta"].size());
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            EXPECT_NEAR(parameters[i].seconds, expected["beta"][i].get<double>(), 1e-9) << name;
        }
        EXPECT_NEAR(model.rms_seconds(), expected["rms"].get<double>(), 1e-9) << name;
        for (const auto& point : expected["predictions"]) {
            const auto found = model.predict(point["ranks"], point["level"]);
            expect_close(found.step_seconds, point["step"], 1e-8, name + " step");
            expect_close(found.efficiency_percent, point["efficiency"], 1e-8, name + " efficiency");
            expect_close(found.efficiency_interval.low, point["low"], 1e-6, name + " low");
            expect_close(found.efficiency_interval.high, point["high"], 1e-6, name + " high");
        }
    }
}

TEST(StepModel, LeftOutRungsAreThoseOfNumpy) {
    for (const auto& expected : golden::read("step_time.json", "cases")) {
        if (!expected["sd"].is_null()) {
            continue;
        }
        const auto found =
            leave_one_rung_out(rungs_of(expected), form_from(expected["form"]), published::shape());
        if (expected["left_out"].is_null()) {
            EXPECT_TRUE(found.empty());
            continue;
        }
        ASSERT_EQ(found.size(), expected["left_out"].size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            EXPECT_NEAR(found[i].error_points(), expected["left_out"][i].get<double>(), 1e-7);
        }
    }
}

/// Fitted beforehand with NumPy: root mean square of the residuals and coefficients, milliseconds.
struct PrintedFit {
    StepForm form;
    double rms_milliseconds;
    std::vector<double> milliseconds; ///< as far as printed
};

TEST(StepModel, ReproducesTheSpecsFitsOfThePublishedLadder) {
    const std::vector<PrintedFit> printed{{StepForm::logarithm, 5.3, {}},
                                          {StepForm::square_root, 2.3, {16.06, 1.637}},
                                          {StepForm::cells, 2.0, {16.7, 3.46, 9.5}},
                                          {StepForm::logarithm_linear, 2.6, {}},
                                          {StepForm::network, 4.3, {3.8, 4.85, 101}}};
    for (const PrintedFit& fit : printed) {
        const StepModel model(published::ladder(), fit.form, published::shape());
        EXPECT_NEAR(1e3 * model.rms_seconds(), fit.rms_milliseconds, 0.05) << to_string(fit.form);
        const auto parameters = model.parameters();
        for (std::size_t i = 0; i < fit.milliseconds.size(); ++i) {
            EXPECT_NEAR(1e3 * parameters[i].seconds, fit.milliseconds[i], 0.006 * fit.milliseconds[i] + 0.05)
                << to_string(fit.form) << ' ' << parameters[i].name;
        }
    }
    EXPECT_NEAR(StepModel(published::ladder(), StepForm::network, published::shape())
                    .predict(1024)
                    .efficiency_percent,
                94.3, 0.05);
}

TEST(StepModel, ReproducesTheSpecsPredictionsFrom256) {
    const auto ladder = published::ladder();
    const std::span<const Rung> known(ladder.begin(), 8);
    for (const auto& [form, at_512, at_1024] :
         std::vector<std::tuple<StepForm, double, double>>{{StepForm::square_root, 94.96, 93.60},
                                                           {StepForm::logarithm, 95.89, 95.55},
                                                           {StepForm::linear, 93.86, 90.14}}) {
        const StepModel model(known, form, published::shape());
        EXPECT_NEAR(model.predict(512).efficiency_percent, at_512, 0.005) << to_string(form);
        EXPECT_NEAR(model.predict(1024).efficiency_percent, at_1024, 0.005) << to_string(form);
    }
}

TEST(StepModel, AnExactLadderIsFoundAgainWithoutScatter) {
    std::vector<Rung> ladder{{1, 100.0}};
    for (const int ranks : {2, 4, 8, 16}) {
        ladder.push_back({ranks, ranks * 10 / (0.1 + 0.002 + 0.003 * std::log2(ranks))});
    }
    const StepModel model(ladder, StepForm::logarithm,
                          {.images_per_rank_step = 10, .fabric = published::fabric()});
    const auto far = model.predict(1024);
    EXPECT_NEAR(far.step_seconds, 0.132, 1e-12);
    EXPECT_NEAR(far.constant_seconds, 0.002, 1e-12);
    EXPECT_NEAR(far.imbalance_seconds, 0.03, 1e-12);
    EXPECT_NEAR(far.efficiency_interval.high - far.efficiency_interval.low, 0.0, 1e-6);
    EXPECT_EQ(model.predict(1).efficiency_percent, 100.0);
}

TEST(StepModel, NamesTheWindowLast) {
    const auto parameters =
        StepModel(published::ladder(), StepForm::network, published::shape()).parameters();

    ASSERT_GT(parameters.size(), 1U);
    EXPECT_EQ(parameters.back().name, "w");
    EXPECT_NE(parameters.front().name, "w");
}

TEST(StepModel, GrowthIsNeverNegative) {
    // A ladder that becomes more efficient with the ranks: the growing term stays 0.
    const std::vector<Rung> ladder{{1, 100}, {2, 180}, {4, 370}, {8, 760}};
    const StepModel model(ladder, StepForm::linear, {});
    EXPECT_EQ(model.parameters()[1].seconds, 0.0);
    EXPECT_LE(model.predict(1024).efficiency_interval.high, 100.0);
}

TEST(StepModel, ParametersHaveTheSpreadOfTheirNoise) {
    // 200 rungs make the bootstrap's interval that of the normal theory: ± 1.96 sd of a.
    std::vector<Rung> ladder{{1, 100.0}};
    suite::PhiloxStream stream({.seed = 5, .purpose = suite::Purpose::bootstrap, .epoch = 9999});
    double mean = 0.0;
    for (int n = 2; n <= 201; ++n) {
        mean += std::log2(n) / 200;
    }
    double spread = 0.0;
    for (int n = 2; n <= 201; ++n) {
        ladder.push_back({n, n / (0.01 + 0.002 + 0.001 * std::log2(n) + 1e-5 * stream.normal())});
        spread += (std::log2(n) - mean) * (std::log2(n) - mean);
    }
    const auto a = StepModel(ladder, StepForm::logarithm, {}).parameters().at(1);
    const double sd = 1e-5 / std::sqrt(spread);
    EXPECT_NEAR(a.seconds, 0.001, 4 * sd);
    EXPECT_NEAR(a.ci95.high - a.ci95.low, 2 * 1.96 * sd, 0.25 * 2 * 1.96 * sd);
}

TEST(StepModel, ParametersAreAFunctionOfTheSeed) {
    const StepModel model(published::ladder(), StepForm::square_root, published::shape());
    EXPECT_EQ(model.parameters(3)[1].ci95.low, model.parameters(3)[1].ci95.low);
    EXPECT_NE(model.parameters(3)[1].ci95.low, model.parameters(4)[1].ci95.low);
}

TEST(StepModel, ParametersHaveThePercentilesOf400Refits) {
    // The parametric bootstrap by hand for c + a log2(N): residual variance over rungs less parameters, one
    // normal deviate a rung from the draw's stream, refitted; the 10th and 389th of the sorted draws.
    const std::vector<Rung> ladder{{1, 100.0}, {2, 165.0}, {4, 318.0}, {8, 607.0}, {16, 1160.0}};
    Design design{.columns = 2, .values = {}};
    std::vector<double> gaps;
    for (std::size_t i = 1; i < ladder.size(); ++i) {
        design.values.insert(design.values.end(), {1.0, std::log2(ladder[i].ranks)});
        gaps.push_back(ladder[i].ranks / ladder[i].images_per_second - 0.01);
    }
    const std::vector<double> ones(gaps.size(), 1.0);
    const LeastSquares fit = fit_non_negative(design, gaps, ones);
    const double sd = std::sqrt(fit.weighted_squares / (4 - 2));
    std::vector<double> c;
    std::vector<double> a;
    for (std::uint32_t draw = 0; draw < 400; ++draw) {
        suite::PhiloxStream stream({.seed = 7, .purpose = suite::Purpose::bootstrap, .epoch = draw});
        std::vector<double> drawn;
        for (std::size_t i = 0; i < gaps.size(); ++i) {
            drawn.push_back(fit.at(design.row(i)) + sd * stream.normal());
        }
        const LeastSquares refit = fit_non_negative(design, drawn, ones);
        c.push_back(refit.coefficients[0]);
        a.push_back(refit.coefficients[1]);
    }
    std::sort(c.begin(), c.end());
    std::sort(a.begin(), a.end());

    const auto parameters = StepModel(ladder, StepForm::logarithm, {}).parameters(7);

    ASSERT_EQ(parameters.size(), 2U);
    EXPECT_EQ(parameters[0].name, "c");
    EXPECT_EQ(parameters[1].name, "a");
    EXPECT_NEAR(parameters[0].ci95.low, c[10], 1e-12);
    EXPECT_NEAR(parameters[0].ci95.high, c[389], 1e-12);
    EXPECT_NEAR(parameters[1].ci95.low, a[10], 1e-12);
    EXPECT_NEAR(parameters[1].ci95.high, a[389], 1e-12);
}

TEST(StepModel, PredictionsHangTogether) {
    for (const StepForm form : {StepForm::square_root, StepForm::network}) {
        const StepModel model(published::ladder(), form, published::shape());
        for (const int ranks : {1, 64, 2048}) {
            const StepPrediction found = model.predict(ranks);
            const double work = 128.0 * ranks;
            EXPECT_NEAR(found.images_per_second, work / found.step_seconds, 1e-9 * work);
            EXPECT_NEAR(found.images_interval.low, work / found.step_interval.high, 1e-9 * work);
            EXPECT_NEAR(found.images_interval.high, work / found.step_interval.low, 1e-9 * work);
            EXPECT_NEAR(found.efficiency_percent, 100 * found.images_per_second / (ranks * 129.14), 1e-9);
            EXPECT_NEAR(model.base_step_seconds() + found.constant_seconds + found.imbalance_seconds +
                            found.communication_seconds + found.input_seconds,
                        found.step_seconds, 1e-12);
            EXPECT_EQ(found.communication_seconds > 0, form == StepForm::network && ranks > 64);
            EXPECT_EQ(found.constant_seconds > 0, ranks > 1);
        }
    }
}

TEST(StepModel, WithTheSpreadOfTheRungsKnownNeedsNoneToShowIt) {
    auto ladder = published::ladder();
    ladder.resize(3);
    for (Rung& rung : ladder) {
        rung.sd = 0.01 * rung.images_per_second;
    }
    EXPECT_FALSE(StepModel::obstacle(ladder, StepForm::square_root, published::shape()));
    const StepModel model(ladder, StepForm::square_root, published::shape());
    const StepPrediction found = model.predict(8);
    EXPECT_GT(found.step_interval.high, found.step_seconds);
    EXPECT_LT(found.step_interval.high, 1.2 * found.step_seconds);
}

TEST(StepModel, ASlowStorageIsWaitedFor) {
    StepShape shape = published::shape();
    shape.input = Input{.bytes_per_image = 110e3, .storage_bytes_per_second = 7e9};
    const StepModel model(published::ladder(), StepForm::square_root, shape);
    EXPECT_EQ(model.predict(256).input_seconds, 0.0);
    const auto far = model.predict(1024);
    EXPECT_NEAR(far.step_seconds, 110e3 * 128 * 1024 / 7e9, 1e-9);
    EXPECT_GT(far.input_seconds, 0.9);
    EXPECT_NEAR(far.step_interval.low, 110e3 * 128 * 1024 / 7e9, 1e-9);
    EXPECT_NEAR(far.step_interval.high, 110e3 * 128 * 1024 / 7e9, 1e-9);
}

TEST(StepModel, TooFewRungsAreRefusedWithTheirNumber) {
    const auto ladder = published::ladder();
    EXPECT_THAT(usage_message([&] {
                    (void)StepModel(std::span(ladder).first(2), StepForm::square_root, published::shape());
                }),
                HasSubstr("1 above 1 rank, expected 2 or more"));
    EXPECT_TRUE(StepModel::obstacle(std::span(ladder).first(3), StepForm::square_root, published::shape()));
    EXPECT_FALSE(StepModel::obstacle(std::span(ladder).first(3), StepForm::square_root, published::shape(),
                                     Need::point));
    const StepModel exact(std::span<const Rung>(ladder).first(3), StepForm::square_root, published::shape());
    EXPECT_EQ(exact.predict(64).efficiency_interval.low, 0.0);
}

TEST(StepModel, TermsThatTheRungsDoNotShowAreRefused) {
    const auto ladder = published::ladder();
    const auto fault = StepModel::obstacle(std::span(ladder).first(6), StepForm::cells, published::shape());
    ASSERT_TRUE(fault);
    EXPECT_THAT(fault->found, HasSubstr("none that tells"));
    EXPECT_TRUE(StepModel::obstacle(ladder, StepForm::network, {.fabric = published::fabric()}));
    EXPECT_TRUE(StepModel::obstacle(ladder, StepForm::cells, {}));
}

struct BadLadder {
    const char* name;
    std::vector<Rung> rungs;
    std::vector<const char*> words;
};

void PrintTo(const BadLadder& ladder, std::ostream* out) {
    *out << ladder.name;
}

class BadLadderTest : public testing::TestWithParam<BadLadder> {};

TEST_P(BadLadderTest, IsRefusedWithAllItsFaults) {
    const std::string message =
        usage_message([&] { (void)StepModel(GetParam().rungs, StepForm::square_root, {}); });
    for (const char* word : GetParam().words) {
        EXPECT_THAT(message, HasSubstr(word));
    }
}

const double nan = std::numeric_limits<double>::quiet_NaN();
const double infinite = std::numeric_limits<double>::infinity();
INSTANTIATE_TEST_SUITE_P(
    All, BadLadderTest,
    testing::Values(BadLadder{"None", {}, {"0 rungs"}}, BadLadder{"One", {{1, 10}}, {"1 rungs"}},
                    BadLadder{"NoBase", {{2, 19}, {4, 36}, {8, 70}}, {"no rung of 1 rank"}},
                    BadLadder{"RanksFall", {{1, 10}, {4, 36}, {2, 40}}, {"2 ranks after 4"}},
                    BadLadder{"RanksTwice", {{1, 10}, {2, 19}, {2, 20}}, {"2 ranks after 2"}},
                    BadLadder{"ThroughputFalls",
                              {{1, 10}, {2, 19}, {4, 18}},
                              {"18 images per second at 4 ranks after 19 at 2"}},
                    BadLadder{"Numbers",
                              {{1, nan}, {2, -3}, {4, infinite}, {-8, 5}},
                              {"nan images", "-3 images", "inf images", "-8 ranks"}},
                    BadLadder{
                        "Sd", {{1, 10, 0.1}, {2, 19, -0.1}, {4, 36}}, {"sd -0.1", "an sd on 2 of 3 rungs"}}),
    [](const auto& ladder) { return std::string(ladder.param.name); });

} // namespace
} // namespace metrics
