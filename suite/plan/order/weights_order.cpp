#include "suite/plan/order/weights_order.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "suite/base/error.hpp"

namespace suite::plan {
namespace {

struct TaskWord {
    WeightsTask task;
    std::string_view word;
};
constexpr std::array task_words = {TaskWord{WeightsTask::infer, "infer"},
                                   TaskWord{WeightsTask::import_weights, "import-weights"},
                                   TaskWord{WeightsTask::export_weights, "export-weights"}};

struct TextField {
    std::string_view name;
    std::string WeightsOrder::*member;
};
constexpr std::array text_fields = {
    TextField{"model", &WeightsOrder::model},   TextField{"weights", &WeightsOrder::weights},
    TextField{"images", &WeightsOrder::images}, TextField{"out", &WeightsOrder::out},
    TextField{"store", &WeightsOrder::store},   TextField{"run", &WeightsOrder::run}};

struct FlagField {
    std::string_view name;
    bool WeightsOrder::*member;
};
constexpr std::array flag_fields = {FlagField{"zero_head", &WeightsOrder::zero_head},
                                    FlagField{"json", &WeightsOrder::json},
                                    FlagField{"quiet", &WeightsOrder::quiet}};

[[noreturn]] void refuse(std::string_view argument) {
    throw Error(ErrorKind::environment, Fault{.where = "transferscale-worker",
                                              .found = "argument '" + std::string(argument) + "'",
                                              .expected = "arguments of this version",
                                              .fix = "use programs of one build"});
}

/// The field of this name, or the end of the list.
template<typename Fields>
auto field_of(const Fields& fields, std::string_view name) {
    return std::find_if(fields.begin(), fields.end(), [&](const auto& field) { return field.name == name; });
}

void set(WeightsOrder& order, std::string_view argument) {
    const std::size_t equals = argument.find('=');
    const std::string_view name = argument.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? "" : argument.substr(equals + 1);
    if (const auto text = field_of(text_fields, name); text != text_fields.end()) {
        order.*(text->member) = value;
    } else if (const auto flag = field_of(flag_fields, name); flag != flag_fields.end()) {
        order.*(flag->member) = true;
    } else if (const char* const end = value.data() + value.size();
               name != "classes" || value.empty() ||
               std::from_chars(value.data(), end, order.classes).ptr != end) {
        refuse(argument);
    }
}

} // namespace

std::vector<std::string> to_arguments(const WeightsOrder& order) {
    const auto task = std::find_if(task_words.begin(), task_words.end(),
                                   [&](const TaskWord& entry) { return entry.task == order.task; });
    std::vector<std::string> arguments = {std::string(task->word),
                                          "classes=" + std::to_string(order.classes)};
    for (const TextField& field : text_fields) {
        if (const std::string& value = order.*field.member; !value.empty()) {
            arguments.push_back(std::string(field.name) + "=" + value);
        }
    }
    for (const FlagField& field : flag_fields) {
        if (order.*field.member) {
            arguments.emplace_back(field.name);
        }
    }
    return arguments;
}

WeightsOrder weights_order_from_arguments(std::span<const std::string> arguments) {
    const std::string_view word = arguments.empty() ? std::string_view() : arguments.front();
    const auto task = std::find_if(task_words.begin(), task_words.end(),
                                   [&](const TaskWord& entry) { return entry.word == word; });
    if (task == task_words.end()) {
        refuse(word);
    }
    WeightsOrder order{.task = task->task};
    for (const std::string& argument : arguments.subspan(1)) {
        set(order, argument);
    }
    return order;
}

} // namespace suite::plan
