// A store filled with made-up values, and references to hold them against.
#pragma once

#include <array>
#include <fstream>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/check/check.hpp"
#include "suite/plan/plan.hpp"
#include "suite/plan/reference.hpp"
#include "suite/store/store.hpp"
#include "tests/suite/plan/small_tree.hpp"
#include "tests/suite/store/store_fixture.hpp"

namespace synthetic {

namespace plan = suite::plan;
using suite::store::Access;
using suite::store::RunRecord;
using suite::store::RunStatus;
using suite::store::Store;

/// The value of a run, percent.
using ValueOf = std::function<double(const plan::PlannedRun& run)>;

/// 50 with a spread of 0.05 over the seeds: sd 0.0791 for five seeds, 0.0354 for two.
inline double around_fifty(const plan::PlannedRun& run) {
    constexpr std::array<double, 5> offsets{-0.1, -0.05, 0.0, 0.05, 0.1};
    return 50.0 + offsets[run.seed % offsets.size()];
}

inline plan::Plan expand(const std::string& cells, const std::string& profile = "laptop",
                         std::vector<std::uint64_t> seeds = {0, 1, 2, 3, 4}) {
    return plan::expand(small_tree::published(), "table1", profile,
                        {.seeds = std::move(seeds), .cells = {cells}});
}

inline bool is_cell(const plan::PlannedRun& run) {
    return run.config.kind == plan::RunKind::finetune;
}

inline RunRecord record_of(const plan::PlannedRun& run, double value) {
    RunRecord record;
    record.key = run.key;
    record.kind = is_cell(run) ? "finetune" : "pretrain";
    record.cell = run.cell;
    record.config = plan::canonical_text(run.config);
    record.seed = run.seed;
    record.parent_key = run.parent;
    record.metrics = {{run.config.metric, "train", 99.0, "percent", "higher"},
                      {run.config.metric, "test", value, "percent", "higher"}};
    record.provenance = {
        {"commit", "0123456789abcdef"}, {"dirty", "no"}, {"host", "node-1"}, {"cpu", "a CPU"}};
    return record;
}

inline RunRecord failed_record_of(const plan::PlannedRun& run, const std::string& phase,
                                  const std::string& reason) {
    RunRecord record = record_of(run, 0.0);
    record.metrics.clear();
    record.status = RunStatus::failed;
    record.failure = suite::store::Failure{.phase = phase, .kind = "numeric", .reason = reason, .step = 3};
    return record;
}

/// The plan's cells as the recorded baseline gives them.
inline plan::References baseline_of(const plan::Plan& plan, const ValueOf& value) {
    plan::References references;
    references.compares_with_baseline = true;
    references.baseline_origin = "baseline of profile " + plan.profile + ", made up";
    for (const plan::PlannedCell& cell : plan.cells) {
        plan::Reference& reference = references.baseline[cell.text];
        reference = {.kind = plan::ReferenceKind::baseline,
                     .metric = cell.metric,
                     .values = {},
                     .printed = {},
                     .origin = references.baseline_origin};
        for (const std::size_t index : cell.runs) {
            const plan::PlannedRun& run = plan.runs[index];
            reference.values.push_back({.seed = run.seed, .value = value(run), .key = run.key});
        }
    }
    return references;
}

/// A store in a folder of its own.
class FilledStore {
public:
    FilledStore(const plan::Plan& plan, const ValueOf& value) : plan_(plan) {
        for (const plan::PlannedRun& run : plan.runs) {
            commit(record_of(run, is_cell(run) ? value(run) : 80.0));
        }
    }

    void commit(const RunRecord& record) {
        static_cast<void>(store_.commit(record, suite::Durability::none));
    }
    void commit_failure(const RunRecord& record) { store_.commit_failure(record, suite::Durability::none); }
    [[nodiscard]] const plan::PlannedRun& run(const std::string& cell, std::uint64_t seed) const {
        for (const plan::PlannedRun& run : plan_.runs) {
            if (run.cell == cell && run.seed == seed) {
                return run;
            }
        }
        throw std::logic_error("no such run: " + cell);
    }
    [[nodiscard]] std::filesystem::path path(const std::string& cell, std::uint64_t seed) const {
        return store_.record_path(run(cell, seed).key);
    }
    void remove(const std::string& cell, std::uint64_t seed) { std::filesystem::remove(path(cell, seed)); }
    /// Flips one bit in the middle of the record.
    void damage(const std::filesystem::path& file) const {
        std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
        const auto middle = static_cast<std::streamoff>(std::filesystem::file_size(file) / 2);
        stream.seekg(middle);
        const int byte = stream.get();
        stream.seekp(middle);
        stream.put(static_cast<char>(byte ^ 1));
    }
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
    [[nodiscard]] reports::CheckResult check(const plan::References& references) const {
        return reports::check(small_tree::published(), plan_, references,
                              Store(folder_.path(), Access::read_only));
    }

private:
    plan::Plan plan_;
    suite::store::testing::TemporaryFolder folder_;
    Store store_{folder_.path(), Access::read_write};
};

inline const reports::CellResult& cell(const reports::CheckResult& result, const std::string& id) {
    for (const reports::CellResult& entry : result.cells) {
        if (entry.id == id) {
            return entry;
        }
    }
    throw std::logic_error("no such cell: " + id);
}

inline const reports::ClaimResult& claim(const reports::CheckResult& result, const std::string& id) {
    for (const reports::ClaimResult& entry : result.claims) {
        if (entry.id == id) {
            return entry;
        }
    }
    throw std::logic_error("no such claim: " + id);
}

inline std::size_t occurrences(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) {
        ++count;
    }
    return count;
}

} // namespace synthetic
