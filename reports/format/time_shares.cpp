#include "reports/format/time_shares.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace reports {
namespace {

using suite::store::RunRecord;

/// A run begins (+1) or ends (-1).
struct Turn {
    double seconds = 0.0;
    int change = 0;
};

std::vector<Turn> turns_of(std::span<const RunRecord> records) {
    std::vector<Turn> turns;
    for (const RunRecord& record : records) {
        if (record.timing) {
            turns.push_back({record.timing->started_seconds, 1});
            turns.push_back({record.timing->started_seconds + record.wall_seconds, -1});
        }
    }
    // Of one moment's turns the ends come first: a run that follows another is not beside it.
    std::ranges::sort(turns, [](const Turn& a, const Turn& b) {
        return a.seconds != b.seconds ? a.seconds < b.seconds : a.change < b.change;
    });
    return turns;
}

/// Training before the run was last resumed. A record's wall time begins at that moment, its training seconds
/// are those of all attempts. Records of earlier versions do not tell them apart: then it is what the wall
/// time does not hold.
double earlier_seconds(const RunRecord& record) {
    if (!record.provenance.contains("resumed_at_step")) {
        return 0.0;
    }
    const suite::store::Timing& timing = *record.timing;
    const double most =
        record.wall_seconds - timing.data_seconds - timing.evaluation_seconds - timing.store_seconds;
    const double least = std::max(0.0, record.train_seconds - std::max(0.0, most));
    const auto told = record.provenance.find("resumed_train_seconds");
    if (told == record.provenance.end()) {
        return least;
    }
    double seconds = 0.0;
    const std::string& text = told->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    const bool is_number = error == std::errc() && end == text.data() + text.size();
    return is_number && seconds >= least && seconds <= record.train_seconds ? seconds : least;
}

void add_wall(TimeShares& shares, const std::vector<Turn>& turns) {
    int running = 0;
    for (std::size_t i = 0; i < turns.size(); ++i) {
        const double passed = i == 0 ? 0.0 : turns[i].seconds - turns[i - 1].seconds;
        if (running > 0 || passed <= longest_gap_seconds) {
            shares.wall_seconds += passed;
        }
        running += turns[i].change;
        shares.jobs = std::max(shares.jobs, static_cast<std::size_t>(std::max(running, 0)));
    }
}

} // namespace

TimeShares time_shares(std::span<const RunRecord> records) {
    TimeShares shares;
    double in_runs = 0.0;
    for (const RunRecord& record : records) {
        ++shares.runs;
        if (!record.timing) {
            ++shares.untimed;
            continue;
        }
        const double earlier = earlier_seconds(record);
        shares.training_seconds += record.train_seconds - earlier;
        shares.earlier_seconds += earlier;
        shares.evaluation_seconds += record.timing->evaluation_seconds;
        shares.data_seconds += record.timing->data_seconds;
        shares.store_seconds += record.timing->store_seconds;
        in_runs += record.wall_seconds;
    }
    shares.other_seconds = in_runs - shares.training_seconds - shares.evaluation_seconds -
                           shares.data_seconds - shares.store_seconds;
    add_wall(shares, turns_of(records));
    shares.idle_seconds = static_cast<double>(shares.jobs) * shares.wall_seconds - in_runs;
    return shares;
}

std::string time_shares_text(const TimeShares& shares) {
    const double whole = static_cast<double>(shares.jobs) * shares.wall_seconds;
    if (!(whole > 0.0)) {
        return "";
    }
    const auto percent = [whole](double seconds) { return 100.0 * seconds / whole; };
    return fmt::format(
        "Time of the store's {} runs: {:.1f} s with {} at once; training {:.1f} %, evaluation {:.1f} %, data "
        "{:.1f} %, store {:.1f} %, other {:.1f} %, idle {:.1f} %{}{}",
        shares.runs, shares.wall_seconds, shares.jobs, percent(shares.training_seconds),
        percent(shares.evaluation_seconds), percent(shares.data_seconds), percent(shares.store_seconds),
        percent(shares.other_seconds), percent(shares.idle_seconds),
        shares.untimed == 0 ? "" : fmt::format(" ({} runs say nothing)", shares.untimed),
        shares.earlier_seconds > 0.0
            ? fmt::format("; before their last resumption they trained for {:.1f} s", shares.earlier_seconds)
            : "");
}

} // namespace reports
