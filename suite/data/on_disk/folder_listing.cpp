#include "suite/data/on_disk/folder_listing.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <fmt/format.h>

namespace suite::data {
namespace {

namespace fs = std::filesystem;

struct CloseFolder {
    void operator()(DIR* folder) const noexcept { closedir(folder); }
};

bool has_control_characters(std::string_view name) {
    return std::ranges::any_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) {
        return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    });
    return lower;
}

/// DT_REG or DT_DIR of what the entry leads to, DT_UNKNOWN for anything else; faults where it leads nowhere.
unsigned char kind_of(DIR* folder, const dirent& entry, const fs::path& path, FaultList& faults) {
    if (entry.d_type == DT_REG || entry.d_type == DT_DIR) {
        return entry.d_type;
    }
    struct stat status {};
    if (fstatat(dirfd(folder), entry.d_name, &status, 0) != 0) {
        faults.add(file_fault(path / entry.d_name, errno));
        return DT_UNKNOWN;
    }
    if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) {
        return S_ISREG(status.st_mode) ? DT_REG : DT_DIR;
    }
    faults.add({.where = (path / entry.d_name).string(),
                .found = "neither a file nor a folder",
                .expected = "the data set's files",
                .fix = "take it out of the data root"});
    return DT_UNKNOWN;
}

void take_entry(DIR* folder, const dirent& entry, const fs::path& path, FolderListing& listing,
                FaultList& faults) {
    const std::string_view name = entry.d_name;
    if (name.front() == '.') {
        return;
    }
    if (has_control_characters(name)) {
        faults.add({.where = (path / name).string(),
                    .found = "a name with control characters",
                    .expected = "the names that the data set was published with",
                    .fix = "take it out of the data root"});
        return;
    }
    const unsigned char kind = kind_of(folder, entry, path, faults);
    if (kind == DT_REG) {
        listing.files.emplace_back(name);
    } else if (kind == DT_DIR) {
        listing.folders.emplace_back(name);
    }
}

std::string_view fix_of(int error_number) {
    switch (error_number) {
    case EACCES:
    case EPERM:
        return "give this user read permission (chmod -R a+rX)";
    case ELOOP:
        return "replace the symbolic link, which leads in circles";
    case ENOENT:
        return "obtain it again";
    default:
        return "check the file system";
    }
}

} // namespace

Fault file_fault(const fs::path& path, int error_number) {
    return {.where = path.string(),
            .found = std::generic_category().message(error_number),
            .expected = "a readable file or folder",
            .fix = std::string(fix_of(error_number))};
}

FolderListing list_folder(const fs::path& path, FaultList& faults) {
    const std::unique_ptr<DIR, CloseFolder> folder(opendir(path.c_str()));
    FolderListing listing;
    if (folder == nullptr) {
        faults.add(file_fault(path, errno));
        return listing;
    }
    errno = 0;
    for (const dirent* entry = readdir(folder.get()); entry != nullptr; entry = readdir(folder.get())) {
        take_entry(folder.get(), *entry, path, listing, faults);
        errno = 0;
    }
    if (errno != 0) {
        faults.add(file_fault(path, errno));
    }
    std::ranges::sort(listing.files);
    std::ranges::sort(listing.folders);
    return listing;
}

bool has_image_name(std::string_view name) noexcept {
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos || name.size() - dot > 5) {
        return false;
    }
    const std::string ending = lower_case(name.substr(dot));
    return ending == ".jpg" || ending == ".jpeg" || ending == ".png";
}

plan::FileStamp stamp_of(const fs::path& path) noexcept {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) {
        return {};
    }
    constexpr std::int64_t ns_per_second = 1'000'000'000;
    return {.size_bytes = S_ISDIR(status.st_mode) ? 0 : static_cast<std::int64_t>(status.st_size),
            .changed_ns =
                static_cast<std::int64_t>(status.st_mtim.tv_sec) * ns_per_second + status.st_mtim.tv_nsec};
}

} // namespace suite::data
