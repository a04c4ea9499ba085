// Why a cell's values differ in their last bits from the recorded baseline's of the same run keys.
// Floating-point sums depend on the order of their terms, and numerical libraries choose that order by the
// CPU; so the same program repeats its values on one kind of CPU and library, and only approximately on
// another.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "reports/check/result.hpp"

namespace reports {

/// A recorded fact that decides bits and is not the same on both sides.
struct BitsFact {
    std::string name;     ///< as in a record's provenance: "cpu", "cpu_capability", "libtorch" …
    std::string recorded; ///< of the baseline
    std::string ours;     ///< of the runs that differ; several values joined by "; "
};

struct BitsComparison {
    std::size_t cells = 0;     ///< cells with finished runs and a baseline of the same seeds
    std::size_t differing = 0; ///< of them: cells with a value that is not the recorded one
    std::vector<BitsFact> facts;
};

/// Compares what decides bits (CPU, instruction set, LibTorch, MKL, oneDNN, compiler, commit) between the
/// baseline and the runs of the cells that differ. A fact that one side did not record is left out.
[[nodiscard]] BitsComparison compare_bits(const CheckResult& result);

/// One sentence or two, "" when every value repeats or nothing can be compared:
///   "40 of 88 cells differ from the recorded values in their last bits or more. CPU: recorded on AMD EPYC,
///   run on Intel(R) Xeon(R); numerical libraries order their sums by CPU."
[[nodiscard]] std::string bits_text(const BitsComparison& bits);

/// {cells, differing, facts: [{name, recorded, ours}]}.
[[nodiscard]] nlohmann::ordered_json to_json(const BitsComparison& bits);

} // namespace reports
