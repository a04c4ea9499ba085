#include "suite/data/on_disk/listing.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "suite/base/files.hpp"
#include "suite/data/on_disk/folder_listing.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t most_named_missing = 100;
constexpr std::size_t most_image_folders = 4096;

std::pair<std::string_view, std::string_view> folder_and_name(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? std::pair(std::string_view("."), path)
                                           : std::pair(path.substr(0, slash), path.substr(slash + 1));
}

} // namespace

void Listing::add_fault(const Fault& fault) {
    faults.add({.file = fault.where,
                .line = 0,
                .column = {},
                .found = fault.found,
                .expected = fault.expected,
                .fix = fault.fix});
}

void Listing::add_faults(const FaultList& list) {
    for (const Fault& fault : list.faults()) {
        add_fault(fault);
    }
}

void Listing::add_fault(const fs::path& path, std::string found, std::string expected) {
    faults.add({.file = (folder / path).string(),
                .line = 0,
                .column = {},
                .found = std::move(found),
                .expected = std::move(expected),
                .fix = fmt::format("obtain it from {}", layout.obtain)});
}

void Listing::watch(const std::string& path) {
    manifest.watched.push_back({.path = path, .stamp = stamp_of(folder / path)});
}

std::string Listing::read_watched(const std::string& path) {
    watch(path);
    try {
        return read_file(folder / path, ErrorKind::data);
    } catch (const Error& error) {
        faults.add_unreadable({.file = (folder / path).string(),
                               .line = 0,
                               .column = {},
                               .found = error.faults().front().found,
                               .expected = "a readable file",
                               .fix = fmt::format("obtain it from {}", layout.obtain)});
    }
    return {};
}

void Listing::add_file(std::string_view path, std::int32_t class_index) {
    manifest.paths.push_back(path);
    manifest.stamps.emplace_back();
    manifest.classes.push_back(class_index);
}

std::vector<TarMember> Listing::open_container(const std::string& path) {
    manifest.containers.push_back({.path = path, .stamp = stamp_of(folder / path)});
    watch(path);
    FaultList list;
    std::vector<TarMember> members = index_tar_file(folder / path, list);
    add_faults(list);
    return members;
}

void Listing::add_member(const TarMember& image, std::int32_t class_index) {
    manifest.paths.push_back(image.name);
    manifest.stamps.push_back({.size_bytes = static_cast<std::int64_t>(image.size), .changed_ns = 0});
    manifest.container_of.push_back(static_cast<std::int32_t>(manifest.containers.size() - 1));
    manifest.offsets.push_back(static_cast<std::int64_t>(image.offset));
    if (!manifest.is_multilabel) {
        manifest.classes.push_back(class_index);
    }
}

PresentFiles::Folder& PresentFiles::folder_at(std::string_view folder) {
    const auto known = folders_.find(folder);
    if (known != folders_.end()) {
        return known->second;
    }
    listing_.watch(std::string(folder));
    Folder& entry = folders_[std::string(folder)];
    std::error_code ignored;
    if (fs::is_directory(listing_.folder / folder, ignored)) {
        FaultList faults;
        entry.files = list_folder(listing_.folder / folder, faults).files;
        listing_.add_faults(faults);
        entry.is_listed = faults.empty() || !entry.files.empty();
        entry.is_named = !entry.is_listed;
    }
    return entry;
}

bool PresentFiles::has(std::string_view path) {
    const auto [folder, name] = folder_and_name(path);
    return std::ranges::binary_search(folder_at(folder).files, name, std::less<>());
}

void PresentFiles::note_missing(std::string_view path, std::string_view found) {
    if (++missing_count_ <= most_named_missing) {
        missing_.emplace_back(path, found);
    }
}

void PresentFiles::expect(std::string_view path) {
    const std::string_view parent = folder_and_name(path).first;
    Folder& folder = folder_at(parent);
    if (folder.is_listed && !has(path)) {
        note_missing(path, "no such file");
    } else if (!folder.is_listed && !folder.is_named) {
        folder.is_named = true;
        note_missing(parent, "no such folder");
    }
}

void PresentFiles::report() {
    for (const auto& [path, found] : missing_) {
        listing_.add_fault(path, found, "what the lists name");
    }
    if (missing_count_ > missing_.size()) {
        listing_.add_fault(".", fmt::format("{} more that are missing", missing_count_ - missing_.size()),
                           "every image that the lists name");
    }
}

namespace {

/// Folders below `folder` ("" for the root's own), down to `depth`, in order of their paths.
void add_folders_below(const fs::path& root, const std::string& folder, int depth,
                       std::vector<std::string>& folders) {
    FaultList ignored; // whoever looks into a folder reports what is wrong with it
    for (const std::string& name : list_folder(root / folder, ignored).folders) {
        if (!is_system_folder(name) && folders.size() < most_image_folders) {
            const std::string path = folder.empty() ? name : folder + "/" + name;
            folders.push_back(path);
            if (depth > 1) {
                add_folders_below(root, path, depth - 1, folders);
            }
        }
    }
}

} // namespace

NamedImages::NamedImages(Listing& listing, std::string folder, int depth) : present_(listing) {
    folders_ = {std::move(folder)};
    std::vector<std::string> others{"."};
    add_folders_below(listing.folder, "", depth, others);
    std::ranges::copy_if(others, std::back_inserter(folders_),
                         [this](const std::string& other) { return other != folders_.front(); });
}

std::string NamedImages::find(std::string_view name) {
    const auto path_in = [name](const std::string& folder) {
        return folder == "." ? std::string(name) : fmt::format("{}/{}", folder, name);
    };
    const auto folder = std::ranges::find_if(
        folders_, [&](const std::string& candidate) { return present_.has(path_in(candidate)); });
    if (folder == folders_.end()) {
        present_.expect(path_in(folders_.front()));
    }
    return path_in(folder == folders_.end() ? folders_.front() : *folder);
}

bool is_system_folder(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 8> names{
        "lost+found", "@eaDir",   "__MACOSX", "$RECYCLE.BIN", "System Volume Information",
        "#recycle",   "@Recycle", "#snapshot"};
    return std::ranges::find(names, name) != names.end();
}

std::string existing_alternative(const fs::path& folder, std::string_view alternatives) {
    while (!alternatives.empty()) {
        const std::size_t end = std::min(alternatives.find('|'), alternatives.size());
        std::string path(alternatives.substr(0, end));
        std::error_code ignored;
        if (fs::is_directory(folder / path, ignored)) {
            return path;
        }
        alternatives.remove_prefix(std::min(end + 1, alternatives.size()));
    }
    return {};
}

} // namespace suite::data
