#include "reports/format/svg.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reports/format/render.hpp"

namespace reports {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
}

/// Removes the groups without content that gnuplot leaves behind: a third of its file.
std::string without_empty_groups(std::string_view svg) {
    std::string kept;
    kept.reserve(svg.size());
    for (std::size_t at = 0; at < svg.size();) {
        const std::size_t group = std::min(svg.find("<g ", at), svg.size());
        kept += svg.substr(at, group - at);
        const std::size_t opened = std::min(svg.find('>', group), svg.size() - 1) + 1;
        const std::size_t content = std::min(svg.find_first_not_of(" \t\r\n", opened), svg.size());
        constexpr std::string_view end = "</g>";
        const bool is_empty = group < svg.size() && svg.substr(content).starts_with(end);
        kept += is_empty || group >= svg.size() ? "" : svg.substr(group, opened - group);
        at = is_empty ? content + end.size() : group < svg.size() ? opened : group;
    }
    return kept;
}

/// Removes blanks that mean nothing in SVG: those after a blank or an opening bracket.
std::string without_spare_blanks(std::string_view svg) {
    std::string kept;
    kept.reserve(svg.size());
    for (const char character : svg) {
        const char before = kept.empty() ? ' ' : kept.back();
        if (character != ' ' || (before != ' ' && before != '(')) {
            kept += character;
        }
    }
    return kept;
}

/// Removes every element of this name that has no children of its own.
std::string without_elements(std::string_view svg, std::string_view name) {
    const std::string open = fmt::format("<{}>", name);
    const std::string close = fmt::format("</{}>", name);
    std::string kept;
    kept.reserve(svg.size());
    while (!svg.empty()) {
        const std::size_t start = std::min(svg.find(open), svg.size());
        const std::size_t end = svg.find(close, start);
        kept += svg.substr(0, end == std::string_view::npos ? svg.size() : start);
        svg.remove_prefix(end == std::string_view::npos ? svg.size() : end + close.size());
    }
    return kept;
}

constexpr std::string_view image_role = " role=\"img\"";

std::string without_titles(std::string_view svg) {
    return without_elements(without_elements(svg, "title"), "desc");
}

} // namespace

std::string accessible_svg(std::string_view svg, const PictureText& text) {
    std::string result = without_titles(svg);
    const std::size_t root = result.find("<svg");
    const std::size_t end = root == std::string::npos ? root : result.find('>', root);
    if (end == std::string::npos) {
        return result;
    }
    result.insert(end + 1, fmt::format("\n<title>{}</title>\n<desc>{}</desc>", escaped(text.title),
                                       escaped(text.description)));
    result.insert(end, image_role);
    return result;
}

std::string inline_svg(const DrawnFigure& figure, std::size_t number) {
    const std::size_t start = figure.svg.find("<svg");
    if (start == std::string::npos) {
        return "";
    }
    std::string svg = without_spare_blanks(without_empty_groups(std::string_view(figure.svg).substr(start)));
    const std::string prefix = fmt::format("f{}-", number);
    for (const std::string_view reference : {" id='", " id=\"", "href='#", "href=\"#", "url(#"}) {
        replace_all(svg, reference, std::string(reference) + prefix);
    }
    return svg;
}

std::string nested_svg(const DrawnFigure& figure, std::size_t number, int x, int y) {
    std::string svg = without_titles(inline_svg(figure, number));
    if (const std::size_t role = svg.find(image_role); role != std::string::npos) {
        svg.erase(role, image_role.size()); // the outer picture has it
    }
    constexpr std::string_view start = "<svg";
    return svg.empty() ? svg : svg.insert(start.size(), fmt::format(" x=\"{}\" y=\"{}\"", x, y));
}

} // namespace reports
