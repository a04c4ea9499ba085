// The id of a cell: one value of each of a workload's axes.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "suite/plan/spec/axis.hpp"

namespace suite::plan {

/// One point of a workload's axes.
struct CellId {
    struct Place {
        std::string axis;
        AxisRole role = AxisRole::target;
        std::string value;
        [[nodiscard]] bool operator==(const Place&) const = default;
    };
    std::vector<Place> places; ///< in the order of the axes

    /// The values, joined by "/", without those that ids leave out: "cifar10/R50x1/S-MED" of full shots,
    /// "cifar10/R50x1/S-MED/10", "imagenet1k/R152x4/weak/4".
    [[nodiscard]] std::string text() const;
    /// The same of its places from this 0-based index on.
    [[nodiscard]] std::string text_from(std::size_t place) const;
    /// The value of the first axis, by which reports group cells; empty without axes.
    [[nodiscard]] const std::string& first() const noexcept;
    /// Its value of an axis by name, or of the axis that has the role; empty without such an axis.
    [[nodiscard]] const std::string& axis(std::string_view name) const noexcept;
    [[nodiscard]] const std::string& at(AxisRole role) const noexcept;
    [[nodiscard]] const std::string& target() const noexcept { return at(AxisRole::target); }
    [[nodiscard]] const std::string& model() const noexcept { return at(AxisRole::model); }
    [[nodiscard]] const std::string& source() const noexcept { return at(AxisRole::source); }
    /// Changes the value; of no effect without such an axis.
    void set_axis(std::string_view name, const std::string& value);
    void set(AxisRole role, const std::string& value);
    /// Whether all of the training images are used: no axis of shots, or its value "full".
    [[nodiscard]] bool is_full_shot() const noexcept;
    /// Images of each class; 0: all.
    [[nodiscard]] std::size_t shots() const;
    /// That number, or "full".
    [[nodiscard]] std::string_view shots_text() const noexcept;
    [[nodiscard]] bool operator==(const CellId&) const = default;
};

/// The cell of the axes target, model, source and shots, as Table 1's:
/// transfer_cell("cifar10", "R50x1", "S-MED").text() == "cifar10/R50x1/S-MED".
[[nodiscard]] CellId transfer_cell(std::string target, std::string model, std::string source,
                                   std::string shots = "full");

/// The cell that a text names: CellId::text() of it is the text. A value that the text lacks is the one that
/// ids leave out. The text is not held against the axes' values.
[[nodiscard]] CellId cell_of(std::span<const AxisSpec> axes, std::string_view text);

/// All combinations of the axes' values, the last axis fastest.
[[nodiscard]] std::vector<CellId> all_cells(std::span<const AxisSpec> axes);

} // namespace suite::plan
