#include "suite/run/plan_groups.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace suite::run {
namespace {

/// One list of alternatives a part of the name.
using Pattern = std::vector<std::vector<std::string>>;

Pattern pattern_of(const std::string& name) {
    Pattern pattern;
    for (std::size_t begin = 0; begin <= name.size();) {
        const std::size_t end = std::min(name.find('/', begin), name.size());
        pattern.push_back({name.substr(begin, end - begin)});
        begin = end + 1;
    }
    return pattern;
}

/// True when the two have as many parts and only `part` differs.
bool differ_only_in(const Pattern& a, const Pattern& b, std::size_t part) {
    if (a.size() != b.size() || part >= a.size()) {
        return false;
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (i != part && a[i] != b[i]) {
            return false;
        }
    }
    return true;
}

/// Unites patterns that differ in this part alone, at the place of the first.
std::vector<Pattern> merged(const std::vector<Pattern>& patterns, std::size_t part) {
    std::vector<Pattern> result;
    for (const Pattern& pattern : patterns) {
        const auto alike = std::ranges::find_if(
            result, [&](const Pattern& other) { return differ_only_in(other, pattern, part); });
        if (alike == result.end()) {
            result.push_back(pattern);
        } else {
            (*alike)[part].insert((*alike)[part].end(), pattern[part].begin(), pattern[part].end());
        }
    }
    return result;
}

std::string text_of(const Pattern& pattern) {
    std::vector<std::string> parts;
    for (const std::vector<std::string>& words : pattern) {
        parts.push_back(words.size() == 1 ? words.front() : fmt::format("{{{}}}", fmt::join(words, ",")));
    }
    return fmt::format("{}", fmt::join(parts, "/"));
}

/// "0-2, 5" of sorted numbers.
std::string ranges_text(const std::vector<std::uint64_t>& numbers) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin < numbers.size();) {
        std::size_t end = begin + 1;
        while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) {
            ++end;
        }
        parts.push_back(end - begin == 1 ? fmt::format("{}", numbers[begin])
                                         : fmt::format("{}-{}", numbers[begin], numbers[end - 1]));
        begin = end;
    }
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string counted(std::size_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

/// Names under what they have in common, in the order in which that first appears.
class Groups {
public:
    void add(const std::string& common, const std::string& name) {
        const auto [entry, is_new] = place_.try_emplace(common, groups_.size());
        if (is_new) {
            groups_.push_back({common, {}});
        }
        groups_[entry->second].second.push_back(name);
    }
    [[nodiscard]] const std::vector<std::pair<std::string, std::vector<std::string>>>& all() const {
        return groups_;
    }

private:
    std::map<std::string, std::size_t> place_;
    std::vector<std::pair<std::string, std::vector<std::string>>> groups_;
};

std::string patterns_text(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& pattern : brace_patterns(names)) {
        text += wrapped("    " + pattern, 6);
    }
    return text;
}

/// "", or ", parents 1-4".
std::string parents_mark(const std::set<std::uint64_t>& numbers) {
    const std::vector<std::uint64_t> list(numbers.begin(), numbers.end());
    return list == std::vector<std::uint64_t>{1}
               ? ""
               : fmt::format(", parent{} {}", list.size() == 1 ? "" : "s", ranges_text(list));
}

std::string parents_text(const plan::Plan& plan, const std::vector<ItemStatus>& statuses) {
    std::map<std::string, std::map<std::string, std::set<std::uint64_t>>> numbers; ///< by state and source
    Groups states;
    for (std::size_t i = 0; i < plan.runs.size(); ++i) {
        const plan::PlannedRun& run = plan.runs[i];
        if (run.cell.empty()) {
            const std::string state(to_string(statuses[i].state));
            const std::string source = pretraining_name(run);
            states.add(state, source);
            numbers[state][source].insert(static_cast<std::uint64_t>(run.parent_index) + 1);
        }
    }
    std::string text;
    for (const auto& [state, sources] : states.all()) {
        text += wrapped(fmt::format("  {}: {}", state, counted(sources.size(), "pre-training run")), 4);
        Groups marks;
        std::set<std::string> seen;
        for (const std::string& source : sources) {
            if (seen.insert(source).second) {
                marks.add(parents_mark(numbers.at(state).at(source)), source);
            }
        }
        for (const auto& [mark, of_mark] : marks.all()) {
            for (const std::string& pattern : brace_patterns(of_mark)) {
                text += wrapped(fmt::format("    pretrain {}{}", pattern, mark), 6);
            }
        }
    }
    return text;
}

/// "", or "; further parents: done 10, todo 5".
std::string further_states(const plan::PlannedCell& cell, const std::vector<ItemStatus>& statuses) {
    std::map<ItemState, std::size_t> counts;
    for (const std::vector<std::size_t>& runs : cell.further) {
        for (const std::size_t index : runs) {
            ++counts[statuses[index].state];
        }
    }
    std::vector<std::string> texts;
    for (const auto& [state, count] : counts) {
        texts.push_back(fmt::format("{} {}", to_string(state), count));
    }
    return texts.empty() ? "" : fmt::format("; further parents: {}", fmt::join(texts, ", "));
}

constexpr char missing_mark = '\n';

/// Reasons that are joined by "; ".
void add_parts(const std::string& joined, std::set<std::string>& parts) {
    for (std::size_t begin = 0; begin < joined.size();) {
        const std::size_t end = std::min(joined.find("; ", begin), joined.size());
        parts.insert(joined.substr(begin, end - begin));
        begin = end + 2;
    }
}

/// Few reasons stand here; many have been named with the data sets that the plan needs.
std::string missing_text(const std::set<std::string>& reasons) {
    constexpr std::size_t most_reasons = 2;
    if (reasons.empty()) {
        return "";
    }
    return reasons.size() <= most_reasons ? fmt::format(", missing: {}", fmt::join(reasons, "; "))
                                          : ", missing: data or memory, as above";
}

} // namespace

std::string pretraining_name(const plan::PlannedRun& run) {
    constexpr std::string_view prefix = "pretrain ";
    std::string_view label = run.label;
    label.remove_prefix(label.starts_with(prefix) ? prefix.size() : 0);
    return std::string(run.parent_index == 0 ? label : label.substr(0, label.rfind(", parent ")));
}

std::vector<std::string> brace_patterns(const std::vector<std::string>& names) {
    std::vector<Pattern> patterns;
    std::size_t parts = 0;
    for (const std::string& name : names) {
        patterns.push_back(pattern_of(name));
        parts = std::max(parts, patterns.back().size());
    }
    for (std::size_t part = parts; part-- > 0;) {
        patterns = merged(patterns, part);
    }
    std::vector<std::string> texts;
    for (const Pattern& pattern : patterns) {
        texts.push_back(text_of(pattern));
    }
    return texts;
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t column) {
    std::string lines;
    bool line_is_empty = true;
    while (!text.empty()) {
        const std::size_t blanks = line_is_empty && !lines.empty() ? text.find_first_not_of(' ') : 0;
        text.remove_prefix(std::min(blanks, text.size()));
        const std::size_t first = std::min(text.find_first_not_of(' '), text.size());
        const std::size_t end = std::min(text.find_first_of(" ,", first), text.size());
        const std::size_t length = end < text.size() && text[end] == ',' ? end + 1 : end;
        if (!line_is_empty && column + length > text_width) {
            lines += '\n' + std::string(indent, ' ');
            column = indent;
            line_is_empty = true;
            continue;
        }
        lines += text.substr(0, length);
        column += length;
        line_is_empty = false;
        text.remove_prefix(length);
    }
    return lines + '\n';
}

std::string seed_states(const plan::Plan& plan, const plan::PlannedCell& cell,
                        const std::vector<ItemStatus>& statuses) {
    std::vector<std::pair<ItemState, std::set<std::uint64_t>>> states;
    for (const std::size_t index : cell.runs) {
        const ItemState state = statuses[index].state;
        auto entry = std::ranges::find_if(states, [&](const auto& known) { return known.first == state; });
        if (entry == states.end()) {
            entry = states.insert(states.end(), {state, {}});
        }
        entry->second.insert(plan.runs[index].seed);
    }
    std::vector<std::string> texts;
    for (const auto& [state, seeds] : states) {
        const std::vector<std::uint64_t> list(seeds.begin(), seeds.end());
        texts.push_back(
            fmt::format("{}: seed{} {}", to_string(state), list.size() == 1 ? "" : "s", ranges_text(list)));
    }
    return fmt::format("{}{}", fmt::join(texts, "; "), further_states(cell, statuses));
}

std::string plan_groups_text(const plan::Plan& plan, const std::vector<ItemStatus>& statuses,
                             const std::map<std::string, std::string>& missing) {
    Groups cells;
    std::map<std::string, std::set<std::string>> reasons; // of the groups that miss something
    for (const plan::PlannedCell& cell : plan.cells) {
        const auto reason = missing.find(cell.text);
        std::string common = seed_states(plan, cell, statuses);
        if (reason != missing.end()) {
            common += missing_mark;
            add_parts(reason->second, reasons[common]);
        }
        cells.add(common, cell.text);
    }
    std::string text = parents_text(plan, statuses);
    for (const auto& [common, names] : cells.all()) {
        const std::string states = common.substr(0, common.find(missing_mark));
        text += wrapped(
            fmt::format("  {} of {}{}", states, counted(names.size(), "cell"), missing_text(reasons[common])),
            4);
        text += patterns_text(names);
    }
    Groups skipped;
    for (const plan::SkippedCell& cell : plan.skipped) {
        skipped.add(cell.reason, cell.cell);
    }
    for (const auto& [reason, names] : skipped.all()) {
        text += wrapped(fmt::format("  skipped {}: {}", counted(names.size(), "cell"), reason), 4);
        text += patterns_text(names);
    }
    return text;
}

} // namespace suite::run
