// A rank that works in one kind of call, step after step, until something happens to one of them: what
// rank_failures.py watches.
//
//   rank_probe PHASE EVENT RANK [DEADLINE_SECONDS]
//   PHASE  small large overlap broadcast gather exchange barrier agree handshake
//   EVENT  none throw exit kill stop abort size trait, which befalls RANK at step 3
// Ranks that are lost a peer print "RANK error[E800] …" and end all with 8.
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include <unistd.h>

#include "suite/base/clock.hpp"
#include "suite/base/log.hpp"
#include "suite/dist/handshake.hpp"
#include "suite/dist/mpi.hpp"

namespace {

using namespace suite;
using namespace suite::dist;

constexpr std::int64_t steps = 40;
constexpr std::int64_t event_step = 3;

struct Probe {
    Communicator& ranks;
    std::string phase;
    std::string event;
    int victim;

    [[nodiscard]] bool is_hit(std::int64_t step) const {
        return ranks.rank() == victim && step == event_step;
    }

    void befall() const {
        if (event == "exit") {
            std::_Exit(3);
        } else if (event == "kill") {
            ::raise(SIGKILL);
        } else if (event == "stop") {
            ::raise(SIGSTOP);
        } else if (event == "abort") {
            ranks.abort(5);
        }
    }

    // One call of the phase; the size may be wrong on one rank.
    void call(std::int64_t step) const {
        const std::size_t extra = event == "size" && is_hit(step) ? 1 : 0;
        std::vector<float> values((phase == "small" ? 100 : 200'000) + extra, 1.0F);
        std::vector<float> other(values.size() * static_cast<std::size_t>(ranks.size()));
        if (phase == "small" || phase == "large") {
            ranks.all_reduce(buffer(std::span(values)), Reduction::sum);
        } else if (phase == "overlap") {
            overlap(values);
        } else if (phase == "broadcast") {
            ranks.broadcast(buffer(std::span(values)), static_cast<int>(step % ranks.size()));
        } else if (phase == "gather") {
            ranks.all_gather(buffer(std::span(values)), buffer(std::span(other)));
        } else if (phase == "exchange") {
            ranks.exchange(buffer(std::span(values)), buffer(std::span(other).first(values.size())),
                           ranks.rank() ^ 1);
        } else if (phase == "barrier") {
            ranks.barrier();
        }
    }

    void overlap(std::vector<float>& values) const {
        std::vector<float> more(50'000, 1.0F);
        Request first = ranks.start_all_reduce(buffer(std::span(values)), Reduction::sum);
        Request second = ranks.start_all_reduce(buffer(std::span(more)), Reduction::sum);
        second.wait();
        first.wait();
    }

    void run() const {
        for (std::int64_t step = 0; step < steps; ++step) {
            ranks.set_phase(phase, step);
            std::exception_ptr mine;
            if (is_hit(step)) {
                befall();
                if (event == "throw") {
                    mine = std::make_exception_ptr(
                        Error(ErrorKind::numeric,
                              Fault{.where = "loss", .found = "nan", .expected = "a number", .fix = ""}));
                }
            }
            agree(ranks, mine);
            call(step);
        }
    }
};

int run(const std::vector<std::string>& words) {
    const auto ranks = make_mpi({.deadline_seconds = words.size() > 3 ? std::stod(words[3]) : 60.0});
    const std::string who = std::to_string(ranks->rank()) + " ";
    try {
        const bool odd = words[1] == "trait" && ranks->rank() == std::stoi(words[2]);
        expect_same(*ranks,
                    std::vector<Trait>{{"program", "1"}, {"configuration", odd ? "other" : "common"}});
        Probe{*ranks, words[0], words[1], std::stoi(words[2])}.run();
        log_info(who + "finished");
        return 0;
    } catch (const Error& error) {
        log_error(who + error.what());
        if (error.kind() == ErrorKind::peer) {
            ranks->abort(error.exit_code());
        }
        return error.exit_code();
    }
}

} // namespace

int main(int argc, char** argv) {
    std::signal(SIGTERM, SIG_IGN); // a launcher's first word to the others; workers take it as a wish too
    try {
        return run({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        log_error(error.what());
        return 1;
    }
}
