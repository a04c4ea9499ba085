// Checkpoint files: named tensors in one flat arena, further arenas beside it (the optimiser's momentum, the
// network's buffers, …), the step. HDF5 1.10 behind the same 512-byte user block as records, SHA-256 of all
// that follows:
//   /checkpoint  one row: key, step, values, momentum, schema (elements of the datasets of these names)
//   /values      float32, flat: the weights
//   /tensors     name, shape ("64,3,7,7"; empty: a scalar), offset (elements)
//   /momentum    float32, flat; empty where there is none
//   /arenas      name, elements of the others, each a dataset of its name under /arena; only where there are
// and of a run that is not done:
//   /progress    one row: images_seen, train_seconds, build        /losses   step, loss, lr
//   /loss_scale  one row: scale, good_steps, skipped; only of runs in float16
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "suite/base/arena.hpp"
#include "suite/base/files.hpp"
#include "suite/store/record.hpp"

namespace suite::store {

inline constexpr int checkpoint_schema = 1;

/// Where the dynamic scale of the loss stands.
struct LossScaleEntry {
    double scale = 0.0;
    std::int64_t good_steps = 0; ///< since its last change
    std::int64_t skipped = 0;    ///< steps left out
    [[nodiscard]] bool operator==(const LossScaleEntry&) const = default;
};

/// What a run that is not done needs besides, to go on.
struct CheckpointProgress {
    std::int64_t images_seen = 0;
    double train_seconds = 0.0;
    std::string build; ///< of the program that made it
    std::vector<LossEntry> losses;
    std::optional<LossScaleEntry> loss_scale{};
};

struct Checkpoint {
    std::string key;                  ///< of the run that made it
    std::vector<NamedTensor> tensors; ///< of values
    std::vector<float> values;        ///< the weights
    std::vector<NamedArena> arenas;   ///< "momentum" is as long as values, others as long as they are
    std::int64_t step = 0;
    std::optional<CheckpointProgress> progress{};
};

/// Writes the file whole or not at all, replacing an older one; makes the folder. Memory: none of the arenas
/// is copied. Throws Error(weights) when it cannot be written, or when a tensor's name is empty or twice, its
/// shape leaves the arena, an arena's name is empty, twice or a path, or the momentum's length differs (all
/// such faults at once).
void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint,
                      Durability durability = Durability::fsync);

/// Throws Error(weights) on a missing, damaged, foreign or newer file, or one of another key.
[[nodiscard]] Checkpoint read_checkpoint(const std::filesystem::path& path, std::string_view key);
/// The same, whatever its key.
[[nodiscard]] Checkpoint read_checkpoint(const std::filesystem::path& path);

} // namespace suite::store
