// The first lines of every report: what was compared with what, how many cells got which verdict, and which
// claims hold on which numbers.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "reports/check/result.hpp"

namespace reports {

/// One sentence or more each, without a line break.
struct Summary {
    std::string comparison; ///< "Compared with profile laptop's own recorded run, not with the paper (…). …"
    /// "88 cells: 80 identical, 3 as recorded, 0 drifted, 5 unclear, 0 missing." and what explains values
    /// that do not repeat the recorded bits (reports/check/bits.hpp); or ""
    std::string cells;
    std::string claims; ///< "16 claims of the paper. On our numbers at profile laptop: 9 hold, …"; or ""
    /// How many pre-training runs a source had and what follows (reports/check/parents.hpp); or ""
    std::string parents;
};
[[nodiscard]] Summary summary_of(const CheckResult& result);

/// "9 hold, 0 fail, 1 fails as recorded, 6 cannot be told"; `side`: what our numbers are compared with.
[[nodiscard]] std::string claim_counts_text(const ClaimCounts& counts,
                                            ComparedWith side = ComparedWith::published);

/// What tests of the cells and claims come to, and why some are skipped: "88 cells: 60 pass, 0 fail, 28
/// skipped (28 unclear); 16 claims: …".
[[nodiscard]] std::string test_tally_text(const CheckResult& result);
/// "CELL: unclear: reason" for every cell and claim that is skipped as a test.
[[nodiscard]] std::vector<std::string> skipped_tests(const CheckResult& result);

[[nodiscard]] nlohmann::ordered_json to_json(const Counts& counts);
[[nodiscard]] nlohmann::ordered_json to_json(const ClaimCounts& counts);
/// {compared_with, text, cells, claims, published_claims, bits}: `claims` on our numbers.
[[nodiscard]] nlohmann::ordered_json summary_json(const CheckResult& result);

} // namespace reports
