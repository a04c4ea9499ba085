#include "suite/base/files.hpp"
#include "suite/plan/declare/declarations.hpp"

namespace suite::plan {
namespace {

// A required number above 0: rates, sizes.
void read_rate(TomlReader& reader, const char* key, double& value) {
    reader.required(key, value);
    reader.expect_above_zero(key, value);
}

// A required number that may be 0: latencies.
void read_latency(TomlReader& reader, const char* key, double& value) {
    reader.required(key, value);
    reader.expect(value >= 0, key, value, "a number of 0 or more");
}

void read_device(TomlReader& reader, DeviceSpec& device) {
    read_rate(reader, "memory_gigabytes", device.memory_gigabytes);
    read_rate(reader, "memory_gigabytes_per_second", device.memory_gigabytes_per_second);
    read_rate(reader, "fp32_teraflops", device.fp32_teraflops);
    read_rate(reader, "reduced_teraflops", device.reduced_teraflops);
    reader.required("reduced_precision", device.reduced_precision);
    reader.finish();
}

void read_network_rates(TomlReader& reader, NetworkRates& network) {
    reader.required("nics_per_node", network.nics_per_node);
    reader.expect_at_least("nics_per_node", network.nics_per_node, 1);
    read_rate(reader, "nic_gigabytes_per_second", network.nic_gigabytes_per_second);
    read_rate(reader, "node_gigabytes_per_second", network.node_gigabytes_per_second);
    read_latency(reader, "base_microseconds", network.base_microseconds);
    read_latency(reader, "ring_hop_microseconds", network.ring_hop_microseconds);
    read_latency(reader, "tree_hop_microseconds", network.tree_hop_microseconds);
    read_latency(reader, "network_hop_microseconds", network.network_hop_microseconds);
    read_latency(reader, "nic_microseconds", network.nic_microseconds);
    read_latency(reader, "overhead_microseconds", network.overhead_microseconds);
    read_rate(reader, "tree_bandwidth_share", network.tree_bandwidth_share);
    reader.expect(network.tree_bandwidth_share <= 1, "tree_bandwidth_share", network.tree_bandwidth_share,
                  "a share of 1 or less");
    read_rate(reader, "bucket_megabytes", network.bucket_megabytes);
    reader.optional("nodes_per_cell", network.nodes_per_cell);
    reader.expect_at_least("nodes_per_cell", network.nodes_per_cell, 0);
    reader.finish();
}

void read_ladder(TomlReader& reader, LadderSpec& ladder) {
    reader.required("file", ladder.file);
    reader.required("title", ladder.title);
    reader.required("model", ladder.model);
    reader.required("images_per_rank_step", ladder.images_per_rank_step);
    reader.expect_at_least("images_per_rank_step", ladder.images_per_rank_step, 1);
    reader.optional("classes", ladder.classes);
    reader.optional("micro_batch", ladder.micro_batch);
    reader.expect_at_least("classes", ladder.classes, 1);
    reader.expect(ladder.micro_batch >= 0 &&
                      (ladder.micro_batch == 0 || ladder.images_per_rank_step % ladder.micro_batch == 0),
                  "micro_batch", ladder.micro_batch, "a divisor of images_per_rank_step");
    reader.optional("note", ladder.note);
    reader.finish();
}

} // namespace

void read_system(TomlReader& reader, SystemSpec& spec) {
    reader.required("title", spec.title);
    reader.required("nodes", spec.nodes);
    reader.required("gpus_per_node", spec.gpus_per_node);
    reader.required("cores_per_node", spec.cores_per_node);
    reader.optional("gpu", spec.gpu);
    reader.expect_at_least("nodes", spec.nodes, 1);
    reader.expect_at_least("gpus_per_node", spec.gpus_per_node, 0);
    reader.expect_at_least("cores_per_node", spec.cores_per_node, 1);
    if (auto device = reader.table("device")) {
        read_device(*device, spec.device.emplace());
    }
    if (auto network = reader.table("network")) {
        read_network_rates(*network, spec.network.emplace());
    }
    if (auto ladder = reader.table("ladder")) {
        read_ladder(*ladder, spec.ladder.emplace());
    }
    if (auto jobs = reader.table("jobs")) {
        read_jobs(*jobs, spec, spec.jobs.emplace());
    }
}

SystemSpec load_system(const std::filesystem::path& path) {
    const std::string name = path.string();
    toml::table table;
    try {
        table = toml::parse(read_file(path, ErrorKind::usage), name);
    } catch (const toml::parse_error& error) {
        const Origin origin{.file = name, .line = static_cast<int>(error.source().begin.line)};
        throw Error(ErrorKind::usage, Fault{.where = origin.text(),
                                            .found = std::string(error.description()),
                                            .expected = "TOML",
                                            .fix = ""});
    }
    Issues issues;
    TomlReader file(table, name, issues);
    SystemSpec spec;
    std::vector<TomlReader> readers = file.tables("system");
    if (readers.size() != 1) {
        issues.faults.add({.where = name,
                           .found = std::to_string(readers.size()) + " tables [[system]]",
                           .expected = "one",
                           .fix = "a system file declares one system"});
    }
    for (TomlReader& reader : readers) {
        spec.origin = reader.origin();
        reader.required("id", spec.id);
        read_system(reader, spec);
        reader.finish();
    }
    file.finish();
    issues.faults.throw_if_any(ErrorKind::usage, 1);
    return spec;
}

} // namespace suite::plan
