#include "reports/claims.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "suite/base/names.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;

constexpr std::string_view full_shot = "full";

metrics::ClaimRule rule_of(plan::ClaimRule rule) {
    switch (rule) {
    case plan::ClaimRule::all:
        return metrics::ClaimRule::all;
    case plan::ClaimRule::any:
        return metrics::ClaimRule::any;
    case plan::ClaimRule::at_least:
        break;
    }
    return metrics::ClaimRule::at_least;
}

metrics::TermKind kind_of(plan::ClaimKind kind) {
    return kind == plan::ClaimKind::greater ? metrics::TermKind::greater : metrics::TermKind::not_worse;
}

} // namespace

std::vector<ClaimPair> expand_claim(const plan::WorkloadSpec& workload, const plan::ClaimSpec& claim) {
    const std::vector<plan::CellId> cells = plan::workload_cells(workload);
    const auto exists = [&cells](const std::string& text) {
        return std::any_of(cells.begin(), cells.end(),
                           [&](const plan::CellId& cell) { return cell.text() == text; });
    };
    std::vector<ClaimPair> pairs;
    for (const plan::ClaimTermSpec& term : claim.terms) {
        for (const plan::CellId& a : cells) {
            plan::CellId b = a;
            for (const auto& [axis, value] : term.versus) {
                b.set_axis(axis, value);
            }
            if (suite::glob_match(term.cells, a.text()) && a.text() != b.text() && exists(b.text())) {
                pairs.push_back({.a = a, .b = b, .term = &term});
            }
        }
    }
    return pairs;
}

metrics::ClaimResult judge(const plan::ClaimSpec& claim, const std::vector<ClaimPair>& pairs,
                           const SampleOf& sample_of, const SameSeeds& same_seeds) {
    metrics::Claim statement{.rule = rule_of(claim.rule),
                             .at_least = static_cast<std::size_t>(claim.at_least)};
    for (const ClaimPair& pair : pairs) {
        const std::string a = pair.a.text();
        const std::string b = pair.b.text();
        const bool same = pair.term->kind == plan::ClaimKind::greater;
        statement.terms.push_back({.label = fmt::format("{} {} {}", a, same ? ">" : "not worse than", b),
                                   .kind = kind_of(pair.term->kind),
                                   .a = sample_of(a),
                                   .b = sample_of(b),
                                   .margin = pair.term->margin,
                                   .paired_by_seed = pair.a.shots != full_shot && same_seeds(a, b)});
    }
    return metrics::judge_claim(statement);
}

} // namespace reports
