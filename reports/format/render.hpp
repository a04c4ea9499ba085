// Text from the templates under reports/templates/, which are built into the program. Private to reports.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace reports {

enum class Template { page_html, index_html, junit_xml, prediction_html, audit_html, card_html };

/// The template (mustache: {{name}}, {{#section}}, {{^inverted}}) filled with the view's values. Texts are
/// escaped for HTML and XML, also inside attributes; only {{{name}}} is taken as it is. null, false, "" and
/// [] are false; numbers are written as JSON does.
[[nodiscard]] std::string render(Template which, const nlohmann::ordered_json& view);

/// Escaped for HTML and XML 1.0. What XML cannot hold (control characters, bytes that are not UTF-8) becomes
/// U+FFFD.
[[nodiscard]] std::string escaped(std::string_view text);

} // namespace reports
