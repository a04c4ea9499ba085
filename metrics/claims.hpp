// A sentence of the paper as a test: directional statements over cells, joined by all, any or at least k.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/sample.hpp"
#include "metrics/t_tests.hpp"

namespace metrics {

enum class ClaimVerdict { holds, fails, inconclusive, missing };
[[nodiscard]] std::string_view to_string(ClaimVerdict verdict) noexcept;

enum class TermKind {
    greater,   ///< mean of a > mean of b
    not_worse, ///< mean of a > mean of b − margin
    above,     ///< mean of a > bound
    below,     ///< mean of a < bound
};

/// One directional statement over two cells, or over a cell and a bound.
struct ClaimTerm {
    std::string label{};
    TermKind kind = TermKind::greater;
    std::optional<Sample> a{}; ///< absent or n = 0: not run yet
    std::optional<Sample> b{};
    double margin = 0; ///< of not_worse, in the metric's units, > 0; ignored for greater
    /// Of greater: a difference that is significant but not above this many pooled sds fails.
    double by_sds = 0;
    double bound = 0; ///< of above and below, in the metric's units; b is not looked at
    /// Both samples hold the same seeds in the same order: test the differences (few-shot noise is mostly the
    /// seed, spec suites.md section 0 no. 3). Falls back to Welch where raw values are not there on both
    /// sides.
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

struct TermResult {
    ClaimVerdict verdict = ClaimVerdict::missing;
    std::optional<double> difference{}; ///< mean a − mean b, or − bound
    std::optional<double> p_favour{};   ///< one-sided, small when the term is true; of this term alone
    std::optional<double> p_against{};  ///< one-sided, small when the term is false; of this term alone
    std::optional<double> p_favour_adjusted{}; ///< Holm over all terms of the claim
    std::optional<double> p_against_adjusted{};
    std::string reason{}; ///< why a term is missing or could not be tested
};

/// How far a claim can be relied on.
enum class ClaimGrade {
    robust,        ///< holds, and with every other defensible choice too
    fragile,       ///< holds with one of them and not with another
    not_supported, ///< holds with none
    not_judged,    ///< cells are missing or too small
};
/// "robust", "fragile", "not supported", "not judged".
[[nodiscard]] std::string_view to_string(ClaimGrade grade) noexcept;

struct ClaimResult {
    ClaimVerdict verdict = ClaimVerdict::missing;
    ClaimGrade grade = ClaimGrade::not_judged;
    /// "robust" when the verdict stays the same with the other defensible choices (pooled variance instead of
    /// Welch, two-sided tests, seeds unpaired, no correction instead of Holm, any one seed left out),
    /// "fragile: …" naming what it depends on, "not judged" when cells are missing or too small.
    std::string robustness{};
    /// Those choices that change the verdict, "CHOICE → VERDICT".
    std::vector<std::string> depends_on{};
    std::vector<std::string> evidence{}; ///< one line a term
    std::vector<TermResult> terms{};
};

/// A term holds when its one-sided p, corrected by Holm over the claim's terms (those that could not be
/// tested count with p = 1: a missing cell makes no claim easier), is below alpha; it fails when the opposite
/// is. The claim holds when enough terms hold, fails when too few can; else missing if a term is, else
/// inconclusive. Throws Error(usage): no terms, at_least outside 1..terms, a bad margin, numbers not finite.
[[nodiscard]] ClaimResult judge_claim(const Claim& claim, double alpha = default_alpha);

} // namespace metrics
