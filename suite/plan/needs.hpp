// What a plan costs and needs beside this program: device hours, bytes, published data sets. Looks at no
// file.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "suite/plan/plan.hpp"

namespace suite::plan {

/// Estimates, from declarations alone. Hours are those of one process with one device (a GPU of the profile's
/// system, or a core): multiply-accumulates over declared_rate().
struct PlanCost {
    double pretraining_hours = 0.0;
    double finetuning_hours = 0.0; ///< scaling runs too
    double read_bytes = 0.0;       ///< of image files, each time that one is used
    double kept_bytes = 0.0;       ///< checkpoints of pre-training runs, and records
    [[nodiscard]] double device_hours() const noexcept { return pretraining_hours + finetuning_hours; }
};

[[nodiscard]] PlanCost cost_of(const Catalog& catalog, const Plan& plan);

/// One declared data set with files of its own, and what of the plan reads it.
struct DataNeed {
    DataSetSpec set;                    ///< as the runs use it, with the profile's limits
    const LayoutSpec* layout = nullptr; ///< of the catalog; null: it is not a published set
    bool is_source = false;
    bool is_target = false;
    std::vector<std::string> cells; ///< that need it, as target or for their pre-training
};

/// By name; generated data sets are left out, members stand for supersets. A pre-training run that weights
/// replace needs no data.
[[nodiscard]] std::vector<DataNeed> data_needs(const Catalog& catalog, const Plan& plan);

/// The data sets that a run reads: itself, or a superset's members; empty where weights replace it.
[[nodiscard]] std::vector<DataSetSpec> read_sets(const RunConfig& config);

} // namespace suite::plan
