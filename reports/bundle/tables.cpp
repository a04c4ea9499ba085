#include "reports/bundle/tables.hpp"

#include <span>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/check/parents.hpp"
#include "suite/plan/spec/enum_names.hpp"

namespace reports::bundle {
namespace {

namespace plan = suite::plan;

std::int64_t integer(std::size_t value) {
    return static_cast<std::int64_t>(value);
}

double number(const std::optional<double>& value) {
    return value.value_or(no_number);
}

double mean_of(const metrics::Sample& sample) {
    return sample.n > 0 ? sample.mean : no_number;
}

void take_comparison(CellRow& row, const metrics::CellComparison& comparison) {
    row.difference = number(comparison.difference);
    if (comparison.ci95) {
        row.ci95_low = comparison.ci95->low;
        row.ci95_high = comparison.ci95->high;
    }
    row.p_different = number(comparison.p_different);
    row.p_different_adjusted = number(comparison.p_different_adjusted);
    row.p_equivalent = number(comparison.p_equivalent);
    row.verdict = metrics::to_string(comparison.verdict);
    row.reason = comparison.reason;
    row.test = metrics::to_string(comparison.test);
    row.pairs = integer(comparison.pairs);
    row.differs_size_unresolved = comparison.differs_size_unresolved ? 1 : 0;
    row.rounding_half_width = comparison.rounding_half_width;
    row.chance = number(comparison.chance);
    row.at_chance = comparison.at_chance ? 1 : 0;
}

CellRow row_of(const CellResult& cell) {
    CellRow row{.id = cell.id,
                .target = cell.cell.target(),
                .model = cell.cell.model(),
                .source = cell.cell.source(),
                .shots = cell.cell.at(plan::AxisRole::shots),
                .metric = cell.metric,
                .n = integer(cell.values.size()),
                .planned = integer(cell.planned),
                .mean = mean_of(cell.ours),
                .sd = number(cell.ours.sd),
                .compared_with = std::string(to_string(cell.compared_with()))};
    if (const auto& reference = cell.reference()) {
        row.reference_kind = plan::to_string(reference->kind);
        row.reference_mean = mean_of(reference->sample);
        row.reference_sd = number(reference->sample.sd);
        row.reference_n = integer(reference->sample.n);
        row.reference_origin = reference->origin;
    }
    if (cell.published) {
        row.published_mean = mean_of(cell.published->sample);
        row.published_sd = number(cell.published->sample.sd);
        row.published_n = integer(cell.published->sample.n);
    }
    take_comparison(row, cell.comparison);
    row.margin = cell.planned > 0 ? cell.comparison.margin : no_number;
    row.margin_cap = number(cell.declared.cap);
    row.repeats_baseline = cell.repeats_baseline ? 1 : 0;
    row.parents = integer(cell.parents);
    return row;
}

ClaimRow row_of(const ClaimResult& claim) {
    return {.id = claim.id,
            .text = claim.text,
            .where = claim.where,
            .verdict = std::string(metrics::to_string(claim.ours.verdict)),
            .robustness = claim.ours.robustness,
            .evidence = fmt::format("{}", fmt::join(claim.ours.evidence, "\n")),
            .published = std::string(metrics::to_string(claim.published)),
            .baseline = claim.baseline ? std::string(metrics::to_string(*claim.baseline)) : "",
            .expected = claim.expected ? 1 : 0,
            .differs = claim.differs,
            .cells = fmt::format("{}", fmt::join(claim.cells, " ")),
            .parents = integer(claim.parents)};
}

RunRow row_of(const RunFacts& run) {
    return {.key = run.key,
            .kind = std::string(plan::enum_name(run.kind)),
            .cell = run.cell,
            .label = run.label,
            .seed = run.seed,
            .parent = run.parent,
            .state = std::string(to_string(run.state)),
            .metric = run.metric,
            .value = number(run.value),
            .train_seconds = run.train_seconds,
            .wall_seconds = run.wall_seconds,
            .started_seconds = run.timing ? run.timing->started_seconds : no_number,
            .data_seconds = run.timing ? run.timing->data_seconds : no_number,
            .evaluation_seconds = run.timing ? run.timing->evaluation_seconds : no_number,
            .store_seconds = run.timing ? run.timing->store_seconds : no_number,
            .images_seen = run.images_seen,
            .parameters = run.parameters,
            .weights_digest = run.weights_digest,
            .started = run.started,
            .finished = run.finished,
            .provenance = run.provenance ? integer(*run.provenance) : -1,
            .message = ""};
}

/// Rows of one reference; the first says what it is.
void add_rows(std::vector<ReferenceRow>& rows, const std::string& side, const std::string& cell,
              const plan::Reference& reference) {
    const ReferenceRow head{.side = side,
                            .cell = cell,
                            .row = "reference",
                            .kind = std::string(plan::to_string(reference.kind)),
                            .metric = reference.metric,
                            .n = integer(reference.values.size()),
                            .origin = reference.origin};
    rows.push_back(head);
    for (const plan::SeedValue& entry : reference.values) {
        ReferenceRow row = head;
        row.row = "value";
        row.seed = static_cast<std::int64_t>(entry.seed);
        row.value = entry.value;
        row.n = 1;
        row.key = entry.key;
        rows.push_back(row);
    }
    if (const auto& throughput = reference.throughput) {
        ReferenceRow row = head;
        row.row = "throughput";
        row.value = throughput->images_per_second;
        rows.push_back(row);
        row.row = "speedup";
        row.value = throughput->speedup;
        rows.push_back(row);
    }
    if (const auto& printed = reference.printed) {
        ReferenceRow row = head;
        row.row = "printed";
        row.value = printed->mean;
        row.sd = printed->sd;
        row.n = integer(printed->n);
        row.rounding_half_width = printed->rounding_half_width;
        row.where = printed->where;
        row.bold = printed->bold ? (*printed->bold ? 1 : 0) : -1;
        row.origin = printed->origin;
        rows.push_back(row);
    }
}

plan::ReferenceKind kind_from(const std::string& word) {
    for (const plan::ReferenceKind kind :
         {plan::ReferenceKind::raw_seeds, plan::ReferenceKind::printed, plan::ReferenceKind::baseline}) {
        if (plan::to_string(kind) == word) {
            return kind;
        }
    }
    throw std::invalid_argument("unknown kind of reference \"" + word + "\"");
}

} // namespace

suite::store::Table cell_table(const CheckResult& result) {
    std::vector<CellRow> rows;
    for (const CellResult& cell : result.cells) {
        rows.push_back(row_of(cell));
        rows.back().conditional_on = condition_of(cell, result.parents);
    }
    return suite::store::to_table(std::span<const CellRow>(rows), cell_fields);
}

suite::store::Table parents_table(const CheckResult& result) {
    std::vector<ParentsRow> rows;
    for (const SourceParents& source : result.parents) {
        ParentsRow row{.source = source.source, .network = source.model, .metric = source.metric};
        if (source.variance) {
            row.parents = integer(source.variance->parents);
            row.cells = integer(source.variance->cells);
            row.tau = source.variance->tau;
            row.ci95_low = source.variance->ci95.low;
            row.ci95_high = source.variance->ci95.high;
            row.df = source.variance->df;
        }
        rows.push_back(std::move(row));
    }
    return suite::store::to_table(std::span<const ParentsRow>(rows), parents_fields);
}

suite::store::Table claim_table(const CheckResult& result) {
    std::vector<ClaimRow> rows;
    for (const ClaimResult& claim : result.claims) {
        rows.push_back(row_of(claim));
    }
    return suite::store::to_table(std::span<const ClaimRow>(rows), claim_fields);
}

std::vector<RunRow> run_rows(const CheckResult& result) {
    std::vector<RunRow> rows;
    for (const RunFacts& run : result.runs) {
        rows.push_back(row_of(run));
    }
    return rows;
}

suite::store::Table provenance_table(const CheckResult& result) {
    std::vector<ProvenanceRow> rows;
    for (std::size_t set = 0; set < result.provenances.size(); ++set) {
        for (const auto& [name, value] : result.provenances[set]) {
            rows.push_back({.set = integer(set), .name = name, .value = value});
        }
    }
    return suite::store::to_table(std::span<const ProvenanceRow>(rows), provenance_fields);
}

std::vector<ReferenceRow> reference_rows(const plan::References& references) {
    std::vector<ReferenceRow> rows;
    for (const auto& [cell, reference] : references.published) {
        add_rows(rows, "published", cell, reference);
    }
    for (const auto& [cell, reference] : references.baseline) {
        add_rows(rows, "baseline", cell, reference);
    }
    return rows;
}

void take_references(const std::vector<ReferenceRow>& rows, plan::References& references) {
    for (const ReferenceRow& row : rows) {
        auto& side = row.side == "published" ? references.published : references.baseline;
        if (row.row == "reference") {
            side[row.cell] = {.kind = kind_from(row.kind),
                              .metric = row.metric,
                              .values = {},
                              .printed = {},
                              .origin = row.origin};
            continue;
        }
        const auto reference = side.find(row.cell);
        if (reference == side.end()) {
            throw std::invalid_argument("a value of " + row.cell + " before its reference");
        }
        if (row.row == "value") {
            reference->second.values.push_back(
                {.seed = static_cast<std::uint64_t>(row.seed), .value = row.value, .key = row.key});
        } else if (row.row == "throughput") {
            reference->second.throughput = plan::PrintedThroughput{.images_per_second = row.value};
        } else if (row.row == "speedup" && reference->second.throughput) {
            reference->second.throughput->speedup = row.value;
        } else {
            reference->second.printed = {.mean = row.value,
                                         .sd = row.sd,
                                         .n = static_cast<std::size_t>(row.n),
                                         .rounding_half_width = row.rounding_half_width,
                                         .where = row.where,
                                         .bold = row.bold < 0 ? std::nullopt : std::optional(row.bold == 1),
                                         .origin = row.origin};
        }
    }
}

} // namespace reports::bundle
