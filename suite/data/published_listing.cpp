#include "suite/data/published_listing.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "suite/base/files.hpp"
#include "suite/data/folder_listing.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t longest_line_bytes = 4096;
constexpr std::size_t most_named_missing = 100;

std::vector<std::string_view> fields_of(std::string_view line) {
    std::vector<std::string_view> fields;
    for (std::size_t at = line.find_first_not_of(" \t"); at != std::string_view::npos;
         at = line.find_first_not_of(" \t", at)) {
        const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
        fields.push_back(line.substr(at, end - at));
        at = end;
    }
    return fields;
}

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

std::vector<ListLine> lines_of(std::string_view text, const std::string& file, LabelFaults& faults) {
    std::vector<ListLine> lines;
    std::size_t number = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        ListLine line{.number = ++number, .text = text.substr(0, end), .fields = {}};
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.text.ends_with('\r')) {
            line.text.remove_suffix(1);
        }
        const bool has_nul = line.text.find('\0') != std::string_view::npos;
        if (has_nul || line.text.size() > longest_line_bytes) {
            faults.add(
                line_fault(file, line, has_nul ? "a NUL byte" : "more than 4,096 bytes", "a line of text"));
            continue;
        }
        line.fields = fields_of(line.text);
        if (!line.fields.empty() && line.fields.front().front() != '#') {
            lines.push_back(std::move(line));
        }
    }
    if (lines.empty()) {
        faults.add({.file = file,
                    .line = 0,
                    .column = {},
                    .found = "no entries",
                    .expected = "one a line",
                    .fix = "obtain the file again"});
    }
    return lines;
}

LabelFault line_fault(const std::string& file, const ListLine& line, std::string found,
                      std::string expected) {
    return {.file = file,
            .line = line.number,
            .column = {},
            .found = std::move(found),
            .expected = std::move(expected),
            .fix = "obtain the file again"};
}

const std::vector<std::string>& PresentFiles::files_in(const std::string& folder) {
    const auto known = folders_.find(folder);
    if (known != folders_.end()) {
        return known->second;
    }
    listing_.watch(folder);
    FaultList faults;
    FolderListing found = list_folder(listing_.folder / folder, faults);
    listing_.add_faults(faults);
    return folders_.emplace(folder, std::move(found.files)).first->second;
}

bool PresentFiles::has(std::string_view path) {
    const auto [folder, name] = folder_and_name(path);
    const std::vector<std::string>& files = files_in(std::string(folder));
    return std::ranges::binary_search(files, name, std::less<>());
}

void PresentFiles::expect(std::string_view path) {
    if (!has(path) && ++missing_count_ <= most_named_missing) {
        missing_.emplace_back(path);
    }
}

void PresentFiles::report() {
    for (const std::string& path : missing_) {
        listing_.add_fault(path, "no such file", "an image that the lists name");
    }
    if (missing_count_ > missing_.size()) {
        listing_.add_fault(".", fmt::format("{} more missing images", missing_count_ - missing_.size()),
                           "every image that the lists name");
    }
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
