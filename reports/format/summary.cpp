#include "reports/format/summary.hpp"

#include <array>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/check/bits.hpp"
#include "reports/check/claims.hpp"
#include "reports/check/parents.hpp"
#include "reports/format/text_format.hpp"

namespace reports {
namespace {

using nlohmann::ordered_json;

std::string claims_sentence(const CheckResult& result) {
    if (result.claims.empty()) {
        return "";
    }
    const std::string rates = metrics::error_rates_text(error_rates_of(result));
    return fmt::format(
        "{} claim{} of the paper. On our numbers at profile {}: {}. On the published numbers: {}.{}{}",
        result.claims.size(), result.claims.size() == 1 ? "" : "s", result.profile,
        claim_counts_text(result.claim_counts(), result.compared_with()),
        claim_counts_text(result.published_claim_counts(), ComparedWith::published), rates.empty() ? "" : " ",
        rates);
}

/// "88 cells: 60 pass, 0 fail, 28 are skipped (28 unclear)"; incomplete ones are skipped with their verdict.
template<typename Entry, typename WordOf>
std::string tally(std::string_view what, const std::vector<Entry>& entries, const WordOf& word_of) {
    std::array<std::size_t, 3> outcomes{}; // in the order of TestOutcome
    std::map<std::string_view, std::size_t> skipped;
    for (const Entry& entry : entries) {
        const TestOutcome outcome = test_outcome(entry);
        ++outcomes[static_cast<std::size_t>(outcome)];
        if (outcome == TestOutcome::skipped) {
            ++skipped[word_of(entry)];
        }
    }
    std::vector<std::string> reasons;
    for (const auto& [word, count] : skipped) {
        reasons.push_back(fmt::format("{} {}", count, word));
    }
    return fmt::format("{} {}{}: {} pass, {} fail, {} skipped{}", entries.size(), what,
                       entries.size() == 1 ? "" : "s", outcomes[0], outcomes[1], outcomes[2],
                       reasons.empty() ? "" : fmt::format(" ({})", fmt::join(reasons, ", ")));
}

} // namespace

std::string claim_counts_text(const ClaimCounts& counts, ComparedWith side) {
    std::string text = fmt::format("{} hold{}, {} fail{}", counts.hold, counts.hold == 1 ? "s" : "",
                                   counts.fail, counts.fail == 1 ? "s" : "");
    if (counts.expected > 0) {
        text += fmt::format(", {} fail{} as {}", counts.expected, counts.expected == 1 ? "s" : "",
                            to_string(side));
    }
    text += fmt::format(", {} cannot be told", counts.inconclusive);
    return counts.missing == 0 ? text : text + fmt::format(", {} missing", counts.missing);
}

Summary summary_of(const CheckResult& result) {
    const std::string bits = bits_text(compare_bits(result));
    return {.comparison = comparison_text(result),
            .cells = result.cells.empty() // a claim alone was asked for
                         ? ""
                         : fmt::format("{} cell{}: {}.{}{}", result.cells.size(),
                                       result.cells.size() == 1 ? "" : "s",
                                       counts_text(result.counts(), result.compared_with()),
                                       bits.empty() ? "" : " ", bits),
            .claims = claims_sentence(result),
            .parents = parents_text(result)};
}

std::string test_tally_text(const CheckResult& result) {
    const auto word_of_cell = [](const CellResult& cell) {
        return verdict_word(cell.comparison.verdict, cell.compared_with());
    };
    const auto word_of_claim = [](const ClaimResult& claim) { return verdict_word(claim.ours.verdict); };
    return fmt::format("{}; {}", tally("cell", result.cells, word_of_cell),
                       tally("claim", result.claims, word_of_claim));
}

std::vector<std::string> skipped_tests(const CheckResult& result) {
    std::vector<std::string> list;
    for (const CellResult& cell : result.cells) {
        if (test_outcome(cell) == TestOutcome::skipped) {
            const std::string& reason = cell.comparison.reason;
            list.push_back(fmt::format("{}: {}{}", cell.id,
                                       verdict_word(cell.comparison.verdict, cell.compared_with()),
                                       reason.empty() ? "" : ": " + reason));
        }
    }
    for (const ClaimResult& claim : result.claims) {
        if (test_outcome(claim) == TestOutcome::skipped) {
            list.push_back(fmt::format("claim {}: {}: {}", claim.id, verdict_word(claim.ours.verdict),
                                       claim_reason(claim)));
        }
    }
    return list;
}

ordered_json to_json(const Counts& counts) {
    return {{"identical", counts.identical}, {"equivalent", counts.equivalent},
            {"different", counts.different}, {"inconclusive", counts.inconclusive},
            {"missing", counts.missing},     {"no_reference", counts.no_reference}};
}

ordered_json to_json(const ClaimCounts& counts) {
    return {{"hold", counts.hold},
            {"fail", counts.fail},
            {"fail_as_expected", counts.expected},
            {"cannot_be_told", counts.inconclusive},
            {"missing", counts.missing}};
}

ordered_json summary_json(const CheckResult& result) {
    return {{"compared_with", to_string(result.compared_with())},
            {"text", comparison_text(result)},
            {"cells", to_json(result.counts())},
            {"claims", to_json(result.claim_counts())},
            {"published_claims", to_json(result.published_claim_counts())},
            {"claim_error_rates", to_json(error_rates_of(result))},
            {"bits", to_json(compare_bits(result))}};
}

} // namespace reports
