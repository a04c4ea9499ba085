// What a workload's cells are compared with: workloads/STUDY/ID/reference/{printed,raw_seeds}.csv as
// published, and the recorded baseline of a miniature profile, workloads/STUDY/ID/baseline/PROFILE.csv with
// PROFILE.json beside it.
//   printed.csv        cell,metric,mean,sd,n,where,bold,origin,file,line    numbers as printed, percent
//   raw_seeds.csv      cell,metric,seed,value,origin,raw_source,file,line   values behind them, percent; each
//                                                                           (cell, seed) once
//   unshown_seeds.csv  the same of sources that no table or figure shows: in no cell of the workload
//   throughput.csv     cell,images_per_second,speedup,where,origin,file,line   rungs of a scaling workload as
//                                                                           printed: efficiency is computed
//   PROFILE.csv        cell,metric,seed,value,key                           recorded values; key: the run's
// file, line: where the number stands below workloads/references/; raw_source: what its authors call the
// source. A view has the references of its workloads, and files of its own where it prints others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "suite/plan/declare/catalog.hpp"

namespace suite::plan {

enum class ReferenceKind { raw_seeds, printed, baseline };
/// "raw_seeds", "printed", "baseline".
[[nodiscard]] std::string_view to_string(ReferenceKind kind) noexcept;

struct SeedValue {
    std::uint64_t seed = 0;
    double value = 0.0;     ///< in the metric's unit (percent)
    std::string key{};      ///< of the run; baselines only
    std::uint64_t line = 0; ///< in Reference::raw_file, from 1; 0 where the row names none
};

/// A cell as printed.
struct PrintedCell {
    double mean = 0.0;
    double sd = 0.0; ///< with n−1 (paper.md#standard-deviation)
    std::size_t n = 0;
    double rounding_half_width = 0.0; ///< half a unit of the last printed digit of the mean
    std::string where;                ///< "paper" or "poster"
    std::optional<bool> bold;         ///< nothing where the mark is lost
    std::string origin;
    std::string file{}; ///< of the printed table, below workloads/references/; "" where the row names none
    std::uint64_t line = 0; ///< in this file, from 1
};

/// What is printed of a rung beside its efficiency.
struct PrintedThroughput {
    double images_per_second = 0.0;
    double speedup = 0.0;
};

/// One cell's reference. Raw values are used where there are any; the printed summary is kept beside them.
struct Reference {
    ReferenceKind kind = ReferenceKind::printed;
    std::string metric;
    std::vector<SeedValue> values; ///< in seed order; empty for a printed summary
    std::optional<PrintedCell> printed;
    std::string origin;
    std::optional<PrintedThroughput> throughput{}; ///< of a rung
    std::string raw_source{}; ///< the authors' name of source and network; "" where no raw values are known
    std::string raw_file{}; ///< that holds the values, below workloads/references/; "" where no row names one

    /// How far a printed mean may be from the true one; 0 where the values are known.
    [[nodiscard]] double rounding_half_width() const;
};

struct References {
    std::map<std::string, Reference> published; ///< by cell
    std::map<std::string, Reference> unshown;   ///< raw values of sources that no table or figure shows
    std::map<std::string, Reference> baseline;
    std::string baseline_origin; ///< when, where and from what it was recorded; "" when there is none
    /// The machine, build and libraries that recorded it, by name as in a record's provenance ("cpu",
    /// "libtorch", …); empty when there is none. Baselines of several workloads: values joined by "; ".
    std::map<std::string, std::string> baseline_facts;
    std::map<std::string, std::size_t> test_images{}; ///< target -> images that the study scores it on
    bool compares_with_baseline = false;              ///< of the profile: which of the two judges

    /// The one that judges this cell; null when there is none.
    [[nodiscard]] const Reference* judging(const std::string& cell) const;
};

/// Reads what there is for this workload and profile; absent files give empty maps. Unknown cells, doubled
/// seeds, missing columns, another metric than the cell's, missing or non-finite numbers, a baseline changed
/// after its recording: Error(usage) with all faults of all files, each with file:line.
[[nodiscard]] References load_references(const Catalog& catalog, const std::string& workload,
                                         const std::string& profile, const std::string& protocol = as_run);

/// The baseline's file name without extension: the profile; with "-as-written" for that protocol. Without a
/// baseline of its own a protocol is compared with as-run's, most of whose runs are the same.
[[nodiscard]] std::string baseline_name(const std::string& profile, const std::string& protocol);

} // namespace suite::plan
