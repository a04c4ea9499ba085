// Layouts that keep many images in few files: records of label bytes and planar pixels.
#include <algorithm>

#include <fmt/format.h>

#include "suite/data/on_disk/folder_listing.hpp"
#include "suite/data/on_disk/listing.hpp"

namespace suite::data {
namespace {

constexpr int channels = 3;
constexpr std::int64_t longest_record_file_bytes = std::int64_t{1} << 31; // the published ones have 154 MB

/// Text file with one class name a line; the declared names where the layout has none.
std::vector<std::string> class_names_of(Listing& listing) {
    if (listing.layout.class_names.empty()) {
        return listing.spec.labels;
    }
    const std::string text = listing.read_watched(listing.layout.class_names);
    std::vector<std::string> names;
    for (const ListLine& line :
         lines_of(text, (listing.folder / listing.layout.class_names).string(), listing.faults)) {
        names.emplace_back(line.text);
    }
    if (names.size() != listing.spec.labels.size()) {
        listing.add_fault(listing.layout.class_names, fmt::format("{} class names", names.size()),
                          std::to_string(listing.spec.labels.size()));
    }
    return names;
}

/// One sample for each record of the text.
void add_records(Listing& listing, std::string_view text, std::size_t record_bytes, const std::string& file) {
    const auto label_at = static_cast<std::size_t>(listing.layout.label_bytes - 1);
    const auto container = static_cast<std::int32_t>(listing.manifest.containers.size() - 1);
    std::size_t wrong = 0;
    for (std::size_t at = 0; at + record_bytes <= text.size(); at += record_bytes) {
        const auto label = static_cast<unsigned char>(text[at + label_at]);
        if (label >= listing.spec.labels.size() && wrong++ == 0) {
            listing.add_fault(fmt::format("{}:byte {}", file, at + label_at), fmt::format("label {}", label),
                              fmt::format("labels below {}", listing.spec.labels.size()));
        }
        listing.add_file(fmt::format("record {}", at / record_bytes), label);
        listing.manifest.stamps.back().size_bytes =
            static_cast<std::int64_t>(record_bytes - static_cast<std::size_t>(listing.layout.label_bytes));
        listing.manifest.container_of.push_back(container);
        listing.manifest.offsets.push_back(
            static_cast<std::int64_t>(at + static_cast<std::size_t>(listing.layout.label_bytes)));
    }
    if (wrong > 1) {
        listing.add_fault(file, fmt::format("{} more records with such labels", wrong - 1),
                          "labels in range");
    }
}

void list_record_file(Listing& listing, const std::string& file) {
    const auto side = static_cast<std::size_t>(listing.layout.side);
    const std::size_t record_bytes =
        static_cast<std::size_t>(listing.layout.label_bytes) + channels * side * side;
    listing.manifest.containers.push_back({.path = file, .stamp = stamp_of(listing.folder / file)});
    if (listing.manifest.containers.back().stamp.size_bytes > longest_record_file_bytes) {
        listing.add_fault(file, "a file of more than 2 GiB", "the published file");
        return;
    }
    const std::string text = listing.read_watched(file);
    if (text.empty() || text.size() % record_bytes != 0) {
        listing.add_fault(fmt::format("{}:byte {}", file, text.size() / record_bytes * record_bytes),
                          fmt::format("{} bytes left", text.size() % record_bytes),
                          fmt::format("whole records of {} bytes (the file is cut)", record_bytes));
    }
    add_records(listing, text, record_bytes, file);
}

} // namespace

void list_byte_records(Listing& listing) {
    listing.manifest.raw = {
        .width = listing.layout.side, .height = listing.layout.side, .channels = channels};
    listing.manifest.label_names = class_names_of(listing);
    for (const auto* files : {&listing.layout.train, &listing.layout.test}) {
        for (const std::string& file : *files) {
            list_record_file(listing, file);
        }
        if (files == &listing.layout.train) {
            listing.manifest.train_samples = listing.manifest.size();
        }
    }
}

} // namespace suite::data
