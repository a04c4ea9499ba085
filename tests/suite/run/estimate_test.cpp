#include "suite/run/estimate.hpp"

#include "tests/suite/run/run_fixture.hpp"

namespace suite::run {
namespace {

using testing::toy_catalog;
using testing::toy_plan;

/// One pre-training run of 8 gigamacs and four runs of 2, at 2 gigamacs per second as declared.
plan::Plan five_runs() {
    return toy_plan({{.seed = 0}, {.seed = 1}, {.seed = 2}, {.seed = 3}});
}

std::vector<ItemStatus> statuses(std::size_t done, double wall_seconds) {
    std::vector<ItemStatus> result(5);
    for (std::size_t i = 0; i < done; ++i) {
        result[i] = {.state = ItemState::done, .wall_seconds = wall_seconds, .message = {}};
    }
    return result;
}

TEST(Estimate, DividesDeclaredWorkByDeclaredThroughputAndProcesses) {
    plan::Catalog catalog = toy_catalog();
    EXPECT_DOUBLE_EQ(estimate_from_declaration(catalog, five_runs()), 16.0 / 2.0 / default_jobs());

    plan::SystemSpec system;
    system.id = "cluster";
    system.nodes = 2;
    system.gpus_per_node = 4;
    catalog.systems["cluster"] = system;
    catalog.profiles["toy"].system = "cluster";
    EXPECT_DOUBLE_EQ(estimate_from_declaration(catalog, five_runs()), 16.0 / 2.0 / 8.0);
}

TEST(Estimate, MeasuresThroughputPerNetworkOverAllFinishedRuns) {
    std::vector<ItemStatus> mixed = statuses(3, 4.0);
    mixed[2].wall_seconds = 1.0;
    mixed[3].state = ItemState::failed;

    const Throughput throughput = measured_throughput(five_runs(), mixed);

    EXPECT_EQ(throughput, (Throughput{{"toy-child", 4.0 / 5.0}, {"toy-parent", 8.0 / 4.0}}));
}

TEST(Estimate, CountsOnlyWhatIsLeftAtTheMeasuredThroughput) {
    const Throughput measured{{"toy-child", 0.5}};

    EXPECT_DOUBLE_EQ(estimate_remaining(toy_catalog(), five_runs(), statuses(2, 1.0), measured, 1),
                     3 * 2.0 / 0.5);
    EXPECT_DOUBLE_EQ(estimate_remaining(toy_catalog(), five_runs(), statuses(0, 0.0), measured, 2),
                     (8.0 / 2.0 + 4 * 2.0 / 0.5) / 2.0);
    EXPECT_DOUBLE_EQ(estimate_remaining(toy_catalog(), five_runs(), statuses(5, 1.0), measured, 1), 0.0);
}

TEST(Throughput, OutlivesTheProcessThatMeasuredIt) {
    const store::testing::TemporaryFolder folder;
    const Throughput throughput{{"L50", 1.25}, {"L152", 0.3}};

    EXPECT_TRUE(recorded_throughput(folder.path()).empty());
    record_throughput(folder.path(), throughput);
    EXPECT_EQ(recorded_throughput(folder.path()), throughput);
}

TEST(Throughput, ADamagedNoteIsNoError) {
    const store::testing::TemporaryFolder folder;
    store::testing::spill(folder.path() / ".throughput.json", "{\"L50\": ");
    EXPECT_TRUE(recorded_throughput(folder.path()).empty());
    store::testing::spill(folder.path() / ".throughput.json", "{\"L50\": \"fast\"}");
    EXPECT_TRUE(recorded_throughput(folder.path()).empty());
}

// A store that only doctor has written into is a store to be.
TEST(Throughput, OfDoctorLeavesTheFolderUsableAsAStore) {
    const store::testing::TemporaryFolder folder;
    record_throughput(folder.path(), {{"L50", 1.0}});
    EXPECT_NO_THROW(store::Store(folder.path(), store::Access::read_write));
}

} // namespace
} // namespace suite::run
