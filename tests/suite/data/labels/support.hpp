// Label files that the tests of the label readers write: small literal tables, and the real ones of the
// cache.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <fmt/ranges.h>

#include "suite/data/labels/csv.hpp"
#include "suite/data/labels/readers.hpp"
#include "tests/suite/data/support.hpp"

namespace suite::data::testing {

/// "path,patient number,view,role,labels" of every row: labels one letter each, - for missing.
inline std::vector<std::string> rows_of(const LabelTable& table) {
    constexpr std::array<std::string_view, 4> roles{"train", "test", "unused", "unknown"};
    std::vector<std::string> rows;
    for (std::size_t i = 0; i < table.size(); ++i) {
        std::string labels;
        for (const float value : table.labels(i)) {
            labels += value == 1.0F ? '1' : value == 0.0F ? '0' : '-';
        }
        rows.push_back(fmt::format("{},{},{},{},{}", table.images[i], table.patients[i],
                                   to_string(table.views[i]), roles[static_cast<std::size_t>(table.roles[i])],
                                   labels));
    }
    return rows;
}

/// The faults that reading throws; fails when it throws none.
inline std::vector<LabelFault> faults_of(LabelSet set, const std::filesystem::path& root,
                                         const LabelOptions& options = {}) {
    try {
        static_cast<void>(read_label_table(set, root, options));
    } catch (const LabelError& error) {
        EXPECT_EQ(error.exit_code(), 3);
        return error.label_faults();
    }
    ADD_FAILURE() << "no error was thrown";
    return {};
}

/// "line: column: found" of every fault.
inline std::vector<std::string> texts_of(const std::vector<LabelFault>& faults) {
    std::vector<std::string> texts;
    for (const LabelFault& fault : faults) {
        texts.push_back(fmt::format("{}: {}: {}", fault.line, fault.column, fault.found));
    }
    return texts;
}

/// What ci/fetch-label-files laid out; empty when it has not run on this machine.
inline std::filesystem::path real_label_files() {
    const char* cache = std::getenv("TRANSFERSCALE_CACHE");
    const char* home = std::getenv("HOME");
    const std::filesystem::path folder =
        cache != nullptr  ? std::filesystem::path(cache) / "label-files"
        : home != nullptr ? std::filesystem::path(home) / ".cache/transferscale/label-files"
                          : std::filesystem::path();
    std::error_code ignored;
    return std::filesystem::is_directory(folder / "padchest", ignored) ? folder : std::filesystem::path();
}

} // namespace suite::data::testing
