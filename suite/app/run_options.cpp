#include "suite/app/run_options.hpp"

#include "suite/app/command_table.hpp"
#include "suite/app/device_request.hpp"
#include "suite/app/option_values.hpp"

namespace suite::app {

void add_launcher(CLI::App& verb, std::string& launcher) {
    verb.add_option("--launcher", launcher, "Command that starts the ranks of a run; {ranks}: their number")
        ->type_name("COMMAND")
        ->capture_default_str()
        ->group(ranks_group);
}

void add_deadline(CLI::App& verb, double& seconds) {
    real_within(verb.add_option("--deadline", seconds, "How long a rank waits for one that does not answer"),
                0.1, 86400.0)
        ->type_name("SECONDS")
        ->capture_default_str()
        ->group(ranks_group);
}

void add_run_options(CLI::App& verb, RunOptions& options) {
    add_device(verb, options.device);
    whole_within(
        verb.add_option("--workers", options.loader_workers,
                        "Threads of a rank that read and decode images of published sets (default: 1)"),
        0, 256)
        ->group(data_group);
    one_of(verb.add_option(
               "--on-bad-image", options.on_bad_image,
               "An unusable image: stop (default), or skip: train on the next one, leave it out of the "
               "test split, and note it in the record"),
           {"stop", "skip"})
        ->group(data_group);
    add_deadline(verb, options.deadline_seconds);
    real_within(verb.add_option("--save-seconds", options.save_seconds,
                                "How often an unfinished run saves where it stands (default: by what a save "
                                "costs, every 60 to 600)"),
                0.0, 86400.0)
        ->type_name("SECONDS")
        ->envname(save_seconds_variable)
        ->group(rare_group);
    verb.add_flag("--no-loss", options.no_loss,
                  "Exit with 5 when a finished record was damaged or removed, even if it was trained again")
        ->group(rare_group);
}

plan::WorkOptions work_options(const std::filesystem::path& data, const RunOptions& options) {
    namespace fs = std::filesystem;
    return {.data_root = data.empty() ? "" : fs::absolute(data).string(),
            .manifests = fs::absolute(environment().manifests).string(),
            .loader_workers = options.loader_workers.value_or(plan::WorkOptions().loader_workers),
            .skips_bad_images = options.on_bad_image == "skip",
            .save_seconds = options.save_seconds.value_or(plan::WorkOptions().save_seconds)};
}

} // namespace suite::app
