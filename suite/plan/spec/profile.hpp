// Protocols and profiles: how to read the publication, and at what scale to run it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "suite/plan/spec/origin.hpp"

namespace suite::plan {

/// The protocol that runs take when nothing is said, and that of what both protocols share.
inline constexpr const char* as_run = "as-run";

/// One reading of the publication: where the authors' code and the paper disagree, which recipe or target a
/// published name means. Names that are not mapped mean the same in every protocol.
struct ProtocolSpec {
    std::string id; ///< "as-run" (what the authors' code did) or "as-written" (what the paper says)
    std::string title;
    std::map<std::string, std::string> recipes;
    std::map<std::string, std::string> targets; ///< data sets, where they are targets
    Origin origin;
};

/// Which stand-ins a scale uses. Names that are not mapped stand for themselves.
struct ProfileSpec {
    std::string id;
    std::string title;
    std::vector<std::uint64_t> seeds;
    std::uint64_t world_seed = 0;
    bool recorded_baseline =
        false; ///< compared with workloads/STUDY/ID/baseline/PROFILE.csv, not with the published numbers
    std::map<std::string, std::string> networks;
    std::map<std::string, std::string> data_sets;
    std::map<std::string, std::string> recipes;
    std::optional<std::size_t> train_limit; ///< at most this many images per data set
    std::optional<std::size_t> test_limit;
    double gigamacs_per_second = 1.0; ///< of one process: first guess of cost before anything was measured
    std::map<std::string, double> network_gigamacs_per_second; ///< the same, where a network has its own
    std::optional<int> most_parents; ///< at most this many of the pre-training runs that a workload declares
    std::string system;              ///< whose devices the estimate counts; empty = this machine's cores
    Origin origin;
};

} // namespace suite::plan
