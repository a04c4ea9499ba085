#include "suite/app/reporting.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <unistd.h>

#include "suite/base/log.hpp"

namespace suite::app {

std::vector<reports::CheckResult> check_selection(const SelectionOptions& options,
                                                  const reports::Selection& selection) {
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    SelectionOptions whole = options;
    whole.cells.clear(); // verdicts are corrected over all cells; the selection comes afterwards
    const std::vector<plan::Plan> plans = expand_selection(catalog, whole);
    const store::Store store(options.store, store::Access::read_only);
    reports::Records records(store); // workloads share runs: each record is read once
    std::vector<reports::CheckResult> results;
    for (const plan::Plan& plan : plans) {
        const plan::References references =
            plan::load_references(catalog, plan.workload, plan.profile, plan.protocol);
        results.push_back(reports::check(find(catalog.workloads, plan.workload, "workload"),
                                         find(catalog.profiles, plan.profile, "profile"), plan, references,
                                         records));
    }
    reports::require_known(results, selection);
    for (reports::CheckResult& result : results) {
        result = reports::select(std::move(result), selection);
    }
    return results;
}

void log_damage(const reports::CheckResult& result) {
    for (const std::string& message : result.damaged) {
        log_error(message);
    }
}

int worse_exit_code(int a, int b) {
    constexpr std::array<int, 4> order{0, exit_code(ErrorKind::skipped), exit_code(ErrorKind::comparison),
                                       exit_code(ErrorKind::store)};
    return std::max(a, b, [&order](int x, int y) {
        return std::find(order.begin(), order.end(), x) < std::find(order.begin(), order.end(), y);
    });
}

reports::Colours colours_of_stdout() {
    const char* refused = std::getenv("NO_COLOR");
    const bool wanted = (refused == nullptr || *refused == '\0') && ::isatty(STDOUT_FILENO) == 1;
    return wanted ? reports::Colours::on : reports::Colours::off;
}

} // namespace suite::app
