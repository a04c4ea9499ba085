// Reading a topology with hwloc.
#include <memory>

#include <hwloc.h>

#include "suite/base/error.hpp"
#include "suite/dist/topology.hpp"

namespace suite::dist {
namespace {

// PCI classes (PCI Code and ID Assignment 1.11): display controllers; 3D controllers are GPUs for computing.
constexpr unsigned display_class = 0x03;
constexpr unsigned compute_class = 0x0302;
constexpr unsigned nvidia = 0x10de;
constexpr unsigned amd = 0x1002;

struct Destroy {
    void operator()(hwloc_topology* topology) const noexcept { hwloc_topology_destroy(topology); }
};
using Handle = std::unique_ptr<hwloc_topology, Destroy>;

Error hwloc_error(ErrorKind kind, const std::string& found) {
    return {kind, Fault{.where = "hwloc", .found = found, .expected = "a topology", .fix = "see lstopo"}};
}

Handle make_handle() {
    hwloc_topology_t topology = nullptr;
    if (hwloc_topology_init(&topology) != 0) {
        throw hwloc_error(ErrorKind::environment, "no memory for a topology");
    }
    return Handle(topology);
}

int number_above(hwloc_topology_t topology, hwloc_obj_t object, hwloc_obj_type_t type) {
    const hwloc_obj_t above = hwloc_get_ancestor_obj_by_type(topology, type, object);
    return above == nullptr ? -1 : static_cast<int>(above->os_index);
}

// Objects on more than one memory node belong to none.
int memory_node_of(hwloc_obj_t object) {
    return object->nodeset != nullptr && hwloc_bitmap_weight(object->nodeset) == 1
               ? hwloc_bitmap_first(object->nodeset)
               : -1;
}

void add_cores(hwloc_topology_t topology, hwloc_const_cpuset_t usable, Topology& result) {
    const int count = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE);
    for (int i = 0; i < count; ++i) {
        const hwloc_obj_t core = hwloc_get_obj_by_type(topology, HWLOC_OBJ_CORE, static_cast<unsigned>(i));
        if (hwloc_bitmap_intersects(core->cpuset, usable) != 0) {
            result.cores.push_back({.number = hwloc_bitmap_first(core->cpuset),
                                    .package = number_above(topology, core, HWLOC_OBJ_PACKAGE),
                                    .memory_node = memory_node_of(core)});
        }
    }
}

void add_device(hwloc_topology_t topology, hwloc_obj_t object, DeviceKind kind, std::string name,
                Topology& result) {
    const hwloc_obj_t place = hwloc_get_non_io_ancestor_obj(topology, object);
    const bool is_package = place->type == HWLOC_OBJ_PACKAGE;
    result.devices.push_back({.kind = kind,
                              .name = std::move(name),
                              .package = is_package ? static_cast<int>(place->os_index)
                                                    : number_above(topology, place, HWLOC_OBJ_PACKAGE),
                              .memory_node = memory_node_of(place)});
}

bool is_gpu(const hwloc_obj_attr_u::hwloc_pcidev_attr_s& device) {
    return device.class_id == compute_class ||
           (device.class_id >> 8 == display_class && (device.vendor_id == nvidia || device.vendor_id == amd));
}

void add_gpus(hwloc_topology_t topology, Topology& result) {
    for (hwloc_obj_t device = nullptr; (device = hwloc_get_next_pcidev(topology, device)) != nullptr;) {
        const hwloc_obj_attr_u::hwloc_pcidev_attr_s& pci = device->attr->pcidev;
        if (is_gpu(pci)) {
            char bus_id[32] = {};
            std::snprintf(bus_id, sizeof(bus_id), "%04x:%02x:%02x.%01x", static_cast<unsigned>(pci.domain),
                          static_cast<unsigned>(pci.bus), static_cast<unsigned>(pci.dev),
                          static_cast<unsigned>(pci.func));
            add_device(topology, device, DeviceKind::gpu, bus_id, result);
        }
    }
}

void add_networks(hwloc_topology_t topology, Topology& result) {
    for (hwloc_obj_t device = nullptr; (device = hwloc_get_next_osdev(topology, device)) != nullptr;) {
        if (device->attr->osdev.type == HWLOC_OBJ_OSDEV_NETWORK && device->name != nullptr) {
            add_device(topology, device, DeviceKind::network, device->name, result);
        }
    }
}

} // namespace

Topology this_topology() {
    const Handle handle = make_handle();
    hwloc_topology_set_io_types_filter(handle.get(), HWLOC_TYPE_FILTER_KEEP_IMPORTANT);
    if (hwloc_topology_load(handle.get()) != 0) {
        throw hwloc_error(ErrorKind::environment, "a machine that it cannot read");
    }
    const std::unique_ptr<hwloc_bitmap_s, decltype(&hwloc_bitmap_free)> usable(hwloc_bitmap_alloc(),
                                                                               &hwloc_bitmap_free);
    if (hwloc_get_cpubind(handle.get(), usable.get(), HWLOC_CPUBIND_PROCESS) != 0) {
        hwloc_bitmap_fill(usable.get());
    }
    Topology topology;
    add_cores(handle.get(), usable.get(), topology);
    add_gpus(handle.get(), topology);
    add_networks(handle.get(), topology);
    return topology;
}

Topology synthetic_topology(const std::string& description) {
    const Handle handle = make_handle();
    if (hwloc_topology_set_synthetic(handle.get(), description.c_str()) != 0 ||
        hwloc_topology_load(handle.get()) != 0) {
        throw hwloc_error(ErrorKind::usage, "'" + description + "'");
    }
    Topology topology;
    add_cores(handle.get(), hwloc_topology_get_topology_cpuset(handle.get()), topology);
    return topology;
}

} // namespace suite::dist
