#include "metrics/step_ladder.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include <fmt/format.h>

namespace metrics {
namespace {

std::string place_of(const Rung& rung) {
    return rung.place.empty() ? fmt::format("rung of {} ranks", rung.ranks) : rung.place;
}

void find_number_faults(const Rung& rung, suite::FaultList& faults) {
    if (rung.ranks < 1) {
        faults.add({place_of(rung), fmt::format("{} ranks", rung.ranks), "1 or more", ""});
    }
    if (!std::isfinite(rung.images_per_second) || rung.images_per_second <= 0) {
        faults.add({place_of(rung), fmt::format("{} images per second", rung.images_per_second),
                    "a finite number above 0", ""});
    }
    if (rung.sd && (!std::isfinite(*rung.sd) || *rung.sd <= 0)) {
        faults.add({place_of(rung), fmt::format("sd {}", *rung.sd), "a finite number above 0",
                    "leave the sd out of all rungs when it is unknown"});
    }
}

void find_order_faults(const Rung& before, const Rung& rung, suite::FaultList& faults) {
    if (rung.ranks <= before.ranks) {
        faults.add({place_of(rung), fmt::format("{} ranks after {}", rung.ranks, before.ranks),
                    "rungs with rising ranks", "sort them, one row a rung"});
    } else if (rung.images_per_second <= before.images_per_second) {
        faults.add({place_of(rung),
                    fmt::format("{} images per second at {} ranks after {} at {}", rung.images_per_second,
                                rung.ranks, before.images_per_second, before.ranks),
                    "throughput that rises with the ranks",
                    "leave rungs out that ran on shared or oversubscribed cores"});
    }
}

} // namespace

void find_ladder_faults(std::span<const Rung> ladder, std::string_view where, suite::FaultList& faults) {
    const std::string name(where);
    if (ladder.size() < 2) {
        faults.add({name, fmt::format("{} rungs", ladder.size()), "a rung of 1 rank and others",
                    "measure more world sizes"});
    }
    if (!ladder.empty() &&
        std::none_of(ladder.begin(), ladder.end(), [](const Rung& rung) { return rung.ranks == 1; })) {
        faults.add({name, "no rung of 1 rank", "one: efficiency is relative to it", "measure 1 rank"});
    }
    for (std::size_t i = 0; i < ladder.size(); ++i) {
        find_number_faults(ladder[i], faults);
        if (i > 0) {
            find_order_faults(ladder[i - 1], ladder[i], faults);
        }
    }
    const auto with_sd =
        std::count_if(ladder.begin(), ladder.end(), [](const Rung& rung) { return rung.sd.has_value(); });
    if (with_sd != 0 && with_sd != std::ssize(ladder)) {
        faults.add(
            {name, fmt::format("an sd on {} of {} rungs", with_sd, ladder.size()), "on all or on none", ""});
    }
}

double efficiency_percent(std::span<const Rung> ladder, const Rung& rung) {
    assert(!ladder.empty() && ladder.front().ranks == 1);
    return 100.0 * rung.images_per_second / (rung.ranks * ladder.front().images_per_second);
}

double step_seconds(const Rung& rung, double images_per_rank_step) {
    return rung.ranks * images_per_rank_step / rung.images_per_second;
}

} // namespace metrics
