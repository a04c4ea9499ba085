// Training of the laptop networks on ranks, for ci/bench --only-ranks: mpirun -np N transferscale-rank-bench.
// 32 images a rank and step (weak scaling). All cases in turns, so that what is compared was measured within
// seconds; rank 0 prints JSON. Nothing here passes or fails.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <mpi.h>

#include "suite/base/clock.hpp"
#include "suite/base/error.hpp"
#include "suite/base/hash.hpp"
#include "suite/base/philox.hpp"
#include "suite/dist/mpi.hpp"
#include "suite/train/trainer.hpp"

namespace {

using namespace suite;

constexpr int images_per_rank = 32;
constexpr std::int64_t warm_up_steps = 10;
std::int64_t steps = 60;
int rounds = 7;
constexpr std::chrono::milliseconds nap{2};

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

data::Split noise(std::size_t count) {
    data::Split split;
    split.images = {count, 3, 28, std::vector<std::uint8_t>(count * 3 * 28 * 28)};
    split.labels.outputs = 10;
    PhiloxStream random({.purpose = Purpose::content});
    for (std::uint8_t& pixel : split.images.pixels) {
        pixel = static_cast<std::uint8_t>(random.below(256));
    }
    for (std::size_t i = 0; i < count; ++i) {
        split.labels.classes.push_back(static_cast<std::int64_t>(random.below(10)));
    }
    return split;
}

/// laptop-small (width 8, units 1-1-1) or laptop-large (16, 1-1-2): workloads/networks/laptop.toml.
plan::RunConfig config_of(bool is_large, int ranks) {
    plan::RunConfig config;
    const int width = is_large ? 16 : 8;
    config.network.unit = plan::Unit::basic;
    config.network.stem = plan::Stem::small_2;
    config.network.depths = is_large ? std::vector{1, 1, 2} : std::vector{1, 1, 1};
    config.network.stem_channels = width;
    config.network.stage_channels = {width, 2 * width, 4 * width};
    config.network.groups = 4;
    config.train.batch = images_per_rank * ranks;
    config.train.micro_batch = images_per_rank;
    config.train.mean = config.train.std = {0.5, 0.5, 0.5};
    config.train.schedule = {.kind = plan::ScheduleKind::hyperrule,
                             .peak_lr = 0.003,
                             .total_steps = warm_up_steps + steps,
                             .boundaries = {10, 1000, 1000, 1000, 1000}};
    return config;
}

enum class TakesPart {
    together,  ///< all ranks, as training does
    uncoupled, ///< all at the same time, each for itself: what no communication could be better than
    one        ///< one rank after the other, each for itself while the others sleep: the base of efficiency
};
struct Case {
    const char* name;
    plan::ReductionMode mode;
    int micro_batch;
    std::size_t bucket_bytes; ///< 0: default
    TakesPart takes_part;
};
constexpr Case cases[] = {
    {"base", plan::ReductionMode::fast, 32, 0, TakesPart::one},
    {"fast", plan::ReductionMode::fast, 32, 0, TakesPart::together},
    {"uncoupled", plan::ReductionMode::fast, 32, 0, TakesPart::uncoupled},
    {"strict", plan::ReductionMode::strict, 32, 0, TakesPart::together},
    {"fast_one_bucket", plan::ReductionMode::fast, 32, std::size_t{1} << 30, TakesPart::together},
    {"fast_micro_8", plan::ReductionMode::fast, 8, 0, TakesPart::together},
    {"strict_micro_8", plan::ReductionMode::strict, 8, 0, TakesPart::together},
};

/// Medians over the steps after the warm-up of the slowest rank's seconds; of `exposed` the least waiting
/// rank's: it came last, so it waited for messages and not for a slower neighbour. `imbalance` is what the
/// others waited longer.
struct Medians {
    double whole, data, forward, backward, overlapped, exposed, imbalance, optimiser;
};

Medians medians_of(const train::StepTimes& times) {
    const auto of = [&](double train::StepTime::*field, const auto& over_ranks) {
        std::vector<double> steps_seconds;
        const auto ranks = static_cast<std::size_t>(times.ranks);
        for (std::size_t step = warm_up_steps; step < times.steps(); ++step) {
            std::vector<double> seconds;
            for (std::size_t rank = 0; rank < ranks; ++rank) {
                seconds.push_back(times.values[step * ranks + rank].*field);
            }
            steps_seconds.push_back(over_ranks(seconds));
        }
        return median(steps_seconds);
    };
    const auto most = [](const std::vector<double>& seconds) { return std::ranges::max(seconds); };
    const auto least = [](const std::vector<double>& seconds) { return std::ranges::min(seconds); };
    const auto spread = [&](const std::vector<double>& seconds) { return most(seconds) - least(seconds); };
    using Time = train::StepTime;
    return {.whole = of(&Time::whole, most),
            .data = of(&Time::data, most),
            .forward = of(&Time::forward, most),
            .backward = of(&Time::backward, most),
            .overlapped = of(&Time::overlapped, most),
            .exposed = of(&Time::exposed_communication, least),
            .imbalance = of(&Time::exposed_communication, spread),
            .optimiser = of(&Time::optimiser, most)};
}

train::StepTimes train(const Case& one, bool is_large, const data::DataSet& data_set,
                       dist::Communicator& ranks) {
    plan::RunConfig config = config_of(is_large, ranks.size());
    config.reduction = one.mode;
    config.train.micro_batch = one.micro_batch;
    config.bucket_bytes = one.bucket_bytes;
    return train::run_training(config, data_set, nullptr, {.measure = true}, ranks).step_times;
}

/// All ranks' times of training that each did for itself, step by step.
train::StepTimes gathered(const train::StepTimes& mine, dist::Communicator& ranks) {
    std::vector<train::StepTime> sent = mine.values;
    std::vector<train::StepTime> all(sent.size() * static_cast<std::size_t>(ranks.size()));
    ranks.all_gather(dist::buffer(std::as_writable_bytes(std::span(sent))),
                     dist::buffer(std::as_writable_bytes(std::span(all))));
    train::StepTimes times = mine;
    times.ranks = ranks.size();
    times.values.clear();
    for (std::size_t step = 0; step < sent.size(); ++step) {
        for (std::size_t rank = 0; rank < static_cast<std::size_t>(ranks.size()); ++rank) {
            times.values.push_back(all[rank * sent.size() + step]);
        }
    }
    return times;
}

/// Until all ranks are here; asleep meanwhile, so that this core is idle.
void meet_asleep() {
    MPI_Request request;
    MPI_Ibarrier(MPI_COMM_WORLD, &request);
    for (int all = 0; all == 0; std::this_thread::sleep_for(nap)) {
        MPI_Test(&request, &all, MPI_STATUS_IGNORE);
    }
}

/// The mean over the ranks, each of which trains while the others sleep.
Medians run_one_by_one(const Case& one, bool is_large, const data::DataSet& data_set,
                       dist::Communicator& ranks) {
    const auto single = dist::make_single();
    Medians mine{};
    for (int rank = 0; rank < ranks.size(); ++rank) {
        if (rank == ranks.rank()) {
            mine = medians_of(train(one, is_large, data_set, *single));
        }
        meet_asleep();
    }
    ranks.all_reduce(dist::buffer(std::span(&mine.whole, 1)), dist::Reduction::sum);
    mine.whole /= ranks.size();
    return mine;
}

Medians run(const Case& one, bool is_large, const data::DataSet& data_set, dist::Communicator& ranks) {
    ranks.barrier();
    switch (one.takes_part) {
    case TakesPart::one:
        return run_one_by_one(one, is_large, data_set, ranks);
    case TakesPart::uncoupled:
        return medians_of(gathered(train(one, is_large, data_set, *dist::make_single()), ranks));
    case TakesPart::together:
        break;
    }
    return medians_of(train(one, is_large, data_set, ranks));
}

/// Seconds of one call, all ranks at once: the median.
template<typename Call>
double seconds_of(dist::Communicator& ranks, const Call& call) {
    std::vector<double> seconds;
    for (int i = 0; i < 200; ++i) {
        ranks.barrier();
        const double start = monotonic_seconds();
        call();
        seconds.push_back(monotonic_seconds() - start);
    }
    return median(seconds);
}

std::string calls_json(std::size_t parameters, dist::Communicator& ranks) {
    std::vector<float> arena(parameters, 0.0F);
    std::vector<double> status(4);
    return fmt::format(
        R"({{"all_reduce_seconds": {:.4g}, "status_seconds": {:.4g}, "hash_seconds": {:.4g}}})",
        seconds_of(ranks, [&] { ranks.all_reduce(dist::buffer(std::span(arena)), dist::Reduction::sum); }),
        seconds_of(ranks, [&] { ranks.all_reduce(dist::buffer(std::span(status)), dist::Reduction::sum); }),
        seconds_of(ranks, [&] { // one comparison of weights
            std::uint64_t mine = hash64(std::as_bytes(std::span(arena)));
            std::vector<std::uint64_t> all(static_cast<std::size_t>(ranks.size()));
            ranks.all_gather(dist::buffer(std::span(&mine, 1)), dist::buffer(std::span(all)));
        }));
}

std::string network_json(bool is_large, const data::DataSet& data_set, dist::Communicator& ranks) {
    std::map<std::string, std::vector<Medians>> found;
    for (int round = 0; round < rounds; ++round) {
        for (const Case& one : cases) {
            found[one.name].push_back(run(one, is_large, data_set, ranks));
        }
    }
    std::vector<std::string> rows;
    for (const auto& [name, all] : found) {
        const auto of_rounds = [&all = all](double Medians::*field) {
            std::vector<double> values;
            for (const Medians& each : all) {
                values.push_back(each.*field);
            }
            return values;
        };
        const auto of = [&](double Medians::*field) { return median(of_rounds(field)); };
        rows.push_back(fmt::format(
            R"("{}": {{"rounds": [{:.6g}], "data": {:.4g}, "forward": {:.4g}, "backward": {:.4g}, )"
            R"("overlapped": {:.4g}, "exposed": {:.4g}, "imbalance": {:.4g}, "optimiser": {:.4g}}})",
            name, fmt::join(of_rounds(&Medians::whole), ", "), of(&Medians::data), of(&Medians::forward),
            of(&Medians::backward), of(&Medians::overlapped), of(&Medians::exposed), of(&Medians::imbalance),
            of(&Medians::optimiser)));
    }
    return fmt::format("{{\"cases\": {{{}}}, \"calls\": {}}}", fmt::join(rows, ",\n   "),
                       calls_json(is_large ? 151'834 : 19'858, ranks));
}

int measure() {
    const auto ranks = dist::make_mpi();
    train::initialise_torch();
    data::DataSet data_set{.id = "noise", .train = noise(512), .test = noise(8)};
    const std::string small = network_json(false, data_set, *ranks);
    const std::string large = network_json(true, data_set, *ranks);
    if (ranks->rank() == 0) {
        std::cout << fmt::format("{{\"ranks\": {},\n \"laptop-small\": {},\n \"laptop-large\": {}}}\n",
                                 ranks->size(), small, large);
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    try {
        if (argc > 1 && std::string_view(argv[1]) == "--smoke") { // only tried: the numbers mean nothing
            steps = 4;
            rounds = 2;
        }
        return measure();
    } catch (const Error& error) {
        std::cerr << error.what() << '\n';
        return error.exit_code();
    }
}
