// What a store already holds of a plan. Reads only.
#pragma once

#include <string>
#include <vector>

#include "suite/plan/plan.hpp"
#include "suite/store/store.hpp"

namespace suite::run {

enum class ItemState { done, failed, running, todo };
[[nodiscard]] std::string_view to_string(ItemState state) noexcept;

struct ItemStatus {
    ItemState state = ItemState::todo;
    double wall_seconds = 0.0; ///< of a finished run
    std::string message;       ///< why it failed or was refused, or which file is damaged
    bool damaged = false;      ///< its record cannot be trusted: the run is planned again
};

/// One status per Plan::runs, in that order. A pre-training run whose checkpoint is gone counts as todo while
/// one of its children is not done; so does a run that a machine without the memory for it refused.
[[nodiscard]] std::vector<ItemStatus> survey(const plan::Plan& plan, const store::Store& store);

} // namespace suite::run
