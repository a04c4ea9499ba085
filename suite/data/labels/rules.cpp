#include "suite/data/labels/rules.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace suite::data {
namespace {

using List = std::vector<std::string>;

constexpr std::size_t longest_path_bytes = 4096; // Linux's PATH_MAX

const List nih_labels{"Atelectasis", "Cardiomegaly",       "Consolidation", "Edema",        "Effusion",
                      "Emphysema",   "Fibrosis",           "Hernia",        "Infiltration", "Mass",
                      "Nodule",      "Pleural_Thickening", "Pneumonia",     "Pneumothorax"};

/// paper.md#x-ray-labels, with the synonyms that set a label besides its own lower-cased name.
struct PadChestLabel {
    std::string name;
    List synonyms;
};
const std::vector<PadChestLabel> padchest_table{
    {"Air Trapping", {}},
    {"Aortic Atheromatosis", {}},
    {"Aortic Elongation", {}},
    {"Atelectasis", {}},
    {"Bronchiectasis", {}},
    {"Cardiomegaly", {}},
    {"Consolidation", {"air bronchogram"}},
    {"Costophrenic Angle Blunting", {}},
    {"Edema", {}},
    {"Effusion", {}},
    {"Emphysema", {}},
    {"Fibrosis", {}},
    {"Flattened Diaphragm", {}},
    {"Fracture", {}},
    {"Granuloma", {}},
    {"Hemidiaphragm Elevation", {}},
    {"Hernia", {}},
    {"Hilar Enlargement", {"adenopathy", "pulmonary artery enlargement"}},
    {"Infiltration",
     {"infiltrates", "interstitial pattern", "ground glass pattern", "reticular interstitial pattern",
      "reticulonodular interstitial pattern", "alveolar pattern", "consolidation", "air bronchogram"}},
    {"Mass", {}},
    {"Nodule", {}},
    {"Pleural_Thickening", {"pleural thickening"}},
    {"Pneumonia", {}},
    {"Pneumothorax", {}},
    {"Scoliosis", {}},
    {"Support Devices", {"device", "pacemaker"}},
    {"Tuberculosis", {}},
};

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](unsigned char c) { return std::tolower(c); });
    return result;
}

List chexpert_labels() {
    List names = finding_columns();
    std::ranges::replace(names, "Pleural Effusion", "Effusion"); // after sorting, so it keeps its place
    return names;
}

List padchest_labels() {
    List names;
    for (const PadChestLabel& label : padchest_table) {
        names.push_back(label.name);
    }
    return names;
}

} // namespace

const std::vector<std::string>& label_names_of(LabelSet set) {
    static const List chexpert = chexpert_labels();
    static const List padchest = padchest_labels();
    switch (set) {
    case LabelSet::nih:
        return nih_labels;
    case LabelSet::padchest:
    case LabelSet::padchest_cl:
        return padchest;
    case LabelSet::chexpert:
    case LabelSet::mimic:
        break;
    }
    return chexpert;
}

std::optional<View> view_of_word(std::string_view word) noexcept {
    if (word == "AP_horizontal") {
        return View::ap_supine;
    }
    const auto view = std::ranges::find(all_views, word, [](View v) { return to_string(v); });
    return view == all_views.end() ? std::nullopt : std::optional(*view);
}

std::optional<Finding3> finding_of_word(std::string_view word) noexcept {
    if (word.empty()) {
        return Finding3::blank;
    }
    double value = 0.0;
    const auto result = std::from_chars(word.data(), word.data() + word.size(), value);
    if (result.ec != std::errc{} || result.ptr != word.data() + word.size()) {
        return std::nullopt;
    }
    return value == 0.0    ? std::optional(Finding3::negative)
           : value == 1.0  ? std::optional(Finding3::positive)
           : value == -1.0 ? std::optional(Finding3::uncertain)
                           : std::nullopt;
}

const std::vector<std::string>& finding_columns() {
    static const List columns{"Atelectasis",
                              "Cardiomegaly",
                              "Consolidation",
                              "Edema",
                              "Enlarged Cardiomediastinum",
                              "Fracture",
                              "Lung Lesion",
                              "Lung Opacity",
                              "Pleural Effusion",
                              "Pleural Other",
                              "Pneumonia",
                              "Pneumothorax",
                              "Support Devices"};
    return columns;
}

std::uint32_t SubstringRule::operator()(std::string_view text) {
    if (const auto known = seen_.find(text); known != seen_.end()) {
        return known->second;
    }
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < triggers_.size(); ++i) {
        const bool is_set = std::ranges::any_of(
            triggers_[i], [text](const std::string& t) { return text.find(t) != std::string_view::npos; });
        bits |= is_set ? 1U << i : 0U;
    }
    seen_.emplace(text, bits);
    return bits;
}

SubstringRule nih_rule() {
    std::vector<List> triggers;
    for (const std::string& name : nih_labels) {
        triggers.push_back({name});
    }
    return SubstringRule(std::move(triggers));
}

SubstringRule padchest_rule() {
    std::vector<List> triggers;
    for (const PadChestLabel& label : padchest_table) {
        triggers.push_back(label.synonyms);
        triggers.back().push_back(lower(label.name));
    }
    return SubstringRule(std::move(triggers));
}

const std::vector<std::string>& view_words_of(LabelSet set) {
    // NIH, PadChest, CheXpert: counted in the real tables. MIMIC: the words of all 377,110 images of 2.0.0.
    static const List nih{"PA", "AP"};
    static const List padchest{"PA", "L", "AP", "AP_horizontal", "AP Supine", "COSTAL", "EXCLUDE", "UNK"};
    static const List chexpert{"AP", "PA", "LL", "RL"};
    static const List mimic{"AP",     "PA",     "LATERAL",       "LL",       "",    "AP LLD", "AP RLD",
                            "PA LLD", "PA RLD", "AP AXIAL",      "SWIMMERS", "LAO", "RAO",    "LPO",
                            "RPO",    "RL",     "XTABLE LATERAL"};
    switch (set) {
    case LabelSet::nih:
        return nih;
    case LabelSet::padchest:
    case LabelSet::padchest_cl:
        return padchest;
    case LabelSet::chexpert:
        return chexpert;
    case LabelSet::mimic:
        break;
    }
    return mimic;
}

std::string_view nih_findings_problem(std::string_view text) {
    if (text == "No Finding") {
        return {};
    }
    while (true) {
        const std::size_t end = std::min(text.find('|'), text.size());
        const std::string_view name = text.substr(0, end);
        if (name == "No Finding") {
            return "No Finding beside a finding";
        }
        if (std::ranges::find(nih_labels, name) == nih_labels.end()) {
            return "a finding that the set does not have";
        }
        if (end == text.size()) {
            return {};
        }
        text.remove_prefix(end + 1);
    }
}

namespace {

/// Takes a quoted text off the beginning; false when there is none that ends.
bool take_quoted(std::string_view& text) {
    const char quote = text.empty() ? '\0' : text.front();
    if (quote != '\'' && quote != '"') {
        return false;
    }
    std::size_t at = 1;
    while (at < text.size() && text[at] != quote) {
        at += text[at] == '\\' ? 2U : 1U;
    }
    if (at >= text.size()) {
        return false;
    }
    text.remove_prefix(at + 1);
    return true;
}

void skip_space(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

} // namespace

std::string_view padchest_list_problem(std::string_view text) {
    constexpr std::string_view problem = "a field that is no list";
    if (!text.starts_with('[') || !text.ends_with(']') || text.size() < 2) {
        return problem;
    }
    text = text.substr(1, text.size() - 2);
    for (skip_space(text); !text.empty(); skip_space(text)) {
        if (!take_quoted(text)) {
            return problem;
        }
        skip_space(text);
        if (text.empty()) {
            break;
        }
        if (text.front() != ',') {
            return problem;
        }
        text.remove_prefix(1);
    }
    return {};
}

bool is_digits(std::string_view text) noexcept {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_null_word(std::string_view word) noexcept {
    // pandas.read_csv, na_values' defaults.
    constexpr std::array<std::string_view, 18> words{
        "",        "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND",
        "1.#QNAN", "<NA>", "N/A",      "NA",  "NULL",    "NaN",      "None", "n/a",  "nan"};
    return word == "null" || std::ranges::find(words, word) != words.end();
}

std::string_view unsafe_path_reason(std::string_view text) noexcept {
    if (text.empty()) {
        return "an empty image id";
    }
    if (text.size() > longest_path_bytes) {
        return "an image id of more than 4,096 bytes";
    }
    if (text.front() == '/' || text.front() == '\\' || (text.size() > 1 && text[1] == ':')) {
        return "an absolute path";
    }
    return text.find("..") != std::string_view::npos ? "a path with '..'" : "";
}

} // namespace suite::data
