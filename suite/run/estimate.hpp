// How long a plan will take: work in multiply-accumulates over a throughput that was measured, or declared as
// long as nothing was measured.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "suite/plan/plan.hpp"
#include "suite/run/survey.hpp"

namespace suite::run {

/// Gigamacs per second of one process, by network id.
using Throughput = std::map<std::string, double>;

/// Wall seconds of the whole plan on the profile's system (or this machine's cores), declared throughput.
[[nodiscard]] double estimate_from_declaration(const plan::Catalog& catalog, const plan::Plan& plan);

/// Throughput that the finished runs of this plan showed.
[[nodiscard]] Throughput measured_throughput(const plan::Plan& plan, const std::vector<ItemStatus>& statuses);

/// What doctor measured and kept in the store (.throughput.json); empty when it never ran there.
[[nodiscard]] Throughput recorded_throughput(const std::filesystem::path& store);
void record_throughput(const std::filesystem::path& store, const Throughput& throughput);

/// Wall seconds until everything that is not done is done by `jobs` processes.
[[nodiscard]] double estimate_remaining(const plan::Catalog& catalog, const plan::Plan& plan,
                                        const std::vector<ItemStatus>& statuses, const Throughput& throughput,
                                        int jobs);

/// Processes of one run's worth of cores on this machine.
[[nodiscard]] int default_jobs();

/// "45 s", "12 min", "3.4 h", "210 days".
[[nodiscard]] std::string duration_text(double seconds);

} // namespace suite::run
