// What every communicator promises, on as many ranks as this program is started with.
#include <bit>
#include <chrono>
#include <cmath>
#include <limits>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "suite/base/clock.hpp"
#include "suite/base/half.hpp"
#include "tests/ranks/rank_backend.hpp"

namespace suite::dist::testing {
namespace {

// Nothing, one, few, odd, around the change of algorithm, several parts of a ring with a rest.
const std::vector<std::size_t> sizes{0, 1, 2, 7, 511, 512, 1023, 1024, 1025, 4097, 100'003, 1'048'579};

class Conformance : public ::testing::Test {
protected:
    Conformance() : backend_(tested_backend()) {}
    void SetUp() override {
        if (const std::string reason = backend_.missing(); !reason.empty()) {
            GTEST_SKIP() << reason;
        }
    }
    Communicator& ranks() { return backend_.communicator(); }
    RankBackend& backend_;
};

// Whole numbers that every type holds exactly, sums over up to 20 ranks too.
std::int64_t value_of(int rank, std::size_t i) {
    return static_cast<std::int64_t>((i * 7 + static_cast<std::size_t>(rank) * 3) % 11);
}

std::int64_t expected_value(Reduction reduction, int ranks, std::size_t i) {
    std::int64_t result = value_of(0, i);
    for (int rank = 1; rank < ranks; ++rank) {
        const std::int64_t value = value_of(rank, i);
        result = reduction == Reduction::sum       ? result + value
                 : reduction == Reduction::minimum ? std::min(result, value)
                                                   : std::max(result, value);
    }
    return result;
}

template<typename T, typename ToElement>
void expect_reduces(RankBackend& backend, Element element, const ToElement& to_element) {
    Communicator& ranks = backend.communicator();
    for (const Reduction reduction : {Reduction::sum, Reduction::minimum, Reduction::maximum}) {
        for (const std::size_t size : sizes) {
            std::vector<T> mine(size);
            std::vector<T> expected(size);
            for (std::size_t i = 0; i < size; ++i) {
                mine[i] = to_element(value_of(ranks.rank(), i));
                expected[i] = to_element(expected_value(reduction, ranks.size(), i));
            }
            const Values<T> values(backend, mine, element);

            ranks.all_reduce(values.buffer(), reduction);

            EXPECT_EQ(values.get(), expected)
                << "size " << size << ", reduction " << static_cast<int>(reduction);
        }
    }
}

TEST_F(Conformance, ReducesInt64) {
    expect_reduces<std::int64_t>(backend_, Element::int64, [](std::int64_t v) { return v; });
}
TEST_F(Conformance, ReducesUint64) {
    expect_reduces<std::uint64_t>(backend_, Element::uint64,
                                  [](std::int64_t v) { return static_cast<std::uint64_t>(v); });
}
TEST_F(Conformance, ReducesFloat32) {
    expect_reduces<float>(backend_, Element::float32, [](std::int64_t v) { return static_cast<float>(v); });
}
TEST_F(Conformance, ReducesFloat64) {
    expect_reduces<double>(backend_, Element::float64, [](std::int64_t v) { return static_cast<double>(v); });
}
TEST_F(Conformance, ReducesFloat16) {
    expect_reduces<std::uint16_t>(backend_, Element::float16,
                                  [](std::int64_t v) { return float16_from_float(static_cast<float>(v)); });
}
TEST_F(Conformance, ReducesBfloat16) {
    expect_reduces<std::uint16_t>(backend_, Element::bfloat16,
                                  [](std::int64_t v) { return bfloat16_from_float(static_cast<float>(v)); });
}

// Signs and the highest bit: what is small for one type is large for the other.
TEST_F(Conformance, ComparesByTheElementsType) {
    const auto mine = static_cast<std::int64_t>(ranks().rank() == 0 ? -1 : 1);
    const Values<std::int64_t> whole(backend_, {mine}, Element::int64);
    const Values<std::uint64_t> natural(backend_, {static_cast<std::uint64_t>(mine)}, Element::uint64);

    ranks().all_reduce(whole.buffer(), Reduction::minimum);
    ranks().all_reduce(natural.buffer(), Reduction::maximum);

    EXPECT_EQ(whole.get()[0], -1);
    EXPECT_EQ(natural.get()[0], std::numeric_limits<std::uint64_t>::max());
}

TEST_F(Conformance, SumsOfHalvesAreRoundedToNearestEven) {
    // 2048 + 1 and 2048 + 3 lie between two binary16 numbers, 256 + 1 and 256 + 3 between two bfloat16.
    const int rank = ranks().rank();
    const auto pick = [&](float first, float second) {
        return rank == 0 ? first : rank == 1 ? second : 0.0F;
    };
    const Values<std::uint16_t> halves(backend_,
                                       {float16_from_float(pick(2048, 1)), float16_from_float(pick(2048, 3)),
                                        float16_from_float(pick(65504, 65504))},
                                       Element::float16);
    const Values<std::uint16_t> brains(
        backend_, {bfloat16_from_float(pick(256, 1)), bfloat16_from_float(pick(256, 3))}, Element::bfloat16);

    ranks().all_reduce(halves.buffer(), Reduction::sum);
    ranks().all_reduce(brains.buffer(), Reduction::sum);

    if (ranks().size() > 1) {
        EXPECT_EQ(float_from_float16(halves.get()[0]), 2048.0F);
        EXPECT_EQ(float_from_float16(halves.get()[1]), 2052.0F);
        EXPECT_EQ(float_from_float16(halves.get()[2]), std::numeric_limits<float>::infinity());
        EXPECT_EQ(float_from_bfloat16(brains.get()[0]), 256.0F);
        EXPECT_EQ(float_from_bfloat16(brains.get()[1]), 260.0F);
    }
}

TEST_F(Conformance, AllRanksGetTheSameBits) {
    for (const std::size_t size : {33U, 3001U, 300'001U}) {
        std::vector<double> expected(size, 0.0);
        std::vector<float> mine(size);
        for (int rank = 0; rank < ranks().size(); ++rank) {
            std::mt19937_64 draw(static_cast<unsigned>(rank) + 17);
            for (std::size_t i = 0; i < size; ++i) {
                const float value = std::ldexp(static_cast<float>(draw() >> 40) - 0x1p23F,
                                               static_cast<int>(draw() % 20) - 40);
                expected[i] += value;
                mine[i] = rank == ranks().rank() ? value : mine[i];
            }
        }
        const Values<float> values(backend_, mine, Element::float32);
        ranks().all_reduce(values.buffer(), Reduction::sum);
        const std::vector<float> sums = values.get();

        Values<float> all(backend_, std::vector<float>(size * static_cast<std::size_t>(ranks().size())),
                          Element::float32);
        ranks().all_gather(values.buffer(), all.buffer());

        const std::vector<float> everybodys = all.get();
        for (std::size_t i = 0; i < everybodys.size(); ++i) {
            ASSERT_EQ(std::bit_cast<std::uint32_t>(everybodys[i]),
                      std::bit_cast<std::uint32_t>(sums[i % size]))
                << i;
        }
        for (std::size_t i = 0; i < size; ++i) {
            // At most size()-1 roundings of partial sums below size() x 2^2.
            ASSERT_NEAR(sums[i], expected[i], ranks().size() * ranks().size() * 0x1p-22) << i;
        }
    }
}

TEST_F(Conformance, MinimumAndMaximumCarryNaNAndSignsOfZero) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const bool first = ranks().rank() == 0;
    const bool alone = ranks().size() == 1;
    const Values<float> low(backend_, {first ? nan : 1.0F, first || alone ? -0.0F : 0.0F}, Element::float32);
    const Values<float> high(backend_, {first ? nan : 1.0F, first && !alone ? -0.0F : 0.0F},
                             Element::float32);

    ranks().all_reduce(low.buffer(), Reduction::minimum);
    ranks().all_reduce(high.buffer(), Reduction::maximum);

    EXPECT_TRUE(std::isnan(low.get()[0]) && std::isnan(high.get()[0]));
    EXPECT_TRUE(std::signbit(low.get()[1]));
    EXPECT_FALSE(std::signbit(high.get()[1]));
}

TEST_F(Conformance, BytesHaveNoSum) {
    const Values<std::uint8_t> bytes(backend_, {1, 2}, Element::byte);
    try {
        ranks().all_reduce(bytes.buffer(), Reduction::sum);
        ADD_FAILURE() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::usage);
    }
    EXPECT_THROW(static_cast<void>(ranks().start_all_reduce(bytes.buffer(), Reduction::sum)), Error);
    ranks().barrier();
}

TEST_F(Conformance, SeveralReductionsInFlightAreWaitedForInAnyOrder) {
    const std::vector<std::size_t> lengths{5, 70'000, 1, 0, 300'001, 2048};
    std::vector<std::unique_ptr<Values<double>>> values;
    std::vector<Request> requests;
    for (std::size_t k = 0; k < lengths.size(); ++k) {
        values.push_back(std::make_unique<Values<double>>(
            backend_,
            std::vector<double>(lengths[k],
                                static_cast<double>(ranks().rank() + 1) * (1.0 + static_cast<double>(k))),
            Element::float64));
        requests.push_back(ranks().start_all_reduce(values.back()->buffer(), Reduction::sum));
    }
    const Values<std::int64_t> between(backend_, {1},
                                       Element::int64); // a blocking one while they are under way
    ranks().all_reduce(between.buffer(), Reduction::sum);
    EXPECT_EQ(between.get()[0], ranks().size());

    // Even ranks from the first, odd ranks from the last.
    for (std::size_t k = 0; k < lengths.size(); ++k) {
        Request& request = requests[ranks().rank() % 2 == 0 ? k : lengths.size() - 1 - k];
        static_cast<void>(request.advance());
        request.wait();
        request.wait(); // does nothing
        EXPECT_FALSE(request.is_pending());
        EXPECT_TRUE(request.advance());
    }
    const double rank_sum = ranks().size() * (ranks().size() + 1) / 2.0;
    for (std::size_t k = 0; k < lengths.size(); ++k) {
        EXPECT_EQ(values[k]->get(),
                  std::vector<double>(lengths[k], rank_sum * (1.0 + static_cast<double>(k))))
            << k;
    }
}

TEST_F(Conformance, AdvanceAloneBringsAReductionToItsEnd) {
    const std::vector<float> ones(300'000, 1.0F);
    const Values<float> values(backend_, ones, Element::float32);
    Request request = ranks().start_all_reduce(values.buffer(), Reduction::sum);
    const double deadline = monotonic_seconds() + 20.0;
    while (!request.advance() && monotonic_seconds() < deadline) {
        std::this_thread::yield();
    }
    EXPECT_TRUE(request.advance());
    request.wait();
    EXPECT_EQ(values.get().back(), static_cast<float>(ranks().size()));
}

TEST_F(Conformance, ARequestThatIsForgottenStillEnds) {
    const Values<float> values(backend_, std::vector<float>(100'000, 1.0F), Element::float32);
    { const Request request = ranks().start_all_reduce(values.buffer(), Reduction::sum); }
    EXPECT_EQ(values.get()[99'999], static_cast<float>(ranks().size()));
}

TEST_F(Conformance, BroadcastsFromEveryRank) {
    for (int root = 0; root < ranks().size(); ++root) {
        for (const std::size_t size : {0U, 1U, 4097U, 600'001U}) {
            std::vector<float> mine(size, -1.0F);
            std::vector<float> expected(size);
            for (std::size_t i = 0; i < size; ++i) {
                expected[i] = static_cast<float>(i % 1000) + static_cast<float>(root);
            }
            const Values<float> values(backend_, ranks().rank() == root ? expected : mine, Element::float32);
            ranks().broadcast(values.buffer(), root);
            EXPECT_EQ(values.get(), expected) << "root " << root << ", size " << size;
        }
    }
}

TEST_F(Conformance, GathersByRank) {
    for (const std::size_t size : {0U, 1U, 3U, 50'001U}) {
        std::vector<std::uint8_t> mine(size, static_cast<std::uint8_t>(ranks().rank() + 1));
        std::vector<std::uint8_t> expected;
        for (int rank = 0; rank < ranks().size(); ++rank) {
            expected.insert(expected.end(), size, static_cast<std::uint8_t>(rank + 1));
        }
        const Values<std::uint8_t> own(backend_, mine, Element::byte);
        const Values<std::uint8_t> all(backend_, std::vector<std::uint8_t>(expected.size()), Element::byte);
        ranks().all_gather(own.buffer(), all.buffer());
        EXPECT_EQ(all.get(), expected);
    }
}

TEST_F(Conformance, ExchangesWithAPeerAndWithItself) {
    for (int distance = 0; distance < ranks().size(); ++distance) {
        const int peer = ranks().rank() ^ distance;
        if (peer >= ranks().size()) {
            continue; // not a power of two of ranks: this one has nobody at that distance
        }
        for (const std::size_t size : {0U, 1U, 200'001U}) {
            const Values<double> out(backend_, std::vector<double>(size, ranks().rank()), Element::float64);
            const Values<double> in(backend_, std::vector<double>(size, -1.0), Element::float64);
            ranks().exchange(out.buffer(), in.buffer(), peer);
            EXPECT_EQ(in.get(), std::vector<double>(size, peer));
        }
    }
}

TEST_F(Conformance, NobodyPassesABarrierBeforeAllHaveComeToIt) {
    for (int late = 0; late < ranks().size(); ++late) {
        if (ranks().rank() == late) {
            std::this_thread::sleep_for(std::chrono::milliseconds(30));
        }
        const double before = monotonic_seconds(); // one clock for all ranks of a host
        ranks().barrier();
        const double after = monotonic_seconds();
        const Values<double> latest(backend_, {before}, Element::float64);
        const Values<double> earliest(backend_, {after}, Element::float64);
        ranks().all_reduce(latest.buffer(), Reduction::maximum);
        ranks().all_reduce(earliest.buffer(), Reduction::minimum);
        EXPECT_GE(earliest.get()[0], latest.get()[0]) << "late rank " << late;
    }
}

} // namespace
} // namespace suite::dist::testing
