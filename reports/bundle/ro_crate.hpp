// A folder for a deposit (Zenodo, B2SHARE, a library's archive): a bundle, its tables as CSV, a README, and
// ro-crate-metadata.json, which says what they are, of which paper, by which software and runs (RO-Crate 1.1,
// https://w3id.org/ro/crate/1.1).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "reports/check/result.hpp"
#include "suite/store/bundle_file.hpp"

namespace reports {

inline constexpr const char* crate_metadata_name = "ro-crate-metadata.json";

/// What a crate says that no record does.
struct CrateFacts {
    std::string program_version;
    std::string licence;              ///< address of the licence that the deposit is given under
    std::vector<std::string> authors; ///< who ran it; may be empty
    nlohmann::json paper;             ///< entry of workloads/papers.json; null when the paper has none
};

struct CrateFile {
    std::string name; ///< "tables/cells.csv"
    std::string description;
    std::string media_type;
    std::string bytes;
};

/// Every file of the crate, ro-crate-metadata.json last. `content` and `bundle` are those of `result`. The
/// same arguments give the same bytes: dates are those of the runs.
/// Example: crate_files(result, content, bundle_to_bytes(content), facts)
[[nodiscard]] std::vector<CrateFile> crate_files(const CheckResult& result,
                                                 const suite::store::BundleContent& content,
                                                 std::string bundle, const CrateFacts& facts);

} // namespace reports
