#include "suite/worker/weights_tasks.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "suite/base/clock.hpp"
#include "suite/base/log.hpp"
#include "suite/data/formats/npy.hpp"
#include "suite/plan/declare/catalog.hpp"
#include "suite/store/store.hpp"
#include "suite/worker/weights_file.hpp"

namespace suite::worker {
namespace {

using nlohmann::ordered_json;
using plan::WeightsOrder;

constexpr std::size_t batch_limit_bytes = std::size_t{256} << 20;
// Larger batches gain nothing: even one image of R50x1 keeps a core busy.
constexpr std::size_t batch_limit_images = 32;

void check_images(const std::vector<std::size_t>& shape, const plan::NetworkSpec& network,
                  const std::string& path) {
    const bool whole = shape.size() == 4 && shape[1] == 3 && std::ranges::find(shape, 0U) == shape.end();
    const bool any_sides = network.stem == plan::Stem::bit;
    constexpr std::size_t longest_side = 65'536; // sides are ints, and products of two still are
    if (whole && (any_sides || shape[2] == shape[3]) && std::max(shape[2], shape[3]) < longest_side) {
        return;
    }
    throw Error(ErrorKind::data,
                Fault{.where = path,
                      .found = data::shape_text(shape),
                      .expected = any_sides ? "images x 3 x height x width, none of them zero"
                                            : "images x 3 x side x side, none of them zero",
                      .fix = "save normalised images as float32, channels before rows"});
}

void check_logits(std::span<const float> logits, std::size_t first_image, std::size_t classes) {
    const auto bad = std::ranges::find_if(logits, [](float value) { return !std::isfinite(value); });
    if (bad != logits.end()) {
        throw Error(ErrorKind::numeric,
                    Fault{.where = "logits",
                          .found = fmt::format("{} for image {}", *bad,
                                               first_image +
                                                   static_cast<std::size_t>(bad - logits.begin()) / classes),
                          .expected = "finite values",
                          .fix = "look at the range of the images and weights"});
    }
}

/// All images through the network, batch by batch; `write` takes their logits in order.
void forward_all(train::InferenceNetwork& network, data::NpyFile& images, std::size_t batch,
                 std::size_t classes, const std::function<void(std::span<const float>)>& write) {
    const auto& shape = images.shape();
    const std::size_t image_elements = shape[1] * shape[2] * shape[3];
    std::vector<float> pixels(std::min(batch, shape[0]) * image_elements);
    std::vector<float> logits(std::min(batch, shape[0]) * classes);
    for (std::size_t first = 0; first < shape[0]; first += batch) {
        const std::size_t count = std::min(batch, shape[0] - first);
        const auto values = std::span(pixels).first(count * image_elements);
        const auto answers = std::span(logits).first(count * classes);
        images.read(first * image_elements, values);
        network.infer({.values = values,
                       .count = count,
                       .size = static_cast<int>(shape[2]),
                       .width = static_cast<int>(shape[3])},
                      answers);
        check_logits(answers, first, classes);
        write(answers);
    }
}

ordered_json infer(const WeightsOrder& order, const plan::NetworkSpec& spec) {
    data::NpyFile images(order.images, ErrorKind::data);
    check_images(images.shape(), spec, order.images);
    const double started = monotonic_seconds();
    train::InferenceNetwork network = load_network(spec, order.classes, order.weights);
    const double loaded = monotonic_seconds();
    const std::size_t batch = inference_batch(spec, images.shape()[2], images.shape()[3]);
    data::write_npy(order.out, std::array{images.shape()[0], order.classes}, ErrorKind::environment,
                    [&](const auto& write) { forward_all(network, images, batch, order.classes, write); });
    return {{"model", order.model},
            {"images", images.shape()[0]},
            {"classes", order.classes},
            {"out", order.out},
            {"load_seconds", loaded - started},
            {"forward_seconds", monotonic_seconds() - loaded}};
}

ordered_json import_weights(const WeightsOrder& order, const plan::NetworkSpec& spec) {
    const auto head = order.zero_head ? train::HeadSource::zero : train::HeadSource::file;
    const store::Checkpoint checkpoint = import_official(order.weights, spec, order.classes, head);
    ordered_json files = ordered_json::array();
    if (!order.out.empty()) {
        store::write_checkpoint(order.out, checkpoint);
        files.push_back(order.out);
    }
    if (!order.store.empty()) {
        const store::Store store(order.store, store::Access::read_write);
        const auto path = store.checkpoint_path(checkpoint.key);
        store::write_checkpoint(path, checkpoint);
        files.push_back(path.string());
    }
    return {{"model", order.model},
            {"key", checkpoint.key},
            {"tensors", checkpoint.tensors.size()},
            {"parameters", checkpoint.values.size()},
            {"files", files}};
}

ordered_json export_weights(const WeightsOrder& order, const plan::NetworkSpec& spec) {
    std::string path = order.weights;
    store::Checkpoint checkpoint;
    if (order.run.empty()) {
        checkpoint = store::read_checkpoint(path);
    } else {
        path = store::Store(order.store, store::Access::read_only).checkpoint_path(order.run).string();
        checkpoint = store::read_checkpoint(path, order.run);
    }
    const std::string key = checkpoint.key;
    const std::size_t parameters = checkpoint.values.size();
    export_official(std::move(checkpoint), path, spec, order.classes, order.out);
    return {{"model", order.model}, {"key", key}, {"parameters", parameters}, {"files", {order.out}}};
}

ordered_json answer(const WeightsOrder& order, const plan::NetworkSpec& spec) {
    switch (order.task) {
    case plan::WeightsTask::infer:
        return infer(order, spec);
    case plan::WeightsTask::import_weights:
        return import_weights(order, spec);
    case plan::WeightsTask::export_weights:
        break;
    }
    return export_weights(order, spec);
}

} // namespace

std::size_t inference_batch(const plan::NetworkSpec& network, std::size_t height, std::size_t width) {
    const bool bit = network.stem == plan::Stem::bit;
    const std::size_t pixels = height * width;
    // Maps alive at once: BiT's root before and after padding, at half the resolution; or the first stage's
    // input, shortcut, branch and normalised branch, at a quarter (small stems: at full).
    const std::size_t root = bit ? pixels / 4 * static_cast<std::size_t>(network.stem_channels) * 2 : 0;
    const std::size_t stage =
        (bit ? pixels / 16 : pixels) * static_cast<std::size_t>(network.stage_channels.front()) * 4;
    const std::size_t bytes = (std::max(root, stage) + 3 * pixels) * sizeof(float);
    return std::clamp<std::size_t>(batch_limit_bytes / bytes, 1, batch_limit_images);
}

void perform(const WeightsOrder& order) {
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    const ordered_json document = answer(order, plan::find(catalog.networks, order.model, "network"));
    if (order.json) {
        fmt::print("{}\n", document.dump(2, ' ', false, ordered_json::error_handler_t::replace));
    } else {
        for (const auto& [name, value] : document.items()) {
            log_info(
                fmt::format("{:<16}{}", name, value.is_string() ? value.get<std::string>() : value.dump()));
        }
    }
}

} // namespace suite::worker
