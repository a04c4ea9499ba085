#include <algorithm>

#include <fmt/format.h>

#include "suite/base/files.hpp"
#include "suite/data/label_builder.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;

constexpr double padchest_train_share = 0.9; // cherti-jitsev.md 3.3

// ---------------------------------------------------------------- NIH

/// One id a line; an id that stood in the other list before is a fault.
void read_id_list(const fs::path& path, SplitRole role, TextMap<SplitRole>& roles, LabelFaults& faults) {
    const std::string text = read_file(path, ErrorKind::data);
    CsvRecords records(source_of(text));
    for (CsvRecord record; records.next(record);) {
        std::string found(record.breach != CsvBreach::none ? to_string(record.breach)
                          : record.fields.size() > 1       ? "several fields"
                                                           : unsafe_path_reason(record.fields.front()));
        if (found.empty()) {
            const auto [entry, is_new] = roles.try_emplace(std::string(record.fields.front()), role);
            found = is_new || entry->second == role ? "" : "an id of the other list";
        }
        if (!found.empty()) {
            faults.add({.file = path.string(),
                        .line = record.line,
                        .column = "Image Index",
                        .found = std::move(found),
                        .expected = "one image id a line, each in one list",
                        .fix = "fetch the file again"});
        }
    }
}

LabelTable read_nih(Reading reading) {
    TextMap<SplitRole> roles;
    const bool has_both = !reading.paths[1].empty() && !reading.paths[2].empty();
    for (const auto& [file, role] : {std::pair{1U, SplitRole::train}, std::pair{2U, SplitRole::test}}) {
        if (!reading.paths[file].empty()) {
            read_id_list(reading.paths[file], role, roles, reading.faults);
        }
    }
    LabelCsv csv(reading.paths[0], {"Image Index", "Finding Labels", "Patient ID", "View Position"},
                 reading.faults);
    LabelTable& table = reading.builder.table();
    SubstringRule rule = nih_rule();
    ImageIds ids;
    std::string image;
    while (csv.next()) {
        const std::optional<View> view = reading.builder.kept_view(csv.field(3));
        if (!ids.take(csv, 0) || !view) {
            continue;
        }
        const auto listed = roles.find(csv.field(0));
        const SplitRole unlisted = has_both ? SplitRole::unused : SplitRole::unknown;
        image = "images/";
        image += csv.field(0);
        reading.builder.add_row(image, csv.field(2), *view,
                                listed == roles.end() ? unlisted : listed->second);
        reading.builder.add_labels(rule(csv.field(1)));
    }
    if (has_both) {
        require_disjoint_patients(reading, reading.paths[2]);
    }
    reading.faults.throw_if_any();
    if (const std::size_t unused = count_role(table, SplitRole::unused); unused > 0) {
        table.notes.push_back(fmt::format("{} images stand in neither split list", unused));
    }
    return std::move(table);
}

// ---------------------------------------------------------------- PadChest

/// Patients in order of first appearance, split as images are in the published rule.
std::vector<SplitRole> patient_level_roles(const LabelTable& table) {
    const std::vector<SplitRole> of_patient = shuffled_split(table.patient_count, padchest_train_share);
    std::vector<SplitRole> roles;
    for (const std::uint32_t patient : table.patients) {
        roles.push_back(of_patient[patient]);
    }
    return roles;
}

LabelTable read_padchest(Reading reading) {
    LabelCsv csv(reading.paths[0], {"ImageID", "PatientID", "Projection", "Labels"}, reading.faults);
    LabelTable& table = reading.builder.table();
    SubstringRule rule = padchest_rule();
    ImageIds ids;
    std::size_t without_labels = 0;
    std::size_t excluded = 0;
    while (csv.next()) {
        const std::optional<View> view = reading.builder.kept_view(csv.field(2));
        if (!ids.take(csv, 0)) {
            continue;
        }
        if (is_null_word(csv.field(3))) {
            ++without_labels;
        } else if (std::ranges::find(reading.options.excluded_images, csv.field(0)) !=
                   reading.options.excluded_images.end()) {
            ++excluded;
        } else if (view) {
            reading.builder.add_row(csv.field(0), csv.field(1), *view, SplitRole::unknown);
            reading.builder.add_labels(rule(csv.field(3)));
        }
    }
    reading.faults.throw_if_any();
    table.roles = reading.options.padchest_split == PadChestSplit::image
                      ? shuffled_split(table.size(), padchest_train_share)
                      : patient_level_roles(table);
    table.notes.push_back(
        fmt::format("{} records without labels, {} excluded images", without_labels, excluded));
    return reading.set == LabelSet::padchest_cl ? single_label_rows(table) : std::move(table);
}

// ---------------------------------------------------------------- CheXpert

/// The path component that names the patient, empty without one.
std::string_view patient_in_path(std::string_view path) {
    for (std::size_t begin = 0; begin < path.size();) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        const std::string_view part = path.substr(begin, end - begin);
        if (part.starts_with("patient")) {
            return part;
        }
        begin = end + 1;
    }
    return {};
}

/// Places in the small edition are places in the large one (4.2).
std::string without_small(std::string_view path) {
    constexpr std::string_view mark = "-small/";
    const std::size_t place = path.find(mark);
    std::string text(path);
    return place == std::string_view::npos ? text : text.replace(place, mark.size(), "/");
}

void read_chexpert_table(Reading& reading, const fs::path& path, SplitRole role, ImageIds& ids) {
    LabelCsv csv(path, FindingReader::columns_after({"Path", "Frontal/Lateral", "AP/PA"}), reading.faults);
    FindingReader reader;
    while (csv.next()) {
        const std::string_view patient = patient_in_path(csv.field(0));
        const bool is_new = ids.take(csv, 0);
        if (is_new && patient.empty()) {
            csv.add_fault(0, "no patient", "a path with a folder patientN", "fetch the file again");
        }
        const auto findings = reader.read(csv, 3);
        const bool is_lateral = csv.field(1) == "Lateral";
        const std::optional<View> view = reading.builder.kept_view(is_lateral ? "L" : csv.field(2));
        if (is_new && view && !patient.empty() && !findings.empty()) {
            reading.builder.add_row(without_small(csv.field(0)), patient, *view, role);
            reading.builder.add_labels(findings);
        }
    }
}

LabelTable read_chexpert(Reading reading) {
    ImageIds ids;
    read_chexpert_table(reading, reading.paths[0], SplitRole::train, ids);
    if (!reading.paths[1].empty()) {
        read_chexpert_table(reading, reading.paths[1], SplitRole::test, ids);
        require_disjoint_patients(reading, reading.paths[1]);
    }
    reading.faults.throw_if_any();
    return std::move(reading.builder.table());
}

} // namespace

LabelTable read_label_table(LabelSet set, const fs::path& root, const LabelOptions& options) {
    Reading reading = start_reading(set, root, options);
    switch (set) {
    case LabelSet::nih:
        return read_nih(std::move(reading));
    case LabelSet::padchest:
    case LabelSet::padchest_cl:
        return read_padchest(std::move(reading));
    case LabelSet::chexpert:
        return read_chexpert(std::move(reading));
    case LabelSet::mimic:
        break;
    }
    return read_mimic(std::move(reading));
}

} // namespace suite::data
