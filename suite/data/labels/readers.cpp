#include <algorithm>

#include <fmt/format.h>

#include "suite/base/files.hpp"
#include "suite/data/formats/list_lines.hpp"
#include "suite/data/labels/builder.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;

constexpr double padchest_train_share = 0.9; // paper.md#padchest-split

// ---------------------------------------------------------------- NIH

/// One id a line; an id that stood in the other list before is a fault.
void read_id_list(const fs::path& path, SplitRole role, TextMap<SplitRole>& roles, LabelFaults& faults) {
    const std::string text = read_file(path, ErrorKind::data);
    for (const ListLine& line : lines_of(text, path.string(), faults)) {
        const bool is_one = line.fields.size() == 1 && line.text.find(',') == std::string_view::npos;
        std::string found(!is_one ? "several fields" : unsafe_path_reason(line.text));
        if (found.empty()) {
            const auto [entry, is_new] = roles.try_emplace(std::string(line.text), role);
            found = is_new || entry->second == role ? "" : "an id of the other list";
        }
        if (!found.empty()) {
            LabelFault fault =
                line_fault(path.string(), line, std::move(found), "one image id a line, each in one list");
            fault.column = "Image Index";
            faults.add(std::move(fault));
        }
    }
}

/// Whether findings, patient and view are words of the set; faults are reported.
bool check_nih_record(LabelCsv& csv) {
    const std::string_view problem = nih_findings_problem(csv.field(1));
    if (!problem.empty()) {
        csv.add_fault(1, std::string(problem), "No Finding, or names of the 14 findings separated by |",
                      "repair this record, or fetch the file again");
    }
    return check_patient(csv, 2) && problem.empty();
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
    std::size_t listed_rows = 0;
    while (csv.next()) {
        const bool is_new = ids.take(csv, 0);
        const bool is_sound = check_nih_record(csv);
        const std::optional<View> view = reading.builder.take_view(csv, 3);
        if (!is_new || !is_sound || !view) {
            continue;
        }
        const auto listed = roles.find(csv.field(0));
        const SplitRole unlisted = has_both ? SplitRole::unused : SplitRole::unknown;
        listed_rows += listed == roles.end() ? 0U : 1U;
        image = "images/";
        image += csv.field(0);
        reading.builder.add_row(image, csv.field(2), *view,
                                listed == roles.end() ? unlisted : listed->second);
        reading.builder.add_labels(rule(csv.field(1)));
    }
    if (has_both) {
        require_disjoint_patients(reading, reading.paths[2]);
    }
    finish_reading(reading);
    if (const std::size_t unused = count_role(table, SplitRole::unused); unused > 0) {
        table.notes.push_back(fmt::format("{} images stand in neither split list", unused));
    }
    if (listed_rows < roles.size()) {
        table.notes.push_back(
            fmt::format("{} ids of the split lists are not in the label table", roles.size() - listed_rows));
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
        const bool is_new = ids.take(csv, 0);
        const bool has_patient = check_patient(csv, 1);
        const std::optional<View> view = reading.builder.take_view(csv, 2);
        const std::string_view problem =
            is_null_word(csv.field(3)) ? std::string_view() : padchest_list_problem(csv.field(3));
        if (!problem.empty()) {
            csv.add_fault(3, std::string(problem), "['label', 'label', …], or nan",
                          "repair this record, or fetch the file again");
        }
        if (!is_new || !has_patient || !problem.empty()) {
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
    if (reading.faults.empty() && table.size() == 0) {
        reading.faults.add({.file = reading.paths[0].string(),
                            .line = 0,
                            .column = {},
                            .found = "no image with labels in a view that is kept",
                            .expected = "images",
                            .fix = "fetch the file again"});
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

/// The path component "patientN" with digits for N, empty without one.
std::string_view patient_in_path(std::string_view path) {
    for (std::size_t begin = 0; begin < path.size();) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        const std::string_view part = path.substr(begin, end - begin);
        if (part.starts_with("patient") && is_digits(part.substr(7))) {
            return part;
        }
        begin = end + 1;
    }
    return {};
}

/// Places in the small edition are places in the large one (paper.md#x-ray-files).
std::string without_small(std::string_view path) {
    constexpr std::string_view mark = "-small/";
    const std::size_t place = path.find(mark);
    std::string text(path);
    return place == std::string_view::npos ? text : text.replace(place, mark.size(), "/");
}

/// Column 1 is Frontal or Lateral, column 2 the projection: of laterals mostly blank.
std::optional<View> chexpert_view(const Reading& reading, LabelCsv& csv) {
    const bool is_lateral = csv.field(1) == "Lateral";
    if (!is_lateral && csv.field(1) != "Frontal") {
        csv.add_fault(1, "another word", "Frontal or Lateral", "repair this record, or fetch the file again");
        return std::nullopt;
    }
    const std::optional<View> view =
        is_lateral && csv.field(2).empty() ? std::nullopt : reading.builder.take_view(csv, 2);
    return is_lateral ? reading.builder.kept_view("L") : view;
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
        const std::optional<View> view = chexpert_view(reading, csv);
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
    finish_reading(reading);
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
