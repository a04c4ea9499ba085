// Kernels for CUDA devices. All pointers are device memory; all calls enqueue on `stream` (a cudaStream_t)
// and return at once. Each returns the CUDA runtime's error code of its launch, 0 when it went well. Sums run
// in a fixed order: the same bits on the same device. C++17: nvcc includes it.
//
// Only in builds of preset cuda. Checked on the host through device_rows.hpp; never run on a GPU so far.
#pragma once

#include <cstddef>
#include <cstdint>

#include "suite/kernels/device_rows.hpp"

namespace suite::kernels::device {

using Stream = void*; ///< cudaStream_t

enum class MapElement { float32, float16, bfloat16 };

/// All rows at once: standardised[row.packed …], inverse_sd[row index].
[[nodiscard]] int standardise_weights(const Row* rows, std::size_t row_count, const float* weights,
                                      float epsilon, float* standardised, float* inverse_sd, Stream stream);

/// In place on gradients[row.offset …].
[[nodiscard]] int standardise_weights_backward(const Row* rows, std::size_t row_count, float* gradients,
                                               const float* standardised, const float* inverse_sd,
                                               Stream stream);

/// Clipping and SGD with momentum of all rows in one pass. A step whose `skip` is not 0 changes nothing (loss
/// scaling met an overflow); null: never skipped.
[[nodiscard]] int sgd_step(const Row* rows, std::size_t row_count, float* weights, const float* gradients,
                           float* momentum, const SgdConstants& sgd, const StepScalars* step,
                           const std::int32_t* skip, Stream stream);

struct NormShape {
    std::int64_t images = 0;
    std::int64_t channels = 0;
    std::int64_t area = 0;
    std::int64_t groups = 0;
    float epsilon = 1e-5F;
};

/// statistics: mean and 1 / sd per image and group.
[[nodiscard]] int group_norm_relu(const NormShape& shape, MapElement element, const void* x,
                                  const float* scale, const float* shift, void* y, float* statistics,
                                  Stream stream);

struct NormBackward {
    const void* x = nullptr;
    const void* y = nullptr;
    const float* statistics = nullptr;
    const float* scale = nullptr;
    const void* y_gradient = nullptr;
    const void* addend = nullptr;    ///< added to x_gradient; null = nothing
    float* sums = nullptr;           ///< room for 2 x images x channels
    float* scale_gradient = nullptr; ///< added to
    float* shift_gradient = nullptr; ///< added to
    void* x_gradient = nullptr;      ///< may be addend or y_gradient
};
[[nodiscard]] int group_norm_relu_backward(const NormShape& shape, MapElement element,
                                           const NormBackward& arrays, Stream stream);

} // namespace suite::kernels::device
