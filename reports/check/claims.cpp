#include "reports/check/claims.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "suite/base/metric_kinds.hpp"
#include "suite/base/names.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;

metrics::TermKind kind_of(plan::ClaimKind kind) {
    switch (kind) {
    case plan::ClaimKind::greater:
        return metrics::TermKind::greater;
    case plan::ClaimKind::not_worse:
        return metrics::TermKind::not_worse;
    case plan::ClaimKind::equivalent:
        return metrics::TermKind::equivalent;
    case plan::ClaimKind::above:
        return metrics::TermKind::above;
    case plan::ClaimKind::below:
        break;
    }
    return metrics::TermKind::below;
}

/// The group of a cell: its text without the axis that the best is taken over.
std::string label_of(const plan::ClaimTermSpec& term, plan::CellId cell) {
    if (term.best_of.empty()) {
        return cell.text();
    }
    cell.set_axis(term.best_of, "best " + term.best_of);
    return cell.text();
}

/// The comparison's numbers, with what pre-training runs add to it.
metrics::ClaimTerm term_of(const ClaimPair& pair, const NumbersOf& numbers_of, const ParentsOf& parents_of) {
    metrics::ClaimTerm term{.label = statement_of(pair),
                            .kind = kind_of(pair.term->kind),
                            .b = pair.b ? numbers_of(*pair.b) : metrics::ClaimCell{},
                            .margin = pair.term->margin,
                            .by_sds = pair.term->by_sds,
                            .bound = pair.term->bound.value_or(0.0),
                            .paired_by_seed = pair.b && !pair.a.front().is_full_shot()};
    for (const plan::CellId& cell : pair.a) {
        term.a.push_back(numbers_of(cell));
        if (pair.b && parents_of) {
            term.a.back().parents = parents_of(cell, *pair.b);
        }
    }
    return term;
}

/// Adds the cell to the comparison that it belongs to.
void add_pair(std::vector<ClaimPair>& pairs, const plan::ClaimTermSpec& term, const plan::CellId& a,
              const std::optional<plan::CellId>& b) {
    const std::string label = label_of(term, a);
    const auto group = std::find_if(pairs.begin(), pairs.end(), [&](const ClaimPair& pair) {
        return pair.term == &term && pair.label == label;
    });
    if (group != pairs.end()) {
        group->a.push_back(a);
    } else {
        pairs.push_back({.label = label, .a = {a}, .b = b, .term = &term});
    }
}

} // namespace

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

std::string statement_of(const ClaimPair& pair) {
    switch (pair.term->kind) {
    case plan::ClaimKind::greater:
        return fmt::format("{} > {}", pair.label, pair.b->text());
    case plan::ClaimKind::not_worse:
        return fmt::format("{} not worse than {}", pair.label, pair.b->text());
    case plan::ClaimKind::equivalent:
        return fmt::format("{} as good as {}", pair.label, pair.b->text());
    case plan::ClaimKind::above:
        return fmt::format("{} > {:g}", pair.label, *pair.term->bound);
    case plan::ClaimKind::below:
        break;
    }
    return fmt::format("{} < {:g}", pair.label, *pair.term->bound);
}

std::vector<ClaimPair> expand_claim(const plan::WorkloadSpec& workload, const plan::ClaimSpec& claim) {
    const std::vector<plan::CellId> cells = plan::claim_cells(workload, claim);
    const auto exists = [&cells](const std::string& text) {
        return std::any_of(cells.begin(), cells.end(),
                           [&](const plan::CellId& cell) { return cell.text() == text; });
    };
    std::vector<ClaimPair> pairs;
    for (const plan::ClaimTermSpec& term : claim.terms) {
        for (const plan::CellId& a : cells) {
            if (!suite::glob_match(term.cells, a.text())) {
                continue;
            }
            plan::CellId b = a;
            for (const auto& [axis, value] : term.versus) {
                b.set_axis(axis, value);
            }
            if (term.bound) {
                add_pair(pairs, term, a, std::nullopt);
            } else if (a.text() != b.text() && exists(b.text())) {
                add_pair(pairs, term, a, b);
            }
        }
    }
    return pairs;
}

metrics::ClaimResult judge(const plan::ClaimSpec& claim, const std::vector<ClaimPair>& pairs,
                           const NumbersOf& numbers_of, const ParentsOf& parents_of,
                           const metrics::Rules& rules) {
    metrics::Claim statement{.rule = rule_of(claim.rule),
                             .at_least = static_cast<std::size_t>(claim.at_least)};
    for (const ClaimPair& pair : pairs) {
        statement.terms.push_back(term_of(pair, numbers_of, parents_of));
    }
    return metrics::judge_claim(statement, rules);
}

metrics::ClaimResult judge(const plan::ClaimSpec& claim, const std::vector<ClaimPair>& pairs,
                           const std::map<std::string, plan::Reference>& cells, const ParentsOf& parents_of,
                           const metrics::Rules& rules) {
    const auto numbers_of = [&cells](const plan::CellId& cell) {
        const auto found = cells.find(cell.text());
        return found == cells.end() ? metrics::ClaimCell{} : claim_cell(found->second);
    };
    return judge(claim, pairs, numbers_of, parents_of, rules);
}

std::optional<double> points_of_one_image(const std::string& metric, std::size_t test_images) {
    return suite::counts_samples(metric) && test_images > 0
               ? std::optional(100.0 / static_cast<double>(test_images))
               : std::nullopt;
}

metrics::ClaimCell claim_cell(const plan::Reference& reference) {
    metrics::ClaimCell cell{.sample = sample_of(reference)};
    for (const plan::SeedValue& entry : reference.values) {
        cell.seeds.push_back(entry.seed);
    }
    return cell;
}

metrics::ClaimCell claim_cell(const CellResult& cell) {
    if (cell.values.empty() || cell.is_limited) {
        return {};
    }
    metrics::ClaimCell numbers{.sample = cell.ours};
    for (const SeedResult& entry : cell.values) {
        numbers.seeds.push_back(entry.seed);
    }
    numbers.one_image = points_of_one_image(cell.metric, cell.test_set.images);
    return numbers;
}

metrics::ClaimErrorRates error_rates_of(const CheckResult& result) {
    return metrics::claim_error_rates(static_cast<std::size_t>(
        std::count_if(result.claims.begin(), result.claims.end(), [](const ClaimResult& claim) {
            return claim.ours.verdict != metrics::ClaimVerdict::missing;
        })));
}

nlohmann::ordered_json to_json(const metrics::ClaimErrorRates& rates) {
    return {{"claims", rates.claims},
            {"alpha", rates.alpha},
            {"expected", rates.expected},
            {"chance_of_any", rates.chance_of_any},
            {"text", metrics::error_rates_text(rates)}};
}

metrics::Sample sample_of(const plan::Reference& reference) {
    if (reference.values.empty() && reference.printed) {
        return metrics::summary_sample(reference.printed->mean, reference.printed->sd, reference.printed->n);
    }
    std::vector<double> values;
    for (const plan::SeedValue& entry : reference.values) {
        values.push_back(entry.value);
    }
    return metrics::make_sample(values);
}

} // namespace reports
