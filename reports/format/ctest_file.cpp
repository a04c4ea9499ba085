#include "reports/format/ctest_file.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/plan/plan.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;

constexpr int skipped_code = 77;
constexpr int check_timeout_seconds = 300;
// A run resumes where it was stopped, so its limit only has to end what hangs.
constexpr int local_run_timeout_seconds = 6 * 3600;
constexpr int cluster_run_timeout_seconds = 7 * 24 * 3600;

/// A CMake argument that stands for itself whatever it holds.
std::string bracketed(std::string_view text) {
    std::string marks = "=";
    while (text.find("]" + marks + "]") != std::string_view::npos) {
        marks += '=';
    }
    return fmt::format("[{0}[{1}]{0}]", marks, text);
}

/// Writes the tests of one workload.
class WorkloadTests {
public:
    WorkloadTests(const plan::WorkloadSpec& workload, const plan::ProfileSpec& profile,
                  const CtestOptions& options)
        : workload_(workload),
          profile_(profile),
          options_(options),
          is_trained_(!options.trained || std::find(options.trained->begin(), options.trained->end(),
                                                    workload.id) != options.trained->end()),
          is_disabled_(!is_trained_ && !workload.union_of.empty()) {}

    std::string text() {
        if (is_trained_) {
            add_run();
        }
        for (const plan::CellId& cell : plan::workload_cells(workload_)) {
            if (!is_on_ladder(cell)) {
                continue;
            }
            std::string dotted = cell.text();
            std::replace(dotted.begin(), dotted.end(), '/', '.');
            add_check("cell." + dotted, "--cell", cell.text());
        }
        for (const plan::ClaimSpec& claim : workload_.claims) {
            add_check("claim." + claim.id, "--claim", claim.id);
        }
        if (is_trained_) {
            add_verdict();
        }
        return std::move(text_);
    }

private:
    /// Rungs of other profiles' ladders are no tests of this one.
    [[nodiscard]] bool is_on_ladder(const plan::CellId& cell) const {
        const plan::ScalingLadder* ladder =
            workload_.scaling ? workload_.scaling->ladder(profile_.id) : nullptr;
        return !workload_.scaling ||
               (ladder != nullptr &&
                std::find(ladder->ranks.begin(), ladder->ranks.end(),
                          std::stoi(cell.at(plan::AxisRole::ranks))) != ladder->ranks.end());
    }
    /// `check` of this workload. Timing never decides a test: of rungs only gates, counts and hashes do.
    [[nodiscard]] std::vector<std::string> check_arguments(const std::vector<std::string>& more) const {
        std::vector<std::string> arguments{"check", workload_.id, "--profile", options_.profile};
        if (workload_.scaling) {
            arguments.emplace_back("--gates");
        }
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    }

    void add(const std::string& name, const std::vector<std::string>& arguments,
             const std::string& properties) {
        std::vector<std::string> words{bracketed(options_.program.string())};
        for (const std::string& argument : arguments) {
            words.push_back(bracketed(argument));
        }
        text_ += fmt::format("add_test({} {})\n", bracketed(name), fmt::join(words, " "));
        text_ +=
            fmt::format("set_tests_properties({} PROPERTIES LABELS {} WORKING_DIRECTORY {} "
                        "ENVIRONMENT OMP_NUM_THREADS=1 {}{})\n",
                        bracketed(name),
                        bracketed(fmt::format("{};{};{}", workload_.id, workload_.study, options_.profile)),
                        bracketed(options_.folder.string()), is_disabled_ ? "DISABLED ON " : "", properties);
    }
    void add_run() {
        add(workload_.id + ".run", {"run", workload_.id, "--profile", options_.profile, "--no-loss"},
            fmt::format("FIXTURES_SETUP {} SKIP_RETURN_CODE {} RUN_SERIAL ON TIMEOUT {}",
                        bracketed(workload_.id), skipped_code,
                        profile_.system.empty() ? local_run_timeout_seconds : cluster_run_timeout_seconds));
    }
    void add_check(const std::string& what, const std::string& option, const std::string& id) {
        names_.push_back(workload_.id + "." + what);
        add(names_.back(), check_arguments({option, id, "--skip-missing", "--skip-inconclusive"}),
            fmt::format("{}SKIP_RETURN_CODE {} TIMEOUT {}",
                        is_trained_ ? fmt::format("FIXTURES_REQUIRED {} ", bracketed(workload_.id)) : "",
                        skipped_code, check_timeout_seconds));
    }
    void add_verdict() {
        add(workload_.id + ".verdict", check_arguments({"--strict"}),
            fmt::format("FIXTURES_REQUIRED {} DEPENDS {} TIMEOUT {}", bracketed(workload_.id),
                        bracketed(fmt::format("{}", fmt::join(names_, ";"))), check_timeout_seconds));
    }

    const plan::WorkloadSpec& workload_;
    const plan::ProfileSpec& profile_;
    const CtestOptions& options_;
    bool is_trained_;
    bool is_disabled_; ///< a view that is not trained: the tests of its workloads read the same records
    std::vector<std::string> names_;
    std::string text_;
};

} // namespace

std::string ctest_file_text(const plan::Catalog& catalog, const CtestOptions& options) {
    const plan::ProfileSpec& profile = find(catalog.profiles, options.profile, "profile");
    for (const std::string& id : options.trained.value_or(std::vector<std::string>{})) {
        static_cast<void>(find(catalog.workloads, id, "workload"));
    }
    std::string text = "# Written by `transferscale list --ctest-file`; not to be edited.\n";
    for (const auto& [id, workload] : catalog.workloads) {
        text += WorkloadTests(workload, profile, options).text();
    }
    return text;
}

} // namespace reports
