// The parts of an audit. Private to reports.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reports/audit.hpp"

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

/// "cifar10/R50x1/1K-NAT/5" taken apart.
[[nodiscard]] suite::plan::CellId cell_of(const std::string& text);

} // namespace reports
