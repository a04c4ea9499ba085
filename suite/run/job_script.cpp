#include "suite/run/job_script.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>
#include <kainjow/mustache.hpp>

#include "job_templates.hpp"
#include "suite/base/error.hpp"
#include "suite/base/shell.hpp"

namespace suite::run {
namespace {

using kainjow::mustache::data;
using kainjow::mustache::partial;

// Reading records takes seconds; a file system may be slow.
constexpr int follow_minutes = 30;

// Sections and partials of mustache leave empty lines; a script begins with its shebang.
std::string without_gaps(const std::string& text) {
    std::string kept;
    for (const char character : text) {
        const bool is_gap = character == '\n' && (kept.empty() || kept.ends_with("\n\n"));
        kept += is_gap ? "" : std::string{character};
    }
    return kept.substr(0, kept.find_last_not_of('\n') + 1) + "\n";
}

std::string filled(std::string_view text, data view) {
    view.set("begin", data{partial{[] { return std::string(templates::begin); }}});
    view.set("end", data{partial{[] { return std::string(templates::end); }}});
    kainjow::mustache::mustache script{std::string(text)};
    script.set_custom_escape([](const std::string& value) { return shell_quoted(value); });
    std::string result = without_gaps(script.render(view));
    if (!script.is_valid()) {
        throw std::logic_error("template: " + script.error_message());
    }
    return result;
}

// A value of an #SBATCH line: sbatch takes quotes away and % stands for something in file names.
std::string directive(const std::string& option, const std::string& value) {
    const bool is_plain = value.find_first_of(" \t\"'\\#") == std::string::npos;
    std::string quoted;
    for (const char character : value) {
        quoted +=
            character == '"' || character == '\\' ? std::string{'\\', character} : std::string{character};
    }
    return "--" + option + "=" + (is_plain ? value : "\"" + quoted + "\"");
}

std::string log_pattern(const JobRequest& request, const std::string& name, bool is_array) {
    std::string folder;
    for (const char character : request.folder.string()) {
        folder += character == '%' ? std::string("%%") : std::string{character};
    }
    return folder + "/" + name + (is_array ? "-%A_%a.log" : "-%j.log");
}

std::string words_of(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : " ") + shell_quoted(word);
    }
    return text;
}

std::vector<std::string> cell_options(const std::vector<std::string>& cells) {
    std::vector<std::string> words;
    for (const std::string& cell : cells) {
        words.insert(words.end(), {"--cell", cell});
    }
    return words;
}

std::string selection_text(const JobRequest& request, const std::vector<std::string>& workloads,
                           const std::vector<std::string>& cells) {
    std::vector<std::string> words = workloads;
    words.insert(words.end(), request.options.begin(), request.options.end());
    const std::vector<std::string> of_cells = cell_options(cells);
    words.insert(words.end(), of_cells.begin(), of_cells.end());
    return words_of(words);
}

/// How many processes and cores a script's directives ask for, on each node.
struct Resources {
    int tasks_per_node = 1;
    int cpus_per_task = 1;
};

std::vector<std::string> directives_of(const JobRequest& request, const JobScript& script,
                                       const Resources& resources, int tasks_at_once) {
    const plan::JobsSpec& jobs = *request.system.jobs;
    const bool is_array = tasks_at_once > 0;
    std::vector<std::string> lines{
        directive("job-name", request.name + (script.name == "run" ? "" : "-" + script.name)),
        directive("output", log_pattern(request, script.name, is_array)),
        "--open-mode=append",
        fmt::format("--nodes={}", script.nodes),
        fmt::format("--ntasks-per-node={}", resources.tasks_per_node),
        fmt::format("--cpus-per-task={}", resources.cpus_per_task),
        fmt::format("--time={}", script.time.minutes),
        "--requeue"};
    if (jobs.signal_seconds > 0) {
        lines.push_back(fmt::format("--signal=B:USR1@{}", jobs.signal_seconds));
    }
    if (is_array) {
        lines.push_back(fmt::format("--array=1-{}%{}", script.tasks, tasks_at_once));
    }
    const std::string account = request.account.empty() ? jobs.account : request.account;
    const std::pair<const char*, const std::string&> optional[] = {{"partition", jobs.partition},
                                                                   {"account", account},
                                                                   {"qos", jobs.qos},
                                                                   {"constraint", jobs.constraint}};
    for (const auto& [option, value] : optional) {
        if (!value.empty()) {
            lines.push_back(directive(option, value));
        }
    }
    if (request.system.gpus_per_node > 0) {
        lines.push_back(fmt::format("--gres=gpu:{}", request.system.gpus_per_node));
    }
    if (jobs.exclusive) {
        lines.emplace_back("--exclusive");
    }
    return lines;
}

data view_of(const JobRequest& request, const JobScript& script, const Resources& resources,
             int tasks_at_once) {
    const plan::JobsSpec& jobs = *request.system.jobs;
    data directives{data::type::list};
    for (const std::string& line : directives_of(request, script, resources, tasks_at_once)) {
        directives << data{line};
    }
    data modules{data::type::list};
    for (const std::string& module : jobs.modules) {
        modules << data{module};
    }
    std::map<std::string, std::string> variables = jobs.environment;
    for (const auto& [name, value] : request.environment) {
        variables[name] = value;
    }
    data environment{data::type::list};
    for (const auto& [name, value] : variables) {
        data variable{data::type::object};
        variable.set("name", name);
        variable.set("value", value);
        environment << variable;
    }
    data view{data::type::object};
    view.set("title", fmt::format("{} of {} on {}", script.name, request.name, request.system.id));
    view.set("name", script.name);
    view.set("directives", directives);
    view.set("has_modules", data{jobs.modules.empty() ? data::type::bool_false : data::type::bool_true});
    view.set("modules", modules);
    view.set("environment", environment);
    view.set("program", request.program.string());
    view.set("store", request.store.string());
    view.set("folder", request.folder.string());
    view.set("requeues_limit", std::to_string(jobs.requeues_limit));
    view.set("selection", selection_text(request, request.workloads, request.cells));
    const std::string run_options = words_of(request.run_options);
    view.set("run_options", run_options.empty() ? data{false} : data{run_options});
    view.set("jobs", std::to_string(processes_per_node(request.system)));
    view.set("cpus", std::to_string(resources.cpus_per_task));
    view.set("nodes", std::to_string(script.nodes));
    return view;
}

// What the job asks for; faults where it cannot be had.
JobTime job_time(const JobRequest& request, const WorkLeft& left, int processes, FaultList& faults) {
    const plan::JobsSpec& jobs = *request.system.jobs;
    const JobTime time = request.minutes ? time_within(left, processes, *request.minutes, jobs.signal_seconds)
                                         : time_for(left, processes, jobs.minutes_limit, jobs.signal_seconds);
    if (time.passes > jobs.requeues_limit + 1) {
        faults.add(
            {.where = request.minutes ? "--time" : request.system.origin.text(),
             .found =
                 fmt::format("about {} of work for a job of {} min, which may be started {} times",
                             duration_text(time.estimate_seconds), time.minutes, jobs.requeues_limit + 1),
             .expected = "work that these passes can hold",
             .fix = "more --nodes, --shape array, fewer workloads or cells, a higher requeues_limit in "
                    "the system file; --ranks where one run alone is too long"});
    }
    return time;
}

JobScript allocation_script(const JobRequest& request, FaultList& faults) {
    JobScript script{.name = "run", .dependency = request.after, .nodes = request.nodes};
    const int processes = request.nodes * processes_per_node(request.system);
    script.time = job_time(request, request.left, processes, faults);
    const Resources resources{.tasks_per_node = 1, .cpus_per_task = request.system.cores_per_node};
    script.text = filled(templates::allocation_sh, view_of(request, script, resources, 0));
    return script;
}

JobScript ladder_script(const JobRequest& request, FaultList& faults) {
    JobScript script{.name = "run", .dependency = request.after, .nodes = request.nodes};
    script.time = job_time(request, request.left, 1, faults); // one run at a time
    const Resources resources{.tasks_per_node = processes_per_node(request.system),
                              .cpus_per_task = request.system.jobs->cpus_per_process};
    script.text = filled(templates::ladder_sh, view_of(request, script, resources, 0));
    return script;
}

JobScript array_script(const JobRequest& request, FaultList& faults) {
    JobScript script{
        .name = "run", .dependency = request.after, .tasks = static_cast<int>(request.parts.size())};
    const int processes = processes_per_node(request.system);
    data parts{data::type::list};
    for (std::size_t i = 0; i < request.parts.size(); ++i) {
        const JobPart& part = request.parts[i];
        const JobTime time = job_time(request, part.left, processes, faults);
        if (time.minutes > script.time.minutes || time.passes > script.time.passes) {
            script.time = time;
        }
        data view{data::type::object};
        view.set("number", std::to_string(i + 1));
        view.set("selection", selection_text(request, {part.workload}, part.cells));
        view.set("about",
                 fmt::format("{} cells, about {}", part.cells.size(), duration_text(time.estimate_seconds)));
        parts << view;
    }
    const Resources resources{.tasks_per_node = 1, .cpus_per_task = request.system.cores_per_node};
    data view = view_of(request, script, resources, request.nodes);
    view.set("parts", parts);
    view.set("count", std::to_string(script.tasks));
    script.text = filled(templates::array_sh, view);
    return script;
}

JobScript follow_script(const JobRequest& request, const std::string& verb, const std::string& after) {
    JobScript script{.name = verb, .after = after};
    script.time.minutes = std::min(follow_minutes, request.system.jobs->minutes_limit);
    data view = view_of(request, script, {}, 0);
    view.set("verb", verb);
    view.set("out", verb == "report" ? data{(request.folder / "report").string()} : data{false});
    view.set("output", (request.folder / (verb + ".txt")).string());
    script.text = filled(templates::follow_sh, view);
    return script;
}

// A word in double quotes in which {NAME} has become $NAME; one without placeholders as shell_quoted().
std::string launcher_word(const std::string& word) {
    std::string text;
    for (const char character : word) {
        const bool is_special = std::string_view("\"$`\\").find(character) != std::string_view::npos;
        text += is_special ? std::string{'\\', character} : std::string{character};
    }
    bool has_placeholder = false;
    for (const char* name : {"ranks", "nodes", "hosts", "host_slots"}) {
        const std::string placeholder = fmt::format("{{{}}}", name);
        const std::string variable = "$" + placeholder;
        for (std::size_t place = text.find(placeholder); place != std::string::npos;
             place = text.find(placeholder, place + variable.size())) {
            text.replace(place, placeholder.size(), variable);
            has_placeholder = true;
        }
    }
    return has_placeholder ? "\"" + text + "\"" : shell_quoted(word);
}

// The site's words in front of a program, with what the script `launch` knows.
std::string launcher_words(const std::string& launcher) {
    std::string text;
    for (std::size_t at = 0; at < launcher.size();) {
        const std::size_t end = std::min(launcher.find(' ', at), launcher.size());
        if (end > at) {
            text += (text.empty() ? "" : " ") + launcher_word(launcher.substr(at, end - at));
        }
        at = end + 1;
    }
    return text;
}

std::string launch_script(const JobRequest& request) {
    data view{data::type::object};
    view.set("processes_per_node", std::to_string(processes_per_node(request.system)));
    view.set("launcher", launcher_words(request.system.jobs->launcher));
    return filled(templates::launch, view);
}

bool has_control(const std::string& text) {
    return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; });
}

// Lines end where a control character says so, and sbatch reads a backslash in a file name its own way.
void check_texts(const JobRequest& request, FaultList& faults) {
    const std::pair<const char*, std::string> paths[] = {{"--store", request.store.string()},
                                                         {"program", request.program.string()}};
    for (const auto& [where, path] : paths) {
        if (has_control(path) || path.find('\\') != std::string::npos) {
            faults.add({.where = where,
                        .found = "'" + path + "'",
                        .expected = "a path without control characters and backslashes",
                        .fix = "choose another folder"});
        }
    }
    for (const auto& [name, value] : request.environment) {
        if (has_control(value)) {
            faults.add({.where = "environment " + name,
                        .found = "a control character",
                        .expected = "a value of one line",
                        .fix = "unset or change it"});
        }
    }
}

void check_limits(const JobRequest& request, FaultList& faults) {
    const plan::JobsSpec& jobs = *request.system.jobs;
    if (request.nodes > jobs.nodes_limit) {
        faults.add({.where = "--nodes",
                    .found = std::to_string(request.nodes),
                    .expected = fmt::format("at most {} on {}", jobs.nodes_limit, request.system.id),
                    .fix = "ask for fewer"});
    }
    if (request.minutes && *request.minutes > jobs.minutes_limit) {
        faults.add({.where = "--time",
                    .found = fmt::format("{} min", *request.minutes),
                    .expected = fmt::format("at most {} min on {}", jobs.minutes_limit, request.system.id),
                    .fix = "ask for less: a job that is not finished in time goes on after a requeue"});
    }
    const int room = request.nodes * processes_per_node(request.system);
    if (request.ranks > room) {
        faults.add({.where = "ranks",
                    .found = fmt::format("a run over {} ranks", request.ranks),
                    .expected = fmt::format("at most {}, what {} nodes of {} hold", room, request.nodes,
                                            request.system.id),
                    .fix = "more --nodes"});
    }
}

std::vector<std::string> notes_of(const JobRequest& request, const JobScript& run) {
    std::vector<std::string> notes;
    if (run.time.passes > 1) {
        notes.push_back(fmt::format("about {} of work in jobs of {} min: about {} passes, each put back into "
                                    "the queue by the one before",
                                    duration_text(run.time.estimate_seconds), run.time.minutes,
                                    run.time.passes));
    }
    const double one_pass = 60.0 * run.time.minutes - request.system.jobs->signal_seconds;
    if (request.left.longest_run_seconds > one_pass) {
        notes.push_back(fmt::format("the longest run takes about {}, longer than a job: it goes on from its "
                                    "last state",
                                    duration_text(request.left.longest_run_seconds)));
    }
    return notes;
}

} // namespace

int processes_per_node(const plan::SystemSpec& system) {
    return system.gpus_per_node > 0 ? system.gpus_per_node
                                    : std::max(1, system.cores_per_node / system.jobs->cpus_per_process);
}

JobScripts write_job_scripts(const JobRequest& request) {
    FaultList faults;
    check_texts(request, faults);
    check_limits(request, faults);
    JobScripts result;
    result.scripts.push_back(request.shape == JobShape::array    ? array_script(request, faults)
                             : request.shape == JobShape::ladder ? ladder_script(request, faults)
                                                                 : allocation_script(request, faults));
    faults.throw_if_any(ErrorKind::usage);
    result.notes = notes_of(request, result.scripts.front());
    if (request.shape == JobShape::ladder) {
        result.launcher = launch_script(request);
    }
    result.scripts.push_back(follow_script(request, "check", "run"));
    result.scripts.push_back(follow_script(request, "report", "check"));
    return result;
}

std::string shell_quoted(const std::string& text) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
    if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) {
        return text;
    }
    return single_quoted(text);
}

} // namespace suite::run
