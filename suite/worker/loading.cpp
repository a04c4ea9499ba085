#include "suite/worker/loading.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "suite/base/error.hpp"

namespace suite::worker {
namespace {

constexpr int most_workers = 256;
constexpr std::size_t most_named_images = 20;

int workers_from(const char* text, int standard, FaultList& faults) {
    if (text == nullptr || *text == '\0') {
        return standard;
    }
    int value = -1;
    const char* const end = text + std::strlen(text);
    const auto [stop, error] = std::from_chars(text, end, value);
    if (error != std::errc{} || stop != end || value < 0 || value > most_workers) {
        faults.add({.where = "TRANSFERSCALE_LOADER_WORKERS",
                    .found = fmt::format("'{}'", text),
                    .expected = fmt::format("a number from 0 to {}", most_workers),
                    .fix = "unset it, or use run --workers"});
    }
    return value;
}

data::BadImagePolicy policy_from(const char* text, FaultList& faults) {
    const std::string word = text == nullptr ? "" : text;
    if (!word.empty() && word != "stop" && word != "skip") {
        faults.add({.where = "TRANSFERSCALE_ON_BAD_IMAGE",
                    .found = "'" + word + "'",
                    .expected = "stop or skip",
                    .fix = "unset it, or use run --on-bad-image"});
    }
    return word == "skip" ? data::BadImagePolicy::skip : data::BadImagePolicy::stop;
}

} // namespace

train::LoadingHooks loading_from_environment() {
    FaultList faults;
    train::LoadingHooks hooks;
    hooks.workers = workers_from(std::getenv("TRANSFERSCALE_LOADER_WORKERS"), hooks.workers, faults);
    hooks.on_bad_image = policy_from(std::getenv("TRANSFERSCALE_ON_BAD_IMAGE"), faults);
    faults.throw_if_any(ErrorKind::usage);
    return hooks;
}

std::string named_images(const std::vector<data::BadImage>& images) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(images.size(), most_named_images); ++i) {
        names.push_back(images[i].name);
    }
    return fmt::format("{}: {}{}", images.size(), fmt::join(names, "; "),
                       images.size() > names.size() ? "; …" : "");
}

void require_test_images(const plan::RunConfig& config, const data::DataSet& set) {
    const bool may_lack = config.kind == plan::RunKind::pretrain && config.data.set.test_images == 0;
    if (set.test.size() == 0 && !may_lack) {
        throw Error(ErrorKind::data,
                    Fault{.where = set.id,
                          .found = "no test images",
                          .expected = fmt::format("{}", config.data.set.test_images),
                          .fix = fmt::format("see what `transferscale data check {}` finds", set.id)});
    }
}

} // namespace suite::worker
