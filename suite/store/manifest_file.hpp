// Manifests of published data sets as HDF5 files (format 1.10, behind the user block that every file of the
// suite has): /samples/path (one text, a line each), /samples/{size_bytes, changed_ns, class, patient,
// container, offset} (integers; those that a set has not are absent), /samples/labels (one text, a line
// each, one of 0 1 - a label), /watched and /containers (tables path, size_bytes, changed_ns), /about
// (texts).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "suite/plan/spec/manifest.hpp"

namespace suite::store {

inline constexpr int manifest_schema = 1;

/// The whole file; equal manifests give equal bytes.
[[nodiscard]] std::string manifest_to_bytes(const plan::Manifest& manifest);
/// Inverse. Throws Error naming `where` on anything else: another kind of file, changed bytes, columns of
/// different lengths.
[[nodiscard]] plan::Manifest manifest_from_bytes(std::string_view bytes, const std::string& where);

/// Where the manifest with this identity (data_set, reading, root) is kept: FOLDER/DATA_SET-DIGEST.h5.
[[nodiscard]] std::filesystem::path manifest_path(const std::filesystem::path& folder,
                                                  const plan::Manifest& identity);
/// Keeps manifests in a folder, published by rename. Damaged ones and those of another identity count as
/// absent; a folder that cannot be written is a warning.
/// Writes the manifest below `folder`; false, after a warning that says why, when that is not possible.
bool keep_manifest(const std::filesystem::path& folder, const plan::Manifest& manifest);
[[nodiscard]] plan::ManifestCache manifest_cache(std::filesystem::path folder);

} // namespace suite::store
