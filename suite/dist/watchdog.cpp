#include "suite/dist/watchdog.hpp"

#include <chrono>
#include <cstdlib>

#include <fmt/format.h>

#include "suite/base/error.hpp"
#include "suite/base/files.hpp"
#include "suite/base/log.hpp"

namespace suite::dist {
namespace {

// What launchers call this process before the library can be asked.
std::string own_rank() {
    for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID", "PMI_RANK"}) {
        if (const char* rank = std::getenv(name); rank != nullptr) {
            return rank;
        }
    }
    return "?";
}

} // namespace

Watchdog::Watchdog(double deadline_seconds, std::string doing)
    : thread_([this, deadline_seconds, doing = std::move(doing)] { watch(deadline_seconds, doing); }) {}

Watchdog::~Watchdog() {
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    ended_changed_.notify_all();
    thread_.join();
}

void Watchdog::watch(double deadline_seconds, const std::string& doing) {
    std::unique_lock lock(mutex_);
    if (ended_changed_.wait_for(lock, std::chrono::duration<double>(deadline_seconds),
                                [this] { return ended_; })) {
        return;
    }
    const Error error(ErrorKind::peer,
                      Fault{.where = fmt::format("rank {} on {}, {}", own_rank(), this_process().host, doing),
                            .found = fmt::format("other ranks silent for {:.3g} s", deadline_seconds),
                            .expected = "all ranks at this point",
                            .fix = "run again: finished runs are kept; see why a rank ended or was late"});
    log_error(error.what());
    std::_Exit(error.exit_code());
}

} // namespace suite::dist
