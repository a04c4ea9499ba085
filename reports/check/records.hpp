// The records that a check reads: from a store, each file once, or out of a bundle.
#pragma once

#include <map>
#include <string>

#include "suite/store/store.hpp"

namespace reports {

/// Loss entries that are kept of a run: the first, the last and evenly spaced ones between.
inline constexpr std::size_t most_losses_kept = 33;

/// What is kept of a record that was read: thinned losses; of predictions only what each test image
/// contributed to the record's score on the test split.
enum class Keep {
    for_reports, ///< no configuration, no single steps of a scaling measurement
    for_bundles,
};

/// Keeps what it has read, so that several workloads, or a check and its bundle, read each file once.
class Records {
public:
    /// Reads from this store, which must outlive it.
    explicit Records(const suite::store::Store& store, Keep keep = Keep::for_reports)
        : store_(&store), keep_(keep) {}
    explicit Records(suite::store::Store&& store, Keep keep = Keep::for_reports) = delete;
    /// These and no others.
    explicit Records(std::map<std::string, suite::store::Lookup> kept) : kept_(std::move(kept)) {}

    /// As suite::store::Store::look_up; the reference stays valid.
    [[nodiscard]] const suite::store::Lookup& look_up(const std::string& key);
    /// Where this record lies, for messages.
    [[nodiscard]] std::string place(const std::string& key) const;

private:
    const suite::store::Store* store_ = nullptr;
    Keep keep_ = Keep::for_bundles;
    std::map<std::string, suite::store::Lookup> kept_;
};

} // namespace reports
