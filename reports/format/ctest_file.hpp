// The tests that CTest runs of a workload:
//   W.run         trains what is missing; set-up of fixture W; 77 = skipped
//   W.cell.…      one a cell, W.claim.… one a claim: read records; 77 = nothing to judge, or nothing shown
//   W.verdict     the whole check, strict: fails when anything is missing, and says how many of the tests
//                 before it were skipped and why
// W.run and W.verdict are there only for workloads that CTest is to train. Tests of views that it is not to
// train are disabled, which CTest says: their cells are those of other workloads, whose tests read the same
// records. CTest runs the dependents of a skipped set-up, and calls a suite of skipped tests a success: so
// every cell looks for its own records, and the verdict is never skipped.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "suite/plan/declare/catalog.hpp"

namespace reports {

struct CtestOptions {
    std::filesystem::path program; ///< transferscale
    std::filesystem::path folder;  ///< where the tests run; the store is TRANSFERSCALE_STORE or store/ in it
    std::string profile;
    std::optional<std::vector<std::string>> trained{}; ///< workloads whose runs CTest makes; absent: all
};

/// A script for CTest (TEST_INCLUDE_FILES) with the tests of all workloads; labels: the workload's id and the
/// profile's. Throws Error(usage) for an unknown profile or workload to train.
[[nodiscard]] std::string ctest_file_text(const suite::plan::Catalog& catalog, const CtestOptions& options);

} // namespace reports
