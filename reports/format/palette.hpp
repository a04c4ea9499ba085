// The colours, markers and line styles of figures and pages: one of each per source, the same everywhere.
#pragma once

#include <span>
#include <string_view>

namespace reports {

/// Shapes that gnuplot can draw hollow or filled.
enum class Marker { square, circle, triangle, inverted_triangle, diamond, pentagon };

/// How a series looks. Colour never carries a meaning alone: marker and dash differ, too.
struct Style {
    std::string_view name;   ///< source ("21K-NAT"), scaling mode ("weak") or network ("R50x1")
    std::string_view colour; ///< "#rrggbb"
    Marker marker = Marker::circle;
    std::string_view dash; ///< gnuplot's: dash and gap lengths as "(8,4)"; "" for a solid line
};

/// Every source that a workload declares, each with a colour of its own. Safe for the common kinds of colour
/// blindness: the sources that share a figure have colours of Okabe & Ito 2008, "Color Universal Design"
/// (jfly.uni-koeln.de/color); those that stand alone on an axis have colours of Tol 2021, "Colour schemes",
/// scheme "muted" (sronpersonalpages.nl/~pault).
[[nodiscard]] std::span<const Style> source_styles() noexcept;

/// The style of a source or scaling mode; of an unknown one a grey.
[[nodiscard]] const Style& source_style(std::string_view source) noexcept;

/// The style of a network where sources are not told apart by series: greys, since a colour means a source.
[[nodiscard]] const Style& network_style(std::string_view network) noexcept;

/// Whether a network is drawn hollow and dashed (the smaller one) where series tell networks apart.
[[nodiscard]] bool is_hollow(std::string_view network) noexcept;

} // namespace reports
