#include "suite/kernels/device_kernels.hpp"

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

namespace suite::kernels::device {
namespace {

constexpr int warp_size = 32;
constexpr int largest_team = 1024;

/// The threads of one block. sum() adds by halves inside a warp, then over the warps: a fixed order.
struct BlockTeam {
    std::int64_t rank;
    std::int64_t size;
    float* shared; ///< one place a warp and one for the total

    __device__ float sum(float mine) const {
        for (int step = warp_size / 2; step > 0; step /= 2) {
            mine += __shfl_xor_sync(0xffffffffU, mine, step);
        }
        const int warps = static_cast<int>(size) / warp_size;
        if (rank % warp_size == 0) {
            shared[rank / warp_size] = mine;
        }
        __syncthreads();
        float total = 0.0F;
        for (int warp = 0; warp < warps; ++warp) {
            total += shared[warp];
        }
        __syncthreads(); // before the next sum writes
        return total;
    }
};

#define SUITE_BLOCK_TEAM(team)                                                                               \
    __shared__ float team_places[largest_team / warp_size];                                                  \
    const BlockTeam team {                                                                                   \
        threadIdx.x, blockDim.x, team_places                                                                 \
    }

/// Threads for rows of this length: whole warps, about four elements each.
int team_for(std::int64_t length) {
    int threads = 2 * warp_size;
    while (threads < 512 && threads * 4 < length) {
        threads *= 2;
    }
    return threads;
}

constexpr int row_team = 256; // rows of many lengths in one launch

__global__ void standardise_kernel(const Row* rows, const float* weights, float epsilon, float* standardised,
                                   float* inverse_sd) {
    SUITE_BLOCK_TEAM(team);
    const Row row = rows[blockIdx.x];
    standardise_row(team, weights + row.offset, row.length, epsilon, standardised + row.packed,
                    inverse_sd + blockIdx.x);
}

__global__ void unstandardise_kernel(const Row* rows, float* gradients, const float* standardised,
                                     const float* inverse_sd) {
    SUITE_BLOCK_TEAM(team);
    const Row row = rows[blockIdx.x];
    unstandardise_row(team, gradients + row.offset, standardised + row.packed, row.length,
                      inverse_sd[blockIdx.x]);
}

__global__ void sgd_kernel(const Row* rows, float* weights, const float* gradients, float* momentum,
                           SgdConstants sgd, const StepScalars* step, const std::int32_t* skip) {
    if (skip != nullptr && *skip != 0) {
        return;
    }
    SUITE_BLOCK_TEAM(team);
    const Row row = rows[blockIdx.x];
    sgd_row(team, weights + row.offset, gradients + row.offset, momentum + row.offset, row.length,
            row.clipped != 0, sgd, *step);
}

/// Block b: group b % groups of image b / groups, which is also where its elements stand.
template<typename Element>
__global__ void norm_relu_kernel(NormShape shape, const Element* x, const float* scale, const float* shift,
                                 Element* y, float* statistics) {
    SUITE_BLOCK_TEAM(team);
    const std::int64_t group_channels = shape.channels / shape.groups;
    const std::int64_t length = group_channels * shape.area;
    const std::int64_t first = (blockIdx.x % shape.groups) * group_channels;
    norm_relu_group(team, x + blockIdx.x * length, scale + first, shift + first, length, shape.area,
                    shape.epsilon, y + blockIdx.x * length, statistics + 2 * blockIdx.x);
}

/// Block b: channel b % channels of image b / channels.
template<typename Element>
__global__ void norm_sums_kernel(NormShape shape, const Element* x, const Element* y,
                                 const Element* y_gradient, const float* statistics, float* sums) {
    SUITE_BLOCK_TEAM(team);
    const std::int64_t first = blockIdx.x * shape.area;
    const std::int64_t group = blockIdx.x / (shape.channels / shape.groups);
    norm_relu_channel_sums(team, x + first, y + first, y_gradient + first, shape.area, statistics + 2 * group,
                           sums + 2 * blockIdx.x);
}

template<typename Element>
__global__ void norm_backward_kernel(NormShape shape, const Element* x, const Element* y,
                                     const Element* y_gradient, const Element* addend, const float* scale,
                                     const float* statistics, const float* sums, Element* x_gradient) {
    SUITE_BLOCK_TEAM(team);
    const std::int64_t group_channels = shape.channels / shape.groups;
    const std::int64_t length = group_channels * shape.area;
    const std::int64_t first = blockIdx.x * length;
    norm_relu_group_backward(
        team, x + first, y + first, y_gradient + first, addend == nullptr ? nullptr : addend + first,
        scale + (blockIdx.x % shape.groups) * group_channels, length, shape.area, statistics + 2 * blockIdx.x,
        sums + 2 * blockIdx.x * group_channels, x_gradient + first);
}

/// Thread c adds channel c's sums over the images, in their order.
__global__ void norm_affine_kernel(NormShape shape, const float* sums, float* scale_gradient,
                                   float* shift_gradient) {
    const std::int64_t channel = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (channel >= shape.channels) {
        return;
    }
    float plain = 0.0F;
    float product = 0.0F;
    for (std::int64_t image = 0; image < shape.images; ++image) {
        const float* entry = sums + 2 * (image * shape.channels + channel);
        plain += entry[0];
        product += entry[1];
    }
    scale_gradient[channel] += product;
    shift_gradient[channel] += plain;
}

cudaStream_t native(Stream stream) {
    return static_cast<cudaStream_t>(stream);
}

unsigned blocks(std::int64_t count) {
    return static_cast<unsigned>(count);
}

template<typename Element>
void launch_norm(const NormShape& shape, const void* x, const float* scale, const float* shift, void* y,
                 float* statistics, Stream stream) {
    const std::int64_t length = shape.channels / shape.groups * shape.area;
    norm_relu_kernel<<<blocks(shape.images * shape.groups), team_for(length), 0, native(stream)>>>(
        shape, static_cast<const Element*>(x), scale, shift, static_cast<Element*>(y), statistics);
}

template<typename Element>
void launch_norm_backward(const NormShape& shape, const NormBackward& arrays, Stream stream) {
    const auto* x = static_cast<const Element*>(arrays.x);
    const auto* y = static_cast<const Element*>(arrays.y);
    const auto* y_gradient = static_cast<const Element*>(arrays.y_gradient);
    const std::int64_t length = shape.channels / shape.groups * shape.area;
    norm_sums_kernel<<<blocks(shape.images * shape.channels), team_for(shape.area), 0, native(stream)>>>(
        shape, x, y, y_gradient, arrays.statistics, arrays.sums);
    norm_backward_kernel<<<blocks(shape.images * shape.groups), team_for(length), 0, native(stream)>>>(
        shape, x, y, y_gradient, static_cast<const Element*>(arrays.addend), arrays.scale, arrays.statistics,
        arrays.sums, static_cast<Element*>(arrays.x_gradient));
    constexpr int threads = 128;
    norm_affine_kernel<<<blocks((shape.channels + threads - 1) / threads), threads, 0, native(stream)>>>(
        shape, arrays.sums, arrays.scale_gradient, arrays.shift_gradient);
}

} // namespace

int standardise_weights(const Row* rows, std::size_t row_count, const float* weights, float epsilon,
                        float* standardised, float* inverse_sd, Stream stream) {
    if (row_count > 0) {
        standardise_kernel<<<blocks(row_count), row_team, 0, native(stream)>>>(rows, weights, epsilon,
                                                                               standardised, inverse_sd);
    }
    return cudaGetLastError();
}

int standardise_weights_backward(const Row* rows, std::size_t row_count, float* gradients,
                                 const float* standardised, const float* inverse_sd, Stream stream) {
    if (row_count > 0) {
        unstandardise_kernel<<<blocks(row_count), row_team, 0, native(stream)>>>(rows, gradients,
                                                                                 standardised, inverse_sd);
    }
    return cudaGetLastError();
}

int sgd_step(const Row* rows, std::size_t row_count, float* weights, const float* gradients, float* momentum,
             const SgdConstants& sgd, const StepScalars* step, const std::int32_t* skip, Stream stream) {
    if (row_count > 0) {
        sgd_kernel<<<blocks(row_count), row_team, 0, native(stream)>>>(rows, weights, gradients, momentum,
                                                                       sgd, step, skip);
    }
    return cudaGetLastError();
}

int group_norm_relu(const NormShape& shape, MapElement element, const void* x, const float* scale,
                    const float* shift, void* y, float* statistics, Stream stream) {
    switch (element) {
    case MapElement::float32:
        launch_norm<float>(shape, x, scale, shift, y, statistics, stream);
        break;
    case MapElement::float16:
        launch_norm<__half>(shape, x, scale, shift, y, statistics, stream);
        break;
    case MapElement::bfloat16:
        launch_norm<__nv_bfloat16>(shape, x, scale, shift, y, statistics, stream);
        break;
    }
    return cudaGetLastError();
}

int group_norm_relu_backward(const NormShape& shape, MapElement element, const NormBackward& arrays,
                             Stream stream) {
    switch (element) {
    case MapElement::float32:
        launch_norm_backward<float>(shape, arrays, stream);
        break;
    case MapElement::float16:
        launch_norm_backward<__half>(shape, arrays, stream);
        break;
    case MapElement::bfloat16:
        launch_norm_backward<__nv_bfloat16>(shape, arrays, stream);
        break;
    }
    return cudaGetLastError();
}

} // namespace suite::kernels::device
