#include "suite/worker/weights_file.hpp"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "suite/base/hash.hpp"
#include "suite/train/initialise.hpp"

namespace suite::worker {
namespace {

namespace fs = std::filesystem;

bool is_npz(const fs::path& path) {
    std::error_code ignored;
    char head[2] = {};
    if (fs::is_regular_file(path, ignored)) {
        std::ifstream(path, std::ios::binary).read(head, sizeof(head));
    }
    return path.extension() == ".npz" || (head[0] == 'P' && head[1] == 'K');
}

void check_tensors_finite(const plan::NetworkLayout& layout, std::span<const float> weights,
                          const std::string& where) {
    FaultList faults;
    for (const plan::ParameterSpec& tensor : layout.tensors) {
        data::check_finite(weights.subspan(tensor.offset, tensor.elements()), 0, where + ": " + tensor.name,
                           faults);
    }
    faults.throw_if_any(ErrorKind::weights);
}

std::size_t outputs_of(const store::Checkpoint& checkpoint, const std::string& where) {
    const auto bias = std::ranges::find(checkpoint.tensors, "head.conv.bias", &NamedTensor::name);
    if (bias == checkpoint.tensors.end() || bias->shape.size() != 1 || bias->shape[0] < 1) {
        throw Error(ErrorKind::weights, Fault{.where = where + ": head.conv.bias",
                                              .found = "nothing, or no vector",
                                              .expected = "one value a class",
                                              .fix = "name another checkpoint"});
    }
    return static_cast<std::size_t>(bias->shape[0]);
}

} // namespace

store::Checkpoint checkpoint_of(const std::string& key, train::TrainedWeights weights) {
    return {.key = key,
            .tensors = std::move(weights.tensors),
            .values = std::move(weights.values),
            .arenas = std::move(weights.arenas),
            .step = weights.step};
}

store::Checkpoint checkpoint_of(const std::string& key, train::TrainingState state, std::string build) {
    store::CheckpointProgress progress{.images_seen = state.images_seen,
                                       .train_seconds = state.train_seconds,
                                       .build = std::move(build),
                                       .losses = {}};
    for (const train::LossPoint& point : state.losses) {
        progress.losses.push_back({.step = point.step, .loss = point.loss, .lr = point.lr});
    }
    if (state.loss_scale) {
        progress.loss_scale = {.scale = state.loss_scale->scale,
                               .good_steps = state.loss_scale->good_steps,
                               .skipped = state.loss_scale->skipped};
    }
    std::vector<float> weights = std::move(state.arenas.front().values);
    state.arenas.erase(state.arenas.begin());
    return {.key = key,
            .tensors = {},
            .values = std::move(weights),
            .arenas = std::move(state.arenas),
            .step = state.step,
            .progress = std::move(progress)};
}

std::optional<train::TrainingState> training_state_of(store::Checkpoint checkpoint,
                                                      const std::string& build) {
    if (!checkpoint.progress || checkpoint.progress->build != build) {
        return std::nullopt;
    }
    checkpoint.arenas.insert(checkpoint.arenas.begin(), {"weights", std::move(checkpoint.values)});
    train::TrainingState state{.step = checkpoint.step,
                               .arenas = std::move(checkpoint.arenas),
                               .losses = {},
                               .images_seen = checkpoint.progress->images_seen,
                               .train_seconds = checkpoint.progress->train_seconds};
    if (const auto& scale = checkpoint.progress->loss_scale) {
        state.loss_scale = {.scale = static_cast<float>(scale->scale),
                            .good_steps = scale->good_steps,
                            .skipped = scale->skipped};
    }
    for (const store::LossEntry& entry : checkpoint.progress->losses) {
        if (entry.step != static_cast<std::int64_t>(state.losses.size())) {
            throw Error(ErrorKind::weights,
                        Fault{.where = fmt::format("/losses, row {}", state.losses.size()),
                              .found = fmt::format("step {}", entry.step),
                              .expected = "one row a step, in order",
                              .fix = "run again: its run is repeated"});
        }
        state.losses.push_back({.step = entry.step, .loss = entry.loss, .lr = entry.lr});
    }
    return state;
}

train::TrainedWeights trained_weights_of(store::Checkpoint checkpoint) {
    return {.tensors = std::move(checkpoint.tensors),
            .values = std::move(checkpoint.values),
            .arenas = std::move(checkpoint.arenas),
            .step = checkpoint.step};
}

train::InferenceNetwork load_network(const plan::NetworkSpec& network, std::size_t outputs,
                                     const fs::path& weights) {
    if (is_npz(weights)) {
        const train::OfficialWeights official(weights, plan::network_layout(network, outputs),
                                              train::HeadSource::file);
        train::InferenceNetwork loaded(network, outputs);
        official.read(loaded.weights());
        loaded.prepare();
        return loaded;
    }
    const train::TrainedWeights trained = trained_weights_of(store::read_checkpoint(weights));
    train::InferenceNetwork loaded(network, outputs);
    train::copy_weights(loaded.layout(), trained, weights.string(), loaded.weights());
    check_tensors_finite(loaded.layout(), loaded.weights(), weights.string());
    loaded.prepare();
    return loaded;
}

store::Checkpoint import_official(const fs::path& npz, const plan::NetworkSpec& network, std::size_t outputs,
                                  train::HeadSource head) {
    const plan::NetworkLayout layout = plan::network_layout(network, outputs);
    const train::OfficialWeights official(npz, layout, head);
    train::TrainedWeights weights;
    weights.values.resize(layout.parameters);
    official.read(weights.values);
    for (const plan::ParameterSpec& tensor : layout.tensors) {
        weights.tensors.push_back({tensor.name, tensor.shape, tensor.offset});
    }
    const std::string key = sha256_hex(std::as_bytes(std::span(weights.values)));
    return checkpoint_of(key, std::move(weights));
}

void export_official(store::Checkpoint checkpoint, const std::string& where, const plan::NetworkSpec& network,
                     std::size_t outputs, const fs::path& npz) {
    const plan::NetworkLayout layout =
        plan::network_layout(network, outputs == 0 ? outputs_of(checkpoint, where) : outputs);
    const train::TrainedWeights trained = trained_weights_of(std::move(checkpoint));
    std::vector<float> weights(layout.parameters);
    train::copy_weights(layout, trained, where, weights);
    check_tensors_finite(layout, weights, where);
    train::write_official_weights(npz, layout, weights);
}

} // namespace suite::worker
