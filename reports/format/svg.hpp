// Figures as SVG text: named for those who cannot see them, without gnuplot's tooltips, fit for a page.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace reports {

/// What a picture shows, for those who cannot see it.
struct PictureText {
    std::string title;
    std::string description;
};

/// A figure ready for a page.
struct DrawnFigure {
    std::string id;
    std::string title;
    std::string svg; ///< the whole file; "" when it could not be drawn
    int width_pixels = 0;
    int height_pixels = 0;
};

/// gnuplot's SVG file with the picture's own title and description, the role of an image, and none of the
/// titles by which gnuplot makes browsers show tooltips.
[[nodiscard]] std::string accessible_svg(std::string_view svg, const PictureText& text);

/// The picture as part of a page: without XML prolog, its ids prefixed by `number` so that the figures of a
/// page do not share any; "" when the figure could not be drawn.
[[nodiscard]] std::string inline_svg(const DrawnFigure& figure, std::size_t number);

/// The same as part of another SVG picture, its upper left corner at x, y.
[[nodiscard]] std::string nested_svg(const DrawnFigure& figure, std::size_t number, int x, int y);

} // namespace reports
