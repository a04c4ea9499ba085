// A workload's evidence in one file (its tables: reports/SCHEMA.md): records,
// references, statistics, verdicts, provenance.
#pragma once

#include <filesystem>
#include <string>

#include "reports/bundle/declaration_json.hpp"
#include "reports/check/records.hpp"
#include "reports/check/result.hpp"
#include "suite/store/bundle_file.hpp"

namespace reports {

/// Its tables and texts. `result` must be check() of this subject and these records, nothing selected away.
/// Records lose their predictions and all but some of their losses (reports/check/records.hpp), nothing else.
[[nodiscard]] suite::store::BundleContent bundle_content(const BundleSubject& subject, Records& records,
                                                         const CheckResult& result);
/// The file of that content. Equal arguments give equal bytes.
[[nodiscard]] std::string make_bundle(const BundleSubject& subject, Records& records,
                                      const CheckResult& result);

/// A bundle whose content was checked and computed anew.
struct OpenedBundle {
    CheckResult result;      ///< recomputed from the records in it; equals what the store gave
    std::size_t records = 0; ///< that it holds
};

/// Checks the checksum, the schema, that every record is that of its key and planned, and recomputes cells,
/// claims, values and provenance. Throws Error: (corruption) for changed bytes, and for everything that does
/// not come out as it stands there, all at once; (store) when the file cannot be read, is no bundle, is of a
/// newer schema, or holds records that do not belong to it.
[[nodiscard]] OpenedBundle open_bundle(const std::filesystem::path& path);
/// The bytes of such a file, unchecked. Throws Error(store) when it cannot be read.
[[nodiscard]] std::string read_bundle(const std::filesystem::path& path);
/// The same from bytes; `where` is for messages.
[[nodiscard]] OpenedBundle open_bundle(std::string_view bytes, const std::string& where);

} // namespace reports
