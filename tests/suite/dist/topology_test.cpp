#include "suite/dist/topology.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>
#include <sched.h>

#include "suite/base/error.hpp"

namespace suite::dist {
namespace {

using Numbers = std::vector<int>;

Numbers range(int first, int count) {
    Numbers numbers(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        numbers[static_cast<std::size_t>(i)] = first + i;
    }
    return numbers;
}

// JUWELS Booster: two EPYC 7402, 24 cores and 4 memory nodes each; 4 A100 and 4 HDR adapters, one of each on
// every other memory node. hwloc numbers hardware threads one after the other: core n's first is 2 n.
Topology juwels_booster_node() {
    Topology node = synthetic_topology("package:2 numa:4 core:6 pu:2");
    const int memory_nodes[] = {3, 1, 7, 5}; // GPU 0 is not on the first: bus order is not node order
    for (int i = 0; i < 4; ++i) {
        const int memory_node = memory_nodes[i];
        node.devices.push_back(
            {DeviceKind::gpu, "0000:0" + std::to_string(3 + i) + ":00.0", memory_node / 4, memory_node});
        node.devices.push_back({DeviceKind::network, "ib" + std::to_string(i), memory_node / 4, memory_node});
    }
    return node;
}

TEST(TopologyTest, ReadsASyntheticMachine) {
    const Topology node = synthetic_topology("package:2 numa:4 core:6 pu:2");
    EXPECT_EQ(node.cores.size(), 48U);
    EXPECT_EQ(node.package_count(), 2);
    EXPECT_EQ(node.memory_node_count(), 8);
    EXPECT_EQ(node.cores[47].number, 94);
    EXPECT_EQ(to_text(node), "2 packages, 8 memory nodes, 48 cores, no GPU");
    EXPECT_EQ(to_text(juwels_booster_node()),
              "2 packages, 8 memory nodes, 48 cores, 4 GPUs, networks ib0 ib1 ib2 ib3");
}

TEST(TopologyTest, RefusesWhatIsNoMachine) {
    try {
        static_cast<void>(synthetic_topology("package:two"));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::usage);
    }
}

TEST(PlaceRanksTest, ARankAGpuGetsTheCoresAndTheNetworkOfItsMemoryNode) {
    const auto places = place_ranks(juwels_booster_node(), 4);
    const int memory_nodes[] = {3, 1, 7, 5};
    for (std::size_t rank = 0; rank < 4; ++rank) {
        Numbers cores;
        for (int core = 0; core < 6; ++core) {
            cores.push_back(2 * (memory_nodes[rank] * 6 + core));
        }
        EXPECT_EQ(places[rank].gpu, static_cast<int>(rank));
        EXPECT_EQ(places[rank].cores, cores);
        EXPECT_EQ(places[rank].network, "ib" + std::to_string(rank));
    }
}

TEST(PlaceRanksTest, GpusWithoutMemoryNodeUseTheirPackage) {
    Topology node = synthetic_topology("package:2 core:4 pu:1");
    for (int gpu = 0; gpu < 4; ++gpu) {
        node.devices.push_back({DeviceKind::gpu, std::to_string(gpu), gpu / 2, -1});
    }
    const auto places = place_ranks(node, 4);
    EXPECT_EQ(places[0].cores, Numbers({0, 1}));
    EXPECT_EQ(places[1].cores, Numbers({2, 3}));
    EXPECT_EQ(places[2].cores, Numbers({4, 5}));
    EXPECT_EQ(places[3].cores, Numbers({6, 7}));
}

TEST(PlaceRanksTest, MoreRanksThanGpusShareThemAndTheirCores) {
    const auto places = place_ranks(juwels_booster_node(), 8);
    for (std::size_t rank = 0; rank < 4; ++rank) {
        EXPECT_EQ(places[rank].gpu, places[rank + 4].gpu);
        EXPECT_EQ(places[rank].cores.size(), 3U);
        Numbers both = places[rank].cores;
        both.insert(both.end(), places[rank + 4].cores.begin(), places[rank + 4].cores.end());
        EXPECT_EQ(std::set(both.begin(), both.end()).size(), 6U);
    }
}

TEST(PlaceRanksTest, WithoutGpusCoresAreSharedEvenlyInOrder) {
    const auto places = place_ranks(synthetic_topology("package:2 core:24 pu:1"), 5);
    Numbers all;
    for (const RankPlace& place : places) {
        EXPECT_EQ(place.gpu, -1);
        EXPECT_TRUE(place.network.empty());
        EXPECT_TRUE(place.cores.size() == 9 || place.cores.size() == 10);
        all.insert(all.end(), place.cores.begin(), place.cores.end());
    }
    EXPECT_EQ(all, range(0, 48));
}

TEST(PlaceRanksTest, MoreRanksThanCoresGoRoundAgain) {
    const auto places = place_ranks(synthetic_topology("core:2 pu:1"), 5);
    for (std::size_t rank = 0; rank < 5; ++rank) {
        EXPECT_EQ(places[rank].cores, Numbers{static_cast<int>(rank % 2)});
    }
}

TEST(PlaceRanksTest, NetworksOfAPackageAreTakenInTurn) {
    Topology node = synthetic_topology("package:2 core:4 pu:1");
    for (int i = 0; i < 4; ++i) {
        node.devices.push_back({DeviceKind::network, "ib" + std::to_string(i), i / 2, -1});
    }
    const auto places = place_ranks(node, 8);
    const char* expected[] = {"ib0", "ib1", "ib0", "ib1", "ib2", "ib3", "ib2", "ib3"};
    for (std::size_t rank = 0; rank < 8; ++rank) {
        EXPECT_EQ(places[rank].network, expected[rank]) << rank;
    }
}

TEST(TopologyTest, ThisMachineHasTheCoresThatThisProcessMayUse) {
    cpu_set_t set;
    ASSERT_EQ(::sched_getaffinity(0, sizeof(set), &set), 0);
    const Topology machine = this_topology();
    ASSERT_FALSE(machine.cores.empty());
    EXPECT_LE(machine.cores.size(), static_cast<std::size_t>(CPU_COUNT(&set)));
    for (const TopologyCore& core : machine.cores) {
        EXPECT_TRUE(CPU_ISSET(static_cast<std::size_t>(core.number), &set)) << core.number;
    }
}

TEST(TopologyTest, BindsThisProcessToCores) {
    cpu_set_t before;
    ASSERT_EQ(::sched_getaffinity(0, sizeof(before), &before), 0);
    const int core = this_topology().cores.back().number;

    bind_to_cores(std::vector{core});

    cpu_set_t set;
    ASSERT_EQ(::sched_getaffinity(0, sizeof(set), &set), 0);
    EXPECT_EQ(CPU_COUNT(&set), 1);
    EXPECT_TRUE(CPU_ISSET(static_cast<std::size_t>(core), &set));
    EXPECT_THROW(bind_to_cores({}), Error);
    ASSERT_EQ(::sched_setaffinity(0, sizeof(before), &before), 0);
}

} // namespace
} // namespace suite::dist
