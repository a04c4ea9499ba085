// What the words in the label files mean (paper.md#x-ray-labels, paper.md#views). Private to the label
// readers.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "suite/data/labels/readers.hpp"

namespace suite::data {

/// View of a projection word of any of the files; nothing for views that no protocol keeps.
[[nodiscard]] std::optional<View> view_of_word(std::string_view word) noexcept;

/// An entry of a CheXpert or MIMIC label column.
enum class Finding3 : std::uint8_t { blank, negative, positive, uncertain };
/// "" blank, 0, 1, -1 (whatever their decimals); nothing for anything else.
[[nodiscard]] std::optional<Finding3> finding_of_word(std::string_view word) noexcept;
/// Column names of the 13 findings, sorted, as the files spell them ("Pleural Effusion").
[[nodiscard]] const std::vector<std::string>& finding_columns();

/// Lookup of strings by views without making a string.
struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
};
template<typename Value>
using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

/// Labels as bits, by substring search in a text; texts seen before are remembered.
class SubstringRule {
public:
    /// triggers[i]: texts any of which sets bit i.
    explicit SubstringRule(std::vector<std::vector<std::string>> triggers) : triggers_(std::move(triggers)) {}
    [[nodiscard]] std::uint32_t operator()(std::string_view text);

private:
    std::vector<std::vector<std::string>> triggers_;
    TextMap<std::uint32_t> seen_;
};
/// NIH: the label's name in "Finding Labels".
[[nodiscard]] SubstringRule nih_rule();
/// PadChest: the lower-cased name or a synonym in "Labels".
[[nodiscard]] SubstringRule padchest_rule();

/// Words of the set's view column: all that its real tables hold, kept by a protocol or not. MIMIC-CXR has
/// blank ones, too.
[[nodiscard]] const std::vector<std::string>& view_words_of(LabelSet set);
/// What is wrong with NIH's "Finding Labels", which are the names of labels separated by |, or No Finding;
/// empty when nothing is.
[[nodiscard]] std::string_view nih_findings_problem(std::string_view text);
/// What is wrong with PadChest's "Labels", a list of quoted texts as Python prints it; empty when nothing is.
[[nodiscard]] std::string_view padchest_list_problem(std::string_view text);
/// One digit or more and nothing else.
[[nodiscard]] bool is_digits(std::string_view text) noexcept;

/// A text that pandas reads as missing, as the authors' code did.
[[nodiscard]] bool is_null_word(std::string_view word) noexcept;

/// Why a text cannot be an image's id or path; empty when it can.
[[nodiscard]] std::string_view unsafe_path_reason(std::string_view text) noexcept;

} // namespace suite::data
