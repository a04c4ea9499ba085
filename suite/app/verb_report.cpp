#include <algorithm>
#include <memory>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/bundle/bundle.hpp"
#include "reports/format/card.hpp"
#include "reports/format/figure.hpp"
#include "reports/format/json.hpp"
#include "reports/format/report_files.hpp"
#include "reports/format/terminal.hpp"
#include "reports/format/text_format.hpp"
#include "reports/format/time_shares.hpp"
#include "suite/app/main_verbs.hpp"
#include "suite/app/reporting.hpp"
#include "suite/base/log.hpp"

namespace suite::app {
namespace {

struct Report {
    reports::CheckResult result;
    std::vector<std::string> files;
    reports::WrittenFiles written;
};

nlohmann::ordered_json to_json(const Report& report) {
    nlohmann::ordered_json document = reports::to_json(report.result);
    document["files"] = report.files;
    return document;
}

std::vector<reports::CheckResult> from_store(const ReportOptions& options) {
    if (options.selection.workloads.empty()) {
        throw Error(ErrorKind::usage, Fault{.where = "command line",
                                            .found = "no workload",
                                            .expected = "one or more, or --from FILE",
                                            .fix = "see transferscale report --help"});
    }
    return check_selection(options.selection, {.cells = options.selection.cells});
}

std::vector<reports::CheckResult> from_bundles(const ReportOptions& options) {
    if (!options.selection.workloads.empty()) {
        throw Error(ErrorKind::usage, Fault{.where = "command line",
                                            .found = "workloads and --from",
                                            .expected = "one of them: a bundle names its workload",
                                            .fix = "leave the workloads out"});
    }
    std::vector<reports::CheckResult> results;
    require_bundles(options.bundles);
    for (const std::filesystem::path& bundle : options.bundles) {
        results.push_back(reports::open_bundle(bundle).result);
    }
    const reports::Selection selection{.cells = options.selection.cells};
    reports::require_known(results, selection);
    for (reports::CheckResult& result : results) {
        result = reports::select(std::move(result), selection);
    }
    return results;
}

std::vector<Report> write_reports(const ReportOptions& options) {
    const bool draws = !options.formats.empty() || reports::can_draw();
    const std::string words = !options.formats.empty() ? options.formats
                              : draws                  ? "md,html,csv,json,svg"
                                                       : "md,html,csv,json";
    const std::vector<reports::Format> formats = reports::parse_formats(words);
    std::vector<reports::CheckResult> results =
        options.bundles.empty() ? from_store(options) : from_bundles(options);
    std::vector<const reports::CheckResult*> all;
    for (const reports::CheckResult& result : results) {
        all.push_back(&result);
    }
    const std::vector<reports::CellHomes> homes = reports::cell_homes(all, reports::page_names(all));
    std::vector<Report> list;
    for (std::size_t i = 0; i < results.size(); ++i) {
        reports::CheckResult& result = results[i];
        if (!draws && !result.figures.empty()) {
            log_info(result.workload + ": figures left out, gnuplot is not installed");
        }
        Report report;
        report.written = reports::write_report(result, options.out, formats, homes[i]);
        for (const auto& path : report.written.paths) {
            report.files.push_back(path.string());
        }
        list.push_back(std::move(report));
    }
    if (list.size() > 1 &&
        std::find(formats.begin(), formats.end(), reports::Format::html) != formats.end()) {
        list.back().files.push_back(reports::write_index(all, options.out).string());
    }
    for (std::size_t i = 0; i < results.size(); ++i) {
        list[i].result = std::move(results[i]);
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

/// All workloads of a paper, ladders too, at every profile of the catalogue.
std::vector<reports::ProfileStanding> standings_of(const plan::Catalog& catalog, const std::string& paper,
                                                   const SelectionOptions& selection) {
    SelectionOptions whole = selection;
    whole.workloads.clear();
    whole.cells.clear();
    for (const std::string& id : plan::workload_ids(catalog)) {
        if (catalog.workloads.at(id).paper == paper) {
            whole.workloads.push_back(id);
        }
    }
    std::vector<reports::ProfileStanding> standings;
    for (const auto& [profile, spec] : catalog.profiles) {
        whole.profile = profile;
        standings.push_back(reports::standing_of(check_selection(whole, {})));
    }
    std::stable_partition(standings.begin(), standings.end(), [](const reports::ProfileStanding& standing) {
        return standing.profile == reports::paper_profile;
    });
    return standings;
}

/// The cards of the studies that the workloads belong to; of all studies when none is named.
std::vector<reports::StudyCard> write_cards(const ReportOptions& options) {
    if (!options.bundles.empty()) {
        throw Error(ErrorKind::usage, Fault{.where = "command line",
                                            .found = "--card and --from",
                                            .expected = "a store: a card is about a whole study",
                                            .fix = "leave --from out, or --card"});
    }
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    std::set<std::string> wanted;
    for (const std::string& id : all_of(catalog, options.selection.workloads)) {
        wanted.insert(find(catalog.workloads, id, "workload").paper);
    }
    const reports::Audit audit = reports::audit(catalog, {}, options.selection.profile);
    std::vector<reports::StudyCard> cards;
    for (const std::string& paper : reports::papers_of(catalog)) {
        if (wanted.empty() || wanted.contains(paper)) {
            cards.push_back(
                reports::make_card(paper, audit, standings_of(catalog, paper, options.selection)));
            reports::write_card(cards.back(), options.out);
        }
    }
    return cards;
}

std::vector<std::string> card_files(const reports::StudyCard& card, const std::filesystem::path& folder) {
    std::vector<std::string> files;
    for (const std::filesystem::path& path : reports::card_paths(card, folder)) {
        files.push_back(path.string());
    }
    return files;
}

nlohmann::ordered_json card_json(const reports::StudyCard& card, const std::filesystem::path& folder) {
    return {{"study", card.study},
            {"paper", card.paper},
            {"claims", card.summary.claims},
            {"robust", card.summary.robust},
            {"robust_printed", card.summary.robust_printed},
            {"fragile", card.summary.fragile},
            {"not_supported", card.summary.not_supported},
            {"not_judged", card.summary.not_judged},
            {"paper_scale", reports::paper_scale_text(card)},
            {"files", card_files(card, folder)}};
}

/// The cards alone.
Outcome report_cards(const ReportOptions& options) {
    const std::vector<reports::StudyCard> cards = write_cards(options);
    if (options.selection.output.json) {
        return {.document = document_of_all(cards, [&options](const reports::StudyCard& card) {
                    return card_json(card, options.out);
                })};
    }
    for (const reports::StudyCard& card : cards) {
        fmt::print("{}: {}; {}\nCard: {}\n", card.study, reports::claims_text(card),
                   reports::paper_scale_text(card), fmt::join(card_files(card, options.out), " "));
    }
    return {};
}

/// The error of a figure that could not be drawn, logged; else nothing.
std::optional<int> drawing_failure(const reports::WrittenFiles& written) {
    try {
        written.throw_if_undrawn();
        return std::nullopt;
    } catch (const Error& error) {
        log_error(error.what());
        return error.exit_code();
    }
}

} // namespace

Outcome report_workloads(const ReportOptions& options) {
    if (options.card) {
        return report_cards(options);
    }
    const std::vector<Report> list = write_reports(options);
    Outcome outcome;
    if (options.selection.output.json) {
        outcome.document = document_of_all(list, to_json);
    }
    for (const Report& entry : list) {
        if (!options.selection.output.json) {
            fmt::print("{}Report: {}\n", reports::table_text(entry.result, page_of_stdout()),
                       fmt::join(entry.files, " "));
        }
        log_damage(entry.result);
        if (!entry.result.damaged.empty()) {
            outcome.exit_code = exit_code(ErrorKind::store);
        }
    }
    if (!options.selection.output.json && options.bundles.empty()) {
        const std::string text =
            reports::wrapped(store_time_text(options.selection.store), columns_of_stdout(), 2);
        fmt::print("{}{}", text, text.empty() ? "" : "\n");
    }
    for (const Report& entry : list) {
        if (const std::optional<int> failure = drawing_failure(entry.written)) {
            outcome.exit_code = *failure;
            break;
        }
    }
    return outcome;
}

void add_report_folder(CLI::App& verb, ReportOptions& options) {
    verb.add_option("--out", options.out, "Folder of the report")->type_name("DIR")->capture_default_str();
}

void add_formats(CLI::App& verb, ReportOptions& options) {
    verb.add_option("--format", options.formats,
                    "Which of md, html, csv, json, junit, mlperf, svg, png, picture (figures and claims "
                    "as one SVG) and parents (how far pre-training runs differ, as CSV), "
                    "separated by commas (default: md,html,csv,json,svg; figures need gnuplot)")
        ->type_name("LIST");
}

void register_report(Dispatcher& dispatcher) {
    auto options = std::make_shared<ReportOptions>();
    CLI::App* verb =
        add_verb(dispatcher, "report",
                 "Prints tables with published and own results, and writes them with figures to files",
                 options->selection.output,
                 [options] { return printed(report_workloads(*options), options->selection.output); });
    add_selection(*verb, options->selection);
    verb->get_option("workload")->required(false);
    verb->add_option("--from", options->bundles, "Read this bundle instead of the store; may be repeated")
        ->type_name("FILE")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    add_report_folder(*verb, *options);
    verb->add_flag(
        "--card", options->card,
        "Instead of tables: one page a study (HTML, Markdown) and a badge (SVG) with what its "
        "published numbers support and what was run at which scale; without workloads of every study");
    add_formats(*verb, *options);
    add_data(*verb, options->selection);
    add_ranks(*verb, options->selection);
}

} // namespace suite::app
