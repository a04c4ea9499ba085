#include "suite/plan/declare/scaled_declarations.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "suite/plan/resolve.hpp"

namespace suite::plan {

ScaledDeclarations::ScaledDeclarations(const Catalog& catalog, const ProfileSpec& profile,
                                       const std::string& protocol)
    : catalog_(catalog), profile_(profile), protocol_(protocol_of(catalog, protocol)) {}

const NetworkSpec& ScaledDeclarations::network(const std::string& name) const {
    return find(catalog_.networks, mapped(profile_.networks, name), "network");
}

const RecipeSpec& ScaledDeclarations::recipe(const std::string& name) const {
    return find(catalog_.recipes, used_name(protocol_.recipes, profile_.recipes, name), "recipe");
}

const DataSetSpec& ScaledDeclarations::target(const std::string& name) const {
    return find(catalog_.data_sets, mapped(protocol_.targets, name), "data set");
}

const DataSetSpec& ScaledDeclarations::used_target(const std::string& name) const {
    return find(catalog_.data_sets, used_name(protocol_.targets, profile_.data_sets, name), "data set");
}

const DataSetSpec& ScaledDeclarations::used_set(const std::string& name) const {
    return find(catalog_.data_sets, mapped(profile_.data_sets, name), "data set");
}

DataSetSpec ScaledDeclarations::scaled(DataSetSpec spec, const RunLimits& limits) const {
    spec.train_images = std::min(spec.train_images, profile_.train_limit.value_or(spec.train_images));
    spec.test_images = std::min(spec.test_images, profile_.test_limit.value_or(spec.test_images));
    spec.world_seed = profile_.world_seed;
    return limited(std::move(spec), limits);
}

// A superset of published sets is the superset of their stand-ins, unless the profile maps it as a whole.
DataConfig ScaledDeclarations::data(const DataSetSpec& set, const RunLimits& limits) const {
    DataConfig config{.set = scaled(set, limits), .members = {}};
    if (!set.is_superset()) {
        return config;
    }
    std::vector<std::vector<std::string>> labels;
    config.set.train_images = 0;
    config.set.test_images = 0;
    config.set.members.clear();
    for (const std::string& member : set.members) {
        config.members.push_back(scaled(used_set(member), limits));
        const DataSetSpec& resolved = config.members.back();
        labels.push_back(resolved.labels);
        config.set.members.push_back(resolved.id);
        config.set.train_images += resolved.train_images;
        config.set.test_images += resolved.test_images;
        config.set.image_size = resolved.image_size;
        config.set.channels = resolved.channels;
    }
    config.set.labels = common_labels(labels);
    return config;
}

DataConfig resolve_data(const Catalog& catalog, const std::string& profile, const std::string& name) {
    const ScaledDeclarations declarations(catalog, find(catalog.profiles, profile, "profile"), as_run);
    return declarations.data(declarations.used_set(name), {});
}

} // namespace suite::plan
