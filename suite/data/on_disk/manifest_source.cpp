#include "suite/data/on_disk/manifest_source.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <span>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "suite/base/error.hpp"
#include "suite/base/files.hpp"
#include "suite/data/on_disk/folder_listing.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t most_open_containers = 512; // half of the usual 1,024 descriptors of a process

[[noreturn]] void refuse(const std::string& where, std::string found, std::string expected) {
    throw Error(ErrorKind::data, Fault{.where = where,
                                       .found = std::move(found),
                                       .expected = std::move(expected),
                                       .fix = "run `transferscale data check` on the data set"});
}

/// Opens a file and compares it with its stamp. Throws Error(data).
UniqueFd open_checked(const fs::path& path, const plan::FileStamp& expected, plan::FileStamp& found) {
    UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) {
        Fault fault = file_fault(path, errno);
        fault.expected = "the file that was there when the data set was opened";
        throw Error(ErrorKind::data, std::move(fault));
    }
    struct stat status {};
    if (fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        refuse(path.string(), "no regular file", "an image file or a shard");
    }
    constexpr std::int64_t ns_per_second = 1'000'000'000;
    found = {.size_bytes = static_cast<std::int64_t>(status.st_size),
             .changed_ns =
                 static_cast<std::int64_t>(status.st_mtim.tv_sec) * ns_per_second + status.st_mtim.tv_nsec};
    if (expected.is_known() && found != expected) {
        refuse(path.string(),
               found.size_bytes == expected.size_bytes ? "a later time of change"
                                                       : fmt::format("{} bytes", found.size_bytes),
               fmt::format("the file of {} bytes that was listed", expected.size_bytes));
    }
    return file;
}

/// Fills all of `bytes`. Throws Error(data).
void read_exactly(int fd, std::int64_t offset, std::span<std::byte> bytes, const std::string& name) {
    std::size_t got = 0;
    while (got < bytes.size()) {
        const ssize_t n = pread(fd, bytes.data() + got, bytes.size() - got,
                                static_cast<off_t>(offset) + static_cast<off_t>(got));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            throw Error(ErrorKind::data, file_fault(name, errno));
        }
        if (n == 0) {
            refuse(name, fmt::format("the end of the file after {} bytes", got),
                   fmt::format("{} bytes", bytes.size()));
        }
        got += static_cast<std::size_t>(n);
    }
}

class ManifestSource : public ImageSource {
public:
    ManifestSource(std::shared_ptr<const plan::Manifest> manifest, std::vector<std::uint32_t> rows)
        : manifest_(std::move(manifest)),
          rows_(std::move(rows)),
          opened_(manifest_->containers.size()),
          open_files_(manifest_->containers.size()) {}

    [[nodiscard]] std::size_t size() const noexcept override { return rows_.size(); }

    [[nodiscard]] std::string name(std::size_t index) const override {
        const std::size_t row = rows_[index];
        const std::string path(manifest_->paths[row]);
        if (manifest_->containers.empty()) {
            return (fs::path(manifest_->root) / path).string();
        }
        return fmt::format("{}:{}", container_path(container_of(row)).string(), path);
    }

    [[nodiscard]] RawExtent raw_extent() const noexcept override {
        return {.width = manifest_->raw.width,
                .height = manifest_->raw.height,
                .channels = manifest_->raw.channels};
    }

    void read(std::size_t index, std::vector<std::byte>& bytes) const override {
        if (manifest_->containers.empty()) {
            read_file(rows_[index], bytes);
        } else {
            read_member(index, bytes);
        }
    }

private:
    [[nodiscard]] std::size_t container_of(std::size_t row) const {
        return static_cast<std::size_t>(manifest_->container_of[row]);
    }
    [[nodiscard]] fs::path container_path(std::size_t container) const {
        return fs::path(manifest_->root) / manifest_->containers[container].path;
    }

    void read_file(std::size_t row, std::vector<std::byte>& bytes) const {
        const fs::path path = fs::path(manifest_->root) / manifest_->paths[row];
        plan::FileStamp found;
        const UniqueFd file = open_checked(path, manifest_->stamps[row], found);
        if (found.size_bytes > longest_image_file_bytes) {
            refuse(path.string(), fmt::format("{} bytes", found.size_bytes), "an image of 1 GiB at most");
        }
        bytes.resize(static_cast<std::size_t>(found.size_bytes));
        read_exactly(file.get(), 0, bytes, path.string());
    }

    void read_member(std::size_t index, std::vector<std::byte>& bytes) const {
        const std::size_t row = rows_[index];
        bytes.resize(static_cast<std::size_t>(manifest_->stamps[row].size_bytes));
        const std::size_t container = container_of(row);
        if (open_files_.size() > most_open_containers) {
            const UniqueFd file = open_container(container);
            read_exactly(file.get(), manifest_->offsets[row], bytes, name(index));
        } else {
            std::call_once(opened_[container], [&] { open_files_[container] = open_container(container); });
            read_exactly(open_files_[container].get(), manifest_->offsets[row], bytes, name(index));
        }
    }

    [[nodiscard]] UniqueFd open_container(std::size_t container) const {
        plan::FileStamp found;
        return open_checked(container_path(container), manifest_->containers[container].stamp, found);
    }

    std::shared_ptr<const plan::Manifest> manifest_;
    std::vector<std::uint32_t> rows_;
    mutable std::vector<std::once_flag> opened_;
    mutable std::vector<UniqueFd> open_files_;
};

class PartialSource : public ImageSource {
public:
    PartialSource(std::shared_ptr<const ImageSource> source, std::vector<std::uint32_t> indices)
        : source_(std::move(source)), indices_(std::move(indices)) {}

    [[nodiscard]] std::size_t size() const noexcept override { return indices_.size(); }
    [[nodiscard]] std::string name(std::size_t index) const override {
        return source_->name(indices_[index]);
    }
    void read(std::size_t index, std::vector<std::byte>& bytes) const override {
        source_->read(indices_[index], bytes);
    }
    [[nodiscard]] RawExtent raw_extent() const noexcept override { return source_->raw_extent(); }

private:
    std::shared_ptr<const ImageSource> source_;
    std::vector<std::uint32_t> indices_;
};

class ConcatenatedSource : public ImageSource {
public:
    explicit ConcatenatedSource(std::vector<std::shared_ptr<const ImageSource>> parts)
        : parts_(std::move(parts)) {
        for (const auto& part : parts_) {
            ends_.push_back((ends_.empty() ? 0 : ends_.back()) + part->size());
        }
    }

    [[nodiscard]] std::size_t size() const noexcept override { return ends_.empty() ? 0 : ends_.back(); }
    [[nodiscard]] std::string name(std::size_t index) const override {
        const auto [part, place] = part_of(index);
        return parts_[part]->name(place);
    }
    void read(std::size_t index, std::vector<std::byte>& bytes) const override {
        const auto [part, place] = part_of(index);
        parts_[part]->read(place, bytes);
    }

private:
    [[nodiscard]] std::pair<std::size_t, std::size_t> part_of(std::size_t index) const {
        assert(index < size());
        const auto part = static_cast<std::size_t>(std::ranges::upper_bound(ends_, index) - ends_.begin());
        return {part, index - (part == 0 ? 0 : ends_[part - 1])};
    }

    std::vector<std::shared_ptr<const ImageSource>> parts_;
    std::vector<std::size_t> ends_;
};

} // namespace

std::shared_ptr<const ImageSource> open_source(std::shared_ptr<const plan::Manifest> manifest,
                                               std::vector<std::uint32_t> rows) {
    return std::make_shared<ManifestSource>(std::move(manifest), std::move(rows));
}

std::shared_ptr<const ImageSource> some_of_source(std::shared_ptr<const ImageSource> source,
                                                  std::vector<std::uint32_t> indices) {
    return std::make_shared<PartialSource>(std::move(source), std::move(indices));
}

std::shared_ptr<const ImageSource>
concatenated_source(std::vector<std::shared_ptr<const ImageSource>> parts) {
    return std::make_shared<ConcatenatedSource>(std::move(parts));
}

} // namespace suite::data
