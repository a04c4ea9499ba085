#include "suite/base/clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace suite {
namespace {

TEST(Clock, UtcIsIso8601) {
    EXPECT_THAT(utc_now(),
                testing::MatchesRegex("20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z"));
}

TEST(Clock, TimeDoesNotRunBackwards) {
    const double wall = monotonic_seconds();
    EXPECT_GE(monotonic_seconds(), wall);
}

} // namespace
} // namespace suite
