#include "suite/plan/order/weights_order.hpp"

#include <gmock/gmock.h>

#include "suite/base/error.hpp"

namespace suite::plan {
namespace {

TEST(WeightsOrder, ComesBackFromItsArguments) {
    const std::vector<WeightsOrder> orders = {
        {},
        {.task = WeightsTask::infer,
         .model = "R50x1",
         .classes = 1000,
         .weights = "a=b c.npz",
         .images = "--x.npy",
         .out = "y\xff.npy",
         .json = true},
        {.task = WeightsTask::import_weights, .store = "s", .zero_head = true, .quiet = true},
        {.task = WeightsTask::export_weights, .run = std::string(64, 'a')}};
    for (const WeightsOrder& order : orders) {
        EXPECT_EQ(weights_order_from_arguments(to_arguments(order)), order);
    }
}

TEST(WeightsOrder, RefusesWhatItDoesNotKnow) {
    const std::vector<std::vector<std::string>> foreign = {
        {}, {"train"}, {"infer", "colour=red"}, {"infer", "classes=many"}, {"infer", "classes"}, {"--store"}};
    for (const auto& arguments : foreign) {
        try {
            static_cast<void>(weights_order_from_arguments(arguments));
            ADD_FAILURE() << "no error for " << testing::PrintToString(arguments);
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::environment);
        }
    }
}

} // namespace
} // namespace suite::plan
