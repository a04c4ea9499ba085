#include "suite/plan/needs.hpp"

#include "suite/plan/network/cost.hpp"
#include <algorithm>
#include <map>
#include <set>

namespace suite::plan {
namespace {

constexpr double seconds_per_hour = 3600.0;
constexpr double bytes_per_gigabyte = 1e9;
// Of a record: at most so many scores and so many rows of the loss curve (suite/worker/executor.hpp), and the
// smallest of 2,423 records that the laptop and smoke profiles left.
constexpr double kept_scores = 250'000;
constexpr double kept_losses = 2'000;
constexpr double bytes_per_loss = 24;
constexpr double record_base_bytes = 9.5e3;

/// Average of the release's files; 0 where it is not declared.
double bytes_per_image(const Catalog& catalog, const DataSetSpec& set) {
    const LayoutSpec* layout = layout_of(catalog.layouts, set.id);
    return layout == nullptr || layout->images == 0
               ? 0.0
               : layout->gigabytes * bytes_per_gigabyte / static_cast<double>(layout->images);
}

/// Of a superset every member is read in proportion to its training images; every test image is read once.
double read_bytes(const Catalog& catalog, const RunConfig& config) {
    const double trained = static_cast<double>(config.train.schedule.total_steps) * config.train.batch;
    double bytes = 0.0;
    double all_images = 0.0;
    for (const DataSetSpec& set : read_sets(config)) {
        all_images += static_cast<double>(set.train_images);
    }
    for (const DataSetSpec& set : read_sets(config)) {
        const double share = static_cast<double>(set.train_images) / std::max(all_images, 1.0);
        const double scored = config.kind == RunKind::scaling ? 0.0 : static_cast<double>(set.test_images);
        bytes += (trained * share + scored) * bytes_per_image(catalog, set);
    }
    return bytes;
}

double record_bytes(const RunConfig& config, std::size_t config_bytes) {
    const double scores = static_cast<double>(config.data.set.test_images * config.outputs());
    const double steps = static_cast<double>(config.train.schedule.total_steps);
    return record_base_bytes + static_cast<double>(config_bytes) +
           (scores <= kept_scores ? scores * sizeof(float) : 0.0) +
           std::min(steps, kept_losses) * bytes_per_loss;
}

/// Parameters, and the momentum of those that were trained here.
double checkpoint_bytes(const RunConfig& config) {
    const double values = parameter_count(config.network, config.outputs());
    return values * sizeof(float) * (config.weights ? 1.0 : 2.0);
}

} // namespace

std::vector<DataSetSpec> read_sets(const RunConfig& config) {
    if (config.weights) {
        return {};
    }
    return config.data.members.empty() ? std::vector{config.data.set} : config.data.members;
}

PlanCost cost_of(const Catalog& catalog, const Plan& plan) {
    const ProfileSpec& profile = find(catalog.profiles, plan.profile, "profile");
    PlanCost cost;
    for (const PlannedRun& run : plan.runs) {
        const double hours = run.gigamacs / declared_rate(profile, run.config.network.id) / seconds_per_hour;
        (run.is_pretraining() ? cost.pretraining_hours : cost.finetuning_hours) += hours;
        cost.read_bytes += read_bytes(catalog, run.config);
        cost.kept_bytes += record_bytes(run.config, canonical_text(run.config).size()) +
                           (run.is_pretraining() ? checkpoint_bytes(run.config) : 0.0);
    }
    return cost;
}

std::vector<DataNeed> data_needs(const Catalog& catalog, const Plan& plan) {
    std::map<std::string, DataNeed> needs;
    std::map<std::string, std::size_t> run_of_key;
    for (std::size_t i = 0; i < plan.runs.size(); ++i) {
        run_of_key.emplace(plan.runs[i].key, i);
    }
    const auto note = [&](const RunConfig& config, std::set<std::string>& of_cell) {
        for (const DataSetSpec& set : read_sets(config)) {
            if (set.reader == Reader::phantom_natural || set.reader == Reader::phantom_xray) {
                continue;
            }
            DataNeed& need = needs[set.id];
            need.set = set;
            need.layout = layout_of(catalog.layouts, set.id);
            (config.kind == RunKind::pretrain ? need.is_source : need.is_target) = true;
            of_cell.insert(set.id);
        }
    };
    for (const PlannedCell& cell : plan.cells) {
        std::set<std::string> of_cell;
        for (const std::size_t index : cell.runs) {
            note(plan.runs[index].config, of_cell);
            if (const auto parent = run_of_key.find(plan.runs[index].parent); parent != run_of_key.end()) {
                note(plan.runs[parent->second].config, of_cell);
            }
        }
        for (const std::string& id : of_cell) {
            needs.at(id).cells.push_back(cell.text);
        }
    }
    std::vector<DataNeed> list;
    for (auto& [id, need] : needs) {
        list.push_back(std::move(need));
    }
    return list;
}

namespace {

bool replaces_any(const WeightsSpec& weights, const Plan& plan) {
    return std::any_of(plan.runs.begin(), plan.runs.end(), [&](const PlannedRun& run) {
        return run.is_pretraining() && run.config.data.set.id == weights.data_set &&
               run.config.network.id == weights.network;
    });
}

} // namespace

std::vector<const WeightsSpec*> replacing_weights(const Catalog& catalog, const Plan& plan) {
    std::vector<const WeightsSpec*> list;
    for (const auto& [id, weights] : catalog.weights) {
        if (replaces_any(weights, plan)) {
            list.push_back(&weights);
        }
    }
    return list;
}

double declared_rate(const ProfileSpec& profile, const std::string& network) {
    const auto own = profile.network_gigamacs_per_second.find(network);
    return own == profile.network_gigamacs_per_second.end() ? profile.gigamacs_per_second : own->second;
}

} // namespace suite::plan
