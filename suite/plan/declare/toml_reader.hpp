// Strict reading of one TOML table: every key must be asked for, every fault is collected with its line.
// Private to suite/plan.
#pragma once

#include <initializer_list>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <toml++/toml.h>

#include "suite/base/error.hpp"
#include "suite/base/names.hpp"
#include "suite/plan/spec/enum_names.hpp"
#include "suite/plan/spec/origin.hpp"

namespace suite::plan {

/// On which line a declaration writes a name: for names that can only be checked when every file is read.
class NameLines {
public:
    /// The first line wins.
    void add(const Origin& declaration, std::string_view name, int line);
    /// Where the declaration writes the name; the declaration itself when it does not.
    [[nodiscard]] Origin find(const Origin& declaration, std::string_view name) const;
    [[nodiscard]] bool writes(const Origin& declaration, std::string_view name) const;

private:
    std::map<std::tuple<std::string, int, std::string>, int> lines_; ///< (file, line of declaration, name)
};

/// What reading all files collects.
struct Issues {
    FaultList faults;
    NameLines lines;
};

/// Reads fields of a table into variables. A missing optional key leaves the variable as it is.
class TomlReader {
public:
    TomlReader(const toml::table& table, std::string file, Issues& issues);
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
        const std::size_t faults_before = issues_->faults.faults().size();
        if (node != nullptr) {
            read(*node, key, value);
        }
        if (node != nullptr && issues_->faults.faults().size() == faults_before) {
            sound_.emplace_back(key);
        }
        return node != nullptr;
    }

    [[nodiscard]] Origin origin() const { return origin_; }
    [[nodiscard]] Origin origin_of(const char* key) const;
    /// Of an entry of the table `key`; the table's own where it has no such entry.
    [[nodiscard]] Origin origin_of(const char* key, std::string_view entry) const;
    void add_fault(const Origin& where, std::string found, std::string expected, std::string fix = "");
    /// Whether all these keys are there and could be read.
    [[nodiscard]] bool sound(std::initializer_list<const char*> keys) const;
    /// A fault at the key's line unless `holds`; nothing for a key that is not sound: its default is well, or
    /// its fault is known.
    template<typename Value>
    void expect(bool holds, const char* key, const Value& value, const std::string& expected) {
        if (!holds && sound({key})) {
            add_fault(origin_of(key), text_of(value) + " for '" + key + "'", expected);
        }
    }
    /// The same of an entry of the table `key`, at that entry's line.
    template<typename Value>
    void expect_entry(bool holds, const char* key, std::string_view entry, const Value& value,
                      const std::string& expected) {
        if (!holds && sound({key})) {
            add_fault(origin_of(key, entry), text_of(value) + " for '" + key + "'", expected);
        }
    }
    void expect_at_least(const char* key, std::int64_t value, std::int64_t least) {
        expect(value >= least, key, value, "a whole number of " + std::to_string(least) + " or more");
    }
    void expect_above_zero(const char* key, double value) {
        expect(value > 0, key, value, "a number above 0");
    }
    void expect_in(const char* key, double value, double low, double high) {
        expect(value >= low && value <= high, key, value,
               "a number in [" + text_of(low) + ", " + text_of(high) + "]");
    }

    /// Tables of an array of tables [[key]], each with a reader of its own.
    [[nodiscard]] std::vector<TomlReader> tables(const char* key);
    [[nodiscard]] std::optional<TomlReader> table(const char* key);

private:
    /// Of an element of one of this reader's arrays or tables.
    TomlReader(const toml::table& table, const TomlReader& parent);
    static std::string text_of(const std::string& value) { return "'" + value + "'"; }
    static std::string text_of(double value);
    template<typename Integer>
    requires std::is_integral_v<Integer>
    static std::string text_of(Integer value) { return std::to_string(value); }

    const toml::node* take(const char* key);
    Origin at(const toml::node& node) const;
    void wrong_type(const toml::node& node, const char* key, const std::string& expected);
    void note_name(std::string_view name, int line);

    void read(const toml::node& node, const char* key, std::string& value);
    void read(const toml::node& node, const char* key, bool& value);
    void read(const toml::node& node, const char* key, double& value);
    void read(const toml::node& node, const char* key, std::int64_t& value);
    void read(const toml::node& node, const char* key, std::map<std::string, std::string>& value);
    void read(const toml::node& node, const char* key, std::map<std::string, double>& value);
    void read(const toml::node& node, const char* key, std::variant<double, std::string>& value);
    void read(const toml::node& node, const char* key,
              std::map<std::string, std::variant<double, std::string>>& value);
    template<typename Value>
    void read_entries(const toml::node& node, const char* key, const char* expected,
                      std::map<std::string, Value>& value);

    template<typename Integer>
    requires std::is_integral_v<Integer>
    void read(const toml::node& node, const char* key, Integer& value) {
        std::int64_t number = static_cast<std::int64_t>(value);
        read(node, key, number);
        if (!std::in_range<Integer>(number)) {
            add_fault(at(node), text_of(number) + " for '" + key + "'",
                      "a whole number from " + text_of(std::numeric_limits<Integer>::min()) + " to " +
                          text_of(std::numeric_limits<Integer>::max()));
            return;
        }
        value = static_cast<Integer>(number);
    }
    template<typename Enum>
    requires std::is_enum_v<Enum>
    void read(const toml::node& node, const char* key, Enum& value) {
        std::string word;
        read(node, key, word);
        const auto found = enum_value<Enum>(word);
        if (!found && node.is_string()) {
            add_fault(at(node), "'" + word + "' for " + key, expected_names(word, all_enum_names<Enum>()));
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
    Issues* issues_;
    Origin origin_;
    std::vector<Origin> declarations_; ///< this table and those around it
    std::vector<std::string> known_;   ///< keys that were asked for
    std::vector<std::string> sound_;   ///< keys that were there and could be read
};

} // namespace suite::plan
