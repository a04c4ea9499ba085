// All-reduce by size over MPI ranks: mpirun -np N transferscale-all-reduce [--json]
//
// Each size is measured `repetitions` times, the backend's call and the raw MPI_Allreduce in turns, so that
// both meet the same neighbours; medians are printed by rank 0. A repetition's time is that of the slowest
// rank. Bandwidths as nccl-tests defines them (doc/PERFORMANCE.md there): algorithm bandwidth is bytes over
// time, bus bandwidth that times 2 (n - 1) / n. Google Benchmark chooses its iterations on every rank by
// itself, so that ranks would make different numbers of calls; hence a loop of our own.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <mpi.h>
#include <nlohmann/json.hpp>

#include "suite/base/clock.hpp"
#include "suite/base/log.hpp"
#include "suite/dist/mpi.hpp"

namespace {

using namespace suite;

int repetitions = 15;
constexpr std::size_t smallest_bytes = 4;
constexpr std::size_t largest_bytes = std::size_t{16} << 20;
/// Gradients of laptop-small and laptop-large (tests/suite/train/layout_test.cpp), float32.
constexpr std::size_t laptop_gradient_bytes[] = {19'858 * sizeof(float), 151'834 * sizeof(float)};
double repetition_bytes = 8.0 * (1 << 20); // enough calls that a repetition is not one tick

struct Point {
    std::size_t bytes = 0;
    double ours_seconds = 0.0;
    double raw_seconds = 0.0;
};

double median(std::vector<double> values) {
    std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
    return values[values.size() / 2];
}

/// Seconds a call on the slowest rank.
template<typename Call>
double time_calls(dist::Communicator& ranks, int calls, const Call& call) {
    ranks.barrier();
    const double started = monotonic_seconds();
    for (int i = 0; i < calls; ++i) {
        call();
    }
    std::vector<double> seconds{(monotonic_seconds() - started) / calls};
    ranks.all_reduce(dist::buffer(std::span(seconds)), dist::Reduction::maximum);
    return seconds.front();
}

Point measure(dist::Communicator& ranks, std::size_t bytes) {
    std::vector<float> values(bytes / sizeof(float), 0.0F);
    const int calls = std::clamp(static_cast<int>(repetition_bytes / static_cast<double>(bytes)), 2, 2000);
    std::vector<double> ours;
    std::vector<double> raw;
    for (int i = 0; i <= repetitions; ++i) { // the first one warms up
        ours.push_back(time_calls(
            ranks, calls, [&] { ranks.all_reduce(dist::buffer(std::span(values)), dist::Reduction::sum); }));
        raw.push_back(time_calls(ranks, calls, [&] {
            MPI_Allreduce(MPI_IN_PLACE, values.data(), static_cast<int>(values.size()), MPI_FLOAT, MPI_SUM,
                          MPI_COMM_WORLD);
        }));
    }
    return {bytes, median({ours.begin() + 1, ours.end()}), median({raw.begin() + 1, raw.end()})};
}

nlohmann::json document_of(const Point& point, int ranks) {
    const double algorithm = static_cast<double>(point.bytes) / point.ours_seconds / 1e9;
    return {{"bytes", point.bytes},
            {"ranks", ranks},
            {"backend", "mpi"},
            {"microseconds", point.ours_seconds * 1e6},
            {"raw_microseconds", point.raw_seconds * 1e6},
            {"ratio", point.ours_seconds / point.raw_seconds},
            {"algorithm_gigabytes_per_second", algorithm},
            {"bus_gigabytes_per_second", algorithm * 2.0 * (ranks - 1) / ranks}};
}

void print(const nlohmann::json& points) {
    fmt::print("{:>10} {:>12} {:>12} {:>7} {:>10} {:>10}\n", "bytes", "ours us", "raw MPI us", "ratio",
               "alg GB/s", "bus GB/s");
    for (const nlohmann::json& point : points) {
        fmt::print("{:>10} {:>12.2f} {:>12.2f} {:>7.2f} {:>10.3f} {:>10.3f}\n",
                   point["bytes"].get<std::size_t>(), point["microseconds"].get<double>(),
                   point["raw_microseconds"].get<double>(), point["ratio"].get<double>(),
                   point["algorithm_gigabytes_per_second"].get<double>(),
                   point["bus_gigabytes_per_second"].get<double>());
    }
}

} // namespace

int main(int argc, char** argv) {
    try {
        const std::vector<std::string> words(argv + 1, argv + argc);
        if (std::ranges::find(words, "--smoke") != words.end()) { // only tried: the numbers mean nothing
            repetitions = 1;
            repetition_bytes = 1.0;
        }
        const auto ranks = dist::make_mpi();
        nlohmann::json points = nlohmann::json::array();
        for (std::size_t bytes = smallest_bytes; bytes <= largest_bytes; bytes *= 4) {
            points.push_back(document_of(measure(*ranks, bytes), ranks->size()));
        }
        for (const std::size_t bytes : laptop_gradient_bytes) {
            points.push_back(document_of(measure(*ranks, bytes), ranks->size()));
        }
        if (ranks->rank() == 0 && !words.empty() && words[0] == "--json") {
            fmt::print("{}\n", points.dump(2));
        } else if (ranks->rank() == 0) {
            print(points);
        }
        return 0;
    } catch (const Error& error) {
        log_error(error.what());
        return error.exit_code();
    }
}
