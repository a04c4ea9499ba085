// Cells by name, and what they are made of.
#include <algorithm>

#include "suite/plan/plan.hpp"

namespace suite::plan {

std::string CellId::text() const {
    return target + "/" + model + "/" + source + (shots == "full" ? "" : "/" + shots);
}

const std::string& CellId::axis(std::string_view name) const {
    return name == "target"                     ? target
           : name == "model"                    ? model
           : name == "source" || name == "mode" ? source
                                                : shots;
}

void CellId::set_axis(std::string_view name, const std::string& value) {
    (name == "target"                     ? target
     : name == "model"                    ? model
     : name == "source" || name == "mode" ? source
                                          : shots) = value;
}

std::vector<std::size_t> all_runs(const PlannedCell& cell) {
    std::vector<std::size_t> runs = cell.runs;
    for (const std::vector<std::size_t>& of_parent : cell.further) {
        runs.insert(runs.end(), of_parent.begin(), of_parent.end());
    }
    return runs;
}

bool differ_in_seed_alone(const RunConfig& a, const RunConfig& b) {
    RunConfig reseeded = a;
    reseeded.seed = b.seed;
    return canonical_text(reseeded) == canonical_text(b);
}

std::size_t Plan::parent_count() const {
    return static_cast<std::size_t>(
        std::count_if(runs.begin(), runs.end(), [](const PlannedRun& run) { return run.is_pretraining(); }));
}

const std::string& source_data_set(const WorkloadSpec& workload, const CellId& cell) {
    const auto rule = std::find_if(workload.source_rules.begin(), workload.source_rules.end(),
                                   [&cell](const SourceRule& r) { return r.source == cell.source; });
    if (rule == workload.source_rules.end()) { // a rung trains on its target, from scratch
        static const std::string none;
        return none;
    }
    const auto special = rule->for_target.find(cell.target);
    return special == rule->for_target.end() ? rule->data_set : special->second;
}

} // namespace suite::plan
