#include "tests/support/encoders.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <jpeglib.h>
#include <png.h>
#include <zlib.h>

namespace suite::testing {
namespace {

void append_number(std::string& bytes, std::uint32_t value, int count) {
    for (int i = 0; i < count; ++i) {
        bytes += static_cast<char>(value >> (8 * i) & 0xffU);
    }
}

/// An APP1 block: TIFF header, one directory with one entry, tag 0x0112 (Orientation), EXIF 2.3.
std::string exif_of(int orientation) {
    std::string bytes("Exif\0\0II*\0\x08\0\0\0", 14);
    append_number(bytes, 1, 2);
    append_number(bytes, 0x0112, 2);
    append_number(bytes, 3, 2); // SHORT
    append_number(bytes, 1, 4);
    append_number(bytes, static_cast<std::uint32_t>(orientation), 4);
    append_number(bytes, 0, 4);
    return bytes;
}

int components_of(const Picture& picture, JpegColour colour) {
    return colour == JpegColour::grey ? 1 : colour == JpegColour::cmyk ? 4 : picture.channels;
}

std::vector<std::uint8_t> row_of(const Picture& picture, int row, JpegColour colour) {
    std::vector<std::uint8_t> line;
    const int components = components_of(picture, colour);
    for (int x = 0; x < picture.width; ++x) {
        for (int c = 0; c < components; ++c) {
            const int channel = std::min(c, picture.channels - 1);
            // CMYK as Adobe stores it: inverted, black absent.
            line.push_back(colour == JpegColour::cmyk && c == 3 ? 255 : picture.at(channel, row, x));
        }
    }
    return line;
}

J_COLOR_SPACE space_of(int components) {
    return components == 1 ? JCS_GRAYSCALE : components == 4 ? JCS_CMYK : JCS_RGB;
}

} // namespace

Picture cropped(const Picture& picture, int width, int height) {
    Picture part{.width = width, .height = height, .channels = picture.channels, .planes = {}};
    for (int c = 0; c < picture.channels; ++c) {
        for (int y = 0; y < height; ++y) {
            for (int x = 0; x < width; ++x) {
                part.planes.push_back(picture.at(c, y, x));
            }
        }
    }
    return part;
}

std::string jpeg_of(const Picture& picture, JpegColour colour, int orientation) {
    jpeg_compress_struct jpeg{};
    jpeg_error_mgr errors{};
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    unsigned char* buffer = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&jpeg, &buffer, &size);
    jpeg.image_width = static_cast<JDIMENSION>(picture.width);
    jpeg.image_height = static_cast<JDIMENSION>(picture.height);
    jpeg.input_components = components_of(picture, colour);
    jpeg.in_color_space = space_of(jpeg.input_components);
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 90, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    if (orientation > 0) {
        const std::string exif = exif_of(orientation);
        jpeg_write_marker(&jpeg, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(exif.data()),
                          static_cast<unsigned int>(exif.size()));
    }
    for (int y = 0; y < picture.height; ++y) {
        std::vector<std::uint8_t> line = row_of(picture, y, colour);
        JSAMPROW row = line.data();
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    std::string bytes(reinterpret_cast<const char*>(buffer), size);
    jpeg_destroy_compress(&jpeg);
    std::free(buffer); // libjpeg's jpeg_mem_dest hands malloc'd memory over
    return bytes;
}

std::string png_of(const Picture& picture, int bits) {
    std::vector<std::uint8_t> pixels;
    std::string bytes;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(png);
    png_set_write_fn(
        png, &bytes,
        [](png_structp target, png_bytep data, png_size_t count) {
            static_cast<std::string*>(png_get_io_ptr(target))->append(reinterpret_cast<char*>(data), count);
        },
        nullptr);
    png_set_IHDR(png, info, static_cast<png_uint_32>(picture.width), static_cast<png_uint_32>(picture.height),
                 bits, picture.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (int y = 0; y < picture.height; ++y) {
        pixels.clear();
        for (int x = 0; x < picture.width; ++x) {
            for (int c = 0; c < picture.channels; ++c) {
                pixels.insert(pixels.end(), static_cast<std::size_t>(bits / 8), picture.at(c, y, x));
            }
        }
        png_write_row(png, pixels.data());
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return bytes;
}

std::string gzip_of(std::string_view text) {
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&stream, text.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(out.size() - stream.avail_out);
    deflateEnd(&stream);
    return out;
}

namespace {

void append_element(std::string& bytes, std::uint32_t type, std::string_view data) {
    append_number(bytes, type, 4);
    append_number(bytes, static_cast<std::uint32_t>(data.size()), 4);
    bytes += data;
    bytes.resize((bytes.size() + 7) / 8 * 8, '\0');
}

/// miMATRIX of class uint16 (11) with data of type miUINT16 (4).
std::string matrix_of(const std::string& name, const std::vector<std::uint16_t>& values) {
    std::string flags;
    append_number(flags, 11, 4);
    append_number(flags, 0, 4);
    std::string extents;
    append_number(extents, 1, 4);
    append_number(extents, static_cast<std::uint32_t>(values.size()), 4);
    std::string numbers;
    for (const std::uint16_t value : values) {
        append_number(numbers, value, 2);
    }
    std::string inner;
    append_element(inner, 6, flags);
    append_element(inner, 5, extents);
    append_element(inner, 1, name);
    append_element(inner, 4, numbers);
    std::string matrix;
    append_element(matrix, 14, inner);
    return matrix;
}

std::string zlib_of(const std::string& text) {
    std::string out(compressBound(text.size()), '\0');
    uLongf size = out.size();
    compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(text.data()),
             text.size());
    out.resize(size);
    return out;
}

} // namespace

std::string mat_of(std::span<const std::pair<std::string, std::vector<std::uint16_t>>> variables,
                   bool is_compressed) {
    std::string bytes = "MATLAB 5.0 MAT-file, Platform: GLNXA64, Created on: Thu Feb 19 2009";
    bytes.resize(124, ' ');
    append_number(bytes, 0x0100, 2);
    bytes += "IM";
    for (const auto& [name, values] : variables) {
        const std::string matrix = matrix_of(name, values);
        if (is_compressed) {
            const std::string packed = zlib_of(matrix);
            append_number(bytes, 15, 4);
            append_number(bytes, static_cast<std::uint32_t>(packed.size()), 4);
            bytes += packed;
        } else {
            bytes += matrix;
        }
    }
    return bytes;
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary);
    if (!(file << bytes).flush()) {
        throw std::runtime_error("cannot write " + path.string());
    }
}

} // namespace suite::testing
