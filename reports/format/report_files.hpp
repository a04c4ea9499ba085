// The report of a check as files: WORKLOAD-PROFILE.md, .html, .csv, .json, .junit.xml, .mlperf.log, and
// WORKLOAD-PROFILE-FIGURE.svg or .png; WORKLOAD-PROFILE.svg is the picture of figures and claims.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "reports/check/result.hpp"
#include "reports/format/figure.hpp"
#include "reports/format/html.hpp"

namespace reports {

enum class Format { markdown, html, csv, json, junit, event_log, svg, png, picture, parents };

/// "md,csv,json" in any order; doubles count once. Throws Error(usage) naming the formats there are.
[[nodiscard]] std::vector<Format> parse_formats(std::string_view text);

/// A document with the table by target, the claims with their evidence, what is missing, and the stand-ins.
[[nodiscard]] std::string to_markdown(const CheckResult& result);

/// One row a cell (RFC 4180); numbers read back exactly, those that do not exist are empty.
[[nodiscard]] std::string to_csv(const CheckResult& result);

/// Writes the files into `folder` (made when absent): one a format, or one for each figure. Each is published
/// by rename. What needs no figure comes first; when gnuplot is not installed or fails, the page is written
/// without figures and the pictures asked for are among `undrawn`. Throws Error(environment) when a file
/// cannot be written. `homes`: cells that another HTML page of the folder shows.
[[nodiscard]] WrittenFiles write_report(const CheckResult& result, const std::filesystem::path& folder,
                                        const std::vector<Format>& formats, const CellHomes& homes = {});

/// File names of the results' HTML pages.
[[nodiscard]] std::vector<std::string> page_names(const std::vector<const CheckResult*>& results);

/// index.html, which links the pages of these workloads in the same folder.
std::filesystem::path write_index(const std::vector<const CheckResult*>& results,
                                  const std::filesystem::path& folder);

} // namespace reports
