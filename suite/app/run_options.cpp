#include "suite/app/run_options.hpp"

#include <cstdlib>

#include <fmt/format.h>

#include "suite/app/device_request.hpp"

namespace suite::app {
namespace {

/// Options with their values, one word after the other.
class Words {
public:
    void add(const std::string& option, const std::string& value) {
        list_.insert(list_.end(), {option, value});
    }
    template<typename Number>
    void add(const std::string& option, const std::optional<Number>& value) {
        if (value) {
            add(option, fmt::format("{}", *value));
        }
    }
    void add_unless(const std::string& usual, const std::string& option, const std::string& value) {
        if (value != usual) {
            add(option, value);
        }
    }
    void add_flag(const std::string& option, bool is_set) {
        if (is_set) {
            list_.push_back(option);
        }
    }
    [[nodiscard]] std::vector<std::string> take() { return std::move(list_); }

private:
    std::vector<std::string> list_;
};

} // namespace

void add_run_options(CLI::App& verb, RunOptions& options) {
    verb.add_option("--deadline", options.deadline_seconds, "Seconds that a rank waits for a silent one")
        ->check(CLI::Range(0.1, 86400.0))
        ->capture_default_str();
    verb.add_option("--workers", options.loader_workers,
                    "Threads of a rank that read and decode images of published sets (default 1)")
        ->check(CLI::Range(0, 256));
    verb.add_option(
            "--on-bad-image", options.on_bad_image,
            "An image that cannot be used: stop (default; test images are checked before training), or "
            "skip: take the next in training, leave it out of the test part, note it in the record")
        ->check(CLI::IsMember({"stop", "skip"}));
    add_device(verb, options.device);
    verb.add_flag("--no-loss", options.no_loss,
                  "Exit 5 when a finished record was damaged or gone, although it was trained again");
}

void hand_on(const RunOptions& options) {
    if (options.loader_workers) {
        ::setenv("TRANSFERSCALE_LOADER_WORKERS", std::to_string(*options.loader_workers).c_str(), 1);
    }
    if (!options.on_bad_image.empty()) {
        ::setenv("TRANSFERSCALE_ON_BAD_IMAGE", options.on_bad_image.c_str(), 1);
    }
}

std::vector<std::string> words_of(const SelectionOptions& selection) {
    const SelectionOptions usual;
    Words words;
    words.add("--profile", selection.profile);
    words.add_unless(usual.protocol, "--protocol", selection.protocol);
    words.add_unless(std::to_string(usual.ranks), "--ranks", std::to_string(selection.ranks));
    words.add_unless(usual.reduction, "--reduction", selection.reduction);
    words.add_unless(usual.wire, "--wire", selection.wire);
    words.add_unless(usual.bucket_bytes, "--bucket-bytes", selection.bucket_bytes);
    words.add_flag("--oversubscribe", selection.oversubscribe);
    words.add_unless(usual.precision, "--precision", selection.precision);
    words.add("--seeds", selection.seeds);
    words.add("--limit", selection.limits.images);
    words.add("--steps", selection.limits.steps);
    words.add("--batch", selection.limits.batch);
    if (!selection.weights.empty()) {
        words.add("--weights", std::filesystem::absolute(selection.weights).string());
    }
    return words.take();
}

std::vector<std::string> words_of(const RunOptions& options) {
    const RunOptions usual;
    Words words;
    words.add_unless(fmt::format("{}", usual.deadline_seconds), "--deadline",
                     fmt::format("{}", options.deadline_seconds));
    words.add_flag("--no-loss", options.no_loss);
    words.add("--workers", options.loader_workers);
    words.add_unless(usual.on_bad_image, "--on-bad-image", options.on_bad_image);
    words.add_unless(usual.device, "--device", options.device);
    return words.take();
}

} // namespace suite::app
