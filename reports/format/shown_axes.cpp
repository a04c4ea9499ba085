#include "reports/format/shown_axes.hpp"

#include <algorithm>

#include "suite/plan/spec/enum_names.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;

std::string heading_of(const plan::CellId::Place& place) {
    return std::string(place.axis == plan::enum_name(place.role) ? plan::axis_kind(place.role).title
                                                                 : std::string_view(place.axis));
}

bool is_written(const std::vector<CellResult>& cells, std::size_t place) {
    return std::any_of(cells.begin(), cells.end(), [place](const CellResult& cell) {
        const plan::CellId::Place& entry = cell.cell.places[place];
        return entry.value != plan::axis_kind(entry.role).unwritten;
    });
}

} // namespace

std::vector<ShownAxis> shown_axes(const std::vector<CellResult>& cells) {
    std::vector<ShownAxis> shown;
    const std::size_t count = cells.empty() ? 0 : cells.front().cell.places.size();
    for (std::size_t place = 0; place < count; ++place) {
        if (is_written(cells, place)) {
            shown.push_back({.place = place, .heading = heading_of(cells.front().cell.places[place])});
        }
    }
    return shown;
}

TableAxes table_axes(const std::vector<CellResult>& cells) {
    TableAxes axes{.rows = shown_axes(cells), .columns = {}};
    if (axes.rows.empty()) {
        return axes;
    }
    auto across = std::find_if(axes.rows.begin(), axes.rows.end(), [&cells](const ShownAxis& axis) {
        const plan::AxisRole role = cells.front().cell.places[axis.place].role;
        return role == plan::AxisRole::source || role == plan::AxisRole::scaling;
    });
    across = across == axes.rows.end() ? std::prev(across) : across;
    axes.columns = *across;
    axes.rows.erase(across);
    return axes;
}

} // namespace reports
