#include "suite/worker/scaling_run.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/base/hash.hpp"
#include "suite/plan/spec/enum_names.hpp"
#include "suite/worker/all_reduce_sweep.hpp"
#include "suite/worker/validity.hpp"

namespace suite::worker {
namespace {

using store::ScalingRank;
using store::ScalingSection;
using store::ScalingSummary;
using train::StepTime;

// Below this many steps the noise of single batches hides a trend; finite they must be, and not blown up
// (validity.hpp, check_validity).
constexpr std::size_t fewest_judged_steps = 64;

/// RankFacts as bytes that every rank sends alike.
struct PackedFacts {
    std::array<char, 64> host{};
    std::array<char, 64> core{};
    std::array<char, 65> weights_digest{};
    std::int32_t cores = 1;
    std::int32_t allowed_cores = 1;
    HostCounters before;
    HostCounters after;
};

template<std::size_t size>
void pack(std::array<char, size>& place, const std::string& text) {
    std::memcpy(place.data(), text.data(), std::min(text.size(), size - 1));
}

std::vector<RankFacts> gathered(const RankFacts& mine, dist::Communicator& communicator) {
    PackedFacts packed{
        .cores = mine.cores, .allowed_cores = mine.allowed_cores, .before = mine.before, .after = mine.after};
    pack(packed.host, mine.host);
    pack(packed.core, mine.core);
    pack(packed.weights_digest, mine.weights_digest);
    std::vector<PackedFacts> all(static_cast<std::size_t>(communicator.size()));
    communicator.all_gather(dist::buffer(std::as_writable_bytes(std::span(&packed, 1))),
                            dist::buffer(std::as_writable_bytes(std::span(all))));
    std::vector<RankFacts> facts;
    for (const PackedFacts& entry : all) {
        facts.push_back({.host = entry.host.data(),
                         .core = entry.core.data(),
                         .cores = entry.cores,
                         .allowed_cores = entry.allowed_cores,
                         .before = entry.before,
                         .after = entry.after,
                         .weights_digest = entry.weights_digest.data()});
    }
    return facts;
}

/// The value below which a share p of the sorted values lies: the nearest rank.
double quantile(std::vector<double> values, double p) {
    if (values.empty()) {
        return 0.0;
    }
    std::sort(values.begin(), values.end());
    const auto place = static_cast<std::size_t>(std::ceil(p * static_cast<double>(values.size())));
    return values[std::clamp<std::size_t>(place, 1, values.size()) - 1];
}

double compute_of(const StepTime& time) {
    return time.forward + time.backward + time.overlapped;
}

/// One step over its ranks.
struct StepView {
    double slowest = 0.0; ///< whole step
    double mean_compute = 0.0;
    double imbalance = 0.0;
    double mean_communication = 0.0;
};

StepView view_of(std::span<const StepTime> ranks) {
    StepView view;
    double most = 0.0;
    for (const StepTime& time : ranks) {
        view.slowest = std::max(view.slowest, time.whole);
        view.mean_compute += compute_of(time) / static_cast<double>(ranks.size());
        view.mean_communication += time.exposed_communication / static_cast<double>(ranks.size());
        most = std::max(most, compute_of(time));
    }
    view.imbalance = most - view.mean_compute;
    return view;
}

std::vector<StepView> views_of(const train::StepTimes& times) {
    std::vector<StepView> views;
    const auto ranks = static_cast<std::size_t>(times.ranks);
    for (std::size_t step = 0; step < times.steps(); ++step) {
        views.push_back(view_of(std::span(times.values).subspan(step * ranks, ranks)));
    }
    return views;
}

/// Mean over steady steps of one member, of one rank.
double mean_of(const train::StepTimes& times, std::size_t warmup, std::size_t rank,
               double StepTime::*member) {
    double sum = 0.0;
    for (std::size_t step = warmup; step < times.steps(); ++step) {
        sum += times.values[step * static_cast<std::size_t>(times.ranks) + rank].*member;
    }
    return times.steps() > warmup ? sum / static_cast<double>(times.steps() - warmup) : 0.0;
}

ScalingRank rank_row(const train::StepTimes& times, std::size_t warmup, std::size_t rank,
                     const RankFacts& facts) {
    std::vector<double> whole;
    for (std::size_t step = warmup; step < times.steps(); ++step) {
        whole.push_back(times.values[step * static_cast<std::size_t>(times.ranks) + rank].whole);
    }
    return {.rank = static_cast<std::int64_t>(rank),
            .host = facts.host,
            .core = facts.core,
            .images = 0,
            .processor_seconds = facts.after.own_seconds - facts.before.own_seconds,
            .data_seconds = mean_of(times, warmup, rank, &StepTime::data),
            .forward_seconds = mean_of(times, warmup, rank, &StepTime::forward),
            .backward_seconds = mean_of(times, warmup, rank, &StepTime::backward) +
                                mean_of(times, warmup, rank, &StepTime::overlapped),
            .communication_seconds = mean_of(times, warmup, rank, &StepTime::exposed_communication),
            .optimizer_seconds = mean_of(times, warmup, rank, &StepTime::optimiser),
            .step_p50_seconds = quantile(whole, 0.50),
            .step_p95_seconds = quantile(whole, 0.95),
            .weights_digest = facts.weights_digest};
}

/// What the cores of ranks with the same cores did beside these ranks.
struct CoreUse {
    double own_seconds = 0.0;
    double foreign_share = 0.0;
    double steal_share = 0.0;
    int ranks = 0;
    int cores = 1;
};

std::map<std::string, CoreUse> use_of_cores(std::span<const RankFacts> facts) {
    const auto name_of = [](const RankFacts& rank) { return rank.host + " " + rank.core; };
    std::map<std::string, CoreUse> uses;
    for (const RankFacts& rank : facts) {
        CoreUse& use = uses[name_of(rank)];
        use.own_seconds += rank.after.own_seconds - rank.before.own_seconds;
        use.cores = rank.allowed_cores;
        ++use.ranks;
    }
    for (const RankFacts& rank : facts) { // the longest of its ranks' readings says most
        CoreUse& use = uses[name_of(rank)];
        const double seconds = rank.after.monotonic_seconds - rank.before.monotonic_seconds;
        const double core_seconds = std::max(1e-9, seconds * use.cores);
        const double busy = rank.after.busy_seconds - rank.before.busy_seconds;
        use.foreign_share = std::max(use.foreign_share, (busy - use.own_seconds) / core_seconds);
        use.steal_share =
            std::max(use.steal_share, (rank.after.steal_seconds - rank.before.steal_seconds) / core_seconds);
    }
    return uses;
}

bool is_oversubscribed(std::span<const RankFacts> facts) {
    std::map<std::string, int> ranks_of_host;
    return std::any_of(facts.begin(), facts.end(), [&ranks_of_host](const RankFacts& rank) {
        return ++ranks_of_host[rank.host] > rank.cores;
    });
}

void take_hosts(std::span<const RankFacts> facts, ScalingSummary& summary) {
    bool crowded = is_oversubscribed(facts);
    std::set<std::string> hosts;
    summary.cores = facts.front().cores;
    summary.throttle_events = -1;
    for (const auto& [name, use] : use_of_cores(facts)) {
        crowded = crowded || use.ranks > use.cores;
        summary.foreign_share = std::max(summary.foreign_share, use.foreign_share);
        summary.steal_share = std::max(summary.steal_share, use.steal_share);
    }
    for (const RankFacts& rank : facts) {
        hosts.insert(rank.host);
        if (rank.before.throttle_events >= 0) {
            summary.throttle_events =
                std::max(summary.throttle_events, rank.after.throttle_events - rank.before.throttle_events);
        }
    }
    summary.hosts = static_cast<std::int64_t>(hosts.size());
    std::vector<std::string> flags;
    const std::array<std::pair<bool, const char*>, 4> rules{
        {{crowded, "oversubscribed"},
         {summary.foreign_share > most_foreign_share, "busy"},
         {summary.steal_share > most_steal_share, "stolen"},
         {summary.throttle_events > 0, "throttled"}}};
    for (const auto& [holds, word] : rules) {
        if (holds) {
            flags.emplace_back(word);
        }
    }
    summary.flags = fmt::format("{}", fmt::join(flags, " "));
}

double mean_over(const std::vector<ScalingRank>& ranks, double ScalingRank::*member) {
    double sum = 0.0;
    for (const ScalingRank& rank : ranks) {
        sum += rank.*member;
    }
    return sum / static_cast<double>(ranks.size());
}

/// Wall time of all steps from one on: ranks step together, so the slowest rank's own steps add up.
double wall_seconds(const train::StepTimes& times, std::size_t from) {
    double slowest = 0.0;
    for (std::size_t rank = 0; rank < static_cast<std::size_t>(times.ranks); ++rank) {
        slowest = std::max(slowest, mean_of(times, from, rank, &StepTime::whole));
    }
    return slowest * static_cast<double>(times.steps() - from);
}

void take_times(const train::StepTimes& times, std::size_t warmup, const std::vector<StepView>& views,
                ScalingSection& section) {
    ScalingSummary& summary = section.summary;
    std::vector<double> slowest;
    double imbalance = 0.0;
    for (std::size_t step = warmup; step < views.size(); ++step) {
        slowest.push_back(views[step].slowest);
        imbalance += views[step].imbalance;
    }
    const double images_per_step = static_cast<double>(summary.local_batch * summary.ranks);
    const auto steady = static_cast<double>(slowest.size());
    summary.seconds = wall_seconds(times, 0);
    summary.images_per_second = static_cast<double>(summary.images) / summary.seconds;
    summary.steady_images_per_second = steady * images_per_step / wall_seconds(times, warmup);
    summary.step_p50_seconds = quantile(slowest, 0.50);
    summary.step_p95_seconds = quantile(slowest, 0.95);
    summary.imbalance_seconds = imbalance / steady;
    summary.data_seconds = mean_over(section.ranks, &ScalingRank::data_seconds);
    summary.forward_seconds = mean_over(section.ranks, &ScalingRank::forward_seconds);
    summary.backward_seconds = mean_over(section.ranks, &ScalingRank::backward_seconds);
    summary.communication_seconds = mean_over(section.ranks, &ScalingRank::communication_seconds);
    summary.optimizer_seconds = mean_over(section.ranks, &ScalingRank::optimizer_seconds);
}

void take_steps(const std::vector<StepView>& views, ScalingSection& section) {
    const std::size_t count = std::min(views.size(), store::kept_scaling_steps);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t step = count < 2 ? 0 : i * (views.size() - 1) / (count - 1);
        section.steps.push_back({.step = static_cast<std::int64_t>(step),
                                 .seconds = views[step].slowest,
                                 .compute_seconds = views[step].mean_compute,
                                 .imbalance_seconds = views[step].imbalance,
                                 .communication_seconds = views[step].mean_communication});
    }
}

} // namespace

store::ScalingSection scaling_section(const plan::RunConfig& config, const train::TrainResult& result,
                                      std::span<const RankFacts> facts, dist::Backend backend) {
    ScalingSection section;
    const auto warmup = static_cast<std::size_t>(config.scaling->warmup_steps);
    const auto ranks = static_cast<std::int64_t>(facts.size());
    section.summary = {.ranks = ranks,
                       .local_batch = config.train.batch / ranks,
                       .steps = config.train.schedule.total_steps,
                       .warmup_steps = config.scaling->warmup_steps,
                       .images = result.images_seen,
                       .backend = std::string(to_string(backend)),
                       .reduction = std::string(plan::enum_name(config.reduction)),
                       .data_mode = config.scaling->data_mode};
    for (std::size_t rank = 0; rank < facts.size(); ++rank) {
        section.ranks.push_back(rank_row(result.step_times, warmup, rank, facts[rank]));
        section.ranks.back().images = result.images_seen / ranks;
    }
    const std::vector<StepView> views = views_of(result.step_times);
    take_times(result.step_times, warmup, views, section);
    take_steps(views, section);
    take_hosts(facts, section.summary);
    return section;
}

void check_scaling(const plan::RunConfig& config, const train::TrainResult& result) {
    FaultList faults;
    const std::int64_t images = config.train.schedule.total_steps * config.train.batch;
    if (result.images_seen != images) {
        faults.add({.where = "training",
                    .found = fmt::format("{} images", result.images_seen),
                    .expected = fmt::format("{}: steps times batch", images),
                    .fix = ""});
    }
    const std::size_t quarter = result.losses.size() / 4;
    if (result.losses.size() >= fewest_judged_steps) {
        const double first = mean_loss(std::span(result.losses).first(quarter));
        const double last = mean_loss(std::span(result.losses).last(quarter));
        if (!(last < first)) {
            faults.add({.where = "training",
                        .found = fmt::format("a loss that went from {:.4g} to {:.4g}", first, last),
                        .expected = "a loss that falls",
                        .fix = "a throughput without learning is no result: see the recipe"});
        }
    }
    faults.throw_if_any(ErrorKind::numeric);
}

ScalingMeasurement measure_scaling(const plan::RunConfig& config, const data::DataSet& data_set,
                                   train::TrainContext context, dist::Communicator& communicator) {
    context.measure = true;
    context.save = nullptr; // a pause for a checkpoint would be measured, and half a measurement is none
    context.resume = nullptr;
    RankFacts mine{.host = host_name(),
                   .core = allowed_cores(),
                   .cores = core_count(),
                   .allowed_cores = allowed_core_count()};
    communicator.barrier();
    mine.before = read_host_counters();
    ScalingMeasurement measured{
        .result = train::run_training(config, data_set, nullptr, context, communicator), .section = {}};
    mine.after = read_host_counters();
    mine.weights_digest = sha256_hex(std::as_bytes(std::span(measured.result.weights.values)));
    const std::vector<RankFacts> facts = gathered(mine, communicator);
    check_scaling(config, measured.result); // equal on all ranks, as the result is
    dist::Communicator& summing =
        context.gradient_communicator != nullptr ? *context.gradient_communicator : communicator;
    measured.section = scaling_section(config, measured.result, facts, summing.backend());
    measured.section.sweep = all_reduce_sweep(summing, measured.result.parameters * sizeof(float));
    return measured;
}

void fill_scaling_record(const store::ScalingSection& section, store::RunRecord& record) {
    record.scaling = section;
    const MetricKind& kind = *find_metric(throughput_metric);
    record.metrics = {{.name = std::string(kind.id),
                       .split = std::string(kind.split),
                       .value = section.summary.images_per_second,
                       .unit = std::string(kind.unit),
                       .direction = kind.higher_is_better ? "higher" : "lower"}};
}

} // namespace suite::worker
