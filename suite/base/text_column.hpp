// A column of short texts.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace suite {

/// Many short texts in one allocation.
class TextColumn {
public:
    void push_back(std::string_view text) {
        bytes_ += text;
        ends_.push_back(bytes_.size());
    }
    void append(const TextColumn& other) {
        const std::size_t offset = bytes_.size();
        bytes_ += other.bytes_;
        ends_.reserve(ends_.size() + other.ends_.size());
        for (const std::size_t end : other.ends_) {
            ends_.push_back(offset + end);
        }
    }
    [[nodiscard]] std::size_t size() const noexcept { return ends_.size(); }
    [[nodiscard]] std::string_view operator[](std::size_t index) const {
        const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
        return std::string_view(bytes_).substr(begin, ends_[index] - begin);
    }

private:
    std::string bytes_;
    std::vector<std::size_t> ends_;
};

} // namespace suite
