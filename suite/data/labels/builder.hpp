// Rows of a label table as the readers find them: image ids checked, patients numbered. Private to the label
// readers.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "suite/data/labels/csv.hpp"
#include "suite/data/labels/rules.hpp"

namespace suite::data {

/// Ids that may each come once, with the line where they came. Reports others to the file they stand in.
class ImageIds {
public:
    /// True for a safe id that is new; otherwise the record gets a fault in this needed column.
    bool take(LabelCsv& csv, std::size_t column);

private:
    TextMap<std::size_t> lines_;
};

/// True for a patient's number, digits alone; otherwise the record gets a fault in this needed column.
bool check_patient(LabelCsv& csv, std::size_t column);

class LabelTableBuilder {
public:
    LabelTableBuilder(LabelSet set, const LabelOptions& options);

    /// The view of a record, when it is kept. A word that the set does not have is a fault of this needed
    /// column.
    [[nodiscard]] std::optional<View> take_view(LabelCsv& csv, std::size_t column) const;
    /// The view behind a word, when it is kept.
    [[nodiscard]] std::optional<View> kept_view(std::string_view word) const;
    /// Appends a row whose labels the next call gives.
    void add_row(std::string_view image, std::string_view patient, View view, SplitRole role);
    void add_labels(std::uint32_t bits);
    void add_labels(std::span<const Finding3> findings);
    [[nodiscard]] LabelTable& table() noexcept { return table_; }

private:
    LabelSet set_;
    LabelTable table_;
    std::vector<View> views_;
    TextMap<std::uint32_t> patients_;
};

/// The 13 findings and No Finding in a record: blank, -1, 0 or 1 each.
class FindingReader {
public:
    /// Needed columns of a table that begins with these: No Finding and the findings follow.
    [[nodiscard]] static std::vector<std::string> columns_after(std::vector<std::string> first);
    /// No Finding = 1 makes all findings negative (paper.md#x-ray-labels). Empty, with faults reported, when
    /// a value is none of the known ones. `first`: index of No Finding among the needed columns.
    [[nodiscard]] std::span<const Finding3> read(LabelCsv& csv, std::size_t first);

private:
    std::vector<Finding3> findings_;
};

/// A set being read.
struct Reading {
    LabelSet set = LabelSet::nih;
    LabelOptions options;
    LabelTableBuilder builder;
    LabelFaults faults;
    std::vector<std::filesystem::path> paths; ///< of label_files_of(set); empty: absent
};
/// Finds the set's files; needed ones that are absent are thrown, the others noted in the table.
[[nodiscard]] Reading start_reading(LabelSet set, const std::filesystem::path& root,
                                    const LabelOptions& options);
/// Throws the faults; without any, one for each part that a split list which is there leaves empty.
void finish_reading(Reading& reading);
/// An official split keeps patients apart; one that does not is not the official one: a fault of `list`.
void require_disjoint_patients(Reading& reading, const std::filesystem::path& list);

/// MIMIC-CXR-JPG (paper.md#x-ray-files): findings by study, left-joined with the images of the study, then
/// with the split.
[[nodiscard]] LabelTable read_mimic(Reading reading);

} // namespace suite::data
