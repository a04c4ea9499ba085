#include "suite/base/clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace suite {
namespace {

TEST(Clock, UtcIsIso8601) {
    EXPECT_THAT(utc_now(),
                testing::MatchesRegex("20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z"));
}

TEST(Clock, SecondsSince1970AreThoseOfTheText) {
    EXPECT_EQ(seconds_since_1970("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(seconds_since_1970("2026-11-23T19:02:12Z"), 1795460532);
    for (const char* text :
         {"", "yesterday", "2026-11-23", "2026-11-23T19:02:12Z+1", "2026-13-23T19:02:12Z"}) {
        EXPECT_EQ(seconds_since_1970(text), std::nullopt) << text;
    }
}

TEST(Clock, TimeDoesNotRunBackwards) {
    const double wall = monotonic_seconds();
    EXPECT_GE(monotonic_seconds(), wall);
}

} // namespace
} // namespace suite
