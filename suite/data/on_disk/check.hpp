// A closer look at a published data set than opening takes: every file, and what is in it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "suite/data/labels/csv.hpp"
#include "suite/data/on_disk/set.hpp"

namespace suite::data {

struct CheckDepth {
    /// All of every image; otherwise existence, size and header. Sets below 1 GiB are decoded in any case.
    bool decodes = false;
    std::function<void(std::size_t done, std::size_t total)> progress{}; ///< about every two seconds
};

/// The same bytes in the training and in the test part.
struct DuplicateImage {
    std::string train;
    std::string test;
};

/// A file whose hash is published.
struct HashedFile {
    std::string path;
    std::string published; ///< "md5:…" or "sha256:…"
    std::string found;
    [[nodiscard]] bool agrees() const noexcept { return published == found; }
};

struct PublishedCheck {
    plan::Manifest manifest; ///< with the stamp of every sample that is there
    std::vector<LabelFault> faults;
    std::vector<HashedFile> hashes;
    std::vector<DuplicateImage> duplicates; ///< the first hundred; only when everything was read
    std::size_t duplicate_count = 0;
    bool has_read_everything = false;
    std::string edition; ///< title of the other edition that this is; empty when none is recognised
    std::map<std::string, std::size_t> oddities; ///< "grayscale", "CMYK", … -> images that could be used
    std::uint64_t bytes = 0;                     ///< of all images
    int smallest_side = 0;                       ///< pixels; 0 where no header was looked at
    int largest_side = 0;
};

/// Lists the set and looks at every image, with as many threads as there are cores: missing, empty and
/// unreadable ones, those whose header (or, with `decodes`, contents) cannot be understood, all at once in
/// `faults`. A hash that differs from the published one is no fault: a mirror may have packed the set anew.
/// Never throws for what a file holds.
[[nodiscard]] PublishedCheck check_published(const plan::DataSetSpec& spec, const PublishedPlace& place,
                                             const std::filesystem::path& workloads, const CheckDepth& depth);

/// list_published with its faults handed over instead of thrown.
[[nodiscard]] plan::Manifest list_published(const plan::DataSetSpec& spec, const PublishedPlace& place,
                                            const std::filesystem::path& workloads, LabelFaults& faults);

} // namespace suite::data
