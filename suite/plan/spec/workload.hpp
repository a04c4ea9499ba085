// What a workload.toml declares: cells, claims and figures.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "suite/plan/spec/axis.hpp"
#include "suite/plan/spec/origin.hpp"
#include "suite/plan/spec/scaling.hpp"

namespace suite::plan {

/// A value of the axis of role source and the data set behind it, which may depend on the target
/// (paper.md#tables).
struct SourceRule {
    std::string source;
    std::string data_set;                          ///< empty: from scratch, no pre-training run
    std::map<std::string, std::string> for_target; ///< target -> data set, where it differs
};

/// How a chance level is declared that is 100 over the number of classes.
inline constexpr std::string_view one_in_classes = "1/classes";

/// What guessing scores on a metric's scale. Declared as one_in_classes or as a number of points.
struct ChanceLevel {
    std::optional<double> points; ///< nothing: 100 over the number of classes of the data set that is used
    [[nodiscard]] bool operator==(const ChanceLevel&) const = default;
};

/// All combinations of the axes' values but those that one of the globs matches.
struct CellBlock {
    std::vector<AxisSpec> axes;
    std::vector<std::string> without;
};

enum class ClaimKind {
    greater,    ///< than the other cell
    not_worse,  ///< than the other cell, by a margin
    equivalent, ///< to the other cell, within a margin
    above,      ///< a bound
    below,      ///< a bound
};
enum class ClaimRule { all, any, at_least };

/// a (glob over cells) against b, cell by cell: the same cell with `versus` applied, or a bound.
struct ClaimTermSpec {
    std::string cells;                         ///< glob of left-hand cells
    std::string best_of;                       ///< axis: of the cells that differ in it alone, the maximum
    std::map<std::string, std::string> versus; ///< axis -> value on the right-hand side; none for bounds
    ClaimKind kind = ClaimKind::greater;
    double margin = 0.0;         ///< for not_worse and equivalent, points
    double by_sds = 0.0;         ///< for greater: the difference also exceeds this many pooled sds
    std::optional<double> bound; ///< for above and below, points
};

struct ClaimSpec {
    std::string id;
    std::string text;  ///< the paper's sentence, in our words
    std::string where; ///< section of the paper
    ClaimRule rule = ClaimRule::all;
    int at_least = 0;
    std::vector<ClaimTermSpec> terms;
    std::map<std::string, std::string> differs; ///< profile -> why its verdict is not the published one
    std::vector<CellBlock> among;               ///< of a claim taken from another workload: that one's cells
    Origin origin;
};

enum class FigureKind { bars, lines };

/// A picture of cells: mean with sd, every seed a point, published and ours side by side.
struct FigureSpec {
    std::string id;
    std::string title;
    FigureKind kind = FigureKind::bars;
    std::vector<std::string> cells;  ///< globs
    std::string x;                   ///< axis along the picture
    std::vector<std::string> series; ///< axes whose values are told apart by colour
    std::string value;               ///< of rungs: "throughput" instead of efficiency
    std::string panels;              ///< axis with a picture of its own for each value; "" for one
    Origin origin;
};

/// A paper, as a folder of workloads/ declares it in its study.toml.
struct StudySpec {
    std::string id;                     ///< CTest label of all its tests: "cherti2021"
    std::string title;                  ///< for people
    std::string paper;                  ///< author, year and number, as papers.json has them
    std::uint64_t pretraining_seed = 0; ///< of the first pre-training run of each source and network
    Origin origin;
};

/// Most pre-training runs of one source and network that may be asked for.
inline constexpr int most_parents = 64;

struct WorkloadSpec {
    std::string id;
    std::string title;
    std::string source;                ///< where printed: "Table 1"
    std::string study;                 ///< id of its StudySpec
    std::string paper;                 ///< of its study
    std::string folder;                ///< that holds its workload.toml, reference/ and baseline/
    std::vector<AxisSpec> axes;        ///< of a view: those of its workloads, with the values of all
    std::vector<std::string> without;  ///< globs of combinations that the publication does not have
    std::vector<std::string> union_of; ///< a view: workloads whose cells, margins and claims it takes over
    std::vector<CellBlock> blocks;     ///< of a view: its workloads' cells; else empty
    int order = 50;                    ///< place in lists of all workloads, small first, then by id
    std::vector<SourceRule> source_rules;
    std::map<std::string, double> margins; ///< metric -> points, declared before any run
    double margin_sds = 0.0; ///< the margin is at least this many sds of the references of a group …
    std::vector<std::string> margin_groups;    ///< … of cells that agree in these axes; empty: of one cell
    std::map<std::string, double> margin_caps; ///< metric -> points that no margin exceeds
    std::map<std::string, ChanceLevel> chance; ///< metric -> its chance level
    std::vector<ClaimSpec> claims;
    std::vector<FigureSpec> figures;
    std::optional<ScalingSpec> scaling; ///< of a workload that measures instead of scoring
    int parents = 1; ///< pre-training runs of every source and network, where nothing else is said
    Origin origin;

    /// The values of the axis that has this role; empty without one.
    [[nodiscard]] const std::vector<std::string>& values(AxisRole role) const {
        return axis_values(axes, role);
    }
};

} // namespace suite::plan
