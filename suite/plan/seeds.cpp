// Seeds as people type them.
#include <algorithm>
#include <charconv>

#include "suite/plan/plan.hpp"

namespace suite::plan {
namespace {

// Far more seeds than any plan; a slip of the finger must not fill the memory.
constexpr std::uint64_t most_seeds = 100'000;

Error seeds_error(std::string_view text) {
    return Error(ErrorKind::usage, Fault{.where = "--seeds",
                                         .found = "'" + std::string(text) + "'",
                                         .expected = "distinct non-negative integers, as 0-4 or 0,2,7",
                                         .fix = ""});
}

std::uint64_t seed_number(std::string_view digits, std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size()) {
        throw seeds_error(text);
    }
    return value;
}

void add_range(std::string_view range, std::string_view text, std::vector<std::uint64_t>& seeds) {
    const std::size_t dash = range.find('-');
    const std::uint64_t first = seed_number(range.substr(0, dash), text);
    const std::uint64_t last =
        dash == std::string_view::npos ? first : seed_number(range.substr(dash + 1), text);
    if (last < first || last - first >= most_seeds - seeds.size()) {
        throw seeds_error(text);
    }
    for (std::uint64_t offset = 0; offset <= last - first; ++offset) {
        seeds.push_back(first + offset);
    }
}

} // namespace

std::vector<std::uint64_t> parse_seeds(std::string_view text) {
    std::vector<std::uint64_t> seeds;
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find(',', start), text.size());
        add_range(text.substr(start, end - start), text, seeds);
        start = end + 1;
    }
    std::vector<std::uint64_t> sorted = seeds;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
        throw seeds_error(text);
    }
    return seeds;
}

} // namespace suite::plan
