// A sentence of the paper as a test: statements over cells, joined by all, any or at least k.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/rules.hpp"
#include "metrics/sample.hpp"
#include "metrics/t_tests.hpp"
#include "metrics/verdict.hpp"

namespace metrics {

enum class ClaimVerdict { holds, fails, inconclusive, missing };
[[nodiscard]] std::string_view to_string(ClaimVerdict verdict) noexcept;

enum class TermKind {
    greater,    ///< mean of a > mean of b
    not_worse,  ///< mean of a > mean of b − margin
    equivalent, ///< mean of a within mean of b ± margin
    above,      ///< mean of a > bound
    below,      ///< mean of a < bound
};

/// The numbers of one cell.
struct ClaimCell {
    Sample sample{};                    ///< n = 0: not run yet
    std::vector<std::uint64_t> seeds{}; ///< of sample.values, in their order; empty: 0, 1, 2, …
    /// Of a left-hand cell: what pre-training runs of their own add to the variance of its difference from b;
    /// none where both share them, or where it is not known.
    std::optional<VarianceComponent> parents{};
    /// What one test image is worth, in the metric's units; none where the metric is no share of images.
    std::optional<double> one_image{};
};

/// The values of the seeds that both cells have: a's as `ours`, b's as `reference`.
[[nodiscard]] SeedPairs shared_pairs(const ClaimCell& a, const ClaimCell& b);

/// One statement over two cells, or over a cell and a bound.
struct ClaimTerm {
    std::string label{};
    TermKind kind = TermKind::greater;
    /// Several: the maximum of them, whichever cell has it. "Above" is shown when one of the k cells is shown
    /// to be above, with p multiplied by k; "not above" when every one of them is.
    std::vector<ClaimCell> a{};
    ClaimCell b{};     ///< not looked at by above and below
    double margin = 0; ///< of not_worse and equivalent, in the metric's units, > 0
    /// Of greater: by more than this many sds of a value (metrics/effect_size.hpp).
    double by_sds = 0;
    double bound = 0; ///< of above and below, in the metric's units
    /// Test the differences of the seeds that both cells have (few-shot noise is mostly the draw,
    /// which the seed decides), where these are claim_min_values or more; else Welch.
    bool paired_by_seed = false;
};

enum class ClaimRule { all, any, at_least };

struct Claim {
    ClaimRule rule = ClaimRule::all;
    std::size_t at_least = 1; ///< terms that must hold, for ClaimRule::at_least
    std::vector<ClaimTerm> terms{};
};

/// Values per cell below which a claim is not judged.
inline constexpr std::size_t claim_min_values = 3;
/// An effect of fewer test images than this is said to depend on one of them.
inline constexpr double images_of_an_effect = 1.5;

struct TermResult {
    ClaimVerdict verdict = ClaimVerdict::missing;
    std::optional<double> difference{}; ///< mean a − mean b, or − bound; of several cells, of the best mean
    std::optional<double> effect{};    ///< by how much the term is met, in the metric's units; < 0: it is not
    std::optional<double> p_favour{};  ///< one-sided, small when the term is true; of this term alone
    std::optional<double> p_against{}; ///< one-sided, small when the term is false; of this term alone
    std::optional<double> p_favour_adjusted{}; ///< for the claim's rule: combine_terms
    std::optional<double> p_against_adjusted{};
    std::string test{};   ///< "Welch", "paired by seed, n = 4", …; "" where none exists
    std::string reason{}; ///< why a term is missing or could not be tested
};

/// A claim's verdict with the p-values that decide it.
struct CombinedTerms {
    ClaimVerdict verdict = ClaimVerdict::missing;
    double p_favour = 1;  ///< small when the claim is shown to be true
    double p_against = 1; ///< small when it is shown to be false
};

/// Applies the rule: a claim that needs m of its n terms holds when the partial-conjunction test shows that m
/// are true (metrics/adjust.hpp: of "all" every p < alpha without a correction, of "any" Holm), and fails
/// when the same test on the opposite p-values shows that n − m + 1 are false. Terms without a p count with
/// p = 1: a missing cell makes no claim easier. Reads p_favour, p_against and which verdicts are `missing`;
/// sets every adjusted p and verdict. Without `all_of_is_intersection` both sides are Holm's over all terms.
///     std::vector<TermResult> terms{{.verdict = inconclusive, .p_favour = .01, .p_against = .99}, …};
///     combine_terms(ClaimRule::all, 0, terms).verdict
[[nodiscard]] CombinedTerms combine_terms(ClaimRule rule, std::size_t at_least, std::span<TermResult> terms,
                                          const Rules& rules = {});

/// How far a claim can be relied on.
enum class ClaimGrade {
    robust,         ///< holds, and with every other defensible choice too, with raw values of every cell
    robust_printed, ///< the same as far as printed means and sds can tell: some cells have no raw values
    fragile,        ///< holds with one of them and not with another
    not_supported,  ///< holds with none
    not_judged,     ///< cells are missing or too small
};
/// "robust", "robust-printed", "fragile", "not-supported", "not-judged".
[[nodiscard]] std::string_view to_string(ClaimGrade grade) noexcept;
/// For people: "robust", "robust (printed values)", "fragile", "not supported", "not judged".
[[nodiscard]] std::string_view words_of(ClaimGrade grade) noexcept;

struct ClaimResult {
    ClaimVerdict verdict = ClaimVerdict::missing;
    ClaimGrade grade = ClaimGrade::not_judged;
    double p_favour = 1; ///< of the claim, see CombinedTerms
    double p_against = 1;
    std::size_t fewest_values = 0; ///< of a cell
    /// "robust" (or "robust (printed values)") when the verdict stays the same with the other defensible
    /// choices (pooled variance instead of Welch, two-sided tests, seeds unpaired, Holm over all terms, any
    /// one seed left out, effects of less than 1.5 test images not counted), "fragile: depends on …" naming
    /// those that change it, "not judged" when cells are missing or too small.
    std::string robustness{};
    /// Those choices that change the verdict, "CHOICE → VERDICT".
    std::vector<std::string> depends_on{};
    std::vector<std::string> evidence{}; ///< one line a term
    std::vector<TermResult> terms{};
};

/// Tests every term and combines them by the claim's rule. A term that is a maximum of k cells counts k times
/// its smallest p. Throws Error(usage): no terms, at_least outside 1..terms, a bad margin, numbers not
/// finite, seeds that are not one a value.
[[nodiscard]] ClaimResult judge_claim(const Claim& claim, const Rules& rules = {});

/// Of an inconclusive claim: "cannot be decided with n = 5"; "" of others. Not significant is not absent.
[[nodiscard]] std::string undecided_text(const ClaimResult& result);

/// What testing many claims at one level means.
struct ClaimErrorRates {
    std::size_t claims = 0;
    double alpha = default_alpha;
    double expected = 0; ///< claims that would seem to hold, if none of them were true
    double chance_of_any =
        0; ///< of at least one such claim, for independent tests; smaller for dependent ones
};
[[nodiscard]] ClaimErrorRates claim_error_rates(std::size_t claims, double alpha = default_alpha);
/// The same as a sentence; "" for no claims.
[[nodiscard]] std::string error_rates_text(const ClaimErrorRates& rates);

} // namespace metrics
