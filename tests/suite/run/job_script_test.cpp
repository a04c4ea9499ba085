// Job scripts: their texts against kept ones, bash's and shellcheck's opinion, and what they do when they
// run: with programs of ours in the place of srun, scontrol and transferscale.
#include "suite/run/job_script.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "suite/base/error.hpp"
#include "suite/base/files.hpp"
#include "suite/run/slurm.hpp"

namespace suite::run {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

plan::SystemSpec small_cluster() {
    plan::SystemSpec system;
    system.id = "cluster";
    system.nodes = 16;
    system.gpus_per_node = 4;
    system.cores_per_node = 48;
    plan::JobsSpec& jobs = system.jobs.emplace();
    jobs.scheduler = "slurm";
    jobs.partition = "batch";
    jobs.account = "project";
    jobs.modules = {"GCC/12.2", "OpenMPI"};
    jobs.environment = {{"NCCL_DEBUG", "WARN"}};
    jobs.minutes_limit = 600;
    jobs.nodes_limit = 8;
    jobs.cpus_per_process = 12;
    jobs.exclusive = true;
    jobs.requeues_limit = 3;
    return system;
}

JobRequest small_request(JobShape shape = JobShape::allocation) {
    JobRequest request;
    request.name = "w-full";
    request.system = small_cluster();
    request.shape = shape;
    request.program = "/opt/transfer scale/transferscale";
    request.store = "/work/it's mine/store";
    request.folder = "/work/it's mine/store/jobs/1-w-full";
    request.workloads = {"w"};
    request.options = {"--profile", "full"};
    request.cells = {"pets/*/NAT"};
    request.left = {.total_seconds = 36'000.0, .longest_seconds = 3600.0, .longest_run_seconds = 3000.0};
    request.parts = {{.workload = "w", .cells = {"pets/small/NAT", "pets/small/MED"}, .left = request.left},
                     {.workload = "w", .cells = {"cats/small/NAT"}, .left = {.total_seconds = 60.0}}};
    request.nodes = 2;
    request.environment = {{"TRANSFERSCALE_WORKLOADS", "/data/two words"}};
    return request;
}

const JobScript& script_named(const JobScripts& scripts, const std::string& name) {
    for (const JobScript& script : scripts.scripts) {
        if (script.name == name) {
            return script;
        }
    }
    throw std::runtime_error("no script " + name);
}

/// A folder that is removed at the end; its name needs quoting.
class Folder {
public:
    Folder() {
        std::string pattern = (fs::temp_directory_path() / "job script's \"$(id)\" XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) {
            throw std::runtime_error("no temporary folder");
        }
        path_ = pattern;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { fs::remove_all(path_); }
    [[nodiscard]] const fs::path& path() const { return path_; }
    void program(const std::string& name, const std::string& text) const {
        std::ofstream(path_ / name) << text;
        fs::permissions(path_ / name, fs::perms(0755));
    }
    [[nodiscard]] std::string read(const std::string& name) const {
        return fs::exists(path_ / name) ? read_file(path_ / name, ErrorKind::data) : "";
    }

private:
    fs::path path_;
};

// ---------------------------------------------------------------- texts

// To write them anew: TRANSFERSCALE_WRITE_GOLDEN=1 test_run --gtest_filter='Text*'; then read the difference.
void expect_golden(const std::string& name, const std::string& text) {
    const fs::path path = fs::path(TRANSFERSCALE_SOURCE_DIR) / "tests/golden/jobs" / name;
    if (std::getenv("TRANSFERSCALE_WRITE_GOLDEN") != nullptr) {
        std::ofstream(path) << text;
    }
    EXPECT_EQ(text, read_file(path, ErrorKind::data)) << name;
}

TEST(Text, OfEachShapeIsTheKeptOne) {
    const JobScripts allocation = write_job_scripts(small_request());
    expect_golden("allocation.txt", script_named(allocation, "run").text);
    expect_golden("check.txt", script_named(allocation, "check").text);
    expect_golden("report.txt", script_named(allocation, "report").text);
    EXPECT_EQ(allocation.launcher, "");

    expect_golden("array.txt", script_named(write_job_scripts(small_request(JobShape::array)), "run").text);

    JobRequest ladder = small_request(JobShape::ladder);
    ladder.ranks = 8;
    const JobScripts scripts = write_job_scripts(ladder);
    expect_golden("ladder.txt", script_named(scripts, "run").text);
    expect_golden("launch.txt", scripts.launcher);
}

TEST(Text, TellsRunAloneWhatConcernsRunAlone) {
    for (const JobShape shape : {JobShape::allocation, JobShape::array, JobShape::ladder}) {
        JobRequest request = small_request(shape);
        request.options = {"--profile", "full", "--limit", "64", "--precision", "bfloat16"};
        request.run_options = {"--device", "cuda", "--workers", "2"};
        const JobScripts scripts = write_job_scripts(request);
        EXPECT_THAT(script_named(scripts, "run").text, HasSubstr(" --device cuda --workers 2\n"));
        for (const JobScript& script : scripts.scripts) {
            EXPECT_THAT(script.text, HasSubstr("--profile full --limit 64 --precision bfloat16"));
            EXPECT_EQ(script.text.find("--device") != std::string::npos, script.name == "run") << script.name;
        }
    }
}

TEST(Text, PassesBashAndShellcheck) {
    const Folder folder;
    const bool has_shellcheck = run_command({"sh", "-c", "command -v shellcheck"}, 10.0).exit_code == 0;
    for (const JobShape shape : {JobShape::allocation, JobShape::array, JobShape::ladder}) {
        const JobScripts scripts = write_job_scripts(small_request(shape));
        std::vector<JobScript> all = scripts.scripts;
        if (!scripts.launcher.empty()) {
            all.push_back({.name = "launch", .text = scripts.launcher});
        }
        for (const JobScript& script : all) {
            folder.program("script", script.text);
            const std::string path = (folder.path() / "script").string();
            const CommandOutput syntax = run_command({"bash", "-n", path}, 60.0);
            EXPECT_EQ(syntax.exit_code, 0) << script.name << syntax.text;
            if (has_shellcheck) {
                const CommandOutput opinion = run_command({"shellcheck", path}, 60.0);
                EXPECT_EQ(opinion.exit_code, 0) << script.name << opinion.text;
            }
        }
    }
}

TEST(Text, ChecksAndReportsAfterTheRunsWhateverBecomesOfThem) {
    JobRequest request = small_request();
    request.after = "afterok:12";
    const JobScripts scripts = write_job_scripts(request);
    ASSERT_EQ(scripts.scripts.size(), 3U);
    EXPECT_EQ(scripts.scripts[0].dependency, "afterok:12");
    EXPECT_EQ(scripts.scripts[1].after, "run");
    EXPECT_EQ(scripts.scripts[2].after, "check");
}

TEST(ShellQuoted, IsOneWordOfThisText) {
    for (const std::string& text : {std::string("plain/path-1.2"), std::string(""), std::string("two words"),
                                    std::string("it's"), std::string("$HOME `id` $(id) \"x\" \\ ! * ~"),
                                    std::string("'"), std::string("-n"), std::string("a\nb\n")}) {
        const CommandOutput output = run_command({"sh", "-c", "printf '<%s>' " + shell_quoted(text)}, 60.0);
        EXPECT_EQ(output.text, "<" + text + ">");
    }
}

// ---------------------------------------------------------------- limits

std::vector<Fault> faults_of(const JobRequest& request) {
    try {
        (void)write_job_scripts(request);
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::usage);
        return error.faults();
    }
    return {};
}

TEST(Limits, AreAllNamedAtOnce) {
    JobRequest request = small_request();
    request.nodes = 9;
    request.minutes = 601;
    request.ranks = 37;
    request.store = "/work/back\\slash";
    request.environment["TRANSFERSCALE_WORKLOADS"] = "/a\nrm -rf /";
    std::vector<std::string> places;
    for (const Fault& fault : faults_of(request)) {
        places.push_back(fault.where);
    }
    EXPECT_THAT(places, ::testing::ElementsAre("--store", "environment TRANSFERSCALE_WORKLOADS", "--nodes",
                                               "--time", "ranks"));
}

TEST(Limits, RefuseMoreWorkThanAllPassesHold) {
    JobRequest request = small_request();
    request.left.total_seconds = 1e9; // 8 processes, 4 passes of 10 h
    const std::vector<Fault> faults = faults_of(request);
    ASSERT_EQ(faults.size(), 1U);
    EXPECT_THAT(faults[0].found, HasSubstr("may be started 4 times"));
    EXPECT_THAT(faults[0].fix, HasSubstr("--nodes"));
}

TEST(Limits, SayWhenAJobMustBeStartedSeveralTimes) {
    JobRequest request = small_request();
    request.left.total_seconds = 8 * 3600.0 * 15; // 15 h on 8 processes; a job lasts 10
    const JobScripts scripts = write_job_scripts(request);
    EXPECT_EQ(scripts.scripts[0].time.minutes, 600);
    EXPECT_EQ(scripts.scripts[0].time.passes, 2);
    ASSERT_EQ(scripts.notes.size(), 1U);
    EXPECT_THAT(scripts.notes[0], HasSubstr("about 2 passes"));
}

// ---------------------------------------------------------------- behaviour

/// A script in a place where srun, scontrol and the program are ours.
class Rehearsal {
public:
    explicit Rehearsal(const std::string& program) {
        folder_.program("transferscale", "#!/bin/bash\necho \"$@\" >>\"$rehearsal/called\"\n" + program);
        // Takes its own options away; hands signals on by becoming the program.
        folder_.program("srun", "#!/bin/bash\nwhile [[ $1 == --* ]]; do shift; done\nexec \"$@\"\n");
        folder_.program("scontrol",
                        "#!/bin/bash\necho \"$@\" >>\"$rehearsal/scontrol-called\"\n"
                        "case $* in 'show hostnames'*) printf 'n1\\nn2\\nn3\\n'; exit ;;\n"
                        "*'show job'*) echo \"JobId=41 ${state-JobState=RUNNING Reason=None} \"; exit ;; "
                        "esac\n"
                        "if [ -e \"$rehearsal/no-controller\" ]; then exit 1; fi\n"
                        "kill -KILL $PPID\n");     // as a requeue does
        folder_.program("sleep", "#!/bin/bash\n"); // nobody waits here
    }
    [[nodiscard]] const Folder& folder() const { return folder_; }

    [[nodiscard]] JobRequest request(JobShape shape = JobShape::allocation) const {
        JobRequest request = small_request(shape);
        request.system.jobs->modules.clear();
        request.program = folder_.path() / "transferscale";
        request.store = folder_.path() / "store";
        request.folder = folder_.path();
        return request;
    }
    CommandOutput run(const JobRequest& request, const std::string& settings = "") const {
        const JobScripts scripts = write_job_scripts(request);
        folder_.program("run.sh", scripts.scripts.front().text);
        if (!scripts.launcher.empty()) {
            folder_.program("launch", scripts.launcher);
        }
        const std::string here = shell_quoted(folder_.path().string());
        return run_command({"bash", "-c",
                            "export rehearsal=" + here + " PATH=" + here +
                                ":\"$PATH\" SLURM_JOB_ID=41 SLURM_JOB_NODELIST='n[1-3]'; " + settings +
                                " bash \"$rehearsal/run.sh\""},
                           60.0);
    }

private:
    Folder folder_;
};

TEST(Script, RunsTheProgramAndKeepsItsExitCode) {
    for (const int code : {0, 3, 77}) {
        const Rehearsal rehearsal("exit " + std::to_string(code));
        const JobRequest request = rehearsal.request();
        EXPECT_EQ(rehearsal.run(request).exit_code, code);
        EXPECT_EQ(rehearsal.folder().read("called"),
                  "run w --profile full --cell pets/*/NAT --store " + request.store.string() + " --jobs 4\n");
        EXPECT_THAT(rehearsal.folder().read("status.tsv"),
                    HasSubstr("\trun\t41\t0\tn[1-3]\tended\t" + std::to_string(code) + "\n"));
        EXPECT_EQ(rehearsal.folder().read("scontrol-called"), "");
    }
}

struct ModuleCase {
    std::string function; ///< body of the shell's `module`; "": there is none
    int exit_code = 0;
    std::string message;
};

TEST(Script, LoadsModulesOrGivesUpNamingTheOneThatDoesNotLoad) {
    const std::string load = "LOADEDMODULES=${LOADEDMODULES:-}:$2/1.0;";
    const std::vector<ModuleCase> cases{
        {load + " unset module_cache; : $module_cache", 0, ""}, // reads an unset variable
        {load + " [ $2 != OpenMPI ]", 6, "error[E600] module OpenMPI: found that it does not load on n[1-3]"},
        {"[ $2 != OpenMPI ] || return 0;" + load, 6,
         "error[E600] module OpenMPI: found that it does not load"},
        {"", 6, "error[E600] module: found no such command on n[1-3]"},
    };
    for (const ModuleCase& each : cases) {
        const Rehearsal rehearsal("exit 0");
        JobRequest request = rehearsal.request();
        request.system.jobs->modules = {"GCC/12.2", "OpenMPI"};
        const std::string module =
            each.function.empty() ? "" : "module() { " + each.function + "\n}; export -f module;";
        const CommandOutput done =
            rehearsal.run(request, "unset LOADEDMODULES MODULESHOME LMOD_PKG; unset -f module;" + module);
        EXPECT_EQ(done.exit_code, each.exit_code) << each.function << done.text;
        EXPECT_THAT(done.text, HasSubstr(each.message));
        EXPECT_THAT(rehearsal.folder().read("status.tsv"),
                    HasSubstr("\tended\t" + std::to_string(each.exit_code) + "\n"));
        EXPECT_EQ(rehearsal.folder().read("called").empty(), each.exit_code != 0);
    }
}

TEST(Script, FindsModulesThatAlreadyAreLoaded) {
    const Rehearsal rehearsal("exit 0");
    JobRequest request = rehearsal.request();
    request.system.jobs->modules = {"GCC/12.2", "OpenMPI"};
    const CommandOutput done = rehearsal.run(
        request, "export LOADEDMODULES=OpenMPI/4.1:GCC/12.2; module() { return 0; }; export -f module;");
    EXPECT_EQ(done.exit_code, 0) << done.text;
}

TEST(Script, SaysTheSameToEveryAttempt) {
    for (const JobShape shape : {JobShape::allocation, JobShape::array, JobShape::ladder}) {
        const Rehearsal rehearsal("exit 75");
        JobRequest request = rehearsal.request(shape);
        request.options.insert(request.options.end(), {"--limit", "64", "--steps", "8"});
        request.run_options = {"--on-bad-image", "skip", "--device", "cpu"};
        for (const int restarts : {0, 1}) {
            (void)rehearsal.run(request, fmt::format("export SLURM_ARRAY_JOB_ID=41 SLURM_ARRAY_TASK_ID=1 "
                                                     "SLURM_RESTART_COUNT={};",
                                                     restarts));
        }
        const std::string called = rehearsal.folder().read("called");
        const std::string first = called.substr(0, called.find('\n') + 1);
        EXPECT_EQ(called, first + first);
        EXPECT_THAT(first, HasSubstr("run w --profile full --limit 64 --steps 8 --cell"));
        EXPECT_THAT(first, ::testing::EndsWith(" --on-bad-image skip --device cpu\n"));
    }
}

// A program that ends with 75 when it hears USR1, and sends its job's script this signal first.
std::string stopped_by(const std::string& signal) {
    return "trap 'echo told >>\"$rehearsal/called\"; exit 75' USR1\nkill -" + signal +
           " $PPID\nfor ((i = 0; i < 1000; ++i)); do /bin/sleep 0.02; done\nexit 9\n";
}

struct Stop {
    const char* signal;
    const char* state; ///< as scontrol says it
    bool returns;
};

TEST(Script, HandsTheSignalOnAndGoesBackIntoTheQueueUnlessItWasCancelled) {
    for (const Stop& stop :
         {Stop{"USR1", "JobState=RUNNING Reason=None", true},
          Stop{"USR1", "JobState=COMPLETING Reason=None", true},
          Stop{"TERM", "JobState=RUNNING Reason=None", true},
          Stop{"TERM", "JobState=COMPLETING Reason=TimeLimit", true},
          Stop{"TERM", "JobState=COMPLETING Reason=None", false}, Stop{"TERM", "", false}}) {
        const Rehearsal rehearsal(stopped_by(stop.signal));
        const CommandOutput output =
            rehearsal.run(rehearsal.request(), "export state='" + std::string(stop.state) + "';");
        EXPECT_THAT(rehearsal.folder().read("called"), HasSubstr("told")) << stop.signal << stop.state;
        const std::string calls = rehearsal.folder().read("scontrol-called");
        EXPECT_EQ(calls.ends_with("requeue 41\n"), stop.returns) << stop.signal << stop.state << calls;
        EXPECT_EQ(output.exit_code, stop.returns ? 137 : 75); // a requeue ends the script from outside
        EXPECT_THAT(rehearsal.folder().read("status.tsv"),
                    HasSubstr(stop.returns ? "requeued\t75" : "ended\t75"));
    }
}

TEST(Script, RequeuesTheTaskOfAnArrayAlone) {
    const Rehearsal rehearsal("exit 75");
    (void)rehearsal.run(rehearsal.request(JobShape::array),
                        "SLURM_ARRAY_JOB_ID=41 SLURM_ARRAY_TASK_ID=2 SLURM_RESTART_COUNT=2");
    EXPECT_THAT(rehearsal.folder().read("scontrol-called"), ::testing::EndsWith("\nrequeue 41_2\n"));
    EXPECT_THAT(rehearsal.folder().read("called"),
                HasSubstr("run w --profile full --cell cats/small/NAT --s"));
}

TEST(Script, RefusesATaskThatIsNotItsArrays) {
    const Rehearsal rehearsal("exit 0");
    EXPECT_EQ(rehearsal.run(rehearsal.request(JobShape::array), "SLURM_ARRAY_TASK_ID=3").exit_code, 2);
    EXPECT_EQ(rehearsal.folder().read("called"), "");
}

TEST(Script, GivesUpAfterAsManyRequeuesAsTheSystemAllows) {
    const Rehearsal rehearsal("exit 75");
    const CommandOutput output = rehearsal.run(rehearsal.request(), "SLURM_RESTART_COUNT=3");
    EXPECT_EQ(output.exit_code, 75);
    EXPECT_THAT(output.text, HasSubstr("error[E7500] job 41: found it stopped 4 times"));
    EXPECT_THAT(rehearsal.folder().read("scontrol-called"), Not(HasSubstr("requeue")));
}

TEST(Script, EndsWith75WhereNoControllerTakesItBack) {
    const Rehearsal rehearsal("exit 75");
    rehearsal.folder().program("no-controller", "");
    const CommandOutput output = rehearsal.run(rehearsal.request());
    EXPECT_EQ(output.exit_code, 75);
    EXPECT_THAT(output.text, HasSubstr("submit the same again"));
}

TEST(Script, NamesAProgramThatTheNodeDoesNotSee) {
    const Rehearsal rehearsal("exit 0");
    JobRequest request = rehearsal.request();
    request.program = "/nowhere/transferscale";
    const CommandOutput output = rehearsal.run(request);
    EXPECT_EQ(output.exit_code, 6);
    EXPECT_THAT(output.text, HasSubstr("/nowhere/transferscale: found nothing to run on n[1-3]"));
}

TEST(Launch, TakesTheFirstNodesThatHoldTheRanks) {
    const Rehearsal rehearsal("exit 0");
    JobRequest request = rehearsal.request(JobShape::ladder);
    request.system.jobs->launcher = "fake-run --np={ranks} --hosts={hosts} --slots={host_slots} -N{nodes}";
    (void)rehearsal.run(request);
    rehearsal.folder().program("fake-run", "#!/bin/bash\necho \"$@\"\n");
    const std::string here = shell_quoted(rehearsal.folder().path().string());
    const auto launch = [&](const std::string& ranks) {
        return run_command({"bash", "-c",
                            "cd " + here +
                                " && PATH=$PWD:$PATH rehearsal=$PWD SLURM_JOB_NODELIST='n[1-3]' "
                                "./launch " +
                                ranks + " 'a b' c"},
                           60.0);
    };
    EXPECT_EQ(launch("1").text, "--np=1 --hosts=n1 --slots=n1:4 -N1 a b c\n");
    EXPECT_EQ(launch("4").text, "--np=4 --hosts=n1 --slots=n1:4 -N1 a b c\n");
    EXPECT_EQ(launch("5").text, "--np=5 --hosts=n1,n2 --slots=n1:4,n2:4 -N2 a b c\n");
    EXPECT_EQ(launch("12").text, "--np=12 --hosts=n1,n2,n3 --slots=n1:4,n2:4,n3:4 -N3 a b c\n");
    EXPECT_EQ(launch("13").exit_code, 6);
    EXPECT_THAT(launch("13").text, HasSubstr("expected 4 for 13 ranks"));
}

} // namespace
} // namespace suite::run
