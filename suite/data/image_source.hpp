// Images of a split where they lie: files below a folder, members of tar shards, records of one file. Nothing
// is held in memory but where each one is.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace suite::data {

/// Sides and channels of images that are stored as plain planar bytes, [channel][row][column].
struct RawExtent {
    int width = 0; ///< 0: images are encoded files (decode_image takes them)
    int height = 0;
    int channels = 0;
};

/// Samples in the order of the split's labels. Every member may be called from any thread at any time.
class ImageSource {
public:
    ImageSource() = default;
    virtual ~ImageSource() = default;
    ImageSource(const ImageSource&) = delete;
    ImageSource& operator=(const ImageSource&) = delete;

    [[nodiscard]] virtual std::size_t size() const noexcept = 0;
    /// For messages: the path, or "shard.tar:member", or "file:record N".
    [[nodiscard]] virtual std::string name(std::size_t index) const = 0;
    /// The image's bytes, whole, into `bytes` (whose memory is reused). Throws Error(data) naming the image
    /// when it vanished, cannot be read, or is not the file that the data set was opened with (other size or
    /// time of change).
    virtual void read(std::size_t index, std::vector<std::byte>& bytes) const = 0;
    /// Of every image, where they are plain bytes; width 0 where they are encoded.
    [[nodiscard]] virtual RawExtent raw_extent() const noexcept { return {}; }
};

} // namespace suite::data
