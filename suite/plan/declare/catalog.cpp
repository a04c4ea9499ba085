#include "suite/plan/declare/catalog.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <set>
#include <utility>

#include "suite/base/files.hpp"
#include "suite/plan/declare/declarations.hpp"

#ifndef TRANSFERSCALE_WORKLOADS_DIR
#error "the build names the workloads folder"
#endif

namespace suite::plan {
namespace {

namespace fs = std::filesystem;

bool is_id(std::string_view id) {
    return !id.empty() && std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
               c == '_' || c == '+' || c == '-';
    });
}

// Collects declarations of all files; extends and labels_of are resolved when everything is known.
class CatalogBuilder {
public:
    explicit CatalogBuilder(const fs::path& root) { catalog_.root = root; }

    void read(const fs::path& path);
    Catalog finish();
    /// The layouts as they were read, without names being resolved.
    std::map<std::string, LayoutSpec> finish_layouts();

private:
    template<typename Spec, typename ReadSpec>
    void read_kind(TomlReader& file, const char* kind, std::map<std::string, Spec>& specs,
                   ReadSpec read_spec);
    void resolve_studies();
    void resolve_labels();
    void resolve_members();
    void resolve_profiles();
    void extend(const std::string& id, std::vector<std::string> path);

    void add_fault(const Origin& declaration, const std::string& name, std::string found,
                   std::string expected);

    Catalog catalog_;
    Issues issues_;
    std::map<std::string, DataSetLinks> links_;
    std::map<std::string, ProfileLinks> profile_links_;
};

template<typename Spec, typename ReadSpec>
void CatalogBuilder::read_kind(TomlReader& file, const char* kind, std::map<std::string, Spec>& specs,
                               ReadSpec read_spec) {
    for (TomlReader& reader : file.tables(kind)) {
        Spec spec;
        spec.origin = reader.origin();
        reader.required("id", spec.id);
        reader.expect(is_id(spec.id), "id", spec.id,
                      "letters, digits and . _ + - (cells are spelled with it)");
        read_spec(reader, spec);
        reader.finish();
        if (spec.id.empty()) {
            continue; // already a fault
        }
        const auto [place, is_new] = specs.try_emplace(spec.id, spec);
        if (!is_new) {
            reader.add_fault(spec.origin, "a second " + std::string(kind) + " '" + spec.id + "'",
                             "one declaration; the first stands at " + place->second.origin.text(),
                             "rename one");
        }
    }
}

void CatalogBuilder::read(const fs::path& path) {
    const std::string name = (catalog_.root.filename() / path.lexically_relative(catalog_.root)).string();
    toml::table table;
    try {
        table = toml::parse(read_file(path, ErrorKind::usage), name);
    } catch (const toml::parse_error& error) {
        const Origin origin{.file = name, .line = static_cast<int>(error.source().begin.line)};
        issues_.faults.add({.where = origin.text(),
                            .found = std::string(error.description()),
                            .expected = "TOML",
                            .fix = ""});
        return;
    } catch (const Error& error) { // unreadable: a fault among others
        for (const Fault& fault : error.faults()) {
            issues_.faults.add(fault);
        }
        return;
    }
    TomlReader file(table, name, issues_);
    read_kind(file, "study", catalog_.studies, read_study);
    read_kind(file, "network", catalog_.networks, read_network);
    read_kind(file, "recipe", catalog_.recipes, read_recipe);
    read_kind(file, "protocol", catalog_.protocols, read_protocol);
    read_kind(file, "system", catalog_.systems, read_system);
    read_kind(file, "layout", catalog_.layouts, read_layout);
    read_kind(file, "weights", catalog_.weights, read_weights);
    read_kind(file, "data_set", catalog_.data_sets, [this](TomlReader& reader, DataSetSpec& spec) {
        read_data_set(reader, spec, links_[spec.id]);
    });
    read_kind(file, "profile", catalog_.profiles, [this](TomlReader& reader, ProfileSpec& spec) {
        read_profile(reader, spec, profile_links_[spec.id]);
    });
    read_kind(file, "workload", catalog_.workloads, [&path](TomlReader& reader, WorkloadSpec& spec) {
        read_workload(reader, spec);
        spec.folder = path.parent_path().string();
    });
    file.finish();
}

void CatalogBuilder::add_fault(const Origin& declaration, const std::string& name, std::string found,
                               std::string expected) {
    issues_.faults.add({.where = issues_.lines.find(declaration, name).text(),
                        .found = std::move(found),
                        .expected = std::move(expected),
                        .fix = ""});
}

void CatalogBuilder::resolve_studies() {
    std::vector<std::string> ids;
    for (const auto& [id, study] : catalog_.studies) {
        ids.push_back(id);
    }
    for (auto& [id, workload] : catalog_.workloads) {
        const auto study = catalog_.studies.find(workload.study);
        if (study != catalog_.studies.end()) {
            workload.paper = study->second.paper;
        } else if (!workload.study.empty()) { // else a fault already
            add_fault(workload.origin, workload.study, "study '" + workload.study + "'",
                      expected_names(workload.study, ids));
        }
        if (catalog_.studies.contains(id)) {
            add_fault(workload.origin, id, "a workload with the name of study '" + id + "'",
                      "another name: a study's stands for all its workloads");
        }
    }
}

void CatalogBuilder::resolve_labels() {
    std::vector<std::string> with_own_labels;
    for (const auto& [id, spec] : catalog_.data_sets) {
        if (!spec.labels.empty()) {
            with_own_labels.push_back(id);
        }
    }
    for (auto& [id, spec] : catalog_.data_sets) {
        const std::string& other = links_[id].labels_of;
        if (other.empty()) {
            continue;
        }
        if (std::find(with_own_labels.begin(), with_own_labels.end(), other) == with_own_labels.end()) {
            add_fault(spec.origin, other,
                      "labels_of '" + other + "', which is no data set with labels of its own",
                      expected_names(other, with_own_labels));
            continue;
        }
        spec.labels = catalog_.data_sets.at(other).labels;
    }
}

void CatalogBuilder::resolve_members() {
    for (auto& [id, spec] : catalog_.data_sets) {
        std::vector<std::vector<std::string>> lists;
        for (const std::string& member : spec.members) {
            const auto found = catalog_.data_sets.find(member);
            if (found != catalog_.data_sets.end()) { // others are check_references' business
                lists.push_back(found->second.labels);
                spec.train_images += found->second.train_images;
                spec.test_images += found->second.test_images;
            }
        }
        spec.labels = lists.empty() ? spec.labels : common_labels(lists);
        const bool all_have_labels =
            lists.size() == spec.members.size() &&
            std::none_of(lists.begin(), lists.end(), [](const auto& list) { return list.empty(); });
        if (spec.is_superset() && spec.labels.empty() && all_have_labels) {
            add_fault(spec.origin, id, "members of '" + id + "' without a common label", "at least one");
        }
    }
}

// What the base has and the profile does not say itself.
void inherit(ProfileSpec& profile, const ProfileSpec& base, ProfileLinks& links) {
    profile.networks.insert(base.networks.begin(), base.networks.end());
    profile.data_sets.insert(base.data_sets.begin(), base.data_sets.end());
    profile.recipes.insert(base.recipes.begin(), base.recipes.end());
    profile.world_seed = profile.world_seed == 0 ? base.world_seed : profile.world_seed;
    profile.train_limit = profile.train_limit ? profile.train_limit : base.train_limit;
    profile.test_limit = profile.test_limit ? profile.test_limit : base.test_limit;
    profile.most_parents = profile.most_parents ? profile.most_parents : base.most_parents;
    profile.system = profile.system.empty() ? base.system : profile.system;
    profile.recorded_baseline =
        links.has_recorded_baseline ? profile.recorded_baseline : base.recorded_baseline;
    profile.network_gigamacs_per_second.insert(base.network_gigamacs_per_second.begin(),
                                               base.network_gigamacs_per_second.end());
    profile.gigamacs_per_second =
        links.has_throughput ? profile.gigamacs_per_second : base.gigamacs_per_second;
}

// Bases first. `path`: the profiles that are waiting for this one.
void CatalogBuilder::extend(const std::string& id, std::vector<std::string> path) {
    ProfileSpec& profile = catalog_.profiles.at(id);
    ProfileLinks& links = profile_links_[id];
    const std::string base = std::exchange(links.extends, "");
    if (base.empty()) {
        return;
    }
    path.push_back(id);
    const auto fault = [&](const std::string& found, const std::string& expected) {
        issues_.faults.add({.where = links.extends_origin.text(),
                            .found = "extends '" + base + "', which " + found,
                            .expected = expected,
                            .fix = ""});
    };
    if (std::find(path.begin(), path.end(), base) != path.end()) {
        return fault("extends this profile in turn", "a profile that stands on its own");
    }
    if (!catalog_.profiles.contains(base)) {
        std::vector<std::string> valid;
        for (const auto& [name, spec] : catalog_.profiles) {
            valid.push_back(name);
        }
        return fault("is defined nowhere", expected_names(base, valid));
    }
    extend(base, path);
    inherit(profile, catalog_.profiles.at(base), links);
}

void CatalogBuilder::resolve_profiles() {
    for (const auto& [id, profile] : catalog_.profiles) {
        extend(id, {});
    }
}

// A name that is used twice is one fault, not two.
FaultList without_doubles(const FaultList& faults) {
    FaultList kept;
    std::set<std::string> seen;
    for (const Fault& fault : faults.faults()) {
        if (seen.insert(to_string(fault)).second) {
            kept.add(fault);
        }
    }
    return kept;
}

Catalog CatalogBuilder::finish() {
    resolve_studies();
    resolve_labels();
    resolve_members();
    resolve_profiles();
    resolve_views(catalog_.workloads, issues_);
    check_references(catalog_, issues_);
    check_weights(catalog_, issues_);
    without_doubles(issues_.faults).throw_if_any(ErrorKind::usage, 1);
    return std::move(catalog_);
}

std::map<std::string, LayoutSpec> CatalogBuilder::finish_layouts() {
    issues_.faults.throw_if_any(ErrorKind::usage, 1);
    return std::move(catalog_.layouts);
}

} // namespace

std::map<std::string, LayoutSpec> load_layouts(const fs::path& root) {
    CatalogBuilder builder(root.has_filename() ? root : root.parent_path());
    builder.read(root / "datasets/layouts.toml");
    return builder.finish_layouts();
}

const LayoutSpec* layout_of(const std::map<std::string, LayoutSpec>& layouts, const std::string& data_set) {
    for (const auto& [id, layout] : layouts) {
        if (std::find(layout.data_sets.begin(), layout.data_sets.end(), data_set) != layout.data_sets.end()) {
            return &layout;
        }
    }
    return nullptr;
}

Catalog load_catalog(const fs::path& root) {
    std::error_code error;
    std::vector<fs::path> paths;
    for (fs::recursive_directory_iterator entry(root, error), end; !error && entry != end;
         entry.increment(error)) {
        const fs::path& path = entry->path();
        const bool is_hidden = path.filename().string().starts_with('.'); // editors' locks and copies
        if (path.extension() == ".toml" && !is_hidden && !fs::is_directory(path)) {
            paths.push_back(path);
        }
    }
    if (error || paths.empty()) {
        throw Error(ErrorKind::usage, Fault{.where = root.string(),
                                            .found = error ? error.message() : "no *.toml file",
                                            .expected = "the folder with the workloads' declarations",
                                            .fix = "set TRANSFERSCALE_WORKLOADS to it"});
    }
    std::sort(paths.begin(), paths.end());
    CatalogBuilder builder(root.has_filename() ? root : root.parent_path());
    for (const fs::path& path : paths) {
        builder.read(path);
    }
    return builder.finish();
}

fs::path default_catalog_root() {
    const char* named = std::getenv("TRANSFERSCALE_WORKLOADS");
    return named != nullptr && *named != '\0' ? fs::path(named) : fs::path(TRANSFERSCALE_WORKLOADS_DIR);
}

void throw_unknown_name(std::string_view kind, const std::string& name,
                        const std::vector<std::string>& valid) {
    const std::vector<std::string> nearest = nearest_names(name, valid, 1);
    throw Error(ErrorKind::usage, Fault{.where = std::string(kind),
                                        .found = "'" + name + "'",
                                        .expected = expected_names(name, valid),
                                        .fix = nearest.empty() ? "" : "use " + nearest.front()});
}

std::vector<std::string> common_labels(const std::vector<std::vector<std::string>>& lists) {
    std::vector<std::string> common = lists.empty() ? std::vector<std::string>{} : lists.front();
    std::sort(common.begin(), common.end());
    for (const auto& list : lists) {
        std::vector<std::string> sorted = list;
        std::sort(sorted.begin(), sorted.end());
        std::vector<std::string> kept;
        std::set_intersection(common.begin(), common.end(), sorted.begin(), sorted.end(),
                              std::back_inserter(kept));
        common = std::move(kept);
    }
    return common;
}

} // namespace suite::plan
