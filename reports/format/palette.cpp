#include "reports/format/palette.hpp"

#include <algorithm>
#include <array>

namespace reports {
namespace {

constexpr std::array<Style, 15> sources{
    {{"1K-NAT", "#56B4E9", Marker::triangle, ""},
     {"21K-NAT", "#0072B2", Marker::inverted_triangle, ""},
     {"S-MED", "#E69F00", Marker::circle, "(8,4)"},
     {"chexpert+mimic-cxr", "#CC79A7", Marker::diamond, "(8,4,2,4)"},
     {"chexpert+mimic-cxr+nih", "#009E73", Marker::pentagon, "(4,3)"},
     {"L-MED", "#D55E00", Marker::square, "(8,4)"},
     {"scratch", "#777777", Marker::circle, "(2,3)"},
     {"chexpert", "#000000", Marker::circle, "(8,4)"},
     {"chexpert+padchest", "#44AA99", Marker::diamond, "(8,4,2,4)"},
     {"chexpert+mimic-cxr+nih+padchest", "#882255", Marker::square, "(8,4)"},
     {"chexpert+padchest+mimic-cxr", "#332288", Marker::square, "(8,4)"},
     {"chexpert+padchest+nih", "#117733", Marker::square, "(8,4)"},
     {"padchest", "#CC6677", Marker::circle, "(8,4)"},
     {"padchest+mimic-cxr", "#AA4499", Marker::diamond, "(8,4,2,4)"},
     {"padchest+mimic-cxr+nih", "#999933", Marker::square, "(8,4)"}}};

// Tol 2021, scheme "high-contrast".
constexpr std::array<Style, 2> modes{
    {{"weak", "#004488", Marker::circle, ""}, {"strong", "#BB5566", Marker::square, "(8,4)"}}};

constexpr std::array<Style, 2> networks{
    {{"R50x1", "#8C8C8C", Marker::circle, "(8,4)"}, {"R152x4", "#4D4D4D", Marker::circle, ""}}};

constexpr Style unknown{"", "#333333", Marker::circle, ""};

const Style* find(std::span<const Style> styles, std::string_view name) noexcept {
    const auto style =
        std::find_if(styles.begin(), styles.end(), [name](const Style& entry) { return entry.name == name; });
    return style == styles.end() ? nullptr : &*style;
}

} // namespace

std::span<const Style> source_styles() noexcept {
    return sources;
}

const Style& source_style(std::string_view source) noexcept {
    const Style* style = find(sources, source);
    style = style == nullptr ? find(modes, source) : style;
    return style == nullptr ? unknown : *style;
}

const Style& network_style(std::string_view network) noexcept {
    const Style* style = find(networks, network);
    return style == nullptr ? unknown : *style;
}

bool is_hollow(std::string_view network) noexcept {
    return network == networks.front().name;
}

} // namespace reports
