// stats TEST: the suite's statistics on numbers given as options.
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "metrics/adjust.hpp"
#include "metrics/numbers.hpp"
#include "metrics/power.hpp"
#include "metrics/roc_auc.hpp"
#include "metrics/score_file.hpp"
#include "metrics/t_tests.hpp"
#include "suite/app/stats_sentences.hpp"
#include "suite/app/verbs.hpp"
#include "suite/base/names.hpp"

namespace suite::app {
namespace {

using nlohmann::ordered_json;

// Every value stays text until its test reads it: std::from_chars knows no locale, and "-1e-3" is a number to
// it.
struct StatsOptions {
    std::string test;
    std::optional<std::string> a, b, a_summary, b_summary, margin, p, difference, sd, n, power, file;
    std::vector<std::string> extras; ///< what is no option of the command
    OutputOptions output;
};

// One option of the command: its name, where its text goes, its help.
struct StatsOption {
    const char* name;
    const char* metavar;
    std::optional<std::string> StatsOptions::*value;
    const char* help;
};
constexpr StatsOption option_entries[] = {
    {"--a", "NUMBERS", &StatsOptions::a, "welch, paired, tost: first sample, numbers separated by commas"},
    {"--b", "NUMBERS", &StatsOptions::b, "welch, paired, tost: second sample"},
    {"--a-summary", "MEAN,SD,N", &StatsOptions::a_summary,
     "welch, tost: summary of the first sample instead"},
    {"--b-summary", "MEAN,SD,N", &StatsOptions::b_summary,
     "welch, tost: summary of the second sample instead"},
    {"--margin", "X", &StatsOptions::margin, "tost: equivalence margin, above 0"},
    {"--p", "NUMBERS", &StatsOptions::p, "holm, bh: p-values separated by commas"},
    {"--difference", "X", &StatsOptions::difference, "power: true difference of the two means"},
    {"--sd", "X", &StatsOptions::sd, "power: standard deviation of one value"},
    {"--n", "N", &StatsOptions::n, "power: values per group; prints the power"},
    {"--power", "X", &StatsOptions::power, "power: wanted power in (0, 1); prints the n it needs"},
    {"--file", "FILE", &StatsOptions::file, "auc: CSV file with the header score,label; label 0, 1 or empty"},
};

// Runs every reader and keeps the faults of all of them.
class Input {
public:
    template<typename Read>
    auto read(Read read_value) -> decltype(read_value()) {
        try {
            return read_value();
        } catch (const Error& error) {
            for (const Fault& fault : error.faults()) {
                faults_.add(fault);
            }
        }
        return {};
    }
    void add(Fault fault) { faults_.add(std::move(fault)); }
    void throw_if_any() const { faults_.throw_if_any(ErrorKind::usage); }

private:
    FaultList faults_;
};

const std::string& given(const std::optional<std::string>& value, const char* option, Input& input) {
    static const std::string nothing;
    if (!value) {
        input.add({option, "no value", "one", fmt::format("give {}", option)});
    }
    return value ? *value : nothing;
}

std::vector<double> read_numbers(const std::optional<std::string>& value, const char* option, Input& input) {
    const std::string& text = given(value, option, input);
    return value ? input.read([&] { return metrics::parse_numbers(text, option); }) : std::vector<double>{};
}

double read_number(const std::optional<std::string>& value, const char* option, Input& input) {
    const std::string& text = given(value, option, input);
    const std::optional<double> number = metrics::parse_finite(text);
    if (value && !number) {
        input.add({option, fmt::format("'{}'", text), "a finite number", "write it like 57.3"});
    }
    return number.value_or(0.0);
}

// Whole and not negative; whether it is enough is the test's business.
std::uint64_t read_count(const std::optional<std::string>& value, const char* option, Input& input) {
    const double number = read_number(value, option, input);
    const bool is_count = number >= 0 && number <= 0x1p52 && number == std::floor(number);
    if (!is_count) {
        input.add({option, fmt::format("n = {}", number), "a whole n of 2 or more",
                   "a variance needs at least two values"});
    }
    return is_count ? static_cast<std::uint64_t>(number) : 0;
}

metrics::Sample read_sample(const std::optional<std::string>& values,
                            const std::optional<std::string>& summary, const char* option, Input& input) {
    const std::string summary_option = fmt::format("{}-summary", option);
    if (values && summary) {
        input.add({option, fmt::format("both {} and {}", option, summary_option), "one of them", "drop one"});
        return {};
    }
    if (summary) {
        return input.read([&] { return metrics::parse_summary(*summary, summary_option); });
    }
    return metrics::make_sample(read_numbers(values, option, input));
}

ordered_json document_of(const metrics::TTest& test) {
    return {{"difference", test.difference},
            {"t", test.t},
            {"df", test.df},
            {"p", test.p},
            {"ci95", {test.ci95.low, test.ci95.high}}};
}

ordered_json welch(const StatsOptions& options) {
    Input input;
    const metrics::Sample a = read_sample(options.a, options.a_summary, "--a", input);
    const metrics::Sample b = read_sample(options.b, options.b_summary, "--b", input);
    input.throw_if_any();
    return document_of(metrics::welch(a, b));
}

ordered_json paired(const StatsOptions& options) {
    Input input;
    const std::vector<double> a = read_numbers(options.a, "--a", input);
    const std::vector<double> b = read_numbers(options.b, "--b", input);
    input.throw_if_any();
    return document_of(metrics::paired(a, b));
}

ordered_json tost(const StatsOptions& options) {
    Input input;
    const metrics::Sample a = read_sample(options.a, options.a_summary, "--a", input);
    const metrics::Sample b = read_sample(options.b, options.b_summary, "--b", input);
    const double margin = read_number(options.margin, "--margin", input);
    input.throw_if_any();
    const metrics::Tost test = metrics::tost(a, b, margin);
    return {{"difference", test.difference}, {"df", test.df}, {"p_lower", test.p_lower},
            {"p_upper", test.p_upper},       {"p", test.p},   {"equivalent", test.equivalent}};
}

ordered_json adjusted(const StatsOptions& options,
                      std::vector<double> (*adjust)(std::span<const double> p_values)) {
    Input input;
    const std::vector<double> p_values = read_numbers(options.p, "--p", input);
    input.throw_if_any();
    const auto values = adjust(p_values); // before the braces, see power()
    return {{"adjusted", values}};
}

ordered_json holm(const StatsOptions& options) {
    return adjusted(options, metrics::holm);
}

ordered_json benjamini_hochberg(const StatsOptions& options) {
    return adjusted(options, metrics::benjamini_hochberg);
}

ordered_json power(const StatsOptions& options) {
    Input input;
    const double difference = read_number(options.difference, "--difference", input);
    const double sd = read_number(options.sd, "--sd", input);
    if (options.n.has_value() == options.power.has_value()) {
        input.add({"--n, --power", options.n ? "both" : "neither", "one of them",
                   "give --n to ask for the power, --power to ask for n"});
    }
    const std::uint64_t n = options.n ? read_count(options.n, "--n", input) : 0;
    const double wanted = options.power ? read_number(options.power, "--power", input) : 0.0;
    input.throw_if_any();
    // Computed before the braces: g++ 12 destroys their unfinished temporaries when one of them throws.
    if (options.n) {
        const double achieved = metrics::two_sample_power(difference, sd, n);
        return {{"power", achieved}};
    }
    const std::uint64_t needed = metrics::two_sample_size(difference, sd, wanted);
    return {{"n", needed}};
}

ordered_json auc(const StatsOptions& options) {
    Input input;
    const std::string& file = given(options.file, "--file", input);
    input.throw_if_any();
    const metrics::ScoredLabels table = metrics::read_score_file(file);
    const metrics::RocAuc result = metrics::roc_auc(table.scores, table.labels);
    return {{"auc", result.auc ? ordered_json(*result.auc) : ordered_json(nullptr)},
            {"positives", result.positives},
            {"negatives", result.negatives},
            {"missing", result.missing}};
}

struct TestEntry {
    const char* name;
    ordered_json (*run)(const StatsOptions& options);
    std::string (*sentence)(const StatsOptions& options, const ordered_json& document);
    std::vector<std::string> options; ///< that the test takes; any other is an error
};

std::string welch_sentence(const StatsOptions& /*options*/, const ordered_json& document) {
    return t_test_sentence("Welch's t test", document);
}

std::string paired_sentence(const StatsOptions& /*options*/, const ordered_json& document) {
    return t_test_sentence("Paired t test", document);
}

std::string equivalence_sentence(const StatsOptions& options, const ordered_json& document) {
    return tost_sentence(options.margin.value_or(""), document);
}

std::string holm_sentence(const StatsOptions& /*options*/, const ordered_json& document) {
    return adjusted_sentence("Holm's method", document);
}

std::string bh_sentence(const StatsOptions& /*options*/, const ordered_json& document) {
    return adjusted_sentence("Benjamini and Hochberg's method", document);
}

std::string sentence_on_power(const StatsOptions& options, const ordered_json& document) {
    return power_sentence({.difference = options.difference.value_or(""),
                           .sd = options.sd.value_or(""),
                           .n = options.n.value_or(""),
                           .power = options.power.value_or("")},
                          document);
}

std::string sentence_on_auc(const StatsOptions& /*options*/, const ordered_json& document) {
    return auc_sentence(document);
}

const std::vector<TestEntry>& test_entries() {
    static const std::vector<TestEntry> entries{
        {"welch", welch, welch_sentence, {"--a", "--b", "--a-summary", "--b-summary"}},
        {"paired", paired, paired_sentence, {"--a", "--b"}},
        {"tost", tost, equivalence_sentence, {"--a", "--b", "--a-summary", "--b-summary", "--margin"}},
        {"holm", holm, holm_sentence, {"--p"}},
        {"bh", benjamini_hochberg, bh_sentence, {"--p"}},
        {"power", power, sentence_on_power, {"--difference", "--sd", "--n", "--power"}},
        {"auc", auc, sentence_on_auc, {"--file"}},
    };
    return entries;
}

const TestEntry& find_test(const std::string& name) {
    std::vector<std::string> valid;
    for (const TestEntry& entry : test_entries()) {
        if (entry.name == name) {
            return entry;
        }
        valid.emplace_back(entry.name);
    }
    const std::vector<std::string> nearest =
        name.empty() ? std::vector<std::string>{} : nearest_names(name, valid, 1);
    throw Error(ErrorKind::usage,
                Fault{.where = "stats TEST",
                      .found = name.empty() ? "no test" : fmt::format("'{}'", name),
                      .expected = expected_names(name, valid),
                      .fix = nearest.empty() ? "name one" : fmt::format("use {}", nearest[0])});
}

FaultList foreign_options(const TestEntry& test, const StatsOptions& options) {
    FaultList faults;
    std::vector<std::string> names;
    for (const StatsOption& entry : option_entries) {
        names.emplace_back(entry.name);
    }
    for (const std::string& extra : options.extras) {
        const std::vector<std::string> nearest =
            extra.starts_with('-') ? nearest_names(extra, names, 1) : std::vector<std::string>{};
        faults.add({"stats", fmt::format("'{}'", extra), fmt::format("options of {}", test.name),
                    nearest.empty() ? "see transferscale stats --help" : fmt::format("use {}", nearest[0])});
    }
    for (const StatsOption& entry : option_entries) {
        const bool is_known = std::count(test.options.begin(), test.options.end(), entry.name) > 0;
        if (options.*entry.value && !is_known) {
            faults.add({entry.name, fmt::format("an option that {} does not take", test.name),
                        expected_names(entry.name, test.options), "drop it"});
        }
    }
    return faults;
}

// The test's result, or everything that is wrong with the command line.
ordered_json result_of(const TestEntry& test, const StatsOptions& options) {
    FaultList faults = foreign_options(test, options);
    ordered_json document;
    try {
        document = test.run(options);
    } catch (const Error& error) {
        if (faults.empty()) {
            throw;
        }
        for (const Fault& fault : error.faults()) {
            faults.add(fault);
        }
    }
    faults.throw_if_any(ErrorKind::usage);
    return document;
}

int stats(const StatsOptions& options) {
    const TestEntry& test = find_test(options.test);
    const ordered_json document = result_of(test, options);
    if (options.output.json) {
        fmt::print("{}\n", document.dump(2));
        return 0;
    }
    fmt::print("{}", test.sentence(options, document));
    return 0;
}

} // namespace

void register_stats(Dispatcher& dispatcher) {
    auto options = std::make_shared<StatsOptions>();
    CLI::App* verb =
        add_verb(dispatcher, "stats", "Computes one of the suite's statistical tests on given numbers",
                 options->output, [options, &root = dispatcher.root] {
                     options->extras = root.get_subcommand("stats")->remaining();
                     return stats(*options);
                 });
    verb->allow_extras(); // reported with all other faults
    std::vector<std::string> tests;
    for (const TestEntry& entry : test_entries()) {
        tests.emplace_back(entry.name);
    }
    verb->add_option(
            "test", options->test,
            "Difference of means (welch, paired), equivalence (tost), correction for several tests (holm, "
            "bh), power of a t test, or area under the ROC curve (auc)")
        ->type_name(fmt::format("{}", fmt::join(tests, "|")));
    for (const StatsOption& entry : option_entries) {
        // A value of its own per option: whatever follows is its value, also "-1e-3".
        verb->add_option_function<std::string>(
                entry.name, [options, entry](const std::string& text) { (*options).*entry.value = text; },
                entry.help)
            ->type_name(entry.metavar);
    }
}

} // namespace suite::app
