// Label tables of the published chest X-ray sets: what their label files say about each image, without a
// single image (paper.md#targets, paper.md#x-ray-data). Readers are in label_readers.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "suite/base/text_column.hpp"
#include "suite/data/data_set.hpp"

namespace suite::data {

/// Projections that any protocol keeps (paper.md#views).
enum class View : std::uint8_t { pa, ap, ap_supine, lateral, costal };
inline constexpr std::array all_views{View::pa, View::ap, View::ap_supine, View::lateral, View::costal};
/// "PA", "AP", "AP Supine", "L", "COSTAL".
[[nodiscard]] std::string_view to_string(View view) noexcept;

enum class SplitRole : std::uint8_t {
    train,
    test,
    unused,  ///< in the published split, but not in the part that the protocol tests on
    unknown, ///< its split list is absent
};

/// A label file, or a list, that is not there although its absence leaves something to do.
struct AbsentFile {
    std::string path;
    std::string consequence; ///< "no test split"
};

/// One row an image, in the order of the published protocol. All columns have equal length.
struct LabelTable {
    std::string id;
    std::vector<std::string> label_names; ///< in output order
    TextColumn images;                    ///< path below the data root
    std::vector<std::uint32_t> patients;  ///< numbered from 0 in order of first appearance
    std::size_t patient_count = 0;
    std::vector<View> views;
    std::vector<SplitRole> roles;
    std::vector<float> matrix;            ///< rows x labels, row-major: 0, 1 or missing_label
    std::vector<std::uint32_t> uncertain; ///< of each row: bit i set where label i is missing because of a -1
    std::vector<AbsentFile> absent;
    std::vector<std::string> notes; ///< what was passed over, for people

    [[nodiscard]] std::size_t size() const noexcept { return roles.size(); }
    [[nodiscard]] std::span<const float> labels(std::size_t row) const {
        return std::span(matrix).subspan(row * label_names.size(), label_names.size());
    }
};

/// Images in a role.
[[nodiscard]] std::size_t count_role(const LabelTable& table, SplitRole role);
/// Images of `role` that show a patient who is also in train.
[[nodiscard]] std::size_t count_leaked(const LabelTable& table, SplitRole role = SplitRole::test);
/// Rows without a single label: the loss masks them whole.
[[nodiscard]] std::size_t count_masked_rows(const LabelTable& table);

struct LabelCount {
    std::size_t positive = 0;
    std::size_t negative = 0;
    std::size_t missing = 0; ///< blank and uncertain
    std::size_t uncertain = 0;
};
/// One entry a label.
[[nodiscard]] std::vector<LabelCount> count_labels(const LabelTable& table);

/// The rows at these indices, patients numbered anew.
[[nodiscard]] LabelTable select_rows(const LabelTable& table, std::span<const std::size_t> rows);

/// PadChest-Cl (paper.md#padchest-cl): of each split the rows with exactly one positive; their class is its
/// index.
[[nodiscard]] LabelTable single_label_rows(const LabelTable& table);

/// Labels of the rows in a role, in order, as training and few_shot_subset take them. `task` multiclass:
/// every row has exactly one positive.
[[nodiscard]] Labels labels_of(const LabelTable& table, SplitRole role, plan::Task task);

/// Members one after the other; labels are the sorted intersection of theirs, each member's missing labels
/// kept, patients of different members told apart (paper.md#supersets). Throws Error(usage) when they share
/// no label.
[[nodiscard]] LabelTable superset(const std::string& id, std::span<const LabelTable> members);

/// First floor(share x n) of 0 … n-1, shuffled by NumPy's RandomState(42), train; the rest test
/// (paper.md#numpy-shuffle).
[[nodiscard]] std::vector<SplitRole> shuffled_split(std::size_t count, double train_share);

/// The Tuberculosis split (paper.md#tuberculosis-split): per folder, files sorted by path, 85 % train. Roles
/// in the order of the sorted files.
struct FileSplit {
    std::vector<std::string> files; ///< sorted
    std::vector<SplitRole> roles;
    std::vector<std::int64_t> classes; ///< the digit before ".png": 1 = tuberculosis
};
/// Throws Error(data) naming by its place every file whose name does not end in 0.png or 1.png.
[[nodiscard]] FileSplit tuberculosis_split(std::vector<std::string> files);

} // namespace suite::data
