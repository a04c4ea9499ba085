// By how much each cell may differ from its reference: the points that the workload declares, or so many sds
// of the references of similar cells where that is more, but never more than the cap. One sd of five values
// is off by a third; the sd that similar cells share is not, so margins neither vanish nor grow by luck.
// Private to reports.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "metrics/rules.hpp"
#include "metrics/sample.hpp"
#include "metrics/verdict.hpp"
#include "reports/check/result.hpp"
#include "suite/plan/plan.hpp"
#include "suite/plan/reference.hpp"

namespace reports {

[[nodiscard]] DeclaredMargin declared_margin(const suite::plan::PlannedCell& cell);

/// The margins of the cells of one comparison.
///     GroupMargins margins;
///     for (each cell) margins.add(declared, reference);
///     metrics::Margin margin = margins.of(declared, reference);
class GroupMargins {
public:
    explicit GroupMargins(const metrics::Rules& rules = {}) : rules_(rules) {}

    /// Of one cell, what it is compared with; of all cells before the first margin is asked for.
    void add(const DeclaredMargin& cell, const metrics::Sample& reference);
    /// `reference`: the cell's own, whose sd counts alone where sds are not pooled.
    [[nodiscard]] metrics::Margin of(const DeclaredMargin& cell,
                                     const std::optional<metrics::Sample>& reference,
                                     double rounding_half_width = 0.0) const;

private:
    [[nodiscard]] std::optional<double> sd_of(const DeclaredMargin& cell,
                                              const std::optional<metrics::Sample>& reference) const;

    metrics::Rules rules_;
    std::map<std::string, std::vector<metrics::Sample>> references_; ///< by group; without their values
};

/// Of a plan, from the references that judge its cells.
[[nodiscard]] GroupMargins group_margins(const suite::plan::Plan& plan,
                                         const suite::plan::References& references,
                                         const metrics::Rules& rules = {});

} // namespace reports
