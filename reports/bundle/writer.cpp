#include <span>

#include <fmt/format.h>

#include "reports/bundle/bundle.hpp"
#include "reports/bundle/scaling.hpp"
#include "reports/bundle/tables.hpp"
#include "reports/bundle/test_set.hpp"
#include "reports/check/outcomes.hpp"
#include "reports/check/parents.hpp"
#include "suite/store/bundle_file.hpp"

namespace reports {
namespace {

using namespace bundle;
using suite::store::RunRecord;
using suite::store::Table;
using suite::store::to_table;

/// The rows of all records, each with the row of its run.
class RecordRows {
public:
    RecordRows(const suite::plan::Plan& plan, Records& records, const CheckResult& result)
        : plan_(plan), records_(records), runs_(run_rows(result)), is_scaling_(result.is_scaling) {}

    /// Adds the tables of this workload.
    void write(const std::string& group, suite::store::BundleContent& content) {
        for (std::size_t i = 0; i < plan_.runs.size(); ++i) {
            add_run(i);
        }
        const auto add =
            [&]<typename Row, typename... Values>(const char* name, const std::vector<Row>& rows,
                                                  const std::tuple<Field<Row, Values>...>& fields) {
                content.tables.emplace_back(group + name, to_table(std::span<const Row>(rows), fields));
            };
        add("/runs", runs_, run_fields);
        add("/configs", configs_, config_fields);
        add("/metrics", metrics_, metric_fields);
        add("/losses", losses_, loss_fields);
        add("/failures", failures_, failure_fields);
        if (is_scaling_) {
            for (auto& table : scaling_.tables(group)) {
                content.tables.push_back(std::move(table));
            }
        } else {
            outcomes_.write(group, content);
        }
    }
    [[nodiscard]] std::size_t records() const { return configs_.size(); }

private:
    void add_run(std::size_t place) {
        const suite::plan::PlannedRun& run = plan_.runs[place];
        const suite::store::Lookup& lookup = records_.look_up(run.key);
        if (runs_[place].state == to_string(RunState::damaged)) {
            runs_[place].message = lookup.record ? outcome_of(run, records_).damage : lookup.message;
        } else if (lookup.record) {
            add_record(static_cast<std::int64_t>(place), *lookup.record);
        }
    }

    void add_record(std::int64_t run, const RunRecord& record) {
        configs_.push_back({.run = run, .config = record.config});
        for (const suite::store::MetricEntry& entry : record.metrics) {
            metrics_.push_back({.run = run,
                                .name = entry.name,
                                .split = entry.split,
                                .value = entry.value,
                                .unit = entry.unit,
                                .direction = entry.direction});
        }
        for (const suite::store::LossEntry& entry : record.losses) {
            losses_.push_back({.run = run, .step = entry.step, .loss = entry.loss, .lr = entry.lr});
        }
        if (record.outcomes) {
            outcomes_.add(run, *record.outcomes);
        }
        if (record.scaling) {
            scaling_.add(run, *record.scaling);
        }
        if (record.failure) {
            failures_.push_back({.run = run,
                                 .phase = record.failure->phase,
                                 .kind = record.failure->kind,
                                 .reason = record.failure->reason,
                                 .step = record.failure->step});
        }
    }

    const suite::plan::Plan& plan_;
    Records& records_;
    std::vector<RunRow> runs_;
    std::vector<ConfigRow> configs_;
    std::vector<MetricRow> metrics_;
    std::vector<LossRow> losses_;
    std::vector<FailureRow> failures_;
    OutcomeTables outcomes_;
    ScalingTables scaling_;
    bool is_scaling_;
};

std::string version_of(const CheckResult& result) {
    for (const Provenance& provenance : result.provenances) {
        if (const auto version = provenance.find("version"); version != provenance.end()) {
            return version->second;
        }
    }
    return "";
}

} // namespace

suite::store::BundleContent bundle_content(const BundleSubject& subject, Records& records,
                                           const CheckResult& result) {
    const std::string group = "/" + result.workload;
    const std::vector<ReferenceRow> references = reference_rows(subject.references);
    suite::store::BundleContent content{
        .groups = {group},
        .tables = {{group + "/cells", cell_table(result)},
                   {group + "/claims", claim_table(result)},
                   {group + "/parents", parents_table(result)},
                   {group + "/provenance", provenance_table(result)},
                   {group + "/references", to_table(std::span(references), reference_fields)}},
        .texts = {{group + "/declaration", declaration_to_json(subject).dump(1)},
                  {group + "/conditional_on", parents_text(result)}}};
    if (!result.is_scaling) {
        for (auto& [name, table] : test_set_tables(result)) {
            content.tables.emplace_back(group + name, std::move(table));
        }
    }
    RecordRows rows(subject.plan, records, result);
    rows.write(group, content);
    const ContentRow contents{.workload = result.workload,
                              .profile = result.profile,
                              .runs = static_cast<std::int64_t>(subject.plan.runs.size()),
                              .records = static_cast<std::int64_t>(rows.records()),
                              .version = version_of(result)};
    content.tables.emplace_back("/contents", to_table(std::span(&contents, 1), content_fields));
    return content;
}

std::string make_bundle(const BundleSubject& subject, Records& records, const CheckResult& result) {
    return suite::store::bundle_to_bytes(bundle_content(subject, records, result));
}

} // namespace reports
