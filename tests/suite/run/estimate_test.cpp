#include "suite/run/estimate.hpp"

#include <fstream>
#include <set>
#include <sstream>

#include "suite/plan/declare/catalog.hpp"
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

constexpr LocalProcesses one_core{.count = 1};
constexpr LocalProcesses two_cores{.count = 2};

plan::Catalog catalog_of_cluster(double gigamacs_per_second) {
    plan::Catalog catalog = toy_catalog();
    plan::SystemSpec system;
    system.id = "cluster";
    system.nodes = 936;
    system.gpus_per_node = 4;
    system.gpu = "A100-40GB";
    catalog.systems["cluster"] = system;
    catalog.profiles["toy"].system = "cluster";
    catalog.profiles["toy"].gigamacs_per_second = gigamacs_per_second;
    return catalog;
}

TEST(Estimate, DividesDeclaredWorkByDeclaredThroughput) {
    const Estimate estimate = estimate_of(toy_catalog(), five_runs(), one_core);
    EXPECT_DOUBLE_EQ(estimate.seconds, 16.0 / 2.0);
    EXPECT_DOUBLE_EQ(estimate.device_hours, 16.0 / 2.0 / 3600.0);
    EXPECT_EQ(estimate_text(estimate), "about 8 s on 1 core");
}

TEST(Estimate, NoNumberOfProcessesBeatsTheLongestPreTrainingRunAndOneThatFollows) {
    EXPECT_DOUBLE_EQ(estimate_of(toy_catalog(), five_runs(), two_cores).seconds, 4.0 + 1.0);
    EXPECT_DOUBLE_EQ(estimate_of(toy_catalog(), five_runs(), {.count = 64}).seconds, 4.0 + 1.0);
}

TEST(Estimate, RunsThatMeasureHaveTheirRanksAndTheMachineToThemselves) {
    plan::Plan plan = five_runs();
    plan.runs.erase(plan.runs.begin());
    for (plan::PlannedRun& run : plan.runs) {
        run.exclusive = true;
        run.ranks = 4;
    }
    EXPECT_DOUBLE_EQ(estimate_of(toy_catalog(), plan, {.count = 8}).seconds, 4 * 2.0 / 2.0 / 4.0);
    EXPECT_DOUBLE_EQ(estimate_of(toy_catalog(), plan, two_cores).seconds, 4 * 2.0 / 2.0 / 2.0);
}

TEST(Estimate, OfASystemSaysDeviceHoursAndOnHowManyDevices) {
    const double five_days_on_256 = 16.0 / (5.0 * 86400.0 * 256.0);
    const Estimate estimate = estimate_of(catalog_of_cluster(five_days_on_256), five_runs(), two_cores);
    EXPECT_EQ(estimate.devices, stated_gpus);
    EXPECT_NEAR(estimate.seconds, 5.0 * 86400.0, 1.0);
    EXPECT_EQ(estimate_text(estimate), "30,700 A100-hours: 5 days on 256");
    EXPECT_EQ(short_text(estimate), "30,700 A100-h");
}

// Two cores have never trained a network that took a GPU months.
TEST(Estimate, SaysWhatThisMachineCannotDo) {
    plan::Plan plan = five_runs();
    for (plan::PlannedRun& run : plan.runs) {
        run.gigamacs *= 1e9;
    }
    const Estimate estimate = estimate_of(catalog_of_cluster(9400.0), plan, two_cores);
    EXPECT_FALSE(estimate.is_feasible_here());
    EXPECT_DOUBLE_EQ(estimate.here_seconds, 10e9 / core_gigamacs_per_second);
    EXPECT_EQ(infeasible_text(estimate), "not feasible here: about 13 years on 2 cores");
    EXPECT_EQ(local_text(estimate), infeasible_text(estimate));

    const Estimate with_gpu = estimate_of(catalog_of_cluster(9400.0), plan, {.count = 2, .gpus = true});
    EXPECT_TRUE(with_gpu.is_feasible_here());
    EXPECT_EQ(local_text(with_gpu), "about 12 days on 2 GPUs");
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
    const auto left = [&](const std::vector<ItemStatus>& done, int processes) {
        return estimate_of(toy_catalog(), five_runs(), {.count = processes}, done, measured).seconds;
    };
    EXPECT_DOUBLE_EQ(left(statuses(1, 4.0), 1), 4 * 2.0 / 0.5);
    EXPECT_DOUBLE_EQ(left(statuses(0, 0.0), 2), (8.0 / 2.0 + 4 * 2.0 / 0.5) / 2.0);
    EXPECT_DOUBLE_EQ(left(statuses(2, 1.0), 1), 3 * 2.0 / 2.0) << "finished runs know better than doctor";
    EXPECT_DOUBLE_EQ(left(statuses(5, 1.0), 1), 0.0);
}

TEST(Estimate, ComparesTheDeclarationWithWhatRecordsSay) {
    const Comparison comparison = compare_with_records(toy_catalog(), five_runs(), statuses(3, 5.0));
    EXPECT_EQ(comparison.runs, 3U);
    EXPECT_DOUBLE_EQ(comparison.predicted_seconds, (8.0 + 2.0 + 2.0) / 2.0);
    EXPECT_DOUBLE_EQ(comparison.taken_seconds, 15.0);
}

TEST(HoursText, KeepsThreeDigits) {
    EXPECT_EQ(hours_text(32'298.4), "32,300");
    EXPECT_EQ(hours_text(1'234'567.0), "1,230,000");
    EXPECT_EQ(hours_text(902.2), "902");
    EXPECT_EQ(hours_text(13.4), "13");
    EXPECT_EQ(hours_text(0.42), "0.4");
    EXPECT_EQ(hours_text(0.003), "0.003");
}

/// A run that was timed: what was run, where, and how long it took.
struct TimedRun {
    std::string workload;
    std::string profile;
    int cores = 1;
    double seconds = 0.0;
};

// tests/fixtures/timed_runs.csv: a workload or "all", profile, cores, seconds, where it was measured.
std::vector<TimedRun> timed_runs() {
    std::ifstream file(std::filesystem::path(TRANSFERSCALE_SOURCE_DIR) / "tests/fixtures/timed_runs.csv");
    std::vector<TimedRun> runs;
    std::string line;
    std::getline(file, line); // header
    while (std::getline(file, line)) {
        std::istringstream fields(line);
        std::string cores;
        std::string seconds;
        TimedRun run;
        std::getline(fields, run.workload, ',');
        std::getline(fields, run.profile, ',');
        std::getline(fields, cores, ',');
        std::getline(fields, seconds, ',');
        run.cores = std::stoi(cores);
        run.seconds = std::stod(seconds);
        runs.push_back(run);
    }
    return runs;
}

double predicted_seconds(const plan::Catalog& catalog, const TimedRun& timed) {
    Estimator estimator(catalog, timed.profile, {.count = timed.cores});
    std::set<std::string> seen;
    for (const std::string& workload : plan::workload_ids(catalog)) {
        // As the name `all` has it: neither what measures nor what repeats the pre-training of others.
        const plan::WorkloadSpec& spec = catalog.workloads.at(workload);
        const bool is_scored = !spec.scaling && spec.parents == 1;
        if (timed.workload != workload && !(timed.workload == "all" && is_scored)) {
            continue;
        }
        const plan::Plan plan = plan::expand(catalog, workload, timed.profile);
        const Throughput throughput = expected_throughput(catalog, plan);
        for (const plan::PlannedRun& run : plan.runs) {
            if (seen.insert(run.key).second) {
                estimator.add(run, throughput);
            }
        }
    }
    return estimator.total().seconds;
}

TEST(Estimate, IsWithinAFactorOfOneAndAHalfOfRunsThatWereTimed) {
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    const std::vector<TimedRun> runs = timed_runs();
    ASSERT_GE(runs.size(), 4U);
    for (const TimedRun& timed : runs) {
        const double ratio = predicted_seconds(catalog, timed) / timed.seconds;
        EXPECT_GT(ratio, 1.0 / 1.5) << timed.profile << ' ' << timed.workload;
        EXPECT_LT(ratio, 1.5) << timed.profile << ' ' << timed.workload;
    }
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
