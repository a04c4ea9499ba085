// What this process is told about loading images, and what it tells about them.
#pragma once

#include <string>
#include <vector>

#include "suite/data/data_set.hpp"
#include "suite/plan/order/work_message.hpp"
#include "suite/train/trainer.hpp"

namespace suite::worker {

/// How the trainer loads images under these options.
[[nodiscard]] train::LoadingHooks loading_of(const plan::WorkOptions& options);
/// Where published sets are looked for under these options.
[[nodiscard]] data::OpenOptions places_of(const plan::WorkOptions& options);

/// "2: images/a.jpg; images/b.jpg": how many, and the first 20 of them, for a record.
[[nodiscard]] std::string named_images(const std::vector<data::BadImage>& images);

/// Throws Error(data) for a set without test images, unless it is declared so and only pre-trained on.
void require_test_images(const plan::RunConfig& config, const data::DataSet& set);

} // namespace suite::worker
