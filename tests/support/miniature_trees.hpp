// Every published data set in its true layout and encodings, tiny, from phantoms; and what is odd about real
// copies, one thing at a time. The same call writes the same bytes.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace suite::testing {

struct MiniatureOptions {
    int side = 72; ///< of the phantoms, pixels; images are that wide or high, or a little less
    int scale = 1; ///< times the images
};

/// Names of the sets, as their folders below a data root.
[[nodiscard]] std::span<const std::string_view> miniature_sets();
/// Writes one clean set below ROOT/NAME.
void write_miniature(const std::filesystem::path& root, std::string_view set,
                     const MiniatureOptions& options = {});
void write_miniatures(const std::filesystem::path& root, const MiniatureOptions& options = {});

/// One thing that is odd about a copy of a data set.
struct Oddity {
    std::string_view name;
    std::string_view set;   ///< miniature that it is done to
    bool is_fault = false;  ///< otherwise the set can be used all the same
    std::string_view words; ///< of the message, or the oddity that `data check` counts
    void (*apply)(const std::filesystem::path& folder); ///< to ROOT/SET, which is clean
};
[[nodiscard]] std::span<const Oddity> oddities();

} // namespace suite::testing
