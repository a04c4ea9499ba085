#include "reports/audit/text.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "metrics/t_tests.hpp"
#include "reports/audit/parts.hpp"
#include "reports/check/parents.hpp"
#include "reports/format/text_format.hpp"

namespace reports {
namespace {

constexpr std::size_t width = 110;

std::string line_of(const AuditTable& table) {
    const auto count = [&table](auto holds) {
        return std::count_if(table.cells.begin(), table.cells.end(), holds);
    };
    return fmt::format("  {:<22}{:>7}{:>11}{:>9}{:>10}{:>12}\n", table.id,
                       count([](const AuditCell& c) { return c.is_shown; }),
                       count([](const AuditCell& c) { return c.raw.n > 0; }),
                       count([](const AuditCell& c) { return c.printed.has_value(); }),
                       count([](const AuditCell& c) { return c.agrees().has_value(); }),
                       count([](const AuditCell& c) { return !c.agrees().value_or(true); }));
}

/// "96.93 ± 0.05 printed, 96.95 ± 0.05 from 5 seeds".
std::string mismatch_text(const AuditCell& cell) {
    return fmt::format("    {}: {:.2f} ± {:.2f} printed, {:.4f} ± {:.4f} from {} seeds\n", cell.id,
                       cell.printed->mean, cell.printed->sd, cell.raw.mean, cell.raw.sd.value_or(0.0),
                       cell.raw.n);
}

std::string tables_text(const Audit& audit) {
    std::string text = fmt::format("Tables\n  {:<22}{:>7}{:>11}{:>9}{:>10}{:>12}\n", "workload", "cells",
                                   "raw seeds", "printed", "compared", "mismatches");
    for (const AuditTable& table : audit.tables) {
        text += line_of(table);
        for (const AuditCell& cell : table.cells) {
            if (!cell.agrees().value_or(true)) {
                text += mismatch_text(cell);
            }
        }
    }
    return text + fmt::format("  {} different cells with raw seeds\n", summary_of(audit).raw_cells);
}

std::string disagreement_text(const BoldRow& row) {
    const std::string against = row.p ? fmt::format("{} against {}: p = {:.2g}", row.best, row.rival, *row.p)
                                      : fmt::format("{} against {}: no t test exists", row.best, row.rival);
    return "    " +
           wrapped(fmt::format("{} {}: {} in bold, by the numbers {} ({})", row.table, row.row,
                               row.published.value_or("nothing"), row.recomputed.value_or("nothing"),
                               against),
                   width - 4, 6) +
           "\n";
}

std::string bold_text(const Audit& audit) {
    std::string text =
        "\nBold print, by the rule \"the best mean beats every other shown source of its row at "
        "p < .05\" (Welch, two-sided)\n";
    for (const AuditTable& table : audit.tables) {
        std::size_t rows = 0;
        std::size_t agree = 0;
        std::size_t lost = 0;
        std::string disagreements;
        for (const BoldRow& row : audit.bold) {
            if (row.table == table.id) {
                ++rows;
                agree += row.agrees ? 1U : 0U;
                lost += row.marks_lost ? 1U : 0U;
                disagreements += row.agrees ? "" : disagreement_text(row);
            }
        }
        if (rows > 0) {
            text +=
                fmt::format(
                    "  {:<22}{} of {} rows agree{}\n", table.id, agree, rows,
                    lost > 0 ? fmt::format(" (in {} the mark is not legible in our copy of the paper)", lost)
                             : "") +
                disagreements;
        }
    }
    return text;
}

std::string contrast_line(const Audit& audit, bool is_paired, std::string_view name) {
    const ContrastCounts counts = contrast_counts(audit, is_paired);
    return fmt::format(
        "  {:<22}{:>5} pairs, {} tested: {} differ at p < .05, {} after Benjamini-Hochberg over them\n", name,
        counts.all, counts.tested, counts.differ, counts.differ_adjusted);
}

std::string contrasts_text(const Audit& audit) {
    return "\nContrasts of two sources on one target, network and number of shots (each in --json)\n" +
           contrast_line(audit, false, "Welch, all shots") +
           contrast_line(audit, true, "seed-paired, few-shot") + "  " +
           wrapped(fmt::format("Seed-paired because {}.", why_paired), width - 2, 2) + "\n";
}

std::string claim_text(const AuditedClaim& claim) {
    std::string text =
        fmt::format("{}.{} ({}): {} {}", claim.workload, claim.id, metrics::to_string(claim.result.verdict),
                    claim.text, claim_p_text(claim.result));
    if (const std::string undecided = metrics::undecided_text(claim.result); !undecided.empty()) {
        text += "; " + undecided;
    }
    if (!claim.result.depends_on.empty()) {
        text += fmt::format("; depends on: {}", fmt::join(claim.result.depends_on, "; "));
    }
    if (claim.cells_with_raw_seeds < claim.cells) {
        text += fmt::format("; {} of {} cells without raw seeds, from which none can be left out",
                            claim.cells - claim.cells_with_raw_seeds, claim.cells);
    }
    return "    " + wrapped(text, width - 4, 6) + "\n";
}

std::string claims_text(const Audit& audit) {
    using metrics::ClaimGrade;
    std::string text =
        "\nClaims, on the published numbers (one-sided tests, corrected by each claim's rule)\n";
    text += "  " + wrapped(published_condition, width - 2, 2) + "\n";
    if (const std::string rates = metrics::error_rates_text(error_rates_of(audit)); !rates.empty()) {
        text += "  " + wrapped(rates, width - 2, 2) + "\n";
    }
    for (const ClaimGrade grade : {ClaimGrade::robust, ClaimGrade::robust_printed, ClaimGrade::fragile,
                                   ClaimGrade::not_supported, ClaimGrade::not_judged}) {
        std::string lines;
        std::size_t count = 0;
        for (const AuditedClaim& claim : audit.claims) {
            if (claim.result.grade == grade) {
                ++count;
                lines += claim_text(claim);
            }
        }
        text += fmt::format("  {}: {}\n", metrics::words_of(grade), count) + lines;
    }
    return text;
}

} // namespace

ContrastCounts contrast_counts(const Audit& audit, bool is_paired) {
    ContrastCounts counts;
    for (const Contrast& contrast : audit.contrasts) {
        if (contrast.is_paired == is_paired) {
            ++counts.all;
            counts.tested += contrast.p ? 1U : 0U;
            counts.differ += contrast.p.value_or(1.0) < metrics::default_alpha ? 1U : 0U;
            counts.differ_adjusted += contrast.p_adjusted.value_or(1.0) < metrics::default_alpha ? 1U : 0U;
        }
    }
    return counts;
}

std::string claim_p_text(const metrics::ClaimResult& result) {
    return fmt::format("{} comparison{}, p = {:.2g} for the claim, {:.2g} against it", result.terms.size(),
                       result.terms.size() == 1 ? "" : "s", result.p_favour, result.p_against);
}

metrics::ClaimErrorRates error_rates_of(const Audit& audit) {
    return metrics::claim_error_rates(static_cast<std::size_t>(
        std::count_if(audit.claims.begin(), audit.claims.end(), [](const AuditedClaim& claim) {
            return claim.result.verdict != metrics::ClaimVerdict::missing;
        })));
}

std::string audit_text(const Audit& audit) {
    return tables_text(audit) + bold_text(audit) + contrasts_text(audit) + claims_text(audit);
}

} // namespace reports
