#include "reports/check/test_set.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "metrics/margin.hpp"
#include "reports/format/text_format.hpp"
#include "suite/base/metric_kinds.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;
using metrics::CellOutcomes;
using metrics::NormalTest;
using suite::store::TestOutcomes;

/// Of a finished run; null where they are not known.
const TestOutcomes* outcomes_of(const SeedResult& run, Records& records) {
    const suite::store::Lookup& lookup = records.look_up(run.key);
    return lookup.record && lookup.record->outcomes && !lookup.record->outcomes->values.empty()
               ? &*lookup.record->outcomes
               : nullptr;
}

bool is_same_test_set(const TestOutcomes& a, const TestOutcomes& b) {
    return a.metric == b.metric && a.test_set == b.test_set && a.values.size() == b.values.size();
}

/// A test of one cell on the left.
struct TermTest {
    NormalTest test; ///< difference and standard error
    double p = 1;
    double p_against = 1;
};

using MaybeTest = std::optional<TermTest>;

MaybeTest one_sided(const std::optional<NormalTest>& test, bool is_greater = true) {
    return test ? MaybeTest({.test = *test,
                             .p = is_greater ? test->p_greater : test->p_less,
                             .p_against = is_greater ? test->p_less : test->p_greater})
                : std::nullopt;
}

/// Two one-sided tests within the margin; against it, a difference beyond it, on either side: both tails of
/// the test at the margin that lies nearer (as metrics::p_beyond).
MaybeTest within(const CellOutcomes& a, const CellOutcomes& b, double margin) {
    const auto above = metrics::test_over_images(a, b, -margin);
    const auto below = metrics::test_over_images(a, b, margin);
    if (!above || !below) {
        return std::nullopt;
    }
    return TermTest{.test = *above,
                    .p = std::max(above->p_greater, below->p_less),
                    .p_against =
                        std::min(above->p_greater + below->p_greater, above->p_less + below->p_less)};
}

/// Of the seeds of both cells; none where neither has two.
std::optional<double> sd_of_seeds(const CellOnImages& a, const CellOnImages& b) {
    return metrics::pooled_sd(std::array{a.sample, b.sample});
}

MaybeTest tested(const plan::ClaimTermSpec& term, const CellOnImages& a, const CellOnImages& b) {
    switch (term.kind) {
    case plan::ClaimKind::greater:
        return one_sided(metrics::test_over_images(*a.outcomes, *b.outcomes,
                                                   term.by_sds * sd_of_seeds(a, b).value_or(0.0)));
    case plan::ClaimKind::not_worse:
        return one_sided(metrics::test_over_images(*a.outcomes, *b.outcomes, -term.margin));
    case plan::ClaimKind::equivalent:
        return within(*a.outcomes, *b.outcomes, term.margin);
    case plan::ClaimKind::above:
        return one_sided(metrics::test_over_images(*a.outcomes, *term.bound));
    case plan::ClaimKind::below:
        break;
    }
    return one_sided(metrics::test_over_images(*a.outcomes, *term.bound), false);
}

bool is_known(const CellOnImages& cell) {
    return cell.outcomes != nullptr && !cell.outcomes->outcomes.empty();
}

/// Why a cell, or two, cannot be tested over images; "" where they can.
std::string obstacle_to(const ClaimPair& pair, const plan::CellId& id, const CellOnImages& a,
                        const CellOnImages& b) {
    if (!is_known(a) || (pair.b && !is_known(b))) {
        return "what each test image contributed is not known";
    }
    if (pair.b && (pair.b->target() != id.target() || !metrics::can_be_paired(*a.outcomes, *b.outcomes))) {
        return "the cells are scored on different test images";
    }
    if (pair.term->by_sds > 0 && !sd_of_seeds(a, b)) {
        return "the spread over the seeds is not known";
    }
    return "";
}

/// One of k cells is enough: p times k.
double any_of(const std::optional<double>& so_far, double own, std::size_t cells) {
    return std::min({1.0, so_far.value_or(1.0), own * static_cast<double>(cells)});
}

/// Every cell must be shown.
double all_of(const std::optional<double>& so_far, double own) {
    return std::max(so_far.value_or(0.0), own);
}

/// Takes one more cell on the left into the term, which is about the maximum of them: it is above when one of
/// the k is shown to be, and not above when every one is shown not to be; below a bound when every one is.
void take(TestSetTerm& term, plan::ClaimKind kind, const TermTest& own, std::size_t cells) {
    if (kind == plan::ClaimKind::below) {
        term.p = all_of(term.p, own.p);
        term.p_against = any_of(term.p_against, own.p_against, cells);
    } else {
        term.p = any_of(term.p, own.p, cells);
        term.p_against = all_of(term.p_against, own.p_against);
    }
    if (!term.difference || own.test.difference > *term.difference) {
        term.difference = own.test.difference;
        term.standard_error = own.test.standard_error;
    }
}

TestSetTerm judge_term(const ClaimPair& pair, const OutcomesOf& outcomes_of) {
    TestSetTerm term{.label = statement_of(pair)};
    const CellOnImages b = pair.b ? outcomes_of(*pair.b) : CellOnImages{};
    for (const plan::CellId& id : pair.a) {
        const CellOnImages a = outcomes_of(id);
        const std::string reason = obstacle_to(pair, id, a, b);
        const MaybeTest own = reason.empty() ? tested(*pair.term, a, b) : std::nullopt;
        if (!own) {
            return {.label = term.label,
                    .reason = reason.empty() ? "all test images were scored alike: no test exists" : reason};
        }
        take(term, pair.term->kind, *own, pair.a.size());
    }
    return term;
}

TestSetVerdict verdict_of(metrics::ClaimVerdict verdict) {
    switch (verdict) {
    case metrics::ClaimVerdict::holds:
        return TestSetVerdict::holds;
    case metrics::ClaimVerdict::fails:
        return TestSetVerdict::fails;
    case metrics::ClaimVerdict::inconclusive:
        return TestSetVerdict::inconclusive;
    case metrics::ClaimVerdict::missing:
        break;
    }
    return TestSetVerdict::not_known;
}

/// By the claim's rule; a term that could not be tested counts with p = 1.
void combine(TestSetClaim& claim, const plan::ClaimSpec& spec) {
    std::vector<metrics::TermResult> terms;
    for (const TestSetTerm& term : claim.terms) {
        terms.push_back(
            {.verdict = term.p ? metrics::ClaimVerdict::inconclusive : metrics::ClaimVerdict::missing,
             .p_favour = term.p,
             .p_against = term.p_against});
    }
    const metrics::CombinedTerms combined =
        metrics::combine_terms(rule_of(spec.rule), static_cast<std::size_t>(spec.at_least), terms);
    claim.verdict = verdict_of(combined.verdict);
    if (claim.verdict != TestSetVerdict::not_known) {
        claim.p = combined.p_favour;
        claim.p_against = combined.p_against;
    }
}

std::string reason_of(const TestSetClaim& claim) {
    for (const TestSetTerm& term : claim.terms) {
        if (!term.reason.empty()) {
            return term.reason;
        }
    }
    return "it compares nothing";
}

} // namespace

CellOutcomes outcomes_of(const CellResult& cell, Records& records) {
    CellOutcomes outcomes{.trainings = cell.values.size(), .score = cell.ours.mean};
    if (cell.is_limited || cell.values.empty()) {
        return outcomes;
    }
    const TestOutcomes* first = outcomes_of(cell.values.front(), records);
    std::vector<double> sums(first == nullptr ? 0 : first->values.size());
    for (const SeedResult& run : cell.values) {
        const TestOutcomes* own = outcomes_of(run, records);
        if (first == nullptr || own == nullptr || own->metric != cell.metric ||
            !is_same_test_set(*first, *own)) {
            return outcomes;
        }
        std::transform(sums.begin(), sums.end(), own->values.begin(), sums.begin(),
                       [](double sum, float value) { return sum + static_cast<double>(value); });
    }
    for (double& sum : sums) {
        sum /= static_cast<double>(cell.values.size());
    }
    outcomes.metric = first->metric;
    outcomes.test_set = first->test_set;
    outcomes.outcomes = std::move(sums);
    return outcomes;
}

TestSetSide test_set_of(const CellOutcomes& outcomes) {
    return {.images = outcomes.outcomes.size(), .se = metrics::test_set_se(outcomes)};
}

TestSetSide published_test_set(const std::optional<ReferenceSide>& published, const std::string& metric,
                               std::size_t test_images) {
    if (!published) {
        return {};
    }
    return {.images = test_images,
            .se = suite::counts_samples(metric) ? metrics::binomial_se(published->sample.mean, test_images)
                                                : std::nullopt};
}

TestSetClaim judge_over_images(const plan::ClaimSpec& claim, const std::vector<ClaimPair>& pairs,
                               const OutcomesOf& outcomes_of) {
    TestSetClaim result;
    for (const ClaimPair& pair : pairs) {
        result.terms.push_back(judge_term(pair, outcomes_of));
    }
    if (!result.terms.empty()) {
        combine(result, claim);
    }
    return result;
}

std::string test_set_text(const TestSetSide& side) {
    return side.se ? fmt::format("{:.2f}", *side.se) : "—";
}

std::string_view verdict_word(TestSetVerdict verdict) {
    return verdict == TestSetVerdict::inconclusive ? "cannot be told" : to_string(verdict);
}

std::string test_set_sentence(const TestSetClaim& claim) {
    const std::string start = fmt::format("On another test set: {}", verdict_word(claim.verdict));
    switch (claim.verdict) {
    case TestSetVerdict::holds:
        return fmt::format("{} (p = {:.2g}).", start, *claim.p);
    case TestSetVerdict::fails:
        return fmt::format("{} (p = {:.2g} against it).", start, *claim.p_against);
    case TestSetVerdict::inconclusive:
        return fmt::format("{} (p = {:.2g} for it, {:.2g} against it).", start, *claim.p, *claim.p_against);
    case TestSetVerdict::not_known:
        break;
    }
    return fmt::format("{}: {}.", start, reason_of(claim));
}

} // namespace reports
