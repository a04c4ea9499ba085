#include "suite/plan/order/work_message.hpp"

#include <nlohmann/json.hpp>

#include "suite/base/error.hpp"

namespace suite::plan {

NLOHMANN_JSON_SERIALIZE_ENUM(WorkEvent, {{WorkEvent::progress, "progress"},
                                         {WorkEvent::done, "done"},
                                         {WorkEvent::failed, "failed"},
                                         {WorkEvent::interrupted, "interrupted"}})
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(WorkOptions, data_root, manifests, loader_workers, skips_bad_images,
                                   save_seconds)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(WorkOrder, key, config, cell, workload, profile, weights, options)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(WorkReport, event, key, step, total_steps, loss, wall_seconds, metric,
                                   score, unit, kind, phase, reason)

namespace {

template<typename Message>
Message from_line(std::string_view line) {
    try {
        return nlohmann::json::parse(line).get<Message>();
    } catch (const nlohmann::json::exception& error) {
        throw Error(ErrorKind::environment, Fault{.where = "worker protocol",
                                                  .found = error.what(),
                                                  .expected = "a message of this version",
                                                  .fix = "use programs of one build"});
    }
}

// Bytes that are no UTF-8 (paths, messages of libraries) must not end the conversation.
template<typename Message>
std::string line_of(const Message& message) {
    return nlohmann::json(message).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace

std::string to_line(const WorkOrder& order) {
    return line_of(order);
}
std::string to_line(const WorkReport& report) {
    return line_of(report);
}
WorkOrder work_order_from_line(std::string_view line) {
    return from_line<WorkOrder>(line);
}
WorkReport work_report_from_line(std::string_view line) {
    return from_line<WorkReport>(line);
}

} // namespace suite::plan
