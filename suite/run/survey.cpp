#include "suite/run/survey.hpp"

#include <filesystem>
#include <set>

namespace suite::run {
namespace {

ItemStatus status_of(const plan::PlannedRun& run, const store::Store& store) {
    const store::Lookup lookup = store.look_up(run.key);
    switch (lookup.state) {
    case store::LookupState::finished:
        return {.state = ItemState::done, .wall_seconds = lookup.record->wall_seconds, .message = {}};
    case store::LookupState::damaged:
        return {.state = ItemState::todo, .message = lookup.message, .damaged = true};
    case store::LookupState::failed:
        if (!store.is_claimed(run.key)) {
            const store::Failure failure = lookup.record->failure.value_or(store::Failure{});
            return {.state = is_refusal(failure) ? ItemState::todo : ItemState::failed,
                    .message = failure.reason};
        }
        break;
    case store::LookupState::absent:
        break;
    }
    return {.state = store.is_claimed(run.key) ? ItemState::running : ItemState::todo, .message = {}};
}

} // namespace

std::string_view to_string(ItemState state) noexcept {
    switch (state) {
    case ItemState::done:
        return "done";
    case ItemState::failed:
        return "failed";
    case ItemState::running:
        return "running";
    case ItemState::todo:
        break;
    }
    return "todo";
}

std::vector<ItemStatus> survey(const plan::Plan& plan, const store::Store& store) {
    std::vector<ItemStatus> statuses;
    std::set<std::string> wanted_parents;
    for (const plan::PlannedRun& run : plan.runs) {
        statuses.push_back(status_of(run, store));
        if (!run.parent.empty() && statuses.back().state != ItemState::done) {
            wanted_parents.insert(run.parent);
        }
    }
    for (std::size_t i = 0; i < plan.runs.size(); ++i) {
        const bool needs_checkpoint =
            statuses[i].state == ItemState::done && wanted_parents.contains(plan.runs[i].key);
        if (needs_checkpoint && !std::filesystem::exists(store.checkpoint_path(plan.runs[i].key))) {
            statuses[i].state = ItemState::todo;
        }
    }
    return statuses;
}

} // namespace suite::run
