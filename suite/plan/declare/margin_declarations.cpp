// How far the means of cells may differ: what a workload declares of it, and what a view takes over.
#include <algorithm>
#include <set>
#include <variant>

#include "suite/plan/declare/declarations.hpp"

namespace suite::plan {
namespace {

using Points = std::map<std::string, double>;

void read_groups(TomlReader& reader, WorkloadSpec& spec) {
    reader.optional("margin_groups", spec.margin_groups);
    const std::vector<std::string> cell_axes = axis_names(spec.axes);
    std::set<std::string> seen;
    for (const std::string& axis : spec.margin_groups) {
        const bool is_axis = std::find(cell_axes.begin(), cell_axes.end(), axis) != cell_axes.end();
        reader.expect(is_axis, "margin_groups", axis, expected_names(axis, cell_axes));
        reader.expect(!is_axis || seen.insert(axis).second, "margin_groups", axis, "each axis once");
    }
}

template<typename Value>
void expect_metrics_of_margins(TomlReader& reader, const char* table,
                               const std::map<std::string, Value>& entries, const Points& margins) {
    for (const auto& [metric, value] : entries) {
        reader.expect_entry(margins.contains(metric) || !reader.sound({"margins"}), table, metric, metric,
                            "a metric that has a margin");
    }
}

void expect_above_zero(TomlReader& reader, const char* table, const Points& entries) {
    for (const auto& [metric, points] : entries) {
        reader.expect_entry(points > 0, table, metric, points, "a number above 0");
    }
}

void expect_no_less_than_margins(TomlReader& reader, const WorkloadSpec& spec) {
    for (const auto& [metric, cap] : spec.margin_caps) {
        const auto margin = spec.margins.find(metric);
        if (margin != spec.margins.end()) {
            reader.expect_entry(cap <= 0 || cap >= margin->second, "margin_caps", metric, cap,
                                "no less than the margin of " + metric);
        }
    }
}

void read_chance(TomlReader& reader, WorkloadSpec& spec) {
    std::map<std::string, std::variant<double, std::string>> levels;
    if (!reader.optional("chance", levels)) {
        reader.add_fault(reader.origin(), "no key 'chance'",
                         "a table [workload.chance]: what guessing scores, of each metric with a margin",
                         "add it; top1 = \"1/classes\", mean_auc = 50.0");
        return;
    }
    expect_metrics_of_margins(reader, "chance", levels, spec.margins);
    for (const auto& [metric, level] : levels) {
        ChanceLevel& chance = spec.chance[metric];
        if (const auto* points = std::get_if<double>(&level)) {
            chance.points = *points;
            reader.expect_entry(*points >= 0 && *points < 100, "chance", metric, *points,
                                "a number of points from 0 to below 100");
        } else {
            const auto& word = std::get<std::string>(level);
            reader.expect_entry(word == one_in_classes, "chance", metric, word,
                                "\"" + std::string(one_in_classes) + "\" or a number of points");
        }
    }
    for (const auto& [metric, points] : spec.margins) {
        if (reader.sound({"margins", "chance"}) && !levels.contains(metric)) {
            reader.add_fault(reader.origin_of("margins", metric),
                             "a margin of " + metric + " without a chance level",
                             "an entry of [workload.chance]", "say what guessing scores");
        }
    }
}

} // namespace

void read_margins(TomlReader& reader, WorkloadSpec& spec) {
    reader.required("margins", spec.margins);
    reader.optional("margin_sds", spec.margin_sds);
    reader.optional("margin_caps", spec.margin_caps);
    reader.expect(spec.margin_sds >= 0, "margin_sds", spec.margin_sds, "a number of 0 or more");
    expect_above_zero(reader, "margins", spec.margins);
    expect_above_zero(reader, "margin_caps", spec.margin_caps);
    expect_metrics_of_margins(reader, "margin_caps", spec.margin_caps, spec.margins);
    expect_no_less_than_margins(reader, spec);
    read_groups(reader, spec);
    read_chance(reader, spec);
}

namespace {

template<typename Value>
bool is_same_entry(const std::map<std::string, Value>& a, const std::map<std::string, Value>& b,
                   const std::string& metric) {
    const auto x = a.find(metric);
    const auto y = b.find(metric);
    return (x == a.end()) == (y == b.end()) && (x == a.end() || x->second == y->second);
}

template<typename Value>
void take_entry(const std::map<std::string, Value>& from, const std::string& metric,
                std::map<std::string, Value>& to) {
    if (const auto entry = from.find(metric); entry != from.end()) {
        to.insert(*entry);
    }
}

} // namespace

void take_margins(const WorkloadSpec& part, bool is_first, WorkloadSpec& view, Issues& issues) {
    const auto expect = [&](bool is_same, const std::string& what, const char* expected) {
        if (!is_same) {
            issues.faults.add({.where = issues.lines.find(view.origin, part.id).text(),
                               .found = what + " in '" + part.id + "' unlike that of the others",
                               .expected = expected,
                               .fix = ""});
        }
    };
    for (const auto& [metric, margin] : part.margins) {
        if (view.margins.try_emplace(metric, margin).second) {
            take_entry(part.margin_caps, metric, view.margin_caps);
            take_entry(part.chance, metric, view.chance);
            continue;
        }
        expect(is_same_entry(part.margins, view.margins, metric), "margin of " + metric,
               "one margin for a metric");
        expect(is_same_entry(part.margin_caps, view.margin_caps, metric), "margin cap of " + metric,
               "one cap for a metric");
        expect(is_same_entry(part.chance, view.chance, metric), "chance level of " + metric,
               "one chance level for a metric");
    }
    expect(is_first || view.margin_sds == part.margin_sds, "margin_sds", "one number of sds");
    expect(is_first || view.margin_groups == part.margin_groups, "margin_groups", "the same axes");
    view.margin_sds = part.margin_sds;
    view.margin_groups = part.margin_groups;
}

} // namespace suite::plan
