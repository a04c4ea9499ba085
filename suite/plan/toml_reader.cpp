#include "suite/plan/toml_reader.hpp"

#include <algorithm>
#include <sstream>

namespace suite::plan {
namespace {

std::string type_word(const toml::node& node) {
    std::ostringstream text;
    text << node.type();
    return text.str();
}

} // namespace

TomlReader::TomlReader(const toml::table& table, std::string file, FaultList& faults)
    : table_(&table), file_(std::move(file)), faults_(&faults), origin_(at(table)) {}

Origin TomlReader::at(const toml::node& node) const {
    return {.file = file_, .line = static_cast<int>(node.source().begin.line)};
}

Origin TomlReader::origin_of(const char* key) const {
    const toml::node* node = table_->get(key);
    return node == nullptr ? origin_ : at(*node);
}

void TomlReader::add_fault(const Origin& where, std::string found, std::string expected, std::string fix) {
    faults_->add({.where = where.text(),
                  .found = std::move(found),
                  .expected = std::move(expected),
                  .fix = std::move(fix)});
}

const toml::node* TomlReader::take(const char* key) {
    known_.emplace_back(key);
    return table_->get(key);
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
    if (node.is_number()) {
        value = *node.value<double>();
    } else {
        wrong_type(node, key, "a number");
    }
}

void TomlReader::read(const toml::node& node, const char* key, std::int64_t& value) {
    if (const auto number = node.value_exact<std::int64_t>()) {
        value = *number;
    } else {
        wrong_type(node, key, "a whole number");
    }
}

void TomlReader::read(const toml::node& node, const char* key, std::map<std::string, std::string>& value) {
    const toml::table* entries = node.as_table();
    if (entries == nullptr) {
        wrong_type(node, key, "a table of strings");
        return;
    }
    for (const auto& [name, entry] : *entries) {
        read(entry, key, value[std::string(name.str())]);
    }
}

void TomlReader::read(const toml::node& node, const char* key, std::map<std::string, double>& value) {
    const toml::table* entries = node.as_table();
    if (entries == nullptr) {
        wrong_type(node, key, "a table of numbers");
        return;
    }
    for (const auto& [name, entry] : *entries) {
        read(entry, key, value[std::string(name.str())]);
    }
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
        readers.emplace_back(*element.as_table(), file_, *faults_);
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
    return TomlReader(*node->as_table(), file_, *faults_);
}

} // namespace suite::plan
