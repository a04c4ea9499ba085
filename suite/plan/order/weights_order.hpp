// What transferscale asks of transferscale-worker besides runs: forward passes and conversions of weights, as
// arguments of the program.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace suite::plan {

enum class WeightsTask {
    infer,          ///< images through a network with these weights -> logits
    import_weights, ///< official .npz -> checkpoint file
    export_weights, ///< checkpoint file, or that of a run in a store -> official .npz
};

/// Paths are empty where a task or the caller does without.
struct WeightsOrder {
    WeightsTask task = WeightsTask::infer;
    std::string model;       ///< id of a declared network
    std::size_t classes = 0; ///< export: 0 = as many as the checkpoint has
    std::string weights;     ///< .npz or checkpoint file
    std::string images;      ///< infer: .npy
    std::string out;         ///< infer: .npy; import: checkpoint; export: .npz
    std::string store;       ///< import: also keeps the checkpoint there; export: holds the run's
    std::string run;         ///< export: key of the run whose checkpoint is meant
    bool zero_head = false;  ///< import: a head of zeros instead of the file's
    bool json = false;
    bool quiet = false;
    [[nodiscard]] bool operator==(const WeightsOrder&) const = default;
};

/// "infer", "model=R50x1", … and back. from throws Error(environment): the peer is another program or
/// version.
[[nodiscard]] std::vector<std::string> to_arguments(const WeightsOrder& order);
[[nodiscard]] WeightsOrder weights_order_from_arguments(std::span<const std::string> arguments);

} // namespace suite::plan
