#include "suite/data/labels/table.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/base/error.hpp"
#include "suite/data/subset/legacy_draws.hpp"
#include "suite/plan/declare/catalog.hpp"

namespace suite::data {
namespace {

constexpr std::uint32_t split_seed = 42;          // paper.md#tuberculosis-split
constexpr double tuberculosis_train_share = 0.85; // paper.md#tuberculosis-split

std::size_t positives(std::span<const float> labels) {
    return static_cast<std::size_t>(std::ranges::count(labels, 1.0F));
}

} // namespace

std::string_view to_string(View view) noexcept {
    constexpr std::array<std::string_view, 5> words{"PA", "AP", "AP Supine", "L", "COSTAL"};
    return words[static_cast<std::size_t>(view)];
}

std::size_t count_role(const LabelTable& table, SplitRole role) {
    return static_cast<std::size_t>(std::ranges::count(table.roles, role));
}

std::size_t count_leaked(const LabelTable& table, SplitRole role) {
    std::vector<bool> is_in_train(table.patient_count, false);
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (table.roles[i] == SplitRole::train) {
            is_in_train[table.patients[i]] = true;
        }
    }
    std::size_t leaked = 0;
    for (std::size_t i = 0; i < table.size(); ++i) {
        leaked += table.roles[i] == role && is_in_train[table.patients[i]] ? 1U : 0U;
    }
    return leaked;
}

std::size_t count_masked_rows(const LabelTable& table) {
    std::size_t masked = 0;
    for (std::size_t i = 0; i < table.size(); ++i) {
        masked +=
            std::ranges::all_of(table.labels(i), [](float value) { return std::isnan(value); }) ? 1U : 0U;
    }
    return masked;
}

std::vector<LabelCount> count_labels(const LabelTable& table) {
    std::vector<LabelCount> counts(table.label_names.size());
    for (std::size_t i = 0; i < table.matrix.size(); ++i) {
        LabelCount& count = counts[i % counts.size()];
        const float value = table.matrix[i];
        ++(std::isnan(value) ? count.missing : value == 1.0F ? count.positive : count.negative);
    }
    for (const std::uint32_t bits : table.uncertain) {
        for (std::size_t label = 0; bits != 0 && label < counts.size(); ++label) {
            counts[label].uncertain += bits >> label & 1U;
        }
    }
    return counts;
}

LabelTable select_rows(const LabelTable& table, std::span<const std::size_t> rows) {
    constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
    LabelTable selected{
        .id = table.id, .label_names = table.label_names, .absent = table.absent, .notes = table.notes};
    std::vector<std::uint32_t> renumbered(table.patient_count, none);
    for (const std::size_t row : rows) {
        std::uint32_t& patient = renumbered[table.patients[row]];
        if (patient == none) {
            patient = static_cast<std::uint32_t>(selected.patient_count++);
        }
        selected.images.push_back(table.images[row]);
        selected.patients.push_back(patient);
        selected.views.push_back(table.views[row]);
        selected.roles.push_back(table.roles[row]);
        selected.uncertain.push_back(table.uncertain[row]);
        const auto labels = table.labels(row);
        selected.matrix.insert(selected.matrix.end(), labels.begin(), labels.end());
    }
    return selected;
}

LabelTable single_label_rows(const LabelTable& table) {
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (positives(table.labels(i)) == 1) {
            rows.push_back(i);
        }
    }
    return select_rows(table, rows);
}

Labels labels_of(const LabelTable& table, SplitRole role, plan::Task task) {
    Labels labels{.task = task, .outputs = table.label_names.size(), .classes = {}, .matrix = {}};
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (table.roles[i] != role) {
            continue;
        }
        const auto row = table.labels(i);
        if (task == plan::Task::multilabel) {
            labels.matrix.insert(labels.matrix.end(), row.begin(), row.end());
        } else {
            assert(positives(row) == 1);
            labels.classes.push_back(std::ranges::find(row, 1.0F) - row.begin());
        }
    }
    return labels;
}

namespace {

void append_member(const LabelTable& member, LabelTable& to) {
    std::vector<std::size_t> columns;
    for (const std::string& name : to.label_names) {
        const auto place = std::ranges::find(member.label_names, name);
        columns.push_back(static_cast<std::size_t>(place - member.label_names.begin()));
    }
    for (std::size_t row = 0; row < member.size(); ++row) {
        const auto labels = member.labels(row);
        for (const std::size_t column : columns) {
            to.matrix.push_back(labels[column]);
        }
        std::uint32_t bits = 0;
        for (std::size_t i = 0; member.uncertain[row] != 0 && i < columns.size(); ++i) {
            bits |= (member.uncertain[row] >> columns[i] & 1U) << i;
        }
        to.uncertain.push_back(bits);
    }
    for (const std::uint32_t patient : member.patients) {
        to.patients.push_back(patient + static_cast<std::uint32_t>(to.patient_count));
    }
    to.patient_count += member.patient_count;
    to.images.append(member.images);
    to.views.insert(to.views.end(), member.views.begin(), member.views.end());
    to.roles.insert(to.roles.end(), member.roles.begin(), member.roles.end());
    to.absent.insert(to.absent.end(), member.absent.begin(), member.absent.end());
    for (const std::string& note : member.notes) {
        to.notes.push_back(member.id + ": " + note);
    }
}

} // namespace

LabelTable superset(const std::string& id, std::span<const LabelTable> members) {
    std::vector<std::vector<std::string>> lists;
    std::vector<std::string> names;
    for (const LabelTable& member : members) {
        lists.push_back(member.label_names);
        names.push_back(member.id);
    }
    LabelTable table{.id = id, .label_names = plan::common_labels(lists)};
    if (table.label_names.empty()) {
        throw Error(ErrorKind::usage,
                    Fault{.where = id,
                          .found = fmt::format("no label that {} share", fmt::join(names, ", ")),
                          .expected = "a common label at least",
                          .fix = "leave out the member that has other labels"});
    }
    std::size_t rows = 0;
    for (const LabelTable& member : members) {
        rows += member.size();
    }
    table.matrix.reserve(rows * table.label_names.size());
    for (const LabelTable& member : members) {
        append_member(member, table);
    }
    return table;
}

std::vector<SplitRole> shuffled_split(std::size_t count, double train_share) {
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    numpy_shuffle(order, split_seed);
    std::vector<SplitRole> roles(count, SplitRole::test);
    const auto train = static_cast<std::size_t>(train_share * static_cast<double>(count));
    for (std::size_t i = 0; i < train; ++i) {
        roles[order[i]] = SplitRole::train;
    }
    return roles;
}

FileSplit tuberculosis_split(std::vector<std::string> files) {
    std::ranges::sort(files);
    FileSplit split{.files = std::move(files), .roles = {}, .classes = {}};
    FaultList faults;
    for (std::size_t i = 0; i < split.files.size(); ++i) {
        const std::string& file = split.files[i];
        if (!file.ends_with("0.png") && !file.ends_with("1.png")) {
            faults.add({.where = fmt::format("file {} of {}", i + 1, split.files.size()),
                        .found = "another name",
                        .expected = "one that ends in 0.png (normal) or 1.png (tuberculosis)",
                        .fix = "leave only the set's images in the folder"});
            continue;
        }
        split.classes.push_back(file[file.size() - 5] - '0');
    }
    faults.throw_if_any(ErrorKind::data);
    split.roles = shuffled_split(split.files.size(), tuberculosis_train_share);
    return split;
}

} // namespace suite::data
