// Sums of gradients over micro-batches and ranks, with given gradients instead of a network.
#include "suite/train/reduce/gradient_reducer.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "suite/base/error.hpp"
#include "suite/base/philox.hpp"
#include "tests/ranks/rank_backend.hpp"
#include "tests/suite/train/reduce/toy_arena.hpp"

namespace suite::train {
namespace {

using testing_toy::ToyArena;

dist::Communicator& ranks() {
    return dist::testing::backend_named(dist::testing::backend_makers().begin()->first).communicator();
}

std::vector<float> gradient(std::size_t length, std::size_t micro) {
    PhiloxStream random({.seed = 7, .purpose = Purpose::content, .sample = micro});
    std::vector<float> values(length);
    for (float& value : values) {
        value = random.uniform(-1.0F, 1.0F) * std::exp2(random.uniform(-8.0F, 8.0F));
    }
    return values;
}

/// The tree written down without ranks: a run of n is its first ceil(n / 2) plus the rest.
std::vector<float> tree(std::size_t length, std::size_t first, std::size_t count) {
    if (count == 1) {
        return gradient(length, first);
    }
    const std::size_t half = (count + 1) / 2;
    std::vector<float> sum = tree(length, first, half);
    const std::vector<float> rest = tree(length, first + half, count - half);
    for (std::size_t i = 0; i < length; ++i) {
        sum[i] += rest[i];
    }
    return sum;
}

std::exception_ptr reduce(GradientReducer& reducer, ToyArena& arena, std::size_t micros_per_rank) {
    const auto first = static_cast<std::size_t>(ranks().rank()) * micros_per_rank;
    arena.gradients.clear();
    const std::exception_ptr failure = reducer.run_passes(
        micros_per_rank, [&](std::size_t i) { arena.add(gradient(arena.sum().size(), first + i)); });
    reducer.finish();
    return failure;
}

TEST(TreeReducer, SumsInOneTreeWhateverTheRanks) {
    for (const std::vector<std::size_t>& lengths :
         {std::vector<std::size_t>{1}, {3}, {4}, {1001, 7}, {64, 4096, 31}}) {
        for (const std::size_t micros : {1U, 2U, 3U, 5U, 8U}) {
            ToyArena arena(lengths);
            const auto reducer = make_tree_reducer(arena.gradients, ranks());
            EXPECT_EQ(reduce(*reducer, arena, micros), nullptr);
            const std::size_t all = micros * static_cast<std::size_t>(ranks().size());
            EXPECT_EQ(arena.sum(), tree(arena.sum().size(), 0, all)) << all << " micro-batches";
        }
    }
}

TEST(TreeReducer, KeepsNoMoreThanItSays) {
    ToyArena arena({5000, 3});
    const auto reducer = make_tree_reducer(arena.gradients, ranks());
    static_cast<void>(reduce(*reducer, arena, 8));
    EXPECT_EQ(arena.gradients.deepest_stack(), 3U);
    EXPECT_LE(arena.gradients.largest_exchange(), 5003U / 2);
}

TEST(BucketReducer, SumsOverPassesAndRanks) {
    for (const std::size_t bucket_bytes : {std::size_t{1}, std::size_t{2000}, std::size_t{1} << 20}) {
        ToyArena arena({300, 1, 600, 40, 40, 900});
        const auto reducer = make_bucket_reducer(arena.gradients, ranks(), {.bucket_bytes = bucket_bytes});
        for (int step = 0; step < 3; ++step) {
            EXPECT_EQ(reduce(*reducer, arena, 2), nullptr);
            const std::size_t all = 2 * static_cast<std::size_t>(ranks().size());
            for (std::size_t i = 0; i < arena.sum().size(); i += 37) {
                double expected = 0.0;
                for (std::size_t micro = 0; micro < all; ++micro) {
                    expected += static_cast<double>(gradient(arena.sum().size(), micro)[i]);
                }
                ASSERT_NEAR(static_cast<double>(arena.sum()[i]), expected, 1e-3) << i;
            }
        }
    }
}

TEST(BucketReducer, FinishesEveryTensorOnce) {
    ToyArena arena({300, 1, 600, 40, 40, 900});
    const auto reducer = make_bucket_reducer(arena.gradients, ranks(), {.bucket_bytes = 1000});
    static_cast<void>(reduce(*reducer, arena, 1));
    EXPECT_EQ(arena.finished, bucket_plan(arena.gradients.tensors(), 1000));
}

/// Passes calls on and counts what is under way.
class CountingRanks final : public dist::Communicator {
public:
    explicit CountingRanks(dist::Communicator& inner) : inner_(inner) {}
    int started = 0;
    [[nodiscard]] dist::Backend backend() const noexcept override { return inner_.backend(); }
    [[nodiscard]] int rank() const noexcept override { return inner_.rank(); }
    [[nodiscard]] int size() const noexcept override { return inner_.size(); }
    void broadcast(dist::Buffer values, int root) override { inner_.broadcast(values, root); }
    void all_reduce(dist::Buffer values, dist::Reduction r) override { inner_.all_reduce(values, r); }
    dist::Request start_all_reduce(dist::Buffer values, dist::Reduction reduction) override {
        ++started;
        return inner_.start_all_reduce(values, reduction);
    }
    void all_gather(dist::Buffer mine, dist::Buffer all) override { inner_.all_gather(mine, all); }
    void exchange(dist::Buffer out, dist::Buffer in, int peer) override { inner_.exchange(out, in, peer); }
    void barrier() override { inner_.barrier(); }
    void abort(int exit_code) noexcept override { inner_.abort(exit_code); }

private:
    dist::Communicator& inner_;
};

TEST(BucketReducer, StartsABucketWithItsLastGradientAndOnlyInTheLastPass) {
    ToyArena arena({300, 300, 300});
    CountingRanks counting(ranks());
    const auto reducer = make_bucket_reducer(arena.gradients, counting, {.bucket_bytes = 1200});
    std::vector<int> started;
    arena.gradients.clear();
    static_cast<void>(reducer->run_passes(2, [&](std::size_t) {
        arena.add(gradient(900, 0));
        started.push_back(counting.started);
    }));
    reducer->finish();
    const int buckets = ranks().size() > 1 ? 3 : 0;
    EXPECT_EQ(started, (std::vector<int>{0, buckets}));
}

TEST(BucketReducer, APassThatThrowsLeavesNobodyWaiting) {
    ToyArena arena({300, 300, 300});
    const auto reducer = make_bucket_reducer(arena.gradients, ranks(), {.bucket_bytes = 1200});
    const bool is_mine = ranks().rank() == ranks().size() - 1;
    arena.gradients.clear();
    const std::exception_ptr failure = reducer->run_passes(1, [&](std::size_t) {
        if (is_mine) {
            throw std::runtime_error("out of something");
        }
        arena.add(gradient(900, 0));
    });
    reducer->finish();
    EXPECT_EQ(failure != nullptr, is_mine);
    ranks().barrier();
}

TEST(BucketReducer, SaysHowWrongTheWireWas) {
    ToyArena arena({5000, 300});
    const auto reducer =
        make_bucket_reducer(arena.gradients, ranks(), {.bucket_bytes = 1, .wire = dist::Element::bfloat16});
    reducer->report_wire_errors(true);
    static_cast<void>(reduce(*reducer, arena, 1));
    const std::vector<double>& errors = reducer->report().wire_errors;
    if (ranks().size() == 1) {
        EXPECT_TRUE(errors.empty()) << "nothing travels";
        return;
    }
    ASSERT_EQ(errors.size(), 2U);
    for (const double error : errors) {
        EXPECT_GT(error, 0.0);
        EXPECT_LT(error, std::exp2(-8.0)) << "half a unit in the last of 8 bits, for one or two roundings";
    }
}

} // namespace
} // namespace suite::train
