#include "reports/audit/audit.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "reports/audit/parts.hpp"
#include "reports/check/claims.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;

// Binary fractions of decimal numbers: a mean that lies on the border of two roundings agrees with both.
constexpr double border = 1e-9;

bool rounds_to(double value, double printed, double half_width) {
    return std::fabs(value - printed) <= half_width + border;
}

void compare_with_print(AuditCell& cell) {
    if (!cell.printed || cell.raw.n == 0) {
        return;
    }
    const double half_width = cell.printed->rounding_half_width;
    cell.mean_agrees = rounds_to(cell.raw.mean, cell.printed->mean, half_width);
    cell.sd_agrees = cell.raw.sd && rounds_to(*cell.raw.sd, cell.printed->sd, half_width);
}

AuditCell audit_cell(const plan::CellId& id, const plan::Reference* reference, const std::string& metric) {
    AuditCell cell{.cell = id,
                   .id = id.text(),
                   .metric = metric,
                   .raw_source = {},
                   .raw = {},
                   .printed = {},
                   .mean_agrees = {},
                   .sd_agrees = {},
                   .reason = {}};
    if (reference != nullptr) {
        cell.raw_source = reference->raw_source;
        cell.raw = reference->values.empty() ? metrics::Sample{} : sample_of(*reference);
        cell.printed = reference->printed;
        if (!reference->values.empty()) {
            cell.seeds = reference->values;
            cell.raw_file = reference->raw_file;
            cell.raw_origin = reference->origin;
        }
    }
    compare_with_print(cell);
    return cell;
}

/// Targets of which the authors published raw seeds.
std::set<std::string> targets_with_seeds(const std::vector<AuditedReferences>& audited) {
    std::set<std::string> targets;
    for (const AuditedReferences& entry : audited) {
        for (const auto& [id, reference] : entry.references.published) {
            if (!reference.values.empty()) {
                targets.insert(plan::cell_of(entry.workload->axes, id).target());
            }
        }
    }
    return targets;
}

AuditTable audit_table(const plan::Catalog& catalog, const AuditedReferences& audited,
                       const std::set<std::string>& with_seeds) {
    AuditTable table{.id = audited.workload->id,
                     .cells = {},
                     .title = audited.workload->title,
                     .source = audited.workload->source,
                     .paper = audited.workload->paper};
    const auto& published = audited.references.published;
    for (const plan::CellId& id : plan::workload_cells(*audited.workload)) {
        const auto found = published.find(id.text());
        const std::string& metric = find(catalog.data_sets, id.target(), "data set").metric;
        AuditCell cell = audit_cell(id, found == published.end() ? nullptr : &found->second, metric);
        if (cell.raw.n == 0) {
            cell.reason =
                with_seeds.contains(id.target())
                    ? fmt::format("no raw seeds of this source among those published of {}", id.target())
                    : fmt::format("no raw seeds of {} were published", id.target());
        }
        table.cells.push_back(std::move(cell));
    }
    for (const auto& [id, reference] : audited.references.unshown) {
        AuditCell cell = audit_cell(plan::cell_of(audited.workload->axes, id), &reference, reference.metric);
        cell.reason = "no table or figure shows this source";
        cell.is_shown = false;
        table.cells.push_back(std::move(cell));
    }
    return table;
}

AuditedClaim audit_claim(const plan::Catalog& catalog, const AuditedReferences& audited,
                         const plan::ClaimSpec& claim) {
    const std::vector<ClaimPair> pairs = expand_claim(*audited.workload, claim);
    const auto numbers_of = [&](const plan::CellId& cell) {
        const auto found = audited.references.published.find(cell.text());
        if (found == audited.references.published.end()) {
            return metrics::ClaimCell{};
        }
        const plan::DataSetSpec& target = find(catalog.data_sets, cell.target(), "data set");
        metrics::ClaimCell numbers = claim_cell(found->second);
        numbers.one_image = points_of_one_image(target.metric, target.test_images);
        return numbers;
    };
    AuditedClaim result{.workload = audited.workload->id,
                        .id = claim.id,
                        .text = claim.text,
                        .where = claim.where,
                        .result = judge(claim, pairs, numbers_of)};
    std::set<std::string> cells;
    for (const ClaimPair& pair : pairs) {
        for (const plan::CellId& cell : pair.a) {
            cells.insert(cell.text());
        }
        if (pair.b) {
            cells.insert(pair.b->text());
        }
    }
    result.cells = cells.size();
    for (const std::string& cell : cells) {
        const auto found = audited.references.published.find(cell);
        const bool has_seeds = found != audited.references.published.end() && !found->second.values.empty();
        result.cells_with_raw_seeds += has_seeds ? 1U : 0U;
    }
    return result;
}

/// Where a number is printed; two tables may show the same one.
std::string printed_place(const AuditTable& table, const AuditCell& cell) {
    return cell.printed->file.empty() ? fmt::format("{} {}", table.id, cell.id)
                                      : fmt::format("{}:{}", cell.printed->file, cell.printed->line);
}

std::size_t& count_of(AuditSummary& summary, metrics::ClaimGrade grade) {
    switch (grade) {
    case metrics::ClaimGrade::robust:
        return summary.robust;
    case metrics::ClaimGrade::robust_printed:
        return summary.robust_printed;
    case metrics::ClaimGrade::fragile:
        return summary.fragile;
    case metrics::ClaimGrade::not_supported:
        return summary.not_supported;
    case metrics::ClaimGrade::not_judged:
        break;
    }
    return summary.not_judged;
}

/// Workloads with reference files of their own: the others only look at the same numbers again. Ladders have
/// no seeds; ci/check-references compares their speed-ups with their throughputs.
std::vector<std::string> workloads_with_references(const plan::Catalog& catalog) {
    std::vector<std::string> ids = plan::workload_ids(catalog);
    std::erase_if(ids, [&catalog](const std::string& id) {
        return catalog.workloads.at(id).scaling ||
               !std::filesystem::exists(std::filesystem::path(catalog.workloads.at(id).folder) / "reference");
    });
    return ids;
}

} // namespace

std::optional<bool> AuditCell::agrees() const {
    return mean_agrees ? std::optional(*mean_agrees && sd_agrees.value_or(false)) : std::nullopt;
}

bool Audit::all_means_agree() const {
    for (const AuditTable& table : tables) {
        if (std::any_of(table.cells.begin(), table.cells.end(),
                        [](const AuditCell& cell) { return !cell.mean_agrees.value_or(true); })) {
            return false;
        }
    }
    return true;
}

AuditSummary summary_of(const Audit& audit) {
    AuditSummary summary;
    std::set<std::string> printed;
    std::set<std::string> raw; // the same cell has another word in another table
    for (const AuditTable& table : audit.tables) {
        for (const AuditCell& cell : table.cells) {
            if (cell.raw.n > 0) {
                raw.insert(
                    fmt::format("{} {} {}", cell.cell.target(), cell.raw_source, cell.cell.shots_text()));
            }
            if (cell.printed && printed.insert(printed_place(table, cell)).second) {
                summary.compared += cell.agrees().has_value() ? 1U : 0U;
                summary.agreeing += cell.agrees().value_or(false) ? 1U : 0U;
            }
        }
    }
    summary.printed = printed.size();
    summary.raw_cells = raw.size();
    summary.bold_rows = audit.bold.size();
    summary.bold_agreeing = static_cast<std::size_t>(
        std::count_if(audit.bold.begin(), audit.bold.end(), [](const BoldRow& row) { return row.agrees; }));
    summary.claims = audit.claims.size();
    for (const AuditedClaim& claim : audit.claims) {
        ++(count_of(summary, claim.result.grade));
    }
    return summary;
}

Audit audit(const plan::Catalog& catalog, std::vector<std::string> workloads, const std::string& profile) {
    if (workloads.empty()) {
        workloads = workloads_with_references(catalog);
    }
    std::vector<AuditedReferences> audited;
    for (const std::string& id : workloads) {
        audited.push_back({.workload = &find(catalog.workloads, id, "workload"),
                           .references = plan::load_references(catalog, id, profile)});
    }
    Audit result;
    const std::set<std::string> with_seeds = targets_with_seeds(audited);
    std::set<std::string> rows;
    std::set<std::string> claims; // by where they are declared: views repeat those of their workloads
    for (const AuditedReferences& entry : audited) {
        result.tables.push_back(audit_table(catalog, entry, with_seeds));
        for (BoldRow& row : bold_rows(entry)) {
            if (rows.insert(row.file + " " + row.row)
                    .second) { // other workloads show parts of the same table
                result.bold.push_back(std::move(row));
            }
        }
        for (const plan::ClaimSpec& claim : entry.workload->claims) {
            if (claims.insert(claim.origin.text()).second) {
                result.claims.push_back(audit_claim(catalog, entry, claim));
            }
        }
    }
    result.contrasts = contrasts_of(audited);
    return result;
}

} // namespace reports
