// Whole learning-rate curves of the published recipes (tests/fixtures/recipe_curves_golden.py).
#include <cmath>
#include <filesystem>
#include <set>

#include "suite/plan/declare/catalog.hpp"
#include "suite/plan/resolve.hpp"
#include "suite/train/schedule.hpp"
#include "tests/suite/kernels/golden.hpp"

namespace suite::train {
namespace {

class RecipeCurves : public testing::Test {
protected:
    const test::Arrays golden_ = test::read_golden("recipe_curves.txt");
    const plan::Catalog catalog_ =
        plan::load_catalog(std::filesystem::path(TRANSFERSCALE_SOURCE_DIR) / "workloads");
};

void expect_curve(const plan::ScheduleConfig& schedule, const std::string& name, const test::Arrays& golden) {
    const auto& summary = golden.at(name + ":summary");
    ASSERT_EQ(schedule.total_steps, static_cast<std::int64_t>(summary[1])) << name;
    double sum = 0.0;
    double weighted = 0.0;
    for (std::int64_t step = 0; step < schedule.total_steps; ++step) {
        const double rate = learning_rate(schedule, step);
        sum += rate;
        weighted += rate * static_cast<double>(step + 1);
    }
    EXPECT_NEAR(sum, summary[2], 1e-9 * summary[2]) << name;
    EXPECT_NEAR(weighted, summary[3], 1e-9 * summary[3]) << name;
    const auto& steps = golden.at(name + ":steps");
    const auto& rates = golden.at(name + ":rates");
    for (std::size_t i = 0; i < steps.size(); ++i) {
        EXPECT_NEAR(learning_rate(schedule, static_cast<std::int64_t>(steps[i])), rates[i],
                    1e-9 * rates[i] + 1e-12)
            << name << " step " << steps[i];
    }
}

TEST_F(RecipeCurves, OfEveryPublishedRecipeAreThePublishedOnes) {
    std::set<std::string> compared;
    for (const auto& [key, values] : golden_) {
        const std::size_t end = key.find(":summary");
        if (end == std::string::npos) {
            continue;
        }
        const std::string name = key.substr(0, end);
        const std::string recipe = name.substr(0, name.find('@')); // fine-tuning: by training images
        const auto images = static_cast<std::size_t>(values[0]);
        expect_curve(plan::resolve_training(catalog_.recipes.at(recipe), nullptr, images).schedule, name,
                     golden_);
        compared.insert(recipe);
    }
    for (const auto& [id, recipe] : catalog_.recipes) {
        const bool is_published = id.starts_with("pretrain-") || id.starts_with("finetune-");
        EXPECT_EQ(compared.contains(id), is_published) << id;
    }
}

} // namespace
} // namespace suite::train
