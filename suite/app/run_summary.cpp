#include "suite/app/run_summary.hpp"

#include <algorithm>
#include <fstream>
#include <numeric>

#include <fmt/format.h>

#include "suite/run/job_script.hpp"

namespace suite::app {
namespace {

std::size_t skipped_runs(const run::RunSummary& summary) {
    return std::accumulate(summary.skipped.begin(), summary.skipped.end(), std::size_t{0},
                           [](std::size_t sum, const auto& entry) { return sum + entry.second; });
}

std::string counts_text(const run::RunSummary& summary) {
    const std::string before =
        summary.done_before > 0 ? fmt::format(" ({} of them before)", summary.done_before) : "";
    return fmt::format("{} of {} runs done{}, {} failed, {} skipped", summary.done_before + summary.done_now,
                       summary.total, before, summary.failed, skipped_runs(summary));
}

} // namespace

std::string called_name() {
    std::ifstream words("/proc/self/cmdline");
    std::string name;
    std::getline(words, name, '\0');
    return name.empty() ? "transferscale" : run::shell_quoted(name);
}

std::string selection_text(const SelectionOptions& selection) {
    const SelectionOptions usual;
    std::vector<std::string> words = selection.workloads;
    std::vector<std::string> options = words_of(selection);
    if (selection.profile == usual.profile) { // the first two are always the profile
        options.erase(options.begin(), options.begin() + 2);
    }
    for (const std::string& cell : selection.cells) {
        options.insert(options.end(), {"--cell", cell});
    }
    if (selection.store != environment().store) {
        options.insert(options.end(), {"--store", selection.store.string()});
    }
    if (selection.data != environment().data) {
        options.insert(options.end(), {"--data", selection.data.string()});
    }
    words.insert(words.end(), options.begin(), options.end());
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : " ") + run::shell_quoted(word);
    }
    return text;
}

std::string summary_text(const run::RunSummary& summary, const SelectionOptions& selection,
                         bool names_next_steps) {
    const std::string time = run::duration_text(summary.seconds);
    if (summary.interrupted) {
        return fmt::format("stopped after {}: {}\nrun the same command to go on", time, counts_text(summary));
    }
    std::string text = fmt::format("finished in {}: {}", time, counts_text(summary));
    if (summary.failed > 0) {
        text += "\nrun the same command to try the failed runs again";
    }
    const std::string command = called_name();
    const std::string options = selection_text(selection);
    if (summary.done_before + summary.done_now == 0 && !summary.skipped.empty()) {
        text += fmt::format("\nnothing could start; what is missing and where to get it:\nnext: {} plan {}",
                            command, options);
    } else if (names_next_steps && summary.done_before + summary.done_now > 0) {
        text += fmt::format("\nnext: {0} check {1}\n      {0} report {1}", command, options);
    }
    return text;
}

} // namespace suite::app
