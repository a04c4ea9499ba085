// A ladder as a table of words, for every format of a report.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "reports/check/result.hpp"

namespace reports {

/// Headings and one row a rung, in the order of the cells. Numbers are throughput in images per second,
/// speed-up, efficiency in percent and milliseconds a step; "—" for what does not exist, "(…)" around what is
/// flagged.
struct RungTable {
    std::vector<std::string> headings;
    std::vector<std::vector<std::string>> rows;
    bool ends_with_remarks = false; ///< the last column holds sentences: footnotes in text and Markdown
};
/// What was measured, rungs without any run left out.
[[nodiscard]] RungTable measured_table(const CheckResult& result);
/// Where a step's time goes.
[[nodiscard]] RungTable time_table(const CheckResult& result);
/// Where a rung's efficiency went, in percentage points; rungs without base cases left out.
[[nodiscard]] RungTable loss_table(const CheckResult& result);
/// Each rank of the largest rung of each mode in its last repetition: the slow one shows.
[[nodiscard]] RungTable rank_table(const CheckResult& result);

/// The all-reduce sweep of the largest rung, last repetition: bandwidths as nccl-tests defines them.
[[nodiscard]] RungTable sweep_table(const CheckResult& result);
/// All of these that have rows, in this order.
[[nodiscard]] std::vector<RungTable> rung_tables(const CheckResult& result);

/// Columns filled with blanks, the first to the left, the others to the right; "" for no rows. What is wider
/// than `columns` goes on below with the first column again.
[[nodiscard]] std::string plain_text(const RungTable& table, std::size_t columns);
[[nodiscard]] std::string markdown(const RungTable& table);
[[nodiscard]] nlohmann::ordered_json view_of(const RungTable& table);

/// One row a rung with plain numbers; empty fields for what does not exist.
[[nodiscard]] std::string rung_csv(const CheckResult& result);
/// What `check --json` says of a rung.
[[nodiscard]] nlohmann::ordered_json to_json(const RungResult& rung);

} // namespace reports
