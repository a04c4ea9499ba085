#include "suite/app/reporting.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <map>

#include <sys/ioctl.h>
#include <unistd.h>

#include "suite/base/log.hpp"
#include "suite/data/data_set.hpp"

namespace suite::app {

namespace {

/// Why data sets cannot be opened here, each looked for once; "" when they can.
class Obstacles {
public:
    explicit Obstacles(const std::filesystem::path& data_root) : places_{.root = absolute(data_root)} {}

    const std::string& of(const plan::DataConfig& config) {
        const auto [entry, is_new] = reasons_.try_emplace(canonical_text(config));
        if (is_new) {
            entry->second = data::unavailable_reason(config, places_);
        }
        return entry->second;
    }

private:
    static std::filesystem::path absolute(const std::filesystem::path& root) {
        return root.empty() ? root : std::filesystem::absolute(root);
    }

    data::OpenOptions places_;
    std::map<std::string, std::string> reasons_;
};

/// The cells whose own data set, or that of their pre-training, is not on this machine.
void note_obstacles(plan::Plan& plan, Obstacles& obstacles) {
    std::map<std::string, const plan::PlannedRun*> run_of_key;
    for (const plan::PlannedRun& run : plan.runs) {
        run_of_key[run.key] = &run;
    }
    for (plan::PlannedCell& cell : plan.cells) {
        for (const std::size_t index : plan::all_runs(cell)) {
            const plan::PlannedRun& run = plan.runs[index];
            cell.obstacle = obstacles.of(run.config.data);
            const auto parent = run_of_key.find(run.parent);
            const bool reads = parent != run_of_key.end() && !parent->second->config.weights;
            if (cell.obstacle.empty() && reads) {
                cell.obstacle = obstacles.of(parent->second->config.data);
            }
        }
    }
}

} // namespace

std::vector<reports::CheckResult> check_selection(const SelectionOptions& options,
                                                  const reports::Selection& selection) {
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    SelectionOptions whole = options;
    whole.cells.clear(); // verdicts are corrected over all cells; the selection comes afterwards
    whole.some_weights = true;
    std::vector<plan::Plan> plans = expand_selection(catalog, whole);
    const store::Store store(options.store, store::Access::read_only);
    reports::Records records(store); // workloads share runs: each record is read once
    std::vector<reports::CheckResult> results;
    Obstacles obstacles(options.data);
    for (plan::Plan& plan : plans) {
        note_obstacles(plan, obstacles);
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

void require_bundles(const std::vector<std::filesystem::path>& files) {
    FaultList absent;
    for (const std::filesystem::path& file : files) {
        std::error_code ignored;
        if (!std::filesystem::exists(file, ignored)) {
            absent.add({.where = file.string(),
                        .found = "no such file",
                        .expected = "a bundle",
                        .fix = "transferscale bundle WORKLOAD --out FILE"});
        }
    }
    absent.throw_if_any(ErrorKind::store);
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

std::size_t columns_of_stdout() {
    constexpr std::size_t fewest = 60;
    const char* wanted = std::getenv("COLUMNS");
    const std::string_view text = wanted == nullptr ? "" : wanted;
    std::size_t columns = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), columns);
    if (fault != std::errc() || end != text.data() + text.size() || columns == 0) {
        winsize size{};
        const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
        columns = known ? size.ws_col : reports::Page().columns;
    }
    return std::max(columns, fewest);
}

reports::Page page_of_stdout() {
    const char* refused = std::getenv("NO_COLOR");
    const bool coloured = (refused == nullptr || *refused == '\0') && ::isatty(STDOUT_FILENO) == 1;
    return {.colours = coloured ? reports::Colours::on : reports::Colours::off,
            .columns = columns_of_stdout()};
}

} // namespace suite::app
