#include "reports/format/event_log.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "suite/base/clock.hpp"

namespace reports {
namespace {

using nlohmann::ordered_json;

/// Writes the lines, in the order of events.
class EventWriter {
public:
    explicit EventWriter(const CheckResult& result) : result_(result) {}

    std::string write() {
        std::set<std::size_t> listed;
        for (const CellResult& cell : result_.cells) {
            listed.insert(cell.runs.begin(), cell.runs.end());
        }
        add_head();
        std::vector<const RunFacts*> runs;
        for (std::size_t i = 0; i < result_.runs.size(); ++i) {
            const RunFacts& run = result_.runs[i];
            const bool ended = run.state == RunState::finished || run.state == RunState::failed;
            if (ended && (run.is_pretraining() || listed.contains(i))) {
                runs.push_back(&run);
            }
        }
        std::stable_sort(runs.begin(), runs.end(),
                         [](const RunFacts* a, const RunFacts* b) { return start_of(*a) < start_of(*b); });
        for (const RunFacts* run : runs) {
            add_run(*run);
        }
        return std::move(text_);
    }

private:
    void add(std::int64_t time_ms, std::string_view type, std::string_view key, ordered_json value,
             ordered_json metadata) {
        const ordered_json event{{"namespace", ""},           {"time_ms", time_ms},
                                 {"event_type", type},        {"key", key},
                                 {"value", std::move(value)}, {"metadata", std::move(metadata)}};
        text_ += fmt::format(
            ":::MLLOG {}\n",
            event.dump(-1, ' ', false, ordered_json::error_handler_t::replace)); // texts may be any bytes
    }

    void add_head() {
        std::int64_t first = 0;
        for (const RunFacts& run : result_.runs) {
            const std::int64_t start = start_of(run);
            first = start != 0 && (first == 0 || start < first) ? start : first;
        }
        const ordered_json none = ordered_json::object();
        add(first, "POINT_IN_TIME", "submission_benchmark", result_.workload, none);
        add(first, "POINT_IN_TIME", "submission_division", "open", none);
        add(first, "POINT_IN_TIME", "submission_status", "research", none);
        for (std::size_t i = 0; i < result_.provenances.size(); ++i) {
            add(first, "POINT_IN_TIME", "submission_platform", result_.provenances[i], {{"platform", i}});
        }
    }

    void add_run(const RunFacts& run) {
        const std::int64_t start = start_of(run);
        const std::int64_t stop = start + std::llround(1000.0 * run.wall_seconds);
        const ordered_json which{{"run", run.key}, {"label", run.label}};
        ordered_json opened = which;
        opened["parent"] = run.parent.empty() ? ordered_json(nullptr) : ordered_json(run.parent);
        opened["platform"] = run.provenance ? ordered_json(*run.provenance) : ordered_json(nullptr);
        add(start, "INTERVAL_START", "run_start", nullptr, std::move(opened));
        add(start, "POINT_IN_TIME", "seed", run.seed, which);
        add(stop, "POINT_IN_TIME", "train_samples", run.images_seen, which);
        if (run.value) {
            ordered_json measured = which;
            measured["metric"] = run.metric;
            add(stop, "POINT_IN_TIME", "eval_accuracy", *run.value, std::move(measured));
        }
        ordered_json closed = which;
        closed["status"] = run.state == RunState::finished ? "success" : "aborted";
        closed["train_seconds"] = run.train_seconds;
        add(stop, "INTERVAL_END", "run_stop", nullptr, std::move(closed));
    }

    /// Milliseconds since 1970; 0 where the record says nothing.
    [[nodiscard]] static std::int64_t start_of(const RunFacts& run) {
        return run.timing ? std::llround(1000.0 * run.timing->started_seconds)
                          : 1000 * suite::seconds_since_1970(run.started).value_or(0);
    }

    const CheckResult& result_;
    std::string text_;
};

} // namespace

std::string to_event_log(const CheckResult& result) {
    return EventWriter(result).write();
}

} // namespace reports
