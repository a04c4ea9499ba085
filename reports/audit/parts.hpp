// The parts of an audit. Private to reports.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reports/audit/audit.hpp"

namespace reports {

/// A workload's references, with the text of each cell taken apart.
struct AuditedReferences {
    const suite::plan::WorkloadSpec* workload = nullptr;
    suite::plan::References references;
};

/// Every pair of sources with raw seeds on both sides within a target, network and shots, once each in the
/// order of first appearance: Welch's test, and behind it the paired one where shots are few.
[[nodiscard]] std::vector<Contrast> contrasts_of(const std::vector<AuditedReferences>& audited);

/// Of every target and network with printed numbers of two sources and more, all from one table.
[[nodiscard]] std::vector<BoldRow> bold_rows(const AuditedReferences& audited);

/// How many contrasts of one test there are, have a test, and differ at 5 %.
struct ContrastCounts {
    std::size_t all = 0;
    std::size_t tested = 0;
    std::size_t differ = 0;          ///< each taken alone
    std::size_t differ_adjusted = 0; ///< after Benjamini–Hochberg over them
};
[[nodiscard]] ContrastCounts contrast_counts(const Audit& audit, bool is_paired);

/// "8 comparisons, p = 3.2e-05 for the claim, 1 against it"; the claim's own p-values, by its rule.
[[nodiscard]] std::string claim_p_text(const metrics::ClaimResult& result);

} // namespace reports
