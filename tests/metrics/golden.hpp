// The golden files that tests/fixtures/metrics_golden.py wrote, and the comparison that they are held to.
#pragma once

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "metrics/t_tests.hpp"
#include "suite/base/error.hpp"

namespace golden {

inline nlohmann::json read(const std::string& name) {
    std::ifstream file(std::string(TRANSFERSCALE_SOURCE_DIR) + "/tests/golden/metrics/" + name);
    return nlohmann::json::parse(file);
}

/// The cases of one section, by value: a range-for over read(…)[section] would outlive its document.
inline nlohmann::json read(const std::string& name, const std::string& section) {
    nlohmann::json cases = read(name).at(section);
    EXPECT_FALSE(cases.empty()) << name << " " << section;
    return cases;
}

inline void expect_close(double found, double expected, double relative, const std::string& what) {
    EXPECT_LE(std::fabs(found - expected), relative * std::fabs(expected))
        << what << ": found " << found << ", expected " << expected;
}

/// Labels with null for missing.
inline std::vector<float> labels(const nlohmann::json& values) {
    std::vector<float> result;
    for (const auto& value : values)
        result.push_back(value.is_null() ? std::nanf("") : value.get<float>());
    return result;
}

/// The message of the Error of this kind that the call throws; fails when it throws none.
template<class Call>
std::string message_of(suite::ErrorKind kind, Call call) {
    try {
        call();
    } catch (const suite::Error& error) {
        EXPECT_EQ(error.kind(), kind);
        return error.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

template<class Call>
std::string usage_message(Call call) {
    return message_of(suite::ErrorKind::usage, call);
}

} // namespace golden
