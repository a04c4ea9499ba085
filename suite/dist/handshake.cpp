#include "suite/dist/handshake.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "suite/base/files.hpp"
#include "suite/base/hash.hpp"

namespace suite::dist {
namespace {

// Texts travel in blocks of this size; longer ones are cut, their digests are not.
constexpr std::size_t block_bytes = 8192;
constexpr std::size_t host_bytes = 256;
constexpr char end_of_part = '\0';

std::string text_of(std::span<const Trait> traits) {
    std::string text = this_process().host + end_of_part;
    for (const Trait& trait : traits) {
        text += trait.name + end_of_part + trait.value + end_of_part;
    }
    return text;
}

/// Every rank's text, cut to `bytes`.
std::vector<std::string> gather(Communicator& communicator, const std::string& text, std::size_t bytes) {
    std::vector<char> mine(bytes, '\0');
    std::copy_n(text.begin(), std::min(text.size(), bytes - 1), mine.begin());
    std::vector<char> all(bytes * static_cast<std::size_t>(communicator.size()));
    communicator.host().all_gather(buffer(std::as_writable_bytes(std::span(mine))),
                                   buffer(std::as_writable_bytes(std::span(all))));
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < all.size(); i += bytes) {
        texts.emplace_back(all.data() + i, bytes);
    }
    return texts;
}

std::vector<std::string> parts_of(const std::string& text) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(end_of_part, at), text.size());
        parts.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

bool is_same_everywhere(Communicator& communicator, std::span<const Trait> traits) {
    std::string values;
    for (const Trait& trait : traits) {
        values += trait.name + end_of_part + trait.value + end_of_part;
    }
    const std::vector<std::string> digests = gather(communicator, sha256_hex(values), 65);
    return std::ranges::all_of(digests, [&](const std::string& digest) { return digest == digests.front(); });
}

} // namespace

void expect_same(Communicator& communicator, std::span<const Trait> traits) {
    if (communicator.size() == 1 || is_same_everywhere(communicator, traits)) {
        return;
    }
    const std::vector<std::string> texts = gather(communicator, text_of(traits), block_bytes);
    const std::vector<std::string> expected = parts_of(texts.front());
    FaultList faults;
    for (std::size_t rank = 1; rank < texts.size(); ++rank) {
        const std::vector<std::string> found = parts_of(texts[rank]);
        for (std::size_t i = 1; i + 1 < std::min(found.size(), expected.size()); i += 2) {
            if (found[i] != expected[i] || found[i + 1] != expected[i + 1]) {
                faults.add({.where = fmt::format("rank {} on {}, {}", rank, found.front(), found[i]),
                            .found = found[i + 1].empty() ? "nothing" : found[i + 1],
                            .expected = fmt::format("{} as on rank 0 on {}",
                                                    expected[i + 1].empty() ? "nothing" : expected[i + 1],
                                                    expected.front()),
                            .fix = "start one build with one environment on all hosts"});
            }
        }
    }
    if (faults.empty()) { // beyond the block
        faults.add({.where = "ranks",
                    .found = "different settings",
                    .expected = "the same on all ranks",
                    .fix = "start one build with one environment on all hosts"});
    }
    faults.throw_if_any(ErrorKind::usage);
}

LocalRank local_rank(Communicator& communicator) {
    const std::vector<std::string> hosts = gather(communicator, this_process().host, host_bytes);
    const auto own = static_cast<std::size_t>(communicator.rank());
    LocalRank local{
        .rank = 0, .count = 0, .hosts = static_cast<int>(std::set(hosts.begin(), hosts.end()).size())};
    for (std::size_t rank = 0; rank < hosts.size(); ++rank) {
        if (hosts[rank] == hosts[own]) {
            local.rank += rank < own ? 1 : 0;
            ++local.count;
        }
    }
    return local;
}

} // namespace suite::dist
