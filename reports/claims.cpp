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
    switch (kind) {
    case plan::ClaimKind::greater:
        return metrics::TermKind::greater;
    case plan::ClaimKind::not_worse:
        return metrics::TermKind::not_worse;
    case plan::ClaimKind::above:
        return metrics::TermKind::above;
    case plan::ClaimKind::below:
        break;
    }
    return metrics::TermKind::below;
}

std::string statement_of(const ClaimPair& pair) {
    switch (pair.term->kind) {
    case plan::ClaimKind::greater:
        return fmt::format("{} > {}", pair.label, pair.b->text());
    case plan::ClaimKind::not_worse:
        return fmt::format("{} not worse than {}", pair.label, pair.b->text());
    case plan::ClaimKind::above:
        return fmt::format("{} > {:g}", pair.label, *pair.term->bound);
    case plan::ClaimKind::below:
        break;
    }
    return fmt::format("{} < {:g}", pair.label, *pair.term->bound);
}

/// The group of a cell: its text without the axis that the best is taken over.
std::string label_of(const plan::ClaimTermSpec& term, plan::CellId cell) {
    if (term.best_of.empty()) {
        return cell.text();
    }
    cell.set_axis(term.best_of, "best " + term.best_of);
    return cell.text();
}

/// The best of several cells' samples; nothing when one of them is missing, for then nobody knows the best.
std::optional<metrics::Sample> best_of(const std::vector<plan::CellId>& cells, const SampleOf& sample_of) {
    std::optional<metrics::Sample> best;
    for (const plan::CellId& cell : cells) {
        const std::optional<metrics::Sample> sample = sample_of(cell.text());
        if (!sample || sample->n == 0) {
            return std::nullopt;
        }
        if (!best || sample->mean > best->mean) {
            best = sample;
        }
    }
    return best;
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
                           const SampleOf& sample_of, const SameSeeds& same_seeds) {
    metrics::Claim statement{.rule = rule_of(claim.rule),
                             .at_least = static_cast<std::size_t>(claim.at_least)};
    for (const ClaimPair& pair : pairs) {
        const bool few_shot = pair.a.front().shots != full_shot && pair.a.size() == 1 && pair.b;
        statement.terms.push_back(
            {.label = statement_of(pair),
             .kind = kind_of(pair.term->kind),
             .a = best_of(pair.a, sample_of),
             .b = pair.b ? sample_of(pair.b->text()) : std::nullopt,
             .margin = pair.term->margin,
             .by_sds = pair.term->by_sds,
             .bound = pair.term->bound.value_or(0.0),
             .paired_by_seed = few_shot && same_seeds(pair.a.front().text(), pair.b->text())});
    }
    return metrics::judge_claim(statement);
}

metrics::ClaimResult judge(const plan::ClaimSpec& claim, const std::vector<ClaimPair>& pairs,
                           const std::map<std::string, plan::Reference>& cells) {
    const auto sample = [&cells](const std::string& id) -> std::optional<metrics::Sample> {
        const auto found = cells.find(id);
        return found == cells.end() ? std::nullopt : std::optional(sample_of(found->second));
    };
    const auto same_seeds = [&cells](const std::string& a, const std::string& b) {
        const auto x = cells.find(a);
        const auto y = cells.find(b);
        return x != cells.end() && y != cells.end() &&
               std::equal(x->second.values.begin(), x->second.values.end(), y->second.values.begin(),
                          y->second.values.end(),
                          [](const auto& p, const auto& q) { return p.seed == q.seed; });
    };
    return judge(claim, pairs, sample, same_seeds);
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
