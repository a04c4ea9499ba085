#include "reports/check/parents_claims.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "metrics/seed_size.hpp"
#include "reports/check/parents.hpp"
#include "reports/format/text_format.hpp"

namespace reports {
namespace {

/// One comparison with what parents add to it.
struct Comparison {
    metrics::TTest test;
    metrics::VarianceComponent added;
    bool is_greater = false;
};

bool has_spread(const CellResult& cell) {
    return cell.ours.n >= 2 && cell.ours.sd.value_or(0.0) > 0.0;
}

/// Nothing for a bound, the best of several cells, cells without spread, and cells of one parent.
std::optional<Comparison> comparison_of(const ClaimPair& pair, const std::vector<SourceParents>& known,
                                        const CellOf& cell_of) {
    const CellResult* a = pair.a.size() == 1 ? cell_of(pair.a.front().text()) : nullptr;
    const CellResult* b = pair.b ? cell_of(pair.b->text()) : nullptr;
    if (a == nullptr || b == nullptr || !has_spread(*a) || !has_spread(*b)) {
        return std::nullopt;
    }
    const auto added = parents_component(known, *a, *b);
    return added ? std::optional(Comparison{.test = metrics::welch(a->ours, b->ours),
                                            .added = *added,
                                            .is_greater = pair.term->kind == suite::plan::ClaimKind::greater})
                 : std::nullopt;
}

double power_of(const metrics::TTest& test) {
    return metrics::directional_power(test.difference, test.standard_error, test.df, metrics::default_alpha);
}

std::optional<double> smaller(const std::optional<double>& known, double power) {
    return std::min(known.value_or(1.0), power);
}

std::string percent_text(const std::optional<double>& power) {
    return power ? fmt::format("{:.0f} %", 100.0 * *power) : "—";
}

} // namespace

std::optional<ParentsEffect> parents_effect(const std::vector<ClaimPair>& pairs,
                                            const std::vector<SourceParents>& known, const CellOf& cell_of,
                                            metrics::ClaimVerdict verdict_without) {
    ParentsEffect effect{.verdict_without = verdict_without};
    for (const ClaimPair& pair : pairs) {
        const std::optional<Comparison> comparison = comparison_of(pair, known, cell_of);
        if (!comparison) {
            continue;
        }
        ++effect.comparisons;
        if (comparison->is_greater) {
            effect.power_without = smaller(effect.power_without, power_of(comparison->test));
            effect.power = smaller(
                effect.power, power_of(metrics::with_added_variance(comparison->test, comparison->added)));
        }
    }
    return effect.comparisons == 0 ? std::nullopt : std::optional(effect);
}

std::vector<std::vector<std::string>> parents_claims_rows(const CheckResult& result) {
    std::vector<std::vector<std::string>> rows;
    for (const ClaimResult& claim : result.claims) {
        if (const auto& effect = claim.parents_effect) {
            rows.push_back({claim.id, std::string(verdict_word(effect->verdict_without)),
                            std::string(verdict_word(claim.ours.verdict)),
                            percent_text(effect->power_without), percent_text(effect->power)});
        }
    }
    return rows;
}

} // namespace reports
