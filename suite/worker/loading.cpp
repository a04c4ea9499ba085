#include "suite/worker/loading.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/base/error.hpp"
#include "suite/store/manifest_file.hpp"

namespace suite::worker {
namespace {

constexpr std::size_t most_named_images = 20;

} // namespace

train::LoadingHooks loading_of(const plan::WorkOptions& options) {
    train::LoadingHooks hooks;
    hooks.workers = options.loader_workers;
    hooks.on_bad_image = options.skips_bad_images ? data::BadImagePolicy::skip : data::BadImagePolicy::stop;
    return hooks;
}

data::OpenOptions places_of(const plan::WorkOptions& options) {
    data::OpenOptions places{.root = options.data_root};
    if (!options.manifests.empty()) {
        places.manifests = store::manifest_cache(options.manifests);
    }
    return places;
}

std::string named_images(const std::vector<data::BadImage>& images) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(images.size(), most_named_images); ++i) {
        names.push_back(images[i].name);
    }
    return fmt::format("{}: {}{}", images.size(), fmt::join(names, "; "),
                       images.size() > names.size() ? "; …" : "");
}

void require_test_images(const plan::RunConfig& config, const data::DataSet& set) {
    const bool may_lack = config.kind == plan::RunKind::pretrain && config.data.set.test_images == 0;
    if (set.test.size() == 0 && !may_lack) {
        throw Error(ErrorKind::data,
                    Fault{.where = set.id,
                          .found = "no test images",
                          .expected = fmt::format("{}", config.data.set.test_images),
                          .fix = fmt::format("see what `transferscale data check {}` finds", set.id)});
    }
}

} // namespace suite::worker
