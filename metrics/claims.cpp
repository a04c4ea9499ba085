#include "metrics/claims.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "metrics/adjust.hpp"
#include "metrics/claim_term.hpp"

namespace metrics {

namespace {

using suite::ErrorKind;

std::size_t needed_terms(ClaimRule rule, std::size_t at_least, std::size_t terms) {
    switch (rule) {
    case ClaimRule::all:
        return terms;
    case ClaimRule::any:
        return 1;
    case ClaimRule::at_least:
        break;
    }
    return at_least;
}

std::size_t needed_terms(const Claim& claim) {
    return needed_terms(claim.rule, claim.at_least, claim.terms.size());
}

void find_cell_faults(const ClaimCell& cell, const std::string& label, suite::FaultList& faults) {
    if (cell.sample.n >= 2)
        find_faults(cell.sample, label, faults);
    if (!cell.seeds.empty() && cell.seeds.size() != cell.sample.values.size())
        faults.add({label, fmt::format("{} seeds of {} values", cell.seeds.size(), cell.sample.values.size()),
                    "one seed a value", ""});
}

void require_sane(const Claim& claim) {
    suite::FaultList faults;
    if (claim.terms.empty())
        faults.add({"claim", "no terms", "one term at least", "declare what is compared"});
    if (claim.rule == ClaimRule::at_least && (claim.at_least < 1 || claim.at_least > claim.terms.size()))
        faults.add({"claim", fmt::format("at least {} of {} terms", claim.at_least, claim.terms.size()),
                    "a number of terms between 1 and all", ""});
    for (const ClaimTerm& term : claim.terms) {
        const bool has_margin = term.kind == TermKind::not_worse || term.kind == TermKind::equivalent;
        if (has_margin && !(term.margin > 0 && std::isfinite(term.margin)))
            faults.add({term.label, fmt::format("margin {}", term.margin), "a finite margin above 0",
                        term.kind == TermKind::equivalent ? "declare by how much a and b may differ"
                                                          : "declare by how much a may be worse"});
        if (term.kind == TermKind::equivalent && term.a.size() > 1)
            faults.add({term.label, fmt::format("{} left-hand cells", term.a.size()),
                        "one: equivalence of a maximum is not defined here", "compare each cell"});
        if (!std::isfinite(term.bound) || !(term.by_sds >= 0 && std::isfinite(term.by_sds)))
            faults.add({term.label, fmt::format("bound {}, by_sds {}", term.bound, term.by_sds),
                        "finite numbers, by_sds 0 or more", ""});
        for (const ClaimCell& cell : term.a)
            find_cell_faults(cell, term.label, faults);
        find_cell_faults(term.b, term.label, faults);
    }
    faults.throw_if_any(ErrorKind::usage);
}

/// One direction of a claim: sets every adjusted p, returns the p of `needed` terms together.
double correct(std::span<TermResult> terms, std::size_t needed, const Rules& rules,
               std::optional<double> TermResult::*plain, std::optional<double> TermResult::*adjusted) {
    std::vector<double> family;
    for (const TermResult& term : terms)
        family.push_back((term.*plain).value_or(1.0));
    family = partial_conjunction(family, rules.all_of_is_intersection ? needed : 1);
    for (std::size_t i = 0; i < terms.size(); ++i)
        terms[i].*adjusted = terms[i].*plain ? std::optional(family[i]) : std::nullopt;
    std::sort(family.begin(), family.end());
    return family[needed - 1];
}

struct JudgedTerms {
    std::vector<TermResult> terms;
    CombinedTerms combined;
};

JudgedTerms judge_terms(const Claim& claim, const ClaimChoices& choices) {
    JudgedTerms judged;
    for (const ClaimTerm& term : claim.terms)
        judged.terms.push_back(test_term(term, choices));
    judged.combined = combine_terms(claim.rule, claim.at_least, judged.terms, choices.rules);
    return judged;
}

template<typename Visit>
void for_each_cell(const Claim& claim, const Visit& visit) {
    for (const ClaimTerm& term : claim.terms) {
        for (const ClaimCell& cell : term.a)
            visit(cell);
        if (!has_bound(term))
            visit(term.b);
    }
}

std::set<std::uint64_t> all_seeds(const Claim& claim) {
    std::set<std::uint64_t> seeds;
    for_each_cell(claim, [&seeds](const ClaimCell& cell) {
        const std::vector<std::uint64_t> of_cell = seeds_of(cell);
        seeds.insert(of_cell.begin(), of_cell.end());
    });
    return seeds;
}

std::size_t fewest_values(const Claim& claim) {
    std::optional<std::size_t> fewest;
    for_each_cell(claim, [&fewest](const ClaimCell& cell) {
        fewest = std::min(fewest.value_or(cell.sample.n), cell.sample.n);
    });
    return fewest.value_or(0);
}

bool has_raw_values(const Claim& claim) {
    bool raw = true;
    for_each_cell(claim, [&raw](const ClaimCell& cell) { raw = raw && !cell.sample.values.empty(); });
    return raw;
}

/// A choice under which the verdict is another one.
struct Dependency {
    std::string choice;
    ClaimVerdict verdict;
};

/// Every other defensible set of choices under which the verdict changes.
std::vector<Dependency> dependencies(const Claim& claim, ClaimVerdict verdict, const Rules& rules) {
    std::vector<Dependency> found;
    const auto try_choices = [&](const ClaimChoices& choices, std::string words) {
        const ClaimVerdict other = judge_terms(claim, choices).combined.verdict;
        if (other != verdict)
            found.push_back({std::move(words), other});
    };
    const auto with = [&rules](auto Rules::*rule, auto value) {
        ClaimChoices choices{.rules = rules};
        choices.rules.*rule = value;
        return choices;
    };
    try_choices({.rules = rules, .variance = Variance::pooled}, "pooled variance");
    try_choices(with(&Rules::alpha, rules.alpha / 2), "two-sided tests");
    const auto is_paired = [](const ClaimTerm& term) { return term.paired_by_seed; };
    if (rules.pairs_seeds && std::any_of(claim.terms.begin(), claim.terms.end(), is_paired))
        try_choices(with(&Rules::pairs_seeds, false), "seeds unpaired");
    if (rules.all_of_is_intersection && claim.terms.size() > 1)
        try_choices(with(&Rules::all_of_is_intersection, false), "Holm correction over all terms");
    for (const std::uint64_t seed : all_seeds(claim))
        try_choices({.rules = rules, .left_out = seed}, fmt::format("seed {} left out", seed));
    try_choices({.rules = rules, .counts_single_images = false}, "one test image");
    return found;
}

bool is_judged(const ClaimResult& result) {
    const bool all_tested = std::all_of(result.terms.begin(), result.terms.end(),
                                        [](const TermResult& term) { return term.p_favour.has_value(); });
    return result.verdict != ClaimVerdict::missing &&
           (result.verdict != ClaimVerdict::inconclusive || all_tested);
}

ClaimGrade grade_of(ClaimVerdict verdict, bool is_raw, std::span<const Dependency> found) {
    if (verdict == ClaimVerdict::holds)
        return !found.empty() ? ClaimGrade::fragile
               : is_raw       ? ClaimGrade::robust
                              : ClaimGrade::robust_printed;
    return std::any_of(found.begin(), found.end(),
                       [](const Dependency& entry) { return entry.verdict == ClaimVerdict::holds; })
               ? ClaimGrade::fragile
               : ClaimGrade::not_supported;
}

void judge_robustness(const Claim& claim, const Rules& rules, ClaimResult& result) {
    result.robustness = words_of(ClaimGrade::not_judged);
    if (!is_judged(result))
        return;
    const std::vector<Dependency> found = dependencies(claim, result.verdict, rules);
    const bool is_raw = has_raw_values(claim);
    result.grade = grade_of(result.verdict, is_raw, found);
    for (const Dependency& entry : found)
        result.depends_on.push_back(fmt::format("{} → {}", entry.choice, to_string(entry.verdict)));
    result.robustness = !found.empty()
                            ? fmt::format("fragile: depends on {}", fmt::join(result.depends_on, "; "))
                            : words_of(is_raw ? ClaimGrade::robust : ClaimGrade::robust_printed);
}

std::string cell_text(const ClaimCell& cell) {
    const Sample& sample = cell.sample;
    if (sample.n == 0)
        return "missing";
    return sample.sd ? fmt::format("{:.2f} ± {:.2f} (n = {})", sample.mean, *sample.sd, sample.n)
                     : fmt::format("{:.2f} (n = {})", sample.mean, sample.n);
}

/// The left-hand side: of several cells the one with the best mean.
std::string left_text(const ClaimTerm& term) {
    const ClaimCell* best = best_cell(term);
    const auto is_missing = [](const ClaimCell& cell) { return cell.sample.n == 0; };
    if (best == nullptr || std::any_of(term.a.begin(), term.a.end(), is_missing))
        return "missing";
    return term.a.size() > 1 ? fmt::format("{}, best of {}", cell_text(*best), term.a.size())
                             : cell_text(*best);
}

/// How the p-values of the terms are corrected where `needed` of them must hold, or fail; "" for one term.
std::string correction_text(std::size_t needed, std::size_t terms, std::string_view verb,
                            const Rules& rules) {
    if (terms < 2)
        return "";
    if (needed == 1 || !rules.all_of_is_intersection)
        return " (Holm)";
    if (needed == terms)
        return fmt::format(" (uncorrected: all must {})", verb);
    return fmt::format(" (times {}: {} of {} must {})", terms - needed + 1, needed, terms, verb);
}

std::string evidence_line(const Claim& claim, const ClaimTerm& term, const TermResult& result,
                          const Rules& rules) {
    std::string line = has_bound(term)
                           ? fmt::format("{}: {}", term.label, left_text(term))
                           : fmt::format("{}: {} against {}", term.label, left_text(term), cell_text(term.b));
    if (result.difference)
        line += fmt::format(", difference {:+.2f}", *result.difference);
    if (term.kind == TermKind::not_worse || term.kind == TermKind::equivalent)
        line += fmt::format(", margin {:g}", term.margin);
    if (term.by_sds > 0)
        line += fmt::format(", wanted above {:g} sds", term.by_sds);
    if (!result.test.empty())
        line += fmt::format(", {}", result.test);
    if (result.p_favour_adjusted && result.p_against_adjusted) {
        const std::size_t terms = claim.terms.size();
        const std::size_t needed = needed_terms(claim);
        line += fmt::format(", p = {:.2g} for{}, {:.2g} against{}", *result.p_favour_adjusted,
                            correction_text(needed, terms, "hold", rules), *result.p_against_adjusted,
                            correction_text(terms - needed + 1, terms, "fail", rules));
    }
    line += fmt::format(": {}", to_string(result.verdict));
    return result.reason.empty() ? line : fmt::format("{} ({})", line, result.reason);
}

} // namespace

std::string_view to_string(ClaimVerdict verdict) noexcept {
    constexpr std::array<std::string_view, 4> words{"holds", "fails", "inconclusive", "missing"};
    return words[static_cast<std::size_t>(verdict)];
}

std::string_view to_string(ClaimGrade grade) noexcept {
    constexpr std::array<std::string_view, 5> words{"robust", "robust-printed", "fragile", "not-supported",
                                                    "not-judged"};
    return words[static_cast<std::size_t>(grade)];
}

std::string_view words_of(ClaimGrade grade) noexcept {
    constexpr std::array<std::string_view, 5> words{"robust", "robust (printed values)", "fragile",
                                                    "not supported", "not judged"};
    return words[static_cast<std::size_t>(grade)];
}

CombinedTerms combine_terms(ClaimRule rule, std::size_t at_least, std::span<TermResult> terms,
                            const Rules& rules) {
    const std::size_t needed = needed_terms(rule, at_least, terms.size());
    const std::size_t needed_against = terms.size() - needed + 1;
    CombinedTerms combined;
    combined.p_favour = correct(terms, needed, rules, &TermResult::p_favour, &TermResult::p_favour_adjusted);
    combined.p_against =
        correct(terms, needed_against, rules, &TermResult::p_against, &TermResult::p_against_adjusted);
    bool any_missing = false;
    for (TermResult& term : terms) {
        if (term.verdict == ClaimVerdict::missing)
            any_missing = true;
        else
            term.verdict = ClaimVerdict::inconclusive;
        if (term.p_favour_adjusted.value_or(1.0) < rules.alpha)
            term.verdict = ClaimVerdict::holds;
        else if (term.p_against_adjusted.value_or(1.0) < rules.alpha)
            term.verdict = ClaimVerdict::fails;
    }
    combined.verdict = combined.p_favour < rules.alpha    ? ClaimVerdict::holds
                       : combined.p_against < rules.alpha ? ClaimVerdict::fails
                       : any_missing                      ? ClaimVerdict::missing
                                                          : ClaimVerdict::inconclusive;
    return combined;
}

ClaimResult judge_claim(const Claim& claim, const Rules& rules) {
    require_sane(claim);
    JudgedTerms judged = judge_terms(claim, {.rules = rules});
    ClaimResult result{.verdict = judged.combined.verdict,
                       .p_favour = judged.combined.p_favour,
                       .p_against = judged.combined.p_against,
                       .fewest_values = fewest_values(claim),
                       .terms = std::move(judged.terms)};
    judge_robustness(claim, rules, result);
    for (std::size_t i = 0; i < claim.terms.size(); ++i)
        result.evidence.push_back(evidence_line(claim, claim.terms[i], result.terms[i], rules));
    return result;
}

std::string undecided_text(const ClaimResult& result) {
    return result.verdict == ClaimVerdict::inconclusive
               ? fmt::format("cannot be decided with n = {}", result.fewest_values)
               : "";
}

ClaimErrorRates claim_error_rates(std::size_t claims, double alpha) {
    const auto count = static_cast<double>(claims);
    return {.claims = claims,
            .alpha = alpha,
            .expected = count * alpha,
            .chance_of_any = -std::expm1(count * std::log1p(-alpha))};
}

std::string error_rates_text(const ClaimErrorRates& rates) {
    if (rates.claims == 0)
        return "";
    if (rates.claims == 1)
        return fmt::format("The claim is tested at {:g} %.", 100 * rates.alpha);
    return fmt::format("Each claim is tested at {:g} %: if none of the {} claims were true, {:.2g} would be "
                       "expected to seem to hold, and the chance of at least one would be up to {:.0f} % "
                       "(independent tests).",
                       100 * rates.alpha, rates.claims, rates.expected, 100 * rates.chance_of_any);
}

} // namespace metrics
