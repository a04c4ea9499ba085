#include <algorithm>

#include "suite/plan/declare/declarations.hpp"

namespace suite::plan {
namespace {

// A line of a script is one line, and what a site calls a partition has no blanks.
bool is_one_word(const std::string& text) {
    return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c <= ' ' || c == 0x7F; });
}

bool is_one_line(const std::string& text) {
    return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; });
}

bool is_variable(const std::string& name) {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    return !name.empty() && is_letter(name.front()) && std::all_of(name.begin(), name.end(), [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9');
    });
}

void read_words(TomlReader& reader, JobsSpec& jobs) {
    reader.required("scheduler", jobs.scheduler);
    reader.expect(jobs.scheduler == "slurm", "scheduler", jobs.scheduler, "slurm");
    const auto read_word = [&reader](const char* key, std::string& value) {
        reader.optional(key, value);
        reader.expect(is_one_word(value), key, value, "one word");
    };
    read_word("partition", jobs.partition);
    read_word("account", jobs.account);
    read_word("qos", jobs.qos);
    read_word("constraint", jobs.constraint);
    reader.optional("modules", jobs.modules);
    for (const std::string& module : jobs.modules) {
        reader.expect(is_one_word(module) && !module.empty(), "modules", module, "one word each");
    }
}

} // namespace

void read_jobs(TomlReader& reader, const SystemSpec& system, JobsSpec& jobs) {
    read_words(reader, jobs);
    reader.optional("environment", jobs.environment);
    for (const auto& [name, value] : jobs.environment) {
        reader.expect(is_variable(name), "environment", name, "names of letters, digits and _");
        reader.expect(is_one_line(value), "environment", value, "values of one line");
    }
    reader.optional("launcher", jobs.launcher);
    reader.expect(jobs.launcher.find("{ranks}") != std::string::npos && is_one_line(jobs.launcher),
                  "launcher", jobs.launcher, "a line with {ranks}");
    reader.optional("cpus_per_process", jobs.cpus_per_process);
    reader.expect(jobs.cpus_per_process >= 1 && jobs.cpus_per_process <= std::max(1, system.cores_per_node),
                  "cpus_per_process", jobs.cpus_per_process, "1 to the cores of a node");
    reader.required("minutes_limit", jobs.minutes_limit);
    reader.expect_at_least("minutes_limit", jobs.minutes_limit, 1);
    jobs.nodes_limit = system.nodes;
    reader.optional("nodes_limit", jobs.nodes_limit);
    reader.expect(jobs.nodes_limit >= 1 && jobs.nodes_limit <= std::max(1, system.nodes), "nodes_limit",
                  jobs.nodes_limit, "1 to the system's nodes");
    reader.optional("exclusive", jobs.exclusive);
    reader.optional("signal_seconds", jobs.signal_seconds);
    // Slurm holds it in 16 bits (sbatch --signal).
    reader.expect(jobs.signal_seconds >= 0 && jobs.signal_seconds <= 65535, "signal_seconds",
                  jobs.signal_seconds, "0 to 65535");
    reader.optional("requeues_limit", jobs.requeues_limit);
    reader.expect_at_least("requeues_limit", jobs.requeues_limit, 0);
    reader.finish();
}

} // namespace suite::plan
