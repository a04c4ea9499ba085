#include "reports/bundle/scaling.hpp"

#include <span>

#include "suite/store/scaling_fields.hpp"

namespace reports::bundle {
namespace {

using suite::store::Field;
using suite::store::ScalingRank;
using suite::store::ScalingSection;
using suite::store::ScalingStep;
using suite::store::ScalingSummary;
using suite::store::Table;

template<typename Row, typename... Values>
Table with_runs(const std::vector<std::int64_t>& runs, const std::vector<Row>& rows,
                const std::tuple<Field<Row, Values>...>& fields) {
    Table table = suite::store::to_table(std::span<const Row>(rows), fields);
    table.insert(table.begin(), {"run", runs});
    return table;
}

/// Each row with its run.
template<typename Row, typename... Values>
std::vector<std::pair<std::int64_t, Row>> rows_of(const suite::store::BundleFile& file,
                                                  const std::string& name,
                                                  const std::tuple<Field<Row, Values>...>& fields) {
    Table table = file.table(name, with_runs({}, std::vector<Row>{}, fields));
    const auto runs = std::get<std::vector<std::int64_t>>(std::move(table.front().values));
    table.erase(table.begin());
    std::vector<Row> rows = suite::store::from_table<Row>(table, fields);
    std::vector<std::pair<std::int64_t, Row>> pairs;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        pairs.emplace_back(runs[i], std::move(rows[i]));
    }
    return pairs;
}

} // namespace

void ScalingTables::add(std::int64_t run, const ScalingSection& section) {
    runs_.push_back(run);
    summaries_.push_back(section.summary);
    rank_runs_.insert(rank_runs_.end(), section.ranks.size(), run);
    ranks_.insert(ranks_.end(), section.ranks.begin(), section.ranks.end());
    step_runs_.insert(step_runs_.end(), section.steps.size(), run);
    sweep_runs_.insert(sweep_runs_.end(), section.sweep.size(), run);
    sweep_.insert(sweep_.end(), section.sweep.begin(), section.sweep.end());
    steps_.insert(steps_.end(), section.steps.begin(), section.steps.end());
}

std::vector<std::pair<std::string, Table>> ScalingTables::tables(const std::string& group) const {
    return {{group + "/scaling", with_runs(runs_, summaries_, suite::store::scaling_fields)},
            {group + "/scaling_ranks", with_runs(rank_runs_, ranks_, suite::store::scaling_rank_fields)},
            {group + "/scaling_steps", with_runs(step_runs_, steps_, suite::store::scaling_step_fields)},
            {group + "/scaling_sweep", with_runs(sweep_runs_, sweep_, suite::store::scaling_sweep_fields)}};
}

std::map<std::int64_t, ScalingSection> ScalingTables::read(const suite::store::BundleFile& file,
                                                           const std::string& group) {
    std::map<std::int64_t, ScalingSection> sections;
    for (auto& [run, row] : rows_of(file, group + "/scaling", suite::store::scaling_fields)) {
        sections[run].summary = std::move(row);
    }
    for (auto& [run, row] : rows_of(file, group + "/scaling_ranks", suite::store::scaling_rank_fields)) {
        sections[run].ranks.push_back(std::move(row));
    }
    for (auto& [run, row] : rows_of(file, group + "/scaling_steps", suite::store::scaling_step_fields)) {
        sections[run].steps.push_back(row);
    }
    for (auto& [run, row] : rows_of(file, group + "/scaling_sweep", suite::store::scaling_sweep_fields)) {
        sections[run].sweep.push_back(row);
    }
    return sections;
}

} // namespace reports::bundle
