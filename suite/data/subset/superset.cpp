#include "suite/data/subset/superset.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "suite/base/error.hpp"
#include "suite/data/on_disk/manifest_source.hpp"
#include "suite/plan/declare/catalog.hpp"

namespace suite::data {
namespace {

// Members' patients are numbered apart by this much.
constexpr std::int64_t patients_per_member = std::int64_t{1} << 40;

/// Where each wanted label stands in a member's list; all are there.
std::vector<std::size_t> column_map(const std::vector<std::string>& wanted,
                                    const std::vector<std::string>& present) {
    std::vector<std::size_t> map;
    for (const std::string& label : wanted) {
        map.push_back(static_cast<std::size_t>(std::ranges::find(present, label) - present.begin()));
    }
    return map;
}

void check_members(const std::string& id, const std::vector<std::string>& labels,
                   const std::vector<DataSet>& members) {
    FaultList faults;
    std::vector<std::vector<std::string>> lists;
    for (const DataSet& member : members) {
        lists.push_back(member.label_names);
        const Images& images = member.train.images;
        const Images& first = members.front().train.images;
        const bool is_stored = member.train.source != nullptr;
        if (is_stored != (members.front().train.source != nullptr) || images.size != first.size ||
            images.channels != first.channels) {
            faults.add({.where = id + ".members." + member.id,
                        .found = fmt::format("{} channels of side {}", images.channels, images.size),
                        .expected = fmt::format("{} of side {} as in {}", first.channels, first.size,
                                                members.front().id),
                        .fix = "declare the members alike"});
        }
        if (member.train.labels.task != plan::Task::multilabel) {
            faults.add({.where = id + ".members." + member.id,
                        .found = "a multiclass set",
                        .expected = "a multilabel set",
                        .fix = "leave it out of the superset"});
        }
    }
    const std::vector<std::string> common = plan::common_labels(lists);
    if (labels != common || common.empty()) {
        faults.add(
            {.where = id + ".labels",
             .found = fmt::format("[{}]", fmt::join(labels, ", ")),
             .expected = fmt::format("the members' sorted common labels [{}]", fmt::join(common, ", ")),
             .fix = "derive them from the members"});
    }
    faults.throw_if_any(ErrorKind::data);
}

void append_labels(const Labels& from, const std::vector<std::size_t>& columns, Labels& to) {
    const std::size_t rows = from.outputs == 0 ? 0 : from.matrix.size() / from.outputs;
    for (std::size_t row = 0; row < rows; ++row) {
        for (const std::size_t column : columns) {
            to.matrix.push_back(from.matrix[row * from.outputs + column]);
        }
    }
}

using Sources = std::vector<std::shared_ptr<const ImageSource>>;

void append_split(Split&& from, const std::vector<std::size_t>& columns, std::int64_t member, Split& to,
                  Sources& sources) {
    if (from.source) {
        sources.push_back(std::move(from.source));
    }
    if (to.images.count == 0) {
        to.images.channels = from.images.channels;
        to.images.size = from.images.size;
    }
    to.images.count += from.images.count;
    to.images.pixels.insert(to.images.pixels.end(), from.images.pixels.begin(), from.images.pixels.end());
    append_labels(from.labels, columns, to.labels);
    for (const std::int64_t patient : from.patients) {
        to.patients.push_back(patient + member * patients_per_member);
    }
}

} // namespace

DataSet concatenate(const std::string& id, const std::vector<std::string>& labels,
                    std::vector<DataSet> members) {
    check_members(id, labels, members);
    DataSet set;
    set.id = id;
    set.label_names = labels;
    for (Split* split : {&set.train, &set.test}) {
        split->labels.task = plan::Task::multilabel;
        split->labels.outputs = labels.size();
    }
    Sources train_sources;
    Sources test_sources;
    for (std::size_t i = 0; i < members.size(); ++i) {
        // Taken out, so that a member's memory is free before the next one is copied.
        DataSet member = std::move(members[i]);
        const std::vector<std::size_t> columns = column_map(labels, member.label_names);
        append_split(std::move(member.train), columns, static_cast<std::int64_t>(i), set.train,
                     train_sources);
        append_split(std::move(member.test), columns, static_cast<std::int64_t>(i), set.test, test_sources);
        set.notes.insert(set.notes.end(), member.notes.begin(), member.notes.end());
    }
    if (!train_sources.empty()) { // check_members saw to it that all have images in memory, or none
        set.train.source = concatenated_source(std::move(train_sources));
        set.test.source = concatenated_source(std::move(test_sources));
    }
    return set;
}

} // namespace suite::data
