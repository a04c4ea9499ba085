#include <algorithm>
#include <set>

#include "reports/check/check.hpp"
#include "suite/base/error.hpp"
#include "suite/base/names.hpp"

namespace reports {
namespace {

bool matches_any(const std::vector<std::string>& globs, const std::string& id) {
    return std::any_of(globs.begin(), globs.end(),
                       [&id](const auto& glob) { return suite::glob_match(glob, id); });
}

/// Whether a claim is listed, given the ids of the listed cells.
bool is_listed(const ClaimResult& claim, const Selection& selection, const std::set<std::string>& cells) {
    if (!selection.claims.empty()) {
        return std::find(selection.claims.begin(), selection.claims.end(), claim.id) !=
               selection.claims.end();
    }
    return std::all_of(claim.cells.begin(), claim.cells.end(),
                       [&cells](const std::string& id) { return cells.contains(id); });
}

} // namespace

CheckResult select(CheckResult result, const Selection& selection) {
    if (selection.cells.empty() && selection.claims.empty()) {
        return result;
    }
    std::set<std::string> listed;
    for (const CellResult& cell : result.cells) {
        if (matches_any(selection.cells, cell.id)) {
            listed.insert(cell.id);
        }
    }
    std::erase_if(result.claims,
                  [&](const ClaimResult& claim) { return !is_listed(claim, selection, listed); });
    std::set<std::string> concerned = listed;
    for (const ClaimResult& claim : result.claims) {
        concerned.insert(claim.cells.begin(), claim.cells.end());
    }
    std::set<std::string> damage;
    for (const CellResult& cell : result.cells) {
        if (concerned.contains(cell.id)) {
            damage.insert(cell.damaged.begin(), cell.damaged.end());
        }
    }
    std::erase_if(result.damaged,
                  [&damage](const std::string& message) { return !damage.contains(message); });
    std::erase_if(result.cells, [&listed](const CellResult& cell) { return !listed.contains(cell.id); });
    return result;
}

void require_known(const std::vector<CheckResult>& results, const Selection& selection) {
    std::vector<std::string> cells;
    std::vector<std::string> claims;
    for (const CheckResult& result : results) {
        for (const CellResult& cell : result.cells) {
            cells.push_back(cell.id);
        }
        for (const ClaimResult& claim : result.claims) {
            claims.push_back(claim.id);
        }
    }
    suite::FaultList faults;
    for (const std::string& glob : selection.cells) {
        if (std::none_of(cells.begin(), cells.end(),
                         [&](const auto& id) { return suite::glob_match(glob, id); })) {
            faults.add({"--cell", "'" + glob + "'", suite::expected_names(glob, cells), ""});
        }
    }
    for (const std::string& id : selection.claims) {
        if (std::find(claims.begin(), claims.end(), id) == claims.end()) {
            faults.add({"--claim", "'" + id + "'", suite::expected_names(id, claims), ""});
        }
    }
    faults.throw_if_any(suite::ErrorKind::usage);
}

} // namespace reports
