// The rule behind the bold print (paper.md#bold-print): the best mean is bold when it beats
// every other shown source of its row at p < .05, two-sided Welch, uncorrected; else nothing is.
#include <algorithm>

#include "metrics/t_tests.hpp"
#include "reports/audit/parts.hpp"
#include "reports/check/claims.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;

/// A printed source of a row.
struct Shown {
    std::string source;
    metrics::Sample sample; ///< raw seeds where they are known
    std::optional<bool> bold;
};

struct Row {
    std::string id;
    std::string file;
    bool is_one_table = true;
    std::vector<Shown> shown;
};

std::vector<Row> rows_of(const AuditedReferences& audited) {
    std::vector<Row> rows;
    for (const plan::CellId& cell : plan::workload_cells(*audited.workload)) {
        const auto found = audited.references.published.find(cell.text());
        if (found == audited.references.published.end() || !found->second.printed) {
            continue;
        }
        const std::string id = cell.target() + "/" + cell.model();
        if (rows.empty() || rows.back().id != id) {
            rows.push_back({.id = id, .file = found->second.printed->file, .shown = {}});
        }
        rows.back().is_one_table =
            rows.back().is_one_table && rows.back().file == found->second.printed->file;
        rows.back().shown.push_back({.source = cell.source(),
                                     .sample = sample_of(found->second),
                                     .bold = found->second.printed->bold});
    }
    std::erase_if(rows, [](const Row& row) { return row.shown.size() < 2 || !row.is_one_table; });
    return rows;
}

/// Two-sided p; none where no test exists.
std::optional<double> p_between(const metrics::Sample& a, const metrics::Sample& b) {
    const bool varies = a.sd.value_or(0.0) > 0.0 || b.sd.value_or(0.0) > 0.0;
    return varies && a.n > 1 && b.n > 1 ? std::optional(metrics::welch(a, b).p) : std::nullopt;
}

/// Fills best, rival, p and recomputed.
void recompute(const Row& row, BoldRow& result) {
    const auto best =
        std::max_element(row.shown.begin(), row.shown.end(),
                         [](const Shown& a, const Shown& b) { return a.sample.mean < b.sample.mean; });
    result.best = best->source;
    bool beats_all = true;
    for (const Shown& other : row.shown) {
        if (&other == &*best) {
            continue;
        }
        const std::optional<double> p = p_between(best->sample, other.sample);
        beats_all = beats_all && p && *p < metrics::default_alpha;
        if (result.rival.empty() || p.value_or(1.0) > result.p.value_or(1.0)) {
            result.rival = other.source;
            result.p = p;
        }
    }
    result.recomputed = beats_all ? std::optional(best->source) : std::nullopt;
}

} // namespace

std::vector<BoldRow> bold_rows(const AuditedReferences& audited) {
    std::vector<BoldRow> results;
    for (const Row& row : rows_of(audited)) {
        BoldRow& result = results.emplace_back();
        result.table = audited.workload->id;
        result.row = row.id;
        result.file = row.file;
        recompute(row, result);
        for (const Shown& shown : row.shown) {
            result.marks_lost = result.marks_lost || !shown.bold;
            if (shown.bold.value_or(false)) {
                result.published = shown.source;
            }
            result.agrees =
                result.agrees && (!shown.bold || *shown.bold == (shown.source == result.recomputed));
        }
    }
    return results;
}

} // namespace reports
