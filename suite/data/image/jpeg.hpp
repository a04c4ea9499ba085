// A JPEG decoded row by row, whole or a window of it, through libjpeg-turbo. Private to suite/data.
#pragma once

#include <memory>

#include "suite/data/image/formats.hpp"

namespace suite::data {

/// Pixels [x, x + width) x [y, y + height).
struct PixelWindow {
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;
};

/// Takes one row of a window, counted from its top; row_slack_bytes behind it are readable. Must not throw: C
/// code is below it on the stack.
using RowSink = void (*)(void* context, int row, const std::uint8_t* pixels) noexcept;

/// One JPEG being decoded; `image.bytes` must outlive it. What libjpeg only warns of is an error here, except
/// what cannot change a pixel (bytes between markers, an odd JFIF or Adobe version) and a marker in place of
/// pixels, which become grey (ImageNotes::ends_early).
class JpegReader {
public:
    /// Reads and checks the header. Throws Error(data).
    JpegReader(const EncodedImage& image, const DecodeOptions& options);
    ~JpegReader();
    JpegReader(const JpegReader&) = delete;
    JpegReader& operator=(const JpegReader&) = delete;

    [[nodiscard]] const ImageHeader& header() const noexcept;
    /// Of a row: 1 grey, 4 colour (R, G, B and a byte without meaning).
    [[nodiscard]] int bytes_per_pixel() const noexcept;
    /// Decodes the window, once, and hands its rows over from the top: the very pixels that decoding whole
    /// gives there. Rows below the window are read only when the file does not end as a JPEG should; damage
    /// in them is not noticed otherwise. Throws Error(data): truncated or damaged, with the rows read.
    void read(const PixelWindow& window, RowSink sink, void* context);

private:
    class Decompressor;
    std::unique_ptr<Decompressor> decompressor_;
};

} // namespace suite::data
