// What this process is told about loading images, and what it tells about them.
#pragma once

#include <string>
#include <vector>

#include "suite/train/trainer.hpp"

namespace suite::worker {

/// TRANSFERSCALE_LOADER_WORKERS (threads of a rank, 0 to 256) and TRANSFERSCALE_ON_BAD_IMAGE (stop or skip),
/// which `transferscale run` sets. Throws Error(usage) naming both when both are wrong.
[[nodiscard]] train::LoadingHooks loading_from_environment();

/// "2: images/a.jpg; images/b.jpg": how many, and the first 20 of them, for a record.
[[nodiscard]] std::string named_images(const std::vector<data::BadImage>& images);

/// Throws Error(data) for a set without test images, unless it is declared so and only pre-trained on.
void require_test_images(const plan::RunConfig& config, const data::DataSet& set);

} // namespace suite::worker
