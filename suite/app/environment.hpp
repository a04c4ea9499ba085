// The suite's environment variables: read once, here, as defaults of options. What is below `app` gets
// values.
#pragma once

#include <filesystem>
#include <string>

namespace suite::app {

/// Paths are empty where a variable is not set or empty.
struct Environment {
    std::filesystem::path store = "store"; ///< TRANSFERSCALE_STORE: default of --store
    std::filesystem::path data;            ///< TRANSFERSCALE_DATA: default of --data and --root
    std::string device;                    ///< TRANSFERSCALE_DEVICE: default of --device, for estimates
    std::filesystem::path manifests;       ///< folder manifests/ of TRANSFERSCALE_CACHE, by default of
                                           ///< ~/.cache/transferscale: what was found of published sets
    std::filesystem::path worker;          ///< TRANSFERSCALE_WORKER: another worker program
    std::filesystem::path workloads; ///< TRANSFERSCALE_WORKLOADS, as plan::default_catalog_root() reads it
                                     ///< for this program and its workers: no option says it
};
[[nodiscard]] const Environment& environment();

/// Variables whose values are checked as those of their options are: CLI11 reads them when it parses.
inline constexpr const char* device_variable = "TRANSFERSCALE_DEVICE";
inline constexpr const char* save_seconds_variable = "TRANSFERSCALE_SAVE_SECONDS";

} // namespace suite::app
