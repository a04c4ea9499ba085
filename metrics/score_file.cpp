#include "metrics/score_file.hpp"

#include <array>
#include <limits>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "metrics/numbers.hpp"
#include "suite/base/files.hpp"

namespace metrics {

namespace {

using suite::ErrorKind;
constexpr std::size_t reported_faults = 100;

std::string_view unquoted(std::string_view field) {
    if (field.size() >= 2 && field.front() == '"' && field.back() == '"')
        return field.substr(1, field.size() - 2);
    return field;
}

using Fields = std::array<std::string_view, 2>;

/// Two fields, or nothing: neither numbers nor the header's words can hold a comma.
std::optional<Fields> two_fields(std::string_view line) {
    const auto comma = line.find(',');
    if (comma == std::string_view::npos || line.find(',', comma + 1) != std::string_view::npos)
        return std::nullopt;
    return Fields{unquoted(line.substr(0, comma)), unquoted(line.substr(comma + 1))};
}

/// Lines without their ends; blank lines at the end of the text are gone.
class Lines {
public:
    explicit Lines(std::string_view text) : rest_(text) {
        if (rest_.starts_with("\xEF\xBB\xBF"))
            rest_.remove_prefix(3);
        const auto last = rest_.find_last_not_of("\r\n");
        rest_ = last == std::string_view::npos ? std::string_view{} : rest_.substr(0, last + 1);
        at_end_ = rest_.empty();
    }
    std::optional<std::string_view> next() {
        if (at_end_)
            return std::nullopt;
        const auto end = rest_.find('\n');
        std::string_view line = rest_.substr(0, end);
        at_end_ = end == std::string_view::npos;
        rest_.remove_prefix(at_end_ ? rest_.size() : end + 1);
        ++number_;
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        return line;
    }
    [[nodiscard]] std::size_t number() const { return number_; }

private:
    std::string_view rest_;
    std::size_t number_ = 0;
    bool at_end_ = false;
};

class TableReader {
public:
    TableReader(std::string_view text, std::string_view file_name) : lines_(text), file_name_(file_name) {}

    ScoredLabels read() {
        read_header();
        while (const auto line = lines_.next())
            read_row(*line);
        if (fault_count_ > reported_faults)
            faults_.add({file_name_, fmt::format("{} more faults", fault_count_ - reported_faults), "none",
                         "correct the ones above first"});
        faults_.throw_if_any(ErrorKind::data);
        return std::move(table_);
    }

private:
    void read_header() {
        const std::string_view header = lines_.next().value_or("");
        const auto fields = two_fields(header);
        if (fields && (*fields)[0] == "label" && (*fields)[1] == "score")
            score_field_ = 1;
        else if (!fields || (*fields)[0] != "score" || (*fields)[1] != "label")
            throw suite::Error(ErrorKind::data,
                               {fmt::format("{}:1", file_name_), fmt::format("'{}'", header.substr(0, 80)),
                                "the header score,label", "write it as the first line"});
    }

    void read_row(std::string_view line) {
        const auto fields = two_fields(line);
        if (!fields)
            return add_fault(fmt::format("'{}'", line.substr(0, 80)), "two fields: score and label");
        const std::string_view score_text = (*fields)[score_field_];
        const std::string_view label_text = (*fields)[1 - score_field_];
        const auto score = parse_finite(score_text);
        const auto label = label_text.empty() ? std::numeric_limits<double>::quiet_NaN()
                                              : parse_finite(label_text).value_or(-1);
        if (!score)
            add_fault(fmt::format("score '{}'", score_text.substr(0, 80)), "a finite number");
        if (!label_text.empty() && label != 0 && label != 1)
            add_fault(fmt::format("label '{}'", label_text.substr(0, 80)), "0, 1 or nothing");
        table_.scores.push_back(score.value_or(0));
        table_.labels.push_back(static_cast<float>(label));
    }

    void add_fault(std::string found, std::string expected) {
        if (++fault_count_ <= reported_faults)
            faults_.add({fmt::format("{}:{}", file_name_, lines_.number()), std::move(found),
                         std::move(expected), "correct the line"});
    }

    Lines lines_;
    std::string file_name_;
    std::size_t score_field_ = 0;
    std::size_t fault_count_ = 0;
    suite::FaultList faults_;
    ScoredLabels table_;
};

} // namespace

ScoredLabels parse_score_table(std::string_view text, std::string_view file_name) {
    return TableReader(text, file_name).read();
}

ScoredLabels read_score_file(const std::filesystem::path& path) {
    return parse_score_table(suite::read_file(path, ErrorKind::data), path.string());
}

} // namespace metrics
