// Archives in memory for the reader of tar archives.
#pragma once

#include <cstdint>
#include <string_view>

#include "suite/data/formats/tar_index.hpp"

namespace suite::testing {

/// Bytes that outlive it.
class TextBytes : public data::ByteReader {
public:
    explicit TextBytes(std::string_view text) : text_(text) {}
    [[nodiscard]] std::uint64_t size() const override { return text_.size(); }
    [[nodiscard]] std::size_t read(std::uint64_t offset, char* bytes, std::size_t count) const override {
        return offset < text_.size() ? text_.copy(bytes, count, offset) : 0;
    }

private:
    std::string_view text_;
};

} // namespace suite::testing
