#include "suite/train/precision.hpp"

#include <algorithm>
#include <cmath>

namespace suite::train {

bool LossScale::is_possible(const LossScaleState& state) const noexcept {
    int exponent = 0;
    const bool is_power = state.scale > 0.0F && std::frexp(state.scale, &exponent) == 0.5F;
    return is_power && state.scale >= settings_.smallest && state.scale <= settings_.largest &&
           state.good_steps >= 0 && state.good_steps < settings_.growth_interval_steps && state.skipped >= 0;
}

bool LossScale::update(bool overflow) noexcept {
    if (overflow) {
        state_.scale = std::max(state_.scale * settings_.backoff, settings_.smallest);
        state_.good_steps = 0;
        ++state_.skipped;
        return false;
    }
    if (++state_.good_steps == settings_.growth_interval_steps) {
        state_.scale = std::min(state_.scale * settings_.growth, settings_.largest);
        state_.good_steps = 0;
    }
    return true;
}

CapturePolicy::Decision CapturePolicy::next(const PassShape& shape,
                                            const Circumstances& circumstances) noexcept {
    if (!circumstances.wanted) {
        return {Action::eager, "not wanted"};
    }
    if (!circumstances.device_captures) {
        return {Action::eager, "the device captures no graphs"};
    }
    if (circumstances.listened) {
        return {Action::eager, "the host starts reductions while the backward pass runs"};
    }
    if (circumstances.measured) {
        return {Action::eager, "the host reads the clock inside the pass"};
    }
    if (shape != shape_) {
        shape_ = shape;
        passes_ = 0;
        captured_ = false;
    }
    if (passes_ < warm_up_passes) {
        ++passes_;
        return {Action::eager, "warm-up"};
    }
    if (!captured_) {
        captured_ = true;
        return {Action::capture, ""};
    }
    return {Action::replay, ""};
}

} // namespace suite::train
