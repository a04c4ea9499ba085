// What the scheduler and a worker process say to each other: one JSON document a line, orders down, reports
// up.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace suite::plan {

/// What the options of `transferscale run` say of how a run is done. None of it is in a run's configuration,
/// so none of it may change a result.
struct WorkOptions {
    std::string data_root{};       ///< folder of the published data sets; "": none was named
    std::string manifests{};       ///< folder that keeps what was found of these sets; "": nothing is kept
    int loader_workers = 1;        ///< threads of a rank that read and decode images; 0: the one that trains
    bool skips_bad_images = false; ///< train on the next image and note it; else the run fails
    double save_seconds = -1.0;    ///< between saves of an unfinished run; −1: by what a save costs
    [[nodiscard]] bool operator==(const WorkOptions&) const = default;
};

/// One run to be done. The worker checks that the key is the hash of the configuration.
struct WorkOrder {
    std::string key;
    std::string config; ///< canonical text
    std::string cell;   ///< "" for pre-training
    std::string workload;
    std::string profile;
    std::string weights{}; ///< path of the file that a run with RunConfig::weights takes up
    WorkOptions options{};
    [[nodiscard]] bool operator==(const WorkOrder&) const = default;
};

enum class WorkEvent { progress, done, failed, interrupted };

/// What became of the order in hand.
struct WorkReport {
    WorkEvent event = WorkEvent::progress;
    std::string key;
    std::int64_t step = 0; ///< progress; or where a failed run stopped, -1 if it never started
    std::int64_t total_steps = 0;
    double loss = 0.0;         ///< progress: of the step before
    double wall_seconds = 0.0; ///< done
    std::string metric;        ///< done: what the score is of; "" when the run has none
    double score = 0.0;        ///< done
    std::string unit;          ///< done: "%" or ""
    std::string kind;          ///< failed: word of suite::ErrorKind
    std::string phase;         ///< failed
    std::string reason;        ///< failed: the whole message
};

/// One line without its end. from_line throws Error(environment): the peer is another program or version.
[[nodiscard]] std::string to_line(const WorkOrder& order);
[[nodiscard]] std::string to_line(const WorkReport& report);
[[nodiscard]] WorkOrder work_order_from_line(std::string_view line);
[[nodiscard]] WorkReport work_report_from_line(std::string_view line);

} // namespace suite::plan
