#include "reports/check/check.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/check/claims.hpp"
#include "reports/check/margins.hpp"
#include "reports/check/outcomes.hpp"
#include "reports/check/pairing.hpp"
#include "reports/check/parents.hpp"
#include "reports/check/parents_claims.hpp"
#include "reports/check/run_facts.hpp"
#include "reports/check/test_set.hpp"
#include "reports/format/text_format.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;
using metrics::ClaimVerdict;
using metrics::Sample;

std::optional<ReferenceSide> side_in(const std::map<std::string, plan::Reference>& cells,
                                     const std::string& id) {
    const auto found = cells.find(id);
    return found == cells.end() ? std::nullopt : std::optional(side_of(found->second));
}

/// Few-shot scores of one seed here and in the recorded baseline: the draw is the same.
std::optional<metrics::SeedPairs> pairs_of(const CellResult& cell, const plan::Reference* judging) {
    const bool is_paired = cell.judged_by_baseline && judging != nullptr && !cell.cell.is_full_shot();
    return is_paired ? std::optional(shared_seeds(cell.values, judging->values)) : std::nullopt;
}

/// Everything of one check; built up once, in order.
class Checker {
public:
    Checker(const plan::WorkloadSpec& workload, const plan::ProfileSpec& profile, const plan::Plan& plan,
            const plan::References& references, Records& records, const metrics::Rules& rules)
        : workload_(workload),
          profile_(profile),
          plan_(plan),
          references_(references),
          records_(records),
          rules_(rules),
          margins_(group_margins(plan, references, rules)) {}

    CheckResult check();

private:
    void describe();
    void read_parents();
    void add_planned(const plan::PlannedCell& planned);
    void add_skipped(const plan::SkippedCell& skipped);
    void read_runs(const plan::PlannedCell& planned, CellResult& cell);
    void note_stale_baseline(const plan::PlannedCell& planned);
    void compare_cell(const plan::PlannedCell& planned, CellResult& cell);
    void describe_test_set(const plan::PlannedCell& planned, CellResult& cell);
    void compare_as_rung(const plan::PlannedCell& planned, CellResult& cell);
    void judge_cells();
    [[nodiscard]] std::string reason_of(const CellResult& cell, const std::string& statistical) const;
    [[nodiscard]] bool repeats(const CellResult& cell) const;
    [[nodiscard]] bool is_identical(const CellResult& cell) const;
    [[nodiscard]] TestSetClaim judge_on_images(const plan::ClaimSpec& claim,
                                               const std::vector<ClaimPair>& pairs) const;
    void add_claim(const plan::ClaimSpec& claim);
    [[nodiscard]] ClaimVerdict verdict_on(const plan::ClaimSpec& claim, const std::vector<ClaimPair>& pairs,
                                          const std::map<std::string, plan::Reference>& cells,
                                          const ParentsOf& between) const;
    [[nodiscard]] metrics::ClaimResult judge_ours(const plan::ClaimSpec& claim,
                                                  const std::vector<ClaimPair>& pairs,
                                                  const ParentsOf& between) const;
    [[nodiscard]] ParentsOf parents_between() const;
    void note_parents_effect(const plan::ClaimSpec& claim, const std::vector<ClaimPair>& pairs,
                             ClaimResult& entry) const;
    [[nodiscard]] const CellResult* cell(const std::string& id) const;
    void collect_damage();

    const plan::WorkloadSpec& workload_;
    const plan::ProfileSpec& profile_;
    const plan::Plan& plan_;
    const plan::References& references_;
    Records& records_;
    const metrics::Rules rules_;
    const GroupMargins margins_;
    CheckResult result_;
    std::map<std::string, std::size_t> index_;              ///< cell -> place in result_.cells
    std::map<std::string, std::vector<std::string>> notes_; ///< cell -> why runs are missing
    std::map<std::string, metrics::CellOutcomes> outcomes_; ///< cell -> of its test images
    std::map<std::string, std::string> damaged_parents_;    ///< key of a pre-training run -> message
};

void Checker::describe() {
    result_.workload = workload_.id;
    result_.title = workload_.title;
    result_.source = workload_.source;
    result_.paper = workload_.paper;
    result_.profile = profile_.id;
    result_.profile_title = profile_.title;
    result_.protocol = plan_.protocol;
    result_.limits = plan_.limits;
    result_.cells_as_run =
        static_cast<std::size_t>(std::count_if(plan_.cells.begin(), plan_.cells.end(),
                                               [](const plan::PlannedCell& cell) { return cell.is_as_run; }));
    result_.compares_with_baseline = references_.compares_with_baseline;
    result_.baseline_origin = references_.baseline_origin;
    result_.baseline_facts = references_.baseline_facts;
    result_.figures = workload_.figures;
    result_.is_scaling = workload_.scaling.has_value();
    result_.caveat = workload_.scaling ? workload_.scaling->caveat : "";
}

void Checker::read_parents() {
    for (const plan::PlannedRun& run : plan_.runs) {
        if (!run.is_pretraining()) {
            continue;
        }
        const suite::store::Lookup& lookup = records_.look_up(run.key);
        if (lookup.state == suite::store::LookupState::damaged) {
            damaged_parents_[run.key] = lookup.message;
        }
    }
}

void Checker::read_runs(const plan::PlannedCell& planned, CellResult& cell) {
    std::vector<std::string>& notes = notes_[cell.id];
    std::string refusal; // one is enough: seeds differ in what memory was free at the time
    for (const std::size_t index : planned.runs) {
        const plan::PlannedRun& run = plan_.runs[index];
        const Outcome outcome = outcome_of(run, records_);
        if (outcome.value) {
            cell.values.push_back({.seed = run.seed, .value = *outcome.value, .key = run.key});
        } else if (!outcome.damage.empty()) {
            cell.damaged.push_back(outcome.damage);
            notes.push_back(fmt::format("seed {}: damaged record counts as absent: {}", run.seed,
                                        one_line(outcome.damage, 400)));
        } else if (!outcome.failure.empty()) {
            notes.push_back(fmt::format("seed {} failed in {}", run.seed, outcome.failure));
        }
        refusal = outcome.refusal.empty() ? refusal : outcome.refusal;
        const auto parent = damaged_parents_.find(run.parent);
        if (parent != damaged_parents_.end() &&
            std::find(cell.damaged.begin(), cell.damaged.end(), parent->second) == cell.damaged.end()) {
            cell.damaged.push_back(parent->second);
            notes.push_back("the record of its pre-training is damaged: " + one_line(parent->second, 400));
        }
    }
    for (const std::string& obstacle : {refusal, planned.obstacle}) {
        if (cell.values.size() < planned.runs.size() && !obstacle.empty()) {
            notes.push_back(obstacle);
        }
    }
}

/// A baseline knows from which runs it was recorded; other keys of the same seeds mean another configuration.
void Checker::note_stale_baseline(const plan::PlannedCell& planned) {
    const auto baseline = references_.baseline.find(planned.text);
    if (baseline == references_.baseline.end() || !references_.compares_with_baseline) {
        return;
    }
    const auto is_other = [&](const plan::SeedValue& entry) {
        return std::any_of(planned.runs.begin(), planned.runs.end(), [&](std::size_t index) {
            const plan::PlannedRun& run = plan_.runs[index];
            return run.seed == entry.seed && !entry.key.empty() && run.key != entry.key;
        });
    };
    const std::vector<plan::SeedValue>& values = baseline->second.values;
    if (std::any_of(values.begin(), values.end(), is_other)) {
        notes_[planned.text].push_back("the baseline was recorded from another configuration of this cell");
    }
}

/// Efficiencies instead of the runs' own values; those of flagged runs count nowhere.
void Checker::compare_as_rung(const plan::PlannedCell& planned, CellResult& cell) {
    const auto found = references_.published.find(cell.id);
    const plan::Reference* published = found == references_.published.end() ? nullptr : &found->second;
    cell.rung = rung_of(plan_, planned, published, records_);
    cell.comparison = compare_rung(*cell.rung, published, planned.margin);
    const std::size_t finished = cell.values.size();
    cell.values.clear();
    std::vector<double> values;
    for (const RungValue& entry : values_of(*cell.rung)) {
        cell.values.push_back({.seed = entry.repetition, .value = entry.value, .key = entry.key});
        values.push_back(entry.value);
    }
    cell.set_aside = finished - cell.values.size();
    cell.ours = metrics::make_sample(values);
}

void Checker::compare_cell(const plan::PlannedCell& planned, CellResult& cell) {
    if (workload_.scaling) {
        compare_as_rung(planned, cell);
        return;
    }
    std::vector<double> values;
    for (const SeedResult& entry : cell.values) {
        values.push_back(entry.value);
    }
    cell.ours = metrics::make_sample(values);
    cell.repeats_baseline = repeats(cell);
    const plan::Reference* judging = references_.judging(cell.id);
    const auto reference = cell.reference() ? std::optional(cell.reference()->sample) : std::nullopt;
    cell.comparison =
        metrics::compare({.ours = cell.ours,
                          .reference = reference,
                          .margin = margins_.of(cell.declared, reference,
                                                judging == nullptr ? 0.0 : judging->rounding_half_width()),
                          .pairs = pairs_of(cell, judging),
                          .parents = parents_component(result_.parents, cell)},
                         rules_);
    if (cell.is_limited) {
        cell.comparison = without_verdict(cell.comparison, plan_.limits);
    }
}

void Checker::describe_test_set(const plan::PlannedCell& planned, CellResult& cell) {
    metrics::CellOutcomes outcomes = outcomes_of(cell, records_);
    const auto published = references_.test_images.find(planned.id.target());
    cell.test_set = test_set_of(outcomes);
    cell.published_test_set = published_test_set(
        cell.published, planned.metric, published == references_.test_images.end() ? 0 : published->second);
    outcomes_[cell.id] = std::move(outcomes);
}

void Checker::add_planned(const plan::PlannedCell& planned) {
    CellResult cell;
    cell.cell = planned.id;
    cell.id = planned.text;
    cell.metric = planned.metric;
    cell.planned = planned.runs.size();
    cell.is_limited = planned.is_limited;
    cell.runs = planned.runs;
    cell.declared = declared_margin(planned);
    cell.stand_ins = planned.stand_ins;
    cell.judged_by_baseline = references_.compares_with_baseline;
    cell.published = side_in(references_.published, cell.id);
    cell.baseline = side_in(references_.baseline, cell.id);
    read_runs(planned, cell);
    note_stale_baseline(planned);
    describe_parents(plan_, planned, references_.judging(cell.id), records_, cell);
    result_.cells.push_back(std::move(cell));
}

void Checker::add_skipped(const plan::SkippedCell& skipped) {
    CellResult cell;
    cell.id = skipped.cell;
    for (const plan::CellId& id : plan::workload_cells(workload_)) {
        if (id.text() == skipped.cell) {
            cell.cell = id;
        }
    }
    cell.judged_by_baseline = references_.compares_with_baseline;
    cell.published = side_in(references_.published, cell.id);
    cell.baseline = side_in(references_.baseline, cell.id);
    cell.metric = cell.published      ? references_.published.at(cell.id).metric
                  : workload_.scaling ? std::string(suite::efficiency_metric)
                                      : "";
    cell.comparison.reason = skipped.reason.empty() ? "not planned" : "not planned: " + skipped.reason;
    cell.comparison.short_reason = cell.comparison.reason;
    if (workload_.scaling && cell.published) { // shown beside, though nothing is measured here
        RungResult& rung = cell.rung.emplace();
        rung.ranks = std::stoi(cell.cell.at(plan::AxisRole::ranks));
        rung.published = references_.published.at(cell.id).throughput;
    }
    notes_[cell.id] = {};
    result_.cells.push_back(std::move(cell));
}

bool Checker::repeats(const CellResult& cell) const {
    const auto baseline = references_.baseline.find(cell.id);
    if (baseline == references_.baseline.end() || cell.values.empty()) {
        return false;
    }
    return std::all_of(cell.values.begin(), cell.values.end(), [&](const SeedResult& ours) {
        return std::any_of(
            baseline->second.values.begin(), baseline->second.values.end(),
            [&](const auto& theirs) { return theirs.seed == ours.seed && theirs.value == ours.value; });
    });
}

/// The recorded runs themselves: all of them, with their keys and their values, and no others.
bool Checker::is_identical(const CellResult& cell) const {
    const plan::Reference* judging = references_.judging(cell.id);
    if (!cell.judged_by_baseline || judging == nullptr || cell.values.empty() || cell.is_incomplete() ||
        cell.values.size() != judging->values.size()) {
        return false;
    }
    return std::all_of(cell.values.begin(), cell.values.end(), [&](const SeedResult& ours) {
        return std::any_of(judging->values.begin(), judging->values.end(), [&](const auto& theirs) {
            return theirs.seed == ours.seed && theirs.value == ours.value && theirs.key == ours.key;
        });
    });
}

std::string Checker::reason_of(const CellResult& cell, const std::string& statistical) const {
    std::vector<std::string> parts;
    if (!cell.reference()) {
        parts.push_back(cell.judged_by_baseline
                            ? fmt::format("no baseline of profile {} recorded for this cell", profile_.id)
                            : "no published number for this cell");
    }
    const bool is_measured = cell.rung ? !cell.rung->runs.empty() && statistical != "no reference"
                                       : cell.reference() && !cell.values.empty();
    if (is_measured && !statistical.empty()) {
        parts.push_back(statistical);
    }
    if (cell.comparison.test == metrics::CellTest::paired &&
        cell.comparison.verdict != metrics::Verdict::identical) {
        parts.push_back(test_text(cell.comparison));
    }
    if (cell.repeats_baseline && cell.comparison.verdict == metrics::Verdict::inconclusive) {
        parts.push_back("yet every value repeats the baseline's of the same seed exactly");
    }
    if (cell.is_incomplete()) {
        parts.push_back(
            fmt::format("{} of {} planned runs finished", cell.values.size() + cell.set_aside, cell.planned));
    }
    const std::vector<std::string>& notes = notes_.at(cell.id);
    parts.insert(parts.end(), notes.begin(), notes.end());
    return fmt::format("{}", fmt::join(parts, "; "));
}

void Checker::judge_cells() {
    std::vector<metrics::CellComparison> family;
    for (const CellResult& cell : result_.cells) {
        family.push_back(cell.comparison);
    }
    if (!workload_.scaling) { // a rung's decision is one-sided, on its confidence bound
        metrics::judge_family(family, rules_);
    }
    for (std::size_t i = 0; i < family.size(); ++i) {
        CellResult& cell = result_.cells[i];
        cell.comparison = family[i];
        if (is_identical(cell)) { // says more than any test of the means
            cell.comparison.verdict = metrics::Verdict::identical;
            family[i].reason.clear();
            family[i].short_reason.clear();
        }
        if (cell.planned > 0) {
            const std::string& brief = family[i].short_reason;
            cell.comparison.reason = reason_of(cell, family[i].reason);
            cell.comparison.short_reason = reason_of(cell, brief.empty() ? family[i].reason : brief);
        }
    }
}

const CellResult* Checker::cell(const std::string& id) const {
    const auto found = index_.find(id);
    return found == index_.end() ? nullptr : &result_.cells[found->second];
}

ClaimVerdict Checker::verdict_on(const plan::ClaimSpec& claim, const std::vector<ClaimPair>& pairs,
                                 const std::map<std::string, plan::Reference>& cells,
                                 const ParentsOf& between) const {
    return judge(claim, pairs, cells, between, rules_).verdict;
}

metrics::ClaimResult Checker::judge_ours(const plan::ClaimSpec& claim, const std::vector<ClaimPair>& pairs,
                                         const ParentsOf& between) const {
    const auto numbers_of = [this](const plan::CellId& id) {
        const CellResult* found = cell(id.text());
        return found == nullptr ? metrics::ClaimCell{} : claim_cell(*found);
    };
    return judge(claim, pairs, numbers_of, between, rules_);
}

ParentsOf Checker::parents_between() const {
    return [this](const plan::CellId& a, const plan::CellId& b) -> std::optional<metrics::VarianceComponent> {
        const CellResult* x = cell(a.text());
        const CellResult* y = cell(b.text());
        return x == nullptr || y == nullptr ? std::nullopt : parents_component(result_.parents, *x, *y);
    };
}

/// What the variance between pre-training runs does to a judged claim.
void Checker::note_parents_effect(const plan::ClaimSpec& claim, const std::vector<ClaimPair>& pairs,
                                  ClaimResult& entry) const {
    if (knows_parents(result_)) {
        entry.parents_effect = parents_effect(
            pairs, result_.parents, [this](const std::string& id) { return cell(id); },
            judge_ours(claim, pairs, {}).verdict);
    }
}

TestSetClaim Checker::judge_on_images(const plan::ClaimSpec& claim,
                                      const std::vector<ClaimPair>& pairs) const {
    return judge_over_images(claim, pairs, [this](const plan::CellId& id) {
        const CellResult* found = cell(id.text());
        const auto outcomes = outcomes_.find(id.text());
        return found == nullptr || outcomes == outcomes_.end()
                   ? CellOnImages{}
                   : CellOnImages{.outcomes = &outcomes->second, .sample = found->ours};
    });
}

void Checker::add_claim(const plan::ClaimSpec& claim) {
    const std::vector<ClaimPair> pairs = expand_claim(workload_, claim);
    ClaimResult entry{.id = claim.id,
                      .text = claim.text,
                      .where = claim.where,
                      .ours = judge_ours(claim, pairs, parents_between())};
    entry.test_set = judge_on_images(claim, pairs);
    note_parents_effect(claim, pairs, entry);
    entry.published = verdict_on(claim, pairs, references_.published, {});
    if (references_.compares_with_baseline) { // of this profile, as ours: its parents vary alike
        entry.baseline = verdict_on(claim, pairs, references_.baseline, parents_between());
    }
    entry.expected = entry.ours.verdict == ClaimVerdict::fails &&
                     entry.baseline.value_or(entry.published) == ClaimVerdict::fails;
    const auto reason = claim.differs.find(profile_.id);
    const bool judged =
        entry.ours.verdict != ClaimVerdict::missing && entry.published != ClaimVerdict::missing;
    if (judged && entry.ours.verdict != entry.published && reason != claim.differs.end()) {
        entry.differs = reason->second;
    }
    for (const ClaimPair& pair : pairs) {
        std::vector<plan::CellId> sides = pair.a;
        if (pair.b) {
            sides.push_back(*pair.b);
        }
        for (const plan::CellId& side : sides) {
            const std::string id = side.text();
            if (std::find(entry.cells.begin(), entry.cells.end(), id) == entry.cells.end()) {
                entry.cells.push_back(id);
                const CellResult* found = cell(id);
                entry.incomplete = entry.incomplete || found == nullptr || found->is_incomplete();
                note_parents(found, entry);
            }
        }
    }
    result_.claims.push_back(std::move(entry));
}

void Checker::collect_damage() {
    std::set<std::string> seen;
    for (const CellResult& cell : result_.cells) {
        for (const std::string& message : cell.damaged) {
            if (seen.insert(message).second) {
                result_.damaged.push_back(message);
            }
        }
    }
}

CheckResult Checker::check() {
    describe();
    read_parents();
    for (const plan::PlannedCell& planned : plan_.cells) {
        add_planned(planned);
    }
    result_.parents = parents_of(result_.cells);
    for (std::size_t i = 0; i < plan_.cells.size(); ++i) {
        compare_cell(plan_.cells[i], result_.cells[i]);
        if (!workload_.scaling) {
            describe_test_set(plan_.cells[i], result_.cells[i]);
        }
    }
    for (const plan::SkippedCell& skipped : plan_.skipped) {
        add_skipped(skipped);
    }
    if (workload_.scaling) { // a ladder reads upwards, whether its rungs are planned here or not
        order_cells(result_, plan::workload_cells(workload_));
    }
    for (std::size_t i = 0; i < result_.cells.size(); ++i) {
        index_[result_.cells[i].id] = i;
    }
    judge_cells();
    for (const plan::ClaimSpec& claim : workload_.claims) {
        add_claim(claim);
    }
    collect_damage();
    describe_runs(plan_, records_, result_);
    return std::move(result_);
}

} // namespace

CheckResult check(const plan::Catalog& catalog, const plan::Plan& plan, const plan::References& references,
                  const suite::store::Store& store) {
    Records records(store);
    return check(find(catalog.workloads, plan.workload, "workload"),
                 find(catalog.profiles, plan.profile, "profile"), plan, references, records);
}

CheckResult check(const plan::WorkloadSpec& workload, const plan::ProfileSpec& profile,
                  const plan::Plan& plan, const plan::References& references, Records& records,
                  const metrics::Rules& rules) {
    return Checker(workload, profile, plan, references, records, rules).check();
}

} // namespace reports
