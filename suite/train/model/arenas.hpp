// A network's numbers in flat float32 arenas on one device. Private to suite/train.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "suite/train/model/kernels.hpp"

namespace suite::train {

enum class Pass {
    training,  ///< keeps what the backward pass needs
    inference, ///< keeps nothing
};

/// Weights, gradients and buffers of one network, dense, in the order of the layout; beside them the
/// standardised weights, which passes use in the place of the raw ones.
///
/// The gradient arena has, behind the parameters, one element for each of the buffers: what the passes of a
/// step saw of batch statistics, each micro-batch by its share of the step. So statistics are summed over
/// micro-batches and ranks as gradients are, and do not depend on the number of ranks.
///
/// For inference there are no gradients, and prepare() standardises the weights where they stand: once after
/// they were written whole.
class Arenas {
public:
    Arenas(plan::NetworkLayout layout, at::Device device, Pass purpose, const KernelMaker& make_kernels);

    [[nodiscard]] const plan::NetworkLayout& layout() const noexcept { return layout_; }
    [[nodiscard]] Pass purpose() const noexcept { return purpose_; }
    [[nodiscard]] Kernels& kernels() const noexcept { return *kernels_; }
    /// Rows of every tensor of the layout; and kernels of this device for some of them.
    [[nodiscard]] const std::vector<TensorRows>& rows() const noexcept { return rows_; }
    [[nodiscard]] std::unique_ptr<Kernels> make_kernels(std::vector<TensorRows> rows) const {
        return make_kernels_(std::move(rows));
    }
    [[nodiscard]] const at::Tensor& weights() const noexcept { return weights_; }
    [[nodiscard]] const at::Tensor& buffers() const noexcept { return buffers_; }
    /// Parameters, then statistics; undefined for inference.
    [[nodiscard]] const at::Tensor& gradients() const noexcept { return gradients_; }

    /// What passes compute with: tensor `index` of the layout, standardised where it is to be.
    [[nodiscard]] at::Tensor value(std::size_t index) const;
    [[nodiscard]] at::Tensor gradient(std::size_t index) const;
    /// Of buffer `index` of the layout, and where its statistics are summed.
    [[nodiscard]] at::Tensor buffer(std::size_t index) const;
    [[nodiscard]] at::Tensor statistics(std::size_t index) const;

    /// To be called after weights() was written to, before a pass.
    void prepare();
    /// Turns the summed gradients of standardised weights in a slice of whole tensors into those of the raw
    /// ones (linear, so once a step).
    void finish_gradients(std::size_t offset, std::size_t count);
    /// running = (1 − momentum) running + momentum × the step's statistics.
    void update_buffers();

private:
    plan::NetworkLayout layout_;
    Pass purpose_;
    std::vector<TensorRows> rows_;
    KernelMaker make_kernels_;
    std::unique_ptr<Kernels> kernels_;
    at::Tensor weights_;
    at::Tensor gradients_;
    at::Tensor buffers_;
    at::Tensor packed_;     ///< standardised weights, each tensor on a memory line of its own
    at::Tensor inverse_sd_; ///< 1 / standard deviation of each standardised row
    double epsilon_ = 0.0;  ///< of standardisation

    void make_rows();
    void standardise_in_place();
};

} // namespace suite::train
