#include "suite/plan/catalog.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "suite/base/files.hpp"
#include "suite/plan/declarations.hpp"

#ifndef TRANSFERSCALE_WORKLOADS_DIR
#error "the build names the workloads folder"
#endif

namespace suite::plan {
namespace {

namespace fs = std::filesystem;

// Collects declarations of all files; extends and labels_of are resolved when everything is known.
class CatalogBuilder {
public:
    explicit CatalogBuilder(const fs::path& root) { catalog_.root = root; }

    void read(const fs::path& path);
    Catalog finish();

private:
    template<typename Spec, typename ReadSpec>
    void read_kind(TomlReader& file, const char* kind, std::map<std::string, Spec>& specs,
                   ReadSpec read_spec);
    void resolve_labels();
    void resolve_members();
    void resolve_profiles();
    void extend(ProfileSpec& profile, std::size_t depth);

    Catalog catalog_;
    FaultList faults_;
    std::map<std::string, DataSetLinks> links_;
    std::map<std::string, std::string> extends_;
};

template<typename Spec, typename ReadSpec>
void CatalogBuilder::read_kind(TomlReader& file, const char* kind, std::map<std::string, Spec>& specs,
                               ReadSpec read_spec) {
    for (TomlReader& reader : file.tables(kind)) {
        Spec spec;
        spec.origin = reader.origin();
        reader.required("id", spec.id);
        read_spec(reader, spec);
        reader.finish();
        const auto [place, is_new] = specs.try_emplace(spec.id, spec);
        if (!is_new) {
            reader.add_fault(spec.origin, "a second " + std::string(kind) + " '" + spec.id + "'",
                             "one declaration; the first stands at " + place->second.origin.text(),
                             "rename one");
        }
    }
}

void CatalogBuilder::read(const fs::path& path) {
    const std::string name = (catalog_.root.filename() / fs::relative(path, catalog_.root)).string();
    toml::table table;
    try {
        table = toml::parse(read_file(path, ErrorKind::usage), name);
    } catch (const toml::parse_error& error) {
        const Origin origin{.file = name, .line = static_cast<int>(error.source().begin.line)};
        faults_.add({.where = origin.text(),
                     .found = std::string(error.description()),
                     .expected = "TOML",
                     .fix = ""});
        return;
    }
    TomlReader file(table, name, faults_);
    read_kind(file, "network", catalog_.networks, read_network);
    read_kind(file, "recipe", catalog_.recipes, read_recipe);
    read_kind(file, "system", catalog_.systems, read_system);
    read_kind(file, "data_set", catalog_.data_sets, [this](TomlReader& reader, DataSetSpec& spec) {
        read_data_set(reader, spec, links_[spec.id]);
    });
    read_kind(file, "profile", catalog_.profiles, [this](TomlReader& reader, ProfileSpec& spec) {
        read_profile(reader, spec, extends_[spec.id]);
    });
    read_kind(file, "workload", catalog_.workloads, [&path](TomlReader& reader, WorkloadSpec& spec) {
        read_workload(reader, spec);
        spec.folder = path.parent_path().string();
    });
    file.finish();
}

void CatalogBuilder::resolve_labels() {
    for (auto& [id, spec] : catalog_.data_sets) {
        const std::string& other = links_[id].labels_of;
        const auto found = catalog_.data_sets.find(other);
        if (other.empty()) {
            continue;
        }
        if (found == catalog_.data_sets.end() || found->second.labels.empty()) {
            faults_.add({.where = spec.origin.text(),
                         .found = "labels_of '" + other + "'",
                         .expected = "a data set with labels of its own",
                         .fix = ""});
            continue;
        }
        spec.labels = found->second.labels;
    }
}

void CatalogBuilder::resolve_members() {
    for (auto& [id, spec] : catalog_.data_sets) {
        std::vector<std::vector<std::string>> lists;
        for (const std::string& member : spec.members) {
            const auto found =
                catalog_.data_sets.find(member); // absent members are check_references' business
            if (found != catalog_.data_sets.end()) {
                lists.push_back(found->second.labels);
                spec.train_images += found->second.train_images;
                spec.test_images += found->second.test_images;
            }
        }
        if (!lists.empty()) {
            spec.labels = common_labels(lists);
        }
    }
}

void CatalogBuilder::extend(ProfileSpec& profile, std::size_t depth) {
    const std::string base_id = extends_[profile.id];
    const auto base = catalog_.profiles.find(base_id);
    if (base_id.empty()) {
        return;
    }
    if (base == catalog_.profiles.end() || depth > catalog_.profiles.size()) {
        faults_.add({.where = profile.origin.text(),
                     .found = "extends '" + base_id + "'",
                     .expected = "another profile that does not extend this one",
                     .fix = ""});
        return;
    }
    ProfileSpec resolved_base = base->second;
    extend(resolved_base, depth + 1);
    profile.networks.insert(resolved_base.networks.begin(), resolved_base.networks.end());
    profile.data_sets.insert(resolved_base.data_sets.begin(), resolved_base.data_sets.end());
    profile.recipes.insert(resolved_base.recipes.begin(), resolved_base.recipes.end());
    if (profile.world_seed == 0) {
        profile.world_seed = resolved_base.world_seed;
    }
}

void CatalogBuilder::resolve_profiles() {
    for (auto& [id, profile] : catalog_.profiles) {
        extend(profile, 0);
        extends_[id].clear();
    }
}

Catalog CatalogBuilder::finish() {
    resolve_labels();
    resolve_members();
    resolve_profiles();
    check_references(catalog_, faults_);
    faults_.throw_if_any(ErrorKind::usage, 1);
    return std::move(catalog_);
}

} // namespace

Catalog load_catalog(const fs::path& root) {
    std::error_code error;
    std::vector<fs::path> paths;
    for (fs::recursive_directory_iterator entry(root, error), end; !error && entry != end;
         entry.increment(error)) {
        if (entry->path().extension() == ".toml") {
            paths.push_back(entry->path());
        }
    }
    if (error || paths.empty()) {
        throw Error(ErrorKind::usage, Fault{.where = root.string(),
                                            .found = error ? error.message() : "no *.toml file",
                                            .expected = "the folder with the workloads' declarations",
                                            .fix = "set TRANSFERSCALE_WORKLOADS to it"});
    }
    std::sort(paths.begin(), paths.end());
    CatalogBuilder builder(root);
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
    throw Error(ErrorKind::usage, Fault{.where = std::string(kind),
                                        .found = "'" + name + "'",
                                        .expected = expected_names(name, valid),
                                        .fix = ""});
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
