// The rows of a bundle's tables (reports/SCHEMA.md). Private to reports.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "reports/check/result.hpp"
#include "suite/store/record.hpp"
#include "suite/store/table.hpp"

namespace reports::bundle {

using suite::store::Field;

inline constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

/// What `check` says of a cell, flat.
struct CellRow {
    std::string id;
    std::string target;
    std::string model;
    std::string source;
    std::string shots;
    std::string metric;
    std::int64_t n = 0;
    std::int64_t planned = 0;
    double mean = no_number;
    double sd = no_number;
    std::string compared_with; ///< since schema 2
    std::string reference_kind;
    double reference_mean = no_number;
    double reference_sd = no_number;
    std::int64_t reference_n = 0;
    std::string reference_origin;
    double published_mean = no_number;
    double published_sd = no_number;
    std::int64_t published_n = 0;
    double difference = no_number;
    double ci95_low = no_number;
    double ci95_high = no_number;
    double p_different = no_number;
    double p_different_adjusted = no_number;
    double p_equivalent = no_number;
    double margin = no_number;
    std::string verdict;
    std::string reason;
    std::int64_t repeats_baseline = 0;
    std::int64_t parents = 0; ///< this and the rest: since schema 3
    std::string conditional_on;
    std::string test;
    std::int64_t pairs = 0;
    std::int64_t differs_size_unresolved = 0;
    double margin_cap = no_number;
    double rounding_half_width = 0.0;
    double chance = no_number;
    std::int64_t at_chance = 0;
};

struct ClaimRow {
    std::string id;
    std::string text;
    std::string where;
    std::string verdict;
    std::string robustness;
    std::string evidence; ///< lines
    std::string published;
    std::string baseline;
    std::int64_t expected = 0;
    std::string differs;
    std::string cells;        ///< separated by blanks
    std::int64_t parents = 0; ///< since schema 3
};

/// Since schema 3. How far pre-training runs of one source and network differ.
struct ParentsRow {
    std::string source;
    std::string network;
    std::string metric;
    std::int64_t parents = 1;
    std::int64_t cells = 0;
    double tau = no_number;
    double ci95_low = no_number;
    double ci95_high = no_number;
    double df = no_number;
};

/// A planned run. Other tables name it by its row.
struct RunRow {
    std::string key;
    std::string kind;
    std::string cell;
    std::string label;
    std::uint64_t seed = 0;
    std::string parent;
    std::string state;
    std::string metric;
    double value = no_number;
    double train_seconds = 0.0;
    double wall_seconds = 0.0;
    double started_seconds = no_number; ///< since 1970; this and the next three: NaN in earlier versions
    double data_seconds = no_number;
    double evaluation_seconds = no_number;
    double store_seconds = no_number;
    std::int64_t images_seen = 0;
    std::int64_t parameters = 0;
    std::string weights_digest;
    std::string started;
    std::string finished;
    std::int64_t provenance = -1; ///< number of a set in /provenance; −1: no record
    std::string message;          ///< of a damaged record
};

struct ConfigRow {
    std::int64_t run = 0;
    std::string config;
};

struct MetricRow {
    std::int64_t run = 0;
    std::string name;
    std::string split;
    double value = no_number;
    std::string unit;
    std::string direction;
};

struct LossRow {
    std::int64_t run = 0;
    std::int64_t step = 0;
    double loss = no_number;
    double lr = no_number;
};

struct FailureRow {
    std::int64_t run = 0;
    std::string phase;
    std::string kind;
    std::string reason;
    std::int64_t step = -1;
};

struct ProvenanceRow {
    std::int64_t set = 0;
    std::string name;
    std::string value;
};

/// row "reference": one a cell and side; "value": a raw value of it; "printed": its printed mean ± sd; of a
/// rung also "throughput" (images per second) and "speedup".
struct ReferenceRow {
    std::string side; ///< "published" or "baseline"
    std::string cell;
    std::string row;
    std::string kind;
    std::string metric;
    std::int64_t seed = -1;
    double value = no_number; ///< or the printed mean
    double sd = no_number;
    std::int64_t n = 0;
    double rounding_half_width = 0.0;
    std::string where;
    std::int64_t bold = -1; ///< 1, 0, −1 where the mark is lost
    std::string key;
    std::string origin;
};

struct ContentRow {
    std::string workload;
    std::string profile;
    std::int64_t runs = 0;
    std::int64_t records = 0;
    std::string version; ///< of the program that wrote the bundle
};

inline const std::tuple cell_fields{Field{"id", &CellRow::id},
                                    Field{"target", &CellRow::target},
                                    Field{"model", &CellRow::model},
                                    Field{"source", &CellRow::source},
                                    Field{"shots", &CellRow::shots},
                                    Field{"metric", &CellRow::metric},
                                    Field{"n", &CellRow::n, "1"},
                                    Field{"planned", &CellRow::planned, "1"},
                                    Field{"mean", &CellRow::mean, "%"},
                                    Field{"sd", &CellRow::sd, "%"},
                                    Field{"compared_with", &CellRow::compared_with},
                                    Field{"reference_kind", &CellRow::reference_kind},
                                    Field{"reference_mean", &CellRow::reference_mean, "%"},
                                    Field{"reference_sd", &CellRow::reference_sd, "%"},
                                    Field{"reference_n", &CellRow::reference_n, "1"},
                                    Field{"reference_origin", &CellRow::reference_origin},
                                    Field{"published_mean", &CellRow::published_mean, "%"},
                                    Field{"published_sd", &CellRow::published_sd, "%"},
                                    Field{"published_n", &CellRow::published_n, "1"},
                                    Field{"difference", &CellRow::difference, "%"},
                                    Field{"ci95_low", &CellRow::ci95_low, "%"},
                                    Field{"ci95_high", &CellRow::ci95_high, "%"},
                                    Field{"p_different", &CellRow::p_different, "1"},
                                    Field{"p_different_adjusted", &CellRow::p_different_adjusted, "1"},
                                    Field{"p_equivalent", &CellRow::p_equivalent, "1"},
                                    Field{"margin", &CellRow::margin, "%"},
                                    Field{"verdict", &CellRow::verdict},
                                    Field{"reason", &CellRow::reason},
                                    Field{"repeats_baseline", &CellRow::repeats_baseline},
                                    Field{"parents", &CellRow::parents, "1"},
                                    Field{"conditional_on", &CellRow::conditional_on},
                                    Field{"test", &CellRow::test},
                                    Field{"pairs", &CellRow::pairs, "1"},
                                    Field{"differs_size_unresolved", &CellRow::differs_size_unresolved},
                                    Field{"margin_cap", &CellRow::margin_cap, "%"},
                                    Field{"rounding_half_width", &CellRow::rounding_half_width, "%"},
                                    Field{"chance", &CellRow::chance, "%"},
                                    Field{"at_chance", &CellRow::at_chance}};
inline const std::tuple claim_fields{Field{"id", &ClaimRow::id},
                                     Field{"text", &ClaimRow::text},
                                     Field{"where", &ClaimRow::where},
                                     Field{"verdict", &ClaimRow::verdict},
                                     Field{"robustness", &ClaimRow::robustness},
                                     Field{"evidence", &ClaimRow::evidence},
                                     Field{"published", &ClaimRow::published},
                                     Field{"baseline", &ClaimRow::baseline},
                                     Field{"expected", &ClaimRow::expected},
                                     Field{"differs", &ClaimRow::differs},
                                     Field{"cells", &ClaimRow::cells},
                                     Field{"parents", &ClaimRow::parents, "1"}};
inline const std::tuple parents_fields{Field{"source", &ParentsRow::source},
                                       Field{"network", &ParentsRow::network},
                                       Field{"metric", &ParentsRow::metric},
                                       Field{"parents", &ParentsRow::parents, "1"},
                                       Field{"cells", &ParentsRow::cells, "1"},
                                       Field{"tau", &ParentsRow::tau, "%"},
                                       Field{"ci95_low", &ParentsRow::ci95_low, "%"},
                                       Field{"ci95_high", &ParentsRow::ci95_high, "%"},
                                       Field{"df", &ParentsRow::df, "1"}};
inline const std::tuple run_fields{Field{"key", &RunRow::key},
                                   Field{"kind", &RunRow::kind},
                                   Field{"cell", &RunRow::cell},
                                   Field{"label", &RunRow::label},
                                   Field{"seed", &RunRow::seed},
                                   Field{"parent", &RunRow::parent},
                                   Field{"state", &RunRow::state},
                                   Field{"metric", &RunRow::metric},
                                   Field{"value", &RunRow::value, "by row"},
                                   Field{"train_seconds", &RunRow::train_seconds, "s"},
                                   Field{"wall_seconds", &RunRow::wall_seconds, "s"},
                                   Field{"started_seconds", &RunRow::started_seconds, "s"},
                                   Field{"data_seconds", &RunRow::data_seconds, "s"},
                                   Field{"evaluation_seconds", &RunRow::evaluation_seconds, "s"},
                                   Field{"store_seconds", &RunRow::store_seconds, "s"},
                                   Field{"images_seen", &RunRow::images_seen, "1"},
                                   Field{"parameters", &RunRow::parameters, "1"},
                                   Field{"weights_digest", &RunRow::weights_digest},
                                   Field{"started", &RunRow::started},
                                   Field{"finished", &RunRow::finished},
                                   Field{"provenance", &RunRow::provenance},
                                   Field{"message", &RunRow::message}};
inline const std::tuple config_fields{Field{"run", &ConfigRow::run}, Field{"config", &ConfigRow::config}};
inline const std::tuple metric_fields{
    Field{"run", &MetricRow::run},     Field{"name", &MetricRow::name},
    Field{"split", &MetricRow::split}, Field{"value", &MetricRow::value, "by row"},
    Field{"unit", &MetricRow::unit},   Field{"direction", &MetricRow::direction}};
inline const std::tuple loss_fields{Field{"run", &LossRow::run}, Field{"step", &LossRow::step},
                                    Field{"loss", &LossRow::loss, "1"}, Field{"lr", &LossRow::lr, "1"}};
inline const std::tuple failure_fields{Field{"run", &FailureRow::run}, Field{"phase", &FailureRow::phase},
                                       Field{"kind", &FailureRow::kind}, Field{"reason", &FailureRow::reason},
                                       Field{"step", &FailureRow::step}};
inline const std::tuple provenance_fields{Field{"set", &ProvenanceRow::set},
                                          Field{"name", &ProvenanceRow::name},
                                          Field{"value", &ProvenanceRow::value}};
inline const std::tuple reference_fields{
    Field{"side", &ReferenceRow::side},
    Field{"cell", &ReferenceRow::cell},
    Field{"row", &ReferenceRow::row},
    Field{"kind", &ReferenceRow::kind},
    Field{"metric", &ReferenceRow::metric},
    Field{"seed", &ReferenceRow::seed},
    Field{"value", &ReferenceRow::value, "by row"},
    Field{"sd", &ReferenceRow::sd, "%"},
    Field{"n", &ReferenceRow::n, "1"},
    Field{"rounding_half_width", &ReferenceRow::rounding_half_width, "%"},
    Field{"where", &ReferenceRow::where},
    Field{"bold", &ReferenceRow::bold},
    Field{"key", &ReferenceRow::key},
    Field{"origin", &ReferenceRow::origin}};
inline const std::tuple content_fields{
    Field{"workload", &ContentRow::workload}, Field{"profile", &ContentRow::profile},
    Field{"runs", &ContentRow::runs, "1"}, Field{"records", &ContentRow::records, "1"},
    Field{"version", &ContentRow::version}};

/// The rows that a checked result gives; `verify` makes them again and compares.
[[nodiscard]] suite::store::Table cell_table(const CheckResult& result);
[[nodiscard]] suite::store::Table claim_table(const CheckResult& result);
[[nodiscard]] suite::store::Table parents_table(const CheckResult& result);
[[nodiscard]] std::vector<RunRow> run_rows(const CheckResult& result);
[[nodiscard]] suite::store::Table provenance_table(const CheckResult& result);

[[nodiscard]] std::vector<ReferenceRow> reference_rows(const suite::plan::References& references);
/// Inverse; adds to what is there. Throws std::invalid_argument for rows that reference_rows does not make.
void take_references(const std::vector<ReferenceRow>& rows, suite::plan::References& references);

} // namespace reports::bundle
