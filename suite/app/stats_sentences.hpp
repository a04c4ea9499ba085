// What `transferscale stats` prints for people: the result as sentences, numbers to six significant digits.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace suite::app {

/// "a is 1.47 lower than b (95 % CI of the difference: …). Welch's t test: t = …, df = …, p = …." `document`:
/// fields difference, t, df, p, ci95.
[[nodiscard]] std::string t_test_sentence(const std::string& test, const nlohmann::ordered_json& document);
/// Fields difference, df, p_lower, p_upper, p, equivalent; `margin` as it was typed.
[[nodiscard]] std::string tost_sentence(const std::string& margin, const nlohmann::ordered_json& document);
/// Field adjusted; `method`: "Holm", "Benjamini-Hochberg".
[[nodiscard]] std::string adjusted_sentence(const std::string& method,
                                            const nlohmann::ordered_json& document);

/// What a power calculation was asked for, as it was typed.
struct PowerQuestion {
    std::string difference;
    std::string sd;
    std::string n;     ///< "": asks for n
    std::string power; ///< "": asks for the power
};
/// Field power or n.
[[nodiscard]] std::string power_sentence(const PowerQuestion& question,
                                         const nlohmann::ordered_json& document);
/// Fields auc, positives, negatives, missing.
[[nodiscard]] std::string auc_sentence(const nlohmann::ordered_json& document);

} // namespace suite::app
