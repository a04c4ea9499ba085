// The tables of a bundle that hold what scaling runs measured: those of the records, the run's row in front.
// Private to reports.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "suite/store/bundle_file.hpp"
#include "suite/store/scaling_section.hpp"
#include "suite/store/table.hpp"

namespace reports::bundle {

/// The sections of all runs, flat.
class ScalingTables {
public:
    void add(std::int64_t run, const suite::store::ScalingSection& section);
    /// /W/scaling, /W/scaling_ranks, /W/scaling_steps, /W/scaling_sweep.
    [[nodiscard]] std::vector<std::pair<std::string, suite::store::Table>>
    tables(const std::string& group) const;
    /// Sections by run. Throws Error(store) where a table is missing or holds other columns.
    [[nodiscard]] static std::map<std::int64_t, suite::store::ScalingSection>
    read(const suite::store::BundleFile& file, const std::string& group);

private:
    std::vector<std::int64_t> runs_, rank_runs_, step_runs_, sweep_runs_;
    std::vector<suite::store::ScalingSummary> summaries_;
    std::vector<suite::store::ScalingRank> ranks_;
    std::vector<suite::store::ScalingStep> steps_;
    std::vector<suite::store::ScalingSweep> sweep_;
};

} // namespace reports::bundle
