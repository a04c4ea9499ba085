// Official BiT weights (.npz): names, shapes and axes of paper.md#weight-files, both ways.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "suite/data/formats/npz.hpp"
#include "suite/plan/network/layout.hpp"

namespace suite::train {

/// A parameter as the official files have it.
struct OfficialTensor {
    std::string key;                ///< "resnet/block1/unit01/a/standardized_conv2d/kernel"
    std::vector<std::size_t> shape; ///< HWIO, or one length
};

/// One for each tensor of the layout, in its order.
[[nodiscard]] std::vector<OfficialTensor> official_tensors(const plan::NetworkLayout& layout);

/// Kernels between the official files' axes (HWIO) and ours (OIHW); other tensors are copied as they stand.
/// Both spans have tensor.elements() values.
void from_official(const plan::ParameterSpec& tensor, std::span<const float> official, std::span<float> ours);
void to_official(const plan::ParameterSpec& tensor, std::span<const float> ours, std::span<float> official);

/// Where the head's convolution comes from.
enum class HeadSource {
    file, ///< must be of the layout's size
    zero, ///< zeros, whatever head the file has, or none
};

/// A file that was found to fit a network.
class OfficialWeights {
public:
    /// Reads directory and headers only. Throws Error(weights) with all faults at once, each naming its key:
    /// those of data::NpzFile, every missing, extra or misshapen one.
    OfficialWeights(const std::filesystem::path& npz, const plan::NetworkLayout& layout, HeadSource head);

    /// Fills a whole arena of the layout. Memory besides: one tensor. Throws Error(weights) naming every
    /// tensor that is damaged or not finite.
    void read(std::span<float> weights) const;

private:
    struct Match {
        std::size_t tensor = 0; ///< of the layout
        const data::NpzEntry* entry = nullptr;
    };
    plan::NetworkLayout layout_;
    FaultList file_faults_; ///< before file_, whose constructor adds to it
    data::NpzFile file_;
    std::vector<Match> matches_;
};

/// Writes the arena as an official file (stored, the same bytes for the same weights).
/// Throws Error(weights).
void write_official_weights(const std::filesystem::path& npz, const plan::NetworkLayout& layout,
                            std::span<const float> weights);

} // namespace suite::train
