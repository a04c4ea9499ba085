#include "suite/worker/executor.hpp"

namespace suite::worker {
namespace {

std::size_t bytes_of(const data::DataSet& set) {
    const auto labels = [](const data::Labels& l) { return l.matrix.size() * 4 + l.classes.size() * 8; };
    return set.train.images.pixels.size() + set.test.images.pixels.size() + labels(set.train.labels) +
           labels(set.test.labels);
}

} // namespace

std::shared_ptr<const data::DataSet> DataCache::open(const plan::DataConfig& config,
                                                     const data::OpenOptions& places) {
    const std::string text = canonical_text(config) + places.root.string();
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
        if (entry->text == text) {
            entries_.splice(entries_.begin(), entries_, entry);
            return entries_.front().data_set;
        }
    }
    entries_.push_front({text, std::make_shared<const data::DataSet>(data::open_data_set(config, places))});
    std::size_t bytes = 0;
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        bytes += bytes_of(*entry->data_set);
        entry = bytes > limit_bytes_ && entry != entries_.begin() ? entries_.erase(entry) : std::next(entry);
    }
    return entries_.front().data_set;
}

} // namespace suite::worker
