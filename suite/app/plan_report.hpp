// What a plan needs and costs, as text, JSON and the table of REPRODUCE.md.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "suite/plan/needs.hpp"

namespace suite::app {

/// Where things are looked for.
struct Places {
    std::filesystem::path data;    ///< data root; empty: none
    std::filesystem::path weights; ///< folder; empty: looked for nowhere
};

/// What runs find on this machine.
struct Machine {
    double memory_bytes = 0.0; ///< all of it: the same answer whatever else runs
    int ranks = 1;             ///< of runs that do not name their own number
};

/// Runs that are not done and need more memory than there is.
struct MemoryShortage {
    double needed_bytes =
        0.0;               ///< by the largest run of the plan that is not done, whether it is short or not
    std::size_t cells = 0; ///< that have such a run, or one of their pre-training
    std::string reason;    ///< of the largest; "" = all fit
};

/// Why cells of a plan could not run here, and where its data sets are. Looks for files, reads none.
struct Findings {
    std::map<std::string, std::string> reasons; ///< data set -> why it is not there; "" = it is
    std::map<std::string, std::string> missing; ///< cell -> why it cannot run; only those that cannot
    double memory_bytes = 0.0;                  ///< of the machine
    MemoryShortage memory;
};

/// `done`: keys of the runs that the store holds; they need nothing any more.
[[nodiscard]] Findings look_for(const plan::Plan& plan, const std::vector<plan::DataNeed>& needs,
                                const Places& places, const Machine& machine,
                                const std::vector<std::string>& done);

/// {"needs": {"data_sets": […], "weights": […], "memory": {…}}, "cost": {…}, "missing": [{"cell","reason"}]}
[[nodiscard]] nlohmann::json needs_document(const plan::Catalog& catalog, const plan::Plan& plan,
                                            const Findings& findings,
                                            const std::vector<plan::DataNeed>& needs, const Places& places);
/// The same for people, some lines.
[[nodiscard]] std::string needs_text(const nlohmann::json& document);

/// Two tables: every plan with its runs, cost and needs; every data set and file of weights with its size and
/// where it is obtained. The same text on every machine: nothing is looked for.
[[nodiscard]] std::string markdown_plans(const plan::Catalog& catalog, const std::vector<plan::Plan>& plans);

/// "12 MB", "1.3 TB", "4.2 PB".
[[nodiscard]] std::string bytes_text(double bytes);

} // namespace suite::app
