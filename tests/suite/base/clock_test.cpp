#include "suite/base/clock.hpp"

#include <regex>

#include <gtest/gtest.h>

namespace suite {
namespace {

TEST(Clock, UtcIsIso8601) {
    EXPECT_TRUE(std::regex_match(utc_now(), std::regex(R"(20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\dZ)")))
        << utc_now();
}

TEST(Clock, TimeDoesNotRunBackwards) {
    const double wall = monotonic_seconds();
    const double cpu = process_cpu_seconds();
    EXPECT_GE(monotonic_seconds(), wall);
    EXPECT_GE(process_cpu_seconds(), cpu);
    EXPECT_GT(cpu, 0.0);
}

} // namespace
} // namespace suite
