// The arithmetic of the device kernels on the host, by one thread and by a few that work as a block does,
// against the CPU kernels, which have golden files of their own.
#include "suite/kernels/device_rows.hpp"

#include <algorithm>
#include <barrier>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "suite/base/philox.hpp"
#include "suite/kernels/group_norm.hpp"
#include "suite/kernels/optimizer.hpp"
#include "suite/kernels/weight_standardise.hpp"

namespace suite::kernels {
namespace {

/// Threads that meet in sum() as those of a block do.
class HostBlock {
public:
    explicit HostBlock(std::int64_t threads)
        : places_(static_cast<std::size_t>(threads)), meeting_(threads) {}

    struct Team {
        std::int64_t rank;
        std::int64_t size;
        HostBlock* block;
        float sum(float mine) const { return block->sum(rank, mine); }
    };

    template<typename Work>
    void run(const Work& work) {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < places_.size(); ++i) {
            threads.emplace_back([&, i] {
                work(Team{static_cast<std::int64_t>(i), static_cast<std::int64_t>(places_.size()), this});
            });
        }
    }

private:
    std::vector<float> places_;
    std::barrier<> meeting_;

    float sum(std::int64_t rank, float mine) {
        places_[static_cast<std::size_t>(rank)] = mine;
        meeting_.arrive_and_wait();
        float total = 0.0F;
        for (const float place : places_) {
            total += place;
        }
        meeting_.arrive_and_wait();
        return total;
    }
};

/// By one thread, then by blocks; 7 threads leave a ragged end.
template<typename Work>
void by_every_team(const Work& work) {
    work(device::OneThread{});
    for (const std::int64_t threads : {2, 7}) {
        HostBlock(threads).run(work);
    }
}

std::vector<float> random_values(std::size_t count, std::uint64_t sample, double sd = 1.0) {
    PhiloxStream random({.seed = 5, .sample = sample});
    std::vector<float> values(count);
    std::ranges::generate(values, [&] { return static_cast<float>(sd * random.normal()); });
    return values;
}

void expect_near(const std::vector<float>& actual, const std::vector<float>& expected, double tolerance) {
    ASSERT_EQ(actual.size(), expected.size());
    double largest = 1e-30;
    for (const float value : expected) {
        largest = std::max(largest, static_cast<double>(std::abs(value)));
    }
    for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_TRUE(std::abs(actual[i] - expected[i]) <= tolerance * largest)
            << "[" << i << "]: " << actual[i] << " instead of " << expected[i];
    }
}

constexpr std::int64_t row_length = 149;

TEST(DeviceRows, StandardiseAsTheCpuDoes) {
    const auto weight = random_values(row_length, 1, 0.3);
    std::vector<float> expected(row_length);
    float expected_sd = 0.0F;
    standardise_weights(weight, 1, 1e-10, expected, {&expected_sd, 1});
    by_every_team([&](const auto& team) {
        static std::vector<float> out;
        static float inverse_sd;
        if (team.rank == 0) {
            out.assign(row_length, -1.0F);
            inverse_sd = 0.0F;
        }
        static_cast<void>(team.sum(0.0F)); // the others wait for the room
        device::standardise_row(team, weight.data(), row_length, 1e-10F, out.data(), &inverse_sd);
        static_cast<void>(team.sum(0.0F));
        if (team.rank == 0) {
            expect_near(out, expected, 2e-6);
            EXPECT_NEAR(inverse_sd, expected_sd, 2e-6 * expected_sd);
        }
    });
}

TEST(DeviceRows, UndoStandardisationAsTheCpuDoes) {
    const auto weight = random_values(row_length, 2, 0.3);
    const auto gradient = random_values(row_length, 3);
    std::vector<float> standardised(row_length);
    float inverse_sd = 0.0F;
    standardise_weights(weight, 1, 1e-10, standardised, {&inverse_sd, 1});
    auto expected = gradient;
    standardise_weights_backward(expected, 1, standardised, {&inverse_sd, 1});
    by_every_team([&](const auto& team) {
        static std::vector<float> out;
        if (team.rank == 0) {
            out = gradient;
        }
        static_cast<void>(team.sum(0.0F));
        device::unstandardise_row(team, out.data(), standardised.data(), row_length, inverse_sd);
        static_cast<void>(team.sum(0.0F));
        if (team.rank == 0) {
            expect_near(out, expected, 2e-6);
        }
    });
}

struct SgdCase {
    bool clipped;
    bool nesterov;
    double gradient_sd; ///< large ones are clipped
    float loss_scale;
};

class DeviceSgd : public testing::TestWithParam<SgdCase> {};

TEST_P(DeviceSgd, StepsAsTheCpuDoes) {
    const SgdCase& which = GetParam();
    const SgdSettings settings{.learning_rate = 0.05F, .nesterov = which.nesterov, .weight_decay = 1e-4F};
    const ParameterRows rows{.rows = 1, .row_length = row_length, .clipped = which.clipped};
    const auto weight = random_values(row_length, 4);
    const auto gradient = random_values(row_length, 5, which.gradient_sd);
    const auto momentum = random_values(row_length, 6, 0.1);
    auto expected = weight;
    auto expected_momentum = momentum;
    sgd_step(expected, gradient, expected_momentum, {&rows, 1}, settings);
    auto scaled = gradient;
    for (float& g : scaled) {
        g *= which.loss_scale;
    }
    by_every_team([&](const auto& team) {
        static std::vector<float> w;
        static std::vector<float> b;
        if (team.rank == 0) {
            w = weight;
            b = momentum;
        }
        static_cast<void>(team.sum(0.0F));
        device::sgd_row(team, w.data(), scaled.data(), b.data(), row_length, which.clipped,
                        {.weight_decay = 1e-4F, .nesterov = which.nesterov},
                        {.learning_rate = 0.05F, .gradient_scale = 1.0F / which.loss_scale});
        static_cast<void>(team.sum(0.0F));
        if (team.rank == 0) {
            expect_near(w, expected, 1e-6);
            expect_near(b, expected_momentum, 1e-6);
        }
    });
}

INSTANTIATE_TEST_SUITE_P(Cases, DeviceSgd,
                         testing::Values(SgdCase{true, true, 1.0, 1.0F}, SgdCase{true, true, 1e-5, 1.0F},
                                         SgdCase{false, true, 1.0, 1.0F}, SgdCase{true, false, 1.0, 1.0F},
                                         SgdCase{true, true, 1.0, 1024.0F}));

/// Runs the three passes of the device's GroupNorm over all images, groups and channels as its launches do.
struct DeviceNorm {
    GroupNormShape shape;
    std::vector<float> statistics;
    std::vector<float> sums;

    explicit DeviceNorm(const GroupNormShape& of)
        : shape(of), statistics(of.statistics()), sums(2 * of.images * of.channels) {}

    [[nodiscard]] std::size_t group_channels() const { return shape.channels / shape.groups; }
    [[nodiscard]] std::size_t length() const { return group_channels() * shape.area; }

    void forward(const std::vector<float>& x, const std::vector<float>& scale,
                 const std::vector<float>& shift, std::vector<float>& y) {
        for (std::size_t b = 0; b < shape.images * shape.groups; ++b) {
            const std::size_t first = b % shape.groups * group_channels();
            device::norm_relu_group(device::OneThread{}, x.data() + b * length(), scale.data() + first,
                                    shift.data() + first, static_cast<std::int64_t>(length()),
                                    static_cast<std::int64_t>(shape.area), static_cast<float>(shape.epsilon),
                                    y.data() + b * length(), statistics.data() + 2 * b);
        }
    }

    void backward(const std::vector<float>& x, const std::vector<float>& y, const std::vector<float>& scale,
                  const std::vector<float>& addend, std::vector<float>& gradient) {
        const auto area = static_cast<std::int64_t>(shape.area);
        for (std::size_t b = 0; b < shape.images * shape.channels; ++b) {
            const std::size_t first = b * shape.area;
            device::norm_relu_channel_sums(
                device::OneThread{}, x.data() + first, y.data() + first, gradient.data() + first, area,
                statistics.data() + 2 * (b / group_channels()), sums.data() + 2 * b);
        }
        for (std::size_t b = 0; b < shape.images * shape.groups; ++b) {
            const std::size_t first = b * length();
            device::norm_relu_group_backward(
                device::OneThread{}, x.data() + first, y.data() + first, gradient.data() + first,
                addend.empty() ? nullptr : addend.data() + first,
                scale.data() + b % shape.groups * group_channels(), static_cast<std::int64_t>(length()), area,
                statistics.data() + 2 * b, sums.data() + 2 * b * group_channels(), gradient.data() + first);
        }
    }
};

TEST(DeviceRows, NormaliseAsTheCpuDoesBothWays) {
    const GroupNormShape shape{.images = 3, .channels = 12, .area = 35, .groups = 4};
    const auto x = random_values(shape.elements(), 7);
    const auto scale = random_values(shape.channels, 8);
    const auto shift = random_values(shape.channels, 9);
    const auto y_gradient = random_values(shape.elements(), 10);
    const auto addend = random_values(shape.elements(), 11);
    std::vector<float> expected_y(shape.elements());
    std::vector<float> statistics(shape.statistics());
    group_norm_relu(shape, x, scale, shift, expected_y, statistics);
    std::vector<float> expected(shape.elements());
    std::vector<float> expected_scale(shape.channels, 0.5F);
    std::vector<float> expected_shift(shape.channels, 0.25F);
    group_norm_relu_backward(shape, {x, expected_y, statistics, scale, y_gradient, addend, expected_scale,
                                     expected_shift, expected});

    DeviceNorm norm(shape);
    std::vector<float> y(shape.elements());
    norm.forward(x, scale, shift, y);
    expect_near(y, expected_y, 2e-6);
    auto gradient = y_gradient; // in place, as the device engine does
    norm.backward(x, y, scale, addend, gradient);
    expect_near(gradient, expected, 1e-5);
    std::vector<float> scale_gradient(shape.channels, 0.5F);
    std::vector<float> shift_gradient(shape.channels, 0.25F);
    for (std::size_t image = 0; image < shape.images; ++image) {
        for (std::size_t c = 0; c < shape.channels; ++c) {
            shift_gradient[c] += norm.sums[2 * (image * shape.channels + c)];
            scale_gradient[c] += norm.sums[2 * (image * shape.channels + c) + 1];
        }
    }
    expect_near(scale_gradient, expected_scale, 1e-5);
    expect_near(shift_gradient, expected_shift, 1e-5);
}

// A block of threads gives what one thread gives, also where threads outnumber elements.
TEST(DeviceRows, NormaliseByABlockAsByOneThread) {
    const GroupNormShape shape{.images = 1, .channels = 2, .area = 3, .groups = 1};
    const auto x = random_values(6, 12);
    const auto scale = random_values(2, 13);
    const auto shift = random_values(2, 14);
    DeviceNorm norm(shape);
    std::vector<float> expected(6);
    norm.forward(x, scale, shift, expected);
    std::vector<float> y(6);
    float statistics[2] = {};
    HostBlock(8).run([&](const auto& team) {
        device::norm_relu_group(team, x.data(), scale.data(), shift.data(), 6, 3, 1e-5F, y.data(),
                                statistics);
    });
    expect_near(y, expected, 1e-6);
    EXPECT_NEAR(statistics[0], norm.statistics[0], 1e-6);
    EXPECT_NEAR(statistics[1], norm.statistics[1], 1e-5);
}

} // namespace
} // namespace suite::kernels
