#include "reports/records.hpp"

namespace reports {
namespace {

using suite::store::Lookup;
using suite::store::LossEntry;

std::vector<LossEntry> thinned(const std::vector<LossEntry>& losses, std::size_t count) {
    if (losses.size() <= count) {
        return losses;
    }
    std::vector<LossEntry> kept;
    for (std::size_t i = 0; i < count; ++i) {
        kept.push_back(losses[i * (losses.size() - 1) / (count - 1)]);
    }
    return kept;
}

void strip(suite::store::RunRecord& record, Keep keep) {
    record.predictions.reset();
    record.losses = thinned(record.losses, most_losses_kept);
    if (keep == Keep::for_reports) {
        if (record.scaling) {
            record.scaling->steps.clear();
        }
        record.config.clear();
        record.config.shrink_to_fit();
    }
}

} // namespace

const Lookup& Records::look_up(const std::string& key) {
    const auto found = kept_.find(key);
    if (found != kept_.end()) {
        return found->second;
    }
    Lookup& lookup = kept_[key];
    if (store_ != nullptr) {
        lookup = store_->look_up(key);
        if (lookup.record) {
            strip(*lookup.record, keep_);
        }
    }
    return lookup;
}

std::string Records::place(const std::string& key) const {
    return store_ == nullptr ? "record " + key : store_->record_path(key).string();
}

} // namespace reports
