// What the verbs that read records share: checking a selection, printing documents, exit codes.
#pragma once

#include <filesystem>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/check/check.hpp"
#include "reports/format/terminal.hpp"
#include "suite/app/verbs.hpp"

namespace suite::app {

/// Checks every named workload as a whole against the store (read only), then selects what is to be listed.
/// Throws Error(usage) for names that are unknown.
[[nodiscard]] std::vector<reports::CheckResult> check_selection(const SelectionOptions& options,
                                                                const reports::Selection& selection);

/// Throws Error(store) with a fault for each of these bundles that is not there.
void require_bundles(const std::vector<std::filesystem::path>& files);

/// Every damaged file, on stderr.
void log_damage(const reports::CheckResult& result);

/// Of two workloads' codes the one that says more: damage, then comparison, then skipped, then success.
[[nodiscard]] int worse_exit_code(int a, int b);

/// Columns of the terminal that stdout is, or what COLUMNS says; 110 where neither is known. 60 at least.
[[nodiscard]] std::size_t columns_of_stdout();
/// Those columns, with colours on a terminal unless NO_COLOR is set.
[[nodiscard]] reports::Page page_of_stdout();

/// One document, or an array of them when there are several workloads.
template<typename Results, typename ToJson>
nlohmann::ordered_json document_of_all(const Results& results, const ToJson& to_json) {
    nlohmann::ordered_json documents = nlohmann::ordered_json::array();
    for (const auto& result : results) {
        documents.push_back(to_json(result));
    }
    return documents.size() == 1 ? nlohmann::ordered_json(documents.front()) : documents;
}

/// Prints it.
template<typename Results, typename ToJson>
void print_documents(const Results& results, const ToJson& to_json) {
    fmt::print("{}\n", document_of_all(results, to_json).dump(2));
}

} // namespace suite::app
