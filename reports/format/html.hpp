// A check as one self-contained HTML page: no network, no script; light and dark; for screen and print.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reports/check/result.hpp"
#include "reports/format/svg.hpp"

namespace reports {

/// Cell id -> page of the same report that shows the same runs of it.
using CellHomes = std::map<std::string, std::string>;

/// For each result the cells whose seeds, references and runs stand on the page of an earlier one; `pages`
/// are their file names, in the same order.
[[nodiscard]] std::vector<CellHomes> cell_homes(const std::vector<const CheckResult*>& results,
                                                const std::vector<std::string>& pages);

/// Title, where printed, what is compared with what, counts; the published table beside ours with rows
/// target × model (× shots) and columns sources, where every number links to its cell's section; figures;
/// claims with their evidence; what is missing by name; one section a cell (seeds, references with their
/// origin, test, margin, verdict, reason, stand-ins, runs; of a cell with a home only
/// what this workload says of it, and a link); provenance of the records. Equal arguments give equal bytes.
[[nodiscard]] std::string to_html(const CheckResult& result, const std::vector<DrawnFigure>& figures = {},
                                  const CellHomes& homes = {});

/// A page that links those of several workloads; `pages` are their file names, in the same order.
[[nodiscard]] std::string to_html_index(const std::vector<const CheckResult*>& results,
                                        const std::vector<std::string>& pages);

/// The `id` of a cell's section: "cell-" and the id with dots for slashes; every other character that is not
/// a letter, digit, dot or hyphen is spelled "_XX". Distinct ids of a workload give distinct anchors.
[[nodiscard]] std::string anchor_of(const std::string& cell);

} // namespace reports
