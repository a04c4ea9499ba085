#include "suite/run/measure.hpp"

#include <algorithm>
#include <map>

#include "suite/plan/network/cost.hpp"
#include "suite/run/survey.hpp"

namespace suite::run {
namespace {

// Images per split that are enough for a few steps.
constexpr std::size_t measured_images = 1024;

void shorten(plan::DataSetSpec& set) {
    set.train_images = std::min(set.train_images, measured_images);
    set.test_images = std::min(set.test_images, measured_images);
}

plan::PlannedRun shortened(plan::PlannedRun run) {
    plan::RunConfig& config = run.config;
    shorten(config.data.set);
    std::for_each(config.data.members.begin(), config.data.members.end(), shorten);
    config.train.schedule.total_steps = std::min(config.train.schedule.total_steps, measured_steps);
    const double trained =
        static_cast<double>(config.train.schedule.total_steps) * static_cast<double>(config.train.batch);
    run.gigamacs = plan::forward_gigamacs(config.network, config.data.set.image_size, config.outputs()) *
                   (3.0 * trained + static_cast<double>(config.data.set.test_images));
    run.key = run_key(config);
    return run;
}

} // namespace

plan::Plan measurement_plan(const plan::Plan& plan) {
    std::map<std::string, const plan::PlannedRun*> cheapest;
    for (const plan::PlannedRun& run : plan.runs) {
        const bool is_single_set = run.config.data.members.empty();
        if (run.config.kind == plan::RunKind::pretrain && is_single_set) {
            const plan::PlannedRun*& entry = cheapest[run.config.network.id];
            entry = entry == nullptr || run.gigamacs < entry->gigamacs ? &run : entry;
        }
    }
    plan::Plan measured{.workload = plan.workload, .profile = plan.profile};
    for (const auto& [network, run] : cheapest) {
        measured.runs.push_back(shortened(*run));
    }
    return measured;
}

Throughput measure_throughput(const plan::Catalog& catalog, const plan::Plan& plan,
                              const std::filesystem::path& scratch, const RunOptions& options) {
    struct Scratch {
        std::filesystem::path folder;
        ~Scratch() {
            std::error_code ignored;
            std::filesystem::remove_all(folder, ignored);
        }
    } const removed_at_end{scratch};
    const std::vector<plan::Plan> plans{measurement_plan(plan)};
    store::Store store(scratch, store::Access::read_write);
    static_cast<void>(Scheduler(catalog, plans, store, options).run());
    return measured_throughput(plans.front(), survey(plans.front(), store));
}

} // namespace suite::run
