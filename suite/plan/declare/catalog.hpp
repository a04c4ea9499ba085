// Everything that is declared under workloads/: read strictly, all faults of all files at once.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "suite/base/error.hpp"
#include "suite/plan/network/spec.hpp"
#include "suite/plan/spec/data_set.hpp"
#include "suite/plan/spec/layout.hpp"
#include "suite/plan/spec/profile.hpp"
#include "suite/plan/spec/recipe.hpp"
#include "suite/plan/spec/system.hpp"
#include "suite/plan/spec/workload.hpp"

namespace suite::plan {

struct Catalog {
    std::filesystem::path root; ///< the workloads folder
    std::map<std::string, StudySpec> studies;
    std::map<std::string, WorkloadSpec> workloads;
    std::map<std::string, ProfileSpec> profiles;
    std::map<std::string, ProtocolSpec> protocols;
    std::map<std::string, RecipeSpec> recipes;
    std::map<std::string, NetworkSpec> networks;
    std::map<std::string, DataSetSpec> data_sets;
    std::map<std::string, SystemSpec> systems;
    std::map<std::string, LayoutSpec> layouts;
    std::map<std::string, WeightsSpec> weights;
};

/// Reads every *.toml below `root` (sorted by path). Names that are defined nowhere, duplicates, unknown
/// keys, wrong types and missing keys are collected over all files and thrown as one Error(usage), each with
/// file:line.
[[nodiscard]] Catalog load_catalog(const std::filesystem::path& root);

/// The one [[system]] that a file of its own declares. Unreadable, another kind of declaration, keys that are
/// unknown, missing or wrong: Error(usage) with all faults, each with file:line.
[[nodiscard]] SystemSpec load_system(const std::filesystem::path& file);
/// The layouts of `root`/datasets/layouts.toml alone, for those who open a data set and plan nothing; names
/// of data sets are not checked. Throws as load_catalog does.
[[nodiscard]] std::map<std::string, LayoutSpec> load_layouts(const std::filesystem::path& root);
/// The layout that holds this data set; nullptr when none does.
[[nodiscard]] const LayoutSpec* layout_of(const std::map<std::string, LayoutSpec>& layouts,
                                          const std::string& data_set);

/// The workloads folder: environment TRANSFERSCALE_WORKLOADS, else the one this program was built with.
[[nodiscard]] std::filesystem::path default_catalog_root();

/// The declaration with this name; Error(usage) with the nearest names otherwise. `kind` is for the message.
template<typename Spec>
[[nodiscard]] const Spec& find(const std::map<std::string, Spec>& specs, const std::string& name,
                               std::string_view kind);

[[noreturn]] void throw_unknown_name(std::string_view kind, const std::string& name,
                                     const std::vector<std::string>& valid);

template<typename Spec>
const Spec& find(const std::map<std::string, Spec>& specs, const std::string& name, std::string_view kind) {
    const auto entry = specs.find(name);
    if (entry != specs.end()) {
        return entry->second;
    }
    std::vector<std::string> valid;
    for (const auto& [id, spec] : specs) {
        valid.push_back(id);
    }
    throw_unknown_name(kind, name, valid);
}

/// Sorted intersection of label names, the label space of a superset (paper.md#supersets).
[[nodiscard]] std::vector<std::string> common_labels(const std::vector<std::vector<std::string>>& lists);

} // namespace suite::plan
