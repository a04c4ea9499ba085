// Packing a published set into tar shards: few files that are read in large pieces (WebDataset convention, as
// suite/data/on_disk/shards.cpp and python's tarfile read them).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "suite/plan/spec/manifest.hpp"

namespace suite::data {

struct PackOptions {
    std::filesystem::path out; ///< folder that gets DATA_SET/train/*.tar, DATA_SET/test/*.tar
    std::uint64_t shard_bytes = std::uint64_t{1} << 29; ///< a shard ends before it would grow beyond
    std::function<void(std::size_t done, std::size_t total)> progress{}; ///< after every 1,000 images
};

struct PackedShard {
    std::filesystem::path path;
    std::size_t images = 0;
    std::uint64_t bytes = 0;
};

/// Writes every image of the manifest, in its order, as KEY.jpg or KEY.png (its bytes; plain pixels become
/// PNG) and KEY.cls or KEY.json, and labels.txt. A shard is there whole or not at all. Throws Error(usage)
/// when the target holds something already or lies inside the data set, Error(data) when an image cannot be
/// read, Error(environment) when a shard cannot be written.
[[nodiscard]] std::vector<PackedShard> pack_published(const std::shared_ptr<const plan::Manifest>& manifest,
                                                      const PackOptions& options);

} // namespace suite::data
