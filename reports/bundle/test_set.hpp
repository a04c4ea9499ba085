// The tables of a bundle about test images: what each contributed to the score of each record, and what
// follows for cells and claims (reports/SCHEMA.md). Private to reports.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "reports/check/result.hpp"
#include "suite/store/bundle_file.hpp"
#include "suite/store/record.hpp"

namespace reports::bundle {

/// A record's outcomes; its values are the next `images` of the array.
struct OutcomeRow {
    std::int64_t run = 0;
    std::string metric;
    std::string test_set;
    std::int64_t images = 0;
};

/// Collects the outcomes of all records.
class OutcomeTables {
public:
    void add(std::int64_t run, const suite::store::TestOutcomes& outcomes);
    /// Adds /W/outcomes and /W/outcome_values.
    void write(const std::string& group, suite::store::BundleContent& content) const;
    /// By run; nothing of a bundle that was written by an earlier version. Throws std::invalid_argument when
    /// rows and values do not agree.
    [[nodiscard]] static std::map<std::int64_t, suite::store::TestOutcomes>
    read(const suite::store::BundleFile& file, const std::string& group);

private:
    std::vector<OutcomeRow> rows_;
    std::vector<float> values_;
};

/// /W/test_sets (a row is a cell) and /W/test_set_terms (a row is a comparison of a claim): what a checked
/// result says of them; `verify` makes them again and compares.
[[nodiscard]] std::vector<std::pair<std::string, suite::store::Table>>
test_set_tables(const CheckResult& result);

} // namespace reports::bundle
