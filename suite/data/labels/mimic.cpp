#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "suite/data/labels/builder.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;

/// Subject and study.
struct StudyKey {
    std::uint64_t subject = 0;
    std::uint64_t study = 0;
    [[nodiscard]] bool operator==(const StudyKey&) const = default;
};
struct StudyHash {
    std::size_t operator()(const StudyKey& key) const noexcept {
        return std::hash<std::uint64_t>{}(key.subject * 0x9E3779B97F4A7C15U + key.study);
    }
};

/// The findings of all studies, in file order.
struct Studies {
    std::unordered_map<StudyKey, std::size_t, StudyHash> rows;
    std::vector<Finding3> findings;
    [[nodiscard]] std::span<const Finding3> of(std::size_t row) const {
        const std::size_t count = finding_columns().size();
        return std::span(findings).subspan(row * count, count);
    }
};

/// An image of a study, in the order of the studies.
struct StudyImage {
    std::size_t study_row = 0;
    StudyKey key;
    std::string dicom;
    View view = View::pa;
};

std::optional<std::uint64_t> whole(LabelCsv& csv, std::size_t column) {
    const std::string_view text = csv.field(column);
    std::uint64_t value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc{} || result.ptr != text.data() + text.size()) {
        csv.add_fault(column, "another text", "a whole number", "fetch the file again");
        return std::nullopt;
    }
    return value;
}

std::optional<StudyKey> study_key(LabelCsv& csv, std::size_t subject, std::size_t study) {
    const auto subject_number = whole(csv, subject);
    const auto study_number = whole(csv, study);
    return subject_number && study_number ? std::optional(StudyKey{*subject_number, *study_number})
                                          : std::nullopt;
}

Studies read_studies(const fs::path& path, LabelFaults& faults) {
    LabelCsv csv(path, FindingReader::columns_after({"subject_id", "study_id"}), faults);
    FindingReader reader;
    Studies studies;
    while (csv.next()) {
        const std::optional<StudyKey> key = study_key(csv, 0, 1);
        const auto findings = reader.read(csv, 2);
        if (!key || findings.empty()) {
            continue;
        }
        if (!studies.rows.try_emplace(*key, studies.rows.size()).second) {
            csv.add_fault(1, "a study again", "each study once", "keep one of its records");
            continue;
        }
        studies.findings.insert(studies.findings.end(), findings.begin(), findings.end());
    }
    return studies;
}

std::vector<StudyImage> read_images(const fs::path& path, const Studies& studies, Reading& reading,
                                    std::size_t& without_study) {
    LabelCsv csv(path, {"dicom_id", "subject_id", "study_id", "ViewPosition"}, reading.faults);
    ImageIds ids;
    std::vector<StudyImage> images;
    while (csv.next()) {
        const std::optional<StudyKey> key = study_key(csv, 1, 2);
        const std::optional<View> view = reading.builder.take_view(csv, 3);
        if (!ids.take(csv, 0) || !key) {
            continue;
        }
        const auto study = studies.rows.find(*key);
        if (study == studies.rows.end()) {
            ++without_study;
        } else if (view) {
            images.push_back(
                {.study_row = study->second, .key = *key, .dicom = std::string(csv.field(0)), .view = *view});
        }
    }
    std::ranges::stable_sort(images, {}, &StudyImage::study_row);
    return images;
}

/// Roles by dicom id; `validate` is tested on under MimicTest::validate, `test` otherwise, the other unused.
TextMap<SplitRole> read_roles(const fs::path& path, MimicTest part, LabelFaults& faults) {
    LabelCsv csv(path, {"dicom_id", "split"}, faults);
    ImageIds ids;
    TextMap<SplitRole> roles;
    const std::string_view tested = part == MimicTest::official ? "test" : "validate";
    while (csv.next()) {
        const std::string_view word = csv.field(1);
        if (word != "train" && word != "validate" && word != "test") {
            csv.add_fault(1, "another word", "train, validate or test", "fetch the file again");
        }
        if (ids.take(csv, 0)) {
            roles.emplace(csv.field(0), word == "train"  ? SplitRole::train
                                        : word == tested ? SplitRole::test
                                                         : SplitRole::unused);
        }
    }
    return roles;
}

std::string image_path(const StudyImage& image) {
    const std::string subject = std::to_string(image.key.subject);
    return fmt::format("files/p{}/p{}/s{}/{}.jpg", subject.substr(0, 2), subject, image.key.study,
                       image.dicom);
}

} // namespace

LabelTable read_mimic(Reading reading) {
    const Studies studies = read_studies(reading.paths[0], reading.faults);
    std::size_t without_study = 0;
    const std::vector<StudyImage> images = read_images(reading.paths[1], studies, reading, without_study);
    const bool has_split = !reading.paths[2].empty();
    const auto roles = has_split ? read_roles(reading.paths[2], reading.options.mimic_test, reading.faults)
                                 : TextMap<SplitRole>{};
    std::size_t unlisted = 0;
    for (const StudyImage& image : images) {
        const auto role = roles.find(image.dicom);
        unlisted += has_split && role == roles.end() ? 1U : 0U;
        reading.builder.add_row(image_path(image), std::to_string(image.key.subject), image.view,
                                role != roles.end() ? role->second
                                : has_split         ? SplitRole::unused
                                                    : SplitRole::unknown);
        reading.builder.add_labels(studies.of(image.study_row));
    }
    if (has_split) {
        require_disjoint_patients(reading, reading.paths[2]);
    }
    finish_reading(reading);
    LabelTable& table = reading.builder.table();
    table.notes.push_back(
        fmt::format("{} images of studies without labels, {} in no split", without_study, unlisted));
    return std::move(table);
}

} // namespace suite::data
