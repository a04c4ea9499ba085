#include "suite/base/philox.hpp"

#include <cstdint>
#include <set>

#include <gtest/gtest.h>

namespace suite {
namespace {

using Block = std::array<std::uint32_t, 4>;

// Known answers of Random123 (kat_vectors, philox 4x32 10).
TEST(Philox, AgreesWithTheKnownAnswersOfItsAuthors) {
    EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    EXPECT_EQ(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
              (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
              (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(PhiloxStream, IsTheBlocksOfItsKeyInOrder) {
    const StreamKey key{
        .seed = 0x0123456789abcdef, .purpose = Purpose::mixup, .epoch = 7, .sample = 0x1122334455};
    const std::array<std::uint32_t, 2> philox_key{0x89abcdefU, 0x01234567U ^ (4U * 0xBB67AE85U)};
    PhiloxStream stream(key);
    for (std::uint32_t block = 0; block < 3; ++block)
        for (const std::uint32_t expected : philox4x32({block, 7, 0x22334455, 0x11}, philox_key))
            EXPECT_EQ(stream.next_u32(), expected);
}

TEST(PhiloxStream, EveryPartOfTheKeyMakesAnotherStream) {
    const StreamKey base{.seed = 1, .purpose = Purpose::order, .epoch = 2, .sample = 3};
    std::set<std::uint64_t> firsts{PhiloxStream(base).next_u64()};
    for (StreamKey other :
         {StreamKey{2, Purpose::order, 2, 3}, StreamKey{1, Purpose::mixup, 2, 3},
          StreamKey{1, Purpose::order, 3, 3}, StreamKey{1, Purpose::order, 2, 4},
          StreamKey{1ULL << 32, Purpose::order, 2, 3}, StreamKey{1, Purpose::order, 2, 3ULL << 32}})
        firsts.insert(PhiloxStream(other).next_u64());
    EXPECT_EQ(firsts.size(), 7U);
}

TEST(PhiloxStream, ACopyGoesOnFromTheSamePlace) {
    PhiloxStream stream({.seed = 5});
    (void)stream.next_u32();
    PhiloxStream copy = stream;
    EXPECT_EQ(copy.next_u64(), stream.next_u64());
}

TEST(PhiloxStream, NumbersAreMadeFromTheHighBits) {
    PhiloxStream bits({.seed = 11});
    PhiloxStream floats = bits;
    PhiloxStream doubles = bits;
    const std::uint32_t first = bits.next_u32();
    const std::uint32_t second = bits.next_u32();
    EXPECT_EQ(floats.uniform(), static_cast<float>(first >> 8) / 16777216.0F);
    EXPECT_EQ(doubles.uniform_double(),
              static_cast<double>(((std::uint64_t{first} << 32) | second) >> 11) / 9007199254740992.0);
}

TEST(PhiloxStream, UniformNeverReachesItsUpperEnd) {
    // Between 1 and the next float every draw but the lowest half rounds up to the end.
    const float high = std::nextafter(1.0F, 2.0F);
    PhiloxStream stream({.seed = 3});
    for (int i = 0; i < 100; ++i)
        EXPECT_LT(stream.uniform(1.0F, high), high);
}

TEST(PhiloxStream, BelowIsUniformForABoundThatIsNoPowerOfTwo) {
    constexpr std::size_t bound = 6;
    constexpr int draws = 60000;
    std::array<int, bound> counts{};
    PhiloxStream stream({.seed = 17});
    for (int i = 0; i < draws; ++i)
        ++counts.at(stream.below(bound));
    double chi_square = 0;
    for (const int count : counts)
        chi_square += (count - draws / 6.0) * (count - draws / 6.0) / (draws / 6.0);
    EXPECT_LT(chi_square, 20.5); // 99.9 % point at 5 degrees of freedom
    EXPECT_EQ(stream.below(1), 0U);
    EXPECT_LT(stream.below((std::uint64_t{1} << 63) + 1), (std::uint64_t{1} << 63) + 1);
}

TEST(DeriveSeed, IsTheFirst64BitsOfSha256) {
    // printf '42/table1' | sha256sum
    EXPECT_EQ(derive_seed(42, "table1"), 0x4394cb349bb96881ULL);
    EXPECT_NE(derive_seed(42, "table1"), derive_seed(4, "2table1"));
}

} // namespace
} // namespace suite
