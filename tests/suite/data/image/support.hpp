// What tests of image files share: golden images, their bytes, the message of one that is refused.
#pragma once

#include <span>
#include <string>

#include "suite/base/files.hpp"
#include "suite/data/image/file.hpp"
#include "tests/suite/data/support.hpp"

namespace suite::data::testing {

inline std::span<const std::byte> encoded_image(const std::string& bytes) {
    return std::as_bytes(std::span(bytes));
}

/// The bytes of tests/golden/images/NAME.
inline std::string golden_image(const std::string& name) {
    return read_file(std::filesystem::path(TRANSFERSCALE_SOURCE_DIR) / "tests/golden/images" / name,
                     ErrorKind::data);
}

/// The message that decoding these bytes throws; fails when there is none.
inline std::string image_error(const std::string& bytes, const DecodeOptions& options = {}) {
    return error_text(ErrorKind::data,
                      [&] { static_cast<void>(decode_image(encoded_image(bytes), "a/b.img", options)); });
}

} // namespace suite::data::testing
