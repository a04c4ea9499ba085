// Packed data sets: tar shards of the WebDataset convention. A sample is the run of members whose names agree
// up to the first dot after the last slash: KEY.jpg (or .jpeg, .png), and KEY.cls (a class number) or
// KEY.json
// ({"labels": [0, 1, null, …], "patient": N}).
#include <algorithm>
#include <charconv>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "suite/base/files.hpp"
#include "suite/data/folder_listing.hpp"
#include "suite/data/published_listing.hpp"
#include "suite/data/tar_index.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t longest_label_bytes = 4096;

/// "a/b.c.jpg" -> "a/b" and "c.jpg".
std::pair<std::string_view, std::string_view> key_and_ending(std::string_view name) {
    const std::size_t slash = name.rfind('/');
    const std::size_t dot = name.find('.', slash == std::string_view::npos ? 0 : slash + 1);
    return {name.substr(0, dot), dot == std::string_view::npos ? "" : name.substr(dot + 1)};
}

/// Members of one key.
struct Sample {
    std::string_view key;
    const TarMember* image = nullptr;
    const TarMember* label = nullptr;
    std::size_t strangers = 0;
};

struct SampleLabel {
    std::int64_t class_index = -1;
    std::string marks;
    std::int64_t patient = -1;
};

class ShardReader {
public:
    ShardReader(Listing& listing, std::string path)
        : listing_(listing),
          path_(std::move(path)),
          file_(open((listing.folder / path_).c_str(), O_RDONLY | O_CLOEXEC)) {}

    void list() {
        listing_.manifest.containers.push_back({.path = path_, .stamp = stamp_of(listing_.folder / path_)});
        listing_.watch(path_);
        FaultList faults;
        const std::vector<TarMember> members = index_tar_file(listing_.folder / path_, faults);
        listing_.add_faults(faults);
        Sample sample;
        for (const TarMember& member : members) {
            const auto [key, ending] = key_and_ending(member.name);
            if (key != sample.key) {
                finish(sample);
                sample = {.key = key};
            }
            take_member(sample, member, ending);
        }
        finish(sample);
    }

private:
    void fault(std::string_view member, std::string found, std::string expected) {
        listing_.faults.add({.file = (listing_.folder / path_).string() + ":" + std::string(member),
                             .line = 0,
                             .column = {},
                             .found = std::move(found),
                             .expected = std::move(expected),
                             .fix = "pack the data set again"});
    }

    void take_member(Sample& sample, const TarMember& member, std::string_view ending) {
        if (has_image_name(member.name)) {
            if (sample.image != nullptr) {
                fault(member.name, "a second image of this key", "one image a key");
            }
            sample.image = &member;
        } else if (ending == "cls" || ending == "json") {
            sample.label = &member;
        } else {
            ++sample.strangers;
        }
    }

    void finish(const Sample& sample) {
        if (sample.key.empty() || (sample.image == nullptr && sample.label == nullptr)) {
            return;
        }
        if (sample.image == nullptr || sample.label == nullptr) {
            fault(sample.key,
                  sample.image == nullptr ? "a label without an image" : "an image without a label",
                  "KEY.jpg or KEY.png beside KEY.cls or KEY.json, one after the other");
            return;
        }
        if (const auto label = label_of(*sample.label)) {
            add(*sample.image, *label);
        }
    }

    std::optional<SampleLabel> label_of(const TarMember& member) {
        if (member.size > longest_label_bytes) {
            fault(member.name, fmt::format("{} bytes", member.size), "a label of 4,096 bytes at most");
            return std::nullopt;
        }
        std::string text(member.size, '\0');
        if (pread(file_.get(), text.data(), text.size(), static_cast<off_t>(member.offset)) !=
            static_cast<ssize_t>(text.size())) {
            fault(member.name, "a label that cannot be read", "the file as it was indexed");
            return std::nullopt;
        }
        SampleLabel label;
        const std::string found =
            member.name.ends_with(".json") ? take_json(text, label) : take_class(text, label);
        if (!found.empty()) {
            fault(member.name, found, expected_label());
            return std::nullopt;
        }
        return label;
    }

    [[nodiscard]] std::string expected_label() const {
        return listing_.manifest.is_multilabel
                   ? fmt::format("{{\"labels\": [{} of 0, 1, null]}}", listing_.spec.labels.size())
                   : fmt::format("a class from 0 to {}", listing_.spec.labels.size() - 1);
    }

    std::string take_class(std::string_view text, SampleLabel& label) const {
        while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
            text.remove_suffix(1);
        }
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), label.class_index);
        if (listing_.manifest.is_multilabel || error != std::errc{} || end != text.data() + text.size()) {
            return "another label";
        }
        return check_class(label);
    }

    std::string check_class(const SampleLabel& label) const {
        return label.class_index < 0 ||
                       label.class_index >= static_cast<std::int64_t>(listing_.spec.labels.size())
                   ? fmt::format("class {}", label.class_index)
                   : "";
    }

    std::string take_json(const std::string& text, SampleLabel& label) const {
        const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
        if (!json.is_object()) {
            return "no JSON object";
        }
        const auto patient = json.find("patient");
        if (patient != json.end() && patient->is_number_unsigned()) {
            label.patient = patient->get<std::int64_t>();
        }
        if (!listing_.manifest.is_multilabel) {
            const auto value = json.find("class");
            label.class_index =
                value != json.end() && value->is_number_integer() ? value->get<std::int64_t>() : -1;
            return check_class(label);
        }
        const auto labels = json.find("labels");
        if (labels == json.end() || !labels->is_array() || labels->size() != listing_.spec.labels.size()) {
            return "other labels";
        }
        for (const auto& value : *labels) {
            label.marks += value.is_null() ? '-' : value == 0 ? '0' : value == 1 ? '1' : '?';
        }
        return label.marks.find('?') == std::string::npos ? "" : "a label value";
    }

    void add(const TarMember& image, const SampleLabel& label) {
        plan::Manifest& manifest = listing_.manifest;
        manifest.paths.push_back(image.name);
        manifest.stamps.push_back({.size_bytes = static_cast<std::int64_t>(image.size), .changed_ns = 0});
        manifest.container_of.push_back(static_cast<std::int32_t>(manifest.containers.size() - 1));
        manifest.offsets.push_back(static_cast<std::int64_t>(image.offset));
        manifest.patients.push_back(label.patient);
        if (manifest.is_multilabel) {
            manifest.label_marks += label.marks;
        } else {
            manifest.classes.push_back(static_cast<std::int32_t>(label.class_index));
        }
    }

    Listing& listing_;
    std::string path_;
    UniqueFd file_;
};

std::vector<std::string> shards_in(const fs::path& folder, FaultList& faults) {
    std::vector<std::string> shards = list_folder(folder, faults).files;
    std::erase_if(shards, [](const std::string& name) { return !name.ends_with(".tar"); });
    return shards;
}

void list_part(Listing& listing, const std::string& part) {
    FaultList faults;
    listing.watch(part);
    for (const std::string& shard : shards_in(listing.folder / part, faults)) {
        ShardReader(listing, part + "/" + shard).list();
    }
    listing.add_faults(faults);
}

/// Names that `data pack` wrote beside the shards; the declared ones where there are none.
std::vector<std::string> packed_names(Listing& listing) {
    std::error_code ignored;
    if (!fs::exists(listing.folder / "labels.txt", ignored)) {
        return listing.spec.labels;
    }
    const std::string text = listing.read_watched("labels.txt");
    std::vector<std::string> names;
    for (const ListLine& line : lines_of(text, (listing.folder / "labels.txt").string(), listing.faults)) {
        names.emplace_back(line.text);
    }
    if (names.size() > listing.spec.labels.size() ||
        (listing.manifest.is_multilabel && names != listing.spec.labels)) {
        listing.add_fault("labels.txt", fmt::format("{} other names", names.size()), "the data set's labels");
    }
    return names;
}

} // namespace

bool has_shards(const fs::path& folder) {
    std::error_code ignored;
    FaultList unheard;
    return fs::is_directory(folder / "train", ignored) && !shards_in(folder / "train", unheard).empty();
}

void list_shards(Listing& listing) {
    listing.manifest.is_multilabel = listing.spec.task == plan::Task::multilabel;
    listing.manifest.label_names = packed_names(listing);
    list_part(listing, "train");
    listing.manifest.train_samples = listing.manifest.size();
    const std::string test = existing_alternative(listing.folder, "test|val");
    if (!test.empty()) {
        list_part(listing, test);
    } else if (listing.spec.test_images > 0) {
        listing.add_fault("test", "no such folder", "the shards of the test part");
    }
    if (std::ranges::all_of(listing.manifest.patients, [](std::int64_t patient) { return patient < 0; })) {
        listing.manifest.patients.clear();
    }
}

} // namespace suite::data
