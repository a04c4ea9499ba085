#include <algorithm>
#include <cstring>
#include <ctime>
#include <new>

#include <fmt/format.h>
#include <unistd.h>
#include <zip.h>

#include "suite/data/formats/npz.hpp"

namespace suite::data {
namespace {

namespace fs = std::filesystem;

/// The .npy file of one array, made while libzip reads it.
class ArraySource {
public:
    explicit ArraySource(const NpzArray& array) : array_(array), header_(npy_header(array.shape)) {
        zip_error_init(&error_);
    }

    /// zip_source_callback
    static zip_int64_t call(void* self, void* data, zip_uint64_t length, zip_source_cmd_t command) {
        auto& source = *static_cast<ArraySource*>(self);
        try {
            return source.answer(data, length, command);
        } catch (const std::bad_alloc&) { // nothing may be thrown through libzip
            zip_error_set(&source.error_, ZIP_ER_MEMORY, 0);
            return -1;
        }
    }

private:
    const NpzArray& array_;
    std::string header_;
    std::vector<float> values_;
    std::size_t position_ = 0;
    zip_error_t error_{};

    [[nodiscard]] std::size_t elements() const { return NpyHeader{.shape = array_.shape}.elements(); }

    zip_int64_t answer(void* data, zip_uint64_t length, zip_source_cmd_t command) {
        switch (command) {
        case ZIP_SOURCE_SUPPORTS:
            return zip_source_make_command_bitmap(ZIP_SOURCE_SUPPORTS, ZIP_SOURCE_OPEN, ZIP_SOURCE_READ,
                                                  ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR,
                                                  ZIP_SOURCE_FREE, -1);
        case ZIP_SOURCE_OPEN:
            position_ = 0;
            values_.resize(elements());
            array_.fill(values_);
            return 0;
        case ZIP_SOURCE_READ:
            return read(static_cast<char*>(data), length);
        case ZIP_SOURCE_CLOSE:
            values_ = {};
            return 0;
        case ZIP_SOURCE_STAT:
            return describe(static_cast<zip_stat_t*>(data));
        case ZIP_SOURCE_ERROR:
            return zip_error_to_data(&error_, data, length);
        case ZIP_SOURCE_FREE:
            return 0; // owned by write_npz
        default:
            zip_error_set(&error_, ZIP_ER_OPNOTSUPP, 0);
            return -1;
        }
    }

    zip_int64_t describe(zip_stat_t* status) const {
        zip_stat_init(status);
        status->size = header_.size() + elements() * sizeof(float);
        status->valid = ZIP_STAT_SIZE;
        return sizeof(*status);
    }

    zip_int64_t read(char* out, std::size_t length) {
        const std::size_t begin = position_;
        const auto copy = [&](const char* from, std::size_t size, std::size_t offset) {
            if (position_ < offset || position_ >= offset + size) {
                return;
            }
            const std::size_t count = std::min(offset + size - position_, length - (position_ - begin));
            std::memcpy(out + (position_ - begin), from + (position_ - offset), count);
            position_ += count;
        };
        copy(header_.data(), header_.size(), 0);
        copy(reinterpret_cast<const char*>(values_.data()), values_.size() * sizeof(float), header_.size());
        return static_cast<zip_int64_t>(position_ - begin);
    }
};

// Zip's clock begins here and shows local time: the same bytes wherever and whenever a file is written.
std::time_t zip_epoch() {
    std::tm time{};
    time.tm_year = 80;
    time.tm_mday = 1;
    time.tm_isdst = -1;
    return std::mktime(&time);
}

Error zip_failure(ErrorKind kind, const fs::path& path, zip_t* archive) {
    return {kind, Fault{.where = path.string(),
                        .found = fmt::format("writing failed ({})", zip_strerror(archive)),
                        .expected = "",
                        .fix = "make room there, or write elsewhere"}};
}

void add_array(zip_t* archive, const std::string& name, ArraySource& source, const fs::path& path,
               ErrorKind kind) {
    zip_source_t* stream = zip_source_function(archive, &ArraySource::call, &source);
    if (stream == nullptr) {
        throw zip_failure(kind, path, archive);
    }
    const zip_int64_t index = zip_file_add(archive, name.c_str(), stream, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
        zip_source_free(stream);
        throw zip_failure(kind, path, archive);
    }
    const auto at = static_cast<zip_uint64_t>(index);
    if (zip_set_file_compression(archive, at, ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_mtime(archive, at, zip_epoch(), 0) != 0) {
        throw zip_failure(kind, path, archive);
    }
}

} // namespace

void write_npz(const fs::path& path, std::span<const NpzArray> arrays, ErrorKind kind) {
    const fs::path temporary = temporary_name(path);
    std::vector<std::unique_ptr<ArraySource>> sources; // libzip reads them when it closes the archive
    int code = 0;
    zip_t* archive = zip_open(temporary.c_str(), ZIP_CREATE | ZIP_EXCL, &code);
    if (archive == nullptr) {
        throw errno_error(kind, path, "creating a temporary file beside it", errno);
    }
    try {
        for (const NpzArray& array : arrays) {
            sources.push_back(std::make_unique<ArraySource>(array));
            add_array(archive, array.key + ".npy", *sources.back(), path, kind);
        }
        if (zip_close(archive) != 0) {
            throw zip_failure(kind, path, archive);
        }
    } catch (...) {
        zip_discard(archive);
        ::unlink(temporary.c_str());
        throw;
    }
    publish_file(temporary, path, kind);
}

} // namespace suite::data
