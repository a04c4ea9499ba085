// Nothing of a training is forgotten when it is saved: every member is listed here as saved or as derivable,
// and going on after any step gives the bits of a training that was never stopped.
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "suite/base/error.hpp"
#include "tests/suite/train/toy_problem.hpp"

namespace suite::train {
namespace {

using testing_toy::expect_same_bits;
using testing_toy::toy;
using testing_toy::toy_config;

/// Names of the data members (they end in _ and stand before ; = or {) of a class in a file.
std::vector<std::string> members_of(const std::string& file, const std::string& begins) {
    std::ifstream stream(std::string(TRANSFERSCALE_SOURCE_DIR) + "/suite/train/" + file);
    std::stringstream text;
    text << stream.rdbuf();
    const std::string all = text.str();
    const std::size_t begin = all.find(begins);
    EXPECT_NE(begin, std::string::npos) << file;
    const std::string body = all.substr(begin, all.find("\n};", begin) - begin);
    static const std::regex member(R"((?:^|\n)    [A-Za-z][^\n()]*[ &>](\w+_)(?: = [^\n]*)?;)");
    std::vector<std::string> names;
    for (auto it = std::sregex_iterator(body.begin(), body.end(), member); it != std::sregex_iterator();
         ++it) {
        names.push_back((*it)[1]);
    }
    return names;
}

const std::map<std::string, std::string>& whereabouts() {
    static const std::map<std::string, std::string> table{
        // Training
        {"config_", "argument"},
        {"data_set_", "argument"},
        {"hooks_", "argument"},
        {"communicator_", "argument"},
        {"outputs_", "of the arguments"},
        {"subset_", "of the arguments"},
        {"shards_", "of the arguments"},
        {"step_images_", "of the arguments: what a step holds is keyed by its number"},
        {"engine_", "saved: weights and momentum; its members are below"},
        {"reducer_", "holds nothing between steps"},
        {"alone_", "a failure ends the run"},
        {"state_", "saved"},
        {"mixed_", "computed anew every micro-batch"},
        {"shared_", "cleared every step"},
        {"stop_agreed_", "a new process was not asked to stop"},
        {"started_seconds_", "saved as train_seconds"},
        {"saved_seconds_", "of this process"},
        {"save_cost_seconds_", "of this process"},
        {"pass_seconds_", "cleared every step"},
        {"step_time_", "cleared every step"},
        {"wire_error_", "of these processes only, as its declaration says"},
        {"step_times_", "of this process: a measured run is not resumed"},
        // CpuEngine
        {"network_", "saved: weights; the rest is computed from them in begin_step()"},
        {"rows_", "of the arguments"},
        {"settings_", "of the arguments; the learning rate is a function of the step"},
        {"momentum_", "saved"},
        {"logits_", "computed anew every micro-batch"},
        {"logit_gradient_", "computed anew every micro-batch"},
        {"listener_", "set anew"},
        {"stack_", "empty between steps"},
        {"stacked_", "0 between steps"},
        {"room_", "filled before it is read"},
        {"wire_", "filled before it is read"},
        {"copy_", "filled before it is read"},
        // DeviceEngine
        {"runtime_", "of the arguments; copies under way are none between steps that were saved"},
        {"capture_graphs_", "of the arguments"},
        {"weights_", "saved: a view of the network's"},
        {"gradients_", "cleared every step"},
        {"sgd_", "of the arguments"},
        {"loss_scale_", "saved"},
        {"captures_", "of this process: graphs compute what passes do"},
        {"images_", "filled every pass"},
        {"targets_", "filled every pass"},
        {"scalars_", "filled every pass"},
        {"loss_", "filled every pass"},
        {"step_", "filled every step"},
    };
    return table;
}

TEST(TrainingState, EveryMemberIsSavedOrListedAsDerivable) {
    std::set<std::string> seen;
    for (const auto& [file, begins] : {std::pair{"detail/training.hpp", "class Training {"},
                                       std::pair{"cpu_engine.cpp", "class CpuEngine final"},
                                       std::pair{"device_engine.cpp", "class DeviceEngine final"}}) {
        for (const std::string& name : members_of(file, begins)) {
            EXPECT_TRUE(whereabouts().contains(name))
                << file << ": " << name << " is new: save it, or say here why it need not be";
            seen.insert(name);
        }
    }
    EXPECT_EQ(seen.size(), whereabouts().size()) << "a member was not seen or is gone";
}

TEST(TrainingState, HoldsTheseFieldsAndNoOthers) {
    const TrainingState state{.step = 1,
                              .weights = {},
                              .momentum = {},
                              .losses = {},
                              .images_seen = 2,
                              .train_seconds = 3.0,
                              .loss_scale = {}};
    const auto& [step, weights, momentum, losses, images_seen, train_seconds, loss_scale] = state;
    EXPECT_EQ(static_cast<double>(step + images_seen) + train_seconds, 6.0);
    EXPECT_TRUE(weights.empty() && momentum.empty() && losses.empty() && !loss_scale);
}

plan::RunConfig short_config() {
    plan::RunConfig config = toy_config(3);
    config.train.mixup_alpha = 0.1;
    config.train.augmentation = plan::Augmentation::crop_flip;
    config.train.schedule.total_steps = 14;
    return config;
}

TEST(TrainingState, GoingOnAfterAnyStepGivesTheSameBits) {
    const data::DataSet data_set = toy();
    std::vector<TrainingState> saved;
    const TrainHooks saving{.save = [&](const TrainingState& state) { saved.push_back(state); },
                            .save_interval_seconds = 0.0};
    const TrainResult whole = run_training(short_config(), data_set, nullptr, saving);
    ASSERT_EQ(saved.size(), 14U);
    for (const TrainingState& state : saved) {
        const TrainResult resumed = run_training(short_config(), data_set, nullptr, {.resume = &state});
        expect_same_bits(whole, resumed);
        EXPECT_EQ(resumed.images_seen, whole.images_seen);
        EXPECT_GE(resumed.train_seconds, state.train_seconds);
    }
}

TEST(TrainingState, AStopSavesFirst) {
    std::vector<TrainingState> saved;
    std::int64_t steps = 0;
    const TrainHooks hooks{.stop_requested = [&] { return steps == 3; },
                           .progress = [&](std::int64_t step, std::int64_t, double) { steps = step; },
                           .save = [&](const TrainingState& state) { saved.push_back(state); }};
    EXPECT_THROW(static_cast<void>(run_training(short_config(), toy(), nullptr, hooks)), Error);
    ASSERT_EQ(saved.size(), 1U);
    EXPECT_EQ(saved[0].step, 3);
    EXPECT_EQ(saved[0].losses.size(), 3U);
    EXPECT_EQ(saved[0].images_seen, 3 * 16);
}

TEST(TrainingState, OfAnotherRunIsRefused) {
    TrainingState state;
    state.step = 2;
    state.weights.resize(5);
    try {
        static_cast<void>(run_training(short_config(), toy(), nullptr, {.resume = &state}));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::weights);
    }
}

} // namespace
} // namespace suite::train
