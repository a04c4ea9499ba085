#include "reports/format/rung_text.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/format/text_format.hpp"
#include "reports/format/text_table.hpp"

namespace reports {
namespace {

using nlohmann::ordered_json;

constexpr double milliseconds = 1e3;
const std::string none = "—";

std::string throughput_text(const metrics::Sample& sample) {
    if (sample.n == 0) {
        return none;
    }
    return sample.sd ? fmt::format("{:.1f} ± {:.1f}", sample.mean, *sample.sd)
                     : fmt::format("{:.1f}", sample.mean);
}

/// The result, or what is only shown, in brackets.
std::string in_brackets_if(bool flagged, const std::string& text) {
    return flagged ? "(" + text + ")" : text;
}

const metrics::Efficiency* shown_efficiency(const RungResult& rung) {
    return rung.efficiency ? &*rung.efficiency : rung.flagged ? &*rung.flagged : nullptr;
}

std::string efficiency_text(const RungResult& rung) {
    const metrics::Efficiency* efficiency = shown_efficiency(rung);
    if (rung.runs.empty()) {
        return none;
    }
    if (rung.ranks == 1) {
        return "100 (base)";
    }
    if (efficiency == nullptr) {
        return none;
    }
    const std::string interval =
        efficiency->ci95 ? fmt::format(" [{:.2f}, {:.2f}]", efficiency->ci95->low, efficiency->ci95->high)
                         : "";
    return in_brackets_if(!rung.efficiency, fmt::format("{:.2f}{}", efficiency->mean, interval));
}

std::string speedup_text(const RungResult& rung) {
    const metrics::Efficiency* efficiency = shown_efficiency(rung);
    return rung.runs.empty() ? none
           : rung.ranks == 1 ? "1.00"
           : efficiency == nullptr
               ? none
               : in_brackets_if(!rung.efficiency, fmt::format("{:.2f}", efficiency->speedup));
}

std::string milliseconds_text(double seconds) {
    return fmt::format("{:.2f}", milliseconds * seconds);
}

std::string published_text(const CellResult& cell) {
    if (!cell.rung || !cell.rung->published || !cell.published) {
        return none;
    }
    return fmt::format("{:.2f} · {:.2f} · {:.2f}", cell.rung->published->images_per_second,
                       cell.rung->published->speedup, cell.published->sample.mean);
}

bool is_measured(const CellResult& cell) {
    return cell.rung && !cell.rung->runs.empty();
}

std::string csv_number(const std::optional<double>& value) {
    return value ? fmt::format("{}", *value) : "";
}

std::string csv_text(std::string text) {
    for (std::size_t at = text.find('"'); at != std::string::npos; at = text.find('"', at + 2)) {
        text.insert(at, "\"");
    }
    return "\"" + text + "\"";
}

std::string csv_row(const CellResult& cell) {
    const RungResult& rung = *cell.rung;
    const auto& e = rung.efficiency;
    const auto low = e && e->ci95 ? std::optional(e->ci95->low) : std::nullopt;
    const auto high = e && e->ci95 ? std::optional(e->ci95->high) : std::nullopt;
    const auto& p = rung.published;
    const std::vector<std::string> fields{
        cell.id,
        cell.cell.at(suite::plan::AxisRole::scaling),
        fmt::format("{}", rung.ranks),
        fmt::format("{}", rung.runs.size()),
        rung.runs.empty() ? "" : fmt::format("{}", rung.throughput.mean),
        csv_number(rung.throughput.sd),
        rung.runs.empty() ? "" : fmt::format("{}", rung.steady.mean),
        csv_number(e ? std::optional(e->speedup) : std::nullopt),
        csv_number(e ? std::optional(e->mean) : std::nullopt),
        csv_number(low),
        csv_number(high),
        csv_number(rung.flagged ? std::optional(rung.flagged->mean) : std::nullopt),
        csv_number(p ? std::optional(p->images_per_second) : std::nullopt),
        csv_number(p ? std::optional(p->speedup) : std::nullopt),
        csv_number(cell.published ? std::optional(cell.published->sample.mean) : std::nullopt),
        csv_number(rung.step.data),
        csv_number(rung.step.forward),
        csv_number(rung.step.backward),
        csv_number(rung.step.communication),
        csv_number(rung.step.optimizer),
        csv_number(rung.step.imbalance),
        csv_number(rung.step.p50),
        csv_number(rung.step.p95),
        csv_text(fmt::format("{}", fmt::join(rung.flags, ", "))),
        std::string(metrics::to_string(cell.comparison.verdict)),
        csv_text(cell.comparison.reason),
        std::string(to_string(cell.compared_with()))};
    return fmt::format("{}\n", fmt::join(fields, ","));
}

ordered_json interval_json(const std::optional<metrics::Interval>& interval) {
    return interval ? ordered_json{interval->low, interval->high} : ordered_json(nullptr);
}

ordered_json efficiency_json(const std::optional<metrics::Efficiency>& efficiency) {
    if (!efficiency) {
        return nullptr;
    }
    return {{"n", efficiency->n},
            {"mean", efficiency->mean},
            {"speedup", efficiency->speedup},
            {"ci95", interval_json(efficiency->ci95)},
            {"ci95_welch", interval_json(efficiency->ci95_welch)},
            {"median", efficiency->median.median},
            {"median_interval", interval_json(efficiency->median.interval)},
            {"median_coverage", efficiency->median.coverage}};
}

ordered_json run_json(const RungRun& run) {
    ordered_json ranks = ordered_json::array();
    for (const suite::store::ScalingRank& rank : run.ranks) {
        ranks.push_back({{"rank", rank.rank},
                         {"host", rank.host},
                         {"core", rank.core},
                         {"images", rank.images},
                         {"step_p50_seconds", rank.step_p50_seconds},
                         {"step_p95_seconds", rank.step_p95_seconds},
                         {"weights_digest", rank.weights_digest}});
    }
    ordered_json sweep = ordered_json::array();
    for (const suite::store::ScalingSweep& size : run.sweep) {
        sweep.push_back({{"bytes", size.bytes},
                         {"seconds", size.seconds},
                         {"algorithm_bandwidth", size.algorithm_bandwidth},
                         {"bus_bandwidth", size.bus_bandwidth},
                         {"wrong", size.wrong}});
    }
    return {{"repetition", run.repetition},
            {"key", run.key},
            {"images", run.summary.images},
            {"seconds", run.summary.seconds},
            {"images_per_second", run.summary.images_per_second},
            {"steady_images_per_second", run.summary.steady_images_per_second},
            {"base_images_per_second",
             run.base_images_per_second ? ordered_json(*run.base_images_per_second) : ordered_json(nullptr)},
            {"backend", run.summary.backend},
            {"reduction", run.summary.reduction},
            {"foreign_share", run.summary.foreign_share},
            {"steal_share", run.summary.steal_share},
            {"throttle_events", run.summary.throttle_events},
            {"flags", run.summary.flags},
            {"ranks", std::move(ranks)},
            {"sweep", std::move(sweep)}};
}

/// The remarks as footnotes; the table keeps their marks.
RungTable with_marks(RungTable table, Footnotes& notes) {
    if (table.ends_with_remarks) {
        for (std::vector<std::string>& row : table.rows) {
            row.back() = footnote_mark(notes.number(row.back()));
        }
    }
    return table;
}

/// The first column, which names the row, and those of [begin, end).
TextTable part_of(const RungTable& table, std::size_t begin, std::size_t end) {
    const auto pick = [&](const std::vector<std::string>& row) {
        std::vector<std::string> cells{row.front()};
        cells.insert(cells.end(), row.begin() + static_cast<std::ptrdiff_t>(begin),
                     row.begin() + static_cast<std::ptrdiff_t>(end));
        return cells;
    };
    std::vector<TextColumn> columns;
    for (const std::string& heading : pick(table.headings)) {
        columns.push_back({.heading = heading, .align = columns.empty() ? Align::left : Align::right});
    }
    TextTable part(columns);
    for (const std::vector<std::string>& row : table.rows) {
        std::vector<TextCell> cells;
        for (std::string& text : pick(row)) {
            cells.push_back({.text = std::move(text)});
        }
        part.add_row(std::move(cells));
    }
    return part;
}

} // namespace

RungTable measured_table(const CheckResult& result) {
    RungTable table{.headings = {"scale point", "runs", "img/s with I/O", "steady img/s", "speed-up",
                                 "efficiency, % [95 %]", "published img/s · speed-up · %", "verdict",
                                 "flags"},
                    .rows = {},
                    .ends_with_remarks = true};
    for (const CellResult& cell : result.cells) {
        if (cell.rung && (is_measured(cell) || cell.rung->published)) {
            const RungResult& rung = *cell.rung;
            table.rows.push_back({cell.id, fmt::format("{}/{}", rung.runs.size(), cell.planned),
                                  throughput_text(rung.throughput), throughput_text(rung.steady),
                                  speedup_text(rung), efficiency_text(rung), published_text(cell),
                                  verdict_text(cell), fmt::format("{}", fmt::join(rung.flags, ", "))});
        }
    }
    return table;
}

RungTable time_table(const CheckResult& result) {
    RungTable table{.headings = {"ms a step", "p50", "p95", "data", "forward", "backward", "exposed comm.",
                                 "optimiser", "imbalance"},
                    .rows = {}};
    for (const CellResult& cell : result.cells) {
        if (is_measured(cell)) {
            const StepShares& step = cell.rung->step;
            std::vector<std::string> row{cell.id};
            for (const double seconds : {step.p50, step.p95, step.data, step.forward, step.backward,
                                         step.communication, step.optimizer, step.imbalance}) {
                row.push_back(milliseconds_text(seconds));
            }
            table.rows.push_back(std::move(row));
        }
    }
    return table;
}

RungTable loss_table(const CheckResult& result) {
    RungTable table{.headings = {"efficiency lost, points", "computing slower", "communication",
                                 "waiting for the slowest", "other", "together"},
                    .rows = {}};
    for (const CellResult& cell : result.cells) {
        if (!is_measured(cell) || !cell.rung->loss) {
            continue;
        }
        const EfficiencyLoss& loss = *cell.rung->loss;
        std::vector<std::string> row{cell.id};
        for (const double points :
             {loss.computing, loss.communication, loss.waiting, loss.other, loss.total()}) {
            row.push_back(fmt::format("{:.1f}", points));
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

RungTable rank_table(const CheckResult& result) {
    RungTable table{.headings = {"rank", "host", "cores", "p50 ms", "p95 ms", "forward", "backward",
                                 "exposed comm.", "processor s"},
                    .rows = {}};
    std::map<std::string, const CellResult*> largest;
    for (const CellResult& cell : result.cells) {
        const CellResult*& place = largest[cell.cell.at(suite::plan::AxisRole::scaling)];
        if (is_measured(cell) && (place == nullptr || cell.rung->ranks > place->rung->ranks)) {
            place = &cell;
        }
    }
    for (const auto& [mode, cell] : largest) {
        if (cell == nullptr) {
            continue;
        }
        for (const suite::store::ScalingRank& rank : cell->rung->runs.back().ranks) {
            table.rows.push_back(
                {fmt::format("{} {}", cell->id, rank.rank), rank.host, rank.core,
                 milliseconds_text(rank.step_p50_seconds), milliseconds_text(rank.step_p95_seconds),
                 milliseconds_text(rank.forward_seconds), milliseconds_text(rank.backward_seconds),
                 milliseconds_text(rank.communication_seconds),
                 fmt::format("{:.2f}", rank.processor_seconds)});
        }
    }
    return table;
}

RungTable sweep_table(const CheckResult& result) {
    RungTable table{.headings = {"all-reduce", "bytes", "µs", "algorithm GB/s", "bus GB/s", "wrong sums"},
                    .rows = {}};
    const CellResult* largest = nullptr;
    for (const CellResult& cell : result.cells) {
        if (is_measured(cell) && (largest == nullptr || cell.rung->ranks > largest->rung->ranks)) {
            largest = &cell;
        }
    }
    if (largest == nullptr) {
        return table;
    }
    for (const suite::store::ScalingSweep& size : largest->rung->runs.back().sweep) {
        table.rows.push_back(
            {largest->id, fmt::format("{}", size.bytes), fmt::format("{:.1f}", 1e6 * size.seconds),
             fmt::format("{:.3f}", 1e-9 * size.algorithm_bandwidth),
             fmt::format("{:.3f}", 1e-9 * size.bus_bandwidth), fmt::format("{}", size.wrong)});
    }
    return table;
}

std::vector<RungTable> rung_tables(const CheckResult& result) {
    std::vector<RungTable> tables{measured_table(result), time_table(result), loss_table(result),
                                  rank_table(result), sweep_table(result)};
    std::erase_if(tables, [](const RungTable& table) { return table.rows.empty(); });
    return tables;
}

std::string plain_text(const RungTable& table, std::size_t columns) {
    if (table.rows.empty()) {
        return "";
    }
    Footnotes notes;
    const RungTable marked = with_marks(table, notes);
    std::string text;
    for (std::size_t begin = 1; begin < marked.headings.size();) {
        std::size_t end = begin + 1;
        while (end < marked.headings.size() && part_of(marked, begin, end + 1).columns() <= columns) {
            ++end;
        }
        text += (text.empty() ? "" : "\n") + part_of(marked, begin, end).text(Colours::off);
        begin = end;
    }
    return text + notes.plain(columns);
}

std::string markdown(const RungTable& table) {
    if (table.rows.empty()) {
        return "";
    }
    Footnotes notes;
    const RungTable marked = with_marks(table, notes);
    std::string text = fmt::format("| {} |\n|---|", fmt::join(marked.headings, " | "));
    for (std::size_t i = 1; i < marked.headings.size(); ++i) {
        text += "--:|";
    }
    text += '\n';
    for (const std::vector<std::string>& row : marked.rows) {
        text += fmt::format("| {} |\n", fmt::join(row, " | "));
    }
    text += notes.texts().empty() ? "" : "\n";
    for (const std::string& note : notes.texts()) {
        text += fmt::format("- {} {}\n", footnote_mark(notes.number(note)), note);
    }
    return text;
}

ordered_json view_of(const RungTable& table) {
    ordered_json rows = ordered_json::array();
    for (const std::vector<std::string>& row : table.rows) {
        rows.push_back(
            {{"head", row.front()}, {"fields", std::vector<std::string>(row.begin() + 1, row.end())}});
    }
    return {{"headings", table.headings}, {"rows", std::move(rows)}};
}

std::string rung_csv(const CheckResult& result) {
    std::string text = "cell,mode,ranks,runs,images_per_second,images_per_second_sd,steady_images_per_second,"
                       "speedup,efficiency,"
                       "efficiency_ci95_low,efficiency_ci95_high,flagged_efficiency,published_images_per_"
                       "second,published_speedup,"
                       "published_efficiency,data_seconds,forward_seconds,backward_seconds,communication_"
                       "seconds,optimizer_seconds,"
                       "imbalance_seconds,step_p50_seconds,step_p95_seconds,flags,verdict,reason,"
                       "compared_with\n";
    for (const CellResult& cell : result.cells) {
        text += cell.rung ? csv_row(cell) : "";
    }
    return text;
}

ordered_json to_json(const RungResult& rung) {
    ordered_json runs = ordered_json::array();
    for (const RungRun& run : rung.runs) {
        runs.push_back(run_json(run));
    }
    const bool measured = !rung.runs.empty();
    const auto mean = [measured](const metrics::Sample& sample) {
        return measured ? ordered_json(sample.mean) : ordered_json(nullptr);
    };
    ordered_json document{{"ranks", rung.ranks},
                          {"images_per_second", mean(rung.throughput)},
                          {"steady_images_per_second", mean(rung.steady)},
                          {"efficiency", efficiency_json(rung.efficiency)},
                          {"flagged_efficiency", efficiency_json(rung.flagged)},
                          {"flags", rung.flags},
                          {"invalid", rung.invalid},
                          {"published", nullptr},
                          {"step_seconds", nullptr},
                          {"efficiency_lost", nullptr},
                          {"runs", std::move(runs)}};
    if (rung.published) {
        document["published"] = {{"images_per_second", rung.published->images_per_second},
                                 {"speedup", rung.published->speedup}};
    }
    if (measured) {
        const StepShares& step = rung.step;
        document["step_seconds"] = {{"p50", step.p50},
                                    {"p95", step.p95},
                                    {"data", step.data},
                                    {"forward", step.forward},
                                    {"backward", step.backward},
                                    {"communication", step.communication},
                                    {"optimizer", step.optimizer},
                                    {"imbalance", step.imbalance}};
    }
    if (rung.loss) {
        document["efficiency_lost"] = {{"computing", rung.loss->computing},
                                       {"communication", rung.loss->communication},
                                       {"waiting", rung.loss->waiting},
                                       {"other", rung.loss->other}};
    }
    return document;
}

} // namespace reports
