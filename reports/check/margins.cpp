#include "reports/check/margins.hpp"

#include "metrics/margin.hpp"
#include "reports/check/claims.hpp"

namespace reports {

DeclaredMargin declared_margin(const suite::plan::PlannedCell& cell) {
    return {.points = cell.margin,
            .sds = cell.margin_sds,
            .cap = cell.margin_cap,
            .group = cell.margin_group,
            .chance = cell.chance};
}

void GroupMargins::add(const DeclaredMargin& cell, const metrics::Sample& reference) {
    references_[cell.group].push_back({.mean = reference.mean, .sd = reference.sd, .n = reference.n});
}

std::optional<double> GroupMargins::sd_of(const DeclaredMargin& cell,
                                          const std::optional<metrics::Sample>& reference) const {
    if (!rules_.pools_sds) {
        return reference ? reference->sd : std::nullopt;
    }
    const auto group = references_.find(cell.group);
    return group == references_.end() ? std::nullopt : metrics::pooled_sd(group->second);
}

metrics::Margin GroupMargins::of(const DeclaredMargin& cell, const std::optional<metrics::Sample>& reference,
                                 double rounding_half_width) const {
    const metrics::MarginRule rule{
        .points = cell.points, .sds = cell.sds, .cap = rules_.caps_margins ? cell.cap : std::nullopt};
    return {.declared = metrics::effective_margin(rule, sd_of(cell, reference)),
            .rounding_half_width = rounding_half_width,
            .chance = cell.chance};
}

GroupMargins group_margins(const suite::plan::Plan& plan, const suite::plan::References& references,
                           const metrics::Rules& rules) {
    GroupMargins margins(rules);
    for (const suite::plan::PlannedCell& cell : plan.cells) {
        if (const suite::plan::Reference* judging = references.judging(cell.text)) {
            margins.add(declared_margin(cell), sample_of(*judging));
        }
    }
    return margins;
}

} // namespace reports
