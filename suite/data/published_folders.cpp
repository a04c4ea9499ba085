// Layouts whose folders say what is in them: one folder a class, or a digit in the name.
#include <algorithm>

#include <fmt/format.h>

#include "suite/data/folder_listing.hpp"
#include "suite/data/label_table.hpp"
#include "suite/data/published_listing.hpp"

namespace suite::data {
namespace {

/// Class folders of a part; the manifest's class names are those of the training part.
class ClassFolders {
public:
    explicit ClassFolders(Listing& listing) : listing_(listing) {}

    void list_part(const std::string& part, bool is_train) {
        const FolderListing found = list_watched(part);
        if (found.folders.empty()) {
            const bool is_flat = std::ranges::any_of(found.files, has_image_name);
            listing_.add_fault(part, is_flat ? "images that are not in class folders" : "no class folders",
                               "a folder for each class");
        }
        std::vector<std::string>& names = listing_.manifest.label_names;
        if (is_train) {
            names = found.folders;
        }
        for (const std::string& name : found.folders) {
            const auto place = std::ranges::lower_bound(names, name);
            const std::string folder = part == "." ? name : part + "/" + name;
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
    FolderListing list_watched(const std::string& folder) {
        listing_.watch(folder);
        FaultList faults;
        FolderListing found = list_folder(listing_.folder / folder, faults);
        listing_.add_faults(faults);
        return found;
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
            listing_.add_fault(folder, "no images", "images of this class");
        }
    }

    Listing& listing_;
    std::size_t strangers_ = 0;
};

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
