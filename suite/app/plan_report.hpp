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
    std::filesystem::path data;    ///< data root; empty: TRANSFERSCALE_DATA
    std::filesystem::path weights; ///< folder; empty: looked for nowhere
};

/// Why cells of a plan could not run here, and where its data sets are. Looks for files, reads none.
struct Findings {
    std::map<std::string, std::string> reasons; ///< data set -> why it is not there; "" = it is
    std::map<std::string, std::string> missing; ///< cell -> why it cannot run; only those that cannot
};

/// `done`: keys of the runs that the store holds; they need no data any more.
[[nodiscard]] Findings look_for(const plan::Plan& plan, const std::vector<plan::DataNeed>& needs,
                                const Places& places, const std::vector<std::string>& done);

/// {"needs": {"data_sets": […], "weights": […]}, "cost": {…}, "missing": [{"cell","reason"}]}
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
