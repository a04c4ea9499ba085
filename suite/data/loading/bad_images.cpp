#include "suite/data/loading/bad_images.hpp"

#include <fmt/format.h>

#include "suite/base/log.hpp"

namespace suite::data {

void BadImages::note(BadImage image) {
    const std::lock_guard lock(mutex_);
    const auto [entry, is_new] = images_.try_emplace(image.sample, std::move(image));
    if (is_new) {
        log_warning(heading_ + entry->second.reason);
    }
}

std::vector<BadImage> BadImages::list() const {
    const std::lock_guard lock(mutex_);
    std::vector<BadImage> list;
    for (const auto& [sample, image] : images_) {
        list.push_back(image);
    }
    return list;
}

Error with_sample(const Error& error, std::size_t sample) {
    std::vector<Fault> faults = error.faults();
    for (Fault& fault : faults) {
        fault.where = fmt::format("sample {}: {}", sample, fault.where);
    }
    return {error.kind(), std::move(faults)};
}

} // namespace suite::data
