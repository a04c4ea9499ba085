#include "reports/check/baseline.hpp"

#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "reports/check/outcomes.hpp"
#include "suite/base/files.hpp"
#include "suite/base/hash.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;
using nlohmann::ordered_json;
using suite::ErrorKind;

/// A fact with more values than this differs by nature (start times) and says nothing about the baseline.
constexpr std::size_t most_values_of_a_fact = 8;
// Words of the records' provenance.
constexpr std::string_view dirty_fact = "dirty";
constexpr std::string_view true_word = "yes";

/// Collects rows and facts of all records, and everything that forbids a baseline.
class BaselineMaker {
public:
    BaselineMaker(const plan::Plan& plan, const suite::store::Store& store, const BaselineOptions& options)
        : plan_(plan), records_(store), options_(options) {}

    Baseline make();

private:
    void add_run(const plan::PlannedCell& cell, const plan::PlannedRun& run);
    void add_facts(const plan::PlannedRun& run);
    [[nodiscard]] std::string json(const std::string& csv) const;

    const plan::Plan& plan_;
    Records records_;
    const BaselineOptions& options_;
    std::string rows_ = "cell,metric,seed,value,key\n";
    std::map<std::string, std::set<std::string>> facts_;
    suite::FaultList absent_;
    suite::FaultList damaged_;
};

void BaselineMaker::add_run(const plan::PlannedCell& cell, const plan::PlannedRun& run) {
    const Outcome outcome = outcome_of(run, records_);
    const std::string where = fmt::format("{} seed {}", cell.text, run.seed);
    if (!outcome.damage.empty()) {
        damaged_.add({where, outcome.damage, "a record that reads well", "run again"});
    } else if (!outcome.value) {
        absent_.add({where,
                     !outcome.failure.empty()   ? "a failed run: " + outcome.failure
                     : !outcome.refusal.empty() ? "no finished run: " + outcome.refusal
                                                : "no finished run",
                     "a finished run",
                     fmt::format("transferscale run {} --profile {}", plan_.workload, plan_.profile)});
    } else {
        rows_ += fmt::format("{},{},{},{},{}\n", cell.text, cell.metric, run.seed, *outcome.value, run.key);
        add_facts(run);
    }
}

void BaselineMaker::add_facts(const plan::PlannedRun& run) {
    const suite::store::RunRecord& record = *records_.look_up(run.key).record;
    for (const auto& [name, value] : record.provenance) {
        facts_[name].insert(value);
    }
    const auto dirty = record.provenance.find(std::string(dirty_fact));
    if (dirty != record.provenance.end() && dirty->second == true_word && !options_.allow_dirty) {
        absent_.add({fmt::format("{} seed {}", run.cell, run.seed),
                     "a record of a program whose sources were changed", "one that its commit describes",
                     "commit, build and run again; or --allow-dirty"});
    }
}

std::string BaselineMaker::json(const std::string& csv) const {
    ordered_json document{{"workload", plan_.workload},  {"profile", plan_.profile},
                          {"protocol", plan_.protocol},  {"recorded", options_.recorded},
                          {"command", options_.command}, {"seeds", plan_.seeds},
                          {"cells", plan_.cells.size()}, {"values_sha256", suite::sha256_hex(csv)},
                          {"host", "unknown"},           {"cpu", "unknown"},
                          {"commit", "unknown"}};
    for (const auto& [name, values] : facts_) {
        if (values.size() <= most_values_of_a_fact) {
            document[name] = fmt::format("{}", fmt::join(values, ", "));
        }
    }
    return document.dump(2) + "\n";
}

Baseline BaselineMaker::make() {
    for (const plan::PlannedCell& cell : plan_.cells) {
        for (const std::size_t index : cell.runs) {
            add_run(cell, plan_.runs[index]);
        }
    }
    for (const plan::SkippedCell& cell : plan_.skipped) {
        absent_.add({cell.cell, "not planned: " + cell.reason, "a finished run", ""});
    }
    damaged_.throw_if_any(ErrorKind::store);
    absent_.throw_if_any(ErrorKind::comparison);
    return {.csv = rows_, .json = json(rows_)};
}

} // namespace

Baseline make_baseline(const plan::Plan& plan, const suite::store::Store& store,
                       const BaselineOptions& options) {
    return BaselineMaker(plan, store, options).make();
}

std::vector<std::filesystem::path>
write_baseline(const Baseline& baseline, const std::filesystem::path& folder, const std::string& name) {
    suite::make_folders(folder, ErrorKind::environment);
    const std::vector<std::filesystem::path> paths{folder / (name + ".csv"), folder / (name + ".json")};
    suite::publish_text(paths[0], baseline.csv, ErrorKind::environment);
    suite::publish_text(paths[1], baseline.json, ErrorKind::environment);
    return paths;
}

} // namespace reports
