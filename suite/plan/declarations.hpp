// One reader per kind of declaration. Private to suite/plan.
#pragma once

#include "suite/plan/catalog.hpp"
#include "suite/plan/toml_reader.hpp"

namespace suite::plan {

/// Names that must be resolved after all files are read.
struct DataSetLinks {
    std::string labels_of; ///< another data set whose labels this one shares
};

void read_network(TomlReader& reader, NetworkSpec& spec);
void read_data_set(TomlReader& reader, DataSetSpec& spec, DataSetLinks& links);
void read_recipe(TomlReader& reader, RecipeSpec& spec);
void read_profile(TomlReader& reader, ProfileSpec& spec, std::string& extends);
void read_workload(TomlReader& reader, WorkloadSpec& spec);
void read_system(TomlReader& reader, SystemSpec& spec);

/// Checks every name that one declaration uses of another; adds a fault with the nearest names for each.
void check_references(const Catalog& catalog, FaultList& faults);

} // namespace suite::plan
