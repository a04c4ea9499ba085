#include "metrics/claims.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "metrics/adjust.hpp"

namespace metrics {

namespace {

using suite::ErrorKind;

enum class Variance { welch, pooled };
enum class Correction { holm, none };

/// The choices behind one verdict.
struct Choices {
    Variance variance = Variance::welch;
    Correction correction = Correction::holm;
    bool pairs_seeds = true;               ///< where a term says so
    std::optional<std::size_t> left_out{}; ///< position of the seed that is not looked at
    double alpha = default_alpha;
};

bool present(const std::optional<Sample>& sample) {
    return sample && sample->n > 0;
}
bool has_bound(const ClaimTerm& term) {
    return term.kind == TermKind::above || term.kind == TermKind::below;
}
bool constant(const Sample& sample) {
    return moments_of(sample, sample.mean).variance == 0;
}

bool pairs_exist(const ClaimTerm& term) {
    return term.paired_by_seed && !term.a->values.empty() && term.a->values.size() == term.b->values.size();
}

std::size_t needed_terms(const Claim& claim) {
    switch (claim.rule) {
    case ClaimRule::all:
        return claim.terms.size();
    case ClaimRule::any:
        return 1;
    case ClaimRule::at_least:
        break;
    }
    return claim.at_least;
}

void require_sane(const Claim& claim) {
    suite::FaultList faults;
    if (claim.terms.empty())
        faults.add({"claim", "no terms", "one term at least", "declare what is compared"});
    if (claim.rule == ClaimRule::at_least && (claim.at_least < 1 || claim.at_least > claim.terms.size()))
        faults.add({"claim", fmt::format("at least {} of {} terms", claim.at_least, claim.terms.size()),
                    "a number of terms between 1 and all", ""});
    for (const ClaimTerm& term : claim.terms) {
        if (term.kind == TermKind::not_worse && !(term.margin > 0 && std::isfinite(term.margin)))
            faults.add({term.label, fmt::format("margin {}", term.margin), "a finite margin above 0",
                        "declare by how much a may be worse"});
        if (!std::isfinite(term.bound) || !(term.by_sds >= 0 && std::isfinite(term.by_sds)))
            faults.add({term.label, fmt::format("bound {}, by_sds {}", term.bound, term.by_sds),
                        "finite numbers, by_sds 0 or more", ""});
        for (const auto* side : {&term.a, &term.b})
            if (present(*side) && (*side)->n >= 2)
                find_faults(**side, term.label, faults);
    }
    faults.throw_if_any(ErrorKind::usage);
}

std::optional<Sample> without_seed(const std::optional<Sample>& sample, std::size_t position) {
    if (!present(sample) || position >= sample->values.size())
        return sample;
    std::vector<double> values = sample->values;
    values.erase(values.begin() + static_cast<std::ptrdiff_t>(position));
    return make_sample(values);
}

std::optional<TermResult> untestable_against_bound(const ClaimTerm& term, std::size_t min_values) {
    if (!present(term.a))
        return TermResult{.verdict = ClaimVerdict::missing, .reason = "the cell is missing"};
    TermResult result{.verdict = ClaimVerdict::inconclusive, .difference = term.a->mean - term.bound};
    if (term.a->n < min_values)
        result.reason = fmt::format("n = {}: a claim needs {} values a cell", term.a->n, min_values);
    else if (constant(*term.a))
        result.reason = "zero variance: no t test exists";
    else
        return std::nullopt;
    return result;
}

/// Nothing when the term can be tested; else the verdict and reason that it gets instead.
std::optional<TermResult> untestable(const ClaimTerm& term, std::size_t min_values) {
    if (has_bound(term))
        return untestable_against_bound(term, min_values);
    if (!present(term.a) || !present(term.b))
        return TermResult{.verdict = ClaimVerdict::missing,
                          .reason = present(term.a)   ? "b is missing"
                                    : present(term.b) ? "a is missing"
                                                      : "both cells are missing"};
    TermResult result{.verdict = ClaimVerdict::inconclusive, .difference = term.a->mean - term.b->mean};
    if (std::min(term.a->n, term.b->n) < min_values)
        result.reason =
            fmt::format("n = {} and {}: a claim needs {} values a cell", term.a->n, term.b->n, min_values);
    else if (constant(*term.a) && constant(*term.b))
        result.reason = "zero variance on both sides: no t test exists";
    else
        return std::nullopt;
    return result;
}

TTest unpaired_test(const ClaimTerm& term, Variance variance) {
    return variance == Variance::welch ? welch(*term.a, *term.b) : pooled(*term.a, *term.b);
}

TermResult test_term(const ClaimTerm& term, const Choices& choices, std::size_t min_values) {
    if (auto result = untestable(term, min_values))
        return *result;
    TTest test;
    if (has_bound(term))
        test = one_sample(*term.a, term.bound);
    else if (choices.pairs_seeds && pairs_exist(term) && !pairs_are_constant(term.a->values, term.b->values))
        test = paired(term.a->values, term.b->values);
    else
        test = unpaired_test(term, choices.variance);
    if (term.kind == TermKind::not_worse)
        test = shifted(test, -term.margin);
    if (term.kind == TermKind::below)
        std::swap(test.p_greater, test.p_less);
    return {.verdict = ClaimVerdict::inconclusive,
            .difference = test.difference,
            .p_favour = test.p_greater,
            .p_against = test.p_less};
}

/// Whether the difference is as large as the term asks, in pooled sds (n − 1).
bool large_enough(const ClaimTerm& term, const TermResult& result) {
    if (term.by_sds == 0 || !result.difference || !present(term.a) || !present(term.b))
        return true;
    const TTest test = pooled(*term.a, *term.b);
    const double sd = test.standard_error /
                      std::sqrt(1.0 / static_cast<double>(term.a->n) + 1.0 / static_cast<double>(term.b->n));
    return *result.difference > term.by_sds * sd;
}

/// Corrected over all terms; those without a p count as 1.
void correct(std::span<TermResult> terms, Correction correction, std::optional<double> TermResult::*plain,
             std::optional<double> TermResult::*adjusted) {
    std::vector<double> family;
    for (const TermResult& term : terms)
        family.push_back((term.*plain).value_or(1.0));
    if (correction == Correction::holm)
        family = holm(family);
    for (std::size_t i = 0; i < terms.size(); ++i)
        if (terms[i].*plain)
            terms[i].*adjusted = family[i];
}

void decide_terms(std::span<const ClaimTerm> statements, std::span<TermResult> terms,
                  const Choices& choices) {
    correct(terms, choices.correction, &TermResult::p_favour, &TermResult::p_favour_adjusted);
    correct(terms, choices.correction, &TermResult::p_against, &TermResult::p_against_adjusted);
    for (std::size_t i = 0; i < terms.size(); ++i) {
        TermResult& term = terms[i];
        if (term.p_favour_adjusted && *term.p_favour_adjusted < choices.alpha) {
            term.verdict = large_enough(statements[i], term) ? ClaimVerdict::holds : ClaimVerdict::fails;
            if (term.verdict == ClaimVerdict::fails)
                term.reason = fmt::format("not above {:g} sds", statements[i].by_sds);
        } else if (term.p_against_adjusted && *term.p_against_adjusted < choices.alpha)
            term.verdict = ClaimVerdict::fails;
    }
}

ClaimVerdict combine(std::span<const TermResult> terms, std::size_t needed) {
    const auto count = [&](ClaimVerdict verdict) {
        return static_cast<std::size_t>(std::count_if(
            terms.begin(), terms.end(), [&](const TermResult& term) { return term.verdict == verdict; }));
    };
    if (count(ClaimVerdict::holds) >= needed)
        return ClaimVerdict::holds;
    if (terms.size() - count(ClaimVerdict::fails) < needed)
        return ClaimVerdict::fails;
    return count(ClaimVerdict::missing) > 0 ? ClaimVerdict::missing : ClaimVerdict::inconclusive;
}

std::vector<TermResult> judge_terms(const Claim& claim, const Choices& choices) {
    std::vector<TermResult> results;
    std::vector<ClaimTerm> statements;
    for (ClaimTerm term : claim.terms) {
        std::size_t min_values = claim_min_values;
        if (choices.left_out) {
            // Two values a cell are enough to see whether a verdict hangs on one seed.
            min_values = claim_min_values - 1;
            term.a = without_seed(term.a, *choices.left_out);
            term.b = without_seed(term.b, *choices.left_out);
        }
        results.push_back(test_term(term, choices, min_values));
        statements.push_back(std::move(term));
    }
    decide_terms(statements, results, choices);
    return results;
}

std::size_t longest_raw_sample(const Claim& claim) {
    std::size_t longest = 0;
    for (const ClaimTerm& term : claim.terms)
        for (const auto* side : {&term.a, &term.b})
            if (present(*side))
                longest = std::max(longest, (*side)->values.size());
    return longest;
}

/// A choice under which the verdict is another one.
struct Dependency {
    std::string choice;
    ClaimVerdict verdict;
};

/// Every other defensible set of choices under which the verdict changes.
std::vector<Dependency> dependencies(const Claim& claim, ClaimVerdict verdict, double alpha) {
    std::vector<Dependency> found;
    const auto try_choices = [&](const Choices& choices, std::string words) {
        const ClaimVerdict other = combine(judge_terms(claim, choices), needed_terms(claim));
        if (other != verdict)
            found.push_back({std::move(words), other});
    };
    try_choices({.variance = Variance::pooled, .alpha = alpha}, "pooled variance");
    try_choices({.alpha = alpha / 2}, "two-sided tests");
    if (std::any_of(claim.terms.begin(), claim.terms.end(),
                    [](const ClaimTerm& term) { return term.paired_by_seed; }))
        try_choices({.pairs_seeds = false, .alpha = alpha}, "seeds unpaired");
    if (claim.terms.size() > 1)
        try_choices({.correction = Correction::none, .alpha = alpha}, "no Holm correction");
    for (std::size_t seed = 0; seed < longest_raw_sample(claim); ++seed)
        try_choices({.left_out = seed, .alpha = alpha}, fmt::format("seed position {} left out", seed));
    return found;
}

bool is_judged(const ClaimResult& result) {
    const bool all_tested = std::all_of(result.terms.begin(), result.terms.end(),
                                        [](const TermResult& term) { return term.p_favour.has_value(); });
    return result.verdict != ClaimVerdict::missing &&
           (result.verdict != ClaimVerdict::inconclusive || all_tested);
}

ClaimGrade grade_of(ClaimVerdict verdict, std::span<const Dependency> found) {
    if (verdict == ClaimVerdict::holds)
        return found.empty() ? ClaimGrade::robust : ClaimGrade::fragile;
    return std::any_of(found.begin(), found.end(),
                       [](const Dependency& entry) { return entry.verdict == ClaimVerdict::holds; })
               ? ClaimGrade::fragile
               : ClaimGrade::not_supported;
}

void judge_robustness(const Claim& claim, double alpha, ClaimResult& result) {
    result.robustness = "not judged";
    if (!is_judged(result))
        return;
    const std::vector<Dependency> found = dependencies(claim, result.verdict, alpha);
    result.grade = grade_of(result.verdict, found);
    for (const Dependency& entry : found)
        result.depends_on.push_back(fmt::format("{} → {}", entry.choice, to_string(entry.verdict)));
    result.robustness =
        found.empty() ? "robust" : fmt::format("fragile: {}", fmt::join(result.depends_on, "; "));
}

std::string side_text(const std::optional<Sample>& sample) {
    if (!present(sample))
        return "missing";
    return sample->sd ? fmt::format("{:.2f} ± {:.2f} (n = {})", sample->mean, *sample->sd, sample->n)
                      : fmt::format("{:.2f} (n = {})", sample->mean, sample->n);
}

std::string evidence_line(const ClaimTerm& term, const TermResult& result) {
    std::string line =
        has_bound(term) ? fmt::format("{}: {}", term.label, side_text(term.a))
                        : fmt::format("{}: {} against {}", term.label, side_text(term.a), side_text(term.b));
    if (result.difference)
        line += fmt::format(", difference {:+.2f}", *result.difference);
    if (term.kind == TermKind::not_worse)
        line += fmt::format(", margin {:g}", term.margin);
    if (term.by_sds > 0)
        line += fmt::format(", wanted above {:g} sds", term.by_sds);
    if (result.p_favour_adjusted && result.p_against_adjusted)
        line += fmt::format(", p = {:.2g} for, {:.2g} against (Holm)", *result.p_favour_adjusted,
                            *result.p_against_adjusted);
    line += fmt::format(": {}", to_string(result.verdict));
    return result.reason.empty() ? line : fmt::format("{} ({})", line, result.reason);
}

} // namespace

std::string_view to_string(ClaimVerdict verdict) noexcept {
    constexpr std::array<std::string_view, 4> words{"holds", "fails", "inconclusive", "missing"};
    return words[static_cast<std::size_t>(verdict)];
}

std::string_view to_string(ClaimGrade grade) noexcept {
    constexpr std::array<std::string_view, 4> words{"robust", "fragile", "not supported", "not judged"};
    return words[static_cast<std::size_t>(grade)];
}

ClaimResult judge_claim(const Claim& claim, double alpha) {
    require_sane(claim);
    ClaimResult result{.terms = judge_terms(claim, {.alpha = alpha})};
    result.verdict = combine(result.terms, needed_terms(claim));
    judge_robustness(claim, alpha, result);
    for (std::size_t i = 0; i < claim.terms.size(); ++i)
        result.evidence.push_back(evidence_line(claim.terms[i], result.terms[i]));
    return result;
}

} // namespace metrics
