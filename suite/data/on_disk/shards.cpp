// Packed data sets: tar shards of the WebDataset convention. A sample is the run of members whose names agree
// up to the first dot after the last slash, in any order: KEY.jpg (or .jpeg, .png), and KEY.cls (a class
// number) or KEY.json ({"labels": [0, 1, null, …], "class": N, "patient": N}). Where a set of classes has
// KEY.cls it counts, and KEY.json is metadata of whoever packed the set.
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "suite/base/files.hpp"
#include "suite/data/formats/tar_index.hpp"
#include "suite/data/on_disk/folder_listing.hpp"
#include "suite/data/on_disk/listing.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t longest_label_bytes = 4096;
constexpr std::size_t most_faults_per_shard = 20;
// What the parts are called, as folders or in names of shards; the first that is there counts.
constexpr std::array<std::string_view, 1> train_words{"train"};
constexpr std::array<std::string_view, 3> test_words{"test", "val", "validation"};

/// "a/b.c.jpg" -> "a/b" and "c.jpg".
std::pair<std::string_view, std::string_view> key_and_ending(std::string_view name) {
    const std::size_t slash = name.rfind('/');
    const std::size_t dot = name.find('.', slash == std::string_view::npos ? 0 : slash + 1);
    return {name.substr(0, dot), dot == std::string_view::npos ? "" : name.substr(dot + 1)};
}

/// What macOS adds to archives: "._KEY.jpg".
bool is_hidden(std::string_view name) {
    return name.substr(name.rfind('/') + 1).starts_with('.'); // npos + 1 is 0
}

/// Members of one key.
struct Sample {
    std::string_view key;
    const TarMember* image = nullptr;
    const TarMember* class_number = nullptr; ///< KEY.cls
    const TarMember* json = nullptr;
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
        Sample sample;
        const std::vector<TarMember> members = listing_.open_container(path_);
        for (const TarMember& member : members) {
            if (is_hidden(member.name)) {
                continue;
            }
            const auto [key, ending] = key_and_ending(member.name);
            if (key != sample.key) {
                finish(sample);
                sample = {.key = key};
            }
            take_member(sample, member, ending);
        }
        finish(sample);
        if (faults_ > most_faults_per_shard) {
            add_fault("", fmt::format("{} more such members", faults_ - most_faults_per_shard),
                      "samples as above");
        }
    }

private:
    void fault(std::string_view member, std::string found, std::string expected) {
        if (++faults_ <= most_faults_per_shard) {
            add_fault(member, std::move(found), std::move(expected));
        }
    }

    void add_fault(std::string_view member, std::string found, std::string expected) {
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
        } else if (ending == "cls") {
            sample.class_number = &member;
        } else if (ending == "json") {
            sample.json = &member;
        }
    }

    /// The member that says what the image shows.
    [[nodiscard]] const TarMember* label_member(const Sample& sample) const {
        const bool has_number = sample.class_number != nullptr && !listing_.manifest.is_multilabel;
        return has_number || sample.json == nullptr ? sample.class_number : sample.json;
    }

    void finish(const Sample& sample) {
        const TarMember* const member = label_member(sample);
        if (sample.key.empty() || (sample.image == nullptr && member == nullptr)) {
            return;
        }
        if (sample.image == nullptr || member == nullptr) {
            fault(sample.key,
                  sample.image == nullptr ? "a label without an image" : "an image without a label",
                  "KEY.jpg or KEY.png beside KEY.cls or KEY.json, one after the other");
            return;
        }
        if (const auto label = label_of(*member)) {
            listing_.add_member(*sample.image, static_cast<std::int32_t>(label->class_index));
            listing_.manifest.label_marks += label->marks;
            listing_.manifest.patients.push_back(label->patient);
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
                   : fmt::format("a class from 0 to {}, as KEY.cls or as {{\"class\": …}} in KEY.json",
                                 listing_.spec.labels.size() - 1);
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
            if (value == json.end() || !value->is_number_integer()) {
                return value == json.end() ? "JSON without a class" : "class " + value->dump();
            }
            label.class_index = value->get<std::int64_t>();
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

    Listing& listing_;
    std::string path_;
    UniqueFd file_;
    std::size_t faults_ = 0;
};

bool has_digits_alone(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// Whether a shard's name says its part and number: "imagenet1k-validation-0003.tar".
bool is_shard_of(std::string_view name, std::string_view word) {
    bool has_word = false;
    bool has_number = false;
    while (!name.empty()) {
        const std::size_t end = std::min(name.find_first_of("-_."), name.size());
        has_word |= name.substr(0, end) == word;
        has_number |= has_digits_alone(name.substr(0, end));
        name.remove_prefix(std::min(end + 1, name.size()));
    }
    return has_word && has_number;
}

/// Whether the archive holds archives, as the outer tar of a release does.
bool holds_archives(const fs::path& path) {
    std::array<char, tar_block_bytes> block{};
    const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const bool is_read = file.valid() && pread(file.get(), block.data(), block.size(), 0) > 0;
    const std::string_view name(block.data(), 100); // ustar: the first member's name
    return is_read && name.substr(0, std::min(name.find('\0'), name.size())).ends_with(".tar");
}

/// Shards in the folder of a part. Class folders beside them are the data set then, and tars left-overs.
std::vector<std::string> shards_in(const fs::path& folder, FaultList& faults) {
    FolderListing found = list_folder(folder, faults);
    std::erase_if(found.files, [&folder](const std::string& name) {
        return !name.ends_with(".tar") || is_class_tar(name) || holds_archives(folder / name);
    });
    return found.folders.empty() ? std::move(found.files) : std::vector<std::string>();
}

/// Shards of a part that lie in the set's own folder. One that holds images as well is not looked through.
std::vector<std::string> flat_shards(const fs::path& folder, std::string_view word) {
    std::vector<std::string> shards;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (has_image_name(name)) {
            return {};
        }
        if (name.ends_with(".tar") && is_shard_of(name.substr(0, name.size() - 4), word)) {
            shards.push_back(name);
        }
    }
    std::ranges::sort(shards);
    return shards;
}

/// Paths below the set's folder of a part's shards: in a folder of the part's name, or beside each other.
std::vector<std::string> shards_of(const fs::path& folder, std::span<const std::string_view> words,
                                   FaultList& faults) {
    for (const std::string_view word : words) {
        std::error_code ignored;
        std::vector<std::string> shards;
        if (fs::is_directory(folder / word, ignored)) {
            shards = shards_in(folder / word, faults);
            std::ranges::for_each(shards,
                                  [word](std::string& name) { name = fmt::format("{}/{}", word, name); });
        } else {
            shards = flat_shards(folder, word);
        }
        if (!shards.empty()) {
            return shards;
        }
    }
    return {};
}

/// Says whether there are any.
bool list_part(Listing& listing, std::span<const std::string_view> words) {
    FaultList faults;
    const std::vector<std::string> shards = shards_of(listing.folder, words, faults);
    listing.add_faults(faults);
    if (!shards.empty()) {
        const fs::path folder = fs::path(shards.front()).parent_path();
        listing.watch(folder.empty() ? "." : folder.string());
    }
    for (const std::string& shard : shards) {
        ShardReader(listing, shard).list();
    }
    return !shards.empty();
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

bool is_class_tar(std::string_view name) noexcept {
    constexpr std::size_t digits = 8; // of a WordNet offset
    return name.size() == digits + 5 && name.front() == 'n' && has_digits_alone(name.substr(1, digits)) &&
           name.ends_with(".tar");
}

bool has_shards(const fs::path& folder) {
    FaultList unheard;
    return !shards_of(folder, train_words, unheard).empty();
}

bool has_test_shards(const fs::path& folder) {
    FaultList unheard;
    return !shards_of(folder, test_words, unheard).empty();
}

void list_shards(Listing& listing) {
    listing.manifest.is_multilabel = listing.spec.task == plan::Task::multilabel;
    listing.manifest.label_names = packed_names(listing);
    static_cast<void>(list_part(listing, train_words));
    listing.manifest.train_samples = listing.manifest.size();
    if (!list_part(listing, test_words) && listing.spec.test_images > 0) {
        listing.add_fault(".", "no shards of a test part", std::string(expected_test_shards));
    }
    if (std::ranges::all_of(listing.manifest.patients, [](std::int64_t patient) { return patient < 0; })) {
        listing.manifest.patients.clear();
    }
}

} // namespace suite::data
