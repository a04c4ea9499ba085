#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report_templates.hpp"
#include "reports/format/render.hpp"
#include "reports/format/text_format.hpp"
#include "reports/prediction/tables.hpp"

namespace reports {
namespace {

constexpr std::size_t width = 110;

bool is_number(const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789.+-—≤ ") == std::string::npos;
}

std::string aligned(const WordTable& table) {
    std::vector<std::size_t> widths;
    for (const std::string& name : table.header) {
        widths.push_back(columns_of(name));
    }
    for (const auto& row : table.rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], columns_of(row[i]));
        }
    }
    const auto line = [&widths](const std::vector<std::string>& row, const std::vector<std::string>& like) {
        std::string text = " ";
        for (std::size_t i = 0; i < row.size(); ++i) {
            text += " " + (is_number(like[i]) ? right(row[i], widths[i]) : left(row[i], widths[i]));
        }
        return text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
    };
    std::string text = line(table.header, table.rows.empty() ? table.header : table.rows.front());
    for (const auto& row : table.rows) {
        text += line(row, row);
    }
    return text;
}

std::string markdown_row(const std::vector<std::string>& fields) {
    return fmt::format("| {} |\n", fmt::join(fields, " | "));
}

std::string title_of(const PredictionReport& report) {
    return fmt::format("Predicted scaling on {} up to {} ranks", report.request.system_title,
                       report.request.to);
}

} // namespace

std::string prediction_text(const PredictionReport& report) {
    std::string text;
    for (const std::string& fact : prediction_facts(report)) {
        text += wrapped(fact, width, 2) + "\n";
    }
    for (const WordTable& table : prediction_tables(report)) {
        text += "\n" + table.title + "\n" + aligned(table);
        for (const std::string& note : table.notes) {
            text += "  " + wrapped(note, width - 2, 2) + "\n";
        }
    }
    return text;
}

std::string to_markdown(const PredictionReport& report) {
    std::string text = fmt::format("# {}\n\n", title_of(report));
    for (const std::string& fact : prediction_facts(report)) {
        text += fact + "\n\n";
    }
    for (const WordTable& table : prediction_tables(report)) {
        text += fmt::format("## {}\n\n{}|", table.title, markdown_row(table.header));
        for (std::size_t i = 0; i < table.header.size(); ++i) {
            text += "---|";
        }
        text += "\n";
        for (const auto& row : table.rows) {
            text += markdown_row(row);
        }
        text += fmt::format("\n{}\n\n", fmt::join(table.notes, "\n\n"));
    }
    return text;
}

std::string to_html(const PredictionReport& report, const std::string& svg) {
    nlohmann::ordered_json view{{"title", title_of(report)},
                                {"style", templates::page_css},
                                {"facts", prediction_facts(report)},
                                {"svg", svg},
                                {"tables", nlohmann::ordered_json::array()}};
    for (const WordTable& table : prediction_tables(report)) {
        nlohmann::ordered_json rows = nlohmann::ordered_json::array();
        for (const auto& row : table.rows) {
            rows.push_back({{"fields", row}});
        }
        view["tables"].push_back(
            {{"title", table.title}, {"header", table.header}, {"rows", rows}, {"notes", table.notes}});
    }
    return render(Template::prediction_html, view);
}

} // namespace reports
