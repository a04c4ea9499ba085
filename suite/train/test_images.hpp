// The test part looked at before training, so that no run trains for hours and then cannot be evaluated.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "suite/data/loading/bad_images.hpp"
#include "suite/dist/communicator.hpp"
#include "suite/train/trainer.hpp"

namespace suite::train {

struct TestImages {
    std::vector<data::BadImage> skipped;    ///< cannot be read, in the order of the split
    std::vector<data::BadImage> incomplete; ///< are used though their data end early
};

/// Collective: the ranks share the images and return the same lists. Reads every image of a test part behind
/// a source once, as evaluation will: about what loading them for the evaluation costs, so that both policies
/// know all of them before the first step. Nothing to do where the configuration measures scaling, or images
/// are in memory.
///
/// Throws Error(data) with the first twenty bad images and their number when the policy is to stop, or when
/// none is left; Error(interrupted).
[[nodiscard]] TestImages check_test_images(const plan::RunConfig& config, const data::DataSet& data_set,
                                           const LoadingHooks& loading,
                                           const std::function<bool()>& stop_requested,
                                           dist::Communicator& communicator);

/// The data set with the skipped images left out of its test part; itself where there are none.
[[nodiscard]] std::shared_ptr<const data::DataSet>
without_skipped(std::shared_ptr<const data::DataSet> data_set, const TestImages& images);

/// Collective: every rank's images of this split in its order, no duplicates. Names are those of the source;
/// the reasons of other ranks' images are in their logs.
[[nodiscard]] std::vector<data::BadImage> images_of_all_ranks(std::vector<data::BadImage> own,
                                                              const data::Split& split,
                                                              dist::Communicator& communicator);

} // namespace suite::train
