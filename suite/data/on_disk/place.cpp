// Where a published set lies, and what its folder lacks before anything in it is read: other forms of the
// set, archives that were not unpacked, absent lists, tables and folders of images. One answer for `doctor`,
// `plan`, `data check` and runs.
#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "suite/base/shell.hpp"
#include "suite/data/labels/readers.hpp"
#include "suite/data/on_disk/folder_listing.hpp"
#include "suite/data/on_disk/listing.hpp"
#include "suite/data/on_disk/set.hpp"
#include "suite/plan/declare/catalog.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;

constexpr int image_depth = 3; // flower_data/train/1

bool is_file(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

bool is_folder(const fs::path& path) {
    std::error_code ignored;
    return fs::is_directory(path, ignored);
}

/// Whether `is_wanted` holds for any entry of the folder; stops at the first.
bool any_entry(const fs::path& folder, const std::function<bool(const fs::directory_entry&)>& is_wanted) {
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        if (is_wanted(*entry)) {
            return true;
        }
    }
    return false;
}

/// Whether the folder, or one of those down to `depth` below it, holds an image. Stops at the first.
bool has_images_below(const fs::path& folder, int depth) {
    std::vector<fs::path> inner;
    const bool found = any_entry(folder, [&](const fs::directory_entry& entry) {
        const std::string name = entry.path().filename().string();
        std::error_code ignored;
        if (name.starts_with('.') || is_system_folder(name)) {
            return false;
        }
        if (entry.is_directory(ignored)) {
            inner.push_back(entry.path());
            return false;
        }
        return has_image_name(name);
    });
    return found || (depth > 0 && std::ranges::any_of(inner, [depth](const fs::path& path) {
                         return has_images_below(path, depth - 1);
                     }));
}

std::optional<LabelSet> label_set_of(plan::LayoutKind kind) {
    switch (kind) {
    case plan::LayoutKind::nih:
        return LabelSet::nih;
    case plan::LayoutKind::padchest:
        return LabelSet::padchest;
    case plan::LayoutKind::chexpert:
        return LabelSet::chexpert;
    case plan::LayoutKind::mimic:
        return LabelSet::mimic;
    default:
        return std::nullopt;
    }
}

/// A table of the set in the folder itself, or in a batch folder of CheXpert's below it.
bool holds_table(LabelSet set, const fs::path& folder) {
    const fs::path table = find_label_file(folder, set, label_files_of(set).front());
    return !table.empty() && (table.parent_path() == folder ||
                              std::ranges::count(chexpert_batches(folder), table.parent_path()) > 0);
}

/// Whether the folder holds what a set of this layout cannot be without.
bool holds_layout(const plan::LayoutSpec& layout, const fs::path& folder, bool is_root) {
    if (const auto set = label_set_of(layout.kind)) {
        return holds_table(*set, folder);
    }
    switch (layout.kind) {
    case plan::LayoutKind::class_folders:
    case plan::LayoutKind::digit_folders: {
        const std::string part = existing_alternative(folder, layout.train.front());
        return !part.empty() && !(part == "." && is_root);
    }
    case plan::LayoutKind::matlab_lists:
        return is_file(folder / "setid.mat");
    default:
        return is_file(folder / layout.train.front());
    }
}

/// "https://site/page.html (words)" and a file beside that page -> its address.
std::string address_of(const plan::LayoutSpec& layout, std::string_view file) {
    const std::string page = layout.obtain.substr(0, layout.obtain.find(' '));
    return fmt::format("{}/{}", page.substr(0, page.rfind('/')), file);
}

/// Collects what a place lacks, each with what mends it.
class Shortage {
public:
    explicit Shortage(const PublishedPlace& place) : place_(place) {}

    void require_file(const fs::path& path, std::string_view expected, const std::string& fix = "") {
        if (!is_file(place_.folder / path)) {
            add(path, "no such file", expected, fix);
        }
    }
    void require_folder(const fs::path& path, std::string_view expected) {
        if (!is_folder(place_.folder / path)) {
            add(path, "no such folder", expected);
        }
    }
    /// `fix` empty: unpack the archives that are there, or obtain the set.
    void add(const fs::path& path, std::string_view found, std::string_view expected, std::string fix = "") {
        fix = fix.empty() ? unpack_command() : fix;
        fix = fix.empty() ? fmt::format("obtain it from {}", place_.layout.obtain) : fix;
        faults_.push_back({.where = (place_.folder / path).lexically_normal().string(),
                           .found = std::string(found),
                           .expected = std::string(expected),
                           .fix = std::move(fix)});
    }
    void add(const std::vector<Fault>& faults) {
        faults_.insert(faults_.end(), faults.begin(), faults.end());
    }
    [[nodiscard]] bool has_archives() const { return !unpack_command().empty(); }
    [[nodiscard]] std::vector<Fault> take() { return std::move(faults_); }

private:
    /// For archives in the folder: the command that unpacks all of one kind there.
    [[nodiscard]] std::string unpack_command() const {
        std::string command;
        any_entry(place_.folder, [&](const fs::directory_entry& entry) {
            const std::string name = entry.path().filename().string();
            for (const std::string_view ending : {".zip", ".tar.gz", ".tgz", ".tar"}) {
                if (name.ends_with(ending)) {
                    const std::string tool = ending == ".zip" ? "unzip -qn \"$f\" -d" : "tar -xf \"$f\" -C";
                    const std::string folder = single_quoted(place_.folder.string());
                    command = fmt::format("unpack what was downloaded: for f in {0}/*{1}; do {2} {0}; done",
                                          folder, ending, tool);
                    return true;
                }
            }
            return false;
        });
        return command;
    }

    const PublishedPlace& place_;
    std::vector<Fault> faults_;
};

/// Files of pickled records, as sets of byte records are published for Python, too.
bool holds_pickles(const fs::path& folder) {
    return is_file(folder / "data_batch_1") || (is_file(folder / "train") && is_file(folder / "meta"));
}

/// The folder, or the one right below it, that holds_pickles; empty when there is none.
fs::path python_version(const fs::path& folder) {
    fs::path found = holds_pickles(folder) ? folder : fs::path();
    if (found.empty()) {
        any_entry(folder, [&found](const fs::directory_entry& entry) {
            found = holds_pickles(entry.path()) ? entry.path() : fs::path();
            return !found.empty();
        });
    }
    return found;
}

void require_records(const PublishedPlace& place, Shortage& shortage) {
    const plan::LayoutSpec& layout = place.layout;
    const bool is_whole = is_file(place.folder / layout.train.front());
    const fs::path python = is_whole ? fs::path() : python_version(place.folder);
    if (!python.empty() && !layout.hashes.empty()) {
        shortage.add(python.lexically_relative(place.folder),
                     "the Python version, whose pickle files could run code and are never opened",
                     fmt::format("the binary version ({})", layout.train.front()),
                     fmt::format("mkdir -p {0} && curl -fsSL {1} | tar -xz -C {0}",
                                 single_quoted(place.wanted.string()),
                                 address_of(layout, layout.hashes.begin()->first)));
        return;
    }
    for (const auto* files : {&layout.train, &layout.test}) {
        for (const std::string& file : *files) {
            shortage.require_file(file, "a file of records");
        }
    }
    if (!layout.class_names.empty()) {
        shortage.require_file(layout.class_names, "the names of the classes");
    }
}

void require_matlab_lists(const PublishedPlace& place, Shortage& shortage) {
    const plan::LayoutSpec& layout = place.layout;
    for (const char* file : {"imagelabels.mat", "setid.mat"}) {
        shortage.require_file(
            file, "the lists of classes and parts, also where the images are sorted into class folders",
            fmt::format("curl -fL --output-dir {} -O {}", single_quoted(place.folder.string()),
                        address_of(layout, file)));
    }
    if (!has_images_below(place.folder, image_depth)) {
        shortage.add("jpg", "no images", "image_00001.jpg and so on, in jpg or in class folders",
                     fmt::format("curl -fsSL {} | tar -xz -C {}", address_of(layout, "102flowers.tgz"),
                                 single_quoted(place.folder.string())));
    }
}

void require_lists(const PublishedPlace& place, Shortage& shortage) {
    const bool is_by_list =
        place.layout.kind == plan::LayoutKind::text_lists; // images in PART, else in images
    for (const auto* files : {&place.layout.train, &place.layout.test}) {
        for (const std::string& file : *files) {
            shortage.require_file(file, "a list of images");
            if (is_by_list) {
                shortage.require_folder(fs::path(file).stem(), "the images of " + file);
            }
        }
    }
    if (!is_by_list) {
        shortage.require_folder("images", "the images that the lists name");
    }
}

void require_digit_folders(const PublishedPlace& place, Shortage& shortage) {
    for (const std::string& alternatives : place.layout.train) {
        if (existing_alternative(place.folder, alternatives).empty()) {
            shortage.add(alternatives.substr(0, alternatives.find('|')), "no such folder",
                         "the images of one of the hospitals");
        }
    }
}

/// A part's class folders, without system folders among them, or tars of classes that are read where they
/// lie.
void require_class_part(const PublishedPlace& place, const std::string& alternatives, Shortage& shortage) {
    const std::string part = existing_alternative(place.folder, alternatives);
    if (part.empty()) {
        const std::string name = alternatives.substr(0, alternatives.find('|'));
        const std::string folder = (place.folder / name).string();
        shortage.add(
            name, "no such folder", "a folder of class folders",
            shortage.has_archives()
                ? fmt::format("mkdir {}, and unpack the archive of this part in it", single_quoted(folder))
                : "");
        return;
    }
    FaultList unreadable;
    FolderListing found = list_folder(place.folder / part, unreadable);
    std::vector<Fault> faults = take_out_system_folders(place.folder / part, found);
    if (auto fault =
            unready_class_part(place.folder / part, found, place.layout.test.empty(), place.layout.obtain)) {
        faults.push_back(std::move(*fault));
    }
    shortage.add(unreadable.empty() ? faults : unreadable.faults());
}

/// Patients' folders of a part of CheXpert: as published, or in the folders that the batches unpack to.
bool has_chexpert_part(const fs::path& folder, const std::string& part) {
    return is_folder(folder / part) ||
           std::ranges::any_of(chexpert_batches(folder), [&part](const fs::path& batch) {
               return is_folder(batch / part) ||
                      (part == "train" && batch.filename().string().find("train") != std::string::npos);
           });
}

void require_label_tables(const PublishedPlace& place, LabelSet set, Shortage& shortage) {
    for (const LabelFile& file : label_files_of(set)) {
        if (find_label_file(place.folder, set, file).empty()) {
            shortage.add(file.names.front(),
                         file.consequence.empty() ? "no such file" : "no such file: " + file.consequence,
                         file.consequence.empty() ? "the label table" : "the published list");
        }
    }
    if (set == LabelSet::mimic) {
        shortage.require_folder("files", "the images: files/p10, files/p11 and so on");
    } else if (set == LabelSet::chexpert) {
        for (const char* part : {"train", "valid"}) {
            if (!has_chexpert_part(place.folder, part)) {
                shortage.add(part, "no such folder",
                             "patients' folders, here or in the folders of the batches");
            }
        }
    } else if (!has_images_below(place.folder, 2)) {
        shortage.add(set == LabelSet::nih ? "images" : ".", "no images",
                     set == LabelSet::nih ? "images in images, or in images_001/images and so on"
                                          : "the images, here or in one folder for each archive");
    }
}

} // namespace

PublishedPlace find_published(const plan::DataSetSpec& spec, const fs::path& root, const fs::path& workloads,
                              RootMeaning meaning) {
    const auto layouts = plan::load_layouts(workloads);
    const plan::LayoutSpec* layout = plan::layout_of(layouts, spec.id);
    if (layout == nullptr) {
        throw Error(ErrorKind::usage, Fault{.where = spec.id,
                                            .found = "a data set without a layout",
                                            .expected = "one of datasets/layouts.toml",
                                            .fix = "declare how its files lie"});
    }
    PublishedPlace place{
        .layout = *layout, .folder = {}, .wanted = root / spec.id, .has_test_part = spec.test_images > 0};
    std::vector<fs::path> candidates{root / spec.id};
    for (const std::string& folder : layout->folders) {
        candidates.push_back(root / folder);
    }
    const auto named = static_cast<std::ptrdiff_t>(candidates.size());
    if (meaning == RootMeaning::parent_or_set) {
        candidates.push_back(root);
    }
    auto found = std::ranges::find_if(candidates, [&](const fs::path& candidate) {
        return has_shards(candidate) || holds_layout(*layout, candidate, candidate == root);
    });
    if (found == candidates.end()) { // a folder of the set's name is the set, whatever it lacks
        found = std::ranges::find_if(candidates.begin(), candidates.begin() + named, is_folder);
        found = found == candidates.begin() + named ? candidates.end() : found;
    }
    place.folder = found == candidates.end() ? fs::path() : fs::canonical(*found);
    return place;
}

std::vector<Fault> what_is_lacking(const PublishedPlace& place) {
    Shortage shortage(place);
    if (has_shards(place.folder)) {
        if (place.has_test_part && !has_test_shards(place.folder)) {
            shortage.add(".", "no shards of a test part", expected_test_shards);
        }
        return shortage.take();
    }
    if (const auto set = label_set_of(place.layout.kind)) {
        require_label_tables(place, *set, shortage);
        return shortage.take();
    }
    switch (place.layout.kind) {
    case plan::LayoutKind::byte_records:
        require_records(place, shortage);
        break;
    case plan::LayoutKind::matlab_lists:
        require_matlab_lists(place, shortage);
        break;
    case plan::LayoutKind::digit_folders:
        require_digit_folders(place, shortage);
        break;
    case plan::LayoutKind::class_folders:
        for (const auto* parts : {&place.layout.train, &place.layout.test}) {
            for (const std::string& alternatives : *parts) {
                require_class_part(place, alternatives, shortage);
            }
        }
        break;
    default:
        require_lists(place, shortage);
        break;
    }
    return shortage.take();
}

} // namespace suite::data
