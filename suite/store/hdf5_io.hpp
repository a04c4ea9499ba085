// Whole datasets of an open HDF5 file: tables, arrays, one text. Everything is written contiguous, without
// filters and without object times, so that equal content gives equal bytes; everything read is checked
// first (hard link, type, rank, extent, storage inside the file). For source files, as hdf5_handle.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "suite/store/hdf5_handle.hpp"
#include "suite/store/table.hpp"

namespace suite::store {

inline constexpr std::size_t user_block_bytes = 512;

/// A finished HDF5 file in memory. Storage that was reserved and never written may be missing at its end:
/// the file is `bytes` continued to `file_bytes`.
struct Hdf5Image {
    std::string bytes;
    std::uint64_t file_bytes = 0;
};

/// Format 1.10, user block zeroed, made by what `fill` writes into it. Nothing touches a disk: a failed write
/// below HDF5 would leave the library in a state in which a later call crashes (measured on 1.10.8).
/// Throws Error(store) when any call or close fails.
[[nodiscard]] Hdf5Image build_hdf5_image(const std::function<void(hid_t file)>& fill);
/// Opens such bytes (user block included) read-only. `bytes` are copied.
[[nodiscard]] FileHandle open_hdf5_image(std::string_view bytes);
/// Opens a file on disk read-only, without HDF5's file locks.
[[nodiscard]] FileHandle open_hdf5_file(const std::string& path);

void create_group(hid_t file, const std::string& name);
void write_table(hid_t file, const std::string& name, const Table& table);
/// Attribute `units` of a table that was written: one text a column.
void write_units(hid_t file, const std::string& name, const Table& table);
/// Attributes `format` and `schema_version` of the file's root.
void write_format(hid_t file, std::string_view format, std::int64_t schema_version);
void write_text(hid_t file, const std::string& name, std::string_view text);
/// Row-major; `extents` has one or two entries whose product is values.size().
void write_array(hid_t file, const std::string& name, std::span<const float> values,
                 std::span<const std::size_t> extents);
void write_array(hid_t file, const std::string& name, std::span<const std::int64_t> values,
                 std::span<const std::size_t> extents);
/// A 1-D float32 dataset whose storage is allocated and left unwritten; returns where its first byte lies in
/// the file, for the caller to write little-endian values there.
[[nodiscard]] std::uint64_t reserve_floats(hid_t file, const std::string& name, std::size_t count);

[[nodiscard]] bool has_object(hid_t file, const std::string& name);
/// `columns` gives names and types (their values are ignored). Throws Error(store) when the dataset is
/// anything but a table of exactly these columns lying inside a file of `file_bytes` bytes.
[[nodiscard]] Table read_table(hid_t file, const std::string& name, const Table& columns,
                               std::uint64_t file_bytes);
[[nodiscard]] std::string read_text(hid_t file, const std::string& name, std::uint64_t file_bytes);

template<typename Value>
struct Array {
    std::vector<std::size_t> extents;
    std::vector<Value> values;
};
[[nodiscard]] Array<float> read_floats(hid_t file, const std::string& name, int rank,
                                       std::uint64_t file_bytes);
[[nodiscard]] Array<std::int64_t> read_integers(hid_t file, const std::string& name, int rank,
                                                std::uint64_t file_bytes);

} // namespace suite::store
