// .npz files: zip archives of .npy arrays, through libzip. Foreign ones are read without trust: nothing is
// unpacked before its declared size was found possible, nothing beyond what the caller has room for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "suite/data/formats/npy.hpp"

namespace suite::data {

/// One array of an archive.
struct NpzEntry {
    std::string key;                 ///< the entry's name without ".npy"
    std::optional<NpyHeader> header; ///< nothing when it was refused (a fault was added)
    std::uint64_t index = 0;         ///< in the archive's directory
};

class NpzFile {
public:
    /// Opens the archive and reads its directory and the header of every array. Throws Error(kind) when it is
    /// no whole zip archive. Adds a fault naming the key for: names that are absolute, leave the archive, do
    /// not end in .npy or stand there twice; encryption and methods other than stored and deflated; sizes
    /// that the file cannot hold; parse_npy_header's.
    NpzFile(const std::filesystem::path& path, ErrorKind kind, FaultList& faults);
    ~NpzFile();
    NpzFile(NpzFile&&) noexcept;
    NpzFile& operator=(NpzFile&&) noexcept;

    /// In the order of the directory.
    [[nodiscard]] const std::vector<NpzEntry>& entries() const noexcept { return entries_; }
    /// "FILE: KEY", for messages.
    [[nodiscard]] std::string where(std::string_view key) const;
    /// The entry's values in C order; `out` has room for exactly them. Faults: data that are damaged, of
    /// another length than declared or of another CRC-32, values that are not finite.
    void read(const NpzEntry& entry, std::span<float> out, FaultList& faults) const;

private:
    struct Archive;
    std::filesystem::path path_;
    std::unique_ptr<Archive> archive_;
    std::vector<NpzEntry> entries_;

    void read_directory(std::uint64_t file_bytes, FaultList& faults);
};

/// An array to be written: `fill` writes its values in C order when their turn comes.
struct NpzArray {
    std::string key;
    std::vector<std::size_t> shape;
    std::function<void(std::span<float> values)> fill;
};

/// Writes a stored archive whole or not at all, replacing an older one. The same arrays give the same bytes.
/// Memory: one array at a time. Throws Error(kind).
void write_npz(const std::filesystem::path& path, std::span<const NpzArray> arrays, ErrorKind kind);

} // namespace suite::data
