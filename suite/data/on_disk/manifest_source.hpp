// The images of a manifest's part, read when they are asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "suite/data/image_source.hpp"
#include "suite/plan/spec/manifest.hpp"

namespace suite::data {

/// `rows`: of the manifest, in the order of the split. Containers (shards, record files) are opened when they
/// are first needed and stay open while there are no more than 512 of them. A file or container whose size or
/// time of change is not the manifest's is an Error(data) of read().
[[nodiscard]] std::shared_ptr<const ImageSource> open_source(std::shared_ptr<const plan::Manifest> manifest,
                                                             std::vector<std::uint32_t> rows);

/// Some of a source's images, by their index in it.
[[nodiscard]] std::shared_ptr<const ImageSource> some_of_source(std::shared_ptr<const ImageSource> source,
                                                                std::vector<std::uint32_t> indices);

/// Sources one after the other, for supersets.
[[nodiscard]] std::shared_ptr<const ImageSource>
concatenated_source(std::vector<std::shared_ptr<const ImageSource>> parts);

/// Files above this are no images: refused before anything is allocated.
inline constexpr std::int64_t longest_image_file_bytes = std::int64_t{1} << 30;

} // namespace suite::data
