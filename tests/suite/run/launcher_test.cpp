#include "suite/run/launcher.hpp"

#include <cstdlib>
#include <filesystem>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "suite/base/error.hpp"
#include "suite/run/scheduler.hpp"
#include "tests/suite/run/run_fixture.hpp"

namespace suite::run::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

WorkerLaunch of_ranks(int ranks, const std::string& launcher) {
    return {.program = "/opt/worker",
            .store = "/data/store",
            .ranks = ranks,
            .launcher = launcher,
            .deadline_seconds = 2.5};
}

Error refusal(const WorkerLaunch& launch) {
    try {
        static_cast<void>(command_of(launch));
    } catch (const Error& error) {
        return error;
    }
    ADD_FAILURE() << "no error";
    return {ErrorKind::skipped, Fault{}};
}

TEST(LauncherTest, OneRankNeedsNone) {
    EXPECT_THAT(command_of(of_ranks(1, "no such thing")),
                ElementsAre("/opt/worker", "--store", "/data/store"));
}

TEST(LauncherTest, PutsTheNumberOfRanksWhereItIsMarked) {
    EXPECT_THAT(command_of(of_ranks(4, "env  N={ranks} X=\t{ranks}.{ranks}")),
                ElementsAre(EndsWith("/env"), "N=4", "X=", "4.4", "/opt/worker", "--store", "/data/store",
                            "--communicator", "mpi", "--ranks", "4", "--deadline", "2.5"));
}

// Efficiency compares one rank with many: it has to be bound as they are.
TEST(LauncherTest, BindsOneRankAndManyAlike) {
    WorkerLaunch launch = of_ranks(1, "env X={ranks}");
    launch.first_core = 0;
    EXPECT_THAT(command_of(launch),
                ElementsAre("/opt/worker", "--store", "/data/store", "--first-core", "0"));
    launch.ranks = 2;
    const std::vector<std::string> words = command_of(launch);
    EXPECT_THAT(std::vector(words.end() - 2, words.end()), ElementsAre("--first-core", "0"));
}

TEST(LauncherTest, AsksForPortableBits) {
    WorkerLaunch launch = of_ranks(1, "no such thing");
    launch.portable_bits = true;
    EXPECT_THAT(command_of(launch), ElementsAre("/opt/worker", "--store", "/data/store", "--portable-bits"));
}

TEST(LauncherTest, RefusesALauncherThatWouldNotKnowHowMany) {
    const Error error = refusal(of_ranks(2, "env X=2"));
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.what(), HasSubstr("found 'env X=2', expected a command that holds {ranks}"));
}

TEST(LauncherTest, SaysWhatToInstallWhenThereIsNoLauncher) {
    const Error error = refusal(of_ranks(2, "no-such-launcher {ranks}"));
    EXPECT_EQ(error.exit_code(), 6);
    EXPECT_THAT(error.what(), HasSubstr("install openmpi-bin"));
}

TEST(LauncherTest, RootIsAllowedTwice) {
    const std::vector<std::string> variables = environment_of(of_ranks(2, "x"));
    const auto matcher = Contains("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1");
    if (::geteuid() == 0) {
        EXPECT_THAT(variables, matcher);
    } else {
        EXPECT_THAT(variables, Not(matcher));
    }
}

TEST(LauncherTest, AWorkerBesideOthersIsToldItsFirstGpu) {
    WorkerLaunch launch = of_ranks(1, "no such thing");
    launch.device = "cuda";
    launch.first_gpu = 2;
    EXPECT_THAT(command_of(launch),
                ElementsAre("/opt/worker", "--store", "/data/store", "--device", "cuda", "--first-gpu", "2"));
}

/// Sets a variable of this process and puts back what it was.
class Variable {
public:
    Variable(const char* name, const std::string& value) : name_(name) {
        if (const char* old = std::getenv(name); old != nullptr) {
            old_ = old;
        }
        ::setenv(name, value.c_str(), 1);
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;
    ~Variable() { old_ ? ::setenv(name_, old_->c_str(), 1) : ::unsetenv(name_); }

private:
    const char* name_;
    std::optional<std::string> old_;
};

// The libraries read their code paths once, from their own variables.
TEST(LauncherTest, PortableBitsOverrideTheCallersCodePathsInTheChildAlone) {
    const Variable set("MKL_CBWR", "AVX2");
    WorkerLaunch launch = of_ranks(1, "x");
    EXPECT_THAT(environment_of(launch), Contains("MKL_CBWR=AVX2"));
    launch.portable_bits = true;
    EXPECT_THAT(environment_of(launch), Contains("MKL_CBWR=COMPATIBLE"));
    EXPECT_THAT(environment_of(launch), Not(Contains("MKL_CBWR=AVX2")));
    EXPECT_STREQ(std::getenv("MKL_CBWR"), "AVX2");
}

TEST(LauncherTest, TheCallersOwnOrderOfSumsIsKept) {
    EXPECT_THAT(environment_of(of_ranks(1, "x")), Contains("CUBLAS_WORKSPACE_CONFIG=:4096:8"));
    const Variable set("CUBLAS_WORKSPACE_CONFIG", ":16:8");
    EXPECT_THAT(environment_of(of_ranks(1, "x")), Contains("CUBLAS_WORKSPACE_CONFIG=:16:8"));
    EXPECT_THAT(environment_of(of_ranks(1, "x")), Not(Contains("CUBLAS_WORKSPACE_CONFIG=:4096:8")));
}

TEST(LauncherTest, MpirunHandsTheLibrariesVariablesOn) {
    if (std::filesystem::exists("/usr/bin/mpirun")) {
        const std::vector<std::string> words = command_of(of_ranks(2, std::string(default_launcher)));
        const auto place = std::ranges::find(words, "CUDA_DEVICE_ORDER");
        ASSERT_NE(place, words.end());
        EXPECT_EQ(*(place - 1), "-x");
    }
}

// With any of them libgomp binds a process to the first core of its list as soon as it is loaded.
TEST(LauncherTest, WorkersDoNotGetWhatBindsThreads) {
    for (const std::string_view name : binding_variables) {
        const Variable set(name.data(), "0");
        EXPECT_EQ(set_binding_variables(), name);
        for (const int ranks : {1, 2}) {
            EXPECT_THAT(environment_of(of_ranks(ranks, "x")),
                        Not(Contains(::testing::StartsWith(std::string(name) + "="))))
                << name;
        }
    }
    EXPECT_EQ(set_binding_variables(), "");
}

TEST(LauncherTest, SaysWhatIsWrongWithTmpdir) {
    const store::testing::TemporaryFolder folder;
    const auto text = [](const std::string& tmpdir) {
        const Variable set("TMPDIR", tmpdir);
        const Fault fault = failed_launch(of_ranks(2, "mpirun -np {ranks}"), "exit code 1");
        return fault.where + ": " + fault.found + ". " + fault.fix;
    };
    EXPECT_THAT(text("/proc/none"), HasSubstr("mpirun -np {ranks}: a launcher that ended with exit code 1"));
    EXPECT_THAT(text("/proc/none"), HasSubstr("TMPDIR=/proc/none, which is no folder"));
    EXPECT_THAT(text("/proc/self"), HasSubstr("TMPDIR=/proc/self, in which no folder can be made"));
    EXPECT_THAT(text((folder.path() / std::string(90, 'x')).string()), HasSubstr("TMPDIR="));
    EXPECT_THAT(text(folder.path().string()), HasSubstr("fewer ranks than the slots"));
}

// `env` stands for a launcher: it starts the fake worker once, with the words that ranks get.
constexpr const char* one_process = "env RANKS={ranks}";

class RanksTest : public RunTest {
protected:
    RunSummary run_ranks(const plan::Plan& plan, RunOptions options) {
        options.worker = fake_worker();
        const std::vector<plan::Plan> plans{plan};
        const plan::Catalog catalog = toy_catalog();
        store::Store store = open_store();
        return Scheduler(catalog, plans, store, options).run();
    }
};

TEST_F(RanksTest, RunsWorkOverRanks) {
    const RunSummary summary =
        run_ranks(toy_plan({{.seed = 0}, {.seed = 1}}), {.jobs = 1, .ranks = 2, .launcher = one_process});
    EXPECT_EQ(summary.exit_code(), 0);
    EXPECT_EQ(summary.done_now, 3U);
}

// As mpirun does when it has too few slots, or cannot write to TMPDIR.
TEST_F(RanksTest, ALauncherThatStartsNothingIsNamedAndNoLostPeer) {
    try {
        static_cast<void>(
            run_ranks(toy_plan({{.seed = 0}}), {.jobs = 1, .ranks = 2, .launcher = "false {ranks}"}));
        FAIL() << "a launcher that ends with 1";
    } catch (const Error& error) {
        EXPECT_EQ(error.exit_code(), 6);
        EXPECT_THAT(error.what(), HasSubstr("false {ranks}: found a launcher that ended with exit code 1"));
    }
}

TEST_F(RanksTest, AWorkerOfRanksThatDiesIsALostPeerAndTheNextRunHasAFreshOne) {
    const plan::Plan plan = toy_plan({{"crash:9"}, {"succeed", 1}});
    const RunSummary summary = run_ranks(plan, {.jobs = 1, .ranks = 2, .launcher = one_process});
    EXPECT_EQ(summary.exit_code(), 8);
    EXPECT_EQ(summary.done_now, 2U);
    EXPECT_EQ(open_store().look_up(plan.runs[1].key).record->failure->kind, "peer");
}

TEST_F(RanksTest, TheReportOfALostRankIsRecordedAndItsWorkerGetsNoMoreOrders) {
    const plan::Plan plan = toy_plan({{"fail:peer:train"}, {"succeed", 1}});
    const RunSummary summary = run_ranks(plan, {.jobs = 1, .ranks = 2, .launcher = one_process});
    EXPECT_EQ(summary.exit_code(), 8);
    EXPECT_EQ(open_store().look_up(plan.runs[1].key).record->failure->reason, "as told");
}

TEST_F(RanksTest, MoreRanksThanCoresAreRefusedUnlessAllowed) {
    plan::Plan plan = toy_plan({{.seed = 0}});
    const int many = default_jobs() + 1;
    try {
        static_cast<void>(run_ranks(plan, {.jobs = 1, .ranks = many}));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::usage);
        EXPECT_THAT(error.what(), HasSubstr("--oversubscribe"));
    }
    const RunSummary summary =
        run_ranks(plan, {.jobs = 1, .ranks = many, .launcher = one_process, .oversubscribe = true});
    EXPECT_EQ(summary.exit_code(), 0);
}

// Every run takes 0.06 s: two that begin within less overlap.
TEST_F(RanksTest, AnExclusiveRunIsAloneOnTheMachine) {
    plan::Plan plan = toy_plan({{"slow:60", 0}, {"slow:60", 1}, {"slow:60", 2}, {"slow:60", 3}});
    plan.runs[2].exclusive = true;
    plan.runs[4].exclusive = true;

    const RunSummary summary = run_ranks(plan, {.jobs = 3});

    EXPECT_EQ(summary.done_now, 5U);
    store::Store store = open_store();
    for (const std::size_t alone : {2U, 4U}) {
        const auto own = store.look_up(plan.runs[alone].key).record->timing.value();
        for (std::size_t i = 1; i < plan.runs.size(); ++i) {
            const auto other = store.look_up(plan.runs[i].key).record->timing.value();
            const bool apart = own.started_seconds >= other.started_seconds + 0.06 ||
                               other.started_seconds >= own.started_seconds + 0.06;
            EXPECT_TRUE(i == alone || apart) << alone << " beside " << i;
        }
    }
}

} // namespace
} // namespace suite::run::testing
