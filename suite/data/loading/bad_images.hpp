// Images of a data set that could not be used, or not whole: what is done about them, and which they were.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "suite/base/error.hpp"

namespace suite::data {

/// The policy on images that are broken, foreign or gone.
enum class BadImagePolicy {
    stop, ///< the run ends with exit code 3 and a message that names the image
    skip, ///< in training another one takes its place (TrainLoader), in evaluation it is left out
          ///< (suite/train/test_images.hpp); the record counts and names it
};

struct BadImage {
    std::size_t sample = 0; ///< index in its split
    std::string name;       ///< path, or shard:member
    std::string reason;     ///< the whole message
};

/// Filled by many threads.
class BadImages {
public:
    /// `heading`: of the warnings.
    explicit BadImages(std::string_view heading) : heading_(heading) {}
    /// A sample that is there already is not noted again; the first time it is logged as a warning.
    void note(BadImage image);
    [[nodiscard]] std::vector<BadImage> list() const;

private:
    std::string heading_;
    mutable std::mutex mutex_;
    std::map<std::size_t, BadImage> images_;
};

/// `error`, with the sample's index in front of the image's name.
[[nodiscard]] Error with_sample(const Error& error, std::size_t sample);

} // namespace suite::data
