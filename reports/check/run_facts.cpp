#include "reports/check/run_facts.hpp"

#include "reports/check/outcomes.hpp"

namespace reports {
namespace {

using suite::store::Lookup;
using suite::store::LookupState;
using suite::store::RunRecord;

// Words of the records' provenance that differ from run to run.
constexpr const char* started_fact = "started";
constexpr const char* finished_fact = "finished";

/// Takes a fact out of the provenance.
std::string taken(Provenance& provenance, const std::string& name) {
    const auto node = provenance.extract(name);
    return node ? node.mapped() : "";
}

RunState state_of(const suite::plan::PlannedRun& run, const Lookup& lookup, const Outcome& outcome) {
    switch (lookup.state) {
    case LookupState::finished:
        return outcome.value || run.is_pretraining() ? RunState::finished : RunState::damaged;
    case LookupState::failed:
        return RunState::failed;
    case LookupState::damaged:
        return RunState::damaged;
    case LookupState::absent:
        break;
    }
    return RunState::absent;
}

void take_record(RunFacts& facts, const RunRecord& record) {
    facts.train_seconds = record.train_seconds;
    facts.wall_seconds = record.wall_seconds;
    facts.timing = record.timing;
    facts.images_seen = record.images_seen;
    facts.parameters = record.parameters;
    facts.weights_digest = record.weights_digest;
    facts.losses = record.losses;
    if (!record.losses.empty()) {
        facts.first_loss = record.losses.front().loss;
        facts.last_loss = record.losses.back().loss;
    }
}

} // namespace

std::string_view to_string(RunState state) noexcept {
    switch (state) {
    case RunState::finished:
        return "finished";
    case RunState::failed:
        return "failed";
    case RunState::damaged:
        return "damaged";
    case RunState::absent:
        break;
    }
    return "absent";
}

void describe_runs(const suite::plan::Plan& plan, Records& records, CheckResult& result) {
    std::map<Provenance, std::size_t> places;
    for (const suite::plan::PlannedRun& run : plan.runs) {
        const Lookup& lookup = records.look_up(run.key);
        const Outcome outcome = run.is_pretraining() ? Outcome{} : outcome_of(run, records);
        RunFacts facts{.key = run.key,
                       .cell = run.cell,
                       .label = run.label,
                       .seed = run.seed,
                       .parent = run.parent,
                       .state = state_of(run, lookup, outcome),
                       .kind = run.config.kind,
                       .metric = run.config.metric,
                       .value = outcome.value};
        if (lookup.record && facts.state != RunState::damaged) {
            take_record(facts, *lookup.record);
            Provenance provenance = lookup.record->provenance;
            facts.started = taken(provenance, started_fact);
            facts.finished = taken(provenance, finished_fact);
            facts.provenance = places.try_emplace(std::move(provenance), places.size()).first->second;
        }
        result.runs.push_back(std::move(facts));
    }
    result.provenances.resize(places.size());
    for (const auto& [provenance, place] : places) {
        result.provenances[place] = provenance;
    }
}

} // namespace reports
