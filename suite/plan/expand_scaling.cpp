// From a ladder of world sizes to runs in the order in which they are measured.
#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/plan/plan.hpp"
#include "suite/plan/resolve.hpp"
#include "suite/plan/spec/enum_names.hpp"

namespace suite::plan {
namespace {

const std::string& used_name(const std::map<std::string, std::string>& mapping, const std::string& name) {
    const auto entry = mapping.find(name);
    return entry == mapping.end() ? name : entry->second;
}

/// A rung of one target, network and mode.
struct Rung {
    CellId id;
    int ranks = 1;
    std::size_t place = 0; ///< in the ladder; 0 is the base case
    int batch = 0;         ///< of all ranks
};

class ScalingExpander {
public:
    ScalingExpander(const Catalog& catalog, const WorkloadSpec& workload, const ProfileSpec& profile,
                    const PlanFilter& filter)
        : catalog_(catalog),
          workload_(workload),
          profile_(profile),
          filter_(filter),
          ladder_(workload.scaling->ladder(profile.id)) {
        plan_.workload = workload.id;
        plan_.profile = profile.id;
        plan_.protocol = filter.protocol;
        plan_.seeds = filter.seeds.value_or(profile.seeds);
    }

    Plan expand() {
        for (const CellId& id : selected_cells(workload_, filter_)) {
            select(id);
        }
        for (const std::uint64_t repetition : plan_.seeds) {
            for (std::size_t place = 1; place <= width(); ++place) {
                add_bases(place, repetition);
                add_rungs(place, repetition);
            }
        }
        return std::move(plan_);
    }

private:
    [[nodiscard]] std::size_t width() const { return ladder_ == nullptr ? 0 : ladder_->ranks.size(); }
    [[nodiscard]] Rung rung_of(const CellId& id) const;
    [[nodiscard]] std::string refusal(const Rung& rung) const;
    void select(const CellId& id);
    void add_bases(std::size_t place, std::uint64_t repetition);
    void add_rungs(std::size_t place, std::uint64_t repetition);
    std::size_t add_run(const Rung& rung, std::uint64_t repetition, std::size_t occasion);
    [[nodiscard]] RunConfig config_of(const Rung& rung, std::uint64_t repetition, std::size_t occasion) const;
    PlannedCell& cell_of(const CellId& id);
    [[nodiscard]] bool is_bracketed(const Rung& base, std::size_t place) const;

    const Catalog& catalog_;
    const WorkloadSpec& workload_;
    const ProfileSpec& profile_;
    const PlanFilter& filter_;
    const ScalingLadder* ladder_; ///< null: none at this profile
    std::vector<Rung> rungs_;     ///< that are measured, in cell order
    std::vector<Rung> bases_;     ///< of them; measured even where the filter leaves their cells out
    std::map<std::string, std::size_t> run_of_key_;
    Plan plan_;
};

Rung ScalingExpander::rung_of(const CellId& id) const {
    Rung rung{.id = id, .ranks = std::stoi(id.at(AxisRole::ranks))};
    if (ladder_ == nullptr) {
        return rung;
    }
    const auto found = std::find(ladder_->ranks.begin(), ladder_->ranks.end(), rung.ranks);
    rung.place = static_cast<std::size_t>(found - ladder_->ranks.begin());
    rung.batch = id.at(AxisRole::scaling) == enum_name(ScalingMode::weak) ? ladder_->local_batch * rung.ranks
                                                                          : ladder_->strong_batch;
    return rung;
}

/// Why a rung is not measured here; empty when it is.
std::string ScalingExpander::refusal(const Rung& rung) const {
    if (ladder_ == nullptr) {
        return fmt::format("profile {} declares no ladder", profile_.id);
    }
    if (rung.place == width()) {
        return fmt::format("the ladder of profile {} has {} ranks", profile_.id,
                           fmt::join(ladder_->ranks, ", "));
    }
    if (rung.batch == 0) {
        return fmt::format("profile {} declares no strong_batch", profile_.id);
    }
    if (rung.batch % (rung.ranks * ladder_->micro_batch) != 0) {
        return fmt::format("{} images have no equal share of whole micro-batches of {} on {} ranks",
                           rung.batch, ladder_->micro_batch, rung.ranks);
    }
    const bool may_oversubscribe =
        filter_.oversubscribe || std::find(ladder_->oversubscribed.begin(), ladder_->oversubscribed.end(),
                                           rung.ranks) != ladder_->oversubscribed.end();
    if (filter_.slots && rung.ranks > *filter_.slots && !may_oversubscribe) {
        return fmt::format("{} ranks, but this machine has {} cores (--oversubscribe runs them, marked)",
                           rung.ranks, *filter_.slots);
    }
    return {};
}

void ScalingExpander::select(const CellId& id) {
    const Rung rung = rung_of(id);
    if (std::string reason = refusal(rung); !reason.empty()) {
        plan_.skipped.push_back({.cell = id.text(), .reason = std::move(reason)});
        return;
    }
    rungs_.push_back(rung);
    static_cast<void>(cell_of(id));
    Rung base = rung;
    base.id.set(AxisRole::ranks, "1");
    base = rung_of(base.id);
    const auto known = std::find_if(bases_.begin(), bases_.end(),
                                    [&base](const Rung& b) { return b.id.text() == base.id.text(); });
    if (known == bases_.end()) {
        bases_.push_back(base);
    }
}

PlannedCell& ScalingExpander::cell_of(const CellId& id) {
    const std::string text = id.text();
    const auto known = std::find_if(plan_.cells.begin(), plan_.cells.end(),
                                    [&text](const PlannedCell& cell) { return cell.text == text; });
    if (known != plan_.cells.end()) {
        return *known;
    }
    PlannedCell cell{.id = id,
                     .text = text,
                     .metric = std::string(efficiency_metric),
                     .margin = workload_.scaling->margin,
                     .margin_sds = 0.0,
                     .stand_ins = {},
                     .runs = {}};
    for (const auto& [name, used] : {std::pair(id.target(), used_name(profile_.data_sets, id.target())),
                                     std::pair(id.model(), used_name(profile_.networks, id.model()))}) {
        if (name != used) {
            cell.stand_ins.push_back({.published = name, .used = used});
        }
    }
    plan_.cells.push_back(std::move(cell));
    return plan_.cells.back();
}

RunConfig ScalingExpander::config_of(const Rung& rung, std::uint64_t repetition, std::size_t occasion) const {
    const DataSetSpec& published = find(catalog_.data_sets, rung.id.target(), "data set");
    RecipeSpec recipe =
        find(catalog_.recipes, used_name(profile_.recipes, published.pretrain.at(rung.id.model())), "recipe");
    recipe.batch = rung.batch; // the peak rate follows it where the recipe says so
    recipe.micro_batch = ladder_->micro_batch;
    RunConfig config;
    config.kind = RunKind::scaling;
    config.protocol = recipe.protocol;
    config.seed = repetition;
    config.network = find(catalog_.networks, used_name(profile_.networks, rung.id.model()), "network");
    config.data = resolve_data(catalog_, profile_.id, rung.id.target());
    config.train = resolve_training(recipe, nullptr, config.data.set.train_images);
    config.train.schedule.total_steps = ladder_->steps;
    config.metric = std::string(throughput_metric);
    config.reduction = workload_.scaling->reduction;
    config.ranks = rung.ranks;
    if (config.reduction == ReductionMode::fast && rung.ranks > 1) {
        filter_.fast.apply_to(config);
    }
    config.scaling = ScalingConfig{.occasion = static_cast<int>(occasion),
                                   .warmup_steps = ladder_->warmup_steps,
                                   .data_mode = ladder_->data_mode};
    return config;
}

std::size_t ScalingExpander::add_run(const Rung& rung, std::uint64_t repetition, std::size_t occasion) {
    PlannedRun run;
    run.config = config_of(rung, repetition, occasion);
    run.key = run_key(run.config);
    const auto [known, is_new] = run_of_key_.try_emplace(run.key, plan_.runs.size());
    if (!is_new) { // weak and strong have one base case where their batches are equal
        return known->second;
    }
    run.cell = rung.id.text();
    run.label = run.cell;
    run.seed = repetition;
    run.ranks = rung.ranks;
    run.exclusive = true;
    // Of one process: the others work at the same time.
    run.gigamacs = run_gigamacs(run.config) / rung.ranks;
    plan_.runs.push_back(std::move(run));
    return known->second;
}

/// Whether a rung at this place of the ladder, or the one before it, needs this base case; a base case
/// without larger rungs is measured once.
bool ScalingExpander::is_bracketed(const Rung& base, std::size_t place) const {
    bool is_alone = true;
    for (const Rung& rung : rungs_) {
        CellId id = rung.id;
        id.set(AxisRole::ranks, base.id.at(AxisRole::ranks));
        if (rung.place == 0 || id.text() != base.id.text()) {
            continue;
        }
        is_alone = false;
        if (rung.place == place || rung.place + 1 == place) {
            return true;
        }
    }
    return is_alone && place == 1;
}

/// The base cases before the rungs at this place, which are those after the rungs before it.
void ScalingExpander::add_bases(std::size_t place, std::uint64_t repetition) {
    for (const Rung& base : bases_) {
        if (!is_bracketed(base, place)) {
            continue;
        }
        const std::size_t run = add_run(base, repetition, place - 1);
        const auto cell = std::find_if(plan_.cells.begin(), plan_.cells.end(),
                                       [&base](const auto& c) { return c.text == base.id.text(); });
        if (cell != plan_.cells.end()) {
            cell->runs.push_back(run);
        }
        for (PlannedCell& other : plan_.cells) { // those before it are complete now
            const Rung rung = rung_of(other.id);
            CellId id = other.id;
            id.set(AxisRole::ranks, base.id.at(AxisRole::ranks));
            if (rung.place + 1 == place && rung.place > 0 && id.text() == base.id.text()) {
                other.bases.back().after = run;
            }
            if (rung.place == place && id.text() == base.id.text()) {
                other.bases.push_back({.before = run, .after = run});
            }
        }
    }
}

void ScalingExpander::add_rungs(std::size_t place, std::uint64_t repetition) {
    for (const Rung& rung : rungs_) {
        if (rung.place == place) {
            PlannedCell& cell = cell_of(rung.id);
            cell.runs.push_back(add_run(rung, repetition, 0));
        }
    }
}

} // namespace

Plan expand_scaling(const Catalog& catalog, const WorkloadSpec& workload, const ProfileSpec& profile,
                    const PlanFilter& filter) {
    return ScalingExpander(catalog, workload, profile, filter).expand();
}

} // namespace suite::plan
