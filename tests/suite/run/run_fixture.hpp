// A store, a fake worker's log and schedulers on toy plans.
#pragma once

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include <sys/wait.h>
#include <unistd.h>

#include "suite/base/clock.hpp"
#include "suite/run/scheduler.hpp"
#include "tests/suite/run/toy_plan.hpp"
#include "tests/suite/store/child_process.hpp"
#include "tests/suite/store/store_fixture.hpp"

namespace suite::run::testing {

/// True when `condition` became true before the patience was over.
inline bool becomes_true(const std::function<bool()>& condition, double patience_seconds = 30.0) {
    const double deadline = monotonic_seconds() + patience_seconds;
    while (!condition()) {
        if (monotonic_seconds() > deadline) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
}

/// schedule_child (SCHEDULE_CHILD) and its workers, in a process group of their own.
class ScheduleChild : public store::testing::ChildProcess {
public:
    ScheduleChild(const std::filesystem::path& store, int jobs, double grace_seconds,
                  const std::vector<ToyRun>& runs)
        : ChildProcess(std::getenv("SCHEDULE_CHILD"), words_of(store, jobs, grace_seconds, runs),
                       store::testing::ProcessGroup::own) {}

private:
    static std::vector<std::string> words_of(const std::filesystem::path& store, int jobs,
                                             double grace_seconds, const std::vector<ToyRun>& runs) {
        std::vector<std::string> words{store.string(), std::to_string(jobs), std::to_string(grace_seconds)};
        for (const ToyRun& run : runs) {
            words.push_back(enum_name(run));
        }
        return words;
    }
};

class RunTest : public ::testing::Test {
protected:
    struct Order {
        pid_t pid = 0;
        std::string key;
    };

    RunTest() { ::setenv("FAKE_WORKER_LOG", log_path().c_str(), 1); }
    ~RunTest() override { ::unsetenv("FAKE_WORKER_LOG"); }

    std::filesystem::path store_path() const { return folder_.path() / "store"; }
    std::filesystem::path log_path() const { return folder_.path() / "orders"; }
    store::Store open_store() const { return {store_path(), store::Access::read_write}; }

    /// A scheduler of this process on the plan, from its beginning to its end.
    RunSummary run(const plan::Plan& plan, int jobs = 1) const {
        store::Store store = open_store();
        const std::vector<plan::Plan> plans{plan};
        const plan::Catalog catalog = toy_catalog();
        Scheduler scheduler(catalog, plans, store,
                            {.jobs = jobs, .worker_grace_seconds = 2.0, .worker = fake_worker()});
        return scheduler.run();
    }

    /// Orders that workers took, in the order of their beginning.
    std::vector<Order> orders() const {
        std::ifstream file(log_path());
        std::vector<Order> orders;
        for (Order order; file >> order.pid >> order.key;) {
            orders.push_back(order);
        }
        return orders;
    }
    long times_trained(const std::string& key) const {
        const std::vector<Order> all = orders();
        return std::count_if(all.begin(), all.end(), [&](const Order& order) { return order.key == key; });
    }
    std::vector<pid_t> workers() const {
        std::vector<pid_t> pids;
        for (const Order& order : orders()) {
            if (std::find(pids.begin(), pids.end(), order.pid) == pids.end()) {
                pids.push_back(order.pid);
            }
        }
        return pids;
    }
    std::size_t claims_left() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(store_path() / "claims"),
                          std::filesystem::directory_iterator()));
    }

    store::testing::TemporaryFolder folder_;
};

} // namespace suite::run::testing
