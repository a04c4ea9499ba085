#include <cmath>

#include "suite/plan/plan.hpp"

namespace suite::plan {
namespace {

int strided(int size, int stride) {
    return (size + stride - 1) / stride;
}

// Multiply-accumulates of a k x k convolution that produces size x size outputs.
double convolution_macs(int kernel, int in, int out, int size) {
    return static_cast<double>(kernel) * kernel * in * out * size * size;
}

double unit_macs(const NetworkSpec& network, int in, int out, int size_in, int stride) {
    const int size_out = strided(size_in, stride);
    double macs = stride != 1 || in != out ? convolution_macs(1, in, out, size_out) : 0.0;
    if (network.unit == Unit::basic) {
        return macs + convolution_macs(3, in, out, size_out) + convolution_macs(3, out, out, size_out);
    }
    const int mid = out / network.bottleneck_factor;
    macs += convolution_macs(1, in, mid, size_in);
    macs += convolution_macs(3, mid, mid, size_out);
    return macs + convolution_macs(1, mid, out, size_out);
}

double convolution_weights(int kernel, int in, int out) {
    return static_cast<double>(kernel) * kernel * in * out;
}

// Convolutions have no bias; GroupNorm has a scale and a shift per channel.
double unit_parameters(const NetworkSpec& network, int in, int out, int stride) {
    const double shortcut = stride != 1 || in != out ? convolution_weights(1, in, out) : 0.0;
    if (network.unit == Unit::basic) {
        return shortcut + 2.0 * in + convolution_weights(3, in, out) + 2.0 * out +
               convolution_weights(3, out, out);
    }
    const int mid = out / network.bottleneck_factor;
    return shortcut + 2.0 * in + convolution_weights(1, in, mid) + 2.0 * mid +
           convolution_weights(3, mid, mid) + 2.0 * mid + convolution_weights(1, mid, out);
}

} // namespace

double parameter_count(const NetworkSpec& network, std::size_t outputs) {
    double count = convolution_weights(network.stem == Stem::bit ? 7 : 3, 3, network.stem_channels);
    int channels = network.stem_channels;
    for (std::size_t stage = 0; stage < network.depths.size(); ++stage) {
        for (int unit = 0; unit < network.depths[stage]; ++unit) {
            const int stride = stage > 0 && unit == 0 ? 2 : 1;
            count += unit_parameters(network, channels, network.stage_channels[stage], stride);
            channels = network.stage_channels[stage];
        }
    }
    return count + 2.0 * channels + static_cast<double>(channels + 1) * static_cast<double>(outputs);
}

double forward_gigamacs(const NetworkSpec& network, int image_size, std::size_t outputs) {
    int size = image_size;
    const bool is_bit = network.stem == Stem::bit;
    size = network.stem == Stem::small_1 ? size : strided(size, 2);
    double macs = convolution_macs(is_bit ? 7 : 3, 3, network.stem_channels, size);
    size = is_bit ? strided(size, 2) : size;
    int channels = network.stem_channels;
    for (std::size_t stage = 0; stage < network.depths.size(); ++stage) {
        for (int unit = 0; unit < network.depths[stage]; ++unit) {
            const int stride = stage > 0 && unit == 0 ? 2 : 1;
            macs += unit_macs(network, channels, network.stage_channels[stage], size, stride);
            channels = network.stage_channels[stage];
            size = strided(size, stride);
        }
    }
    return (macs + static_cast<double>(channels) * static_cast<double>(outputs)) * 1e-9;
}

} // namespace suite::plan
