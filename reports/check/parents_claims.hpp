// What the variance between pre-training runs does to the claims: their verdicts and their power with it and
// without. Private to reports.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/check/claims.hpp"
#include "reports/check/result.hpp"

namespace reports {

/// A checked cell by its id; null when there is none.
using CellOf = std::function<const CellResult*(const std::string& id)>;

/// Of a claim that compares different pre-training runs whose τ is known; nothing for others.
/// `verdict_without`: as if every source's first pre-training run were its only possible one.
[[nodiscard]] std::optional<ParentsEffect> parents_effect(const std::vector<ClaimPair>& pairs,
                                                          const std::vector<SourceParents>& known,
                                                          const CellOf& cell_of,
                                                          metrics::ClaimVerdict verdict_without);

inline constexpr std::array parents_claims_columns{
    std::string_view("claim"), std::string_view("without τ"), std::string_view("with τ"),
    std::string_view("power without τ"), std::string_view("power with τ")};
inline constexpr std::string_view parents_claims_caption =
    "Claims that compare different pre-training runs: the verdict if the first pre-training run of each "
    "source "
    "were the only possible one, the verdict with the variance between pre-training runs, and the power of "
    "the comparison that is hardest to show, at the difference that was seen (Welch's test of this "
    "comparison "
    "alone, at 5 %)";
/// A row of texts a claim, one a column; none where no claim compares parents whose τ is known.
[[nodiscard]] std::vector<std::vector<std::string>> parents_claims_rows(const CheckResult& result);

} // namespace reports
