// What has to be the same on all ranks before they work together: compared once, at the start.
#pragma once

#include <span>
#include <string>

#include "suite/dist/communicator.hpp"

namespace suite::dist {

struct Trait {
    std::string name;  ///< "program", "LibTorch", …
    std::string value; ///< a digest, a version; compared as text
};

/// Collective, with as many traits in the same order on all ranks of one program. Returns when all are equal
/// (one small message); else every rank throws the same Error(usage): one fault for every trait of a rank
/// that is not rank 0's, "rank 1 on n17, TRAIT: found ITS, expected RANK 0'S".
void expect_same(Communicator& communicator, std::span<const Trait> traits);

/// This rank among those of its host, by rank. Collective.
struct LocalRank {
    int rank = 0;
    int count = 1;
    int hosts = 1; ///< of all ranks
};
[[nodiscard]] LocalRank local_rank(Communicator& communicator);

} // namespace suite::dist
