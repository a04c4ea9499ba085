#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "suite/app/command_table.hpp"
#include "suite/app/device_request.hpp"
#include "suite/app/given_options.hpp"
#include "suite/app/option_values.hpp"
#include "suite/app/run_options.hpp"
#include "suite/app/verbs.hpp"
#include "suite/base/clock.hpp"
#include "suite/base/files.hpp"
#include "suite/base/log.hpp"
#include "suite/run/job_script.hpp"
#include "suite/run/slurm.hpp"

namespace suite::app {
namespace {

namespace fs = std::filesystem;

const std::string jobs_group = "Slurm jobs";

const std::map<std::string, run::JobShape> shapes{{"allocation", run::JobShape::allocation},
                                                  {"array", run::JobShape::array},
                                                  {"ladder", run::JobShape::ladder}};

struct SubmitOptions {
    SelectionOptions selection;
    RunOptions run;
    std::string system;
    std::optional<std::string> shape; ///< absent: what the plan needs
    std::optional<int> nodes;         ///< absent: as many as the widest run needs
    std::size_t parts = 0;            ///< array; 0: four a node
    std::optional<int> minutes;
    std::string account;
    std::string after;    ///< afterany
    std::string after_ok; ///< afterok
    bool dry_run = false;
    bool wait = false;
    double patience_seconds = 120.0;
};

/// Plans with what the store holds of them; run::PlannedWork points into it.
struct Surveyed {
    std::vector<plan::Plan> plans;
    std::vector<std::vector<run::ItemStatus>> statuses;
    std::vector<run::PlannedWork> work;
};

Surveyed survey_all(const plan::Catalog& catalog, const SelectionOptions& selection,
                    const store::Store& store) {
    Surveyed all{.plans = expand_selection(catalog, selection), .statuses = {}, .work = {}};
    for (const plan::Plan& plan : all.plans) {
        all.statuses.push_back(run::survey(plan, store));
    }
    for (std::size_t i = 0; i < all.plans.size(); ++i) {
        run::PlannedWork work{.plan = &all.plans[i], .statuses = &all.statuses[i]};
        work.ranks = selection.ranks;
        work.throughput = run::expected_throughput(catalog, all.plans[i], all.statuses[i],
                                                   run::recorded_throughput(store.root()));
        all.work.push_back(std::move(work));
    }
    return all;
}

plan::SystemSpec system_named(const plan::Catalog& catalog, const std::string& name) {
    const bool is_file = name.find('/') != std::string::npos || name.ends_with(".toml");
    plan::SystemSpec system = is_file ? plan::load_system(name) : plan::find(catalog.systems, name, "system");
    if (!system.jobs) {
        throw Error(ErrorKind::usage, Fault{.where = system.origin.text(),
                                            .found = "system '" + system.id + "' without [system.jobs]",
                                            .expected = "how it takes jobs",
                                            .fix = "add the table to its file, or name a file of your own "
                                                   "(workloads/systems/juwels-booster.toml shows one)"});
    }
    return system;
}

// What only GPUs do is asked of the system's nodes: this machine need not have any.
void check_device(const SubmitOptions& options, const plan::SystemSpec& system) {
    const std::string& precision = options.selection.precision;
    static_cast<void>(request_device(options.run.device, precision, true));
    const std::string asked = options.run.device == "cuda" ? "--device cuda"
                              : precision != "float32"     ? "--precision " + precision
                                                           : "";
    if (!asked.empty() && system.gpus_per_node == 0) {
        throw Error(ErrorKind::usage, Fault{.where = asked,
                                            .found = "system '" + system.id + "' without GPUs",
                                            .expected = "gpus_per_node of 1 or more",
                                            .fix = "name another system, or take --device cpu --precision "
                                                   "float32"});
    }
}

/// A folder or file as seen from anywhere; "" stays empty.
std::string seen_from_anywhere(const fs::path& path) {
    return path.empty() ? "" : fs::absolute(path).lexically_normal().string();
}

/// What no option says and holds in the jobs, too: other declarations, another worker program.
std::map<std::string, std::string> variables_without_options() {
    std::map<std::string, std::string> variables{
        {"TRANSFERSCALE_WORKLOADS", seen_from_anywhere(environment().workloads)},
        {"TRANSFERSCALE_WORKER", seen_from_anywhere(environment().worker)}};
    std::erase_if(variables, [](const auto& variable) { return variable.second.empty(); });
    return variables;
}

/// The options of `submit` that its jobs repeat.
struct RepeatedOptions {
    std::vector<GivenOption> of_all; ///< run, check and report take them
    std::vector<GivenOption> of_run; ///< run alone
};

/// Without those that the request names itself: cells, of which an array gives each task its own, and the
/// store.
RepeatedOptions repeated_options(const CLI::App& program, const SelectionOptions& selection) {
    const std::array<const CLI::App*, 3> verbs{program.get_subcommand("run"), program.get_subcommand("check"),
                                               program.get_subcommand("report")};
    std::vector<GivenOption> given =
        known_to(std::span(verbs).first(1), given_options(*program.get_subcommand("submit")));
    const auto is_named = [&given](const std::string& name) {
        return std::ranges::find(given, name, &GivenOption::name) != given.end();
    };
    if (!selection.data.empty() && !is_named("--data")) { // of this shell's environment
        given.push_back({.name = "--data", .values = {selection.data.string()}, .is_path = true});
    }
    std::erase_if(
        given, [](const GivenOption& option) { return option.name == "--cell" || option.name == "--store"; });
    RepeatedOptions repeated{.of_all = known_to(verbs, given), .of_run = {}};
    std::ranges::copy_if(given, std::back_inserter(repeated.of_run), [&repeated](const GivenOption& option) {
        return std::ranges::find(repeated.of_all, option.name, &GivenOption::name) == repeated.of_all.end();
    });
    return repeated;
}

// Job names are one word: workloads' ids are, a folder's name need not be.
std::string job_name(const SubmitOptions& options) {
    const std::vector<std::string>& workloads = options.selection.workloads;
    const std::string more = workloads.size() > 1 ? fmt::format("+{}", workloads.size() - 1) : "";
    return workloads.front() + more + "-" + options.selection.profile;
}

// A folder that is not there yet, named after job and time.
fs::path new_folder(const fs::path& store, const std::string& name) {
    std::string time = utc_now();
    std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
    const fs::path wanted = store / "jobs" / (time + "-" + name);
    fs::path folder = wanted;
    for (int number = 2; fs::exists(folder); ++number) {
        folder = wanted.string() + fmt::format("-{}", number);
    }
    return folder;
}

int widest_run(const Surveyed& surveyed, int ranks) {
    for (const plan::Plan& plan : surveyed.plans) {
        for (const plan::PlannedRun& run : plan.runs) {
            ranks = std::max(ranks, run.ranks);
        }
    }
    return ranks;
}

run::JobRequest request_of(const SubmitOptions& options, const plan::Catalog& catalog,
                           const Surveyed& surveyed, const CLI::App& program) {
    run::JobRequest request;
    request.name = job_name(options);
    request.system = system_named(catalog, options.system);
    request.ranks = widest_run(surveyed, options.selection.ranks);
    request.shape = options.shape       ? shapes.at(*options.shape)
                    : request.ranks > 1 ? run::JobShape::ladder
                                        : run::JobShape::allocation;
    const int room = run::processes_per_node(request.system);
    request.nodes = options.nodes.value_or((request.ranks + room - 1) / room);
    request.program = fs::read_symlink("/proc/self/exe");
    request.store = fs::absolute(options.selection.store).lexically_normal();
    request.folder = new_folder(request.store, request.name);
    request.workloads = all_of(catalog, options.selection.workloads);
    const RepeatedOptions repeated = repeated_options(program, options.selection);
    request.options = to_arguments(repeated.of_all, Paths::absolute);
    request.run_options = to_arguments(repeated.of_run, Paths::absolute);
    request.cells = options.selection.cells;
    request.left = run::work_left(surveyed.work);
    if (request.shape == run::JobShape::array) {
        const auto nodes = static_cast<std::size_t>(request.nodes);
        request.parts = run::split_work(surveyed.work, options.parts > 0 ? options.parts : 4 * nodes);
    }
    request.minutes = options.minutes;
    request.environment = variables_without_options();
    request.account = options.account;
    request.after = !options.after_ok.empty() ? "afterok:" + options.after_ok
                    : !options.after.empty()  ? "afterany:" + options.after
                                              : "";
    return request;
}

void write_script(const fs::path& path, const std::string& text) {
    publish_text(path, text, ErrorKind::store);
    fs::permissions(path, fs::perms(0755));
}

/// A script, and what became of it.
struct SubmittedJob {
    const run::JobScript* script = nullptr;
    std::vector<std::string> options; ///< of sbatch
    std::string id;                   ///< empty: not submitted
};

// afterany: a check is wanted also of what is not complete. A job that waits for a success that will never
// come is removed.
std::vector<std::string> sbatch_options(const run::JobScript& script, const std::string& after_id) {
    if (!script.after.empty()) {
        return {"--dependency=afterany:" + after_id};
    }
    if (!script.dependency.empty()) {
        return {"--dependency=" + script.dependency, "--kill-on-invalid-dep=yes"};
    }
    return {};
}

std::vector<SubmittedJob> submit_all(const run::JobRequest& request, const run::JobScripts& scripts,
                                     bool dry_run) {
    std::vector<SubmittedJob> jobs;
    std::map<std::string, std::string> ids;
    for (const run::JobScript& script : scripts.scripts) {
        SubmittedJob job{.script = &script, .options = {}, .id = {}};
        const std::string after = script.after.empty() ? "" : ids.at(script.after);
        job.options = sbatch_options(script, after);
        if (dry_run) {
            ids[script.name] = "<" + script.name + ">";
        } else {
            job.id = run::submit_script(request.folder / (script.name + ".sh"), job.options);
            ids[script.name] = job.id;
            log_info(fmt::format("submitted {} as job {}", script.name, job.id));
        }
        jobs.push_back(std::move(job));
    }
    return jobs;
}

nlohmann::json document_of(const run::JobRequest& request, const run::JobScripts& scripts,
                           const std::vector<SubmittedJob>& jobs, bool dry_run) {
    nlohmann::json document{{"system", request.system.id},
                            {"folder", request.folder.string()},
                            {"submitted", !dry_run && !jobs.empty()},
                            {"notes", scripts.notes},
                            {"jobs", nlohmann::json::array()}};
    for (const auto& [word, shape] : shapes) {
        if (shape == request.shape) {
            document["shape"] = word;
        }
    }
    for (const SubmittedJob& job : jobs) {
        const run::JobScript& script = *job.script;
        document["jobs"].push_back({{"name", script.name},
                                    {"id", job.id.empty() ? nlohmann::json() : nlohmann::json(job.id)},
                                    {"script", (request.folder / (script.name + ".sh")).string()},
                                    {"options", job.options},
                                    {"nodes", script.nodes},
                                    {"tasks", script.tasks},
                                    {"minutes", script.time.minutes},
                                    {"passes", script.time.passes},
                                    {"estimate_seconds", script.time.estimate_seconds}});
        if (dry_run) {
            document["jobs"].back()["text"] = script.text;
        }
    }
    return document;
}

void print(const run::JobRequest& request, const run::JobScripts& scripts,
           const std::vector<SubmittedJob>& jobs, bool dry_run) {
    for (const SubmittedJob& job : jobs) {
        const run::JobScript& script = *job.script;
        const std::string path = (request.folder / (script.name + ".sh")).string();
        const std::string tasks = script.tasks > 1 ? fmt::format(", {} tasks", script.tasks) : "";
        const std::string what =
            dry_run ? fmt::format("would submit {}", path) : fmt::format("job {} {}", job.id, script.name);
        const double seconds = script.time.estimate_seconds;
        fmt::print("{}: {} node{}{}, {} min{}{}\n", what, script.nodes, script.nodes == 1 ? "" : "s", tasks,
                   script.time.minutes, seconds > 0.0 ? ", work of about " + run::duration_text(seconds) : "",
                   job.options.empty() ? "" : ", " + job.options.front());
    }
    for (const std::string& note : scripts.notes) {
        fmt::print("note: {}\n", note);
    }
    for (const run::JobScript& script : scripts.scripts) {
        if (dry_run) {
            fmt::print("\n==== {}.sh\n{}", script.name, script.text);
        }
    }
    if (dry_run && !scripts.launcher.empty()) {
        fmt::print("\n==== launch\n{}", scripts.launcher);
    }
}

int nothing_to_do(const SubmitOptions& options) {
    log_info("nothing to submit: the store holds the whole plan");
    if (options.selection.output.json) {
        fmt::print("{}\n", nlohmann::json{{"system", options.system},
                                          {"submitted", false},
                                          {"jobs", nlohmann::json::array()},
                                          {"notes", {"the store holds the whole plan"}}}
                               .dump(2));
    }
    return 0;
}

int submit(const SubmitOptions& options, const CLI::App& program) {
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    const plan::SystemSpec system = system_named(catalog, options.system); // before a store is made
    check_device(options, system);
    const store::Store looked(options.selection.store, store::Access::read_only);
    const Surveyed surveyed = survey_all(catalog, options.selection, looked);
    const run::JobRequest request = request_of(options, catalog, surveyed, program);
    if (request.left.total_seconds <= 0.0) {
        return nothing_to_do(options);
    }
    const run::JobScripts scripts = run::write_job_scripts(request);
    if (!options.dry_run) {
        const store::Store store(request.store, store::Access::read_write); // jobs/ needs a store around it
        make_folders(request.folder, ErrorKind::store);
        for (const run::JobScript& script : scripts.scripts) {
            write_script(request.folder / (script.name + ".sh"), script.text);
        }
        if (!scripts.launcher.empty()) {
            write_script(request.folder / "launch", scripts.launcher);
        }
    }
    const std::vector<SubmittedJob> jobs = submit_all(request, scripts, options.dry_run);
    if (options.selection.output.json) {
        fmt::print("{}\n", document_of(request, scripts, jobs, options.dry_run).dump(2));
    } else {
        print(request, scripts, jobs, options.dry_run);
    }
    if (!options.wait || options.dry_run) {
        return 0;
    }
    std::fflush(stdout); // ids are known before the waiting begins
    return run::wait_for_jobs({jobs[0].id, jobs[1].id, jobs[2].id}, options.patience_seconds);
}

// "12" or "12:13": a job's id, or several.
CLI::Validator job_ids() {
    return {[](const std::string& text) {
                return !text.empty() && text.find_first_not_of("0123456789_:") == std::string::npos
                           ? std::string()
                           : "'" + text + "' is no job id (12, or 12:13 for several)";
            },
            ""};
}

} // namespace

void register_submit(Dispatcher& dispatcher) {
    auto options = std::make_shared<SubmitOptions>();
    CLI::App* verb = add_verb(dispatcher, "submit", "Writes and submits the Slurm jobs of a plan",
                              options->selection.output,
                              [options, &dispatcher] { return submit(*options, dispatcher.root); });
    add_selection(*verb, options->selection);
    verb->add_option("--system", options->system, "A system of workloads/systems/, or a file like those")
        ->type_name("SYSTEM")
        ->required();
    verb->add_flag("--dry-run", options->dry_run, "Print the scripts; write and submit nothing");
    std::vector<std::string> words;
    for (const auto& [word, shape] : shapes) {
        words.push_back(word);
    }
    one_of(verb->add_option(
               "--shape", options->shape,
               "One allocation for all runs, a job array over parts of the plan, or a ladder: one job "
               "for each number of ranks (default: ladder where runs have several ranks, else "
               "allocation)"),
           words)
        ->group(jobs_group);
    whole_within(
        verb->add_option("--nodes", options->nodes,
                         "Nodes of the allocation; of an array, tasks at once (default: as many as the "
                         "largest run needs)"),
        1, 1'000'000)
        ->group(jobs_group);
    whole_within(
        verb->add_option("--parts", options->parts,
                         "Tasks of an array (default: four a node; fewer where cells share a pre-training "
                         "run)"),
        1, 100'000)
        ->group(jobs_group);
    whole_within(
        verb->add_option("--time", options->minutes, "Time limit of a job (default: from the estimate)"), 1,
        1'000'000)
        ->type_name("MINUTES")
        ->group(jobs_group);
    verb->add_option("--account", options->account, "Account to charge, instead of the system file's")
        ->type_name("NAME")
        ->group(jobs_group);
    CLI::Option* after = verb->add_option("--after", options->after, "Begin when these jobs have ended")
                             ->check(job_ids())
                             ->type_name("ID")
                             ->group(jobs_group);
    verb->add_option("--after-ok", options->after_ok, "Begin when these jobs have succeeded")
        ->check(job_ids())
        ->type_name("ID")
        ->excludes(after)
        ->group(jobs_group);
    verb->add_flag("--wait", options->wait, "Wait until all jobs have ended, and exit with their exit code")
        ->group(jobs_group);
    real_within(verb->add_option("--patience", options->patience_seconds,
                                 "How long --wait tolerates a Slurm controller that does not answer"),
                0.0, 1e9)
        ->type_name("SECONDS")
        ->capture_default_str()
        ->group(jobs_group);
    add_run_options(*verb, options->run);
    add_data(*verb, options->selection);
    add_ranks(*verb, options->selection);
}

} // namespace suite::app
