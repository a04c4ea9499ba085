#include "suite/data/on_disk/shard_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <optional>
#include <string>

#include <fcntl.h>
#include <png.h>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "suite/base/error.hpp"
#include "suite/base/files.hpp"
#include "suite/data/formats/tar_index.hpp"
#include "suite/data/on_disk/manifest_source.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;

std::string_view text_of(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::uint64_t padded(std::uint64_t bytes) {
    return (bytes + tar_block_bytes - 1) / tar_block_bytes * tar_block_bytes;
}

/// Planes as a PNG file.
std::string png_of(const std::vector<std::byte>& planes, const RawExtent& extent) {
    const auto plane = static_cast<std::size_t>(extent.width) * static_cast<std::size_t>(extent.height);
    const auto channels = static_cast<std::size_t>(extent.channels);
    std::vector<std::byte> pixels(planes.size());
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        pixels[i] = planes[i % channels * plane + i / channels];
    }
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(extent.width);
    image.height = static_cast<png_uint_32>(extent.height);
    image.format = extent.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    std::string bytes(size, '\0');
    if (png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr) == 0) {
        throw Error(ErrorKind::environment, Fault{.where = "packing",
                                                  .found = image.message,
                                                  .expected = "a PNG in memory",
                                                  .fix = "check the installed libpng"});
    }
    bytes.resize(size);
    return bytes;
}

/// Shards of one part, each a temporary file until it is whole.
class ShardWriter {
public:
    ShardWriter(fs::path folder, std::string stem, std::uint64_t shard_bytes)
        : folder_(std::move(folder)), stem_(std::move(stem)), shard_bytes_(shard_bytes) {
        make_folders(folder_, ErrorKind::environment);
    }
    ~ShardWriter() {
        if (file_.valid()) { // something was thrown: no half shard stays
            std::error_code ignored;
            fs::remove(temporary_, ignored);
        }
    }
    ShardWriter(const ShardWriter&) = delete;
    ShardWriter& operator=(const ShardWriter&) = delete;

    void add(const std::string& key, std::string_view image, std::string_view image_ending,
             std::string_view label, std::string_view label_ending) {
        const std::uint64_t needed = 2 * tar_block_bytes + padded(image.size()) + padded(label.size());
        if (file_.valid() && shard_.bytes + needed > shard_bytes_) {
            finish();
        }
        if (!file_.valid()) {
            begin();
        }
        write_member(fmt::format("{}.{}", key, image_ending), image);
        write_member(fmt::format("{}.{}", key, label_ending), label);
        ++shard_.images;
    }

    std::vector<PackedShard> finish_all() {
        if (file_.valid()) {
            finish();
        }
        return std::move(shards_);
    }

private:
    void begin() {
        shard_ = {
            .path = folder_ / fmt::format("{}-{:06}.tar", stem_, shards_.size()), .images = 0, .bytes = 0};
        temporary_ = temporary_name(shard_.path);
        file_ = UniqueFd(open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
        if (!file_.valid()) {
            throw errno_error(ErrorKind::environment, temporary_, "creating", errno);
        }
    }

    void write(std::string_view bytes) {
        write_all(file_.get(), bytes, temporary_, ErrorKind::environment);
        shard_.bytes += bytes.size();
    }

    void write_member(const std::string& name, std::string_view bytes) {
        write(tar_header(name, bytes.size()));
        write(bytes);
        write(std::string(padded(bytes.size()) - bytes.size(), '\0'));
    }

    void finish() {
        write(std::string(2 * tar_block_bytes, '\0')); // the end mark
        if (const int error = file_.close(); error != 0) {
            throw errno_error(ErrorKind::environment, temporary_, "closing", error);
        }
        publish_file(temporary_, shard_.path, ErrorKind::environment);
        shards_.push_back(shard_);
    }

    fs::path folder_;
    std::string stem_;
    std::uint64_t shard_bytes_;
    UniqueFd file_;
    fs::path temporary_;
    PackedShard shard_;
    std::vector<PackedShard> shards_;
};

struct LabelMember {
    std::string text;
    std::string_view ending;
};

LabelMember label_member(const plan::Manifest& manifest, std::size_t row) {
    if (!manifest.is_multilabel && manifest.patients.empty()) {
        return {.text = std::to_string(manifest.classes[row]), .ending = "cls"};
    }
    nlohmann::ordered_json json;
    if (manifest.is_multilabel) {
        const std::size_t width = manifest.label_names.size();
        json["labels"] = nlohmann::ordered_json::array();
        for (const char mark : manifest.label_marks.substr(row * width, width)) {
            json["labels"].push_back(mark == '-' ? nlohmann::ordered_json(nullptr)
                                                 : nlohmann::ordered_json(mark - '0'));
        }
    } else {
        json["class"] = manifest.classes[row];
    }
    if (!manifest.patients.empty() && manifest.patients[row] >= 0) {
        json["patient"] = static_cast<std::uint64_t>(manifest.patients[row]);
    }
    return {.text = json.dump(), .ending = "json"};
}

[[noreturn]] void refuse(const fs::path& path, std::string found, std::string expected) {
    throw Error(ErrorKind::usage, Fault{.where = "--out " + path.string(),
                                        .found = std::move(found),
                                        .expected = std::move(expected),
                                        .fix = "name another folder"});
}

void check_target(const plan::Manifest& manifest, const fs::path& target) {
    std::error_code ignored;
    const fs::path absolute = fs::weakly_canonical(target, ignored);
    const fs::path root = manifest.root;
    if (std::ranges::mismatch(root, absolute).in1 == root.end()) {
        refuse(target, "a folder inside the data set", "one outside: nothing is written into a data root");
    }
    if (fs::exists(target, ignored) && !fs::is_empty(target, ignored)) {
        refuse(target, "a folder that is not empty", "a new one");
    }
}

void write_names(const plan::Manifest& manifest, const fs::path& target) {
    std::string text;
    for (const std::string& name : manifest.label_names) {
        text += name + "\n";
    }
    publish_text(target / "labels.txt", text, ErrorKind::environment);
}

} // namespace

std::vector<PackedShard> pack_published(const std::shared_ptr<const plan::Manifest>& manifest,
                                        const PackOptions& options) {
    constexpr std::size_t images_per_message = 1000;
    const fs::path target = options.out / manifest->data_set;
    check_target(*manifest, target);
    std::vector<std::uint32_t> rows(manifest->size());
    std::iota(rows.begin(), rows.end(), 0U);
    const auto source = open_source(manifest, std::move(rows));
    ShardWriter train(target / "train", manifest->data_set + "-train", options.shard_bytes);
    std::optional<ShardWriter> test;
    if (manifest->train_samples < manifest->size()) {
        test.emplace(target / "test", manifest->data_set + "-test", options.shard_bytes);
    }
    std::vector<std::byte> bytes;
    for (std::size_t row = 0; row < manifest->size(); ++row) {
        source->read(row, bytes);
        const bool is_raw = source->raw_extent().width > 0;
        const std::string png = is_raw ? png_of(bytes, source->raw_extent()) : std::string();
        const std::string_view image = is_raw ? std::string_view(png) : text_of(bytes);
        const LabelMember label = label_member(*manifest, row);
        const bool is_png = image.starts_with("\x89PNG");
        (row < manifest->train_samples ? train : *test)
            .add(fmt::format("{:08}", row), image, is_png ? "png" : "jpg", label.text, label.ending);
        if (options.progress && (row + 1) % images_per_message == 0) {
            options.progress(row + 1, manifest->size());
        }
    }
    std::vector<PackedShard> shards = train.finish_all();
    for (PackedShard& shard : test ? test->finish_all() : std::vector<PackedShard>()) {
        shards.push_back(std::move(shard));
    }
    write_names(*manifest, target);
    return shards;
}

} // namespace suite::data
