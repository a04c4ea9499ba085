// A scheduler of its own process: STORE JOBS GRACE_SECONDS RUN… (tests/suite/run/toy_plan.hpp). Prints the
// summary as JSON.
#include <cstdio>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "suite/base/error.hpp"
#include "suite/run/scheduler.hpp"
#include "tests/suite/run/toy_plan.hpp"

int main(int argc, char** argv) {
    using namespace suite;
    std::vector<run::testing::ToyRun> runs;
    for (int i = 4; i < argc; ++i) {
        runs.push_back(run::testing::toy_run_from_word(argv[i]));
    }
    try {
        const plan::Catalog catalog = run::testing::toy_catalog();
        const std::vector<plan::Plan> plans{run::testing::toy_plan(runs)};
        store::Store store(argv[1], store::Access::read_write);
        run::RunOptions options;
        options.jobs = std::stoi(argv[2]);
        options.worker_grace_seconds = std::stod(argv[3]);
        options.worker = run::testing::fake_worker();
        run::Scheduler scheduler(catalog, plans, store, options);
        const run::RunSummary summary = scheduler.run();
        const nlohmann::json document{{"done_before", summary.done_before},
                                      {"done_now", summary.done_now},
                                      {"failed", summary.failed},
                                      {"interrupted", summary.interrupted}};
        std::puts(document.dump().c_str());
        return summary.exit_code();
    } catch (const Error& error) {
        std::fputs(error.what(), stderr);
        return error.exit_code();
    }
}
