// Workloads that measure: ladders of world sizes, one a profile.
#include <algorithm>
#include <set>

#include "suite/plan/declare/declarations.hpp"
#include "suite/plan/plan.hpp"

namespace suite::plan {
namespace {

// More ranks than any machine has; a slip of the finger must not fill the memory.
constexpr int most_ranks = 1 << 20;

bool rises_from_one(const std::vector<int>& ranks) {
    return !ranks.empty() && ranks.front() == 1 && ranks.back() <= most_ranks &&
           std::adjacent_find(ranks.begin(), ranks.end(), std::greater_equal<>()) == ranks.end();
}

void check_ladder(TomlReader& reader, const ScalingLadder& ladder) {
    reader.expect(rises_from_one(ladder.ranks), "ranks", ladder.ranks.empty() ? 0 : ladder.ranks.front(),
                  "rising numbers of ranks that begin with 1, the base case");
    for (const int ranks : ladder.oversubscribed) {
        const bool is_rung = std::find(ladder.ranks.begin(), ladder.ranks.end(), ranks) != ladder.ranks.end();
        reader.expect(is_rung && ranks > 1, "oversubscribed", ranks, "a rung of `ranks` above 1");
    }
    reader.expect_at_least("local_batch", ladder.local_batch, 1);
    reader.expect_at_least("micro_batch", ladder.micro_batch, 1);
    reader.expect_at_least("strong_batch", ladder.strong_batch, 0);
    reader.expect_at_least("warmup_steps", ladder.warmup_steps, 0);
    reader.expect_at_least("steps", ladder.steps, ladder.warmup_steps + 2);
    if (reader.sound({"local_batch", "micro_batch"}) && ladder.micro_batch > 0) {
        reader.expect(ladder.local_batch % ladder.micro_batch == 0, "local_batch", ladder.local_batch,
                      "a multiple of micro_batch");
        reader.expect(ladder.strong_batch % ladder.micro_batch == 0, "strong_batch", ladder.strong_batch,
                      "a multiple of micro_batch");
    }
    const std::vector<std::string> modes{"synthetic", "cached", "real"};
    reader.expect(std::find(modes.begin(), modes.end(), ladder.data_mode) != modes.end(), "data_mode",
                  ladder.data_mode, "synthetic, cached or real");
}

void read_ladder(TomlReader& reader, ScalingLadder& ladder) {
    ladder.origin = reader.origin();
    reader.required("profile", ladder.profile);
    reader.required("ranks", ladder.ranks);
    reader.optional("oversubscribed", ladder.oversubscribed);
    reader.required("local_batch", ladder.local_batch);
    reader.required("micro_batch", ladder.micro_batch);
    reader.optional("strong_batch", ladder.strong_batch);
    reader.required("steps", ladder.steps);
    reader.required("warmup_steps", ladder.warmup_steps);
    reader.required("data_mode", ladder.data_mode);
    check_ladder(reader, ladder);
    reader.finish();
}

// The axis of ranks: those of all ladders, rising.
void set_ranks(WorkloadSpec& spec) {
    std::set<int> ranks;
    for (const ScalingLadder& ladder : spec.scaling->ladders) {
        ranks.insert(ladder.ranks.begin(), ladder.ranks.end());
    }
    std::erase_if(spec.axes, [](const AxisSpec& axis) { return axis.role == AxisRole::ranks; });
    AxisSpec& axis = spec.axes.emplace_back(
        AxisSpec{.name = std::string(enum_name(AxisRole::ranks)), .role = AxisRole::ranks, .values = {}});
    for (const int rung : ranks) {
        axis.values.push_back(std::to_string(rung));
    }
}

} // namespace

const ScalingLadder* ScalingSpec::ladder(const std::string& profile) const {
    const auto found = std::find_if(ladders.begin(), ladders.end(),
                                    [&profile](const ScalingLadder& l) { return l.profile == profile; });
    return found == ladders.end() ? nullptr : &*found;
}

void read_scaling(TomlReader& reader, WorkloadSpec& spec) {
    ScalingSpec& scaling = spec.scaling.emplace();
    reader.optional("reduction", scaling.reduction);
    reader.required("margin", scaling.margin);
    reader.optional("caveat", scaling.caveat);
    reader.expect_above_zero("margin", scaling.margin);
    for (TomlReader& ladder_reader : reader.tables("ladder")) {
        read_ladder(ladder_reader, scaling.ladders.emplace_back());
    }
    if (scaling.ladders.empty()) {
        reader.add_fault(reader.origin(), "no [[workload.scaling.ladder]]", "at least one");
    }
    reader.finish();
    set_ranks(spec);
}

void set_ladder(WorkloadSpec& workload, const std::string& profile, const ScalingLadder& ladder) {
    FaultList faults;
    if (!rises_from_one(ladder.ranks)) {
        faults.add({.where = "--ranks",
                    .found = "a ladder that does not rise from 1",
                    .expected = "rising numbers of ranks that begin with 1, the base case, as 1,2,4",
                    .fix = ""});
    }
    if (ladder.steps < ladder.warmup_steps + 2) {
        faults.add({.where = "--steps",
                    .found = std::to_string(ladder.steps),
                    .expected = "at least two more than the " + std::to_string(ladder.warmup_steps) +
                                " steps of warm-up",
                    .fix = ""});
    }
    const auto declared =
        !workload.scaling ? std::vector<ScalingLadder>::iterator{}
                          : std::find_if(workload.scaling->ladders.begin(), workload.scaling->ladders.end(),
                                         [&profile](const auto& l) { return l.profile == profile; });
    if (!workload.scaling || declared == workload.scaling->ladders.end()) {
        faults.add({.where = "--profile",
                    .found = "'" + profile + "', at which " + workload.id + " declares no ladder",
                    .expected = "a workload of scaling and a profile of its ladders",
                    .fix = ""});
    }
    faults.throw_if_any(ErrorKind::usage);
    *declared = ladder;
    declared->profile = profile;
    set_ranks(workload);
}

} // namespace suite::plan
