#include "suite/plan/order/work_message.hpp"

#include <gtest/gtest.h>

#include "suite/base/error.hpp"

namespace suite::plan {
namespace {

TEST(WorkOrder, TravelsWithAllOptions) {
    const WorkOrder order{.key = "ab",
                          .config = "a = 1\nb = 2\n",
                          .cell = "cifar10/R50x1/1K-NAT",
                          .workload = "table1",
                          .profile = "smoke",
                          .weights = "/weights/BiT-M-R50x1.npz",
                          .options = {.data_root = "/data/two words",
                                      .manifests = "/cache/manifests",
                                      .loader_workers = 3,
                                      .skips_bad_images = true,
                                      .save_seconds = 0.2}};
    const std::string line = to_line(order);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_EQ(work_order_from_line(line), order);
}

TEST(WorkOrder, OfAnotherVersionIsRefused) {
    try {
        static_cast<void>(work_order_from_line(R"({"key": "ab", "config": ""})"));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::environment);
    }
}

} // namespace
} // namespace suite::plan
