#include "reports/check/result.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "suite/base/error.hpp"

namespace reports {

using metrics::ClaimVerdict;
using metrics::Verdict;
using suite::ErrorKind;

std::string_view to_string(TestSetVerdict verdict) noexcept {
    constexpr std::array<std::string_view, 4> words{"holds", "fails", "inconclusive", "not known"};
    return words[static_cast<std::size_t>(verdict)];
}

std::string_view to_string(ComparedWith side) noexcept {
    return side == ComparedWith::recorded ? "recorded" : "published";
}

void Counts::add(const metrics::CellComparison& cell) {
    size_unresolved += cell.differs_size_unresolved ? 1U : 0U;
    switch (cell.verdict) {
    case Verdict::identical:
        ++identical;
        break;
    case Verdict::equivalent:
        ++equivalent;
        break;
    case Verdict::different:
        ++different;
        break;
    case Verdict::inconclusive:
        ++inconclusive;
        break;
    case Verdict::missing:
        ++missing;
        break;
    case Verdict::no_reference:
        ++no_reference;
        break;
    }
}

Counts CheckResult::counts() const {
    Counts counts;
    for (const CellResult& cell : cells) {
        counts.add(cell.comparison);
    }
    return counts;
}

void ClaimCounts::add(ClaimVerdict verdict, bool is_expected) {
    switch (verdict) {
    case ClaimVerdict::holds:
        ++hold;
        break;
    case ClaimVerdict::fails:
        ++(is_expected ? expected : fail);
        break;
    case ClaimVerdict::inconclusive:
        ++inconclusive;
        break;
    case ClaimVerdict::missing:
        ++missing;
        break;
    }
}

ClaimCounts CheckResult::claim_counts() const {
    ClaimCounts counts;
    for (const ClaimResult& claim : claims) {
        counts.add(claim.ours.verdict, claim.expected);
    }
    return counts;
}

ClaimCounts CheckResult::published_claim_counts() const {
    ClaimCounts counts;
    for (const ClaimResult& claim : claims) {
        counts.add(claim.published, false);
    }
    return counts;
}

namespace {

bool is_invalid(const CellResult& cell) {
    return cell.rung && !cell.rung->invalid.empty();
}

/// Timing decides nothing: what was planned must be there and valid.
int gates_exit_code(const CheckResult& result, const ExitRules& rules) {
    const auto is_absent = [](const CellResult& cell) { return cell.planned > 0 && cell.is_incomplete(); };
    const bool absent = std::any_of(result.cells.begin(), result.cells.end(), is_absent);
    const bool nothing = std::all_of(result.cells.begin(), result.cells.end(),
                                     [](const CellResult& cell) { return cell.planned == 0; });
    if (std::any_of(result.cells.begin(), result.cells.end(), is_invalid) || (rules.strict && absent)) {
        return suite::exit_code(ErrorKind::comparison);
    }
    return rules.skip_missing && (absent || (nothing && !result.cells.empty()))
               ? suite::exit_code(ErrorKind::skipped)
               : 0;
}

} // namespace

void order_cells(CheckResult& result, const std::vector<suite::plan::CellId>& order) {
    std::map<std::string, std::size_t> places;
    for (const suite::plan::CellId& id : order) {
        places.try_emplace(id.text(), places.size());
    }
    const auto place = [&places](const CellResult& cell) {
        const auto found = places.find(cell.id);
        return found == places.end() ? places.size() : found->second;
    };
    std::stable_sort(result.cells.begin(), result.cells.end(),
                     [&place](const CellResult& a, const CellResult& b) { return place(a) < place(b); });
}

std::vector<std::string> absences(const CheckResult& result) {
    std::vector<std::string> list;
    for (const CellResult& cell : result.cells) {
        if (cell.comparison.verdict == Verdict::missing || cell.is_incomplete()) {
            list.push_back(fmt::format("{}: {}", cell.id, cell.comparison.reason));
        }
    }
    for (const ClaimResult& claim : result.claims) {
        if (claim.ours.verdict == ClaimVerdict::missing || claim.incomplete) {
            list.push_back(fmt::format("claim {}: cells of it are missing or incomplete", claim.id));
        }
    }
    return list;
}

TestOutcome test_outcome(const CellResult& cell) {
    switch (cell.comparison.verdict) {
    case Verdict::different:
        return TestOutcome::failed;
    case Verdict::identical:
    case Verdict::equivalent:
        return cell.is_incomplete() ? TestOutcome::skipped : TestOutcome::passed;
    case Verdict::inconclusive:
    case Verdict::missing:
    case Verdict::no_reference:
        break;
    }
    return TestOutcome::skipped;
}

TestOutcome test_outcome(const ClaimResult& claim) {
    if (claim.ours.verdict == ClaimVerdict::fails && !claim.expected) {
        return TestOutcome::failed;
    }
    const bool judged =
        claim.ours.verdict == ClaimVerdict::holds || claim.ours.verdict == ClaimVerdict::fails;
    return judged && !claim.incomplete ? TestOutcome::passed : TestOutcome::skipped;
}

int exit_code(const CheckResult& result, const ExitRules& rules) {
    if (!result.damaged.empty()) {
        return suite::exit_code(ErrorKind::store);
    }
    if (rules.gates && result.is_scaling) {
        return gates_exit_code(result, rules);
    }
    const auto any = [&result](TestOutcome outcome) {
        const auto is_it = [outcome](const auto& entry) { return test_outcome(entry) == outcome; };
        return std::any_of(result.cells.begin(), result.cells.end(), is_it) ||
               std::any_of(result.claims.begin(), result.claims.end(), is_it);
    };
    const bool absent = !absences(result).empty();
    const bool undecided = result.counts().inconclusive > 0 || result.claim_counts().inconclusive > 0;
    const bool unreferenced = result.counts().no_reference > 0;
    const bool nothing_judged =
        unreferenced && !undecided && !any(TestOutcome::passed) && !any(TestOutcome::failed);
    if (any(TestOutcome::failed) ||
        ((rules.strict || rules.strict_inconclusive) && (absent || nothing_judged)) ||
        (rules.strict_inconclusive && undecided)) {
        return suite::exit_code(ErrorKind::comparison);
    }
    const bool skips =
        (rules.skip_missing && (absent || unreferenced)) || (rules.skip_inconclusive && undecided);
    return skips ? suite::exit_code(ErrorKind::skipped) : 0;
}

} // namespace reports
