#include "suite/store/manifest_file.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "suite/base/files.hpp"
#include "suite/base/hash.hpp"
#include "suite/base/log.hpp"
#include "suite/store/hdf5_io.hpp"
#include "suite/store/user_block.hpp"

namespace suite::store {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view manifest_kind = "manifest";

struct PlaceRow {
    std::string path;
    std::int64_t size_bytes = 0;
    std::int64_t changed_ns = 0;
};
constexpr std::tuple place_fields{Field{"path", &PlaceRow::path}, Field{"size_bytes", &PlaceRow::size_bytes},
                                  Field{"changed_ns", &PlaceRow::changed_ns}};

void write_places(hid_t file, const std::string& name, const std::vector<plan::WatchedPlace>& places) {
    std::vector<PlaceRow> rows;
    for (const plan::WatchedPlace& place : places) {
        rows.push_back({place.path, place.stamp.size_bytes, place.stamp.changed_ns});
    }
    if (!rows.empty()) {
        write_table(file, name, to_table(std::span<const PlaceRow>(rows), place_fields));
    }
}

std::vector<plan::WatchedPlace> read_places(hid_t file, const std::string& name, std::uint64_t file_bytes) {
    std::vector<plan::WatchedPlace> places;
    if (!has_object(file, name)) {
        return places;
    }
    const Table columns = to_table(std::span<const PlaceRow>(), place_fields);
    for (PlaceRow& row : from_table(read_table(file, name, columns, file_bytes), place_fields)) {
        places.push_back({.path = std::move(row.path),
                          .stamp = {.size_bytes = row.size_bytes, .changed_ns = row.changed_ns}});
    }
    return places;
}

void write_integers(hid_t file, const std::string& name, const std::vector<std::int64_t>& values) {
    if (!values.empty()) {
        const std::array<std::size_t, 1> extents{values.size()};
        write_array(file, name, std::span<const std::int64_t>(values), extents);
    }
}

std::vector<std::int64_t> read_optional_integers(hid_t file, const std::string& name,
                                                 std::uint64_t file_bytes) {
    return has_object(file, name) ? read_integers(file, name, 1, file_bytes).values
                                  : std::vector<std::int64_t>();
}

template<typename Value>
std::vector<std::int64_t> widened(const std::vector<Value>& values) {
    return {values.begin(), values.end()};
}

template<typename Value>
std::vector<Value> narrowed(const std::vector<std::int64_t>& values) {
    std::vector<Value> result;
    result.reserve(values.size());
    for (const std::int64_t value : values) {
        result.push_back(static_cast<Value>(value));
    }
    return result;
}

/// Names hold no line ends: the readers refuse those that do.
std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) {
        text.append(line).append(1, '\n');
    }
    return text;
}

template<typename Take>
void for_each_line(std::string_view text, const Take& take) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        take(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    for_each_line(text, [&lines](std::string_view line) { lines.emplace_back(line); });
    return lines;
}

std::string paths_text(const TextColumn& paths) {
    std::string text;
    for (std::size_t i = 0; i < paths.size(); ++i) {
        text.append(paths[i]).append(1, '\n');
    }
    return text;
}

/// One line a sample.
std::string marks_text(const plan::Manifest& manifest) {
    std::string text;
    const std::size_t width = manifest.label_names.size();
    for (std::size_t at = 0; at < manifest.label_marks.size(); at += width) {
        text.append(manifest.label_marks, at, width).append(1, '\n');
    }
    return text;
}

void write_samples(hid_t file, const plan::Manifest& manifest) {
    create_group(file, "/samples");
    std::vector<std::int64_t> sizes;
    std::vector<std::int64_t> times;
    for (const plan::FileStamp& stamp : manifest.stamps) {
        sizes.push_back(stamp.size_bytes);
        times.push_back(stamp.changed_ns);
    }
    write_text(file, "/samples/path", paths_text(manifest.paths));
    write_integers(file, "/samples/size_bytes", sizes);
    write_integers(file, "/samples/changed_ns", times);
    write_integers(file, "/samples/class", widened(manifest.classes));
    write_integers(file, "/samples/patient", manifest.patients);
    write_integers(file, "/samples/container", widened(manifest.container_of));
    write_integers(file, "/samples/offset", manifest.offsets);
    write_text(file, "/samples/labels", marks_text(manifest));
}

void read_samples(hid_t file, std::uint64_t bytes, plan::Manifest& manifest) {
    for_each_line(read_text(file, "/samples/path", bytes),
                  [&manifest](std::string_view line) { manifest.paths.push_back(line); });
    const auto sizes = read_optional_integers(file, "/samples/size_bytes", bytes);
    const auto times = read_optional_integers(file, "/samples/changed_ns", bytes);
    manifest.stamps.resize(sizes.size());
    for (std::size_t i = 0; i < std::min(sizes.size(), times.size()); ++i) {
        manifest.stamps[i] = {.size_bytes = sizes[i], .changed_ns = times[i]};
    }
    manifest.classes = narrowed<std::int32_t>(read_optional_integers(file, "/samples/class", bytes));
    manifest.patients = read_optional_integers(file, "/samples/patient", bytes);
    manifest.container_of = narrowed<std::int32_t>(read_optional_integers(file, "/samples/container", bytes));
    manifest.offsets = read_optional_integers(file, "/samples/offset", bytes);
    manifest.label_marks = read_text(file, "/samples/labels", bytes);
    std::erase(manifest.label_marks, '\n');
}

/// What single values there are, in this order.
std::vector<std::int64_t> numbers_of(const plan::Manifest& manifest) {
    return {manifest.is_multilabel ? 1 : 0, static_cast<std::int64_t>(manifest.train_samples),
            manifest.raw.width, manifest.raw.height, manifest.raw.channels};
}

void take_numbers(const std::vector<std::int64_t>& numbers, plan::Manifest& manifest) {
    if (numbers.size() == 5) {
        manifest.is_multilabel = numbers[0] != 0;
        manifest.train_samples = static_cast<std::size_t>(numbers[1]);
        manifest.raw = {.width = static_cast<int>(numbers[2]),
                        .height = static_cast<int>(numbers[3]),
                        .channels = static_cast<int>(numbers[4])};
    }
}

bool is_consistent(const plan::Manifest& m) {
    const std::size_t n = m.size();
    const auto fits = [n](std::size_t size) { return size == n || size == 0; };
    const auto in_range = [&m](std::int32_t c) {
        return c >= 0 && static_cast<std::size_t>(c) < m.containers.size();
    };
    return m.stamps.size() == n && m.train_samples <= n && fits(m.patients.size()) &&
           m.classes.size() == (m.is_multilabel ? 0 : n) &&
           m.label_marks.size() == (m.is_multilabel ? n * m.label_names.size() : 0) &&
           m.offsets.size() == (m.containers.empty() ? 0 : n) && m.container_of.size() == m.offsets.size() &&
           std::ranges::all_of(m.container_of, in_range);
}

Error not_ours(const std::string& where, const std::string& found) {
    return {ErrorKind::store, Fault{.where = where,
                                    .found = found,
                                    .expected = "a manifest of this version",
                                    .fix = "remove it; it is written again"}};
}

} // namespace

std::string manifest_to_bytes(const plan::Manifest& manifest) {
    const auto session = hdf5_session();
    Hdf5Image image = build_hdf5_image([&](hid_t file) {
        create_group(file, "/about");
        write_text(file, "/about/data_set", manifest.data_set);
        write_text(file, "/about/reading", manifest.reading);
        write_text(file, "/about/root", manifest.root);
        write_text(file, "/about/labels", joined(manifest.label_names));
        write_text(file, "/about/notes", joined(manifest.notes));
        write_integers(file, "/about/numbers", numbers_of(manifest));
        write_samples(file, manifest);
        write_places(file, "/watched", manifest.watched);
        write_places(file, "/containers", manifest.containers);
    });
    std::string bytes = std::move(image.bytes);
    bytes.resize(image.file_bytes, '\0');
    const UserBlock block{.kind = std::string(manifest_kind),
                          .schema = manifest_schema,
                          .sha256 = sha256_hex(std::string_view(bytes).substr(user_block_bytes))};
    bytes.replace(0, user_block_bytes, to_bytes(block));
    return bytes;
}

plan::Manifest manifest_from_bytes(std::string_view bytes, const std::string& where) {
    if (bytes.size() < user_block_bytes) {
        throw not_ours(where, fmt::format("{} bytes", bytes.size()));
    }
    check_user_block(bytes.substr(0, user_block_bytes), sha256_hex(bytes.substr(user_block_bytes)),
                     manifest_kind, manifest_schema, where, ErrorKind::store);
    const auto session = hdf5_session();
    FileHandle handle = open_hdf5_image(bytes);
    const hid_t file = handle.get();
    plan::Manifest manifest;
    manifest.data_set = read_text(file, "/about/data_set", bytes.size());
    manifest.reading = read_text(file, "/about/reading", bytes.size());
    manifest.root = read_text(file, "/about/root", bytes.size());
    manifest.label_names = lines_of(read_text(file, "/about/labels", bytes.size()));
    manifest.notes = lines_of(read_text(file, "/about/notes", bytes.size()));
    take_numbers(read_optional_integers(file, "/about/numbers", bytes.size()), manifest);
    read_samples(file, bytes.size(), manifest);
    manifest.watched = read_places(file, "/watched", bytes.size());
    manifest.containers = read_places(file, "/containers", bytes.size());
    if (!is_consistent(manifest)) {
        throw not_ours(where, "columns of different lengths");
    }
    return manifest;
}

fs::path manifest_path(const fs::path& folder, const plan::Manifest& identity) {
    const std::string text = fmt::format("{}\n{}\n{}", identity.data_set, identity.reading, identity.root);
    return folder / fmt::format("{}-{}.h5", identity.data_set, sha256_hex(text).substr(0, 16));
}

bool keep_manifest(const fs::path& folder, const plan::Manifest& manifest) {
    try {
        make_folders(folder, ErrorKind::store);
        publish_text(manifest_path(folder, manifest), manifest_to_bytes(manifest), ErrorKind::store);
        return true;
    } catch (const Error& error) {
        log_warning(error.what());
        return false;
    }
}

plan::ManifestCache manifest_cache(fs::path folder) {
    const auto load = [folder](const plan::Manifest& wanted) -> std::optional<plan::Manifest> {
        const fs::path path = manifest_path(folder, wanted);
        std::error_code ignored;
        if (!fs::exists(path, ignored)) {
            return std::nullopt;
        }
        try {
            plan::Manifest kept = manifest_from_bytes(read_file(path, ErrorKind::store), path.string());
            const bool is_wanted = kept.data_set == wanted.data_set && kept.reading == wanted.reading &&
                                   kept.root == wanted.root;
            return is_wanted ? std::optional(std::move(kept)) : std::nullopt;
        } catch (const Error& error) {
            log_warning(error.what());
            return std::nullopt;
        }
    };
    return {.load = load,
            .save = [folder](const plan::Manifest& manifest) { keep_manifest(folder, manifest); }};
}

} // namespace suite::store
