// Speaks the worker protocol and trains nothing. What becomes of a run is spelled in its protocol word:
//   succeed            publishes a record (pre-training: a checkpoint first; fine-tuning: reads its parent's)
//   fail:KIND:PHASE    a failure record and a failed report
//   skip               its data are not on this machine
//   crash:SIGNAL       dies at once
//   slow:MILLISECONDS  then succeeds
//   hang               until SIGTERM, then reports that it was interrupted
//   stubborn           hangs and takes no SIGTERM
//   leave              ends with exit code 75 the first time it is asked, succeeds afterwards
//   garbage            prints what is no message
//   differ             a result that depends on the process
// FAKE_WORKER_EXIT=N: ends with this code before any order. FAKE_WORKER_LOG=FILE: one line "PID KEY" an
// order.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include "suite/base/clock.hpp"
#include "suite/base/error.hpp"
#include "suite/base/hash.hpp"
#include "suite/plan/order/run_config.hpp"
#include "suite/plan/order/work_message.hpp"
#include "suite/store/checkpoint_file.hpp"
#include "suite/store/store.hpp"

namespace {

using namespace suite;

volatile std::sig_atomic_t stop_requested = 0;

extern "C" void note_stop(int) {
    stop_requested = 1;
}

std::vector<std::string> split(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> words;
    for (std::string word; std::getline(stream, word, ':');) {
        words.push_back(word);
    }
    return words;
}

double order_started = 0.0;

void note_order(const plan::WorkOrder& order) {
    if (const char* path = std::getenv("FAKE_WORKER_LOG"); path != nullptr) {
        std::ofstream(path, std::ios::app) << std::to_string(::getpid()) + " " + order.key + "\n";
    }
}

plan::WorkReport report_of(const plan::WorkOrder& order, plan::WorkEvent event) {
    plan::WorkReport report;
    report.event = event;
    report.key = order.key;
    return report;
}

plan::WorkReport failed(const plan::WorkOrder& order, const std::string& kind, const std::string& phase,
                        const std::string& reason) {
    plan::WorkReport report = report_of(order, plan::WorkEvent::failed);
    report.kind = kind;
    report.phase = phase;
    report.reason = reason;
    return report;
}

store::RunRecord record_of(const plan::WorkOrder& order, const plan::RunConfig& config) {
    store::RunRecord record;
    record.key = order.key;
    record.kind = config.kind == plan::RunKind::pretrain ? "pretrain" : "finetune";
    record.cell = order.cell;
    record.config = order.config;
    record.seed = config.seed;
    record.parent_key = config.parent_key;
    const double value = 50.0 + static_cast<double>(config.seed);
    record.metrics = {
        {"top1", "test", config.protocol == "differ" ? ::getpid() : value, "percent", "higher"}};
    record.weights_digest = sha256_hex(order.key);
    record.wall_seconds = 0.5;
    record.timing = store::Timing{.started_seconds = order_started};
    return record;
}

plan::WorkReport succeed(store::Store& store, const plan::WorkOrder& order, const plan::RunConfig& config) {
    if (config.kind == plan::RunKind::pretrain) {
        store::write_checkpoint(
            store.checkpoint_path(order.key),
            {.key = order.key, .tensors = {{"w", {2}, 0}}, .values = {1.0F, 2.0F}, .arenas = {}, .step = 1},
            Durability::none);
    } else {
        static_cast<void>(
            store::read_checkpoint(store.checkpoint_path(config.parent_key), config.parent_key));
    }
    static_cast<void>(store.commit(record_of(order, config), Durability::none));
    plan::WorkReport report = report_of(order, plan::WorkEvent::done);
    report.wall_seconds = 0.5;
    return report;
}

plan::WorkReport fail_as_told(store::Store& store, const plan::WorkOrder& order,
                              const plan::RunConfig& config, const std::vector<std::string>& words) {
    store::RunRecord record = record_of(order, config);
    record.status = store::RunStatus::failed;
    record.failure = store::Failure{.phase = words[2], .kind = words[1], .reason = "as told", .step = 3};
    store.commit_failure(record, Durability::none);
    return failed(order, words[1], words[2], "as told");
}

void sleep_milliseconds(int milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

bool leaves_now(const store::Store& store, const std::string& key) {
    const std::filesystem::path mark = store.root() / (".left-" + key);
    const bool first = !std::filesystem::exists(mark);
    std::ofstream(mark) << "";
    return first;
}

plan::WorkReport execute(store::Store& store, const plan::WorkOrder& order) {
    const plan::RunConfig config = plan::run_config_from_text(order.config);
    const std::vector<std::string> words = split(config.protocol);
    if (words[0] == "fail") {
        return fail_as_told(store, order, config, words);
    }
    if (words[0] == "skip") {
        return failed(order, "skipped", "data", "data set toy not found");
    }
    if (words[0] == "crash") {
        std::signal(std::stoi(words[1]), SIG_DFL); // sanitizers catch some
        std::raise(std::stoi(words[1]));
    }
    if (words[0] == "slow") {
        sleep_milliseconds(std::stoi(words[1]));
    }
    if (words[0] == "leave" && leaves_now(store, order.key)) {
        std::_Exit(75);
    }
    if (words[0] == "garbage") {
        std::cout << "Warning: something was deprecated\n" << std::flush;
    }
    for (; words[0] == "stubborn" || (words[0] == "hang" && stop_requested == 0);) {
        sleep_milliseconds(5);
    }
    try {
        return words[0] == "hang" ? report_of(order, plan::WorkEvent::interrupted)
                                  : succeed(store, order, config);
    } catch (const Error& error) {
        return failed(order, std::string(to_string(error.kind())), "parent", error.what());
    }
}

void send(const plan::WorkReport& report) {
    std::cout << to_line(report) << '\n' << std::flush;
}

} // namespace

int main(int, char** argv) {
    struct sigaction action {};
    action.sa_handler = note_stop;
    ::sigaction(SIGTERM, &action, nullptr);
    if (const char* code = std::getenv("FAKE_WORKER_EXIT"); code != nullptr) {
        return std::stoi(code);
    }
    store::Store store(argv[2], store::Access::read_write);
    send(plan::WorkReport{});
    std::string line;
    while (stop_requested == 0 && std::getline(std::cin, line)) {
        const plan::WorkOrder order = plan::work_order_from_line(line);
        note_order(order);
        order_started = unix_seconds();
        send(execute(store, order));
    }
    return stop_requested == 0 ? 0 : 75;
}
