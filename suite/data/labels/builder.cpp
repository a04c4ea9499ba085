#include "suite/data/labels/builder.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace suite::data {

bool ImageIds::take(LabelCsv& csv, std::size_t column) {
    const std::string_view id = csv.field(column);
    if (const std::string_view reason = unsafe_path_reason(id); !reason.empty()) {
        csv.add_fault(column, std::string(reason), "a path inside the data root",
                      "fetch the file again; if it stays so, do not trust it");
        return false;
    }
    const auto [entry, is_new] = lines_.try_emplace(std::string(id), csv.line());
    if (!is_new) {
        csv.add_fault(column, fmt::format("the id of line {} again", entry->second), "each image once",
                      "keep one of the two records");
    }
    return is_new;
}

bool check_patient(LabelCsv& csv, std::size_t column) {
    if (is_digits(csv.field(column))) {
        return true;
    }
    csv.add_fault(column, "no patient's number", "digits alone",
                  "repair this record, or fetch the file again");
    return false;
}

LabelTableBuilder::LabelTableBuilder(LabelSet set, const LabelOptions& options)
    : set_(set),
      table_{.id = std::string(to_string(set)), .label_names = label_names_of(set)},
      views_(options.views.empty() ? views_of(std::span(&set, 1)) : options.views) {}

std::optional<View> LabelTableBuilder::take_view(LabelCsv& csv, std::size_t column) const {
    const std::vector<std::string>& words = view_words_of(set_);
    if (std::ranges::find(words, csv.field(column)) == words.end()) {
        std::string known;
        for (const std::string& word : words) {
            known += (known.empty() ? "" : ", ") + (word.empty() ? "blank" : word);
        }
        csv.add_fault(column, "a view that the set does not have", "one of " + known,
                      "repair this record, or fetch the file again");
    }
    return kept_view(csv.field(column));
}

std::optional<View> LabelTableBuilder::kept_view(std::string_view word) const {
    const std::optional<View> view = view_of_word(word);
    return view && std::ranges::find(views_, *view) != views_.end() ? view : std::nullopt;
}

void LabelTableBuilder::add_row(std::string_view image, std::string_view patient, View view, SplitRole role) {
    auto entry = patients_.find(patient);
    if (entry == patients_.end()) {
        entry = patients_.emplace(patient, static_cast<std::uint32_t>(table_.patient_count++)).first;
    }
    table_.images.push_back(image);
    table_.patients.push_back(entry->second);
    table_.views.push_back(view);
    table_.roles.push_back(role);
}

void LabelTableBuilder::add_labels(std::uint32_t bits) {
    for (std::size_t i = 0; i < table_.label_names.size(); ++i) {
        table_.matrix.push_back((bits >> i & 1U) != 0 ? 1.0F : 0.0F);
    }
    table_.uncertain.push_back(0);
}

void LabelTableBuilder::add_labels(std::span<const Finding3> findings) {
    std::uint32_t uncertain = 0;
    for (std::size_t i = 0; i < findings.size(); ++i) {
        uncertain |= findings[i] == Finding3::uncertain ? 1U << i : 0U;
        table_.matrix.push_back(findings[i] == Finding3::positive   ? 1.0F
                                : findings[i] == Finding3::negative ? 0.0F
                                                                    : missing_label);
    }
    table_.uncertain.push_back(uncertain);
}

std::vector<std::string> FindingReader::columns_after(std::vector<std::string> first) {
    first.emplace_back("No Finding");
    first.insert(first.end(), finding_columns().begin(), finding_columns().end());
    return first;
}

std::span<const Finding3> FindingReader::read(LabelCsv& csv, std::size_t first) {
    const std::size_t count = finding_columns().size();
    findings_.assign(count + 1, Finding3::blank);
    bool is_sound = true;
    for (std::size_t i = 0; i <= count; ++i) {
        const std::optional<Finding3> finding = finding_of_word(csv.field(first + i));
        if (!finding) {
            csv.add_fault(first + i, "another value", "blank, -1, 0 or 1", "fetch the file again");
        }
        is_sound = is_sound && finding;
        findings_[i] = finding.value_or(Finding3::blank);
    }
    if (!is_sound) {
        return {};
    }
    if (findings_.front() == Finding3::positive) {
        std::ranges::fill(findings_, Finding3::negative);
    }
    return std::span(findings_).subspan(1);
}

} // namespace suite::data
