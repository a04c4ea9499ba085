#include "suite/dist/communicator.hpp"

#include <cstring>

#include "suite/dist/combine.hpp"

namespace suite::dist {

std::string_view to_string(Backend backend) noexcept {
    switch (backend) {
    case Backend::single:
        return "single";
    case Backend::mpi:
        return "mpi";
    case Backend::nccl:
        return "nccl";
    }
    return "unknown";
}

std::size_t size_bytes(Element element) noexcept {
    switch (element) {
    case Element::byte:
        return 1;
    case Element::float16:
    case Element::bfloat16:
        return 2;
    case Element::float32:
        return 4;
    case Element::int64:
    case Element::uint64:
    case Element::float64:
        return 8;
    }
    return 0;
}

Buffer buffer(std::span<float> values) noexcept {
    return {values.data(), values.size(), Element::float32};
}
Buffer buffer(std::span<double> values) noexcept {
    return {values.data(), values.size(), Element::float64};
}
Buffer buffer(std::span<std::int64_t> values) noexcept {
    return {values.data(), values.size(), Element::int64};
}
Buffer buffer(std::span<std::uint64_t> values) noexcept {
    return {values.data(), values.size(), Element::uint64};
}
Buffer buffer(std::span<std::byte> values) noexcept {
    return {values.data(), values.size(), Element::byte};
}

void Request::wait() {
    if (work_ != nullptr) {
        const std::unique_ptr<Work> work = std::move(work_);
        work->wait();
    }
}

bool Request::advance() {
    return work_ == nullptr || work_->advance();
}

void Communicator::set_phase(std::string_view phase, std::int64_t step) {
    if (phase_ != phase) {
        phase_ = phase;
    }
    step_ = step;
}

namespace {

class SingleCommunicator final : public Communicator {
public:
    [[nodiscard]] Backend backend() const noexcept override { return Backend::single; }
    [[nodiscard]] int rank() const noexcept override { return 0; }
    [[nodiscard]] int size() const noexcept override { return 1; }
    void broadcast(Buffer, int) override {}
    void all_reduce(Buffer values, Reduction) override { check_reducible(values.element); }
    Request start_all_reduce(Buffer values, Reduction) override {
        check_reducible(values.element);
        return {};
    }
    void all_gather(Buffer mine, Buffer all) override { copy(mine, all); }
    void exchange(Buffer out, Buffer in, int) override { copy(out, in); }
    void barrier() override {}
    void abort(int) noexcept override {}

private:
    static void copy(Buffer from, Buffer to) noexcept {
        if (from.bytes() > 0) {
            std::memmove(to.data, from.data, from.bytes());
        }
    }
};

} // namespace

std::unique_ptr<Communicator> make_single() {
    return std::make_unique<SingleCommunicator>();
}

} // namespace suite::dist
