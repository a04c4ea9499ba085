#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/data/labels/builder.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;

struct LabelSetWords {
    LabelSet set;
    std::string_view word;
    std::string_view other; ///< data sets of other names with the same label files
};
constexpr std::array label_set_words{
    LabelSetWords{LabelSet::nih, "nih", ""},
    LabelSetWords{LabelSet::padchest, "padchest", ""},
    LabelSetWords{LabelSet::padchest_cl, "padchest-cl", ""},
    LabelSetWords{LabelSet::chexpert, "chexpert", "chexpert-all-views"},
    LabelSetWords{LabelSet::mimic, "mimic", "mimic-cxr"},
};

/// Index in label_files_of(set) of the file that says which images are in this part.
std::size_t list_of_part(LabelSet set, SplitRole role) {
    switch (set) {
    case LabelSet::nih:
        return role == SplitRole::train ? 1 : 2;
    case LabelSet::chexpert:
        return role == SplitRole::train ? 0 : 1;
    default:
        return 2; // MIMIC: one file for both
    }
}

} // namespace

std::string_view to_string(LabelSet set) noexcept {
    return std::ranges::find(label_set_words, set, &LabelSetWords::set)->word;
}

std::optional<LabelSet> label_set_of(std::string_view name) noexcept {
    for (const LabelSetWords& words : label_set_words) {
        if (!name.empty() && (name == words.word || name == words.other)) {
            return words.set;
        }
    }
    return std::nullopt;
}

std::vector<View> views_of(std::span<const LabelSet> members) {
    const bool has_padchest = std::ranges::any_of(
        members, [](LabelSet set) { return set == LabelSet::padchest || set == LabelSet::padchest_cl; });
    return has_padchest ? std::vector(all_views.begin(), all_views.end()) : std::vector{View::pa, View::ap};
}

std::vector<LabelFile> label_files_of(LabelSet set) {
    // Names as published, then as the wheel torchxrayvision carries them; each plain or gzipped.
    switch (set) {
    case LabelSet::nih:
        return {{{"Data_Entry_2017_v2020.csv", "Data_Entry_2017.csv"}, ""},
                {{"train_val_list.txt"}, "no training split"},
                {{"test_list.txt"}, "no test split"}};
    case LabelSet::padchest:
    case LabelSet::padchest_cl:
        return {{{"PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv"}, ""}};
    case LabelSet::chexpert:
        return {{{"train.csv", "chexpert_train.csv"}, ""},
                {{"valid.csv", "chexpert_valid.csv"}, "no test split"}};
    case LabelSet::mimic:
        break;
    }
    // Release 2.1.0 kept the names of 2.0.0; copies of it that somebody renamed are met, too.
    return {{{"mimic-cxr-2.0.0-chexpert.csv", "mimic-cxr-2.1.0-chexpert.csv"}, ""},
            {{"mimic-cxr-2.0.0-metadata.csv", "mimic-cxr-2.1.0-metadata.csv"}, ""},
            {{"mimic-cxr-2.0.0-split.csv", "mimic-cxr-2.1.0-split.csv"}, "no splits"}};
}

std::vector<fs::path> chexpert_batches(const fs::path& folder) {
    std::vector<fs::path> batches;
    std::error_code ignored;
    for (fs::directory_iterator entry(folder, ignored), end; entry != end; entry.increment(ignored)) {
        const std::string name = entry->path().filename().string();
        if (name.starts_with("CheXpert") && name.find("batch") != std::string::npos &&
            entry->is_directory(ignored)) {
            batches.push_back(entry->path());
        }
    }
    std::ranges::sort(batches);
    return batches;
}

fs::path find_label_file(const fs::path& root, LabelSet set, const LabelFile& file) {
    const fs::path own = set == LabelSet::padchest_cl ? "padchest" : fs::path(to_string(set));
    std::vector<fs::path> folders{root};
    if (set == LabelSet::chexpert) { // "CheXpert-v1.0 batch 1 (validate & csv)"
        std::ranges::copy(chexpert_batches(root), std::back_inserter(folders));
    }
    folders.push_back(root / own);
    for (const fs::path& folder : folders) {
        for (const std::string& name : file.names) {
            for (const std::string_view ending : {"", ".gz"}) {
                fs::path path = folder / (name + std::string(ending));
                std::error_code ignored;
                if (fs::is_regular_file(path, ignored)) {
                    return path;
                }
            }
        }
    }
    return {};
}

std::vector<std::string> excluded_images(const fs::path& workloads) {
    LabelFaults faults;
    LabelCsv csv(workloads / "datasets/padchest_excluded_image_ids.csv", {"image_id"}, faults);
    std::vector<std::string> ids;
    while (csv.next()) {
        ids.emplace_back(csv.field(0));
    }
    faults.throw_if_any();
    return ids;
}

Reading start_reading(LabelSet set, const fs::path& root, const LabelOptions& options) {
    Reading reading{.set = set,
                    .options = options,
                    .builder = LabelTableBuilder(set, options),
                    .faults = {},
                    .paths = {}};
    for (const LabelFile& file : label_files_of(set)) {
        reading.paths.push_back(find_label_file(root, set, file));
        if (!reading.paths.back().empty()) {
            continue;
        }
        const std::string path = (root / file.names.front()).string();
        if (file.consequence.empty()) {
            reading.faults.add({.file = path,
                                .line = 0,
                                .column = {},
                                .found = "no such file",
                                .expected = fmt::format("one of {}", fmt::join(file.names, ", ")),
                                .fix = "name the folder that holds it with --root"});
        } else {
            reading.builder.table().absent.push_back({.path = path, .consequence = file.consequence});
        }
    }
    reading.faults.throw_if_any();
    return reading;
}

void finish_reading(Reading& reading) {
    reading.faults.throw_if_any();
    for (const auto& [role, part] : {std::pair(SplitRole::train, "training"), {SplitRole::test, "test"}}) {
        const fs::path& list = reading.paths[list_of_part(reading.set, role)];
        if (!list.empty() && count_role(reading.builder.table(), role) == 0) {
            reading.faults.add({.file = list.string(),
                                .line = 0,
                                .column = {},
                                .found = fmt::format("an empty {} part", part),
                                .expected = "images that the label table has, in a view that is kept",
                                .fix = "fetch the label files again, all of one release"});
        }
    }
    reading.faults.throw_if_any();
}

void require_disjoint_patients(Reading& reading, const fs::path& list) {
    if (const std::size_t leaked = count_leaked(reading.builder.table()); leaked > 0) {
        reading.faults.add({.file = list.string(),
                            .line = 0,
                            .column = {},
                            .found = fmt::format("{} test images of patients who are also in train", leaked),
                            .expected = "no patient on both sides of an official split",
                            .fix = "use the published split"});
    }
}

} // namespace suite::data
