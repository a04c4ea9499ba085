// An audit as one self-contained HTML page: no network; light and dark; for desktop, phone and print.
#pragma once

#include <filesystem>
#include <string>

#include "reports/audit/audit.hpp"

namespace reports {

/// What was compared with what and what it comes to; marks that their numbers contradict; claims by grade,
/// each with what it depends on; every printed number with its recomputed one, the raw seeds behind it, and
/// the file and line of each. Readable without script; with it the numbers can be filtered. Equal arguments
/// give equal bytes.
[[nodiscard]] std::string to_html(const Audit& audit);

/// Writes audit.html into `folder` (made when absent) by rename and returns its path. Throws
/// Error(environment).
std::filesystem::path write_audit(const Audit& audit, const std::filesystem::path& folder);

} // namespace reports
