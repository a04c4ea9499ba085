#include "suite/train/reduce/bucket_plan.hpp"

#include <gtest/gtest.h>

namespace suite::train {
namespace {

/// Tensors of these lengths, one behind the other.
std::vector<Slice> slices_of(const std::vector<std::size_t>& lengths) {
    std::vector<Slice> slices;
    for (const std::size_t length : lengths) {
        slices.push_back({slices.empty() ? 0 : slices.back().offset + slices.back().count, length});
    }
    return slices;
}

TEST(BucketPlan, CutsWholeTensorsFromTheEndToTheBeginning) {
    const std::vector<Slice> tensors = slices_of({10, 20, 30, 40});
    EXPECT_EQ(bucket_plan(tensors, 1), (std::vector<Slice>{{60, 40}, {30, 30}, {10, 20}, {0, 10}}));
    EXPECT_EQ(bucket_plan(tensors, 4 * 41), (std::vector<Slice>{{30, 70}, {0, 30}}));
    EXPECT_EQ(bucket_plan(tensors, 1'000'000), (std::vector<Slice>{{0, 100}}));
    EXPECT_TRUE(bucket_plan({}, 100).empty());
}

TEST(BucketPlan, EndsWithLittleThatNothingHides) {
    const std::vector<Slice> tensors = slices_of({200, 900, 5'000, 20'000});
    EXPECT_EQ(bucket_plan(tensors, 50'000), (std::vector<Slice>{{6'100, 20'000}, {200, 5'900}, {0, 200}}));
    EXPECT_EQ(bucket_plan(tensors, 104'400), (std::vector<Slice>{{0, 26'100}}));
    const std::vector<Slice> wide_stem = slices_of({5'000, 100, 20'000});
    EXPECT_EQ(bucket_plan(wide_stem, 90'000), (std::vector<Slice>{{5'000, 20'100}, {0, 5'000}}));
}

TEST(BucketPlan, CoversTheArenaOnce) {
    const std::vector<Slice> tensors = slices_of({7, 1, 900, 33, 33, 2, 64, 1000});
    for (std::size_t bytes = 1; bytes < 10'000; bytes += 13) {
        std::size_t end = tensors.back().offset + tensors.back().count;
        for (const Slice& bucket : bucket_plan(tensors, bytes)) {
            ASSERT_EQ(bucket.offset + bucket.count, end);
            end = bucket.offset;
        }
        ASSERT_EQ(end, 0U);
    }
}

TEST(ReductionCurve, IsFoundFromTimesThatLieOnIt) {
    std::vector<ReductionTiming> timings;
    for (const std::size_t bytes : {4U, 4096U, 65536U, 1048576U}) {
        timings.push_back({bytes, 3e-6 + static_cast<double>(bytes) * 2e-10});
    }
    const ReductionCurve curve = fit_reduction_curve(timings);
    EXPECT_NEAR(curve.latency_seconds, 3e-6, 1e-12);
    EXPECT_NEAR(curve.seconds_per_byte, 2e-10, 1e-16);
}

TEST(ReductionCurve, NeverFallsBelowZero) {
    const std::vector<ReductionTiming> falling{{1000, 2e-6}, {100'000, 1e-6}};
    EXPECT_EQ(fit_reduction_curve(falling).seconds_per_byte, 0.0);
    EXPECT_GT(fit_reduction_curve(falling).latency_seconds, 0.0);
    const std::vector<ReductionTiming> steep{{1000, 1e-9}, {100'000, 1e-3}};
    EXPECT_EQ(fit_reduction_curve(steep).latency_seconds, 0.0);
}

// The cost it minimises, written down: arena / b latencies and b bytes behind the end.
TEST(BucketBytes, AreTheBestOfAllSizes) {
    const ReductionCurve curve{.latency_seconds = 5e-6, .seconds_per_byte = 2e-10};
    const std::size_t arena = 608'000;
    const auto cost = [&](double bytes) {
        return static_cast<double>(arena) / bytes * curve.latency_seconds + bytes * curve.seconds_per_byte;
    };
    const std::size_t best = bucket_bytes_for(curve, arena);
    for (double bytes = 4096.0; bytes < static_cast<double>(arena); bytes *= 1.01) {
        EXPECT_GE(cost(bytes), cost(static_cast<double>(best)) * (1.0 - 1e-9));
    }
}

TEST(BucketBytes, StayBetweenAPageAndTheArena) {
    EXPECT_EQ(bucket_bytes_for({1e-12, 1.0}, 1 << 20), 4096U);
    EXPECT_EQ(bucket_bytes_for({1.0, 1e-12}, 1 << 20), std::size_t{1} << 20);
    EXPECT_EQ(bucket_bytes_for({1e-6, 0.0}, 1 << 20), std::size_t{1} << 20);
    EXPECT_EQ(bucket_bytes_for({1e-12, 1.0}, 100), 100U);
    EXPECT_LT(default_bucket_bytes(dist::Backend::mpi, 608'000), 608'000U);
    EXPECT_GT(default_bucket_bytes(dist::Backend::nccl, std::size_t{3'713'000'000}), std::size_t{25} << 20);
}

} // namespace
} // namespace suite::train
