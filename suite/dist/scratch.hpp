// Memory that collectives need for a moment, kept for the next one.
#pragma once

#include <bit>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace suite::dist {

/// Uninitialised blocks. Not for use by several threads.
class ScratchPool {
public:
    struct Block {
        std::unique_ptr<std::byte[]> data;
        std::size_t bytes = 0;
    };

    /// A block of at least this size, at most double.
    [[nodiscard]] Block take(std::size_t bytes) {
        const std::size_t wanted = std::bit_ceil(bytes);
        for (Block& block : free_) {
            if (block.bytes == wanted) {
                std::swap(block, free_.back());
                Block taken = std::move(free_.back());
                free_.pop_back();
                return taken;
            }
        }
        total_bytes_ += wanted;
        return {std::make_unique_for_overwrite<std::byte[]>(wanted), wanted};
    }
    void give(Block block) {
        if (block.data) {
            free_.push_back(std::move(block));
        }
    }
    /// Everything that was ever taken and not returned to the system: the most that was needed at once.
    [[nodiscard]] std::size_t total_bytes() const noexcept { return total_bytes_; }

private:
    std::vector<Block> free_;
    std::size_t total_bytes_ = 0;
};

/// Owner of a block that goes back to its pool.
class Scratch {
public:
    Scratch() = default;
    Scratch(ScratchPool& pool, std::size_t bytes) : pool_(&pool), block_(pool.take(bytes)) {}
    ~Scratch() {
        if (pool_ != nullptr) {
            pool_->give(std::move(block_));
        }
    }
    Scratch(Scratch&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), block_(std::move(other.block_)) {}
    Scratch& operator=(Scratch&& other) noexcept {
        std::swap(pool_, other.pool_);
        std::swap(block_, other.block_);
        return *this;
    }
    [[nodiscard]] std::byte* data() const noexcept { return block_.data.get(); }
    [[nodiscard]] std::size_t bytes() const noexcept { return block_.bytes; }

private:
    ScratchPool* pool_ = nullptr;
    ScratchPool::Block block_;
};

} // namespace suite::dist
