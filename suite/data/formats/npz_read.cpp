#include <algorithm>
#include <array>
#include <cerrno>
#include <set>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <zip.h>

#include "suite/data/formats/npz.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;

// More than any network has (R152x4: 459 tensors); keeps a directory of empty entries from taking minutes.
constexpr zip_int64_t entry_limit = 10'000;
// Deflate cannot unpack to more than 1032 times its size (zlib, "Maximum Compression Factor").
constexpr std::uint64_t deflate_limit = 1032;
constexpr std::string_view suffix = ".npy";

/// An entry that is being read.
class EntryStream {
public:
    EntryStream(zip_t* archive, std::uint64_t index) : file_(zip_fopen_index(archive, index, 0)) {
        if (file_ == nullptr) {
            message_ = zip_strerror(archive);
        }
    }
    ~EntryStream() {
        if (file_ != nullptr) {
            zip_fclose(file_);
        }
    }
    EntryStream(const EntryStream&) = delete;
    EntryStream& operator=(const EntryStream&) = delete;

    /// What went wrong so far; empty: nothing.
    [[nodiscard]] const std::string& message() const noexcept { return message_; }

    /// Fills `out`; returns how many bytes there were. libzip checks the CRC-32 when the end is reached.
    std::size_t read(std::span<char> out) {
        std::size_t done = 0;
        while (message_.empty() && done < out.size()) {
            const zip_int64_t count = zip_fread(file_, out.data() + done, out.size() - done);
            if (count < 0) {
                message_ = zip_file_strerror(file_);
            }
            if (count <= 0) {
                break;
            }
            done += static_cast<std::size_t>(count);
        }
        return done;
    }
    bool at_end() {
        char more = 0;
        return read({&more, 1}) == 0 && message_.empty();
    }

private:
    zip_file_t* file_;
    std::string message_;
};

std::string message_of(int code) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    std::string text = zip_error_strerror(&error);
    zip_error_fini(&error);
    return text;
}

bool leaves_the_archive(std::string_view name) {
    if (name.starts_with('/') || name.find('\\') != std::string_view::npos) {
        return true;
    }
    const fs::path path(name);
    return std::find(path.begin(), path.end(), "..") != path.end();
}

/// Why an entry is refused for what the directory says of it, and what was expected; empty: it is not.
std::pair<std::string, std::string> directory_fault(const zip_stat_t& entry, std::uint64_t file_bytes) {
    if (leaves_the_archive(entry.name)) {
        return {"a name that leaves the archive", "a name below it"};
    }
    if (!std::string_view(entry.name).ends_with(suffix)) {
        return {"no .npy array", "arrays only"};
    }
    if ((entry.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && entry.encryption_method != ZIP_EM_NONE) {
        return {"an encrypted array", "a plain one"};
    }
    if (entry.comp_method != ZIP_CM_STORE && entry.comp_method != ZIP_CM_DEFLATE) {
        return {fmt::format("compression method {}", entry.comp_method), "stored (0) or deflated (8)"};
    }
    const std::uint64_t room = entry.comp_method == ZIP_CM_STORE
                                   ? entry.comp_size
                                   : std::min(entry.comp_size, file_bytes) * deflate_limit;
    if (entry.comp_size > file_bytes || entry.size > room) {
        return {fmt::format("{} bytes said to lie packed in {} bytes of a file of {}", entry.size,
                            entry.comp_size, file_bytes),
                "sizes that the file can hold"};
    }
    return {};
}

} // namespace

struct NpzFile::Archive {
    zip_t* handle = nullptr;

    Archive(const fs::path& path, ErrorKind kind, std::uint64_t& file_bytes) {
        UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
        struct stat status {};
        if (!fd.valid() || ::fstat(fd.get(), &status) != 0) {
            throw errno_error(kind, path, "opening", errno);
        }
        file_bytes = static_cast<std::uint64_t>(status.st_size);
        int code = ZIP_ER_OPNOTSUPP;
        if (S_ISREG(status.st_mode)) {
            handle =
                zip_fdopen(fd.get(), 0, &code); // ZIP_CHECKCONS would not name a key that stands there twice
        }
        if (handle == nullptr) {
            throw Error(kind, Fault{.where = path.string(),
                                    .found = fmt::format("no whole zip archive ({}; {} bytes)",
                                                         message_of(code), file_bytes),
                                    .expected = "an .npz file",
                                    .fix = "fetch the file again"});
        }
        static_cast<void>(fd.release()); // libzip has closed it and reads through its own
    }
    ~Archive() {
        if (handle != nullptr) {
            zip_discard(handle);
        }
    }
    Archive(const Archive&) = delete;
    Archive& operator=(const Archive&) = delete;
};

NpzFile::NpzFile(const fs::path& path, ErrorKind kind, FaultList& faults) : path_(path) {
    std::uint64_t file_bytes = 0;
    archive_ = std::make_unique<Archive>(path, kind, file_bytes);
    const zip_int64_t count = zip_get_num_entries(archive_->handle, 0);
    if (count > entry_limit) {
        throw Error(kind, Fault{.where = path.string(),
                                .found = fmt::format("{} entries", count),
                                .expected = fmt::format("at most {}", entry_limit),
                                .fix = "name another file"});
    }
    read_directory(file_bytes, faults);
}

NpzFile::~NpzFile() = default;
NpzFile::NpzFile(NpzFile&&) noexcept = default;
NpzFile& NpzFile::operator=(NpzFile&&) noexcept = default;

std::string NpzFile::where(std::string_view key) const {
    return fmt::format("{}: {}", path_.string(), key);
}

void NpzFile::read_directory(std::uint64_t file_bytes, FaultList& faults) {
    const auto count = static_cast<std::uint64_t>(zip_get_num_entries(archive_->handle, 0));
    std::set<std::string> names;
    for (std::uint64_t i = 0; i < count; ++i) {
        zip_stat_t status;
        if (zip_stat_index(archive_->handle, i, ZIP_FL_ENC_RAW, &status) != 0) {
            faults.add({where(fmt::format("entry {}", i)), zip_strerror(archive_->handle),
                        "an entry of the directory", "fetch the file again"});
            continue;
        }
        const std::string name = status.name;
        const auto [found, expected] = directory_fault(status, file_bytes);
        const bool twice = !names.insert(name).second;
        if (twice || !found.empty()) {
            faults.add({where(name), twice ? "the same name twice" : found,
                        twice ? "every key once" : expected, "write the file again with numpy.savez"});
        }
        NpzEntry entry{.key = name, .header = {}, .index = i};
        if (name.ends_with(suffix)) {
            entry.key.resize(name.size() - suffix.size());
        }
        if (found.empty()) {
            EntryStream stream(archive_->handle, i);
            std::string head(std::min<std::uint64_t>(status.size, npy_header_limit_bytes), '\0');
            head.resize(stream.read(head));
            if (stream.message().empty()) {
                entry.header = parse_npy_header(head, status.size, where(entry.key), faults);
            } else {
                faults.add({where(entry.key), "damaged data (" + stream.message() + ")", "a whole array",
                            "fetch the file again"});
            }
        }
        if (!twice) {
            entries_.push_back(std::move(entry));
        }
    }
}

void NpzFile::read(const NpzEntry& entry, std::span<float> out, FaultList& faults) const {
    const NpyHeader& header = entry.header.value();
    EntryStream stream(archive_->handle, entry.index);
    std::string before(header.data_offset, '\0');
    std::vector<float> stored(header.fortran_order ? out.size() : 0);
    const std::span<float> values = header.fortran_order ? std::span(stored) : out;
    const auto bytes = std::span(reinterpret_cast<char*>(values.data()), values.size_bytes());
    const bool whole =
        stream.read(before) == before.size() && stream.read(bytes) == bytes.size() && stream.at_end();
    if (!whole) {
        faults.add({where(entry.key),
                    fmt::format("damaged data ({})", stream.message().empty()
                                                         ? "another length than the directory says"
                                                         : stream.message()),
                    "a whole array with the right CRC-32", "fetch the file again"});
        return;
    }
    if (header.fortran_order) {
        to_c_order(header.shape, stored, out);
    }
    check_finite(out, 0, where(entry.key), faults);
}

} // namespace suite::data
