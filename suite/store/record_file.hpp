// The bytes of a record file (HDF5 1.10 behind a 512-byte user block):
//   /run          one row: key, status, kind, cell, seed, parent, images_seen, parameters, train_seconds,
//                 wall_seconds, weights_digest, schema
//   /timing       one row, may be absent: started_seconds (since 1970), data_seconds, evaluation_seconds,
//                 store_seconds
//   /metrics      name, split, value, unit, direction          /losses   step, loss, lr
//   /provenance   name, value (sorted by name)                 /failure  phase, kind, reason, step; if failed
//   /config       the canonical text                           /predictions/{scores, classes, label_matrix}
//   /outcomes/{metric, test_set, values}, may be absent
// Equal records give equal bytes. Missing numbers are NaN.
#pragma once

#include <string>
#include <string_view>

#include "suite/store/record.hpp"

namespace suite::store {

/// Records above this size are refused on both sides: predictions are kept only when small.
inline constexpr std::size_t longest_record_bytes = std::size_t{256} << 20;

/// True for 64 lower-case hexadecimal digits.
[[nodiscard]] bool is_run_key(std::string_view text) noexcept;

/// The whole file. Throws Error(store) naming everything that makes the record unfit: a key that is not
/// SHA-256 of the configuration, a NUL in a text, predictions whose sizes disagree, a status without its
/// failure or a failure without its status.
[[nodiscard]] std::string record_to_bytes(const RunRecord& record);

/// Inverse. Checks the size, the checksum, the schema, the content, and that the record's key is `key` and
/// SHA-256 of its configuration, in this order; throws Error(store) naming `where`. Safe on any bytes.
[[nodiscard]] RunRecord record_from_bytes(std::string_view bytes, std::string_view key,
                                          const std::string& where);

} // namespace suite::store
