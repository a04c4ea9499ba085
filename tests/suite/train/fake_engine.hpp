// An engine whose gradients are given instead of computed: what is left is sums and their order.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "suite/base/half.hpp"
#include "suite/base/hash.hpp"
#include "suite/train/engine.hpp"

namespace suite::train::testing_toy {

/// Tensors of the given lengths.
inline NetworkLayout layout_of(const std::vector<std::int64_t>& lengths) {
    NetworkLayout layout;
    for (const std::int64_t length : lengths) {
        layout.tensors.push_back({.name = "tensor" + std::to_string(layout.tensors.size()),
                                  .role = ParameterRole::norm_scale,
                                  .shape = {length},
                                  .offset = layout.parameters});
        layout.parameters += static_cast<std::size_t>(length);
    }
    return layout;
}

class FakeEngine final : public Engine {
public:
    explicit FakeEngine(NetworkLayout layout)
        : layout_(std::move(layout)), gradients_(layout_.parameters), room_(layout_.parameters) {}

    /// A backward pass that ends with these gradients added, tensor by tensor from the last to the first.
    void add(const std::vector<float>& gradients) {
        for (auto tensor = layout_.tensors.rbegin(); tensor != layout_.tensors.rend(); ++tensor) {
            for (std::size_t i = tensor->offset; i < tensor->offset + tensor->elements(); ++i) {
                gradients_[i] += gradients[i];
            }
            if (listener_) {
                listener_(tensor->offset, tensor->elements());
            }
        }
    }
    [[nodiscard]] const std::vector<float>& sum() const { return gradients_; }
    [[nodiscard]] const std::vector<Bucket>& finished() const { return finished_; }
    [[nodiscard]] std::size_t deepest_stack() const { return deepest_; }
    [[nodiscard]] std::size_t largest_room() const { return largest_room_; }

    const NetworkLayout& layout() const noexcept override { return layout_; }
    void write_weights(std::span<const float>) override {}
    void read_weights(std::span<float>) const override {}
    void write_momentum(std::span<const float>) override {}
    void read_momentum(std::span<float>) const override {}
    std::uint64_t weights_hash() const override { return 0; }
    void begin_step() override { gradients_.assign(gradients_.size(), 0.0F); }
    double forward_backward(const ImageBatch&, const Targets&, const MixUp&, double) override { return 0.0; }
    void set_gradient_listener(GradientListener listener) override { listener_ = std::move(listener); }
    dist::Buffer gradients() override { return dist::buffer(std::span(gradients_)); }
    void push_gradients() override {
        stack_.push_back(gradients_);
        deepest_ = std::max(deepest_, stack_.size());
        begin_step();
    }
    void pop_gradients() override {
        for (std::size_t i = 0; i < gradients_.size(); ++i) {
            gradients_[i] = stack_.back()[i] + gradients_[i];
        }
        stack_.pop_back();
    }
    dist::Buffer exchange_room(std::size_t count) override {
        largest_room_ = std::max(largest_room_, count);
        return dist::buffer(std::span(room_).first(count));
    }
    void add_exchanged(std::size_t offset, std::size_t count) override {
        for (std::size_t i = 0; i < count; ++i) {
            gradients_[offset + i] += room_[i];
        }
    }
    dist::Buffer to_wire(std::size_t offset, std::size_t count, dist::Element wire) override {
        wire_.resize(gradients_.size());
        for (std::size_t i = offset; i < offset + count; ++i) {
            wire_[i] = bfloat16_from_float(gradients_[i]);
        }
        return {wire_.data() + offset, count, wire};
    }
    void from_wire(std::size_t offset, std::size_t count, dist::Element) override {
        for (std::size_t i = offset; i < offset + count; ++i) {
            gradients_[i] = float_from_bfloat16(wire_[i]);
        }
    }
    dist::Buffer keep_copy(std::size_t offset, std::size_t count) override {
        copy_.resize(gradients_.size());
        std::copy_n(gradients_.data() + offset, count, copy_.data() + offset);
        return {copy_.data() + offset, count, dist::Element::float32};
    }
    double distance_to_copy(std::size_t offset, std::size_t count) override {
        double difference = 0.0;
        double norm = 0.0;
        for (std::size_t i = offset; i < offset + count; ++i) {
            difference = std::hypot(difference, double{gradients_[i]} - double{copy_[i]});
            norm = std::hypot(norm, double{copy_[i]});
        }
        return difference / norm;
    }
    void finish_gradients(std::size_t offset, std::size_t count) override {
        finished_.push_back({offset, count});
    }
    void apply(double) override {}
    void infer(const ImageBatch&, std::span<float>) override {}
    void begin_inference() override {}

private:
    NetworkLayout layout_;
    std::vector<float> gradients_;
    std::vector<float> room_;
    std::vector<std::vector<float>> stack_;
    std::vector<float> copy_;
    std::vector<std::uint16_t> wire_;
    std::vector<Bucket> finished_;
    std::size_t deepest_ = 0;
    std::size_t largest_room_ = 0;
    GradientListener listener_;
};

} // namespace suite::train::testing_toy
