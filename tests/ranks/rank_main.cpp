// main of the tests that run on several ranks: mpirun -np N test_ranks. Rank 0 prints as GoogleTest does, the
// others print their failures only, each with its rank. Without mpirun: one rank, and the single backend too.
#include <cstdlib>
#include <iostream>
#include <string>

#include <gtest/gtest.h>

#include "suite/base/log.hpp"
#include "suite/dist/mpi.hpp"
#include "tests/ranks/rank_backend.hpp"

namespace suite::dist::testing {
namespace {

std::map<std::string, std::unique_ptr<RankBackend>>& made() {
    static std::map<std::string, std::unique_ptr<RankBackend>> backends;
    return backends;
}

// A rank that waits for one whose assertion failed gets an error instead.
constexpr double deadline_seconds = 20.0;

bool is_launched() {
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"}) {
        if (std::getenv(name) != nullptr) {
            return true;
        }
    }
    return false;
}

class FailurePrinter : public ::testing::EmptyTestEventListener {
public:
    explicit FailurePrinter(int rank) : rank_(rank) {}
    void OnTestStart(const ::testing::TestInfo& test) override { name_ = test.name(); }
    // GoogleTest holds its lock here: asking it for the test's name would wait for ever.
    void OnTestPartResult(const ::testing::TestPartResult& result) override {
        if (result.failed()) {
            std::cout << "rank " << rank_ << ": " << name_ << ": " << result.file_name() << ":"
                      << result.line_number() << ": " << result.message() << std::endl;
        }
    }

private:
    int rank_;
    std::string name_;
};

} // namespace

std::map<std::string, BackendMaker>& backend_makers() {
    static std::map<std::string, BackendMaker> makers;
    return makers;
}

RankBackend& backend_named(const std::string& name) {
    auto& backend = made()[name];
    if (!backend) {
        backend = backend_makers().at(name)();
    }
    return *backend;
}

RankBackend& tested_backend() {
    const char* named = std::getenv("TRANSFERSCALE_TEST_BACKEND");
    return backend_named(named != nullptr ? named : is_launched() ? "mpi" : "single");
}

static int run_tests() {
    int rank = 0;
    if (is_launched()) {
        backend_makers()["mpi"] = [] {
            return std::make_unique<RankBackend>(make_mpi({.deadline_seconds = deadline_seconds}));
        };
        rank = backend_named("mpi").communicator().rank();
    } else {
        backend_makers()["single"] = [] { return std::make_unique<RankBackend>(make_single()); };
    }
    if (rank != 0) {
        auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
        delete listeners.Release(listeners.default_result_printer());
        listeners.Append(new FailurePrinter(rank));
    }
    const int result = RUN_ALL_TESTS();
    made().clear();
    return result;
}

} // namespace suite::dist::testing

int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    try {
        return suite::dist::testing::run_tests();
    } catch (const std::exception& error) {
        suite::log_error(error.what());
        return 1;
    }
}
