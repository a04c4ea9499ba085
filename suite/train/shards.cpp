#include "suite/train/shards.hpp"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "suite/base/error.hpp"

namespace suite::train {
namespace {

void check(int batch, int micro_batch, int ranks, plan::ReductionMode mode) {
    FaultList faults;
    const bool whole = batch >= 1 && micro_batch >= 1 && batch % micro_batch == 0;
    if (!whole) {
        faults.add({"train.batch, micro_batch", fmt::format("{}, {}", batch, micro_batch),
                    "a batch of whole micro-batches", "choose a micro_batch that divides batch"});
    }
    const bool power_of_two = std::has_single_bit(static_cast<unsigned>(ranks));
    if (whole && mode == plan::ReductionMode::strict &&
        (!power_of_two || (batch / micro_batch) % ranks != 0)) {
        faults.add(
            {"ranks", fmt::format("{} ranks for {} micro-batches a step", ranks, batch / micro_batch),
             "a power of two that divides the number of micro-batches, since strict reduction sums them "
             "in a fixed tree",
             "take fewer ranks, or --reduction fast"});
    }
    if (whole && mode == plan::ReductionMode::fast && ranks > batch) {
        faults.add({"ranks", fmt::format("{} ranks for {} images a step", ranks, batch),
                    "at least one image for each rank", "take fewer ranks"});
    }
    faults.throw_if_any(ErrorKind::usage);
}

} // namespace

ShardPlan shard_plan(int batch, int micro_batch, int ranks, int rank, plan::ReductionMode mode) {
    check(batch, micro_batch, ranks, mode);
    const auto images = static_cast<std::size_t>(batch);
    const auto count = static_cast<std::size_t>(ranks);
    const auto most = static_cast<std::size_t>(micro_batch);
    ShardPlan plan;
    for (std::size_t r = 0; r < count; ++r) {
        const std::size_t end = (r + 1) * images / count;
        if (r == static_cast<std::size_t>(rank)) {
            plan.mine_begin = plan.all.size();
        }
        for (std::size_t first = r * images / count; first < end; first += most) {
            plan.all.push_back({plan.all.size(), first, std::min(most, end - first)});
        }
        if (r == static_cast<std::size_t>(rank)) {
            plan.mine_end = plan.all.size();
        }
    }
    return plan;
}

} // namespace suite::train
