#include "suite/data/on_disk/check.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <numeric>
#include <optional>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "suite/base/csv_records.hpp"
#include "suite/base/files.hpp"
#include "suite/base/hash.hpp"
#include "suite/data/formats/gzip.hpp"
#include "suite/data/image/file.hpp"
#include "suite/data/on_disk/folder_listing.hpp"
#include "suite/data/on_disk/manifest_source.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t most_named_images = 1000;
constexpr std::size_t most_named_duplicates = 100;
constexpr std::size_t header_bytes = std::size_t{1} << 18; // metadata of cameras come before a JPEG's extent
constexpr std::uint64_t small_set_bytes = std::uint64_t{1} << 30; // decoded without being asked to

/// What one sample looked like.
struct Finding {
    plan::FileStamp stamp;
    std::optional<Fault> fault;
    int shorter_side = 0;
    int longer_side = 0;
    ImageNotes notes;
    std::uint64_t digest = 0; ///< first 8 bytes of the SHA-256 of the contents; 0: not read
};

std::uint64_t digest_of(std::span<const std::byte> bytes) {
    Sha256 hash;
    hash.update(bytes);
    const Sha256Digest digest = hash.finish();
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        value = value << 8 | static_cast<std::uint64_t>(digest[i]);
    }
    return value;
}

/// The first bytes of a file, or all; the errors of the system go to `fault`.
std::vector<std::byte> head_of(const fs::path& path, std::size_t most, std::optional<Fault>& fault) {
    const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::vector<std::byte> bytes(most);
    const ssize_t got = file.valid() ? pread(file.get(), bytes.data(), bytes.size(), 0) : -1;
    if (got < 0) {
        fault = file_fault(path, errno);
    }
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return bytes;
}

class Inspector {
public:
    Inspector(const plan::Manifest& manifest, const ImageSource& source, bool decodes)
        : manifest_(manifest), source_(source), decodes_(decodes) {}

    void inspect(std::size_t row, Finding& finding) {
        finding.stamp = manifest_.stamps[row];
        const bool is_file = manifest_.containers.empty();
        const fs::path path = fs::path(manifest_.root) / manifest_.paths[row];
        if (is_file) {
            finding.stamp = stamp_of(path);
        }
        if (!finding.stamp.is_known()) {
            finding.fault = file_fault(path, errno); // of stamp_of
            return;
        }
        if (finding.stamp.size_bytes == 0) {
            finding.fault = {.where = is_file ? path.string() : source_.name(row),
                             .found = "an empty file",
                             .expected = "an image",
                             .fix = "obtain it again"};
            return;
        }
        try {
            if (decodes_ || !is_file) {
                inspect_whole(row, finding);
            } else {
                inspect_head(path, finding);
            }
        } catch (const Error& error) {
            finding.fault = error.faults().front();
        }
    }

private:
    void inspect_whole(std::size_t row, Finding& finding) {
        source_.read(row, bytes_);
        finding.digest = decodes_ ? digest_of(bytes_) : 0;
        if (source_.raw_extent().width > 0) {
            take_extent(source_.raw_extent().width, source_.raw_extent().height, finding);
        } else if (decodes_) {
            decode_image(bytes_, source_.name(row), {}, image_);
            take_extent(image_.width, image_.height, finding);
            finding.notes = image_.notes;
        } else {
            const ImageInfo info = probe_image(bytes_, source_.name(row));
            take_extent(info.width, info.height, finding);
            finding.notes.is_grayscale = info.channels == 1;
        }
    }

    void inspect_head(const fs::path& path, Finding& finding) {
        const auto size = static_cast<std::size_t>(finding.stamp.size_bytes);
        const std::vector<std::byte> head = head_of(path, std::min(size, header_bytes), finding.fault);
        if (finding.fault) {
            return;
        }
        const ImageInfo info = probe_image(head, path.string());
        take_extent(info.width, info.height, finding);
        finding.notes.is_grayscale = info.channels == 1;
    }

    static void take_extent(int width, int height, Finding& finding) {
        finding.shorter_side = std::min(width, height);
        finding.longer_side = std::max(width, height);
    }

    const plan::Manifest& manifest_;
    const ImageSource& source_;
    bool decodes_;
    std::vector<std::byte> bytes_;
    DecodedImage image_;
};

/// Looks at all rows, `threads` at a time; says how far it is about every two seconds.
std::vector<Finding> inspect_all(const plan::Manifest& manifest, const ImageSource& source, bool decodes,
                                 const CheckDepth& depth) {
    std::vector<Finding> findings(manifest.size());
    std::atomic<std::size_t> next{0};
    std::atomic<std::size_t> done{0};
    std::mutex mutex;
    std::condition_variable all_done;
    const std::size_t cores = std::max<std::size_t>(1, std::thread::hardware_concurrency());
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < std::min(cores, findings.size()); ++i) {
        threads.emplace_back([&] {
            Inspector inspector(manifest, source, decodes);
            for (std::size_t row = next++; row < findings.size(); row = next++) {
                inspector.inspect(row, findings[row]);
                if (++done == findings.size()) {
                    const std::scoped_lock lock(mutex);
                    all_done.notify_one();
                }
            }
        });
    }
    std::unique_lock lock(mutex);
    const auto is_done = [&] { return done == findings.size(); };
    while (!all_done.wait_for(lock, std::chrono::seconds(2), is_done)) {
        if (depth.progress) {
            depth.progress(done, findings.size());
        }
    }
    return findings;
}

std::string found_hash(const fs::path& path, const std::string& published) {
    return published.starts_with("md5:") ? "md5:" + md5_hex_of_file(path)
                                         : "sha256:" + sha256_hex_of_file(path);
}

void check_hashes(const PublishedPlace& place, PublishedCheck& check) {
    for (const auto& [file, published] : place.layout.hashes) {
        for (const fs::path& folder : {place.folder, place.folder.parent_path()}) {
            std::error_code ignored;
            if (!fs::is_regular_file(folder / file, ignored)) {
                continue;
            }
            check.hashes.push_back({.path = (folder / file).string(),
                                    .published = published,
                                    .found = found_hash(folder / file, published)});
            break;
        }
    }
}

void count_oddities(const ImageNotes& notes, std::map<std::string, std::size_t>& oddities) {
    const auto count = [&oddities](bool is_so, const char* name) {
        if (is_so) {
            ++oddities[name];
        }
    };
    count(notes.is_grayscale, "grayscale");
    count(notes.is_cmyk_converted, "CMYK");
    count(notes.has_dropped_alpha, "alpha left out");
    count(notes.has_wrong_extension, "another format than the name says");
    count(notes.has_broken_exif, "broken EXIF");
    count(notes.has_missing_end, "no end marker");
    count(notes.has_extraneous_bytes, "bytes between markers");
    count(notes.ends_early, "data that end early (the rest is grey)");
    count(notes.exif_orientation != 1, "EXIF orientation (not applied)");
}

void take_findings(const std::vector<Finding>& findings, const PublishedPlace& place, PublishedCheck& check) {
    std::size_t faulty = 0;
    std::unordered_set<std::string> known; // the lists' own check may have missed the file already
    for (const LabelFault& fault : check.faults) {
        known.insert(fault.file);
    }
    for (std::size_t row = 0; row < findings.size(); ++row) {
        const Finding& finding = findings[row];
        check.manifest.stamps[row] = finding.stamp;
        check.bytes += finding.stamp.is_known() ? static_cast<std::uint64_t>(finding.stamp.size_bytes) : 0;
        if (!finding.fault) {
            const int shorter = finding.shorter_side;
            check.smallest_side = check.smallest_side == 0 ? shorter : std::min(check.smallest_side, shorter);
            check.largest_side = std::max(check.largest_side, finding.longer_side);
            count_oddities(finding.notes, check.oddities);
        } else if (known.insert(finding.fault->where).second && ++faulty <= most_named_images) {
            const Fault& fault = *finding.fault;
            check.faults.push_back({.file = fault.where,
                                    .line = 0,
                                    .column = {},
                                    .found = fault.found,
                                    .expected = fault.expected,
                                    .fix = fmt::format("obtain it from {}", place.layout.obtain)});
        }
    }
    if (faulty > most_named_images) {
        check.faults.push_back({.file = place.folder.string(),
                                .line = 0,
                                .column = {},
                                .found = fmt::format("{} more such images", faulty - most_named_images),
                                .expected = "readable images",
                                .fix = fmt::format("obtain the data set from {}", place.layout.obtain)});
    }
}

void find_duplicates(const std::vector<Finding>& findings, const ImageSource& source, PublishedCheck& check) {
    std::unordered_map<std::uint64_t, std::size_t> train;
    for (std::size_t row = 0; row < findings.size(); ++row) {
        const std::uint64_t digest = findings[row].digest;
        if (row < check.manifest.train_samples) {
            train.try_emplace(digest, row);
            continue;
        }
        const auto twin = digest == 0 ? train.end() : train.find(digest);
        if (twin != train.end() && ++check.duplicate_count <= most_named_duplicates) {
            check.duplicates.push_back({.train = source.name(twin->second), .test = source.name(row)});
        }
    }
}

/// Small sets are decoded without being asked to: their images may be damaged, or stand in both parts.
bool is_small(const plan::Manifest& manifest) {
    std::uint64_t bytes = 0;
    for (std::size_t row = 0; row < manifest.size(); ++row) {
        const plan::FileStamp stamp = manifest.containers.empty()
                                          ? stamp_of(fs::path(manifest.root) / manifest.paths[row])
                                          : manifest.stamps[row];
        bytes += stamp.is_known() ? static_cast<std::uint64_t>(stamp.size_bytes) : 0;
        if (bytes > small_set_bytes) {
            return false;
        }
    }
    return true;
}

/// Column names of the first table that the manifest watches; none where there is no table.
std::vector<std::string> table_columns(const plan::Manifest& manifest) {
    constexpr std::size_t most_header_bytes = std::size_t{1} << 16;
    if (manifest.watched.empty() || manifest.watched.front().path.find(".csv") == std::string::npos) {
        return {};
    }
    std::optional<Fault> unread;
    const std::vector<std::byte> head =
        head_of(fs::path(manifest.root) / manifest.watched.front().path, most_header_bytes, unread);
    std::string text(reinterpret_cast<const char*>(head.data()), head.size());
    if (text.starts_with("\x1f\x8b")) { // only its beginning: the fault at its cut end says nothing
        FaultList cut;
        text = gunzip(text, "", most_header_bytes, cut);
    }
    CsvRecords records(source_of(text));
    CsvRecord record;
    return records.next(record) ? std::vector<std::string>(record.fields.begin(), record.fields.end())
                                : std::vector<std::string>();
}

/// Title of the declared other edition that has these parts and columns.
std::string edition_of(const plan::LayoutSpec& layout, const plan::Manifest& manifest) {
    const std::vector<std::string> columns = table_columns(manifest);
    const std::size_t test = manifest.size() - manifest.train_samples;
    for (const plan::EditionSpec& edition : layout.editions) {
        const bool has_columns = std::ranges::all_of(edition.columns, [&columns](const std::string& name) {
            return std::ranges::find(columns, name) != columns.end();
        });
        if (has_columns && (edition.train_images == 0 || edition.train_images == manifest.train_samples) &&
            (edition.test_images == 0 || edition.test_images == test)) {
            return edition.title;
        }
    }
    return {};
}

} // namespace

PublishedCheck check_published(const plan::DataSetSpec& spec, const PublishedPlace& place,
                               const fs::path& workloads, const CheckDepth& depth) {
    PublishedCheck check;
    LabelFaults faults;
    check.manifest = list_published(spec, place, workloads, faults);
    check.faults = faults.all();
    check_hashes(place, check);
    check.edition = edition_of(place.layout, check.manifest);
    // A manifest of its own: its stamps are of the moment, so that only reads compare with them.
    const auto listed = std::make_shared<const plan::Manifest>(check.manifest);
    std::vector<std::uint32_t> rows(listed->size());
    std::iota(rows.begin(), rows.end(), 0U);
    const auto source = open_source(listed, std::move(rows));
    check.has_read_everything = depth.decodes || is_small(*listed);
    const std::vector<Finding> findings = inspect_all(*listed, *source, check.has_read_everything, depth);
    take_findings(findings, place, check);
    if (check.has_read_everything) {
        find_duplicates(findings, *source, check);
    }
    return check;
}

} // namespace suite::data
