#include "reports/check/rung.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace reports {
namespace {

namespace plan = suite::plan;
using suite::store::Lookup;
using suite::store::LookupState;
using suite::store::RunRecord;
using suite::store::ScalingSection;
using suite::store::ScalingSummary;

constexpr double percent = 100.0;

const RunRecord* finished(const plan::Plan& plan, std::size_t run, Records& records) {
    const Lookup& lookup = records.look_up(plan.runs[run].key);
    return lookup.state == LookupState::finished && lookup.record->scaling ? &*lookup.record : nullptr;
}

/// The base cases before and after a run; without either there is nothing to measure against.
void take_bases(const plan::Plan& plan, const plan::BaseRuns& bases, Records& records, RungRun& run) {
    const RunRecord* before = finished(plan, bases.before, records);
    const RunRecord* after = finished(plan, bases.after, records);
    if (before == nullptr || after == nullptr) {
        return;
    }
    const ScalingSummary& first = before->scaling->summary;
    const ScalingSummary& second = after->scaling->summary;
    run.base_images_per_second = std::sqrt(first.images_per_second * second.images_per_second);
    run.base_flags = first.flags.empty() ? second.flags : first.flags;
    if (run.summary.ranks > 1) {
        run.loss = efficiency_loss(run.summary, first, second);
    }
}

double median_of(const std::vector<RungRun>& runs, double ScalingSummary::*member) {
    std::vector<double> values;
    for (const RungRun& run : runs) {
        values.push_back(run.summary.*member);
    }
    return values.empty() ? 0.0 : metrics::median_interval(values).median;
}

metrics::Sample sample_of(const std::vector<RungRun>& runs, double ScalingSummary::*member) {
    std::vector<double> values;
    for (const RungRun& run : runs) {
        values.push_back(run.summary.*member);
    }
    return metrics::make_sample(values);
}

StepShares shares_of(const std::vector<RungRun>& runs) {
    return {.data = median_of(runs, &ScalingSummary::data_seconds),
            .forward = median_of(runs, &ScalingSummary::forward_seconds),
            .backward = median_of(runs, &ScalingSummary::backward_seconds),
            .communication = median_of(runs, &ScalingSummary::communication_seconds),
            .optimizer = median_of(runs, &ScalingSummary::optimizer_seconds),
            .imbalance = median_of(runs, &ScalingSummary::imbalance_seconds),
            .p50 = median_of(runs, &ScalingSummary::step_p50_seconds),
            .p95 = median_of(runs, &ScalingSummary::step_p95_seconds)};
}

std::optional<EfficiencyLoss> loss_of(const std::vector<RungRun>& runs) {
    const auto median = [&](double EfficiencyLoss::*member) {
        std::vector<double> values;
        for (const RungRun& run : runs) {
            if (run.loss) {
                values.push_back((*run.loss).*member);
            }
        }
        return metrics::median_interval(values).median;
    };
    if (std::ranges::none_of(runs, [](const RungRun& run) { return run.loss.has_value(); })) {
        return std::nullopt;
    }
    return EfficiencyLoss{.computing = median(&EfficiencyLoss::computing),
                          .communication = median(&EfficiencyLoss::communication),
                          .waiting = median(&EfficiencyLoss::waiting),
                          .other = median(&EfficiencyLoss::other)};
}

/// Each word once, with how many runs have it; those of base cases under "base case".
std::vector<std::string> flags_of(const std::vector<RungRun>& runs) {
    std::map<std::string, std::size_t> counts;
    for (const RungRun& run : runs) {
        std::istringstream words(run.summary.flags);
        for (std::string word; words >> word;) {
            ++counts[word];
        }
        if (!run.base_flags.empty()) {
            ++counts["base case " + run.base_flags];
        }
    }
    std::vector<std::string> flags;
    for (const auto& [word, count] : counts) {
        flags.push_back(fmt::format("{} in {} of {} runs", word, count, runs.size()));
    }
    return flags;
}

/// What no scaling number may have; the worker refuses such runs, a record from elsewhere may still hold one.
void add_invalid(const plan::PlannedRun& planned, const RunRecord& record,
                 std::vector<std::string>& invalid) {
    const ScalingSection& scaling = *record.scaling;
    const auto add = [&](const std::string& what) {
        invalid.push_back(fmt::format("repetition {}: {}", planned.seed, what));
    };
    const std::int64_t expected = scaling.summary.steps * scaling.summary.local_batch * scaling.summary.ranks;
    if (scaling.summary.images != expected || record.images_seen != expected) {
        add(fmt::format("{} images counted, {} expected", scaling.summary.images, expected));
    }
    for (const suite::store::ScalingRank& rank : scaling.ranks) {
        if (rank.weights_digest != record.weights_digest) {
            add(fmt::format("rank {} ended with other parameters", rank.rank));
        }
    }
    for (const suite::store::ScalingSweep& size : scaling.sweep) {
        if (size.wrong > 0) {
            add(fmt::format("{} wrong sums of {} bytes", size.wrong, size.bytes));
        }
    }
    if (!(scaling.summary.images_per_second > 0.0) || !std::isfinite(scaling.summary.images_per_second)) {
        add(fmt::format("{} images per second", scaling.summary.images_per_second));
    }
    for (const suite::store::LossEntry& entry : record.losses) {
        if (!std::isfinite(entry.loss)) {
            add(fmt::format("loss {} at step {}", entry.loss, entry.step));
        }
    }
}

std::optional<metrics::Efficiency> efficiency_of(const std::vector<RungRun>& runs, int ranks,
                                                 bool with_flagged) {
    std::vector<double> base;
    std::vector<double> rung;
    for (const RungRun& run : runs) {
        if (run.base_images_per_second && (with_flagged || !run.is_flagged())) {
            base.push_back(*run.base_images_per_second);
            rung.push_back(run.summary.images_per_second);
        }
    }
    return base.empty() ? std::nullopt : std::optional(metrics::efficiency(base, rung, ranks));
}

std::vector<RungValue> drift_of(const RungResult& rung) {
    std::map<std::uint64_t, std::pair<double, double>> sums; ///< repetition -> throughput, runs
    for (const RungRun& run : rung.runs) {
        if (!run.is_flagged()) {
            sums[run.repetition].first += run.summary.images_per_second;
            sums[run.repetition].second += 1.0;
        }
    }
    std::vector<RungValue> values;
    for (const RungRun& run : rung.runs) {
        if (!run.is_flagged()) {
            const auto& [sum, count] = sums[run.repetition];
            values.push_back(
                {run.repetition, percent * run.summary.images_per_second / (sum / count), run.key});
        }
    }
    return values;
}

} // namespace

RungResult rung_of(const plan::Plan& plan, const plan::PlannedCell& cell, const plan::Reference* published,
                   Records& records) {
    RungResult rung{.ranks = std::stoi(cell.id.at(plan::AxisRole::ranks))};
    for (std::size_t i = 0; i < cell.runs.size(); ++i) {
        const plan::PlannedRun& planned = plan.runs[cell.runs[i]];
        const RunRecord* record = finished(plan, cell.runs[i], records);
        if (record == nullptr) {
            continue;
        }
        RungRun run{.repetition = planned.seed,
                    .key = planned.key,
                    .summary = record->scaling->summary,
                    .ranks = record->scaling->ranks,
                    .sweep = record->scaling->sweep,
                    .base_images_per_second = std::nullopt,
                    .base_flags = {},
                    .loss = std::nullopt};
        if (i < cell.bases.size()) {
            take_bases(plan, cell.bases[i], records, run);
        }
        add_invalid(planned, *record, rung.invalid);
        rung.runs.push_back(std::move(run));
    }
    rung.throughput = sample_of(rung.runs, &ScalingSummary::images_per_second);
    rung.steady = sample_of(rung.runs, &ScalingSummary::steady_images_per_second);
    rung.step = shares_of(rung.runs);
    rung.loss = loss_of(rung.runs);
    rung.flags = flags_of(rung.runs);
    if (rung.ranks > 1 && rung.invalid.empty()) {
        rung.efficiency = efficiency_of(rung.runs, rung.ranks, false);
        rung.flagged = rung.flags.empty() ? std::nullopt : efficiency_of(rung.runs, rung.ranks, true);
    }
    rung.published = published == nullptr ? std::nullopt : published->throughput;
    return rung;
}

std::vector<RungValue> values_of(const RungResult& rung) {
    if (!rung.invalid.empty()) {
        return {};
    }
    if (rung.ranks == 1) {
        return drift_of(rung);
    }
    std::vector<RungValue> values;
    for (const RungRun& run : rung.runs) {
        if (run.base_images_per_second && !run.is_flagged()) {
            values.push_back(
                {run.repetition,
                 percent * run.summary.images_per_second / (rung.ranks * *run.base_images_per_second),
                 run.key});
        }
    }
    return values;
}

metrics::CellComparison compare_rung(const RungResult& rung, const plan::Reference* published,
                                     double margin) {
    metrics::CellComparison cell{.margin = margin};
    if (!rung.invalid.empty()) {
        cell.verdict = metrics::Verdict::different;
        cell.reason = fmt::format("no valid measurement: {}", fmt::join(rung.invalid, "; "));
        return cell;
    }
    const bool is_judged = rung.ranks == 1 ? !values_of(rung).empty() : rung.efficiency.has_value();
    const std::string flags = fmt::format("{}", fmt::join(rung.flags, ", "));
    if (!is_judged) {
        cell.verdict = rung.runs.empty()      ? metrics::Verdict::missing
                       : published == nullptr ? metrics::Verdict::no_reference
                                              : metrics::Verdict::inconclusive;
        cell.reason = rung.runs.empty() ? "no result"
                      : flags.empty()   ? "no base case before and after it"
                                        : fmt::format("{}: shown, never a scaling result", flags);
        return cell;
    }
    if (rung.ranks == 1) {
        cell.verdict = metrics::Verdict::no_reference;
        cell.reason = "the base case: 100 % by definition, its sd is the drift inside a repetition";
        return cell;
    }
    const auto reference =
        published != nullptr && published->printed ? std::optional(published->printed->mean) : std::nullopt;
    cell = metrics::compare_efficiency(
        *rung.efficiency, reference,
        {.declared = margin,
         .rounding_half_width = reference ? published->printed->rounding_half_width : 0.0});
    if (!flags.empty()) {
        cell.reason += (cell.reason.empty() ? "" : "; ") + flags + ", left out";
    }
    return cell;
}

} // namespace reports
