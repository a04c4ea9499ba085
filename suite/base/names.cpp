#include "suite/base/names.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include <fnmatch.h>

namespace suite {

/// Where `a` is a glob, its `*` and `?` match at no cost.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0) {
                cost[i][j] = j;
                continue;
            }
            if (j == 0) {
                cost[i][j] = cost[i - 1][j] + (a[i - 1] == '*' ? 0 : 1);
                continue;
            }
            if (a[i - 1] == '*') { // of a glob: any run of letters
                cost[i][j] = std::min(cost[i - 1][j], cost[i][j - 1]);
                continue;
            }
            const bool is_same = a[i - 1] == b[j - 1] || a[i - 1] == '?';
            const std::size_t substitution = cost[i - 1][j - 1] + (is_same ? 0 : 1);
            cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, substitution});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
            }
        }
    }
    return cost[a.size()][b.size()];
}

namespace {

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return lower;
}

/// Edit distance that overlooks case; a name that was begun and not finished is near.
std::size_t distance_of(std::string_view typed, std::string_view candidate) {
    const std::string name = lower_case(typed);
    const std::string other = lower_case(candidate);
    return !name.empty() && other.starts_with(name) ? std::min<std::size_t>(1, other.size() - name.size())
                                                    : edit_distance(name, other);
}

} // namespace

std::vector<std::string> nearest_names(std::string_view name, std::span<const std::string> valid,
                                       std::size_t count) {
    std::vector<std::pair<std::size_t, std::string>> ranked;
    for (const std::string& candidate : valid) {
        const std::size_t distance = distance_of(name, candidate);
        if (distance <= std::max<std::size_t>(2, std::max(name.size(), candidate.size()) / 2)) {
            ranked.emplace_back(distance, candidate);
        }
    }
    std::sort(ranked.begin(), ranked.end());
    ranked.erase(std::unique(ranked.begin(), ranked.end()), ranked.end());
    std::vector<std::string> nearest;
    for (std::size_t i = 0; i < std::min(count, ranked.size()); ++i) {
        nearest.push_back(ranked[i].second);
    }
    return nearest;
}

std::string expected_names(std::string_view name, std::span<const std::string> valid) {
    constexpr std::size_t most_listed = 8;
    constexpr std::size_t examples = 3;
    std::vector<std::string> shown(valid.begin(), valid.end());
    std::string text = "one of ";
    if (valid.size() > most_listed) {
        shown = nearest_names(name, valid);
        text = "a defined name; nearest: ";
        if (shown.empty()) {
            shown.assign(valid.begin(), valid.begin() + examples);
            text = "one of " + std::to_string(valid.size()) + " names, such as ";
        }
    }
    for (std::size_t i = 0; i < shown.size(); ++i) {
        text += (i == 0 ? "" : ", ") + shown[i];
    }
    return text;
}

bool glob_match(std::string_view pattern, std::string_view text) {
    return fnmatch(std::string(pattern).c_str(), std::string(text).c_str(), 0) == 0;
}

} // namespace suite
