#include "suite/data/formats/npy.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cmath>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace suite::data {
namespace {

namespace fs = std::filesystem;

/// Fills `out` from byte `offset` on; the number of bytes that the file had.
std::size_t read_at(const UniqueFd& fd, std::size_t offset, std::span<std::byte> out, const fs::path& path,
                    ErrorKind kind) {
    std::size_t done = 0;
    while (done < out.size()) {
        const ssize_t count =
            ::pread(fd.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            throw errno_error(kind, path, "reading", errno);
        }
        if (count == 0) {
            break;
        }
        done += static_cast<std::size_t>(count);
    }
    return done;
}

std::size_t size_of(const UniqueFd& fd, const fs::path& path, ErrorKind kind) {
    struct stat status {};
    if (!fd.valid() || ::fstat(fd.get(), &status) != 0) {
        throw errno_error(kind, path, "opening", errno);
    }
    if (!S_ISREG(status.st_mode)) {
        throw Error(kind, Fault{.where = path.string(),
                                .found = "something that is not a file",
                                .expected = "an .npy file",
                                .fix = "name the file itself"});
    }
    return static_cast<std::size_t>(status.st_size);
}

} // namespace

void to_c_order(std::span<const std::size_t> shape, std::span<const float> fortran, std::span<float> out) {
    assert(fortran.size() == out.size());
    std::vector<std::size_t> strides(shape.size(), 1);
    for (std::size_t i = 1; i < shape.size(); ++i) {
        strides[i] = strides[i - 1] * shape[i - 1];
    }
    std::vector<std::size_t> index(shape.size(), 0);
    std::size_t from = 0;
    for (float& value : out) {
        value = fortran[from];
        for (std::size_t axis = shape.size(); axis-- > 0;) { // an odometer whose last digit turns first
            from += strides[axis];
            if (++index[axis] < shape[axis]) {
                break;
            }
            from -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
}

void check_finite(std::span<const float> values, std::size_t first, const std::string& where,
                  FaultList& faults) {
    const auto bad = [](float value) { return !std::isfinite(value); };
    const auto found = std::ranges::find_if(values, bad);
    if (found != values.end()) {
        const std::size_t index = first + static_cast<std::size_t>(found - values.begin());
        faults.add({.where = where,
                    .found = fmt::format("{} at element {} ({} such values)", *found, index,
                                         std::ranges::count_if(values, bad)),
                    .expected = "finite values",
                    .fix = "find out where they come from"});
    }
}

NpyFile::NpyFile(const fs::path& path, ErrorKind kind)
    : path_(path), kind_(kind), fd_(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {
    const std::size_t file_bytes = size_of(fd_, path, kind);
    std::string head(std::min(file_bytes, npy_header_limit_bytes), '\0');
    head.resize(read_at(fd_, 0, std::as_writable_bytes(std::span(head)), path, kind));
    FaultList faults;
    auto header = parse_npy_header(head, file_bytes, path.string(), faults);
    faults.throw_if_any(kind);
    header_ = *std::move(header);
}

void NpyFile::read_stored(std::size_t first, std::span<float> out) const {
    const auto bytes = std::as_writable_bytes(out);
    const std::size_t offset = header_.data_offset + first * sizeof(float);
    if (read_at(fd_, offset, bytes, path_, kind_) != bytes.size()) {
        throw Error(kind_, Fault{.where = path_.string(),
                                 .found = "a file that became shorter",
                                 .expected = "one that nobody writes to",
                                 .fix = "try again"});
    }
}

void NpyFile::read(std::size_t first, std::span<float> out) {
    assert(first + out.size() <= header_.elements());
    if (!header_.fortran_order) {
        read_stored(first, out);
    } else {
        if (reordered_.empty()) {
            std::vector<float> stored(header_.elements());
            read_stored(0, stored);
            reordered_.resize(stored.size());
            to_c_order(header_.shape, stored, reordered_);
        }
        std::copy_n(reordered_.begin() + static_cast<std::ptrdiff_t>(first), out.size(), out.begin());
    }
    FaultList faults;
    check_finite(out, first, path_.string(), faults);
    faults.throw_if_any(kind_);
}

void write_npy(const fs::path& path, std::span<const std::size_t> shape, ErrorKind kind,
               const std::function<void(const std::function<void(std::span<const float>)>& write)>& fill) {
    const fs::path temporary = temporary_name(path);
    UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!fd.valid()) {
        throw errno_error(kind, path, "creating a temporary file beside it", errno);
    }
    try {
        const std::string header = npy_header(shape);
        write_all(fd.get(), header, path, kind);
        fill([&](std::span<const float> values) {
            write_all(fd.get(), {reinterpret_cast<const char*>(values.data()), values.size_bytes()}, path,
                      kind);
        });
        if (const int error_number = fd.close(); error_number != 0) {
            throw errno_error(kind, path, "closing", error_number);
        }
    } catch (...) {
        ::unlink(temporary.c_str());
        throw;
    }
    publish_file(temporary, path, kind);
}

} // namespace suite::data
