#include "suite/store/record_file.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "suite/base/hash.hpp"
#include "suite/store/hdf5_io.hpp"
#include "suite/store/scaling_fields.hpp"
#include "suite/store/user_block.hpp"

namespace suite::store {
namespace {

/// The single row of /run.
struct RunRow {
    std::string key;
    std::string status;
    std::string kind;
    std::string cell;
    std::uint64_t seed = 0;
    std::string parent;
    std::int64_t images_seen = 0;
    std::int64_t parameters = 0;
    double train_seconds = 0.0;
    double wall_seconds = 0.0;
    std::string weights_digest;
    std::int64_t schema = record_schema;
};

struct NamedValue {
    std::string name;
    std::string value;
};

const std::tuple run_fields{Field{"key", &RunRow::key},
                            Field{"status", &RunRow::status},
                            Field{"kind", &RunRow::kind},
                            Field{"cell", &RunRow::cell},
                            Field{"seed", &RunRow::seed},
                            Field{"parent", &RunRow::parent},
                            Field{"images_seen", &RunRow::images_seen, "1"},
                            Field{"parameters", &RunRow::parameters, "1"},
                            Field{"train_seconds", &RunRow::train_seconds, "s"},
                            Field{"wall_seconds", &RunRow::wall_seconds, "s"},
                            Field{"weights_digest", &RunRow::weights_digest},
                            Field{"schema", &RunRow::schema}};
const std::tuple metric_fields{Field{"name", &MetricEntry::name}, Field{"split", &MetricEntry::split},
                               Field{"value", &MetricEntry::value, "by row"},
                               Field{"unit", &MetricEntry::unit},
                               Field{"direction", &MetricEntry::direction}};
const std::tuple loss_fields{Field{"step", &LossEntry::step}, Field{"loss", &LossEntry::loss, "1"},
                             Field{"lr", &LossEntry::lr, "1"}};
const std::tuple timing_fields{Field{"started_seconds", &Timing::started_seconds, "s"},
                               Field{"data_seconds", &Timing::data_seconds, "s"},
                               Field{"evaluation_seconds", &Timing::evaluation_seconds, "s"},
                               Field{"store_seconds", &Timing::store_seconds, "s"}};
const std::tuple provenance_fields{Field{"name", &NamedValue::name}, Field{"value", &NamedValue::value}};
const std::tuple failure_fields{Field{"phase", &Failure::phase}, Field{"kind", &Failure::kind},
                                Field{"reason", &Failure::reason}, Field{"step", &Failure::step}};

std::string status_word(RunStatus status) {
    return status == RunStatus::finished ? "finished" : "failed";
}

RunRow run_row(const RunRecord& record) {
    return {.key = record.key,
            .status = status_word(record.status),
            .kind = record.kind,
            .cell = record.cell,
            .seed = record.seed,
            .parent = record.parent_key,
            .images_seen = record.images_seen,
            .parameters = record.parameters,
            .train_seconds = record.train_seconds,
            .wall_seconds = record.wall_seconds,
            .weights_digest = record.weights_digest};
}

std::vector<NamedValue> provenance_rows(const RunRecord& record) {
    std::vector<NamedValue> rows;
    for (const auto& [name, value] : record.provenance) {
        rows.push_back({name, value});
    }
    return rows;
}

bool consistent(const PredictionTable& table) {
    const std::size_t scores = table.samples * table.outputs;
    return table.scores.size() == scores &&
           (table.classes.empty() || table.classes.size() == table.samples) &&
           (table.label_matrix.empty() || table.label_matrix.size() == scores);
}

bool holds_nul(const Table& table) {
    return std::any_of(table.begin(), table.end(), [](const Column& column) {
        const auto* texts = std::get_if<std::vector<std::string>>(&column.values);
        return texts != nullptr && std::any_of(texts->begin(), texts->end(), [](const std::string& text) {
                   return text.find('\0') != std::string::npos;
               });
    });
}

/// What is wrong with a record's own values, wherever it came from.
void add_value_faults(FaultList& faults, const RunRecord& record, const std::string& where) {
    const auto add = [&](std::string found, std::string expected) {
        faults.add({.where = where, .found = std::move(found), .expected = std::move(expected), .fix = ""});
    };
    if (const std::string digest = sha256_hex(record.config); record.key != digest) {
        add(fmt::format("key {}", record.key), fmt::format("{}, the SHA-256 of its configuration", digest));
    }
    if ((record.status == RunStatus::failed) != record.failure.has_value()) {
        add(fmt::format("status {} {} a failure", status_word(record.status),
                        record.failure ? "with" : "without"),
            "a failure exactly when the run failed");
    }
    if (record.predictions && !consistent(*record.predictions)) {
        add(fmt::format("predictions of {} samples x {} outputs with {} scores, {} classes, {} labels",
                        record.predictions->samples, record.predictions->outputs,
                        record.predictions->scores.size(), record.predictions->classes.size(),
                        record.predictions->label_matrix.size()),
            "sizes that agree");
    }
    if (record.scaling &&
        record.scaling->ranks.size() != static_cast<std::size_t>(record.scaling->summary.ranks)) {
        add(fmt::format("{} rows of scaling_ranks for {} ranks", record.scaling->ranks.size(),
                        record.scaling->summary.ranks),
            "one a rank");
    }
}

using NamedTables = std::vector<std::pair<std::string, Table>>;

NamedTables tables_of(const RunRecord& record) {
    NamedTables tables{
        {"/run", to_table(std::span<const RunRow>(std::array{run_row(record)}), run_fields)},
        {"/metrics", to_table(std::span(record.metrics), metric_fields)},
        {"/losses", to_table(std::span(record.losses), loss_fields)},
        {"/provenance", to_table(std::span<const NamedValue>(provenance_rows(record)), provenance_fields)}};
    if (record.timing) {
        tables.emplace_back("/timing", to_table(std::span<const Timing>(&*record.timing, 1), timing_fields));
    }
    if (record.scaling) {
        const ScalingSection& scaling = *record.scaling;
        tables.emplace_back("/scaling",
                            to_table(std::span<const ScalingSummary>(&scaling.summary, 1), scaling_fields));
        tables.emplace_back("/scaling_ranks", to_table(std::span(scaling.ranks), scaling_rank_fields));
        tables.emplace_back("/scaling_steps", to_table(std::span(scaling.steps), scaling_step_fields));
        tables.emplace_back("/scaling_sweep", to_table(std::span(scaling.sweep), scaling_sweep_fields));
    }
    if (record.failure) {
        tables.emplace_back("/failure",
                            to_table(std::span<const Failure>(&*record.failure, 1), failure_fields));
    }
    return tables;
}

void add_text_faults(FaultList& faults, const RunRecord& record, const NamedTables& tables) {
    for (const auto& [name, table] : tables) {
        if (holds_nul(table)) {
            faults.add(
                {.where = record.key + name, .found = "a NUL in a text", .expected = "none", .fix = ""});
        }
    }
    if (record.outcomes &&
        (record.outcomes->metric + record.outcomes->test_set).find('\0') != std::string::npos) {
        faults.add({.where = record.key + "/outcomes", .found = "a NUL", .expected = "none", .fix = ""});
    }
    if (record.config.find('\0') != std::string::npos) {
        faults.add({.where = record.key + "/config", .found = "a NUL", .expected = "none", .fix = ""});
    }
}

void write_predictions(hid_t file, const PredictionTable& table) {
    create_group(file, "/predictions");
    write_array(file, "/predictions/scores", table.scores, std::array{table.samples, table.outputs});
    if (!table.classes.empty()) {
        write_array(file, "/predictions/classes", table.classes, std::array{table.samples});
    }
    if (!table.label_matrix.empty()) {
        write_array(file, "/predictions/label_matrix", table.label_matrix,
                    std::array{table.samples, table.outputs});
    }
}

PredictionTable read_predictions(hid_t file, std::uint64_t bytes) {
    Array<float> scores = read_floats(file, "/predictions/scores", 2, bytes);
    PredictionTable table{.samples = scores.extents[0],
                          .outputs = scores.extents[1],
                          .scores = std::move(scores.values),
                          .classes = {},
                          .label_matrix = {}};
    if (has_object(file, "/predictions/classes")) {
        table.classes = read_integers(file, "/predictions/classes", 1, bytes).values;
    }
    if (has_object(file, "/predictions/label_matrix")) {
        table.label_matrix = read_floats(file, "/predictions/label_matrix", 2, bytes).values;
    }
    return table;
}

void write_outcomes(hid_t file, const TestOutcomes& outcomes) {
    create_group(file, "/outcomes");
    write_text(file, "/outcomes/metric", outcomes.metric);
    write_text(file, "/outcomes/test_set", outcomes.test_set);
    write_array(file, "/outcomes/values", outcomes.values, std::array{outcomes.values.size()});
}

TestOutcomes read_outcomes(hid_t file, std::uint64_t bytes) {
    return {.metric = read_text(file, "/outcomes/metric", bytes),
            .test_set = read_text(file, "/outcomes/test_set", bytes),
            .values = read_floats(file, "/outcomes/values", 1, bytes).values};
}

/// Rows of a table in the file. What is wrong with one table is collected, so that all faults of a file are
/// told at once.
class RecordReader {
public:
    RecordReader(hid_t file, std::uint64_t bytes, FaultList& faults)
        : file_(file), bytes_(bytes), faults_(faults) {}

    template<typename Row, typename... Values>
    std::vector<Row> rows(const std::string& name, const std::tuple<Field<Row, Values>...>& fields) {
        std::vector<Row> rows;
        attempt([&] {
            const Table columns = to_table(std::span<const Row>(), fields);
            rows = from_table(read_table(file_, name, columns, bytes_), fields);
        });
        return rows;
    }
    /// The first row of a table that must have exactly one.
    template<typename Row, typename... Values>
    Row only_row(const std::string& name, const std::tuple<Field<Row, Values>...>& fields) {
        std::vector<Row> all = rows(name, fields);
        if (all.size() != 1) {
            faults_.add({.where = name,
                         .found = fmt::format("{} rows", all.size()),
                         .expected = "one row",
                         .fix = ""});
        }
        return all.empty() ? Row{} : std::move(all.front());
    }
    template<typename Function>
    void attempt(const Function& function) {
        try {
            function();
        } catch (const Error& error) {
            for (const Fault& fault : error.faults()) {
                faults_.add(fault);
            }
        }
    }

private:
    hid_t file_;
    std::uint64_t bytes_;
    FaultList& faults_;
};

RunStatus status_from(const std::string& word, FaultList& faults) {
    if (word != "finished" && word != "failed") {
        faults.add({.where = "/run status", .found = word, .expected = "finished or failed", .fix = ""});
    }
    return word == "finished" ? RunStatus::finished : RunStatus::failed;
}

void take_run_row(RunRecord& record, RunRow row, FaultList& faults) {
    record.key = std::move(row.key);
    record.status = status_from(row.status, faults);
    record.kind = std::move(row.kind);
    record.cell = std::move(row.cell);
    record.seed = row.seed;
    record.parent_key = std::move(row.parent);
    record.images_seen = row.images_seen;
    record.parameters = row.parameters;
    record.train_seconds = row.train_seconds;
    record.wall_seconds = row.wall_seconds;
    record.weights_digest = std::move(row.weights_digest);
    if (row.schema != record_schema) {
        faults.add({.where = "/run schema",
                    .found = std::to_string(row.schema),
                    .expected = std::to_string(record_schema),
                    .fix = ""});
    }
}

RunRecord read_content(std::string_view bytes, FaultList& faults) {
    const auto session = hdf5_session();
    RunRecord record;
    FileHandle file = open_hdf5_image(bytes);
    RecordReader reader(file.get(), bytes.size(), faults);
    take_run_row(record, reader.only_row("/run", run_fields), faults);
    record.metrics = reader.rows("/metrics", metric_fields);
    record.losses = reader.rows("/losses", loss_fields);
    for (NamedValue& entry : reader.rows("/provenance", provenance_fields)) {
        record.provenance.insert_or_assign(std::move(entry.name), std::move(entry.value));
    }
    reader.attempt([&] { record.config = read_text(file.get(), "/config", bytes.size()); });
    reader.attempt([&] {
        if (has_object(file.get(), "/predictions")) {
            record.predictions = read_predictions(file.get(), bytes.size());
        }
    });
    reader.attempt([&] {
        if (has_object(file.get(), "/outcomes")) {
            record.outcomes = read_outcomes(file.get(), bytes.size());
        }
    });
    if (has_object(file.get(), "/timing")) {
        record.timing = reader.only_row("/timing", timing_fields);
    }
    if (has_object(file.get(), "/scaling")) {
        ScalingSection& scaling = record.scaling.emplace();
        scaling.summary = reader.only_row("/scaling", scaling_fields);
        scaling.ranks = reader.rows("/scaling_ranks", scaling_rank_fields);
        scaling.steps = reader.rows("/scaling_steps", scaling_step_fields);
        scaling.sweep = reader.rows("/scaling_sweep", scaling_sweep_fields);
    }
    if (record.status == RunStatus::failed) {
        record.failure = reader.only_row("/failure", failure_fields);
    }
    file.close();
    return record;
}

/// The same faults with the file's name in front.
Error in_file(const Error& error, const std::string& where) {
    std::vector<Fault> faults = error.faults();
    for (Fault& fault : faults) {
        fault.where = fault.where.starts_with(where) ? fault.where : where + ": " + fault.where;
        fault.fix = "run again: the file is set aside and its run is repeated";
    }
    return Error(ErrorKind::store, std::move(faults));
}

} // namespace

bool is_run_key(std::string_view text) noexcept {
    return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char digit) {
               return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
           });
}

std::string record_to_bytes(const RunRecord& record) {
    const NamedTables tables = tables_of(record);
    FaultList faults;
    add_value_faults(faults, record, "record " + record.key);
    add_text_faults(faults, record, tables);
    faults.throw_if_any(ErrorKind::store);
    Hdf5Image image = build_hdf5_image([&](hid_t file) {
        write_format(file, "TransferScale record", record_schema);
        for (const auto& [name, table] : tables) {
            write_table(file, name, table);
            write_units(file, name, table);
        }
        write_text(file, "/config", record.config);
        if (record.predictions) {
            write_predictions(file, *record.predictions);
        }
        if (record.outcomes) {
            write_outcomes(file, *record.outcomes);
        }
    });
    std::string bytes = std::move(image.bytes);
    bytes.resize(image.file_bytes, '\0');
    if (bytes.size() > longest_record_bytes) {
        throw Error(ErrorKind::store, Fault{.where = "record " + record.key,
                                            .found = fmt::format("{} bytes", bytes.size()),
                                            .expected = fmt::format("at most {}", longest_record_bytes),
                                            .fix = "leave the predictions out"});
    }
    const UserBlock block{.kind = "record",
                          .schema = record_schema,
                          .sha256 = sha256_hex(std::string_view(bytes).substr(user_block_bytes))};
    bytes.replace(0, user_block_bytes, to_bytes(block));
    return bytes;
}

RunRecord record_from_bytes(std::string_view bytes, std::string_view key, const std::string& where) {
    const std::string_view body = bytes.substr(std::min(bytes.size(), user_block_bytes));
    check_user_block(bytes.substr(0, user_block_bytes), sha256_hex(body), "record", record_schema, where,
                     ErrorKind::store);
    try {
        FaultList faults;
        RunRecord record = read_content(bytes, faults);
        if (faults.empty()) {
            add_value_faults(faults, record, where);
        }
        if (faults.empty() && record.key != key) {
            faults.add({.where = where,
                        .found = fmt::format("the record of {}", record.key),
                        .expected = fmt::format("the record of {}", key),
                        .fix = ""});
        }
        faults.throw_if_any(ErrorKind::store);
        return record;
    } catch (const Error& error) {
        throw in_file(error, where);
    }
}

} // namespace suite::store
