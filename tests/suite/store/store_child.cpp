// A process of its own for the tests of suite/store: ROLE ROOT [ARGUMENTS]. Exit codes as everywhere; what a
// test needs to know is printed line by line.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>

#include "store_fixture.hpp"
#include "suite/base/error.hpp"
#include "suite/store/checkpoint_file.hpp"
#include "suite/store/store.hpp"

namespace {

using namespace suite::store;
using suite::store::testing::count_temporaries;
using suite::store::testing::full_record;

using Arguments = std::vector<std::string>;

void say(const std::string& line) {
    std::puts(line.c_str());
    std::fflush(stdout);
}

/// Records FIRST … LAST-1, the first metric shifted by SHIFT; "done KEY" once each is durable.
int publish(const Arguments& arguments) {
    Store store(arguments[0], Access::read_write);
    for (std::uint64_t seed = std::stoull(arguments[1]); seed < std::stoull(arguments[2]); ++seed) {
        RunRecord record = full_record(seed);
        record.metrics[0].value += std::stod(arguments[3]);
        store.commit(record);
        say("done " + record.key);
    }
    return 0;
}

/// Works on records 0 … COUNT-1 as a scheduler does: claim, look up, work, publish, release.
int race(const Arguments& arguments) {
    Store store(arguments[0], Access::read_write);
    for (std::uint64_t seed = 0; seed < std::stoull(arguments[1]); ++seed) {
        const RunRecord record = full_record(seed);
        const auto claim = store.try_claim(record.key);
        if (claim && store.look_up(record.key).state == LookupState::absent) {
            say("worked " + record.key);
            store.commit(record, suite::Durability::none);
        }
    }
    return 0;
}

/// Claims the records 0 … COUNT-1, says so and waits to be killed.
int hold(const Arguments& arguments) {
    Store store(arguments[0], Access::read_write);
    std::vector<Claim> claims;
    for (std::uint64_t seed = 0; seed < std::stoull(arguments[1]); ++seed) {
        auto claim = store.try_claim(full_record(seed).key);
        if (claim) {
            claims.push_back(std::move(*claim));
        }
    }
    say("held " + std::to_string(claims.size()));
    for (;;) {
        std::this_thread::sleep_for(std::chrono::seconds(60));
    }
}

void limit_file_size(const std::string& bytes) {
    const rlimit limit{std::stoull(bytes), std::stoull(bytes)};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, SIG_IGN); // writes fail with EFBIG instead
}

/// One record in a process whose files may not exceed BYTES.
int limited(const Arguments& arguments) {
    Store store(arguments[0], Access::read_write);
    limit_file_size(arguments[1]);
    store.commit(full_record());
    return 0;
}

int limited_checkpoint(const Arguments& arguments) {
    limit_file_size(arguments[1]);
    write_checkpoint(arguments[0], {.key = "key",
                                    .tensors = {{"w", {1000}, 0}},
                                    .values = std::vector<float>(1000, 1.0F),
                                    .arenas = {{"momentum", std::vector<float>(1000, 2.0F)}},
                                    .step = 3});
    return 0;
}

/// Publishes until the disk is full; then everything acknowledged must be whole and nothing half-written.
int fill(const Arguments& arguments) {
    Store store(arguments[0], Access::read_write);
    std::vector<std::string> done;
    std::string message;
    for (std::uint64_t seed = 0; message.empty(); ++seed) {
        try {
            store.commit(full_record(seed));
            done.push_back(full_record(seed).key);
        } catch (const suite::Error& error) {
            message = error.what();
        }
    }
    std::size_t whole = 0;
    for (const std::string& key : done) {
        whole += store.look_up(key).state == LookupState::finished ? 1U : 0U;
    }
    say("acknowledged " + std::to_string(done.size()));
    say("whole " + std::to_string(whole));
    say("files " + std::to_string(store.keys().size()));
    say("temporaries " + std::to_string(count_temporaries(arguments[0])));
    say(message);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const std::map<std::string, std::function<int(const Arguments&)>> roles{
        {"publish", publish}, {"race", race}, {"hold", hold},
        {"limited", limited}, {"fill", fill}, {"limited-checkpoint", limited_checkpoint}};
    const Arguments arguments(argv + 2, argv + argc);
    try {
        return roles.at(argv[1])(arguments);
    } catch (const suite::Error& error) {
        say(error.what());
        return error.exit_code();
    }
}
