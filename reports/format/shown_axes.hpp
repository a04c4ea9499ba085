// Which axes a table of results shows, and under which headings. Private to reports.
#pragma once

#include <string>
#include <vector>

#include "reports/check/result.hpp"

namespace reports {

struct ShownAxis {
    std::size_t place = 0; ///< in CellId::places
    std::string heading;   ///< "network", "shots"; the axis' name where the paper has a word of its own

    [[nodiscard]] const std::string& value(const CellResult& cell) const {
        return cell.cell.places[place].value;
    }
};

/// How the paper prints such a table: rows, and one axis across.
struct TableAxes {
    std::vector<ShownAxis> rows; ///< the first one groups them
    ShownAxis columns;
};

/// The axes that cells' ids write, in their order: an axis of full shots alone is left out.
[[nodiscard]] std::vector<ShownAxis> shown_axes(const std::vector<CellResult>& cells);
/// Across runs the pre-training, of ladders weak and strong; else the last axis. Without cells nothing.
[[nodiscard]] TableAxes table_axes(const std::vector<CellResult>& cells);

} // namespace reports
