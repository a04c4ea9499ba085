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

void require_comparable(const Sample& ours, const Sample& reference, const Margin& margin) {
    suite::FaultList faults;
    require_sane(ours, "ours", faults);
    require_sane(reference, "reference", faults);
    if (!(margin.declared > 0) || !std::isfinite(margin.declared))
        faults.add({"margin", fmt::format("{}", margin.declared), "a finite number above 0",
                    "declare the margin of the metric"});
    if (!(margin.rounding_half_width >= 0) || !std::isfinite(margin.rounding_half_width))
        faults.add({"rounding half-width", fmt::format("{}", margin.rounding_half_width),
                    "a finite number of 0 or more", "0.005 for two printed decimals"});
    faults.throw_if_any(suite::ErrorKind::usage);
}

std::string untestable_reason(const Sample& ours, const Sample& reference) {
    if (ours.n < 2 || reference.n < 2)
        return fmt::format("n = {} on our side, {} in the reference: a variance needs two values on each",
                           ours.n, reference.n);
    if (constant(ours) && constant(reference))
        return "zero variance on both sides: no t test exists";
    return {};
}

void judge(CellComparison& cell, double alpha) {
    if (!cell.p_different || !cell.p_equivalent)
        return;
    const bool differs = cell.p_different_adjusted.value_or(*cell.p_different) < alpha;
    cell.reason.clear();
    cell.short_reason.clear();
    if (*cell.p_equivalent < alpha) {
        cell.verdict = Verdict::equivalent;
        if (*cell.p_different < alpha) {
            cell.reason =
                fmt::format("the means differ significantly (p = {:.2g}), but by less than the margin "
                            "{:g} that was declared beforehand",
                            *cell.p_different, cell.margin);
            cell.short_reason =
                "the means differ significantly, but by less than the margin that was declared "
                "beforehand";
        }
        return;
    }
    cell.verdict = differs ? Verdict::different : Verdict::inconclusive;
    if (!differs)
        cell.short_reason = "neither a difference nor equivalence within the margin is shown";
    if (!differs && *cell.p_different < alpha)
        cell.reason = fmt::format("p = {:.2g} alone, {:.2g} after correction over all cells; not shown to be "
                                  "within {:g} either (p = {:.2g})",
                                  *cell.p_different, cell.p_different_adjusted.value_or(*cell.p_different),
                                  cell.margin, *cell.p_equivalent);
    else if (!differs)
        cell.reason =
            fmt::format("neither a difference (p = {:.2g}) nor equivalence within {:g} (p = {:.2g}) "
                        "is shown",
                        *cell.p_different, cell.margin, *cell.p_equivalent);
}

CellComparison absent(bool ours, bool reference, double margin) {
    return {.margin = margin,
            .verdict = ours ? Verdict::no_reference : Verdict::missing,
            .reason = !ours && !reference ? "no result and no reference"
                      : !ours             ? "no result"
                                          : "no reference"};
}

} // namespace

std::string_view to_string(Verdict verdict) noexcept {
    return verdict_words[static_cast<std::size_t>(verdict)];
}

Verdict verdict_from_string(std::string_view word) {
    for (std::size_t i = 0; i < verdict_words.size(); ++i)
        if (verdict_words[i] == word)
            return static_cast<Verdict>(i);
    throw std::invalid_argument(fmt::format("no verdict is called '{}'", word));
}

CellComparison compare(const std::optional<Sample>& ours, const std::optional<Sample>& reference,
                       const Margin& margin, double alpha) {
    const bool have_ours = ours && ours->n > 0;
    const bool have_reference = reference && reference->n > 0;
    if (!have_ours || !have_reference)
        return absent(have_ours, have_reference, margin.total());
    require_comparable(*ours, *reference, margin);
    CellComparison cell{.difference = ours->mean - reference->mean, .margin = margin.total()};
    cell.reason = untestable_reason(*ours, *reference);
    if (!cell.reason.empty()) {
        cell.verdict = Verdict::inconclusive;
        return cell;
    }
    const TTest test = welch(*ours, *reference);
    cell.difference = test.difference;
    cell.ci95 = test.ci95;
    cell.p_different = test.p;
    cell.p_equivalent = tost(*ours, *reference, margin.total(), alpha).p;
    judge(cell, alpha);
    return cell;
}

void judge_family(std::span<CellComparison> cells, double alpha) {
    std::vector<double> family;
    for (const CellComparison& cell : cells)
        if (cell.p_different)
            family.push_back(*cell.p_different);
    if (family.empty())
        return;
    const std::vector<double> adjusted = benjamini_hochberg(family);
    std::size_t next = 0;
    for (CellComparison& cell : cells) {
        if (!cell.p_different)
            continue;
        cell.p_different_adjusted = adjusted[next++];
        judge(cell, alpha);
    }
}

} // namespace metrics
