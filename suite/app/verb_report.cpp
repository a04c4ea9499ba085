#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/figure.hpp"
#include "reports/json.hpp"
#include "reports/report_files.hpp"
#include "reports/terminal.hpp"
#include "reports/time_shares.hpp"
#include "suite/app/reporting.hpp"
#include "suite/app/verbs.hpp"
#include "suite/base/log.hpp"

namespace suite::app {
namespace {

struct ReportOptions {
    SelectionOptions selection;
    std::filesystem::path out = "report";
    std::string formats; ///< empty: all but png, figures where gnuplot is there
};

struct Report {
    reports::CheckResult result;
    std::vector<std::string> files;
};

nlohmann::ordered_json to_json(const Report& report) {
    nlohmann::ordered_json document = reports::to_json(report.result);
    document["files"] = report.files;
    return document;
}

std::vector<Report> write_reports(const ReportOptions& options) {
    const bool draws = !options.formats.empty() || reports::can_draw();
    const std::string words = !options.formats.empty() ? options.formats
                              : draws                  ? "md,html,csv,json,svg"
                                                       : "md,html,csv,json";
    const std::vector<reports::Format> formats = reports::parse_formats(words);
    std::vector<Report> list;
    for (reports::CheckResult& result :
         check_selection(options.selection, {.cells = options.selection.cells})) {
        if (!draws && !result.figures.empty()) {
            log_info(result.workload + ": figures left out, gnuplot is not installed");
        }
        Report report;
        for (const auto& path : reports::write_report(result, options.out, formats)) {
            report.files.push_back(path.string());
        }
        report.result = std::move(result);
        list.push_back(std::move(report));
    }
    if (list.size() > 1 &&
        std::find(formats.begin(), formats.end(), reports::Format::html) != formats.end()) {
        std::vector<const reports::CheckResult*> results;
        for (const Report& report : list) {
            results.push_back(&report.result);
        }
        list.back().files.push_back(reports::write_index(results, options.out).string());
    }
    return list;
}

/// Of all finished runs of the store, whichever workload asked for them.
std::string store_time_text(const std::filesystem::path& folder) {
    const store::Store store(folder, store::Access::read_only);
    std::vector<store::RunRecord> records;
    for (const std::string& key : store.keys()) {
        if (store::Lookup found = store.look_up(key); found.state == store::LookupState::finished) {
            found.record->predictions.reset();
            records.push_back(std::move(*found.record));
        }
    }
    return reports::time_shares_text(reports::time_shares(records));
}

int report(const ReportOptions& options) {
    const std::vector<Report> list = write_reports(options);
    if (options.selection.output.json) {
        print_documents(list, to_json);
    }
    bool is_damaged = false;
    for (const Report& entry : list) {
        if (!options.selection.output.json) {
            fmt::print("{}Report: {}\n", reports::table_text(entry.result, colours_of_stdout()),
                       fmt::join(entry.files, " "));
        }
        log_damage(entry.result);
        is_damaged = is_damaged || !entry.result.damaged.empty();
    }
    if (!options.selection.output.json) {
        const std::string text = store_time_text(options.selection.store);
        fmt::print("{}{}", text, text.empty() ? "" : "\n");
    }
    return is_damaged ? exit_code(ErrorKind::store) : 0;
}

} // namespace

void register_report(Dispatcher& dispatcher) {
    auto options = std::make_shared<ReportOptions>();
    CLI::App* verb =
        add_verb(dispatcher, "report", "The table beside the published one, on stdout and as files",
                 options->selection.output, [options] { return report(*options); });
    add_selection(*verb, options->selection);
    verb->add_option("--out", options->out, "Folder of the report")->capture_default_str();
    verb->add_option("--format", options->formats,
                     "Of md, html, csv, json, junit, mlperf, svg and png, separated by commas; default "
                     "md,html,csv,json,svg "
                     "(figures need gnuplot)");
}

} // namespace suite::app
