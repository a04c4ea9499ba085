#include "reports/format/render.hpp"

#include <stdexcept>

#include <kainjow/mustache.hpp>

#include "report_templates.hpp"

namespace reports {
namespace {

using kainjow::mustache::data;
using nlohmann::ordered_json;

constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

data to_mustache(const ordered_json& view) {
    switch (view.type()) {
    case ordered_json::value_t::object: {
        data object{data::type::object};
        for (const auto& [name, value] : view.items()) {
            object.set(name, to_mustache(value));
        }
        return object;
    }
    case ordered_json::value_t::array: {
        data list{data::type::list};
        for (const ordered_json& value : view) {
            list.push_back(to_mustache(value));
        }
        return list;
    }
    case ordered_json::value_t::string: {
        const std::string& text = view.get_ref<const std::string&>();
        return text.empty() ? data(false) : data(text);
    }
    case ordered_json::value_t::boolean:
        return data(view.get<bool>());
    case ordered_json::value_t::null:
        return data(false);
    default:
        return data(view.dump());
    }
}

std::string_view text_of(Template which) {
    switch (which) {
    case Template::page_html:
        return templates::page_html;
    case Template::index_html:
        return templates::index_html;
    case Template::prediction_html:
        return templates::prediction_html;
    case Template::audit_html:
        return templates::audit_html;
    case Template::card_html:
        return templates::card_html;
    case Template::junit_xml:
        break;
    }
    return templates::junit_xml;
}

/// Bytes of the UTF-8 character that begins here and that XML may hold; 0 when there is none.
std::size_t character_bytes(std::string_view text) {
    const auto byte = [&text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char first = byte(0);
    if (first < 0x80U) {
        return first >= 0x20U || first == '\t' || first == '\n' || first == '\r' ? 1 : 0;
    }
    const std::size_t count = first >= 0xF0U ? 4 : first >= 0xE0U ? 3 : 2;
    if (first < 0xC2U || first > 0xF4U || text.size() < count) {
        return 0;
    }
    for (std::size_t i = 1; i < count; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) {
            return 0;
        }
    }
    // Overlong forms, surrogates, beyond U+10FFFF, and U+FFFE and U+FFFF (XML 1.0, production 2).
    const unsigned char second = byte(1);
    const bool is_wrong = (first == 0xE0U && second < 0xA0U) || (first == 0xEDU && second > 0x9FU) ||
                          (first == 0xF0U && second < 0x90U) || (first == 0xF4U && second > 0x8FU) ||
                          (first == 0xEFU && second == 0xBFU && byte(2) >= 0xBEU);
    return is_wrong ? 0 : count;
}

std::string_view entity_of(char character) {
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return {};
    }
}

} // namespace

std::string escaped(std::string_view text) {
    std::string result;
    result.reserve(text.size() + text.size() / 8);
    while (!text.empty()) {
        const std::size_t count = character_bytes(text);
        const std::string_view entity = entity_of(text.front());
        result += count == 0 ? replacement : entity.empty() ? text.substr(0, count) : entity;
        text.remove_prefix(std::max<std::size_t>(count, 1));
    }
    return result;
}

std::string render(Template which, const ordered_json& view) {
    kainjow::mustache::mustache filled{std::string(text_of(which))};
    filled.set_custom_escape([](const std::string& text) { return escaped(text); });
    std::string text = filled.render(to_mustache(view));
    if (!filled.is_valid()) {
        throw std::logic_error("template: " + filled.error_message());
    }
    return text;
}

} // namespace reports
