// What a test of ranks runs on: a communicator and memory of its kind.
#pragma once

#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "suite/dist/communicator.hpp"

namespace suite::dist::testing {

/// A backend under test. The defaults are those of host memory.
class RankBackend {
public:
    explicit RankBackend(std::unique_ptr<Communicator> communicator)
        : communicator_(std::move(communicator)) {}
    virtual ~RankBackend() = default;
    RankBackend(const RankBackend&) = delete;
    RankBackend& operator=(const RankBackend&) = delete;

    [[nodiscard]] Communicator& communicator() { return *communicator_; }
    /// Why it cannot be tested here; empty when it can. The same on all ranks.
    [[nodiscard]] virtual std::string missing() const { return ""; }
    [[nodiscard]] virtual void* allocate(std::size_t bytes) { return ::operator new(bytes + 1); }
    virtual void release(void* memory) { ::operator delete(memory); }
    virtual void upload(void* to, const void* from, std::size_t bytes) { copy(to, from, bytes); }
    virtual void download(void* to, const void* from, std::size_t bytes) { copy(to, from, bytes); }

private:
    static void copy(void* to, const void* from, std::size_t bytes) {
        if (bytes > 0) {
            std::memcpy(to, from, bytes);
        }
    }
    std::unique_ptr<Communicator> communicator_;
};

/// Values in the backend's memory; T has the size of `element`.
template<typename T>
class Values {
public:
    Values(RankBackend& backend, const std::vector<T>& values, Element element)
        : backend_(backend), count_(values.size()), element_(element), memory_(backend.allocate(bytes())) {
        backend_.upload(memory_, values.data(), bytes());
    }
    ~Values() { backend_.release(memory_); }
    Values(const Values&) = delete;
    Values& operator=(const Values&) = delete;
    [[nodiscard]] Buffer buffer() const { return {memory_, count_, element_}; }
    [[nodiscard]] std::vector<T> get() const {
        std::vector<T> values(count_);
        backend_.download(values.data(), memory_, bytes());
        return values;
    }

private:
    [[nodiscard]] std::size_t bytes() const { return count_ * sizeof(T); }
    RankBackend& backend_;
    std::size_t count_;
    Element element_;
    void* memory_;
};

/// The backends of this program by name, made on first use; rank_main.cpp fills it before the tests.
using BackendMaker = std::function<std::unique_ptr<RankBackend>()>;
[[nodiscard]] std::map<std::string, BackendMaker>& backend_makers();
[[nodiscard]] RankBackend& backend_named(const std::string& name);
/// The one that TRANSFERSCALE_TEST_BACKEND names, else the host's: mpi, or single alone.
[[nodiscard]] RankBackend& tested_backend();

} // namespace suite::dist::testing
