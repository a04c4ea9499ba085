#include "suite/worker/weights_run.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "suite/base/hash.hpp"
#include "suite/worker/weights_file.hpp"

namespace suite::worker {
namespace {

void expect_planned_file(const std::string& path, const plan::WeightsConfig& planned) {
    std::error_code ignored;
    const bool is_there = std::filesystem::is_regular_file(path, ignored);
    const std::string sha256 = is_there ? sha256_hex_of_file(path) : std::string();
    if (sha256 != planned.sha256) {
        throw Error(
            ErrorKind::weights,
            Fault{.where = path.empty() ? planned.file : path,
                  .found = is_there ? "a file with SHA-256 " + sha256 : "no such file",
                  .expected = fmt::format("{} with SHA-256 {}, as planned", planned.file, planned.sha256),
                  .fix = "name the folder again with --weights: another file is another run"});
    }
}

} // namespace

store::RunRecord take_up_weights(const plan::WorkOrder& order, const plan::RunConfig& config,
                                 const store::Store& store) {
    expect_planned_file(order.weights, *config.weights);
    store::Checkpoint checkpoint =
        import_official(order.weights, config.network, config.outputs(), train::HeadSource::file);
    store::RunRecord record;
    record.key = order.key;
    record.kind = "pretrain";
    record.config = order.config;
    record.seed = config.seed;
    record.weights_digest = checkpoint.key; // SHA-256 of the values
    record.parameters = static_cast<std::int64_t>(checkpoint.values.size());
    record.provenance["weights_file"] = config.weights->file;
    record.provenance["weights_sha256"] = config.weights->sha256;
    checkpoint.key = order.key;
    store::write_checkpoint(store.checkpoint_path(order.key), checkpoint);
    return record;
}

} // namespace suite::worker
