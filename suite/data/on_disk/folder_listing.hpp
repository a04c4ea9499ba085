// Folders of published data sets: what lies in one, in one pass over its directory, without a look at the
// files themselves.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "suite/base/error.hpp"
#include "suite/plan/spec/manifest.hpp"

namespace suite::data {

/// Names in a folder, sorted by bytes. Hidden entries are left out.
struct FolderListing {
    std::vector<std::string> files;
    std::vector<std::string> folders;
};

/// A folder that cannot be read, a name with control characters, a symbolic link that leads nowhere or in
/// circles, and anything that is neither file nor folder are faults; links to files and folders are followed.
[[nodiscard]] FolderListing list_folder(const std::filesystem::path& folder, FaultList& faults);

/// Ends in .jpg, .jpeg or .png, in any case.
[[nodiscard]] bool has_image_name(std::string_view name) noexcept;

/// Size and time of change of a file (of a folder: size 0); unknown where nothing can be found out.
[[nodiscard]] plan::FileStamp stamp_of(const std::filesystem::path& path) noexcept;

/// "file" and the reason of the system, as a fault.
[[nodiscard]] Fault file_fault(const std::filesystem::path& path, int error_number);

} // namespace suite::data
