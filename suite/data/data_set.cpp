#include "suite/data/data_set.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "suite/base/error.hpp"
#include "suite/data/on_disk/fashion_mnist.hpp"
#include "suite/data/on_disk/set.hpp"
#include "suite/data/phantom/natural_phantom.hpp"
#include "suite/data/phantom/xray_phantom.hpp"
#include "suite/data/subset/superset.hpp"
#include "suite/plan/declare/catalog.hpp"

namespace suite::data {
namespace {

std::string absence_of_published(const plan::DataSetSpec& spec, const OpenOptions& options) {
    if (options.root.empty()) {
        return fmt::format("data set {} not found at any data root (TRANSFERSCALE_DATA is not set)", spec.id);
    }
    const PublishedPlace place = find_published(spec, options.root, plan::default_catalog_root());
    return place.folder.empty() ? fmt::format("data set {} not found at {}", spec.id, place.wanted.string())
                                : std::string();
}

/// Why a set that is there cannot be opened, as far as names tell; empty when nothing is lacking.
std::string shortage_of_published(const plan::DataSetSpec& spec, const OpenOptions& options) {
    const PublishedPlace place = find_published(spec, options.root, plan::default_catalog_root());
    const std::vector<Fault> lacking = what_is_lacking(place);
    if (lacking.empty()) {
        return {};
    }
    const std::string more =
        lacking.size() == 1 ? ""
                            : fmt::format(" (and {} more: `data check {}`)", lacking.size() - 1, spec.id);
    return fmt::format("data set {} cannot be used: {}{}", spec.id, to_string(lacking.front()), more);
}

std::string absence_of_one(const plan::DataSetSpec& spec, const OpenOptions& options) {
    if (spec.reader == plan::Reader::published) {
        return absence_of_published(spec, options);
    }
    if (spec.reader == plan::Reader::fashion_mnist) {
        const std::filesystem::path folder = fashion_mnist_folder(options.root);
        const bool has_any = std::ranges::any_of(fashion_mnist_files, [&folder](const std::string_view file) {
            std::error_code ignored;
            return std::filesystem::exists(folder / file, ignored);
        });
        if (!has_any) { // an incomplete folder is a fault of the data, which opening reports
            return fmt::format("data set {} not found at {}: install the package dataset-fashion-mnist",
                               spec.id, folder.string());
        }
    }
    return {};
}

std::string reason_of_one(const plan::DataSetSpec& spec, const OpenOptions& options) {
    std::string reason = absence_of_one(spec, options);
    return reason.empty() && spec.reader == plan::Reader::published ? shortage_of_published(spec, options)
                                                                    : reason;
}

/// The reasons of a set, or of its members, one after the other.
std::string joined_reasons(const plan::DataConfig& config, const OpenOptions& options,
                           std::string (*reason_of)(const plan::DataSetSpec&, const OpenOptions&)) {
    if (config.members.empty()) {
        return reason_of(config.set, options);
    }
    std::string reasons;
    for (const plan::DataSetSpec& member : config.members) {
        const std::string reason = reason_of(member, options);
        if (!reason.empty()) {
            reasons += (reasons.empty() ? "" : "; ") + reason;
        }
    }
    return reasons;
}

DataSet open_one(const plan::DataSetSpec& spec, const OpenOptions& options) {
    switch (spec.reader) {
    case plan::Reader::fashion_mnist:
        return open_fashion_mnist(spec, fashion_mnist_folder(options.root), published_fashion_mnist_hashes());
    case plan::Reader::phantom_natural:
        return generate_natural(spec);
    case plan::Reader::phantom_xray:
        return generate_xray(spec);
    case plan::Reader::published:
        break;
    }
    if (!options.root.empty()) {
        return open_published(spec, options.root, options.manifests);
    }
    throw Error(ErrorKind::data,
                Fault{.where = spec.id,
                      .found = absence_of_published(spec, options),
                      .expected = "its published files",
                      .fix = "name a data root, or use a profile with embedded data (laptop, smoke)"});
}

} // namespace

DataSet open_data_set(const plan::DataConfig& config, const OpenOptions& options) {
    if (config.members.empty()) {
        return open_one(config.set, options);
    }
    std::vector<DataSet> members;
    for (const plan::DataSetSpec& member : config.members) {
        members.push_back(open_one(member, options));
    }
    return concatenate(config.set.id, config.set.labels, std::move(members));
}

std::string absence_reason(const plan::DataConfig& config, const OpenOptions& options) {
    return joined_reasons(config, options, absence_of_one);
}

std::string unavailable_reason(const plan::DataConfig& config, const OpenOptions& options) {
    return joined_reasons(config, options, reason_of_one);
}

} // namespace suite::data
