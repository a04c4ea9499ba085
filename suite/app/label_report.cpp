#include "suite/app/label_report.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "suite/base/hash.hpp"

namespace suite::app {
namespace {

using json = nlohmann::ordered_json;
using data::SplitRole;

json fault_entry(const data::LabelFault& fault) {
    return {{"file", fault.file},
            {"line", fault.line == 0 ? json(nullptr) : json(fault.line)},
            {"column", fault.column.empty() ? json(nullptr) : json(fault.column)},
            {"found", fault.found},
            {"expected", fault.expected},
            {"fix", fault.fix}};
}

data::LabelTable rows_in_use(const data::LabelTable& table) {
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (table.roles[i] != SplitRole::unused) {
            rows.push_back(i);
        }
    }
    return data::select_rows(table, rows);
}

json views_of(const data::LabelTable& table) {
    json views = json::object();
    for (const data::View view : data::all_views) {
        if (const auto count = std::ranges::count(table.views, view); count > 0) {
            views[std::string(to_string(view))] = count;
        }
    }
    return views;
}

json labels_of(const std::vector<std::string>& names, const std::vector<data::LabelCount>& counts) {
    json labels = json::array();
    for (std::size_t i = 0; i < names.size(); ++i) {
        labels.push_back({{"name", names[i]},
                          {"positive", counts[i].positive},
                          {"negative", counts[i].negative},
                          {"missing", counts[i].missing},
                          {"blank", counts[i].missing - counts[i].uncertain},
                          {"uncertain", counts[i].uncertain}});
    }
    return labels;
}

/// null where a list is absent and left the split empty.
json split_count(const data::LabelTable& table, SplitRole role) {
    const std::size_t count = count_role(table, role);
    return count == 0 && !table.absent.empty() ? json(nullptr) : json(count);
}

json published_entries(const std::vector<data::PublishedCount>& published) {
    json entries = json::array();
    for (const data::PublishedCount& count : published) {
        entries.push_back({{"part", count.part},
                           {"what", count.what},
                           {"name", count.name.empty() ? json(nullptr) : json(count.name)},
                           {"published", count.published},
                           {"found", count.found ? json(*count.found) : json(nullptr)},
                           {"agrees", count.found ? json(count.agrees()) : json(nullptr)},
                           {"origin", count.origin}});
    }
    return entries;
}

json absent_entries(const data::LabelTable& table) {
    json faults = json::array();
    for (const data::AbsentFile& file : table.absent) {
        faults.push_back(fault_entry({.file = file.path,
                                      .line = 0,
                                      .column = {},
                                      .found = "no such file: " + file.consequence,
                                      .expected = "the published list",
                                      .fix = "put it into the folder of the main table"}));
    }
    return faults;
}

/// Of one split of an opened set.
void add_labels(const data::Labels& labels, std::vector<data::LabelCount>& counts) {
    for (std::size_t i = 0; i < labels.matrix.size(); ++i) {
        data::LabelCount& count = counts[i % counts.size()];
        const float value = labels.matrix[i];
        ++(std::isnan(value) ? count.missing : value == 1.0F ? count.positive : count.negative);
    }
    for (const std::int64_t label : labels.classes) {
        for (std::size_t c = 0; c < counts.size(); ++c) {
            ++(static_cast<std::size_t>(label) == c ? counts[c].positive : counts[c].negative);
        }
    }
}

std::string text_of(const json& value) {
    return value.is_null() ? "absent" : value.dump();
}

void print_published(const json& entries) {
    std::size_t agreeing = 0;
    for (const json& entry : entries) {
        agreeing += entry["agrees"] == true ? 1U : 0U;
        if (entry["agrees"] != true) {
            fmt::print("  {} {} {}: published {}, found {}\n", entry["part"].get<std::string>(),
                       entry["what"].get<std::string>(),
                       entry["name"].is_null() ? "" : entry["name"].get<std::string>(),
                       entry["published"].get<std::size_t>(), text_of(entry["found"]));
        }
    }
    if (!entries.empty()) {
        fmt::print("  {} of {} published counts agree\n", agreeing, entries.size());
    }
}

} // namespace

json label_document(const std::string& name, const data::LabelTable& table,
                    const std::vector<data::PublishedCount>& published,
                    const std::vector<std::filesystem::path>& files) {
    const data::LabelTable used = rows_in_use(table);
    json document{
        {"name", name},
        {"images", used.size()},
        {"patients", used.patient_count},
        {"views", views_of(used)},
        {"labels", labels_of(used.label_names, count_labels(used))},
        {"splits",
         {{"train", split_count(used, SplitRole::train)}, {"test", split_count(used, SplitRole::test)}}},
        {"faults", absent_entries(table)},
        {"unused_images", table.size() - used.size()},
        {"masked_rows", count_masked_rows(used)},
        {"leaked_test_images", count_leaked(used)},
        {"published", published_entries(published)},
        {"notes", table.notes},
        {"files", json::array()}};
    for (const std::filesystem::path& file : files) {
        document["files"].push_back({{"file", file.string()}, {"sha256", sha256_hex_of_file(file)}});
    }
    return document;
}

json data_set_document(const std::string& name, const data::DataSet& set) {
    std::vector<data::LabelCount> counts(set.label_names.size());
    add_labels(set.train.labels, counts);
    add_labels(set.test.labels, counts);
    std::set<std::int64_t> patients(set.train.patients.begin(), set.train.patients.end());
    const std::set<std::int64_t> in_train = patients;
    patients.insert(set.test.patients.begin(), set.test.patients.end());
    const auto leaked = std::ranges::count_if(
        set.test.patients, [&in_train](std::int64_t patient) { return in_train.contains(patient); });
    return {{"name", name},
            {"images", set.train.size() + set.test.size()},
            {"patients", patients.empty() ? json(nullptr) : json(patients.size())},
            {"views", json::object()},
            {"labels", labels_of(set.label_names, counts)},
            {"splits", {{"train", set.train.size()}, {"test", set.test.size()}}},
            {"faults", json::array()},
            {"leaked_test_images", leaked},
            {"image", {{"size", set.train.images.size}, {"channels", set.train.images.channels}}}};
}

void add_published_check(json& document, const data::PublishedCheck& check, const data::PublishedPlace& place,
                         const plan::DataSetSpec& spec) {
    document["root"] = place.folder.string();
    document["obtain"] = place.layout.obtain;
    document["licence"] = place.layout.licence;
    document["published_splits"] = {{"train", spec.train_images}, {"test", spec.test_images}};
    document["edition"] = check.edition.empty() ? json(nullptr) : json(check.edition);
    document["notes"] = check.manifest.notes;
    document["image"] = {{"bytes", check.bytes},
                         {"smallest_side", check.smallest_side},
                         {"largest_side", check.largest_side},
                         {"read", check.has_read_everything ? "whole" : "headers"},
                         {"oddities", check.oddities}};
    document["hashes"] = json::array();
    for (const data::HashedFile& file : check.hashes) {
        document["hashes"].push_back({{"file", file.path},
                                      {"published", file.published},
                                      {"found", file.found},
                                      {"agrees", file.agrees()}});
    }
    document["duplicates"] = check.has_read_everything ? json(check.duplicate_count) : json(nullptr);
    document["duplicate_images"] = json::array();
    for (const data::DuplicateImage& twin : check.duplicates) {
        document["duplicate_images"].push_back({{"train", twin.train}, {"test", twin.test}});
    }
    for (const data::LabelFault& fault : check.faults) {
        document["faults"].push_back(fault_entry(fault));
    }
}

json fault_document(const std::string& name, const std::vector<data::LabelFault>& faults) {
    json document{{"name", name},           {"images", nullptr},
                  {"patients", nullptr},    {"views", nullptr},
                  {"labels", nullptr},      {"splits", {{"train", nullptr}, {"test", nullptr}}},
                  {"faults", json::array()}};
    for (const data::LabelFault& fault : faults) {
        document["faults"].push_back(fault_entry(fault));
    }
    return document;
}

namespace {

void print_images(const json& document) {
    const json& image = document["image"];
    fmt::print("  at {}: {} bytes of images, sides {} to {} pixels ({})\n",
               document["root"].get<std::string>(), image["bytes"].get<std::uint64_t>(),
               image["smallest_side"].get<int>(), image["largest_side"].get<int>(),
               image["read"] == "whole" ? "all decoded" : "headers; --images decodes all");
    for (const auto& [part, published] : document["published_splits"].items()) {
        if (document["splits"][part] != published) {
            fmt::print("  {}: {} images, {} published\n", part, text_of(document["splits"][part]),
                       published.get<std::size_t>());
        }
    }
    if (!document["edition"].is_null()) {
        fmt::print("  ANOTHER EDITION: {}\n", document["edition"].get<std::string>());
    }
    for (const auto& [oddity, count] : image["oddities"].items()) {
        fmt::print("  {}: {} images\n", oddity, count.get<std::size_t>());
    }
    for (const json& file : document["hashes"]) {
        fmt::print("  {} {}\n", file["agrees"] == true ? "published hash:" : "ANOTHER HASH:",
                   file["file"].get<std::string>());
    }
    for (const json& twin : document["duplicate_images"]) {
        fmt::print("  DUPLICATE: {} in train is {} in test\n", twin["train"].get<std::string>(),
                   twin["test"].get<std::string>());
    }
    for (const json& note : document["notes"]) {
        fmt::print("  {}\n", note.get<std::string>());
    }
    if (document.contains("manifest")) {
        fmt::print("  manifest: {}\n", document["manifest"].get<std::string>());
    }
}

} // namespace

void print_data_check(const json& document) {
    if (document.contains("members")) {
        for (const json& member : document["members"]) {
            print_data_check(member);
        }
        return;
    }
    fmt::print("{}: {} images", document["name"].get<std::string>(), document["images"].get<std::size_t>());
    if (!document["patients"].is_null()) {
        fmt::print(" of {} patients", document["patients"].get<std::size_t>());
    }
    fmt::print("\n  splits: train {}, test {}\n", text_of(document["splits"]["train"]),
               text_of(document["splits"]["test"]));
    for (const auto& [view, count] : document["views"].items()) {
        fmt::print("  view {:<12}{:>8}\n", view, count.get<std::size_t>());
    }
    fmt::print("  {:<28}{:>9}{:>10}{:>9}{:>11}\n", "label", "positive", "negative", "blank", "uncertain");
    for (const json& label : document["labels"]) {
        fmt::print("  {:<28}{:>9}{:>10}{:>9}{:>11}\n", label["name"].get<std::string>(),
                   label["positive"].get<std::size_t>(), label["negative"].get<std::size_t>(),
                   label["blank"].get<std::size_t>(), label["uncertain"].get<std::size_t>());
    }
    if (document.contains("masked_rows")) {
        fmt::print("  images without any label: {}\n", document["masked_rows"].get<std::size_t>());
    }
    if (const auto leaked = document["leaked_test_images"].get<std::size_t>(); leaked > 0) {
        fmt::print("  LEAK: {} of the {} test images show a patient who is also in train\n", leaked,
                   document["splits"]["test"].get<std::size_t>());
    }
    for (const json& fault : document["faults"]) {
        fmt::print("  {}: {}\n", fault["file"].get<std::string>(), fault["found"].get<std::string>());
    }
    if (document.contains("published_splits")) {
        print_images(document);
    }
    if (document.contains("published")) {
        for (const json& note : document["notes"]) {
            fmt::print("  {}\n", note.get<std::string>());
        }
        print_published(document["published"]);
    }
}

} // namespace suite::app
