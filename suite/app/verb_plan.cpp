#include <map>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/seed_plan.hpp"
#include "suite/app/plan_report.hpp"
#include "suite/app/reporting.hpp"
#include "suite/app/verbs.hpp"
#include "suite/base/log.hpp"
#include "suite/base/memory.hpp"
#include "suite/run/estimate.hpp"
#include "suite/run/survey.hpp"

namespace suite::app {
namespace {

/// A plan with what the store holds of it.
struct SurveyedPlan {
    plan::Plan plan;
    std::vector<run::ItemStatus> statuses;
    double estimate_seconds = 0.0;
    bool damaged = false;

    [[nodiscard]] std::size_t count(run::ItemState state) const {
        return static_cast<std::size_t>(std::count_if(statuses.begin(), statuses.end(),
                                                      [state](const auto& s) { return s.state == state; }));
    }
};

SurveyedPlan survey_plan(const plan::Catalog& catalog, plan::Plan plan, const store::Store& store, int jobs) {
    SurveyedPlan surveyed{.plan = std::move(plan), .statuses = {}};
    surveyed.statuses = run::survey(surveyed.plan, store);
    run::Throughput throughput = run::recorded_throughput(store.root());
    for (const auto& [network, rate] : run::measured_throughput(surveyed.plan, surveyed.statuses)) {
        throughput[network] = rate;
    }
    surveyed.estimate_seconds =
        run::estimate_remaining(catalog, surveyed.plan, surveyed.statuses, throughput, jobs);
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
                            {"cached", surveyed.count(run::ItemState::done)},
                            {"estimate_seconds", surveyed.estimate_seconds},
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

void print(const SurveyedPlan& surveyed, const nlohmann::json& document) {
    const plan::Plan& plan = surveyed.plan;
    const std::string protocol = plan.protocol == plan::as_run ? "" : ", protocol " + plan.protocol;
    fmt::print("{} at profile {}{}: {} cells, {} runs + {} shared pre-training runs\n", plan.workload,
               plan.profile, protocol, plan.cells.size(), plan.runs.size() - plan.parent_count(),
               plan.parent_count());
    fmt::print("  in the store {}, failed {}, running {}, to do {}; about {} left\n",
               surveyed.count(run::ItemState::done), surveyed.count(run::ItemState::failed),
               surveyed.count(run::ItemState::running), surveyed.count(run::ItemState::todo),
               run::duration_text(surveyed.estimate_seconds));
    fmt::print("{}", needs_text(document));
    std::map<std::string, std::string> missing;
    for (const nlohmann::json& entry : document["missing"]) {
        missing.emplace(entry["cell"], entry["reason"]);
    }
    for (std::size_t i = 0; i < plan.runs.size(); ++i) {
        if (plan.runs[i].cell.empty()) {
            fmt::print("  {:<7} {}  {}\n", to_string(surveyed.statuses[i].state),
                       plan.runs[i].key.substr(0, 16), plan.runs[i].label);
        }
    }
    for (const plan::PlannedCell& cell : plan.cells) {
        std::string states;
        for (const std::size_t index : cell.runs) {
            states += fmt::format(" {}:{}", plan.runs[index].seed, to_string(surveyed.statuses[index].state));
        }
        const auto reason = missing.find(cell.text);
        fmt::print("  {:<40}{}{}\n", cell.text, states,
                   reason == missing.end() ? "" : "  missing: " + reason->second);
    }
    for (const plan::SkippedCell& skipped : plan.skipped) {
        fmt::print("  skipped {}: {}\n", skipped.cell, skipped.reason);
    }
}

/// What each workload adds to those before it: runs have one key whatever workload they are looked at from.
class AddedRuns {
public:
    struct Count {
        std::size_t runs = 0;
        std::size_t parents = 0;
    };
    Count add(const plan::Plan& plan) {
        Count count;
        for (const plan::PlannedRun& run : plan.runs) {
            if (seen_.insert(run.key).second) {
                ++(run.is_pretraining() ? count.parents : count.runs);
            }
        }
        return count;
    }

private:
    std::set<std::string> seen_;
};

std::string table_head() {
    return fmt::format("\n{:<22}{:>7}{:>9}{:>7}{:>14}{:>22}{:>12}\n", "workload", "cells", "skipped", "runs",
                       "pre-training", "adds to those before", "about");
}

std::string table_line(const SurveyedPlan& surveyed, const AddedRuns::Count& added) {
    const plan::Plan& plan = surveyed.plan;
    return fmt::format("{:<22}{:>7}{:>9}{:>7}{:>14}{:>22}{:>12}\n", plan.workload, plan.cells.size(),
                       plan.skipped.size(), plan.runs.size() - plan.parent_count(), plan.parent_count(),
                       fmt::format("{} + {}", added.runs, added.parents),
                       run::duration_text(surveyed.estimate_seconds));
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
    AddedRuns added_runs;
    std::string table = table_head();
    bool damaged = false;
    std::vector<plan::Plan> plans = expand_selection(catalog, options);
    if (plan_options.format == "md") {
        fmt::print("{}", markdown_plans(catalog, plans));
        return 0;
    }
    for (plan::Plan& plan : plans) {
        const SurveyedPlan surveyed = survey_plan(catalog, std::move(plan), store, run::default_jobs());
        const AddedRuns::Count added = added_runs.add(surveyed.plan);
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
        fmt::print("{}", table);
    }
    return damaged ? exit_code(ErrorKind::store) : 0;
}

int seeds_verb(const SelectionOptions& options, double power) {
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    const store::Store store(options.store, store::Access::read_only);
    std::vector<reports::SeedPlan> seed_plans;
    for (const plan::Plan& plan : expand_selection(catalog, options)) {
        const plan::References references =
            plan::load_references(catalog, plan.workload, plan.profile, plan.protocol);
        const reports::CheckResult result = reports::check(catalog, plan, references, store);
        log_damage(result);
        seed_plans.push_back(reports::plan_seeds(catalog, plan, result, power));
    }
    if (options.output.json) {
        print_documents(seed_plans, [](const reports::SeedPlan& seeds) { return reports::to_json(seeds); });
        return 0;
    }
    for (const reports::SeedPlan& seeds : seed_plans) {
        fmt::print("{}", reports::seed_plan_text(seeds));
    }
    return 0;
}

} // namespace

void register_plan(Dispatcher& dispatcher) {
    auto options = std::make_shared<PlanOptions>();
    CLI::App* verb = add_verb(
        dispatcher, "plan", "Cells as runs and shared pre-training runs, what is done, cost",
        options->selection.output, [options] {
            return options->power ? seeds_verb(options->selection, *options->power) : plan_verb(*options);
        });
    add_selection(*verb, options->selection);
    add_ranks(*verb, options->selection);
    add_data(*verb, options->selection);
    verb->add_option("--format", options->format, "md: tables of cost and needs instead, as in REPRODUCE.md")
        ->check(CLI::IsMember({"md"}));
    verb->add_option("--power", options->power,
                     "Instead: how many seeds each margin and claim needs to be shown with this chance, and "
                     "their cost (0.8 is usual)");
}

} // namespace suite::app
