#include "reports/summary.hpp"

#include <fmt/format.h>

#include "reports/words.hpp"

namespace reports {
namespace {

using nlohmann::ordered_json;

std::string claims_sentence(const CheckResult& result) {
    if (result.claims.empty()) {
        return "";
    }
    return fmt::format("{} claim{} of the paper. On our numbers: {}. On the published numbers: {}.",
                       result.claims.size(), result.claims.size() == 1 ? "" : "s",
                       claim_counts_text(result.claim_counts()),
                       claim_counts_text(result.published_claim_counts()));
}

} // namespace

std::string claim_counts_text(const ClaimCounts& counts) {
    std::string text = fmt::format("{} hold{}, {} fail{}", counts.hold, counts.hold == 1 ? "s" : "",
                                   counts.fail, counts.fail == 1 ? "s" : "");
    if (counts.expected > 0) {
        text += fmt::format(", {} fail{} as expected", counts.expected, counts.expected == 1 ? "s" : "");
    }
    text += fmt::format(", {} cannot be told", counts.inconclusive);
    return counts.missing == 0 ? text : text + fmt::format(", {} missing", counts.missing);
}

Summary summary_of(const CheckResult& result) {
    return {.comparison = comparison_text(result),
            .cells = fmt::format("{} cell{}: {}.", result.cells.size(), result.cells.size() == 1 ? "" : "s",
                                 counts_text(result.counts(), result.compared_with())),
            .claims = claims_sentence(result)};
}

ordered_json to_json(const Counts& counts) {
    return {{"identical", counts.identical},       {"equivalent", counts.equivalent},
            {"different", counts.different},       {"inconclusive", counts.inconclusive},
            {"missing", counts.missing},           {"no_reference", counts.no_reference}};
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
            {"published_claims", to_json(result.published_claim_counts())}};
}

} // namespace reports
