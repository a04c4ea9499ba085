// Adds the seconds of a block to a sum, when somebody asked for them.
#pragma once

#include "suite/base/clock.hpp"

namespace suite::train::detail {

class Stopwatch {
public:
    /// Null: the clock is not read.
    explicit Stopwatch(double* seconds)
        : seconds_(seconds), start_(seconds != nullptr ? monotonic_seconds() : 0.0) {}
    ~Stopwatch() {
        if (seconds_ != nullptr) {
            *seconds_ += monotonic_seconds() - start_;
        }
    }
    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;

private:
    double* seconds_;
    double start_;
};

} // namespace suite::train::detail
