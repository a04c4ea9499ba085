// Axes: the named dimensions that a workload declares, and the parts that they can play in a run.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace suite::plan {

/// What the values of an axis decide about a run.
enum class AxisRole {
    target,  ///< the data set that is trained on and scored
    model,   ///< the network
    source,  ///< the pre-training: a value's data set is declared in [[workload.sources]]
    shots,   ///< training images of each class, or "full"
    scaling, ///< what stays the same over world sizes: "weak" or "strong"
    ranks,   ///< world size; its values come from the ladders, not from the declaration
};

/// A dimension of a workload. Cells, globs, claims, figures and tables call it by its name, which is a word
/// of the paper; the planner goes by its role.
struct AxisSpec {
    std::string name;
    AxisRole role = AxisRole::target;
    std::vector<std::string> values; ///< in the order in which cells are listed
    [[nodiscard]] bool operator==(const AxisSpec&) const = default;
};

/// One row of the table of roles.
struct AxisKind {
    AxisRole role;
    std::string_view title;     ///< heading of its column in tables
    std::string_view unwritten; ///< the value that a cell's id leaves out; "": every value is written
    std::string_view expected;  ///< of a value, for messages
    bool (*accepts)(const std::string& value);
    bool scores;   ///< of workloads that score what they trained
    bool measures; ///< of workloads that measure speed: a ladder
    bool required; ///< of the workloads that have it
    bool declared; ///< its values are declared; else they follow from elsewhere

    /// Whether workloads that measure, or those that score, declare it.
    [[nodiscard]] bool is_declared_by(bool measuring) const noexcept {
        return declared && (measuring ? measures : scores);
    }
};

/// Every role once, in the order of the enumeration.
[[nodiscard]] std::span<const AxisKind> axis_kinds() noexcept;
[[nodiscard]] const AxisKind& axis_kind(AxisRole role) noexcept;

/// Null where no axis has the name, or the role.
[[nodiscard]] const AxisSpec* find_axis(std::span<const AxisSpec> axes, std::string_view name) noexcept;
[[nodiscard]] const AxisSpec* find_axis(std::span<const AxisSpec> axes, AxisRole role) noexcept;
/// Empty where no axis has the role.
[[nodiscard]] const std::vector<std::string>& axis_values(std::span<const AxisSpec> axes,
                                                          AxisRole role) noexcept;
/// In their order, for messages.
[[nodiscard]] std::vector<std::string> axis_names(std::span<const AxisSpec> axes);

} // namespace suite::plan
