#include "reports/check/bits.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace reports {
namespace {

struct DecidingFact {
    std::string_view name;  ///< in provenance
    std::string_view label; ///< for people
};

// In the order in which they explain: a CPU decides the instruction set, and both decide what a library runs.
constexpr std::array<DecidingFact, 11> deciding_facts{{
    {"cpu", "CPU"},
    {"cpu_id", "CPU model"},
    {"cpu_capability", "instruction set"},
    {"switches", "library switches"},
    {"libtorch", "LibTorch"},
    {"mkl", "MKL"},
    {"mkl_branch", "MKL's code path"},
    {"onednn", "oneDNN"},
    {"compiler", "compiler"},
    {"flags", "compiler flags"},
    {"commit", "commit"},
}};

std::string_view label_of(std::string_view name) {
    return std::find_if(deciding_facts.begin(), deciding_facts.end(),
                        [name](const DecidingFact& fact) { return fact.name == name; })
        ->label;
}

bool is_comparable(const CellResult& cell) {
    return cell.baseline && !cell.values.empty() && !cell.is_limited;
}

/// What the records of these cells' finished runs say of a fact; "" when one of them does not say.
std::string fact_of_runs(const CheckResult& result, const std::vector<const CellResult*>& cells,
                         std::string_view name) {
    std::set<std::string> values;
    for (const CellResult* cell : cells) {
        for (const std::size_t place : cell->runs) {
            const RunFacts& run = result.runs[place];
            if (run.state != RunState::finished || !run.provenance) {
                continue;
            }
            const Provenance& provenance = result.provenances[*run.provenance];
            const auto fact = provenance.find(std::string(name));
            if (fact == provenance.end()) {
                return "";
            }
            values.insert(fact->second);
        }
    }
    return fmt::format("{}", fmt::join(values, "; "));
}

} // namespace

BitsComparison compare_bits(const CheckResult& result) {
    BitsComparison bits;
    std::vector<const CellResult*> differing;
    for (const CellResult& cell : result.cells) {
        bits.cells += is_comparable(cell) ? 1U : 0U;
        if (is_comparable(cell) && !cell.repeats_baseline) {
            differing.push_back(&cell);
        }
    }
    bits.differing = differing.size();
    for (const DecidingFact& fact : deciding_facts) {
        const auto recorded = result.baseline_facts.find(std::string(fact.name));
        const std::string ours = fact_of_runs(result, differing, fact.name);
        if (recorded != result.baseline_facts.end() && !ours.empty() && recorded->second != ours) {
            bits.facts.push_back({std::string(fact.name), recorded->second, ours});
        }
    }
    return bits;
}

std::string bits_text(const BitsComparison& bits) {
    if (bits.differing == 0) {
        return "";
    }
    std::string text = fmt::format("{} of {} cells do not repeat the recorded values bit for bit.",
                                   bits.differing, bits.cells);
    if (bits.facts.empty()) {
        return text + " No fact that both sides recorded explains it.";
    }
    std::vector<std::string> parts;
    for (const BitsFact& fact : bits.facts) {
        parts.push_back(
            fmt::format("{} (recorded: {}; here: {})", label_of(fact.name), fact.recorded, fact.ours));
    }
    text += fmt::format(" What differs: {}.", fmt::join(parts, ", "));
    const bool is_program_alone = std::all_of(bits.facts.begin(), bits.facts.end(),
                                              [](const BitsFact& fact) { return fact.name == "commit"; });
    return is_program_alone
               ? text
               : text + " Numerical libraries order their sums by CPU and version, so last bits may differ "
                        "without any fault.";
}

nlohmann::ordered_json to_json(const BitsComparison& bits) {
    nlohmann::ordered_json facts = nlohmann::ordered_json::array();
    for (const BitsFact& fact : bits.facts) {
        facts.push_back({{"name", fact.name}, {"recorded", fact.recorded}, {"ours", fact.ours}});
    }
    return {{"cells", bits.cells}, {"differing", bits.differing}, {"facts", facts}};
}

} // namespace reports
