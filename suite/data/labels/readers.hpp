// Readers of the label files of NIH ChestX-ray14, PadChest, CheXpert and MIMIC-CXR-JPG as published, with the
// label rules, views and splits of the authors' code (paper.md#targets, paper.md#x-ray-data).
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "suite/data/labels/table.hpp"

namespace suite::data {

enum class LabelSet { nih, padchest, padchest_cl, chexpert, mimic };
/// "nih", "padchest", "padchest-cl", "chexpert", "mimic".
[[nodiscard]] std::string_view to_string(LabelSet set) noexcept;
/// From a set's word or its data set's id ("mimic-cxr", "chexpert-all-views"); nothing for other names.
[[nodiscard]] std::optional<LabelSet> label_set_of(std::string_view name) noexcept;

/// Output names of a set, in order (paper.md#x-ray-labels).
[[nodiscard]] const std::vector<std::string>& label_names_of(LabelSet set);

/// Which part MIMIC is tested on (paper.md#test-parts): the paper's science or the authors' code.
enum class MimicTest { official, validate };
/// How PadChest is split 90/10 (paper.md#padchest-split). `image` is the published one and shares patients;
/// `patient` shuffles patients in order of first appearance by the same rule and is ours.
enum class PadChestSplit { image, patient };

struct LabelOptions {
    std::vector<View> views; ///< kept; empty: what the set alone keeps (paper.md#views)
    MimicTest mimic_test = MimicTest::official;
    PadChestSplit padchest_split = PadChestSplit::image;
    std::vector<std::string>
        excluded_images; ///< PadChest ids that the authors left out, see excluded_images()
};

/// PA and AP; all five where PadChest is among the members, for every member (paper.md#views).
[[nodiscard]] std::vector<View> views_of(std::span<const LabelSet> members);

/// The ids of workloads/datasets/padchest_excluded_image_ids.csv. Throws Error(data).
[[nodiscard]] std::vector<std::string> excluded_images(const std::filesystem::path& workloads);

/// A file that a reader looks for, by the names that it goes by, each also with .gz at its end.
struct LabelFile {
    std::vector<std::string> names;
    std::string consequence; ///< of its absence, noted in LabelTable::absent; empty: the file is needed
};
[[nodiscard]] std::vector<LabelFile> label_files_of(LabelSet set);
/// Folders that CheXpert's archives of 2021 unpack to, sorted: "CheXpert-v1.0 batch 2 (train 1)".
[[nodiscard]] std::vector<std::filesystem::path> chexpert_batches(const std::filesystem::path& folder);
/// Where the file lies: in `root`, in one of its chexpert_batches, or in root/SET (PadChest-Cl:
/// root/padchest); empty when it is absent.
[[nodiscard]] std::filesystem::path find_label_file(const std::filesystem::path& root, LabelSet set,
                                                    const LabelFile& file);

/// Reads a set's label files below `root`. Images in a view that is not kept and those without labels
/// (PadChest) are left out. Without a split list every image of the main table has the role unknown
/// (CheXpert: train). Throws LabelError with all faults of all files at once: a needed file absent; what
/// LabelCsv finds; values other than blank, -1, 0, 1; findings, views and patients that the set's tables do
/// not have; image ids that are absolute, have "..", exceed 4,096 bytes or come twice; an official split that
/// shares a patient, or leaves a part empty. The official splits and PadChestSplit::patient share none.
[[nodiscard]] LabelTable read_label_table(LabelSet set, const std::filesystem::path& root,
                                          const LabelOptions& options = {});

} // namespace suite::data
