#include "reports/format/text_format.hpp"
#include "suite/base/metric_kinds.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace reports {

using metrics::Sample;

std::string mean_sd_text(const Sample& sample) {
    if (sample.n == 0) {
        return "—";
    }
    return sample.sd ? fmt::format("{:.2f} ± {:.2f}", sample.mean, *sample.sd)
                     : fmt::format("{:.2f}", sample.mean);
}

std::string mean_sd_text(const std::optional<ReferenceSide>& side) {
    return side ? mean_sd_text(side->sample) : "—";
}

std::string difference_text(const metrics::CellComparison& comparison) {
    if (!comparison.difference) {
        return "";
    }
    return comparison.ci95 ? fmt::format("{:+.2f} [{:+.2f}, {:+.2f}]", *comparison.difference,
                                         comparison.ci95->low, comparison.ci95->high)
                           : fmt::format("{:+.2f}", *comparison.difference);
}

std::string test_text(const metrics::CellComparison& comparison) {
    switch (comparison.test) {
    case metrics::CellTest::welch:
        return "Welch's t test";
    case metrics::CellTest::paired:
        return fmt::format("paired by seed, n = {}", comparison.pairs);
    case metrics::CellTest::constants:
        return "constants compared";
    case metrics::CellTest::none:
        break;
    }
    return "";
}

std::string metric_text(const std::string& metric) {
    return suite::metric_heading(metric);
}

namespace {

bool contains(const std::vector<std::string>& list, const std::string& text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

/// What stands in reports for one verdict.
struct VerdictWords {
    std::string_view published;
    std::string_view recorded;
    std::string_view style;
    std::string_view sign;
    std::string_view published_meaning;
    std::string_view recorded_meaning;
};

/// In the order of metrics::Verdict.
constexpr std::array<VerdictWords, 6> cell_words{{
    {"identical", "identical", "identical", "≡", "the same runs with the same values, bit for bit",
     "the recorded runs again, with the same values bit for bit"},
    {"equivalent", "as recorded", "equivalent", "=", "shown to lie within the margin of the published mean",
     "shown to lie within the margin of the recorded mean"},
    {"different", "drifted", "different", "≠", "shown to lie outside the margin of the published mean",
     "shown to lie outside the margin of the recorded mean"},
    {"inconclusive", "unclear", "inconclusive", "?", "neither is shown: too few runs, or too much spread",
     "neither is shown: too few runs, or too much spread"},
    {"missing", "missing", "missing", "∅", "no finished run", "no finished run"},
    {"no reference", "no reference", "no-reference", "–",
     "measured, but no number is published to compare it with",
     "measured, but no run is recorded to compare it with"},
}};

struct ClaimWords {
    std::string_view word;
    std::string_view style;
    std::string_view sign;
};

/// In the order of metrics::ClaimVerdict.
constexpr std::array<ClaimWords, 4> claim_words{{{"holds", "holds", "✓"},
                                                 {"fails", "fails", "✗"},
                                                 {"cannot be told", "inconclusive", "?"},
                                                 {"missing", "missing", "∅"}}};

const VerdictWords& words_of(metrics::Verdict verdict) {
    return cell_words[static_cast<std::size_t>(verdict)];
}

const ClaimWords& words_of(metrics::ClaimVerdict verdict) {
    return claim_words[static_cast<std::size_t>(verdict)];
}

} // namespace

std::string_view verdict_word(metrics::Verdict verdict, ComparedWith side) {
    return side == ComparedWith::recorded ? words_of(verdict).recorded : words_of(verdict).published;
}

std::string_view verdict_word(metrics::ClaimVerdict verdict) {
    return words_of(verdict).word;
}

std::string_view verdict_class(metrics::Verdict verdict) {
    return words_of(verdict).style;
}

std::string_view verdict_class(metrics::ClaimVerdict verdict) {
    return words_of(verdict).style;
}

std::string_view verdict_sign(metrics::Verdict verdict) {
    return words_of(verdict).sign;
}

std::string_view verdict_sign(metrics::ClaimVerdict verdict) {
    return words_of(verdict).sign;
}

std::string_view verdict_meaning(metrics::Verdict verdict, ComparedWith side) {
    return side == ComparedWith::recorded ? words_of(verdict).recorded_meaning
                                          : words_of(verdict).published_meaning;
}

std::size_t count_of(const Counts& counts, metrics::Verdict verdict) {
    switch (verdict) {
    case metrics::Verdict::identical:
        return counts.identical;
    case metrics::Verdict::equivalent:
        return counts.equivalent;
    case metrics::Verdict::different:
        return counts.different;
    case metrics::Verdict::inconclusive:
        return counts.inconclusive;
    case metrics::Verdict::missing:
        return counts.missing;
    case metrics::Verdict::no_reference:
        break;
    }
    return counts.no_reference;
}

bool is_counted(const Counts& counts, metrics::Verdict verdict, ComparedWith side) {
    const bool is_rare = verdict == metrics::Verdict::no_reference ||
                         (verdict == metrics::Verdict::identical && side == ComparedWith::published);
    return !is_rare || count_of(counts, verdict) > 0;
}

std::string verdict_text(const CellResult& cell) {
    return fmt::format("{}{}", verdict_word(cell.comparison.verdict, cell.compared_with()),
                       is_marked_as_repeating(cell) ? " ≡" : "");
}

std::string verdict_text(const ClaimResult& claim) {
    return fmt::format("{}{}", verdict_word(claim.ours.verdict),
                       !claim.expected  ? ""
                       : claim.baseline ? " (as recorded)"
                                        : " (as published)");
}

namespace {

std::string size_unresolved_text(const Counts& counts) {
    return counts.size_unresolved == 0
               ? ""
               : fmt::format(" ({} differ{}, size unresolved)", counts.size_unresolved,
                             counts.size_unresolved == 1 ? "s" : "");
}

} // namespace

std::string counts_text(const Counts& counts, ComparedWith side) {
    std::string text;
    for (const metrics::Verdict verdict : all_verdicts) {
        if (is_counted(counts, verdict, side)) {
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count_of(counts, verdict),
                                verdict_word(verdict, side));
            text += verdict == metrics::Verdict::inconclusive ? size_unresolved_text(counts) : "";
        }
    }
    return text;
}

std::string p_text(const std::optional<double>& p) {
    return p ? fmt::format("{:.3g}", *p) : "—";
}

bool is_marked_as_repeating(const CellResult& cell) {
    return cell.repeats_baseline && cell.comparison.verdict != metrics::Verdict::identical;
}

const std::string& footnote_text(const CellResult& cell) {
    const metrics::CellComparison& comparison = cell.comparison;
    return comparison.short_reason.empty() ? comparison.reason : comparison.short_reason;
}

std::string claim_reason(const ClaimResult& claim) {
    if (claim.ours.verdict == metrics::ClaimVerdict::missing || claim.incomplete) {
        return "cells of it are missing or incomplete";
    }
    if (claim.ours.verdict != metrics::ClaimVerdict::inconclusive) {
        return "";
    }
    std::vector<std::string> reasons;
    for (const metrics::TermResult& term : claim.ours.terms) {
        if (term.verdict == metrics::ClaimVerdict::inconclusive && !term.reason.empty() &&
            !contains(reasons, term.reason)) {
            reasons.push_back(term.reason);
        }
    }
    return reasons.empty() ? metrics::undecided_text(claim.ours) +
                                 ": the tests show neither that it is true nor that it is false"
                           : fmt::format("{}", fmt::join(reasons, "; "));
}

std::string protocol_text(const CheckResult& result) {
    if (result.protocol == suite::plan::as_run) {
        return "";
    }
    if (result.cells_as_run == 0) {
        return fmt::format(" Protocol {}; no cell is as run.", result.protocol);
    }
    return fmt::format(
        " Protocol {}: in {} of {} cells it coincides with as-run here, and they share the runs.",
        result.protocol, result.cells_as_run, result.cells.size());
}

std::string limits_text(const CheckResult& result) {
    return result.limits.empty()
               ? ""
               : fmt::format(" Limited by hand to {}: such runs try the path and are judged by "
                             "no reference.",
                             result.limits);
}

std::string comparison_text(const CheckResult& result) {
    if (result.is_scaling) {
        return "The efficiency at each GPU or process count is compared with the published one at the same "
               "count: equivalent when it is as good or better, within the margin, on its 95 % confidence "
               "bound. Throughput itself is compared with nothing.";
    }
    if (!result.compares_with_baseline) {
        return "Compared with the published numbers." + protocol_text(result) + limits_text(result);
    }
    const bool is_empty =
        !result.cells.empty() &&
        std::ranges::all_of(result.cells, [](const CellResult& cell) { return cell.values.empty(); });
    if (is_empty) {
        return fmt::format(
                   "Nothing was compared: the store holds no finished run of these cells. `transferscale run "
                   "{} --profile {}` makes them.",
                   result.workload, result.profile) +
               protocol_text(result) + limits_text(result);
    }
    const std::string beside = " Published numbers are shown for orientation only; they come from full-scale "
                               "networks and data.";
    return (result.baseline_origin.empty()
                ? fmt::format("No run of profile {} is recorded: nothing to compare with.", result.profile)
                : fmt::format(
                      "Compared with profile {}'s own recorded run, not with the paper ({}). Identical "
                      "or as recorded means that this program still gives here what it gave then, "
                      "not that the paper was reproduced.",
                      result.profile, result.baseline_origin)) +
           beside + protocol_text(result) + limits_text(result);
}

std::size_t columns_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
    }));
}

std::string left(std::string_view text, std::size_t columns) {
    const std::size_t used = columns_of(text);
    return std::string(text) + std::string(columns > used ? columns - used : 0, ' ');
}

std::string right(std::string_view text, std::size_t columns) {
    const std::size_t used = columns_of(text);
    return std::string(columns > used ? columns - used : 0, ' ') + std::string(text);
}

std::string wrapped(std::string_view text, std::size_t columns, std::size_t indent) {
    std::string lines;
    std::size_t used = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t width = columns_of(word);
        if (used > 0 && used + 1 + width > columns) {
            lines += "\n" + std::string(indent, ' ');
            used = indent;
        } else if (used > 0) {
            lines += ' ';
            ++used;
        }
        lines += word;
        used += width;
    }
    return lines;
}

std::vector<Group> groups_by_target(const std::vector<CellResult>& cells) {
    std::vector<Group> groups;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i == 0 || cells[i].cell.first() != cells[i - 1].cell.first()) {
            groups.push_back({.begin = i, .end = i});
        }
        groups.back().end = i + 1;
    }
    return groups;
}

namespace {

std::vector<std::string> split(const std::string& text, char mark) {
    std::vector<std::string> parts(1);
    for (const char character : text) {
        if (character == mark) {
            parts.emplace_back();
        } else {
            parts.back() += character;
        }
    }
    return parts;
}

std::string stand_in_text(const std::string& published, const std::string& used) {
    return fmt::format("{} → {}", published, used);
}

/// A superset whose members all have their own line says nothing new.
bool is_covered(const suite::plan::StandIn& entry, const std::vector<std::string>& list) {
    const std::vector<std::string> published = split(entry.published, '+');
    const std::vector<std::string> used = split(entry.used, '+');
    bool covered = published.size() > 1 && published.size() == used.size();
    for (std::size_t i = 0; covered && i < published.size(); ++i) {
        covered = contains(list, stand_in_text(published[i], used[i]));
    }
    return covered;
}

} // namespace

std::vector<std::string> stand_ins_of(const std::vector<CellResult>& cells) {
    std::vector<std::string> list;
    std::vector<suite::plan::StandIn> supersets;
    for (const CellResult& cell : cells) {
        for (const suite::plan::StandIn& entry : cell.stand_ins) {
            const std::string text = stand_in_text(entry.published, entry.used);
            if (entry.published.find('+') != std::string::npos) {
                supersets.push_back(entry);
            } else if (!contains(list, text)) {
                list.push_back(text);
            }
        }
    }
    for (const suite::plan::StandIn& entry : supersets) {
        const std::string text = stand_in_text(entry.published, entry.used);
        if (!is_covered(entry, list) && !contains(list, text)) {
            list.push_back(text);
        }
    }
    return list;
}

} // namespace reports
