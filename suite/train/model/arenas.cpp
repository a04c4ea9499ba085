#include "suite/train/model/arenas.hpp"

#include <cassert>

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

namespace suite::train {
namespace {

std::int64_t on_lines(std::size_t count) {
    constexpr std::size_t line = 128 / sizeof(float); // a transaction of device memory, two of the host
    return static_cast<std::int64_t>((count + line - 1) / line * line);
}

at::Tensor view_of(const at::Tensor& arena, std::int64_t offset, const plan::TensorPlace& tensor) {
    return arena.narrow(0, offset, static_cast<std::int64_t>(tensor.elements())).view(tensor.shape);
}

std::int64_t signed_size(std::size_t count) {
    return static_cast<std::int64_t>(count);
}

} // namespace

Arenas::Arenas(plan::NetworkLayout layout, at::Device device, Pass purpose, const KernelMaker& make_kernels)
    : layout_(std::move(layout)), purpose_(purpose), make_kernels_(make_kernels) {
    make_rows();
    const auto floats = at::TensorOptions(at::kFloat).device(device);
    weights_ = at::zeros({signed_size(layout_.parameters)}, floats);
    buffers_ = at::empty({signed_size(layout_.buffer_elements)}, floats);
    for (std::size_t i = 0; i < layout_.buffers.size(); ++i) {
        buffer(i).fill_(layout_.buffers[i].initial);
    }
    kernels_ = make_kernels(rows_);
    if (purpose_ == Pass::inference) {
        return;
    }
    gradients_ = at::zeros({signed_size(layout_.parameters + layout_.buffer_elements)}, floats);
    std::int64_t packed = 0;
    std::int64_t rows = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        if (rows_[i].packed >= 0) {
            packed += on_lines(layout_.tensors[i].elements());
            rows += rows_[i].rows;
        }
    }
    packed_ = at::zeros({packed}, floats);
    inverse_sd_ = at::zeros({rows}, floats);
}

void Arenas::make_rows() {
    std::int64_t packed = 0;
    std::int64_t rows = 0;
    for (const plan::ParameterSpec& tensor : layout_.tensors) {
        rows_.push_back({.offset = signed_size(tensor.offset),
                         .packed = tensor.standardised ? packed : -1,
                         .rows = signed_size(tensor.rows()),
                         .row_length = signed_size(tensor.elements() / tensor.rows()),
                         .first_standardised_row = rows});
        if (tensor.standardised) {
            packed += on_lines(tensor.elements());
            rows += rows_.back().rows;
            const double epsilon = layout_.network.layers[tensor.layer].epsilon;
            assert((epsilon_ == 0.0 || epsilon_ == epsilon) && "one epsilon a network");
            epsilon_ = epsilon;
        }
    }
}

at::Tensor Arenas::value(std::size_t index) const {
    const plan::ParameterSpec& tensor = layout_.tensors[index];
    return tensor.standardised && purpose_ == Pass::training ? view_of(packed_, rows_[index].packed, tensor)
                                                             : view_of(weights_, rows_[index].offset, tensor);
}

at::Tensor Arenas::gradient(std::size_t index) const {
    return view_of(gradients_, rows_[index].offset, layout_.tensors[index]);
}

at::Tensor Arenas::buffer(std::size_t index) const {
    return view_of(buffers_, signed_size(layout_.buffers[index].offset), layout_.buffers[index]);
}

at::Tensor Arenas::statistics(std::size_t index) const {
    const plan::BufferSpec& buffer = layout_.buffers[index];
    return view_of(gradients_, signed_size(layout_.parameters + buffer.offset), buffer);
}

void Arenas::prepare() {
    if (inverse_sd_.defined() && inverse_sd_.numel() > 0) {
        kernels_->standardise(weights_, epsilon_, packed_, inverse_sd_);
    } else if (purpose_ == Pass::inference) {
        standardise_in_place();
    }
}

/// Tensor by tensor through room of its size: the kernels do not work in place.
void Arenas::standardise_in_place() {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        if (rows_[i].packed < 0) {
            continue;
        }
        TensorRows alone = rows_[i];
        alone.offset = alone.packed = alone.first_standardised_row = 0;
        const at::Tensor weight = weights_.narrow(0, rows_[i].offset, alone.rows * alone.row_length);
        const at::Tensor raw = weight.clone();
        const at::Tensor inverse_sd = at::empty({alone.rows}, weights_.options());
        make_kernels_({alone})->standardise(raw, epsilon_, weight, inverse_sd);
    }
}

void Arenas::finish_gradients(std::size_t offset, std::size_t count) {
    kernels_->unstandardise(signed_size(offset), signed_size(offset + count), gradients_, packed_,
                            inverse_sd_);
}

void Arenas::update_buffers() {
    for (std::size_t i = 0; i < layout_.buffers.size(); ++i) {
        const double momentum = layout_.network.layers[layout_.buffers[i].layer].momentum;
        buffer(i).mul_(1.0 - momentum).add_(statistics(i), momentum);
    }
}

} // namespace suite::train
