#include "reports/format/junit.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/check/parents.hpp"
#include "reports/format/render.hpp"
#include "reports/format/summary.hpp"
#include "reports/format/text_format.hpp"

namespace reports {
namespace {

using nlohmann::ordered_json;

/// "2026-11-23T15:04:05" of the earliest start; "" without records.
std::string first_start(const CheckResult& result) {
    std::string first;
    for (const RunFacts& run : result.runs) {
        if (!run.started.empty() && (first.empty() || run.started < first)) {
            first = run.started;
        }
    }
    return first.ends_with('Z') ? first.substr(0, first.size() - 1) : first;
}

std::string hosts(const CheckResult& result) {
    std::set<std::string> names;
    for (const Provenance& provenance : result.provenances) {
        if (const auto host = provenance.find("host"); host != provenance.end()) {
            names.insert(host->second);
        }
    }
    return fmt::format("{}", fmt::join(names, " "));
}

double train_seconds(const CheckResult& result, const CellResult& cell) {
    double seconds = 0.0;
    for (const std::size_t run : cell.runs) {
        seconds += result.runs[run].train_seconds;
    }
    return seconds;
}

ordered_json test_case(const CheckResult& result, std::string_view what, const std::string& id,
                       double seconds) {
    return {{"classname", fmt::format("{}.{}", result.workload, what)},
            {"name", id},
            {"time", fmt::format("{:.3f}", seconds)},
            {"failure", nullptr},
            {"error", nullptr},
            {"skip", nullptr},
            {"output", nullptr}};
}

std::string numbers_of(const CellResult& cell) {
    const std::string reference =
        cell.reference() ? fmt::format(" against {} (n = {}; {})", mean_sd_text(cell.reference()),
                                       cell.reference()->sample.n, cell.reference()->origin)
                         : "";
    const std::string difference = difference_text(cell.comparison);
    return fmt::format("{}: ours {} (n = {}){}{}{}{}", verdict_text(cell), mean_sd_text(cell.ours),
                       cell.values.size(), reference, difference.empty() ? "" : ", difference ", difference,
                       cell.comparison.reason.empty() ? "" : ": " + cell.comparison.reason);
}

ordered_json case_of(const CheckResult& result, const CellResult& cell) {
    ordered_json entry = test_case(result, "cell", cell.id, train_seconds(result, cell));
    const std::string numbers = numbers_of(cell);
    if (!cell.damaged.empty()) {
        entry["error"] = {{"type", "damaged"},
                          {"message", cell.comparison.reason},
                          {"text", fmt::format("{}", fmt::join(cell.damaged, "\n"))}};
    } else if (cell.comparison.verdict == metrics::Verdict::different) {
        entry["failure"] = {{"type", "different"}, {"message", numbers}, {"text", numbers}};
    } else if (test_outcome(cell) == TestOutcome::skipped) {
        entry["skip"] = {{"message", numbers}};
    } else {
        entry["output"] = numbers;
    }
    return entry;
}

ordered_json case_of(const CheckResult& result, const ClaimResult& claim) {
    ordered_json entry = test_case(result, "claim", claim.id, 0.0);
    const std::string text = fmt::format("{} Ours: {}; {}.\n{}", claim.text, verdict_text(claim),
                                         claim.ours.robustness, fmt::join(claim.ours.evidence, "\n"));
    if (claim.ours.verdict == metrics::ClaimVerdict::fails && !claim.expected) {
        entry["failure"] = {{"type", "fails"}, {"message", claim.text}, {"text", text}};
    } else if (test_outcome(claim) == TestOutcome::skipped) {
        entry["skip"] = {
            {"message", fmt::format("{}: {}", verdict_word(claim.ours.verdict), claim_reason(claim))}};
    } else {
        entry["output"] = text;
    }
    return entry;
}

std::size_t count_with(const ordered_json& cases, const char* outcome) {
    return static_cast<std::size_t>(std::count_if(
        cases.begin(), cases.end(), [outcome](const auto& entry) { return !entry[outcome].is_null(); }));
}

} // namespace

std::string to_junit(const CheckResult& result) {
    ordered_json cases = ordered_json::array();
    double seconds = 0.0;
    for (const CellResult& cell : result.cells) {
        cases.push_back(case_of(result, cell));
        seconds += train_seconds(result, cell);
    }
    for (const ClaimResult& claim : result.claims) {
        cases.push_back(case_of(result, claim));
    }
    ordered_json properties = ordered_json::array();
    for (const auto& [name, value] : {std::pair<const char*, std::string>{"title", result.title},
                                      {"source", result.source},
                                      {"paper", result.paper},
                                      {"profile", result.profile_title},
                                      {"comparison", comparison_text(result)},
                                      {"claims", summary_of(result).claims},
                                      {"conditional_on", parents_text(result)},
                                      {"counts", counts_text(result.counts(), result.compared_with())}}) {
        properties.push_back({{"name", name}, {"value", value}});
    }
    const std::size_t tests = cases.size();
    const std::size_t failures = count_with(cases, "failure");
    const std::size_t errors = count_with(cases, "error");
    const std::size_t skipped = count_with(cases, "skip");
    return render(Template::junit_xml, {{"name", fmt::format("{}.{}", result.workload, result.profile)},
                                        {"package", result.workload},
                                        {"tests", tests},
                                        {"failures", failures},
                                        {"errors", errors},
                                        {"skipped", skipped},
                                        {"time", fmt::format("{:.3f}", seconds)},
                                        {"timestamp", first_start(result)},
                                        {"hostname", hosts(result)},
                                        {"properties", std::move(properties)},
                                        {"cases", std::move(cases)}});
}

} // namespace reports
