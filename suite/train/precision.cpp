#include "suite/train/precision.hpp"

#include <algorithm>

namespace suite::train {

bool LossScale::update(bool overflow) noexcept {
    if (overflow) {
        scale_ = std::max(scale_ * settings_.backoff, settings_.smallest);
        good_steps_ = 0;
        ++skipped_;
        return false;
    }
    if (++good_steps_ == settings_.growth_interval_steps) {
        scale_ = std::min(scale_ * settings_.growth, settings_.largest);
        good_steps_ = 0;
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
