#include "metrics/verdict.hpp"

#include <array>
#include <cmath>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include "metrics/adjust.hpp"

namespace metrics {

namespace {

constexpr std::array<std::string_view, 6> verdict_words{"identical",    "equivalent", "different",
                                                        "inconclusive", "missing",    "no reference"};

bool constant(const Sample& sample) {
    return moments_of(sample, sample.mean).variance == 0;
}

/// Faults that are mistakes; a small n is none here, it is a verdict.
void require_sane(const Sample& sample, std::string_view name, suite::FaultList& faults) {
    suite::FaultList all;
    find_faults(sample, name, all);
    for (const suite::Fault& fault : all.faults())
        if (sample.n > 1 || (fault.where != name && !fault.where.ends_with(" sd")))
            faults.add(fault);
}

void find_margin_faults(const Margin& margin, suite::FaultList& faults) {
    if (!(margin.declared > 0) || !std::isfinite(margin.declared))
        faults.add({"margin", fmt::format("{}", margin.declared), "a finite number above 0",
                    "declare the margin of the metric"});
    if (!(margin.rounding_half_width >= 0) || !std::isfinite(margin.rounding_half_width))
        faults.add({"rounding half-width", fmt::format("{}", margin.rounding_half_width),
                    "a finite number of 0 or more", "0.005 for two printed decimals"});
    if (margin.chance && !std::isfinite(*margin.chance))
        faults.add({"chance", fmt::format("{}", *margin.chance), "a finite number", "50 for an AUC in %"});
}

void require_comparable(const CellInput& cell) {
    suite::FaultList faults;
    require_sane(*cell.ours, "ours", faults);
    require_sane(*cell.reference, "reference", faults);
    find_margin_faults(cell.margin, faults);
    if (cell.pairs && cell.pairs->ours.size() != cell.pairs->reference.size())
        faults.add({"pairs",
                    fmt::format("{} and {} values", cell.pairs->ours.size(), cell.pairs->reference.size()),
                    "pairs of equal length", "give both sides for the same seeds in the same order"});
    faults.throw_if_any(suite::ErrorKind::usage);
}

std::string too_few_reason(const Sample& ours, const Sample& reference) {
    return fmt::format("n = {} on our side, {} in the reference: a variance needs two values on each", ours.n,
                       reference.n);
}

bool tests_in_pairs(const CellInput& cell, const Rules& rules) {
    return rules.pairs_seeds && cell.pairs && cell.pairs->ours.size() >= fewest_pairs &&
           !pairs_are_constant(cell.pairs->ours, cell.pairs->reference);
}

TTest test_of(const CellInput& cell, const Rules& rules) {
    const TTest test = tests_in_pairs(cell, rules) ? paired(cell.pairs->ours, cell.pairs->reference)
                                                   : welch(*cell.ours, *cell.reference);
    return rules.counts_parents && cell.parents ? with_added_variance(test, *cell.parents) : test;
}

bool is_at_chance(const CellInput& cell, const Rules& rules) {
    return rules.withholds_at_chance && cell.margin.chance &&
           std::fabs(cell.reference->mean - *cell.margin.chance) <= cell.margin.declared;
}

void judge_constants(CellComparison& cell, bool parents_vary) {
    cell.test = CellTest::constants;
    const bool differs =
        !parents_vary && std::fabs(*cell.difference) > cell.margin + cell.rounding_half_width;
    cell.verdict = differs ? Verdict::different : Verdict::inconclusive;
    cell.reason = differs
                      ? fmt::format("zero variance on both sides: the constants differ by {:g}, more than "
                                    "the margin {:g}",
                                    std::fabs(*cell.difference), cell.margin)
                      : "zero variance on both sides: no t test exists";
}

/// The interval excludes every difference that rounding alone could make.
bool excludes_zero(const CellComparison& cell) {
    return cell.ci95 &&
           (cell.ci95->low > cell.rounding_half_width || cell.ci95->high < -cell.rounding_half_width);
}

void say_equivalent(CellComparison& cell) {
    if (!excludes_zero(cell))
        return;
    cell.reason = fmt::format("the means differ significantly, but by less than the margin {:g} that was "
                              "declared beforehand",
                              cell.margin);
    cell.short_reason =
        "the means differ significantly, but by less than the margin that was declared beforehand";
}

void say_at_chance(CellComparison& cell) {
    cell.reason = fmt::format("cannot tell from chance: chance ({:g}) lies within the margin {:g} of the "
                              "reference, so agreement would show nothing",
                              *cell.chance, cell.margin);
    cell.short_reason =
        "cannot tell from chance: chance lies within the margin of the reference, so agreement would show "
        "nothing";
}

void say_inconclusive(CellComparison& cell, double alpha) {
    const double adjusted = cell.p_different_adjusted.value_or(*cell.p_different);
    cell.differs_size_unresolved = excludes_zero(cell);
    if (*cell.p_different < alpha) {
        cell.short_reason = "beyond the margin alone, but not after correction over all cells";
        cell.reason =
            fmt::format("beyond the margin {:g} alone (p = {:.2g}), but not after correction over all "
                        "cells (p = {:.2g})",
                        cell.margin, *cell.p_different, adjusted);
    } else if (cell.differs_size_unresolved) {
        cell.short_reason =
            "differs, size unresolved: the interval of the difference (of this cell alone) excludes 0, but "
            "neither less nor more than the margin is shown";
        cell.reason = fmt::format(
            "differs, size unresolved: the interval of the difference (of this cell alone) excludes 0, but "
            "neither less (p = {:.2g}) nor more (p = {:.2g}) than the margin {:g} is shown",
            *cell.p_equivalent, *cell.p_different, cell.margin);
    } else {
        cell.short_reason = "neither a difference beyond the margin nor equivalence within it is shown";
        cell.reason = fmt::format("neither a difference beyond {:g} (p = {:.2g}) nor equivalence within it "
                                  "(p = {:.2g}) is shown",
                                  cell.margin, *cell.p_different, *cell.p_equivalent);
    }
}

void judge(CellComparison& cell, const Rules& rules) {
    if (!cell.p_different || !cell.p_equivalent)
        return;
    cell.reason.clear();
    cell.short_reason.clear();
    cell.differs_size_unresolved = false;
    if (*cell.p_equivalent < rules.alpha) {
        cell.verdict = cell.at_chance ? Verdict::inconclusive : Verdict::equivalent;
        cell.at_chance ? say_at_chance(cell) : say_equivalent(cell);
    } else if (cell.p_different_adjusted.value_or(*cell.p_different) < rules.alpha) {
        cell.verdict = Verdict::different;
    } else {
        cell.verdict = Verdict::inconclusive;
        say_inconclusive(cell, rules.alpha);
    }
}

CellComparison absent(bool ours, bool reference, const Margin& margin) {
    return {.margin = margin.declared,
            .rounding_half_width = margin.rounding_half_width,
            .chance = margin.chance,
            .verdict = ours ? Verdict::no_reference : Verdict::missing,
            .reason = !ours && !reference ? "no result and no reference"
                      : !ours             ? "no result"
                                          : "no reference"};
}

} // namespace

std::string_view to_string(Verdict verdict) noexcept {
    return verdict_words[static_cast<std::size_t>(verdict)];
}

std::string_view to_string(CellTest test) noexcept {
    constexpr std::array<std::string_view, 4> words{"", "welch", "paired", "constants"};
    return words[static_cast<std::size_t>(test)];
}

Verdict verdict_from_string(std::string_view word) {
    for (std::size_t i = 0; i < verdict_words.size(); ++i)
        if (verdict_words[i] == word)
            return static_cast<Verdict>(i);
    throw std::invalid_argument(fmt::format("no verdict is called '{}'", word));
}

CellComparison compare(const CellInput& input, const Rules& rules) {
    const bool have_ours = input.ours && input.ours->n > 0;
    const bool have_reference = input.reference && input.reference->n > 0;
    if (!have_ours || !have_reference)
        return absent(have_ours, have_reference, input.margin);
    require_comparable(input);
    CellComparison cell{.difference = input.ours->mean - input.reference->mean,
                        .margin = input.margin.declared,
                        .rounding_half_width = input.margin.rounding_half_width,
                        .chance = input.margin.chance,
                        .at_chance = is_at_chance(input, rules)};
    if (input.ours->n < 2 || input.reference->n < 2) {
        cell.verdict = Verdict::inconclusive;
        cell.reason = too_few_reason(*input.ours, *input.reference);
        return cell;
    }
    if (constant(*input.ours) && constant(*input.reference)) {
        judge_constants(cell, rules.counts_parents && input.parents && input.parents->variance > 0);
        return cell;
    }
    const TTest test = test_of(input, rules);
    cell.test = tests_in_pairs(input, rules) ? CellTest::paired : CellTest::welch;
    cell.pairs = cell.test == CellTest::paired ? input.pairs->ours.size() : 0;
    cell.difference = test.difference;
    cell.ci95 = test.ci95;
    cell.p_different = p_beyond(test, rules.different_beyond_margin ? input.margin.difference_bound() : 0.0);
    cell.p_equivalent = p_within(test, input.margin.equivalence_bound(rules));
    judge(cell, rules);
    return cell;
}

CellComparison compare(const std::optional<Sample>& ours, const std::optional<Sample>& reference,
                       const Margin& margin, const Rules& rules) {
    return compare(CellInput{.ours = ours, .reference = reference, .margin = margin}, rules);
}

void judge_family(std::span<CellComparison> cells, const Rules& rules) {
    std::vector<double> family;
    for (const CellComparison& cell : cells)
        if (cell.p_different)
            family.push_back(
                rules.equivalents_at_one && *cell.p_equivalent < rules.alpha ? 1.0 : *cell.p_different);
    if (family.empty())
        return;
    const std::vector<double> adjusted = benjamini_hochberg(family);
    std::size_t next = 0;
    for (CellComparison& cell : cells) {
        if (!cell.p_different)
            continue;
        cell.p_different_adjusted = adjusted[next++];
        judge(cell, rules);
    }
}

} // namespace metrics
