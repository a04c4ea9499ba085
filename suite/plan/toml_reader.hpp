// Strict reading of one TOML table: every key must be asked for, every fault is collected with its line.
// Private to suite/plan.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include "suite/base/error.hpp"
#include "suite/base/names.hpp"
#include "suite/plan/specs.hpp"
#include "suite/plan/words.hpp"

namespace suite::plan {

/// Reads fields of a table into variables. A missing optional key leaves the variable as it is.
class TomlReader {
public:
    TomlReader(const toml::table& table, std::string file, FaultList& faults);
    /// Reports every key that nobody asked for.
    void finish();

    template<typename Value>
    void required(const char* key, Value& value) {
        if (!optional(key, value)) {
            add_fault(origin_, "no key '" + std::string(key) + "'", "this key", "add it");
        }
    }
    /// True when the key is there (even if its value is faulty: that is reported).
    template<typename Value>
    bool optional(const char* key, Value& value) {
        const toml::node* node = take(key);
        if (node != nullptr) {
            read(*node, key, value);
        }
        return node != nullptr;
    }

    [[nodiscard]] Origin origin() const { return origin_; }
    [[nodiscard]] Origin origin_of(const char* key) const;
    void add_fault(const Origin& where, std::string found, std::string expected, std::string fix = "");

    /// Tables of an array of tables [[key]], each with a reader of its own.
    [[nodiscard]] std::vector<TomlReader> tables(const char* key);
    [[nodiscard]] std::optional<TomlReader> table(const char* key);

private:
    const toml::node* take(const char* key);
    Origin at(const toml::node& node) const;
    void wrong_type(const toml::node& node, const char* key, const std::string& expected);

    void read(const toml::node& node, const char* key, std::string& value);
    void read(const toml::node& node, const char* key, bool& value);
    void read(const toml::node& node, const char* key, double& value);
    void read(const toml::node& node, const char* key, std::int64_t& value);
    void read(const toml::node& node, const char* key, std::map<std::string, std::string>& value);
    void read(const toml::node& node, const char* key, std::map<std::string, double>& value);

    template<typename Integer>
    requires std::is_integral_v<Integer>
    void read(const toml::node& node, const char* key, Integer& value) {
        std::int64_t number = static_cast<std::int64_t>(value);
        read(node, key, number);
        if (!std::in_range<Integer>(number)) {
            wrong_type(node, key, "a whole number in range");
            return;
        }
        value = static_cast<Integer>(number);
    }
    template<typename Enum>
    requires std::is_enum_v<Enum>
    void read(const toml::node& node, const char* key, Enum& value) {
        std::string word;
        read(node, key, word);
        const auto found = from_word<Enum>(word);
        if (!found && node.is_string()) {
            add_fault(at(node), "'" + word + "' for " + key, expected_names(word, all_words<Enum>()));
        }
        value = found.value_or(value);
    }
    template<typename Element>
    void read(const toml::node& node, const char* key, std::vector<Element>& value) {
        const toml::array* array = node.as_array();
        if (array == nullptr) {
            wrong_type(node, key, "an array");
            return;
        }
        value.clear();
        for (const toml::node& element : *array) {
            read(element, key, value.emplace_back());
        }
    }
    template<typename Element>
    void read(const toml::node& node, const char* key, std::optional<Element>& value) {
        read(node, key, value.emplace());
    }

    const toml::table* table_;
    std::string file_;
    FaultList* faults_;
    Origin origin_;
    std::vector<std::string> known_;
};

} // namespace suite::plan
