// Layouts whose folders say what is in them: one folder a class, or a digit in the name.
#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/base/shell.hpp"
#include "suite/data/labels/table.hpp"
#include "suite/data/on_disk/folder_listing.hpp"
#include "suite/data/on_disk/listing.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_named_files = 3;

bool is_archive(std::string_view name) {
    return std::ranges::any_of(std::array<std::string_view, 4>{".tar", ".tar.gz", ".tgz", ".zip"},
                               [name](std::string_view ending) { return name.ends_with(ending); });
}

/// "3 class tars (a.tar, b.tar, c.tar)", or with "…" behind the third of more.
std::string counted_names(std::string_view what, const std::vector<std::string>& names) {
    const std::span<const std::string> named(names.data(), std::min(names.size(), most_named_files));
    return fmt::format("{} {} ({}{})", names.size(), what, fmt::join(named, ", "),
                       names.size() > named.size() ? ", …" : "");
}

std::vector<std::string> class_tars_of(const FolderListing& found) {
    std::vector<std::string> tars;
    std::ranges::copy_if(found.files, std::back_inserter(tars), is_class_tar);
    return tars;
}

/// Class tars that nobody unpacked into a folder of their name.
std::vector<std::string> packed_classes(const FolderListing& found) {
    std::vector<std::string> tars = class_tars_of(found);
    std::erase_if(tars, [&found](const std::string& name) {
        return std::ranges::binary_search(found.folders, name.substr(0, name.size() - 4));
    });
    return tars;
}

Fault packed_fault(const fs::path& folder, const std::vector<std::string>& tars) {
    return {.where = folder.string(),
            .found = counted_names("class tars that are not unpacked", tars),
            .expected = "a folder for each class",
            .fix = fmt::format("cd {} && for t in n*.tar; do mkdir -p \"${{t%.tar}}\" && tar -xf \"$t\" -C "
                               "\"${{t%.tar}}\" && rm \"$t\"; done",
                               single_quoted(folder.string()))};
}

/// A part's folder without class folders.
Fault no_classes_fault(const fs::path& folder, const FolderListing& found, std::string_view obtain) {
    const auto archive = std::ranges::find_if(found.files, is_archive);
    if (archive != found.files.end()) {
        return {.where = folder.string(),
                .found = fmt::format("no class folders, but {}, which is not unpacked", *archive),
                .expected = "a folder for each class",
                .fix = fmt::format("unpack it there (tar -xf or unzip), then run the same command again")};
    }
    const bool is_flat = std::ranges::any_of(found.files, has_image_name);
    return {.where = folder.string(),
            .found = is_flat ? "images that are not in class folders" : "no class folders",
            .expected = "a folder for each class",
            .fix = is_flat ? "move each image into a folder named as its class in the training part"
                           : fmt::format("obtain it from {}", obtain)};
}

/// Class folders of a part; the manifest's class names are those of the training part.
class ClassFolders {
public:
    explicit ClassFolders(Listing& listing) : listing_(listing) {}

    void list_part(const std::string& part, bool is_train) {
        FolderListing found = list_watched(part);
        for (const Fault& fault : take_out_system_folders(listing_.folder / part, found)) {
            listing_.add_fault(fault);
        }
        const bool reads_tars = listing_.layout.test.empty();
        if (auto fault =
                unready_class_part(listing_.folder / part, found, reads_tars, listing_.layout.obtain)) {
            listing_.add_fault(*fault);
        }
        if (found.folders.empty() && reads_tars) {
            list_class_tars(part, class_tars_of(found));
            return;
        }
        note_left_overs(part, found);
        std::vector<std::string>& names = listing_.manifest.label_names;
        if (is_train) {
            names = found.folders;
        }
        for (const std::string& name : found.folders) {
            const auto place = std::ranges::lower_bound(names, name);
            const std::string folder = below(part, name);
            if (place == names.end() || *place != name) {
                listing_.add_fault(folder, "a class that the training part has not", "the same classes");
                continue;
            }
            list_class(folder, static_cast<std::int32_t>(place - names.begin()));
        }
    }

    void note_strangers() {
        if (strangers_ > 0) {
            listing_.manifest.notes.push_back(
                fmt::format("{} files were passed over: no images by their names", strangers_));
        }
    }

private:
    static std::string below(const std::string& part, const std::string& name) {
        return part == "." ? name : part + "/" + name;
    }

    FolderListing list_watched(const std::string& folder) {
        listing_.watch(folder);
        FaultList faults;
        FolderListing found = list_folder(listing_.folder / folder, faults);
        listing_.add_faults(faults);
        return found;
    }

    /// Archives beside class folders, whose contents are taken from the folders.
    void note_left_overs(const std::string& part, const FolderListing& found) {
        std::vector<std::string> archives;
        std::ranges::copy_if(found.files, std::back_inserter(archives), is_archive);
        if (!archives.empty() && !found.folders.empty()) {
            listing_.manifest.notes.push_back(
                fmt::format("{} in {} left beside the class folders: not read",
                            counted_names(archives.size() == 1 ? "archive" : "archives", archives), part));
        }
    }

    /// Classes that still are tars are read where they lie.
    void list_class_tars(const std::string& part, const std::vector<std::string>& tars) {
        if (!tars.empty()) {
            listing_.manifest.notes.push_back(
                fmt::format("{}: read where they lie", counted_names("class tars", tars)));
        }
        for (const std::string& tar : tars) {
            const auto class_index = static_cast<std::int32_t>(listing_.manifest.label_names.size());
            listing_.manifest.label_names.push_back(tar.substr(0, tar.size() - 4));
            const std::size_t before = listing_.manifest.size();
            for (const TarMember& member : listing_.open_container(below(part, tar))) {
                if (has_image_name(member.name)) {
                    listing_.add_member(member, class_index);
                } else {
                    ++strangers_;
                }
            }
            if (listing_.manifest.size() == before) {
                listing_.add_fault(below(part, tar), "no images", "images of this class");
            }
        }
    }

    void list_class(const std::string& folder, std::int32_t class_index) {
        const FolderListing found = list_watched(folder);
        const std::size_t before = listing_.manifest.size();
        for (const std::string& name : found.files) {
            if (has_image_name(name)) {
                listing_.add_file(folder + "/" + name, class_index);
            } else {
                ++strangers_;
            }
        }
        if (listing_.manifest.size() == before) {
            listing_.add_fault(folder, found.folders.empty() ? "no images" : "folders, but no images",
                               "images of this class");
        }
    }

    Listing& listing_;
    std::size_t strangers_ = 0;
};

/// Parts that people have beside the one that is read: ImageNet-21K-P has val and small_classes.
void note_other_parts(Listing& listing, const std::string& train) {
    if (train == "." || !listing.layout.test.empty()) {
        return;
    }
    FaultList unheard;
    std::vector<std::string> others = list_folder(listing.folder, unheard).folders;
    std::erase(others, train);
    if (others.empty()) {
        return;
    }
    std::string note = fmt::format("{} beside {}: not read, the data set has a training part alone",
                                   counted_names(others.size() == 1 ? "folder" : "folders", others), train);
    for (const plan::EditionSpec& edition : listing.layout.editions) {
        note +=
            fmt::format("{} {}", &edition == listing.layout.editions.data() ? "; as in" : ",", edition.title);
    }
    listing.manifest.notes.push_back(std::move(note));
}

void check_class_count(Listing& listing) {
    if (listing.manifest.label_names.size() > listing.spec.labels.size()) {
        listing.add_fault(".", fmt::format("{} classes", listing.manifest.label_names.size()),
                          fmt::format("{} at most", listing.spec.labels.size()));
    }
}

/// One folder of images whose names end in their class: in the order of their paths, split by 3.3.
struct DigitFolder {
    std::string path;
    FileSplit split;
};

DigitFolder list_digit_folder(Listing& listing, const std::string& alternatives) {
    DigitFolder folder{.path = existing_alternative(listing.folder, alternatives), .split = {}};
    if (folder.path.empty()) {
        listing.add_fault(alternatives.substr(0, alternatives.find('|')), "no such folder",
                          "the images of one of the hospitals");
        return folder;
    }
    listing.watch(folder.path);
    FaultList faults;
    FolderListing found = list_folder(listing.folder / folder.path, faults);
    std::erase_if(found.files, [](const std::string& name) { return !has_image_name(name); }); // Thumbs.db
    try {
        folder.split = tuberculosis_split(std::move(found.files));
    } catch (const Error& error) {
        for (Fault fault : error.faults()) {
            fault.where = fmt::format("{}: {}", (listing.folder / folder.path).string(), fault.where);
            faults.add(std::move(fault));
        }
    }
    listing.add_faults(faults);
    return folder;
}

} // namespace

std::vector<Fault> take_out_system_folders(const fs::path& folder, FolderListing& found) {
    std::vector<Fault> faults;
    std::erase_if(found.folders, [&](const std::string& name) {
        if (is_system_folder(name)) {
            faults.push_back({.where = (folder / name).lexically_normal().string(),
                              .found = "a folder of the system's, or of a tool's, among the classes",
                              .expected = "class folders alone",
                              .fix = "take it out of the data set"});
        }
        return is_system_folder(name);
    });
    return faults;
}

std::optional<Fault> unready_class_part(const fs::path& folder, const FolderListing& found, bool reads_tars,
                                        std::string_view obtain) {
    const std::vector<std::string> packed = packed_classes(found);
    if (!packed.empty() && !(reads_tars && found.folders.empty())) {
        return packed_fault(folder, packed);
    }
    return found.folders.empty() && packed.empty() ? std::optional(no_classes_fault(folder, found, obtain))
                                                   : std::nullopt;
}

void list_class_folders(Listing& listing) {
    ClassFolders folders(listing);
    for (const auto* parts : {&listing.layout.train, &listing.layout.test}) {
        for (const std::string& alternatives : *parts) {
            const std::string part = existing_alternative(listing.folder, alternatives);
            if (part.empty()) {
                listing.add_fault(alternatives.substr(0, alternatives.find('|')), "no such folder",
                                  "a folder of class folders");
            } else {
                folders.list_part(part, parts == &listing.layout.train);
                note_other_parts(listing, part);
            }
        }
        if (parts == &listing.layout.train) {
            listing.manifest.train_samples = listing.manifest.size();
        }
    }
    folders.note_strangers();
    check_class_count(listing);
}

void list_digit_folders(Listing& listing) {
    listing.manifest.label_names = listing.spec.labels;
    std::vector<DigitFolder> folders;
    for (const std::string& alternatives : listing.layout.train) {
        folders.push_back(list_digit_folder(listing, alternatives));
    }
    for (const SplitRole role : {SplitRole::train, SplitRole::test}) {
        for (const DigitFolder& folder : folders) {
            for (std::size_t i = 0; i < folder.split.roles.size(); ++i) {
                if (folder.split.roles[i] == role) {
                    listing.add_file(folder.path + "/" + folder.split.files[i],
                                     static_cast<std::int32_t>(folder.split.classes[i]));
                }
            }
        }
        if (role == SplitRole::train) {
            listing.manifest.train_samples = listing.manifest.size();
        }
    }
}

} // namespace suite::data
