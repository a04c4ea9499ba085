// In which numbers a device computes, and what keeps float16 gradients from vanishing: pure, no device
// needed.
#pragma once

#include <cstdint>

namespace suite::train {

/// In which numbers convolutions and the head compute; all else is float32 (paper.md#mixed-precision).
enum class Precision { float32, tf32, bfloat16, float16 };

/// All that a LossScale remembers.
struct LossScaleState {
    float scale = 0.0F;
    std::int64_t good_steps = 0; ///< since the last change of the scale
    std::int64_t skipped = 0;    ///< steps left out
    [[nodiscard]] bool operator==(const LossScaleState&) const = default;
};

/// Dynamic scale of a loss in float16 (paper.md#mixed-precision): gradients are computed and reduced scaled,
/// then unscaled before clipping. A step whose gradients overflow is left out and the scale halved; after so
/// many steps without one it doubles. Every rank sees the same sums, hence takes the same decisions.
class LossScale {
public:
    struct Settings {
        float initial = 65536.0F;
        float growth = 2.0F;
        float backoff = 0.5F;
        std::int64_t growth_interval_steps = 2000;
        float smallest = 1.0F;
        float largest = 16777216.0F; ///< 2^24: a power of two, so that unscaling is exact
    };
    LossScale() : LossScale(Settings{}) {}
    explicit LossScale(Settings settings) : settings_(settings), state_{.scale = settings.initial} {}

    [[nodiscard]] float scale() const noexcept { return state_.scale; }
    /// Steps left out so far.
    [[nodiscard]] std::int64_t skipped() const noexcept { return state_.skipped; }
    [[nodiscard]] const LossScaleState& state() const noexcept { return state_; }
    /// Goes on from a state that is_possible().
    void set_state(const LossScaleState& state) noexcept { state_ = state; }
    /// Whether update() could lead there: a power of two within the limits, counts that are not negative.
    [[nodiscard]] bool is_possible(const LossScaleState& state) const noexcept;
    /// After each step; `overflow`: its gradients were not all finite. Returns whether the step counts.
    bool update(bool overflow) noexcept;

private:
    Settings settings_;
    LossScaleState state_;
};

/// A pass as a graph would have to be captured for it: everything that changes which kernels run.
struct PassShape {
    std::int64_t images = 0;
    int size = 0;
    int width = 0;
    bool mixed = false; ///< with MixUp
    [[nodiscard]] bool operator==(const PassShape&) const = default;
};

/// When the passes of a step may be captured as a CUDA graph and replayed, and why not.
class CapturePolicy {
public:
    enum class Action {
        eager,   ///< run the pass as it stands
        capture, ///< run it into a graph, then replay that
        replay,
    };
    struct Decision {
        Action action = Action::eager;
        const char* reason = ""; ///< why not, for eager
    };
    struct Circumstances {
        bool device_captures = false; ///< a CUDA device
        bool wanted = true;
        bool listened = false; ///< collectives are started from the host while backward runs
        bool measured = false; ///< the host reads the clock inside the pass
    };
    /// Passes of a shape before it is captured: library handles, workspaces and algorithms are made in the
    /// first.
    static constexpr int warm_up_passes = 3;

    /// To be asked once before each pass.
    [[nodiscard]] Decision next(const PassShape& shape, const Circumstances& circumstances) noexcept;

private:
    PassShape shape_;
    int passes_ = 0; ///< of this shape
    bool captured_ = false;
};

} // namespace suite::train
