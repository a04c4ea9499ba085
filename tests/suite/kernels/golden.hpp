// Golden files of tests/fixtures/train_golden.py: named arrays, one a line.
#pragma once

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace suite::test {

using Arrays = std::map<std::string, std::vector<double>>;

inline Arrays read_golden(const std::string& name) {
    const std::string path = std::string(TRANSFERSCALE_SOURCE_DIR) + "/tests/golden/train/" + name;
    std::ifstream file(path);
    if (!file) {
        throw std::runtime_error("cannot open " + path);
    }
    Arrays arrays;
    for (std::string line; std::getline(file, line);) {
        std::istringstream text(line);
        std::string key;
        text >> key;
        for (std::string word; text >> word;) {
            arrays[key].push_back(std::stod(word)); // reads nan, too
        }
    }
    return arrays;
}

inline std::vector<float> as_floats(const std::vector<double>& values) {
    return {values.begin(), values.end()};
}

/// The largest difference, measured against the largest expected magnitude, is at most `tolerance`.
template<typename Values>
void expect_close(const Values& actual, const std::vector<double>& expected, double tolerance,
                  const std::string& what) {
    ASSERT_EQ(actual.size(), expected.size()) << what;
    double largest = 1e-30;
    for (const double value : expected) {
        largest = std::max(largest, std::abs(value));
    }
    for (std::size_t i = 0; i < expected.size(); ++i) {
        // Not EXPECT_LE on the difference alone: NaN must fail.
        ASSERT_TRUE(std::abs(actual[i] - expected[i]) <= tolerance * largest)
            << what << "[" << i << "]: " << actual[i] << " instead of " << expected[i];
    }
}

} // namespace suite::test
