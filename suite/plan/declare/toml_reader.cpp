#include "suite/plan/declare/toml_reader.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include <fmt/format.h>

namespace suite::plan {
namespace {

std::string type_word(const toml::node& node) {
    std::ostringstream text;
    text << node.type();
    return text.str();
}

} // namespace

void NameLines::add(const Origin& declaration, std::string_view name, int line) {
    lines_.try_emplace({declaration.file, declaration.line, std::string(name)}, line);
}

Origin NameLines::find(const Origin& declaration, std::string_view name) const {
    const auto entry = lines_.find({declaration.file, declaration.line, std::string(name)});
    return entry == lines_.end() ? declaration : Origin{.file = declaration.file, .line = entry->second};
}

bool NameLines::writes(const Origin& declaration, std::string_view name) const {
    return lines_.contains({declaration.file, declaration.line, std::string(name)});
}

TomlReader::TomlReader(const toml::table& table, std::string file, Issues& issues)
    : table_(&table), file_(std::move(file)), issues_(&issues), origin_(at(table)), declarations_{origin_} {}

TomlReader::TomlReader(const toml::table& table, const TomlReader& parent)
    : TomlReader(table, parent.file_, *parent.issues_) {
    declarations_.insert(declarations_.end(), parent.declarations_.begin(), parent.declarations_.end());
}

std::string TomlReader::text_of(double value) {
    return fmt::format("{}", value);
}

void TomlReader::note_name(std::string_view name, int line) {
    for (const Origin& declaration : declarations_) {
        issues_->lines.add(declaration, name, line);
    }
}

Origin TomlReader::at(const toml::node& node) const {
    return {.file = file_, .line = static_cast<int>(node.source().begin.line)};
}

Origin TomlReader::origin_of(const char* key) const {
    const toml::node* node = table_->get(key);
    return node == nullptr ? origin_ : at(*node);
}

Origin TomlReader::origin_of(const char* key, std::string_view entry) const {
    const toml::table* table = table_->get_as<toml::table>(key);
    const toml::node* node = table == nullptr ? nullptr : table->get(entry);
    return node == nullptr ? origin_of(key) : at(*node);
}

void TomlReader::add_fault(const Origin& where, std::string found, std::string expected, std::string fix) {
    issues_->faults.add({.where = where.text(),
                         .found = std::move(found),
                         .expected = std::move(expected),
                         .fix = std::move(fix)});
}

const toml::node* TomlReader::take(const char* key) {
    known_.emplace_back(key);
    return table_->get(key);
}

bool TomlReader::sound(std::initializer_list<const char*> keys) const {
    return std::all_of(keys.begin(), keys.end(), [this](const char* key) {
        return std::find(sound_.begin(), sound_.end(), key) != sound_.end();
    });
}

void TomlReader::wrong_type(const toml::node& node, const char* key, const std::string& expected) {
    add_fault(at(node), type_word(node) + " for '" + key + "'", expected);
}

void TomlReader::finish() {
    for (const auto& [key, node] : *table_) {
        const std::string name(key.str());
        if (std::find(known_.begin(), known_.end(), name) == known_.end()) {
            const auto nearest = nearest_names(name, known_, 1);
            add_fault({.file = file_, .line = static_cast<int>(key.source().begin.line)},
                      "unknown key '" + name + "'",
                      nearest.empty() ? expected_names(name, known_) : "a known key; nearest: " + nearest[0]);
        }
    }
}

void TomlReader::read(const toml::node& node, const char* key, std::string& value) {
    if (const auto text = node.value_exact<std::string>()) {
        value = *text;
        note_name(value, at(node).line);
    } else {
        wrong_type(node, key, "a string");
    }
}

void TomlReader::read(const toml::node& node, const char* key, bool& value) {
    if (const auto truth = node.value_exact<bool>()) {
        value = *truth;
    } else {
        wrong_type(node, key, "true or false");
    }
}

void TomlReader::read(const toml::node& node, const char* key, double& value) {
    if (!node.is_number()) {
        wrong_type(node, key, "a number");
        return;
    }
    const double number = *node.value<double>();
    if (!std::isfinite(number)) { // would make a configuration that no text can hold
        add_fault(at(node), text_of(number) + " for '" + key + "'", "a finite number");
        return;
    }
    value = number;
}

void TomlReader::read(const toml::node& node, const char* key, std::int64_t& value) {
    if (const auto number = node.value_exact<std::int64_t>()) {
        value = *number;
    } else {
        wrong_type(node, key, "a whole number");
    }
}

void TomlReader::read(const toml::node& node, const char* key, std::variant<double, std::string>& value) {
    if (node.is_string()) {
        read(node, key, value.emplace<std::string>());
    } else if (node.is_number()) {
        read(node, key, value.emplace<double>());
    } else {
        wrong_type(node, key, "a number or a string");
    }
}

template<typename Value>
void TomlReader::read_entries(const toml::node& node, const char* key, const char* expected,
                              std::map<std::string, Value>& value) {
    const toml::table* entries = node.as_table();
    if (entries == nullptr) {
        wrong_type(node, key, expected);
        return;
    }
    for (const auto& [name, entry] : *entries) {
        note_name(name.str(), static_cast<int>(name.source().begin.line));
        read(entry, key, value[std::string(name.str())]);
    }
}

void TomlReader::read(const toml::node& node, const char* key, std::map<std::string, std::string>& value) {
    read_entries(node, key, "a table of strings", value);
}

void TomlReader::read(const toml::node& node, const char* key, std::map<std::string, double>& value) {
    read_entries(node, key, "a table of numbers", value);
}

void TomlReader::read(const toml::node& node, const char* key,
                      std::map<std::string, std::variant<double, std::string>>& value) {
    read_entries(node, key, "a table of numbers or strings", value);
}

std::vector<TomlReader> TomlReader::tables(const char* key) {
    std::vector<TomlReader> readers;
    const toml::node* node = take(key);
    if (node == nullptr) {
        return readers;
    }
    const toml::array* array = node->as_array();
    if (array == nullptr || !array->is_array_of_tables()) {
        wrong_type(*node, key, "tables [[" + std::string(key) + "]]");
        return readers;
    }
    for (const toml::node& element : *array) {
        readers.push_back(TomlReader(*element.as_table(), *this));
    }
    return readers;
}

std::optional<TomlReader> TomlReader::table(const char* key) {
    const toml::node* node = take(key);
    if (node == nullptr) {
        return std::nullopt;
    }
    if (!node->is_table()) {
        wrong_type(*node, key, "a table [" + std::string(key) + "]");
        return std::nullopt;
    }
    return TomlReader(*node->as_table(), *this);
}

} // namespace suite::plan
