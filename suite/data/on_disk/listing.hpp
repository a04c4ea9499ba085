// What the readers of published sets share: a manifest being made, its faults, which files are there. Private
// to suite/data/published_*.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "suite/data/formats/list_lines.hpp"
#include "suite/data/formats/tar_index.hpp"
#include "suite/data/labels/csv.hpp"
#include "suite/data/on_disk/folder_listing.hpp"
#include "suite/plan/spec/data_set.hpp"
#include "suite/plan/spec/layout.hpp"
#include "suite/plan/spec/manifest.hpp"

namespace suite::data {

/// One data set being listed.
struct Listing {
    const plan::DataSetSpec& spec;
    const plan::LayoutSpec& layout;
    std::filesystem::path folder;    ///< that the data set lies in
    std::filesystem::path workloads; ///< declarations, for lists that belong to the protocol
    LabelFaults faults;
    plan::Manifest manifest;

    void add_fault(const Fault& fault);
    void add_faults(const FaultList& list);
    /// A fault of a whole file or folder below `folder`.
    void add_fault(const std::filesystem::path& path, std::string found, std::string expected);
    /// Remembers that a change of this place makes the manifest void.
    void watch(const std::string& path);
    /// Whole file below `folder`, watched; a fault and empty when it cannot be read.
    [[nodiscard]] std::string read_watched(const std::string& path);
    void add_file(std::string_view path, std::int32_t class_index);
    /// A tar that images are read from where they lie in it, watched: its files. Faults as index_tar_file.
    [[nodiscard]] std::vector<TarMember> open_container(const std::string& path);
    /// An image in the container that was opened last; the class does not count in sets of several labels.
    void add_member(const TarMember& image, std::int32_t class_index);
};

/// Looks for the files that lists name, folder by folder, each folder read once and watched.
class PresentFiles {
public:
    explicit PresentFiles(Listing& listing) : listing_(listing) {}
    /// Notes the file as missing unless it is there; of an absent folder the folder, once. `path` is below
    /// the listing's folder.
    void expect(std::string_view path);
    [[nodiscard]] bool has(std::string_view path);
    /// Adds what was missing: the first hundred by name, the rest as a number.
    void report();

private:
    struct Folder {
        bool is_listed = false; ///< otherwise it is absent, or a fault says why it cannot be read
        bool is_named = false;  ///< among the missing ones, or in that fault
        std::vector<std::string> files;
    };
    Folder& folder_at(std::string_view folder);
    void note_missing(std::string_view path, std::string_view found);

    Listing& listing_;
    std::map<std::string, Folder, std::less<>> folders_;
    std::vector<std::pair<std::string, std::string>> missing_; ///< path, what was found there
    std::size_t missing_count_ = 0;
};

/// Images that are known by their names alone, wherever they lie: in the folder where the set has them as
/// published, or in folders of other names, one for each archive or class.
class NamedImages {
public:
    /// `folder` ("." for the set's own): where they are as published, which is looked into first; then all
    /// folders down to `depth` below the set's.
    NamedImages(Listing& listing, std::string folder, int depth);
    /// Path below the listing's folder; noted as missing in the published folder when no folder has it.
    [[nodiscard]] std::string find(std::string_view name);
    void report() { present_.report(); }

private:
    PresentFiles present_;
    std::vector<std::string> folders_;
};

/// Folders that systems and their tools put beside anything: "lost+found", "@eaDir", "__MACOSX", …
[[nodiscard]] bool is_system_folder(std::string_view name) noexcept;

// One for each kind of layout. Each fills the manifest's samples (training part first), adds its faults, and
// never throws for what a file says.
void list_class_folders(Listing& listing);
void list_byte_records(Listing& listing);
void list_matlab_lists(Listing& listing);
void list_name_lists(Listing& listing);
void list_text_lists(Listing& listing);
void list_digit_folders(Listing& listing);
void list_label_table(Listing& listing);
/// A set packed into tar shards, by `data pack` or another WebDataset writer: train/*.tar and test/*.tar (or
/// val, validation), or shards of both parts beside each other whose names hold the part and a number.
void list_shards(Listing& listing);
/// Whether the folder holds shards of a training part.
[[nodiscard]] bool has_shards(const std::filesystem::path& folder);
/// The same for the part that it is tested on.
[[nodiscard]] bool has_test_shards(const std::filesystem::path& folder);
/// What is expected where has_test_shards() is false.
inline constexpr std::string_view expected_test_shards =
    "test/*.tar, val/*.tar, validation/*.tar or NAME-val-000000.tar";

/// Why the folder of a part, in which `found` lies, cannot be read class by class, as far as names tell, with
/// the command that mends it: class tars that are not unpacked (read where they lie when `reads_tars`, unless
/// others are unpacked), the outer archive, images without class folders, nothing.
[[nodiscard]] std::optional<Fault> unready_class_part(const std::filesystem::path& folder,
                                                      const FolderListing& found, bool reads_tars,
                                                      std::string_view obtain);
/// Takes folders such as "lost+found" out of what lies in a part's folder; each is a fault, to be taken out.
[[nodiscard]] std::vector<Fault> take_out_system_folders(const std::filesystem::path& folder,
                                                         FolderListing& found);
/// Whether a file is the tar of one class, as releases of ImageNet pack them: "n01440764.tar".
[[nodiscard]] bool is_class_tar(std::string_view name) noexcept;

/// The alternative ("a|b") that is a folder below `folder`; empty when none is.
[[nodiscard]] std::string existing_alternative(const std::filesystem::path& folder,
                                               std::string_view alternatives);

} // namespace suite::data
