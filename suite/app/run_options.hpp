// Options of `run` beside the selection; `submit` and `reproduce` take them, too.
#pragma once

#include <optional>
#include <string>

#include "suite/app/verbs.hpp"
#include "suite/plan/order/work_message.hpp"

namespace suite::app {

struct RunOptions {
    double deadline_seconds = 60.0;
    bool no_loss = false;
    std::optional<int> loader_workers;  ///< absent: the worker's default
    std::string on_bad_image;           ///< "": the worker's default
    std::string device;                 ///< empty: a GPU where build and machine have one
    std::optional<double> save_seconds; ///< absent: by what a save costs
};

/// --launcher.
void add_launcher(CLI::App& verb, std::string& launcher);
/// --deadline.
void add_deadline(CLI::App& verb, double& seconds);
/// --deadline --no-loss --workers --on-bad-image --device --save-seconds.
void add_run_options(CLI::App& verb, RunOptions& options);

/// What they say to workers, with the folder of the published data sets; paths as seen from anywhere.
[[nodiscard]] plan::WorkOptions work_options(const std::filesystem::path& data, const RunOptions& options);

} // namespace suite::app
