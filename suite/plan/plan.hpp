// From a workload and a profile to the runs that make it: cells, seeds, shared pre-training runs, keys, cost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "suite/plan/cell.hpp"
#include "suite/plan/declare/catalog.hpp"
#include "suite/plan/limits.hpp"
#include "suite/plan/order/run_config.hpp"

namespace suite::plan {

/// Which published name was replaced by what, for reports.
struct StandIn {
    std::string published;
    std::string used;
};

struct PlannedRun {
    std::string key;
    std::string cell;  ///< "" for pre-training
    std::string label; ///< for people: the cell, or "pretrain DATA/MODEL"; ", parent 2" of a further parent's
    std::uint64_t seed = 0;
    std::string parent; ///< key; "" for pre-training and from scratch
    double gigamacs =
        0.0; ///< multiply-accumulates of the whole run (training counted three times a forward pass)
    RunConfig config;
    int ranks = 1;              ///< that work on it; 1: as many as the scheduler gives every run
    std::string weights_file{}; ///< path of the weights that replace this pre-training run; "" = none
    bool exclusive = false;     ///< nothing else runs on the machine meanwhile: it measures time
    int parent_index = 0; ///< of the pre-training run that this run is or starts from: 0, or a further one
    [[nodiscard]] bool is_pretraining() const noexcept { return config.kind == RunKind::pretrain; }
};

/// The base runs before and after a run of a larger rung, as places in Plan::runs.
struct BaseRuns {
    std::size_t before = 0;
    std::size_t after = 0;
};

struct PlannedCell {
    CellId id;
    std::string text;
    std::string metric;
    double margin = 0.0;     ///< points, declared in the workload
    double margin_sds = 0.0; ///< … but at least this many sds of the references of its margin_group
    std::vector<StandIn> stand_ins;
    std::vector<std::size_t> runs; ///< indices into Plan::runs, one per seed (of a base case: all its runs)
    std::vector<BaseRuns> bases{}; ///< of a rung above the base case: of each of `runs`
    /// The same seeds from each further pre-training run (parent 1, 2, …), as `runs`. They tell how much one
    /// pre-training run decides; the cell's mean is that of `runs`. Empty from scratch and without further
    /// parents.
    std::vector<std::vector<std::size_t>> further{};
    bool is_as_run = true;              ///< its runs are those of the protocol as-run: nothing differs here
    bool is_limited = false;            ///< RunLimits made one of its runs, or a parent, smaller
    std::string margin_group{};         ///< metric and declared axes: cells of one group share an sd
    std::optional<double> margin_cap{}; ///< points that the margin never exceeds
    std::optional<double> chance{};     ///< what guessing scores, in the metric's points; nothing for rungs
    std::string obstacle{}; ///< why its runs cannot start on this machine, where somebody has looked
};

/// Every run of the cell, parent by parent.
[[nodiscard]] std::vector<std::size_t> all_runs(const PlannedCell& cell);

struct SkippedCell {
    std::string cell;
    std::string reason;
};

struct Plan {
    std::string workload;
    std::string profile;
    std::string protocol = as_run;
    std::string limits; ///< text of the RunLimits; empty: none
    std::vector<std::uint64_t> seeds;
    /// Pre-training runs first, then the cells' runs in cell order; of each the first parent's before those
    /// of further parents.
    std::vector<PlannedRun> runs;
    std::vector<PlannedCell> cells;
    std::vector<SkippedCell> skipped;
    int parents = 1;                                ///< pre-training runs of every source and network
    [[nodiscard]] std::size_t parent_count() const; ///< pre-training runs in `runs`
};

/// A file of declared weights on this machine.
struct WeightsFile {
    std::string path;
    std::string sha256; ///< of its bytes
};

/// How ranks sum gradients where reduction is fast; part of the key of runs over more than one rank.
struct FastReduction {
    WireFormat wire = WireFormat::float32;
    std::size_t bucket_bytes = 0;  ///< 0: as suite/train/reduce/bucket_plan.hpp has it
    bool measured_buckets = false; ///< of the size that suits the ranks, measured before training
    void apply_to(RunConfig& config) const {
        config.wire = wire;
        config.bucket_bytes = bucket_bytes;
        config.measured_buckets = measured_buckets;
    }
    [[nodiscard]] bool operator==(const FastReduction&) const = default;
};

struct PlanFilter {
    std::optional<std::vector<std::uint64_t>> seeds; ///< instead of the profile's
    std::vector<std::string> cells;                  ///< globs; empty = all
    std::string protocol = as_run;                   ///< or "as-written"
    ReductionMode reduction = ReductionMode::strict; ///< of every run
    FastReduction fast{};                            ///< of every run with that reduction
    Precision precision = Precision::float32;        ///< of every run; part of its key
    bool portable_bits = false;                      ///< of every run; part of its key
    int ranks = 1; ///< of every run; part of its key where the result depends on it (fast, more than one)
    std::optional<int>
        slots{}; ///< scaling: rungs of more ranks are skipped, unless declared to oversubscribe
    bool oversubscribe = false;                   ///< … or this says that all may
    RunLimits limits{};                           ///< of every run
    std::map<std::string, WeightsFile> weights{}; ///< id of WeightsSpec -> what replaces pre-training
    /// Pre-training runs of every source and network, each with all fine-tuning runs of its cells; instead of
    /// the workload's own number.
    std::optional<int> parents{};
};

/// All cells of a workload in declared order, the last axis fastest; of a view those of its workloads, one
/// after the other, without duplicates.
[[nodiscard]] std::vector<CellId> workload_cells(const WorkloadSpec& workload);

/// The cells that a claim's globs choose from: the workload's own, or those of the workload that it is from.
[[nodiscard]] std::vector<CellId> claim_cells(const WorkloadSpec& workload, const ClaimSpec& claim);

/// Ids of all workloads, by their order, then by name.
[[nodiscard]] std::vector<std::string> workload_ids(const Catalog& catalog);

/// The data set behind a source word for this target (S-MED and L-MED depend on it, paper.md#tables);
/// empty: the cell is trained from scratch.
[[nodiscard]] const std::string& source_data_set(const WorkloadSpec& workload, const CellId& cell);

/// Throws Error(usage) when a name is unknown or a glob selects no cell. Needs no data. Runs whose
/// configuration is the same in both protocols have one key and name the protocol as-run. A cell whose shots
/// are more than its smallest class holds is skipped with that reason, where class sizes are declared. Limits
/// and further parents are refused for workloads that measure, further parents also where weights replace a
/// pre-training run; the runs of the first parent are those of a plan without further ones.
[[nodiscard]] Plan expand(const Catalog& catalog, const std::string& workload, const std::string& profile,
                          const PlanFilter& filter = {});

/// Whether two runs are one recipe: equal in everything but the seed.
[[nodiscard]] bool differ_in_seed_alone(const RunConfig& a, const RunConfig& b);

/// The declared weights that can replace pre-training runs of this plan, by id.
[[nodiscard]] std::vector<const WeightsSpec*> replacing_weights(const Catalog& catalog, const Plan& plan);

/// A workload's ladder at a profile, for rungs that people name: the rest as declared there. Throws
/// Error(usage) unless the workload is one of scaling with a ladder at this profile, and the ranks rise
/// from 1.
void set_ladder(WorkloadSpec& workload, const std::string& profile, const ScalingLadder& ladder);

/// Adds a value to the workload's axis of that role, unless it is there; nothing where it has none.
void add_value(WorkloadSpec& workload, AxisRole role, const std::string& value);

/// A data set under a profile: its stand-in, with the profile's limits and world seed, a superset's members
/// resolved. Throws Error(usage) when a name is unknown.
[[nodiscard]] DataConfig resolve_data(const Catalog& catalog, const std::string& profile,
                                      const std::string& name);

/// What the profile declares of one process with this network: gigamacs per second.
[[nodiscard]] double declared_rate(const ProfileSpec& profile, const std::string& network);

/// Why this many shots per class cannot be drawn from a target, as declared; empty when they can, or when
/// only the labels will tell. `published`: the target's declaration; `used`: what stands for it.
[[nodiscard]] std::string few_shot_refusal(const DataSetSpec& published, const DataSetSpec& used,
                                           std::size_t shots);

/// "0-4", "0,2,7", "3": distinct non-negative integers. Throws Error(usage).
[[nodiscard]] std::vector<std::uint64_t> parse_seeds(std::string_view text);

} // namespace suite::plan
