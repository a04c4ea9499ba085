// NumPy's .npy arrays of float32 (format 1.0, 2.0 and 3.0, numpy.lib.format). Nothing in them is executed:
// pickled objects are refused like every other type.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "suite/base/error.hpp"
#include "suite/base/files.hpp"

namespace suite::data {

/// A header longer than this is refused; NumPy's own limit on what it reads is 10,000 bytes.
inline constexpr std::size_t npy_header_limit_bytes = 65'536;

struct NpyHeader {
    std::vector<std::size_t> shape; ///< the product fits in memory's address space; empty: one value
    bool fortran_order = false;
    std::size_t data_offset = 0; ///< bytes from the beginning of the file

    [[nodiscard]] std::size_t elements() const noexcept;
    [[nodiscard]] std::size_t file_bytes() const noexcept { return data_offset + elements() * sizeof(float); }
};

/// Reads the header at the beginning of `text` (the file's first npy_header_limit_bytes, or all of it) of a
/// file of `file_bytes`. Faults name `where`: foreign magic, other versions, a header that is cut off or no
/// dictionary of descr, fortran_order and shape, any type but little-endian float32, a shape whose values
/// are not exactly the rest of the file.
[[nodiscard]] std::optional<NpyHeader> parse_npy_header(std::string_view text, std::size_t file_bytes,
                                                        const std::string& where, FaultList& faults);
/// Version 1.0, C order, values begin at a multiple of 64 bytes: what numpy.save writes.
[[nodiscard]] std::string npy_header(std::span<const std::size_t> shape);
/// "shape [3, 4]", for messages.
[[nodiscard]] std::string shape_text(std::span<const std::size_t> shape);

/// From Fortran order (first index fastest) to C order (last index fastest).
void to_c_order(std::span<const std::size_t> shape, std::span<const float> fortran, std::span<float> out);

/// Adds a fault when a value is NaN or infinite, with the first such index (counted from `first`).
void check_finite(std::span<const float> values, std::size_t first, const std::string& where,
                  FaultList& faults);

/// An .npy file whose values are read piece by piece.
class NpyFile {
public:
    /// Throws Error(kind): no such file, or parse_npy_header's faults.
    NpyFile(const std::filesystem::path& path, ErrorKind kind);

    [[nodiscard]] const std::vector<std::size_t>& shape() const noexcept { return header_.shape; }
    /// Values in C order from element `first` on. A file in Fortran order is held in memory whole from the
    /// first call on. Throws Error(kind) when reading fails or a value is not finite.
    void read(std::size_t first, std::span<float> out);

private:
    std::filesystem::path path_;
    ErrorKind kind_;
    UniqueFd fd_;
    NpyHeader header_;
    std::vector<float> reordered_; ///< Fortran order only

    void read_stored(std::size_t first, std::span<float> out) const;
};

/// Writes an .npy file in C order whole or not at all; `fill(write)` hands over the values by calling
/// `write`, as many as the shape has. Throws Error(kind), and whatever `fill` throws.
void write_npy(const std::filesystem::path& path, std::span<const std::size_t> shape, ErrorKind kind,
               const std::function<void(const std::function<void(std::span<const float>)>& write)>& fill);

} // namespace suite::data
