// How often the rules of judging are wrong and how often they find what is true, on made-up studies whose
// truth is known:
//
//     judgement-rates [--studies N] [--seed S] [--threads N] [--json | --markdown]
//
// Every row names the rule that it is about and gives four rates: with the earlier rules (all of
// metrics/rules.hpp off), with the earlier rules and this one, with all rules but this one, with all rules.
// The same values are judged four times.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "metrics/earlier_rules.hpp"
#include "metrics/simulation.hpp"
#include "suite/base/error.hpp"

namespace {

using metrics::Rate;
using metrics::Rules;
using metrics::SimulatedCell;
using metrics::SimulatedClaim;
using metrics::SimulatedStudy;
using metrics::SimulationOptions;
using metrics::StudyRates;

/// One rule, and how it is called.
struct Rule {
    std::string name; ///< of its switch in metrics/rules.hpp; "": there is no switch
    std::string text;
    bool Rules::*is_on = nullptr;
};

/// One made-up study and what is counted in it.
struct Row {
    std::string id;
    std::string study;
    std::string counted;
    Rule rule;
    std::function<Rate(const Rules&, const SimulationOptions&)> rate;
};

struct JudgedRow {
    const Row* row = nullptr;
    Rate before;
    Rate before_with;
    Rate without;
    Rate all;
};

Rules switched(Rules rules, const Rule& rule, bool is_on) {
    if (rule.is_on != nullptr) {
        rules.*rule.is_on = is_on;
    }
    return rules;
}

JudgedRow judged(const Row& row, const SimulationOptions& options) {
    return {.row = &row,
            .before = row.rate(metrics::earlier_rules, options),
            .before_with = row.rate(switched(metrics::earlier_rules, row.rule, true), options),
            .without = row.rate(switched({}, row.rule, false), options),
            .all = row.rate({}, options)};
}

const Rule counts_parents{"counts_parents", "parents' variance, estimated from 5 pre-training runs, is added",
                          &Rules::counts_parents};
const Rule equivalents_at_one{"equivalents_at_one", "equivalent cells enter the correction with p = 1",
                              &Rules::equivalents_at_one};
const Rule beyond_margin{"different_beyond_margin", "`different` means beyond the margin",
                         &Rules::different_beyond_margin};
const Rule pools_sds{"pools_sds", "margins use the sd pooled over 8 similar cells", &Rules::pools_sds};
const Rule pairs_seeds{"pairs_seeds", "shared seeds are tested in pairs", &Rules::pairs_seeds};
const Rule caps_margins{"caps_margins", "margins are capped", &Rules::caps_margins};
const Rule at_chance{"withholds_at_chance", "no `equivalent` where chance lies within the margin",
                     &Rules::withholds_at_chance};
const Rule rounding{"rounding_narrows", "rounding narrows what can be shown", &Rules::rounding_narrows};
const Rule intersection{"all_of_is_intersection", "\"all of\" needs no correction",
                        &Rules::all_of_is_intersection};
const Rule constants{"", "constants are compared", nullptr};

/// As Table 1: groups of 8 similar cells, of which each descends from another parent.
std::vector<SimulatedCell> cells_like(const SimulatedCell& cell, std::size_t count) {
    std::vector<SimulatedCell> cells(count, cell);
    for (std::size_t i = 0; i < count; ++i) {
        cells[i].group = i / 8;
        cells[i].parent = i % 8;
    }
    return cells;
}

/// Half of the cells have seeds that agree closely; those differ, truly, by half the margin.
SimulatedStudy half_tight(std::size_t count) {
    SimulatedStudy study{.cells = cells_like({.sd = 1.0, .margin = {.points = 1.0}}, count)};
    for (std::size_t i = 0; i < count / 2; ++i) {
        study.cells[i].sd = 0.1;
        study.cells[i].offset = 0.5;
    }
    return study;
}

/// Printed means whose true values lie anywhere between two printed digits.
SimulatedStudy printed(double offset) {
    SimulatedStudy study{
        .cells =
            cells_like({.offset = offset, .sd = 0.3, .margin = {.points = 1.0}, .printed_decimals = 0}, 16)};
    for (std::size_t i = 0; i < study.cells.size(); ++i) {
        study.cells[i].mean = 70.0 + static_cast<double>(i) / static_cast<double>(study.cells.size());
    }
    return study;
}

Row row_of(std::string id, std::string text, std::string counted, const Rule& rule, SimulatedStudy study,
           Rate StudyRates::*rate) {
    return {std::move(id), std::move(text), std::move(counted), rule,
            [study = std::move(study), rate](const Rules& rules, const SimulationOptions& options) {
                return simulate(study, rules, options).*rate;
            }};
}

Row row_of(std::string id, std::string text, std::string counted, SimulatedClaim claim) {
    return {std::move(id), std::move(text), std::move(counted), intersection,
            [claim = std::move(claim)](const Rules& rules, const SimulationOptions& options) {
                return simulate(claim, rules, options).holds;
            }};
}

const std::string any_false = "studies with a false `different`";

std::vector<Row> family_rows() {
    const SimulatedCell perfect{.margin = {.sds = 2.0}};
    const auto with_parents = [&](double tau) {
        return SimulatedStudy{.cells = cells_like(perfect, 88), .parent_sd = tau, .parents = 5};
    };
    return {
        row_of("parents-half",
               "88 perfect cells, each side with its own parents; sd between parents half that of seeds",
               any_false, counts_parents, with_parents(0.5), &StudyRates::any_false_different),
        row_of("parents-equal", "the same, sd between parents as large as that of seeds", any_false,
               counts_parents, with_parents(1.0), &StudyRates::any_false_different),
        row_of("half-margin", "88 cells, all off by half the margin of 2 sds", any_false, beyond_margin,
               {.cells = cells_like({.offset = 1.0, .margin = {.sds = 2.0}}, 88)},
               &StudyRates::any_false_different),
        row_of("tight-88", "88 cells; half have a tenth of the others' sd and are off by half the margin",
               any_false, equivalents_at_one, half_tight(88), &StudyRates::any_false_different),
        row_of("tight-346", "the same with 346 cells", any_false, equivalents_at_one, half_tight(346),
               &StudyRates::any_false_different),
    };
}

std::string off_by(double sds) {
    return sds == 0.0 ? "perfect cells, margin 2 sds"
                      : fmt::format("cells off by {:g} sd{}, margin 2 sds", sds, sds == 1.0 ? "" : "s");
}

std::vector<Row> power_rows() {
    std::vector<Row> rows;
    for (const double offset : {0.0, 1.0, 2.0}) {
        rows.push_back(row_of(fmt::format("offset-{:g}", offset), off_by(offset),
                              offset < 2 ? "`equivalent` cells" : "false `equivalent` cells", pools_sds,
                              {.cells = cells_like({.offset = offset, .margin = {.sds = 2.0}}, 16)},
                              &StudyRates::equivalent));
    }
    for (const double offset : {3.0, 4.0, 5.0}) {
        rows.push_back(row_of(
            fmt::format("offset-{:g}", offset), off_by(offset), "`different` cells", beyond_margin,
            {.cells = cells_like({.offset = offset, .margin = {.sds = 2.0}}, 16)}, &StudyRates::detected));
    }
    rows.push_back(row_of(
        "pairs-different", "a cell off by 1 sd, margin 0.1 sd; values of a seed correlate with r = 0.55",
        "`different` cells", pairs_seeds,
        {.cells = cells_like({.offset = 1.0, .margin = {.points = 0.1}}, 1), .seed_correlation = 0.55},
        &StudyRates::detected));
    rows.push_back(row_of("pairs-equivalent", "a perfect cell, margin 1.2 sds; r = 0.55",
                          "`equivalent` cells", pairs_seeds,
                          {.cells = cells_like({.margin = {.points = 1.2}}, 1), .seed_correlation = 0.55},
                          &StudyRates::equivalent));
    return rows;
}

std::vector<Row> limit_rows() {
    return {
        row_of("cap", "cells of sd 8 points, off by 8 points; margin 2 sds, cap 5 points",
               "false `equivalent` cells", caps_margins,
               {.cells = cells_like(
                    {.offset = 8.0, .sd = 8.0, .margin = {.points = 1.0, .sds = 2.0, .cap = 5.0}}, 16)},
               &StudyRates::false_equivalent),
        row_of("chance", "reference 2 points above chance, sd 3 points; ours only guesses; margin 2 sds",
               "`equivalent` cells", at_chance,
               {.cells = cells_like(
                    {.mean = 12.0, .offset = -2.0, .sd = 3.0, .margin = {.sds = 2.0}, .chance = 10.0}, 16)},
               &StudyRates::equivalent),
        row_of("rounding",
               "reference printed in whole points; cells off by 1.2 points, margin 1 point, sd 0.3 points",
               "false `equivalent` cells", rounding, printed(1.2), &StudyRates::false_equivalent),
        row_of("constants", "every seed gives one value on each side; off by twice the margin",
               "`different` cells", constants,
               {.cells = cells_like({.offset = 2.0, .sd = 0.0, .margin = {.points = 1.0}}, 16)},
               &StudyRates::detected),
    };
}

std::vector<Row> claim_rows() {
    std::vector<double> one_false(8, 5.0);
    one_false.front() = 0.0;
    return {
        row_of("all-of-8", "claim \"all of 8\", each true by 2 sds", "claims that hold",
               {.effects = std::vector<double>(8, 2.0)}),
        row_of("all-of-20", "claim \"all of 20\", each true by 2 sds", "claims that hold",
               {.effects = std::vector<double>(20, 2.0)}),
        row_of("all-of-8-false", "claim \"all of 8\": seven true by 5 sds, one without any difference",
               "false claims that hold", {.effects = one_false}),
    };
}

std::vector<Row> all_rows() {
    std::vector<Row> rows;
    for (std::vector<Row>& part :
         std::vector<std::vector<Row>>{family_rows(), power_rows(), limit_rows(), claim_rows()}) {
        std::move(part.begin(), part.end(), std::back_inserter(rows));
    }
    return rows;
}

std::string percent(const Rate& rate) {
    const double share = 100.0 * rate.share;
    if (share > 0.0 && share < 0.05) {
        return "< 0.1 %";
    }
    return share > 0.0 && share < 9.95 ? fmt::format("{:.1f} %", share) : fmt::format("{:.0f} %", share);
}

std::string cell_text(const JudgedRow& judged, const Rate& rate) {
    return judged.row->rule.is_on == nullptr && &rate != &judged.all ? "" : percent(rate);
}

std::vector<std::string> markdown_lines(const std::vector<JudgedRow>& rows,
                                        const SimulationOptions& options) {
    std::vector<std::string> lines{
        "| made-up study (5 seeds on each side) | counted | rule | earlier rules | earlier rules and this "
        "one | all rules but this one | all rules |",
        "|---|---|---|---|---|---|---|"};
    double largest_error = 0.0;
    for (const JudgedRow& each : rows) {
        lines.push_back(fmt::format("| {} | {} | {} | {} | {} | {} | {} |", each.row->study,
                                    each.row->counted, each.row->rule.text, cell_text(each, each.before),
                                    cell_text(each, each.before_with), cell_text(each, each.without),
                                    cell_text(each, each.all)));
        for (const Rate* rate : {&each.before, &each.before_with, &each.without, &each.all}) {
            largest_error = std::max(largest_error, 100.0 * rate->standard_error);
        }
    }
    lines.emplace_back();
    lines.push_back(fmt::format(
        "{} made-up studies a row; standard errors of at most {:.1f} points. Comparing constants has no "
        "switch.",
        options.studies, largest_error));
    return lines;
}

void print_text(const std::vector<JudgedRow>& rows) {
    fmt::print("{:<17}{:>10}{:>10}{:>10}{:>10}  counted; rule\n", "made-up study", "earlier", "+ rule",
               "all - rule", "all");
    for (const JudgedRow& each : rows) {
        fmt::print("{:<17}{:>10}{:>10}{:>10}{:>10}  {}; {}\n", each.row->id, cell_text(each, each.before),
                   cell_text(each, each.before_with), cell_text(each, each.without),
                   cell_text(each, each.all), each.row->counted, each.row->rule.text);
    }
}

nlohmann::ordered_json to_json(const Rate& rate) {
    return {{"share", rate.share}, {"standard_error", rate.standard_error}};
}

nlohmann::ordered_json to_json(const std::vector<JudgedRow>& rows, const SimulationOptions& options) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const JudgedRow& each : rows) {
        nlohmann::ordered_json entry{{"id", each.row->id},
                                     {"study", each.row->study},
                                     {"counted", each.row->counted},
                                     {"rule", each.row->rule.name},
                                     {"rule_text", each.row->rule.text}};
        if (each.row->rule.is_on != nullptr) {
            entry["earlier"] = to_json(each.before);
            entry["earlier_and_rule"] = to_json(each.before_with);
            entry["all_but_rule"] = to_json(each.without);
        }
        entry["all"] = to_json(each.all);
        list.push_back(std::move(entry));
    }
    return {{"studies", options.studies},
            {"seed", options.seed},
            {"rows", std::move(list)},
            {"markdown", markdown_lines(rows, options)}};
}

struct Format {
    bool json = false;
    bool markdown = false;
    std::vector<std::string> only; ///< ids of rows; empty: all
};

void run(const SimulationOptions& options, const Format& format) {
    const std::vector<Row> rows = all_rows();
    std::vector<JudgedRow> judged_rows;
    for (const Row& row : rows) {
        if (format.only.empty() ||
            std::find(format.only.begin(), format.only.end(), row.id) != format.only.end()) {
            judged_rows.push_back(judged(row, options));
        }
    }
    if (format.json) {
        fmt::print("{}\n", to_json(judged_rows, options).dump(2));
    } else if (format.markdown) {
        fmt::print("{}\n", fmt::join(markdown_lines(judged_rows, options), "\n"));
    } else {
        print_text(judged_rows);
    }
}

} // namespace

int main(int argc, char** argv) {
    SimulationOptions options{.threads = std::max(1U, std::thread::hardware_concurrency())};
    Format format;
    CLI::App app("Error rates and power of the rules of judging, on made-up studies whose truth is known");
    app.add_option("--studies", options.studies, "made-up studies a row")->capture_default_str();
    app.add_option("--seed", options.seed, "of the made-up values")->capture_default_str();
    app.add_option("--threads", options.threads, "decide nothing but the time")->capture_default_str();
    app.add_option("--only", format.only, "ids of rows");
    auto* json = app.add_flag("--json", format.json, "print JSON, with standard errors");
    app.add_flag("--markdown", format.markdown, "print a Markdown table")->excludes(json);
    CLI11_PARSE(app, argc, argv);
    try {
        run(options, format);
    } catch (const suite::Error& error) {
        fmt::print(stderr, "{}\n", error.what());
        return suite::exit_code(error.kind());
    }
    return 0;
}
