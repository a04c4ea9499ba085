#include "suite/train/reduce/gradient_arena.hpp"

#include <cassert>

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/linalg_vector_norm.h>

#include "suite/train/tensors.hpp"

namespace suite::train {
namespace {

at::Tensor part(const at::Tensor& arena, std::size_t offset, std::size_t count) {
    return arena.narrow(0, static_cast<std::int64_t>(offset), static_cast<std::int64_t>(count));
}

at::Tensor part(const at::Tensor& arena, const Slice& slice) {
    return part(arena, slice.offset, slice.count);
}

} // namespace

struct GradientArena::Tensors {
    at::Tensor values;
    std::vector<at::Tensor> stack{}; ///< its tensors stay when they are dropped
    std::size_t stacked = 0;
    at::Tensor exchanged{};
    std::size_t largest_exchange = 0;
    at::Tensor wire{};
    at::Tensor copy{};

    const at::Tensor& wire_of(dist::Element element) {
        assert(element == dist::Element::bfloat16 || element == dist::Element::float16);
        const at::ScalarType type = element == dist::Element::bfloat16 ? at::kBFloat16 : at::kHalf;
        if (!wire.defined() || wire.scalar_type() != type) {
            wire = at::empty_like(values, values.options().dtype(type));
        }
        return wire;
    }
};

GradientArena::GradientArena(const at::Tensor& values, std::vector<Slice> tensors, Finish finish)
    : own_(std::make_unique<Tensors>()), tensors_(std::move(tensors)), finish_(std::move(finish)) {
    own_->values = values;
}
GradientArena::~GradientArena() = default;
GradientArena::GradientArena(GradientArena&&) noexcept = default;
GradientArena& GradientArena::operator=(GradientArena&&) noexcept = default;

std::size_t GradientArena::size() const noexcept {
    return static_cast<std::size_t>(own_->values.numel());
}

dist::Buffer GradientArena::buffer() const {
    return buffer_of(own_->values);
}

dist::Buffer GradientArena::buffer(const Slice& slice) const {
    assert(slice.offset + slice.count <= size());
    return buffer_of(part(own_->values, slice));
}

void GradientArena::clear() {
    const at::NoGradGuard no_graph;
    own_->values.zero_();
}

void GradientArena::push() {
    const at::NoGradGuard no_graph;
    if (own_->stacked == own_->stack.size()) {
        own_->stack.push_back(at::empty_like(own_->values));
    }
    own_->stack[own_->stacked++].copy_(own_->values);
    own_->values.zero_();
}

void GradientArena::pop() {
    const at::NoGradGuard no_graph;
    assert(own_->stacked > 0);
    own_->values.add_(own_->stack[--own_->stacked]);
}

dist::Buffer GradientArena::exchange_buffer(std::size_t count) {
    const at::NoGradGuard no_graph;
    if (own_->largest_exchange < count) {
        own_->exchanged = at::empty({static_cast<std::int64_t>(count)}, own_->values.options());
        own_->largest_exchange = count;
    }
    return count == 0 ? dist::Buffer{} : buffer_of(part(own_->exchanged, 0, count));
}

void GradientArena::add_exchanged(std::size_t offset, std::size_t count) {
    const at::NoGradGuard no_graph;
    part(own_->values, offset, count).add_(part(own_->exchanged, 0, count));
}

dist::Buffer GradientArena::to_wire(const Slice& slice, dist::Element wire) {
    const at::NoGradGuard no_graph;
    const at::Tensor there = part(own_->wire_of(wire), slice);
    there.copy_(part(own_->values, slice));
    return buffer_of(there);
}

void GradientArena::from_wire(const Slice& slice, dist::Element wire) {
    const at::NoGradGuard no_graph;
    part(own_->values, slice).copy_(part(own_->wire_of(wire), slice));
}

dist::Buffer GradientArena::keep_copy(const Slice& slice) {
    const at::NoGradGuard no_graph;
    if (!own_->copy.defined()) {
        own_->copy = at::empty_like(own_->values);
    }
    const at::Tensor there = part(own_->copy, slice);
    there.copy_(part(own_->values, slice));
    return buffer_of(there);
}

double GradientArena::distance_to_copy(const Slice& slice) const {
    const at::NoGradGuard no_graph;
    const at::Tensor exact = part(own_->copy, slice).to(at::kDouble);
    const at::Tensor values = part(own_->values, slice).to(at::kDouble);
    const double norm = at::linalg_vector_norm(exact).item<double>();
    const double difference = at::linalg_vector_norm(values - exact).item<double>();
    return norm > 0.0 ? difference / norm : difference;
}

std::size_t GradientArena::deepest_stack() const noexcept {
    return own_->stack.size();
}

std::size_t GradientArena::largest_exchange() const noexcept {
    return own_->largest_exchange;
}

} // namespace suite::train
