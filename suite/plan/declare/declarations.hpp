// One reader per kind of declaration. Private to suite/plan.
#pragma once

#include "suite/plan/declare/catalog.hpp"
#include "suite/plan/declare/toml_reader.hpp"

namespace suite::plan {

/// Names that must be resolved after all files are read.
struct DataSetLinks {
    std::string labels_of; ///< another data set whose labels this one shares
};

/// What a profile takes from another one: mappings entry by entry, other keys where it has none of its own.
struct ProfileLinks {
    std::string extends;
    Origin extends_origin;
    bool has_recorded_baseline = false;
    bool has_throughput = false;
};

void read_network(TomlReader& reader, NetworkSpec& spec);
void read_data_set(TomlReader& reader, DataSetSpec& spec, DataSetLinks& links);
void read_layout(TomlReader& reader, LayoutSpec& spec);
void read_weights(TomlReader& reader, WeightsSpec& spec);
void read_recipe(TomlReader& reader, RecipeSpec& spec);
void read_protocol(TomlReader& reader, ProtocolSpec& spec);
void read_profile(TomlReader& reader, ProfileSpec& spec, ProfileLinks& links);
void read_study(TomlReader& reader, StudySpec& spec);
void read_workload(TomlReader& reader, WorkloadSpec& spec);
/// How far the means of a workload's cells may differ: margins, margin_sds, margin_groups, margin_caps,
/// chance.
void read_margins(TomlReader& reader, WorkloadSpec& spec);
/// Gives a view what one of its workloads declares of margins; a fault for each number that differs from what
/// the others declare. `is_first`: none has been taken over yet.
void take_margins(const WorkloadSpec& part, bool is_first, WorkloadSpec& view, Issues& issues);
/// The table `scaling` of a workload; fills its sources and shots with modes and ranks.
void read_scaling(TomlReader& reader, WorkloadSpec& spec);
void read_system(TomlReader& reader, SystemSpec& spec);
/// `system`: what stands before it in the same file.
void read_jobs(TomlReader& reader, const SystemSpec& system, JobsSpec& jobs);

/// Gives every view its workloads' axes, cells, sources, margins and claims; of the latter those that keep
/// all their cells, named WORKLOAD.CLAIM where there are several workloads.
void resolve_views(std::map<std::string, WorkloadSpec>& workloads, Issues& issues);

/// Checks every name that one declaration uses of another; adds a fault with the nearest names for each,
/// at the line where the name stands.
void check_references(const Catalog& catalog, Issues& issues);
/// The same for files of weights; each pair of network and data set has at most one.
void check_weights(const Catalog& catalog, Issues& issues);

} // namespace suite::plan
