// Image files that are no images, cut off, damaged or larger than they can be.
// Each is refused by a message that names the file and the byte, before memory is taken for
// it; what Pillow reads although data are missing is read as Pillow does.
#include "suite/data/image/file.hpp"

#include <random>

#include <gmock/gmock.h>

#include "tests/suite/data/image/support.hpp"
#include "tests/support/encoders.hpp"

namespace suite::data {
namespace {

using ::testing::AllOf;
using testing::encoded_image;
using testing::golden_image;
using ::testing::HasSubstr;
using testing::image_error;

TEST(ForeignBytes, AreNamedWithWhatToDo) {
    EXPECT_THAT(image_error(""),
                HasSubstr("a/b.img:byte 0: found an empty file, expected a JPEG or PNG image. "
                          "Fix: fetch the file again"));
    EXPECT_THAT(image_error("\n <!DOCTYPE html><html>"), HasSubstr("download error page"));
    EXPECT_THAT(image_error("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"),
                HasSubstr("run 'git lfs pull'"));
    EXPECT_THAT(image_error("{\"error\": 404}"), HasSubstr("a JSON text"));
    EXPECT_THAT(image_error("GIF89a\1\1"), HasSubstr("a GIF image"));
    EXPECT_THAT(image_error(std::string("II*\0\10\0\0\0", 8)), HasSubstr("a TIFF image"));
    EXPECT_THAT(image_error(std::string(128, '\0') + "DICM\2\0\0\0\0"), HasSubstr("a DICOM file"));
    EXPECT_THAT(image_error("\x1f\x8b\x08"), HasSubstr("a gzip file"));
    EXPECT_THAT(image_error(std::string("\0\1\2\3\4", 5)), HasSubstr("begins 00 01 02 03"));
    EXPECT_THAT(image_error("   "), HasSubstr("begins 20 20 20"));
    EXPECT_THAT(image_error("\xff\xd8"), HasSubstr("begins ff d8"));
}

/// Where the entropy-coded data of a JPEG's first scan begin.
std::size_t scan_start(const std::string& jpeg) {
    const std::size_t marker = jpeg.find("\xff\xda");
    return marker + 2 + static_cast<unsigned char>(jpeg[marker + 2]) * 256U +
           static_cast<unsigned char>(jpeg[marker + 3]);
}

TEST(TruncatedJpeg, EveryCutIsRefusedAndSaysHowManyRowsThereAre) {
    for (const char* name : {"420.jpg", "444_progressive.jpg", "grey.jpg", "restart.jpg", "cmyk.jpg"}) {
        const std::string whole = golden_image(name);
        for (std::size_t size = 3; size + 8 < whole.size(); size += 7) {
            const std::string text = image_error(whole.substr(0, size));
            ASSERT_THAT(text, AllOf(HasSubstr("a/b.img:byte "), HasSubstr("Fix: fetch the file again")))
                << name << " cut at " << size;
            if (size > scan_start(whole) + 2 && std::string(name).find("progressive") == std::string::npos) {
                ASSERT_THAT(text, HasSubstr(" of 47 rows")) << name << " cut at " << size;
            }
        }
    }
}

TEST(TruncatedJpeg, HalfTheDataGiveAboutHalfTheRows) {
    const std::string whole = golden_image("444.jpg");
    const std::size_t start = scan_start(whole);
    const std::string text = image_error(whole.substr(0, start + (whole.size() - start) / 2));
    const std::size_t at = text.find("after ");
    ASSERT_NE(at, std::string::npos) << text;
    EXPECT_NEAR(std::stoi(text.substr(at + 6)), 23, 9) << text; // blocks are 8 rows high
}

/// The 4 bytes of a number as PNG and JPEG store it.
std::string big_endian(std::uint32_t value) {
    return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
            static_cast<char>(value)};
}

/// Writes other sides into a JPEG's frame header.
std::string with_extent(std::string jpeg, unsigned width, unsigned height) {
    const std::size_t frame = std::min(jpeg.find("\xff\xc0"), jpeg.find("\xff\xc2"));
    jpeg.replace(frame + 5, 4, big_endian(height << 16 | width));
    return jpeg;
}

// ITU T.81, B.1.1.2: where a marker stands in place of data libjpeg fills up with zero coefficients.
TEST(EarlyEnd, PixelsWithoutDataAreGrey) {
    const std::string whole = golden_image("444.jpg");
    const std::size_t start = scan_start(whole);
    const std::string half = whole.substr(0, start + (whole.size() - start) / 2) + "\xff\xd9";
    const DecodedImage full = decode_image(encoded_image(whole), "x");
    const DecodedImage image = decode_image(encoded_image(half), "x");
    EXPECT_FALSE(full.notes.ends_early);
    EXPECT_TRUE(image.notes.ends_early);
    EXPECT_TRUE(std::equal(image.pixels.begin(), image.pixels.begin() + 61 * 8, full.pixels.begin()));
    EXPECT_EQ(image.pixels[61 * 47 - 1], 128);
}

TEST(EarlyEnd, AHeaderOfMoreRowsThanThereAreGivesGreyOnes) {
    const DecodedImage image =
        decode_image(encoded_image(with_extent(golden_image("420.jpg"), 61, 480)), "x");
    EXPECT_TRUE(image.notes.ends_early);
    EXPECT_EQ(image.height, 480);
    EXPECT_EQ(image.pixels.back(), 128);
}

TEST(EarlyEnd, IsNoExcuseForAFileThatIsCutOff) {
    const std::string early = golden_image("early_end_42_420.jpg");
    EXPECT_THAT(image_error(early.substr(0, early.size() - 2)), HasSubstr("the end of the file after"));
}

TEST(TruncatedPng, EveryCutIsRefused) {
    for (const char* name : {"rgb.png", "grey_16_interlaced.png", "palette_4.png"}) {
        const std::string whole = golden_image(name);
        for (std::size_t size = 8; size < whole.size(); ++size) {
            ASSERT_THAT(image_error(whole.substr(0, size)), HasSubstr("a/b.img:byte "))
                << name << " at " << size;
        }
    }
}

std::string png_chunk(const std::string& type, const std::string& data) {
    const std::string body = type + data;
    const auto crc = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
    return big_endian(static_cast<std::uint32_t>(data.size())) + body +
           big_endian(static_cast<std::uint32_t>(crc));
}

std::string packed(const std::string& data) {
    uLongf size = compressBound(data.size());
    std::string out(size, '\0');
    EXPECT_EQ(compress2(reinterpret_cast<Bytef*>(out.data()), &size,
                        reinterpret_cast<const Bytef*>(data.data()), data.size(), 9),
              Z_OK);
    out.resize(size);
    return out;
}

/// A PNG of this header and data; `more` goes between IHDR and IDAT.
std::string png_of(std::uint32_t width, std::uint32_t height, char bits, char colour, const std::string& data,
                   const std::string& more = {}) {
    return "\x89PNG\r\n\x1a\n" +
           png_chunk("IHDR", big_endian(width) + big_endian(height) + bits + colour + std::string(3, '\0')) +
           more + png_chunk("IDAT", packed(data)) + png_chunk("IEND", "");
}

TEST(DamagedPng, AWrongCrcNamesTheChunkAndItsByte) {
    std::string bytes = golden_image("rgb.png");
    const std::size_t data = bytes.find("IDAT");
    bytes[data + 20] = static_cast<char>(bytes[data + 20] ^ 1);
    EXPECT_THAT(image_error(bytes), AllOf(HasSubstr("a/b.img:byte " + std::to_string(data - 4)),
                                          HasSubstr("chunk IDAT with CRC")));
    std::string header = golden_image("rgb.png");
    header[19] = static_cast<char>(header[19] ^ 1);
    EXPECT_THAT(image_error(header), HasSubstr("chunk IHDR with CRC"));
}

TEST(DamagedPng, HeadersThatDoNotGoTogetherAreRefused) {
    EXPECT_THAT(image_error(png_of(1, 1, 4, 2, "\0\0")), HasSubstr("colour type 2 of 4 bits"));
    EXPECT_THAT(image_error(png_of(1, 1, 16, 3, "\0\0")), HasSubstr("colour type 3 of 16 bits"));
    EXPECT_THAT(image_error(png_of(1, 1, 8, 7, "\0\0")), HasSubstr("colour type 7"));
    EXPECT_THAT(image_error(png_of(0, 1, 8, 0, "")), HasSubstr("0 x 1 pixels"));
    EXPECT_THAT(image_error("\x89PNG\r\n\x1a\n" + png_chunk("IDAT", "")), HasSubstr("expected IHDR of 13"));
    EXPECT_THAT(image_error("\x89PNG\r\n\x1a\n"), HasSubstr("the end of the file"));
}

TEST(DamagedPng, PixelsOutsideThePaletteAreRefused) {
    const std::string palette = png_chunk("PLTE", std::string(6, '\x40'));
    const std::string data("\0\0\1\2\0", 5);
    EXPECT_THAT(image_error(png_of(4, 1, 8, 3, data, palette)),
                HasSubstr("a pixel of palette entry 2, expected less than 2"));
    EXPECT_THAT(image_error(png_of(4, 1, 8, 3, data)), HasSubstr("damage"));
}

TEST(DamagedPng, TooFewOrMissingDataAreRefused) {
    EXPECT_THAT(image_error(png_of(4, 4, 8, 0, std::string(9, '\0'))), HasSubstr("damage after"));
    std::string without = png_of(4, 4, 8, 0, std::string(20, '\0'));
    without.erase(without.find("IDAT") - 4, without.find("IEND") - without.find("IDAT"));
    EXPECT_THAT(image_error(without), HasSubstr("damage"));
}

TEST(Limits, LargeExtentsAreRefusedBeforeAnythingIsAllocated) {
    EXPECT_THAT(
        image_error(png_of(65535, 65535, 8, 2, "")),
        AllOf(HasSubstr("65535 x 65535 pixels"), HasSubstr("at most 178956970"), HasSubstr("scale it down")));
    EXPECT_THAT(image_error(png_of(10, 10, 8, 0, std::string(110, '\0')), {.max_pixels = 99}),
                HasSubstr("10 x 10 pixels, expected at most 99"));
    EXPECT_THAT(image_error(png_of(8000, 8000, 8, 2, std::string(100, '\0'))), HasSubstr("pixels a byte"));
}

TEST(Limits, JpegsThatLieAboutTheirSizeAreRefused) {
    const std::string jpeg = golden_image("420.jpg");
    EXPECT_THAT(image_error(with_extent(jpeg, 65500, 65500)),
                HasSubstr("65500 x 65500 pixels, expected at most"));
    EXPECT_THAT(image_error(with_extent(jpeg, 8000, 8000)), HasSubstr("at most 2048 pixels a byte"));
    EXPECT_THAT(image_error(with_extent(jpeg, 0, 47)), HasSubstr("a/b.img:byte "));
    EXPECT_THAT(image_error(with_extent(golden_image("420_progressive.jpg"), 61, 480)),
                HasSubstr("a/b.img:byte "));
}

TEST(Limits, JpegsUpToPillowsBoundAreRead) {
    const suite::testing::Picture grey{
        .width = 10'000, .height = 9'000, .channels = 1, .planes = std::vector<std::uint8_t>(90'000'000, 77)};
    const std::string jpeg = suite::testing::jpeg_of(grey);
    const DecodedImage image = decode_image(encoded_image(jpeg), "x");
    EXPECT_EQ(image.width, 10'000);
    EXPECT_EQ(image.height, 9'000);
    EXPECT_EQ(image.pixels.back(), 77);
    EXPECT_THAT(image_error(with_extent(jpeg, 20'000, 9'000)), HasSubstr("at most 178956970 pixels"));
}

TEST(Limits, ChunksThatUnpackToManyMegabytesAreRefused) {
    const std::string bomb = packed(std::string(20'000'000, 'a'));
    const std::string data(2, '\0');
    ASSERT_LT(bomb.size(), 50'000U);
    const std::vector<std::pair<std::string, std::string>> chunks{
        {"zTXt", std::string("Comment\0\0", 9) + bomb},
        {"iCCP", std::string("name\0\0", 6) + bomb},
        {"iTXt", std::string("k\0\1\0\0\0", 6) + bomb}};
    for (const auto& [type, text] : chunks) {
        EXPECT_THAT(image_error(png_of(1, 1, 8, 0, data, png_chunk(type, text))),
                    AllOf(HasSubstr("chunk " + type), HasSubstr("8 MB")));
    }
    EXPECT_THAT(image_error(png_of(1, 1, 8, 0, data, png_chunk("tEXt", std::string(9'000'000, 'a')))),
                HasSubstr("chunk tEXt"));
    const std::string small = packed(std::string(100'000, 'a'));
    const std::string fine =
        png_of(1, 1, 8, 0, data, png_chunk("zTXt", std::string("Comment\0\0", 9) + small));
    EXPECT_EQ(decode_image(encoded_image(fine), "x").width, 1);
}

TEST(Limits, ProgressiveJpegsOfManyScansAreRefused) {
    const std::string whole = golden_image("420_progressive.jpg");
    const std::size_t scan = whole.find("\xff\xda");
    std::size_t next = scan_start(whole);
    while (!(whole[next] == '\xff' && whole[next + 1] != '\0')) {
        ++next;
    }
    std::string first = whole.substr(scan, next - scan);
    first[scan_start(whole) - scan - 1] = '\0'; // all bits of the DC coefficients at once: may come again
    std::string many = whole.substr(0, scan);
    for (int i = 0; i < 150; ++i) {
        many += first;
    }
    many += "\xff\xd9";
    EXPECT_THAT(image_error(many), HasSubstr("more than 100 scans"));
    EXPECT_EQ(decode_image(encoded_image(many), "x", {.max_scans = 1000}).width, 61);
}

TEST(DamagedJpeg, ArithmeticCodingIsRefused) {
    std::string bytes = golden_image("444.jpg");
    bytes[bytes.find("\xff\xc0") + 1] = '\xc9';
    EXPECT_THAT(image_error(bytes), HasSubstr("arithmetic coding"));
}

TEST(DamagedJpeg, ALostRestartMarkerIsRefused) {
    std::string bytes = golden_image("restart.jpg");
    const std::size_t marker = bytes.find("\xff\xd2");
    ASSERT_NE(marker, std::string::npos);
    bytes.erase(marker, 2);
    EXPECT_THAT(image_error(bytes), HasSubstr("damage after"));
}

// Whatever a byte is changed to: pixels of the right count, or one message.
TEST(DamagedBytes, NeverGiveAnythingButPixelsOrAMessage) {
    std::mt19937 random(1);
    for (const char* name : {"420.jpg", "422_progressive.jpg", "cmyk.jpg", "filtered.png", "palette_8.png",
                             "rgb_16_interlaced.png", "exif_6.jpg"}) {
        const std::string whole = golden_image(name);
        int refused = 0;
        for (int i = 0; i < 400; ++i) {
            std::string bytes = whole;
            bytes[8 + random() % (bytes.size() - 8)] = static_cast<char>(random());
            try {
                const DecodedImage image =
                    decode_image(encoded_image(bytes), "x", {.exif = ExifPolicy::apply});
                const auto pixels =
                    static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
                ASSERT_EQ(image.pixels.size() + image.pixels_16.size(),
                          pixels * static_cast<std::size_t>(image.channels));
            } catch (const Error& error) {
                EXPECT_EQ(error.kind(), ErrorKind::data);
                EXPECT_THAT(error.what(), HasSubstr("x:byte "));
                ++refused;
            }
        }
        EXPECT_GT(refused, 0) << name;
    }
}

} // namespace
} // namespace suite::data
