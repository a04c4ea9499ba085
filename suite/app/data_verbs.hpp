// The parts of `transferscale data`.
#pragma once

#include <filesystem>
#include <string>

#include "suite/app/verbs.hpp"
#include "suite/data/on_disk/set.hpp"
#include "suite/plan/declare/catalog.hpp"

namespace suite::app {

void add_data_check(Dispatcher& dispatcher, CLI::App* data);
void add_data_pack(Dispatcher& dispatcher, CLI::App* data);

/// --root, or TRANSFERSCALE_DATA; Error(usage) when neither is set.
[[nodiscard]] std::filesystem::path data_root_or_throw(const std::filesystem::path& root);
/// The set's folder below the root or the root itself; Error(data) that says where it was looked for and
/// where the set is obtained when there is none.
[[nodiscard]] data::PublishedPlace place_or_throw(const plan::Catalog& catalog, const plan::DataSetSpec& spec,
                                                  const std::filesystem::path& root);
/// As declared for the paper profile, without limits; "mimic" is "mimic-cxr".
[[nodiscard]] plan::DataConfig declared_data(const plan::Catalog& catalog, const std::string& name);

/// "NAME: 12,000 of 160,709 images, about 40 s left" on stderr, from when work begins.
class ImageProgress {
public:
    explicit ImageProgress(std::string name);
    void operator()(std::size_t done, std::size_t total) const;

private:
    std::string name_;
    double started_seconds_;
};

} // namespace suite::app
