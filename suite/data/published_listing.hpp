// What the readers of published sets share: a manifest being made, its faults, which files are there. Private
// to suite/data/published_*.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "suite/data/folder_listing.hpp"
#include "suite/data/label_csv.hpp"
#include "suite/data/tar_index.hpp"
#include "suite/plan/data_set_spec.hpp"
#include "suite/plan/layout_spec.hpp"
#include "suite/plan/manifest.hpp"

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

/// Lines of a list file: blank-separated fields with their line number; empty lines and those that begin with
/// '#' are left out.
struct ListLine {
    std::size_t number = 0;
    std::string_view text; ///< without the line end
    std::vector<std::string_view> fields;
};
/// NUL bytes, and lines of more than 4,096 bytes, are faults.
[[nodiscard]] std::vector<ListLine> lines_of(std::string_view text, const std::string& file,
                                             LabelFaults& faults);
[[nodiscard]] LabelFault line_fault(const std::string& file, const ListLine& line, std::string found,
                                    std::string expected);

/// Looks for the files that lists name, folder by folder, each folder read once and watched.
class PresentFiles {
public:
    explicit PresentFiles(Listing& listing) : listing_(listing) {}
    /// Notes the file as missing unless it is there. `path` is below the listing's folder.
    void expect(std::string_view path);
    [[nodiscard]] bool has(std::string_view path);
    /// Adds what was missing: the first hundred by name, the rest as a number.
    void report();

private:
    const std::vector<std::string>& files_in(const std::string& folder);

    Listing& listing_;
    std::map<std::string, std::vector<std::string>, std::less<>> folders_;
    std::vector<std::string> missing_;
    std::size_t missing_count_ = 0;
};

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

/// Why the folder of a part, in which `found` lies, cannot be read class by class, as far as names tell, with
/// the command that mends it: class tars that are not unpacked (read where they lie when `reads_tars`, unless
/// others are unpacked), the outer archive, images without class folders, nothing.
[[nodiscard]] std::optional<Fault> unready_class_part(const std::filesystem::path& folder,
                                                      const FolderListing& found, bool reads_tars,
                                                      std::string_view obtain);
/// Whether a file is the tar of one class, as releases of ImageNet pack them: "n01440764.tar".
[[nodiscard]] bool is_class_tar(std::string_view name) noexcept;

/// The alternative ("a|b") that is a folder below `folder`; empty when none is.
[[nodiscard]] std::string existing_alternative(const std::filesystem::path& folder,
                                               std::string_view alternatives);

} // namespace suite::data
