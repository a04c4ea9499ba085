// Layouts with label tables: the chest X-ray archives. Which images there are, their labels, views and splits
// is the business of label_readers.hpp; here only where the files lie.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "suite/data/labels/readers.hpp"
#include "suite/data/on_disk/folder_listing.hpp"
#include "suite/data/on_disk/listing.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;

// Above this many folders opening does not look into each (MIMIC-CXR has 227,000): whether a file is there
// turns up in `data check`, or when it is read.
constexpr std::size_t most_listed_folders = 4096;

bool contains(const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
}

LabelSet label_set_of(const Listing& listing) {
    switch (listing.layout.kind) {
    case plan::LayoutKind::nih:
        return LabelSet::nih;
    case plan::LayoutKind::chexpert:
        return LabelSet::chexpert;
    case plan::LayoutKind::mimic:
        return LabelSet::mimic;
    default:
        return contains(listing.layout.single_label, listing.spec.id) ? LabelSet::padchest_cl
                                                                      : LabelSet::padchest;
    }
}

LabelOptions label_options(const Listing& listing, LabelSet set) {
    LabelOptions options;
    if (contains(listing.layout.all_views, listing.spec.id)) {
        options.views.assign(all_views.begin(), all_views.end());
    }
    if (contains(listing.layout.validate_test, listing.spec.id)) {
        options.mimic_test = MimicTest::validate;
    }
    if (set == LabelSet::padchest || set == LabelSet::padchest_cl) {
        options.excluded_images = excluded_images(listing.workloads);
    }
    return options;
}

/// Where the folders of CheXpert's patients lie: as published, or in the folders that its batches unpack to
/// ("CheXpert-v1.0 batch 2 (train 1)/patient00001").
class PatientFolders {
public:
    explicit PatientFolders(Listing& listing) {
        for (const fs::path& batch : chexpert_batches(listing.folder)) {
            for (const char* inner : {"", "train", "valid"}) {
                std::error_code ignored;
                if (fs::is_directory(batch / inner, ignored)) {
                    add(listing, (batch.filename() / inner).string());
                }
            }
        }
    }
    /// "train/patient00001/study1/view1_frontal.jpg" -> its path below the listing's folder.
    [[nodiscard]] std::string place(std::string_view path) const {
        const std::size_t begin = path.find('/') + 1;
        const auto found = folders_.find(path.substr(begin, path.find('/', begin) - begin));
        return found == folders_.end() ? std::string(path)
                                       : fmt::format("{}/{}", found->second, path.substr(begin));
    }

private:
    void add(Listing& listing, std::string folder) {
        if (folder.ends_with('/')) {
            folder.pop_back();
        }
        listing.watch(folder);
        FaultList faults;
        for (const std::string& name : list_folder(listing.folder / folder, faults).folders) {
            if (name.starts_with("patient")) {
                folders_.try_emplace(name, folder);
            }
        }
        listing.add_faults(faults);
    }

    std::map<std::string, std::string, std::less<>> folders_;
};

/// "CheXpert-v1.0/train/…": the first part is the name of the folder that the tables lie in.
std::string_view without_first_part(std::string_view path) {
    const std::size_t slash = path.find('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::vector<std::string> flat_paths(Listing& listing, LabelSet set, const TextColumn& images) {
    // NIH: images, or images_001/images … images_012/images. PadChest: one folder for each zip file, or none.
    NamedImages found(listing, set == LabelSet::nih ? "images" : ".", 2);
    std::vector<std::string> paths;
    for (std::size_t row = 0; row < images.size(); ++row) {
        paths.push_back(found.find(set == LabelSet::nih ? without_first_part(images[row]) : images[row]));
    }
    found.report();
    return paths;
}

std::vector<std::string> nested_paths(Listing& listing, LabelSet set, const TextColumn& images) {
    std::vector<std::string> paths;
    std::set<std::string, std::less<>> folders;
    const PatientFolders patients(listing); // of other sets none
    for (std::size_t row = 0; row < images.size(); ++row) {
        const std::string_view image = images[row];
        paths.push_back(set == LabelSet::chexpert ? patients.place(without_first_part(image))
                                                  : std::string(image));
        const std::string_view path = paths.back();
        if (folders.size() <= most_listed_folders) {
            folders.emplace(path.substr(0, std::min(path.rfind('/'), path.size())));
        }
    }
    if (folders.size() > most_listed_folders) {
        listing.manifest.notes.push_back(
            "more folders than opening looks into: a missing image turns up when it is "
            "read, or in `data check`");
        listing.watch(".");
        return paths;
    }
    PresentFiles present(listing);
    for (const std::string& path : paths) {
        present.expect(path);
    }
    present.report();
    return paths;
}

void take_rows(Listing& listing, const LabelTable& table, const std::vector<std::string>& paths,
               SplitRole role) {
    const bool is_multilabel = listing.spec.task == plan::Task::multilabel;
    for (std::size_t row = 0; row < table.size(); ++row) {
        if (table.roles[row] != role) {
            continue;
        }
        listing.manifest.paths.push_back(paths[row]);
        listing.manifest.stamps.emplace_back();
        listing.manifest.patients.push_back(table.patients[row]);
        const std::span<const float> labels = table.labels(row);
        if (is_multilabel) {
            for (const float label : labels) {
                listing.manifest.label_marks += label == 1.0F ? '1' : label == 0.0F ? '0' : '-';
            }
        } else {
            listing.manifest.classes.push_back(
                static_cast<std::int32_t>(std::ranges::find(labels, 1.0F) - labels.begin()));
        }
    }
}

void read_table(Listing& listing, LabelSet set) {
    const LabelTable table = read_label_table(set, listing.folder, label_options(listing, set));
    for (const AbsentFile& file : table.absent) {
        listing.add_fault(fs::path(file.path).lexically_relative(listing.folder),
                          "no such file: " + file.consequence, "the published list");
    }
    listing.manifest.label_names = table.label_names;
    listing.manifest.notes = table.notes;
    const bool is_flat = set == LabelSet::nih || set == LabelSet::padchest || set == LabelSet::padchest_cl;
    const auto paths =
        is_flat ? flat_paths(listing, set, table.images) : nested_paths(listing, set, table.images);
    take_rows(listing, table, paths, SplitRole::train);
    listing.manifest.train_samples = listing.manifest.size();
    take_rows(listing, table, paths, SplitRole::test);
}

} // namespace

void list_label_table(Listing& listing) {
    const LabelSet set = label_set_of(listing);
    listing.manifest.is_multilabel = listing.spec.task == plan::Task::multilabel;
    for (const LabelFile& file : label_files_of(set)) {
        const fs::path path = find_label_file(listing.folder, set, file);
        listing.watch(
            (path.empty() ? fs::path(file.names.front()) : path.lexically_relative(listing.folder)).string());
    }
    try {
        read_table(listing, set);
    } catch (const LabelError& error) {
        for (const LabelFault& fault : error.label_faults()) {
            listing.faults.add(fault);
        }
    }
}

} // namespace suite::data
