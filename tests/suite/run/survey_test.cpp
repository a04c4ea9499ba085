#include "suite/run/survey.hpp"

#include "tests/suite/run/run_fixture.hpp"

namespace suite::run {
namespace {

using ::testing::HasSubstr;
using testing::RunTest;
using testing::toy_plan;

class SurveyTest : public RunTest {
protected:
    std::vector<ItemState> states(const plan::Plan& plan) const {
        std::vector<ItemState> result;
        for (const ItemStatus& status : survey(plan, store::Store(store_path(), store::Access::read_only))) {
            result.push_back(status.state);
        }
        return result;
    }
};

TEST_F(SurveyTest, OfAStoreThatDoesNotExistIsAllToDo) {
    EXPECT_EQ(states(toy_plan({{}})), (std::vector{ItemState::todo, ItemState::todo}));
    EXPECT_FALSE(std::filesystem::exists(store_path()));
}

TEST_F(SurveyTest, TellsDoneFailedRunningAndToDo) {
    const plan::Plan plan = toy_plan({{"fail:data:data"}, {"succeed", 1}, {"succeed", 2}});
    const plan::Plan begun{
        .workload = "toy", .profile = "toy", .runs = {plan.runs[0], plan.runs[1]}, .cells = {}};
    static_cast<void>(run(begun));
    store::Store store = open_store();
    const auto claim = store.try_claim(plan.runs[2].key);

    const std::vector<ItemStatus> statuses = survey(plan, store);

    EXPECT_EQ(states(plan),
              (std::vector{ItemState::done, ItemState::failed, ItemState::running, ItemState::todo}));
    EXPECT_EQ(statuses[0].wall_seconds, 0.5);
    EXPECT_EQ(statuses[1].message, "as told");
}

TEST_F(SurveyTest, AFailedRunThatIsTriedAgainIsRunning) {
    const plan::Plan plan = toy_plan({{"fail:data:data"}});
    static_cast<void>(run(plan));
    store::Store store = open_store();
    const auto claim = store.try_claim(plan.runs[1].key);

    EXPECT_EQ(states(plan), (std::vector{ItemState::done, ItemState::running}));
}

TEST_F(SurveyTest, ARunThatAMachineCouldNotHoldIsToDoAndSaysWhy) {
    const plan::Plan plan = toy_plan({{}});
    store::RunRecord record;
    record.key = plan.runs[0].key;
    record.status = store::RunStatus::failed;
    record.kind = "pretrain";
    record.config = canonical_text(plan.runs[0].config);
    record.failure =
        store::Failure{.phase = "memory", .kind = "skipped", .reason = "needs 9 GiB", .step = -1};
    open_store().commit_failure(record);

    const ItemStatus status = survey(plan, open_store()).at(0);

    EXPECT_EQ(status.state, ItemState::todo);
    EXPECT_EQ(status.message, "needs 9 GiB");
    EXPECT_FALSE(status.damaged);
}

TEST_F(SurveyTest, ADamagedRecordIsToDoAndNamesItsFile) {
    const plan::Plan plan = toy_plan({{}});
    static_cast<void>(run(plan));
    store::testing::spill(open_store().record_path(plan.runs[1].key), "garbage");

    const ItemStatus status = survey(plan, open_store()).at(1);

    EXPECT_EQ(status.state, ItemState::todo);
    EXPECT_TRUE(status.damaged);
    EXPECT_THAT(status.message, HasSubstr(plan.runs[1].key + ".h5"));
}

TEST_F(SurveyTest, AParentWithoutCheckpointIsToDoWhileAChildIs) {
    const plan::Plan one = toy_plan({{.seed = 1}});
    const plan::Plan two = toy_plan({{.seed = 1}, {.seed = 2}});
    static_cast<void>(run(one));
    std::filesystem::remove(open_store().checkpoint_path(one.runs[0].key));

    EXPECT_EQ(states(one), (std::vector{ItemState::done, ItemState::done}));
    EXPECT_EQ(states(two), (std::vector{ItemState::todo, ItemState::done, ItemState::todo}));
}

TEST(ItemState, HasTheWordsOfThePlanDocument) {
    EXPECT_EQ(to_string(ItemState::done), "done");
    EXPECT_EQ(to_string(ItemState::failed), "failed");
    EXPECT_EQ(to_string(ItemState::running), "running");
    EXPECT_EQ(to_string(ItemState::todo), "todo");
}

} // namespace
} // namespace suite::run
