#include "suite/data/phantom/contact_sheet.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include <png.h>

#include "suite/base/error.hpp"
#include "suite/base/files.hpp"

namespace suite::data {
namespace {

constexpr int gap = 2;
constexpr std::uint8_t paper = 40;

/// An RGB picture in memory.
struct Sheet {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> rgb;
};

void place_image(const Images& images, std::size_t index, int left, int top, int zoom, Sheet& sheet) {
    const auto pixels = images.image(index);
    const auto plane = static_cast<std::size_t>(images.size) * static_cast<std::size_t>(images.size);
    for (int y = 0; y < images.size * zoom; ++y) {
        for (int x = 0; x < images.size * zoom; ++x) {
            const auto source = static_cast<std::size_t>((y / zoom) * images.size + x / zoom);
            const auto target = static_cast<std::size_t>((top + y) * sheet.width + left + x) * 3;
            for (std::size_t c = 0; c < 3; ++c) {
                sheet.rgb[target + c] = pixels[images.channels == 1 ? source : c * plane + source];
            }
        }
    }
}

void write_png(const Sheet& sheet, const std::filesystem::path& path) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(sheet.width);
    image.height = static_cast<png_uint_32>(sheet.height);
    image.format = PNG_FORMAT_RGB;
    const std::filesystem::path temporary = temporary_name(path);
    if (png_image_write_to_file(&image, temporary.c_str(), 0, sheet.rgb.data(), 0, nullptr) == 0) {
        throw Error(ErrorKind::environment, Fault{.where = path.string(),
                                                  .found = image.message,
                                                  .expected = "a file that can be written",
                                                  .fix = "name another file"});
    }
    publish_file(temporary, path, ErrorKind::environment, Durability::none);
}

/// One row of indices for each class, in order of occurrence.
std::vector<std::size_t> indices_by_class(const Labels& labels, const ContactSheetOptions& options) {
    std::vector<std::size_t> indices;
    const auto columns = static_cast<std::size_t>(options.columns);
    for (std::size_t c = 0; c < std::min(labels.outputs, static_cast<std::size_t>(options.rows)); ++c) {
        std::vector<std::size_t> row;
        for (std::size_t i = 0; i < labels.classes.size() && row.size() < columns; ++i) {
            if (labels.classes[i] == static_cast<std::int64_t>(c)) {
                row.push_back(i);
            }
        }
        row.resize(columns, labels.classes.size()); // an index past the end leaves its place empty
        indices.insert(indices.end(), row.begin(), row.end());
    }
    return indices;
}

} // namespace

void write_contact_sheet(const Split& split, std::span<const std::size_t> indices,
                         const std::filesystem::path& path, const ContactSheetOptions& options) {
    const int cell = split.images.size * options.zoom + gap;
    Sheet sheet{.width = options.columns * cell + gap, .height = options.rows * cell + gap, .rgb = {}};
    sheet.rgb.assign(static_cast<std::size_t>(sheet.width) * static_cast<std::size_t>(sheet.height) * 3,
                     paper);
    const std::size_t places =
        static_cast<std::size_t>(options.columns) * static_cast<std::size_t>(options.rows);
    for (std::size_t i = 0; i < std::min(places, indices.size()); ++i) {
        const auto place = static_cast<int>(i);
        if (indices[i] < split.size()) {
            place_image(split.images, indices[i], gap + (place % options.columns) * cell,
                        gap + (place / options.columns) * cell, options.zoom, sheet);
        }
    }
    write_png(sheet, path);
}

std::vector<std::size_t> contact_sheet_indices(const Split& split, const ContactSheetOptions& options) {
    if (split.labels.task == plan::Task::multiclass) {
        return indices_by_class(split.labels, options);
    }
    const auto places = static_cast<std::size_t>(options.columns) * static_cast<std::size_t>(options.rows);
    std::vector<std::size_t> indices(std::min(split.size(), places));
    std::iota(indices.begin(), indices.end(), std::size_t{0});
    return indices;
}

void write_contact_sheet(const DataSet& set, const std::filesystem::path& path,
                         const ContactSheetOptions& options) {
    ContactSheetOptions rows = options;
    if (set.train.labels.task == plan::Task::multiclass) {
        rows.rows = std::min(options.rows, static_cast<int>(set.train.labels.outputs));
    }
    write_contact_sheet(set.train, contact_sheet_indices(set.train, rows), path, rows);
}

} // namespace suite::data
