#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/check/operating_characteristic.hpp"
#include "reports/check/seed_plan.hpp"
#include "suite/app/command_table.hpp"
#include "suite/app/option_values.hpp"
#include "suite/app/plan_report.hpp"
#include "suite/app/reporting.hpp"
#include "suite/app/verbs.hpp"
#include "suite/base/log.hpp"
#include "suite/base/memory.hpp"
#include "suite/run/estimate.hpp"
#include "suite/run/plan_groups.hpp"
#include "suite/run/survey.hpp"

namespace suite::app {
namespace {

constexpr std::uint64_t simulated_studies = 2000; // of one workload; its standard errors are below 1 point
constexpr std::uint64_t tabulated_studies = 400;  // of each of many workloads: seconds, not minutes

/// A plan with what the store holds of it.
struct SurveyedPlan {
    plan::Plan plan;
    std::vector<run::ItemStatus> statuses;
    run::Throughput throughput{};
    run::Estimate left{};
    run::Comparison comparison{};
    bool damaged = false;

    [[nodiscard]] std::size_t count(run::ItemState state) const {
        return static_cast<std::size_t>(std::count_if(statuses.begin(), statuses.end(),
                                                      [state](const auto& s) { return s.state == state; }));
    }
};

SurveyedPlan survey_plan(const plan::Catalog& catalog, plan::Plan plan, const store::Store& store) {
    SurveyedPlan surveyed{.plan = std::move(plan), .statuses = {}};
    surveyed.statuses = run::survey(surveyed.plan, store);
    surveyed.throughput = run::expected_throughput(catalog, surveyed.plan, surveyed.statuses,
                                                   run::recorded_throughput(store.root()));
    surveyed.left = run::estimate_of(catalog, surveyed.plan, run::local_processes(environment().device),
                                     surveyed.statuses, surveyed.throughput);
    surveyed.comparison = run::compare_with_records(catalog, surveyed.plan, surveyed.statuses);
    for (const run::ItemStatus& status : surveyed.statuses) {
        if (status.damaged) {
            log_error(status.message);
            surveyed.damaged = true;
        }
    }
    return surveyed;
}

nlohmann::json document_of(const SurveyedPlan& surveyed) {
    const plan::Plan& plan = surveyed.plan;
    const std::size_t parents = plan.parent_count();
    nlohmann::json document{{"workload", plan.workload},
                            {"profile", plan.profile},
                            {"protocol", plan.protocol},
                            {"cells", plan.cells.size()},
                            {"runs", plan.runs.size() - parents},
                            {"parents", parents},
                            {"parents_per_source", plan.parents},
                            {"cached", surveyed.count(run::ItemState::done)},
                            {"estimate_seconds", surveyed.left.seconds},
                            {"estimate", to_json(surveyed.left)},
                            {"finished",
                             {{"runs", surveyed.comparison.runs},
                              {"predicted_seconds", surveyed.comparison.predicted_seconds},
                              {"taken_seconds", surveyed.comparison.taken_seconds}}},
                            {"skipped", nlohmann::json::array()},
                            {"items", nlohmann::json::array()}};
    for (const plan::SkippedCell& skipped : plan.skipped) {
        document["skipped"].push_back({{"cell", skipped.cell}, {"reason", skipped.reason}});
    }
    for (std::size_t i = 0; i < plan.runs.size(); ++i) {
        const plan::PlannedRun& item = plan.runs[i];
        nlohmann::json entry{{"key", item.key},
                             {"cell", nullptr},
                             {"seed", item.seed},
                             {"parent", nullptr},
                             {"parent_index", item.parent_index},
                             {"state", to_string(surveyed.statuses[i].state)},
                             {"label", item.label}};
        if (!item.cell.empty()) {
            entry["cell"] = item.cell;
            entry["parent"] = item.parent.empty() ? nlohmann::json() : nlohmann::json(item.parent);
        }
        if (!surveyed.statuses[i].message.empty()) {
            entry["reason"] = surveyed.statuses[i].message;
        }
        document["items"].push_back(std::move(entry));
    }
    return document;
}

/// What is left, and whether the declared throughput was right about what is done.
std::string time_text(const SurveyedPlan& surveyed) {
    std::string text;
    if (surveyed.count(run::ItemState::done) < surveyed.plan.runs.size()) {
        const std::string infeasible = infeasible_text(surveyed.left);
        text += fmt::format("  time left: {}\n{}", estimate_text(surveyed.left),
                            infeasible.empty() ? "" : fmt::format("    {}\n", infeasible));
    }
    if (const run::Comparison& comparison = surveyed.comparison; comparison.runs > 0) {
        text += fmt::format("  finished: {} runs, predicted {}, took {} of one process\n", comparison.runs,
                            run::duration_text(comparison.predicted_seconds),
                            run::duration_text(comparison.taken_seconds));
    }
    return text;
}

void print(const SurveyedPlan& surveyed, const nlohmann::json& document) {
    const plan::Plan& plan = surveyed.plan;
    const std::string protocol = plan.protocol == plan::as_run ? "" : ", protocol " + plan.protocol;
    const std::string each = plan.parents == 1 ? "" : fmt::format(", {} of each source", plan.parents);
    fmt::print("{} at profile {}{}: {} cells, {} runs + {} shared pre-training runs{}\n", plan.workload,
               plan.profile, protocol, plan.cells.size(), plan.runs.size() - plan.parent_count(),
               plan.parent_count(), each);
    fmt::print("  in the store {}, failed {}, running {}, to do {}\n", surveyed.count(run::ItemState::done),
               surveyed.count(run::ItemState::failed), surveyed.count(run::ItemState::running),
               surveyed.count(run::ItemState::todo));
    fmt::print("{}{}", time_text(surveyed), needs_text(document));
    std::map<std::string, std::string> missing;
    for (const nlohmann::json& entry : document["missing"]) {
        missing.emplace(entry["cell"], entry["reason"]);
    }
    fmt::print("{}", run::plan_groups_text(plan, surveyed.statuses, missing));
}

/// Plans that are printed together: a run has one key whatever workload it is looked at from.
class AddedRuns {
public:
    struct Count {
        std::size_t runs = 0;
        std::size_t parents = 0;
    };
    AddedRuns(const plan::Catalog& catalog, const std::string& profile)
        : estimator_(catalog, profile, run::local_processes(environment().device)) {}

    /// What the plan adds to those before it.
    Count add(const SurveyedPlan& surveyed) {
        Count count;
        for (std::size_t i = 0; i < surveyed.plan.runs.size(); ++i) {
            const plan::PlannedRun& run = surveyed.plan.runs[i];
            if (!seen_.insert(run.key).second) {
                continue;
            }
            ++(run.is_pretraining() ? count.parents : count.runs);
            if (surveyed.statuses[i].state != run::ItemState::done) {
                estimator_.add(run, surveyed.throughput);
            }
        }
        all_.runs += count.runs;
        all_.parents += count.parents;
        return count;
    }
    [[nodiscard]] std::string text() const {
        const run::Estimate left = estimator_.total();
        return fmt::format("\ntogether {} runs + {} pre-training runs, {}\n", all_.runs, all_.parents,
                           left.here_seconds > 0.0 ? "time left: " + estimate_text(left) : "all done");
    }

private:
    std::set<std::string> seen_;
    Count all_;
    run::Estimator estimator_;
};

std::string table_head() {
    return fmt::format("\n{:<21}{:>6}{:>9}{:>6}{:>14}{:>11}{:>13}\n", "workload", "cells", "skipped", "runs",
                       "pre-training", "adds", "time left");
}

std::string table_line(const SurveyedPlan& surveyed, const AddedRuns::Count& added) {
    const plan::Plan& plan = surveyed.plan;
    return fmt::format("{:<21}{:>6}{:>9}{:>6}{:>14}{:>11}{:>13}\n", plan.workload, plan.cells.size(),
                       plan.skipped.size(), plan.runs.size() - plan.parent_count(), plan.parent_count(),
                       fmt::format("{} + {}", added.runs, added.parents), short_text(surveyed.left));
}

struct PlanOptions {
    SelectionOptions selection;
    std::string format;
    std::optional<double> power;
};

std::vector<std::string> done_keys(const SurveyedPlan& surveyed) {
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < surveyed.statuses.size(); ++i) {
        if (surveyed.statuses[i].state == run::ItemState::done) {
            keys.push_back(surveyed.plan.runs[i].key);
        }
    }
    return keys;
}

/// What the plan needs and costs, and which of its cells could not run here.
nlohmann::json needs_of(const plan::Catalog& catalog, const SurveyedPlan& surveyed,
                        const PlanOptions& options) {
    const Places places{.data = options.selection.data, .weights = options.selection.weights};
    const Machine machine{.memory_bytes = memory_bytes(), .ranks = options.selection.ranks};
    const std::vector<plan::DataNeed> needs = plan::data_needs(catalog, surveyed.plan);
    const Findings findings = look_for(surveyed.plan, needs, places, machine, done_keys(surveyed));
    return needs_document(catalog, surveyed.plan, findings, needs, places);
}

int plan_verb(const PlanOptions& plan_options) {
    const SelectionOptions& options = plan_options.selection;
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    const store::Store store(options.store, store::Access::read_only);
    nlohmann::json documents = nlohmann::json::array();
    AddedRuns added_runs(catalog, options.profile);
    std::string table = table_head();
    bool damaged = false;
    std::vector<plan::Plan> plans = expand_selection(catalog, options);
    if (plan_options.format == "md") {
        fmt::print("{}", markdown_plans(catalog, plans));
        return 0;
    }
    for (plan::Plan& plan : plans) {
        const SurveyedPlan surveyed = survey_plan(catalog, std::move(plan), store);
        const AddedRuns::Count added = added_runs.add(surveyed);
        damaged = damaged || surveyed.damaged;
        table += table_line(surveyed, added);
        documents.push_back(document_of(surveyed));
        documents.back()["adds"] = {{"runs", added.runs}, {"parents", added.parents}};
        documents.back().update(needs_of(catalog, surveyed, plan_options));
        if (!options.output.json) {
            print(surveyed, documents.back());
        }
    }
    if (options.output.json) {
        fmt::print("{}\n", (documents.size() == 1 ? documents[0] : documents).dump(2));
    } else if (documents.size() > 1) {
        fmt::print("{}{}", added_runs.text(), table);
    }
    return damaged ? exit_code(ErrorKind::store) : 0;
}

unsigned simulation_threads() {
    return std::max(1U, std::thread::hardware_concurrency());
}

/// What verdicts and claims can show with the planned seeds, and with how many seeds they could show it.
struct PowerReport {
    reports::SeedPlan seeds;
    reports::OperatingCharacteristic known;
};

PowerReport power_report(const plan::Catalog& catalog, const plan::Plan& plan, const store::Store& store,
                         double power) {
    const plan::References references =
        plan::load_references(catalog, plan.workload, plan.profile, plan.protocol);
    const reports::CheckResult result = reports::check(catalog, plan, references, store);
    log_damage(result);
    return {.seeds = reports::plan_seeds(catalog, plan, result, power),
            .known =
                reports::operating_characteristic(plan, references, simulated_studies, simulation_threads())};
}

int operating_table(const plan::Catalog& catalog, const SelectionOptions& options) {
    std::vector<reports::OperatingCharacteristic> all;
    for (const plan::Plan& plan : expand_selection(catalog, options)) {
        all.push_back(reports::operating_characteristic(
            plan, plan::load_references(catalog, plan.workload, plan.profile, plan.protocol),
            tabulated_studies, simulation_threads()));
    }
    fmt::print("{}", reports::operating_markdown(all));
    return 0;
}

int power_verb(const PlanOptions& plan_options) {
    const SelectionOptions& options = plan_options.selection;
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    if (plan_options.format == "md") {
        return operating_table(catalog, options);
    }
    const store::Store store(options.store, store::Access::read_only);
    std::vector<PowerReport> power_reports;
    for (const plan::Plan& plan : expand_selection(catalog, options)) {
        power_reports.push_back(power_report(catalog, plan, store, *plan_options.power));
    }
    if (options.output.json) {
        print_documents(power_reports, [](const PowerReport& report) {
            nlohmann::ordered_json document = reports::to_json(report.seeds);
            document["operating_characteristic"] = reports::to_json(report.known);
            return document;
        });
        return 0;
    }
    for (const PowerReport& report : power_reports) {
        fmt::print("{}{}", reports::seed_plan_text(report.seeds), reports::operating_text(report.known));
    }
    return 0;
}

} // namespace

void register_plan(Dispatcher& dispatcher) {
    auto options = std::make_shared<PlanOptions>();
    CLI::App* verb = add_verb(
        dispatcher, "plan", "Shows which runs the workloads need, which are done, and what the rest costs",
        options->selection.output,
        [options] { return options->power ? power_verb(*options) : plan_verb(*options); });
    add_selection(*verb, options->selection);
    verb->add_option("--power", options->power,
                     "Print instead how many seeds each margin and claim needs for this statistical power "
                     "(without a number: 0.8) and what they cost, and how often the workload's verdicts are "
                     "right and wrong, simulated")
        ->type_name("[X]")
        ->expected(0, 1)
        ->default_str("0.8");
    one_of(verb->add_option("--format", options->format,
                            "md: print Markdown tables of cost and needs instead, as in REPRODUCE.md"),
           {"md"})
        ->group(rare_group);
    add_data(*verb, options->selection);
    add_ranks(*verb, options->selection);
}

} // namespace suite::app
