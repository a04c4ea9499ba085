#include "suite/app/workload_details.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/app/environment.hpp"
#include "suite/app/help_text.hpp"
#include "suite/plan/plan.hpp"
#include "suite/run/estimate.hpp"

namespace suite::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr std::size_t label_columns = 12;

/// Values of every axis, in the order of the cells.
ordered_json axes_of(const plan::WorkloadSpec& workload, const std::vector<plan::CellId>& cells) {
    ordered_json axes;
    for (const std::string& name : plan::axis_names(workload.axes)) {
        ordered_json values = ordered_json::array();
        for (const plan::CellId& cell : cells) {
            const std::string& value = cell.axis(name);
            if (std::find(values.begin(), values.end(), value) == values.end()) {
                values.push_back(value);
            }
        }
        axes[name] = values;
    }
    return axes;
}

ordered_json claims_of(const plan::WorkloadSpec& workload) {
    ordered_json claims = ordered_json::array();
    for (const plan::ClaimSpec& claim : workload.claims) {
        claims.push_back({{"id", claim.id}, {"text", claim.text}, {"where", claim.where}});
    }
    return claims;
}

/// Its own, and those of the workloads whose cells a view takes over.
std::map<std::string, double> margins_of(const plan::Catalog& catalog, const plan::WorkloadSpec& workload) {
    std::map<std::string, double> margins = workload.margins;
    for (const std::string& id : workload.union_of) {
        for (const auto& [metric, margin] : plan::find(catalog.workloads, id, "workload").margins) {
            margins.emplace(metric, margin);
        }
    }
    if (workload.scaling) {
        margins.emplace(std::string(efficiency_metric), workload.scaling->margin);
    }
    return margins;
}

/// A number of points, or "1/classes", as declared.
ordered_json chance_of(const plan::WorkloadSpec& workload) {
    ordered_json chance = ordered_json::object();
    for (const auto& [metric, level] : workload.chance) {
        chance[metric] = level.points ? ordered_json(*level.points) : ordered_json(plan::one_in_classes);
    }
    return chance;
}

std::string joined(const ordered_json& values) {
    return fmt::format("{}", fmt::join(values.get<std::vector<std::string>>(), ", "));
}

std::string points_text(const ordered_json& points_of_metrics) {
    std::string text;
    for (const auto& [metric, points] : points_of_metrics.items()) {
        text += fmt::format("{}{} points of {}", text.empty() ? "" : ", ", points.get<double>(), metric);
    }
    return text;
}

std::string margins_text(const ordered_json& details) {
    std::string text = points_text(details["margins"]);
    if (const double sds = details["margin_sds"].get<double>(); sds > 0.0) {
        text += fmt::format(", or {} standard deviations of the reference where that is more", sds);
    }
    if (const ordered_json& axes = details["margin_groups"]; !axes.empty()) {
        text += fmt::format(" (pooled over cells of the same {})",
                            fmt::join(axes.get<std::vector<std::string>>(), " and "));
    }
    if (const ordered_json& caps = details["margin_caps"]; !caps.empty()) {
        text += fmt::format("; at most {}", points_text(caps));
    }
    return text;
}

std::string profiles_text(const ordered_json& profiles) {
    std::string text = "\nProfiles\n";
    for (const auto& [id, profile] : profiles.items()) {
        const ordered_json& estimate = profile["estimate"];
        text +=
            labelled("  " + id,
                     fmt::format("{} runs + {} pre-training, {}", profile["runs"].get<std::size_t>(),
                                 profile["parents"].get<std::size_t>(), estimate["text"].get<std::string>()),
                     label_columns);
        if (const auto infeasible = estimate["here"]["infeasible"].get<std::string>(); !infeasible.empty()) {
            text += labelled("", infeasible, label_columns);
        }
    }
    return text;
}

std::string claims_text(const ordered_json& claims) {
    std::string text = claims.empty() ? "" : "\nClaims of the paper that are tested\n";
    for (const ordered_json& claim : claims) {
        text += fmt::format("  {}\n", claim["id"].get<std::string>());
        text += labelled(
            "     ",
            fmt::format("{} ({})", claim["text"].get<std::string>(), claim["where"].get<std::string>()), 6);
    }
    return text;
}

std::string cells_text(const ordered_json& details) {
    std::string text = "\nCells\n";
    for (const auto& [axis, values] : details["axes"].items()) {
        text += labelled("  " + axis, joined(values), label_columns);
    }
    const std::size_t count = details["cell_ids"].size();
    return text + fmt::format("  {} cells, such as {}\n", count, details["cell_ids"][0].get<std::string>());
}

} // namespace

ordered_json workload_summary(const plan::Catalog& catalog, const plan::WorkloadSpec& workload) {
    ordered_json document{{"id", workload.id},
                          {"title", workload.title},
                          {"study", workload.study},
                          {"source", workload.source + ", " + workload.paper},
                          {"cells", plan::workload_cells(workload).size()},
                          {"claims", workload.claims.size()}};
    for (const auto& [id, profile] : catalog.profiles) {
        const plan::Plan plan = plan::expand(catalog, workload.id, id);
        const run::Estimate estimate =
            run::estimate_of(catalog, plan, run::local_processes(environment().device));
        document["profiles"][id] = {{"runs", plan.runs.size() - plan.parent_count()},
                                    {"parents", plan.parent_count()},
                                    {"estimate_seconds", estimate.seconds},
                                    {"estimate", ordered_json(to_json(estimate))}};
    }
    return document;
}

ordered_json workload_details(const plan::Catalog& catalog, const plan::WorkloadSpec& workload) {
    ordered_json document = workload_summary(catalog, workload);
    const std::vector<plan::CellId> cells = plan::workload_cells(workload);
    document["axes"] = axes_of(workload, cells);
    document["margins"] = margins_of(catalog, workload);
    document["margin_sds"] = workload.margin_sds;
    document["margin_groups"] = workload.margin_groups;
    document["margin_caps"] = workload.margin_caps;
    document["chance"] = chance_of(workload);
    document["cell_ids"] = ordered_json::array();
    for (const plan::CellId& cell : cells) {
        document["cell_ids"].push_back(cell.text());
    }
    document["claim_list"] = claims_of(workload);
    document["folder"] = fs::path(workload.folder).lexically_relative(catalog.root.parent_path()).string();
    document["commands"] = {fmt::format("./reproduce {}", workload.id),
                            fmt::format("transferscale run {}", workload.id),
                            fmt::format("transferscale check {}", workload.id),
                            fmt::format("transferscale report {}", workload.id)};
    return document;
}

std::string details_text(const ordered_json& details) {
    const auto id = details["id"].get<std::string>();
    std::string text = labelled(id, details["title"].get<std::string>(), id.size() + 2);
    text += labelled("Printed in", details["source"].get<std::string>(), label_columns);
    text += labelled("Declared", details["folder"].get<std::string>(), label_columns);
    text += labelled("Margin", margins_text(details), label_columns);
    text += cells_text(details) + claims_text(details["claim_list"]) + profiles_text(details["profiles"]);
    text += "\nCommands\n";
    for (const ordered_json& command : details["commands"]) {
        text += "  " + command.get<std::string>() + "\n";
    }
    return text;
}

} // namespace suite::app
