#include "suite/plan/spec/axis.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "suite/plan/spec/enum_names.hpp"

namespace suite::plan {
namespace {

constexpr std::string_view full = "full";

bool any_name(const std::string&) {
    return true;
}

bool is_count(const std::string& text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() && number > 0 && text.front() != '0';
}

bool is_shots(const std::string& text) {
    return text == full || is_count(text);
}

bool is_scaling(const std::string& text) {
    return enum_value<ScalingMode>(text).has_value();
}

constexpr AxisKind kinds[] = {
    {.role = AxisRole::target,
     .title = "target",
     .unwritten = "",
     .expected = "a data set",
     .accepts = any_name,
     .scores = true,
     .measures = true,
     .required = true,
     .declared = true},
    {.role = AxisRole::model,
     .title = "network",
     .unwritten = "",
     .expected = "a network",
     .accepts = any_name,
     .scores = true,
     .measures = true,
     .required = true,
     .declared = true},
    {.role = AxisRole::source,
     .title = "source",
     .unwritten = "",
     .expected = "the id of a [[workload.sources]]",
     .accepts = any_name,
     .scores = true,
     .measures = false,
     .required = true,
     .declared = true},
    {.role = AxisRole::shots,
     .title = "shots",
     .unwritten = full,
     .expected = "\"full\" or a whole number of images per class",
     .accepts = is_shots,
     .scores = true,
     .measures = false,
     .required = false,
     .declared = true},
    {.role = AxisRole::scaling,
     .title = "scaling",
     .unwritten = "",
     .expected = "weak or strong",
     .accepts = is_scaling,
     .scores = false,
     .measures = true,
     .required = true,
     .declared = true},
    {.role = AxisRole::ranks,
     .title = "ranks",
     .unwritten = "",
     .expected = "a number of ranks",
     .accepts = is_count,
     .scores = false,
     .measures = true,
     .required = true,
     .declared = false},
};

template<typename Predicate>
const AxisSpec* find_where(std::span<const AxisSpec> axes, const Predicate& holds) noexcept {
    const auto found = std::find_if(axes.begin(), axes.end(), holds);
    return found == axes.end() ? nullptr : &*found;
}

} // namespace

std::span<const AxisKind> axis_kinds() noexcept {
    return kinds;
}

const AxisKind& axis_kind(AxisRole role) noexcept {
    return kinds[static_cast<std::size_t>(role)];
}

const AxisSpec* find_axis(std::span<const AxisSpec> axes, std::string_view name) noexcept {
    return find_where(axes, [name](const AxisSpec& axis) { return axis.name == name; });
}

const AxisSpec* find_axis(std::span<const AxisSpec> axes, AxisRole role) noexcept {
    return find_where(axes, [role](const AxisSpec& axis) { return axis.role == role; });
}

const std::vector<std::string>& axis_values(std::span<const AxisSpec> axes, AxisRole role) noexcept {
    static const std::vector<std::string> none;
    const AxisSpec* axis = find_axis(axes, role);
    return axis == nullptr ? none : axis->values;
}

std::vector<std::string> axis_names(std::span<const AxisSpec> axes) {
    std::vector<std::string> names;
    std::transform(axes.begin(), axes.end(), std::back_inserter(names),
                   [](const AxisSpec& axis) { return axis.name; });
    return names;
}

} // namespace suite::plan
