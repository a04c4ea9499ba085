// A plan's cells and runs as text of 80 columns: those that stand alike share a line.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "suite/plan/plan.hpp"
#include "suite/run/survey.hpp"

namespace suite::run {

inline constexpr std::size_t text_width = 80;

/// Names of slash-separated parts in the brace notation of shells: the fewest patterns that merging alike
/// ones finds, which expand to these names and no other.
///
///     brace_patterns({"a/x", "a/y", "b/x", "b/y", "c/x"})   // {"{a,b}/{x,y}", "c/x"}
[[nodiscard]] std::vector<std::string> brace_patterns(const std::vector<std::string>& names);

/// Lines of at most text_width columns, broken after blanks and commas; all but the first begin with
/// `indent` blanks. The first column of the text is `column`. Words that are longer stay whole. Ends with \n.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent, std::size_t column = 0);

/// "DATA/MODEL" of a pre-training run, whichever parent it is (its seed tells).
[[nodiscard]] std::string pretraining_name(const plan::PlannedRun& run);

/// "done: seeds 0-2; todo: seeds 3-4": seeds of a cell by their state.
[[nodiscard]] std::string seed_states(const plan::Plan& plan, const plan::PlannedCell& cell,
                                      const std::vector<ItemStatus>& statuses);

/// Pre-training runs by state, cells by the state of their seeds and what they miss, skipped cells by reason.
/// `missing`: cell -> reason.
[[nodiscard]] std::string plan_groups_text(const plan::Plan& plan, const std::vector<ItemStatus>& statuses,
                                           const std::map<std::string, std::string>& missing);

} // namespace suite::run
