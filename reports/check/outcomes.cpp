#include "reports/check/outcomes.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "reports/check/claims.hpp"

#include "suite/base/error.hpp"

namespace reports {
namespace {

using suite::store::LookupState;
using suite::store::MetricEntry;
using suite::store::RunRecord;

/// A scaling run is scored on what it trains on.
std::string_view split_of(const suite::plan::PlannedRun& run) {
    return run.config.kind == suite::plan::RunKind::scaling ? "train" : judged_split;
}

/// The record holds no usable value: named as any other fault of a record.
std::string unusable(const suite::plan::PlannedRun& run, const Records& records, std::string found) {
    return suite::Error(suite::ErrorKind::store,
                        suite::Fault{.where = records.place(run.key),
                                     .found = std::move(found),
                                     .expected = fmt::format("a finite {} of split {}", run.config.metric,
                                                             split_of(run)),
                                     .fix = "set the file aside and run again"})
        .what();
}

Outcome outcome_of_finished(const suite::plan::PlannedRun& run, const RunRecord& record,
                            const Records& records) {
    const auto entry =
        std::find_if(record.metrics.begin(), record.metrics.end(), [&run](const MetricEntry& metric) {
            return metric.name == run.config.metric && metric.split == split_of(run);
        });
    if (entry == record.metrics.end()) {
        return {.value = {}, .failure = {}, .damage = unusable(run, records, "no such metric")};
    }
    if (!std::isfinite(entry->value)) {
        return {
            .value = {}, .failure = {}, .damage = unusable(run, records, fmt::format("{}", entry->value))};
    }
    return {.value = entry->value, .failure = {}, .damage = {}};
}

/// A run whose pre-training was refused is never tried.
std::string refusal_of_parent(const suite::plan::PlannedRun& run, Records& records) {
    if (run.parent.empty()) {
        return {};
    }
    const suite::store::Lookup& parent = records.look_up(run.parent);
    const bool is_refused = parent.state == LookupState::failed && is_refusal(*parent.record->failure);
    return is_refused ? parent.record->failure->reason : "";
}

} // namespace

Outcome outcome_of(const suite::plan::PlannedRun& run, Records& records) {
    const suite::store::Lookup& lookup = records.look_up(run.key);
    switch (lookup.state) {
    case LookupState::finished:
        return outcome_of_finished(run, *lookup.record, records);
    case LookupState::failed:
        if (is_refusal(*lookup.record->failure)) {
            return {.value = {}, .failure = {}, .damage = {}, .refusal = lookup.record->failure->reason};
        }
        return {.value = {},
                .failure = fmt::format("{}: {}", lookup.record->failure->phase,
                                       one_line(lookup.record->failure->reason)),
                .damage = {}};
    case LookupState::damaged:
        return {.value = {}, .failure = {}, .damage = lookup.message};
    case LookupState::absent:
        break;
    }
    return {.value = {}, .failure = {}, .damage = {}, .refusal = refusal_of_parent(run, records)};
}

ReferenceSide side_of(const suite::plan::Reference& reference) {
    ReferenceSide side{
        .kind = reference.kind, .sample = {}, .origin = reference.origin, .bold = {}, .where = {}};
    if (reference.printed) {
        side.bold = reference.printed->bold;
        side.where = reference.printed->where;
    }
    side.sample = sample_of(reference);
    return side;
}

metrics::CellComparison without_verdict(const metrics::CellComparison& comparison,
                                        const std::string& limits) {
    if (comparison.verdict == metrics::Verdict::missing ||
        comparison.verdict == metrics::Verdict::no_reference) {
        return comparison;
    }
    return {.difference = comparison.difference,
            .margin = comparison.margin,
            .verdict = metrics::Verdict::inconclusive,
            .reason = fmt::format("limited by hand to {}: no reproduction", limits)};
}

std::string one_line(std::string_view text, std::size_t longest) {
    text = text.substr(0, text.find('\n'));
    if (text.size() <= longest) {
        return std::string(text);
    }
    std::size_t end = longest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
        --end;
    }
    return std::string(text.substr(0, end)) + "…";
}

} // namespace reports
