#include "suite/app/stats_sentences.hpp"

#include <cmath>

#include <fmt/format.h>

namespace suite::app {
namespace {

using nlohmann::ordered_json;

std::string number(double value) {
    return fmt::format("{:.6g}", value);
}

std::string number(const ordered_json& value) {
    return number(value.get<double>());
}

/// "a is 1.47 lower than b"
std::string comparison(double difference) {
    if (difference == 0.0) {
        return "a and b have the same mean";
    }
    return fmt::format("a is {} {} than b", number(std::abs(difference)),
                       difference < 0 ? "lower" : "higher");
}

} // namespace

std::string t_test_sentence(const std::string& test, const ordered_json& document) {
    return fmt::format("{} (95 % CI of a - b: {} to {}).\n{}: t = {}, df = {}, p = {} (two-sided).\n",
                       comparison(document["difference"].get<double>()), number(document["ci95"][0]),
                       number(document["ci95"][1]), test, number(document["t"]), number(document["df"]),
                       number(document["p"]));
}

std::string tost_sentence(const std::string& margin, const ordered_json& document) {
    const bool equivalent = document["equivalent"].get<bool>();
    return fmt::format("{}; that they are equivalent within a margin of {} is {}shown (p = {}, {} 0.05).\n"
                       "Two one-sided tests: p = {} that a - b > -{}, p = {} that a - b < {}, df = {}.\n",
                       comparison(document["difference"].get<double>()), margin, equivalent ? "" : "not ",
                       number(document["p"]), equivalent ? "below" : "not below", number(document["p_lower"]),
                       margin, number(document["p_upper"]), margin, number(document["df"]));
}

std::string adjusted_sentence(const std::string& method, const ordered_json& document) {
    std::string values;
    for (const ordered_json& value : document["adjusted"]) {
        values += (values.empty() ? "" : ", ") + number(value);
    }
    return fmt::format("p-values adjusted by {}, in the order given: {}.\n", method, values);
}

std::string power_sentence(const PowerQuestion& question, const ordered_json& document) {
    const std::string test = "a two-sided two-sample t test at alpha = 0.05";
    if (document.contains("power")) {
        return fmt::format("With n = {} per group, {} finds a true difference of {} (sd {}) with power {}.\n",
                           question.n, test, question.difference, question.sd, number(document["power"]));
    }
    return fmt::format(
        "n = {} per group is needed so that {} finds a true difference of {} (sd {}) with power {}.\n",
        document["n"].get<std::uint64_t>(), test, question.difference, question.sd, question.power);
}

std::string auc_sentence(const ordered_json& document) {
    const std::string labels = fmt::format(
        "{} positive and {} negative labels, {} missing", document["positives"].get<std::uint64_t>(),
        document["negatives"].get<std::uint64_t>(), document["missing"].get<std::uint64_t>());
    return document["auc"].is_null()
               ? fmt::format("There is no AUC: it needs labels of both classes, and there are {}.\n", labels)
               : fmt::format("AUC = {} over {}.\n", number(document["auc"]), labels);
}

} // namespace suite::app
