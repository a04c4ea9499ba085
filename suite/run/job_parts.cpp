#include "suite/run/job_parts.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace suite::run {
namespace {

double seconds_of(const PlannedWork& work, std::size_t run) {
    const plan::PlannedRun& planned = work.plan->runs[run];
    const bool names_ranks = planned.exclusive || planned.ranks > 1;
    return process_seconds(planned, work.throughput) / std::max(1, names_ranks ? planned.ranks : work.ranks);
}

bool is_left(const PlannedWork& work, std::size_t run) {
    return (*work.statuses)[run].state != ItemState::done;
}

std::map<std::string, std::size_t> runs_by_key(const plan::Plan& plan) {
    std::map<std::string, std::size_t> runs;
    for (std::size_t i = 0; i < plan.runs.size(); ++i) {
        runs.emplace(plan.runs[i].key, i);
    }
    return runs;
}

/// Adds runs, each key once.
class Sum {
public:
    void add(const PlannedWork& work, std::size_t run, const std::map<std::string, std::size_t>& by_key) {
        if (!is_left(work, run) || !seen_.insert(work.plan->runs[run].key).second) {
            return;
        }
        const double seconds = seconds_of(work, run);
        const std::string& parent = work.plan->runs[run].parent;
        double chain = seconds;
        if (!parent.empty()) {
            const std::size_t parent_run = by_key.at(parent);
            add(work, parent_run, by_key);
            chain += is_left(work, parent_run) ? seconds_of(work, parent_run) : 0.0;
        }
        left_.total_seconds += seconds;
        left_.longest_run_seconds = std::max(left_.longest_run_seconds, seconds);
        left_.longest_seconds = std::max(left_.longest_seconds, chain);
    }
    [[nodiscard]] const WorkLeft& left() const { return left_; }

private:
    std::set<std::string> seen_;
    WorkLeft left_;
};

/// Cells that stay together, by their places in Plan::cells.
struct Group {
    std::vector<std::size_t> cells;
    double seconds = 0.0;
};

// Cells that share a pre-training run, directly or through a third one; a cell from scratch alone.
std::vector<Group> groups_of(const PlannedWork& work) {
    const auto by_key = runs_by_key(*work.plan);
    std::map<std::string, std::size_t> group_of_parent;
    std::vector<Group> groups;
    for (std::size_t cell = 0; cell < work.plan->cells.size(); ++cell) {
        const std::vector<std::size_t> runs = plan::all_runs(work.plan->cells[cell]);
        if (std::none_of(runs.begin(), runs.end(), [&](std::size_t run) { return is_left(work, run); })) {
            continue;
        }
        // Cells that share their first parent share the further ones (plan.hpp); were it otherwise, parts
        // would only wait a little.
        const std::string& parent = work.plan->runs[runs.front()].parent;
        const std::string name = parent.empty() ? work.plan->cells[cell].text : parent;
        const auto [place, is_new] = group_of_parent.try_emplace(name, groups.size());
        if (is_new) {
            groups.emplace_back();
        }
        groups[place->second].cells.push_back(cell);
    }
    for (Group& group : groups) {
        Sum sum;
        for (const std::size_t cell : group.cells) {
            for (const std::size_t run : plan::all_runs(work.plan->cells[cell])) {
                sum.add(work, run, by_key);
            }
        }
        group.seconds = sum.left().total_seconds;
    }
    return groups;
}

JobPart part_of(const PlannedWork& work, std::vector<std::size_t> cells) {
    std::sort(cells.begin(), cells.end());
    const auto by_key = runs_by_key(*work.plan);
    JobPart part{.workload = work.plan->workload, .cells = {}, .left = {}};
    Sum sum;
    for (const std::size_t cell : cells) {
        part.cells.push_back(work.plan->cells[cell].text);
        for (const std::size_t run : plan::all_runs(work.plan->cells[cell])) {
            sum.add(work, run, by_key);
        }
    }
    part.left = sum.left();
    return part;
}

// The longest group first, each to the part that has least so far.
std::vector<JobPart> split_plan(const PlannedWork& work, std::size_t parts) {
    std::vector<Group> groups = groups_of(work);
    std::stable_sort(groups.begin(), groups.end(),
                     [](const Group& a, const Group& b) { return a.seconds > b.seconds; });
    std::vector<Group> bins(std::min(std::max<std::size_t>(parts, 1), groups.size()));
    for (const Group& group : groups) {
        Group& bin = *std::min_element(bins.begin(), bins.end(),
                                       [](const Group& a, const Group& b) { return a.seconds < b.seconds; });
        bin.cells.insert(bin.cells.end(), group.cells.begin(), group.cells.end());
        bin.seconds += group.seconds;
    }
    std::vector<JobPart> list;
    for (Group& bin : bins) {
        if (!bin.cells.empty()) { // groups without cost all fall into the first
            list.push_back(part_of(work, std::move(bin.cells)));
        }
    }
    return list;
}

double wall_seconds(const WorkLeft& left, int processes) {
    return std::max(left.total_seconds / std::max(1, processes), left.longest_seconds);
}

int minutes_of(double seconds) {
    return std::max(1, static_cast<int>(std::ceil(std::min(seconds, 1e9) / 60.0)));
}

} // namespace

WorkLeft work_left(const std::vector<PlannedWork>& work) {
    Sum sum;
    for (const PlannedWork& planned : work) {
        const auto by_key = runs_by_key(*planned.plan);
        for (std::size_t run = 0; run < planned.plan->runs.size(); ++run) {
            sum.add(planned, run, by_key);
        }
    }
    return sum.left();
}

std::vector<JobPart> split_work(const std::vector<PlannedWork>& work, std::size_t parts) {
    const double all_seconds = std::max(work_left(work).total_seconds, 1e-9);
    std::vector<JobPart> list;
    for (const PlannedWork& planned : work) {
        const double share = work_left({planned}).total_seconds / all_seconds;
        const auto wanted = static_cast<std::size_t>(std::lround(share * static_cast<double>(parts)));
        for (JobPart& part : split_plan(planned, wanted)) {
            list.push_back(std::move(part));
        }
    }
    std::stable_sort(list.begin(), list.end(), [](const JobPart& a, const JobPart& b) {
        return a.left.total_seconds > b.left.total_seconds;
    });
    return list;
}

JobTime time_for(const WorkLeft& left, int processes, int minutes_limit, int signal_seconds) {
    const double wanted = wall_seconds(left, processes) * time_margin + start_up_seconds + signal_seconds;
    return time_within(left, processes, std::min(minutes_of(wanted), minutes_limit), signal_seconds);
}

JobTime time_within(const WorkLeft& left, int processes, int minutes, int signal_seconds) {
    const double estimate = wall_seconds(left, processes);
    const double useful = std::max(1.0, 60.0 * minutes - signal_seconds);
    const double passes = std::ceil(estimate / useful);
    return {.minutes = minutes,
            .passes = static_cast<int>(std::clamp(passes, 1.0, 1e6)),
            .estimate_seconds = estimate};
}

} // namespace suite::run
