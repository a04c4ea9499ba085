#include "suite/dist/topology.hpp"

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>

#include "suite/base/error.hpp"
#include "suite/base/files.hpp"

namespace suite::dist {
namespace {

int count_different(const std::vector<TopologyCore>& cores, int TopologyCore::*member) {
    std::set<int> numbers;
    for (const TopologyCore& core : cores) {
        numbers.insert(core.*member);
    }
    return static_cast<int>(numbers.size());
}

std::vector<const TopologyDevice*> devices_of(const Topology& topology, DeviceKind kind) {
    std::vector<const TopologyDevice*> devices;
    for (const TopologyDevice& device : topology.devices) {
        if (device.kind == kind) {
            devices.push_back(&device);
        }
    }
    std::ranges::stable_sort(devices, {}, [](const TopologyDevice* device) { return device->name; });
    return devices;
}

/// Cores of the device's memory node; of its package when no core is there; all when nothing is known.
std::vector<int> cores_near(const Topology& topology, const TopologyDevice* device) {
    std::vector<int> near;
    const auto collect = [&](const auto& belongs) {
        for (const TopologyCore& core : topology.cores) {
            if (belongs(core)) {
                near.push_back(core.number);
            }
        }
    };
    if (device != nullptr && device->memory_node >= 0) {
        collect([&](const TopologyCore& core) { return core.memory_node == device->memory_node; });
    }
    if (near.empty() && device != nullptr && device->package >= 0) {
        collect([&](const TopologyCore& core) { return core.package == device->package; });
    }
    if (near.empty()) {
        collect([](const TopologyCore&) { return true; });
    }
    return near;
}

/// The `index`th of `count` even shares; with more shares than cores one core each, round again.
std::vector<int> share_of(const std::vector<int>& cores, std::size_t index, std::size_t count) {
    if (count >= cores.size()) {
        return {cores[index % cores.size()]};
    }
    const std::size_t first = index * cores.size() / count;
    const std::size_t last = (index + 1) * cores.size() / count;
    return {cores.begin() + static_cast<std::ptrdiff_t>(first),
            cores.begin() + static_cast<std::ptrdiff_t>(last)};
}

/// Networks of the memory node, else of the package, else all.
std::vector<const TopologyDevice*> networks_near(const Topology& topology, int core_number) {
    const auto core = std::ranges::find(topology.cores, core_number, &TopologyCore::number);
    const std::vector<const TopologyDevice*> all = devices_of(topology, DeviceKind::network);
    std::vector<const TopologyDevice*> near;
    std::ranges::copy_if(all, std::back_inserter(near), [&](const TopologyDevice* network) {
        return network->memory_node == core->memory_node;
    });
    if (near.empty()) {
        std::ranges::copy_if(all, std::back_inserter(near), [&](const TopologyDevice* network) {
            return network->package == core->package;
        });
    }
    return near.empty() ? all : near;
}

} // namespace

int Topology::package_count() const {
    return count_different(cores, &TopologyCore::package);
}

int Topology::memory_node_count() const {
    return count_different(cores, &TopologyCore::memory_node);
}

std::string to_text(const Topology& topology) {
    const auto counted = [](int count, std::string_view word) {
        return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
    };
    std::string text = fmt::format("{}, {}, {}", counted(topology.package_count(), "package"),
                                   counted(topology.memory_node_count(), "memory node"),
                                   counted(static_cast<int>(topology.cores.size()), "core"));
    const auto gpus = devices_of(topology, DeviceKind::gpu);
    text += gpus.empty() ? ", no GPU" : ", " + counted(static_cast<int>(gpus.size()), "GPU");
    std::vector<std::string> networks;
    for (const TopologyDevice* network : devices_of(topology, DeviceKind::network)) {
        networks.push_back(network->name);
    }
    return networks.empty() ? text : text + fmt::format(", networks {}", fmt::join(networks, " "));
}

std::vector<RankPlace> place_ranks(const Topology& topology, int ranks) {
    const auto gpus = devices_of(topology, DeviceKind::gpu);
    std::vector<RankPlace> places(static_cast<std::size_t>(ranks));
    std::map<std::vector<int>, std::vector<std::size_t>> sharers; // cores -> ranks that have them near
    for (std::size_t rank = 0; rank < places.size(); ++rank) {
        const TopologyDevice* gpu = gpus.empty() ? nullptr : gpus[rank % gpus.size()];
        places[rank].gpu = gpus.empty() ? -1 : static_cast<int>(rank % gpus.size());
        sharers[cores_near(topology, gpu)].push_back(rank);
    }
    for (const auto& [cores, sharing] : sharers) {
        for (std::size_t i = 0; i < sharing.size(); ++i) {
            places[sharing[i]].cores = share_of(cores, i, sharing.size());
        }
    }
    std::map<const TopologyDevice*, std::size_t> used; // by the first of a group of networks
    for (RankPlace& place : places) {
        const auto near = networks_near(topology, place.cores.front());
        if (!near.empty()) {
            place.network = near[used[near.front()]++ % near.size()]->name;
        }
    }
    return places;
}

void bind_to_cores(std::span<const int> cores) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const int core : cores) {
        CPU_SET(static_cast<std::size_t>(core), &set);
    }
    if (::sched_setaffinity(0, sizeof(set), &set) != 0) {
        throw errno_error(ErrorKind::environment, fmt::format("cores {}", fmt::join(cores, " ")),
                          "binding to them", errno);
    }
}

} // namespace suite::dist
