#include "suite/data/labels/published.hpp"

#include <algorithm>
#include <charconv>

#include "suite/data/labels/csv.hpp"

namespace suite::data {
namespace {

LabelTable rows_in(const LabelTable& table, SplitRole role) {
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (table.roles[i] == role) {
            rows.push_back(i);
        }
    }
    return select_rows(table, rows);
}

/// Counts of one part of a table by the words of the file.
class Counter {
public:
    explicit Counter(const LabelTable& table) : table_(table), labels_(count_labels(table)) {}

    [[nodiscard]] std::optional<std::size_t> operator()(std::string_view what, std::string_view name) const {
        if (what == "images") {
            return table_.size();
        }
        if (what == "patients") {
            return table_.patient_count;
        }
        if (what == "masked_rows") {
            return count_masked_rows(table_);
        }
        if (what == "view") {
            return static_cast<std::size_t>(
                std::ranges::count(table_.views, name, [](View view) { return to_string(view); }));
        }
        if (what == "positive" || what == "negative") {
            return of_label(what, name);
        }
        return of_split(what);
    }

private:
    [[nodiscard]] std::optional<std::size_t> of_label(std::string_view what, std::string_view name) const {
        const auto place = std::ranges::find(table_.label_names, name);
        if (place == table_.label_names.end()) {
            return std::nullopt;
        }
        const LabelCount& count = labels_[static_cast<std::size_t>(place - table_.label_names.begin())];
        return what == "positive" ? count.positive : count.negative;
    }
    [[nodiscard]] std::optional<std::size_t> of_split(std::string_view what) const {
        const std::size_t train = count_role(table_, SplitRole::train);
        const std::size_t test = count_role(table_, SplitRole::test);
        const bool is_partial = !table_.absent.empty();
        if (what == "leaked") {
            return is_partial && (train == 0 || test == 0) ? std::nullopt
                                                           : std::optional(count_leaked(table_));
        }
        const std::size_t count = what == "train" ? train : test;
        return count == 0 && is_partial ? std::nullopt : std::optional(count);
    }

    const LabelTable& table_;
    std::vector<LabelCount> labels_;
};

} // namespace

std::vector<PublishedCount> compare_with_published(const LabelTable& table,
                                                   const std::filesystem::path& workloads) {
    LabelFaults faults;
    LabelCsv csv(workloads / "datasets/label_counts.csv", {"set", "part", "what", "name", "count", "origin"},
                 faults);
    const LabelTable train = rows_in(table, SplitRole::train);
    const Counter in_all(table);
    const Counter in_train(train);
    std::vector<PublishedCount> counts;
    while (csv.next()) {
        if (csv.field(0) != table.id) {
            continue;
        }
        PublishedCount count{.part = std::string(csv.field(1)),
                             .what = std::string(csv.field(2)),
                             .name = std::string(csv.field(3)),
                             .found = {},
                             .origin = std::string(csv.field(5))};
        const std::string_view text = csv.field(4);
        const auto end = text.data() + text.size();
        if (const auto read = std::from_chars(text.data(), end, count.published);
            read.ptr != end || text.empty()) {
            csv.add_fault(4, "another text", "a whole number");
        }
        count.found = (count.part == "train" ? in_train : in_all)(count.what, count.name);
        counts.push_back(std::move(count));
    }
    faults.throw_if_any();
    return counts;
}

} // namespace suite::data
