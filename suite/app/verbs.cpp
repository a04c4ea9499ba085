#include "suite/app/verbs.hpp"

#include <algorithm>
#include <map>
#include <memory>

#include "suite/app/command_table.hpp"
#include "suite/app/option_values.hpp"
#include "suite/app/weights_folder.hpp"
#include "suite/base/error.hpp"
#include "suite/base/log.hpp"
#include "suite/base/names.hpp"
#include "suite/plan/spec/enum_names.hpp"
#include "suite/run/launcher.hpp"

namespace suite::app {

namespace {

const std::string measured_keyword = "measured";

/// Nothing of it is taken silently where another reduction would ignore it.
plan::FastReduction fast_reduction(const SelectionOptions& options) {
    const plan::FastReduction fast{.wire = *plan::enum_value<plan::WireFormat>(options.wire),
                                   .bucket_bytes = options.bucket_bytes.empty() ||
                                                           options.bucket_bytes == measured_keyword
                                                       ? 0
                                                       : std::stoull(options.bucket_bytes),
                                   .measured_buckets = options.bucket_bytes == measured_keyword};
    if (options.reduction != "fast" && !(fast == plan::FastReduction{})) {
        throw Error(ErrorKind::usage, {"--reduction", options.reduction + " with --wire or --bucket-bytes",
                                       "fast: strict reduction sums whole gradients in float32",
                                       "add --reduction fast, or leave --wire and --bucket-bytes"});
    }
    return fast;
}

} // namespace

void group_commands(CLI::App& root) {
    const std::pair<const char*, std::vector<std::string>> groups[] = {
        {"Reproduce a paper", {"list", "reproduce", "plan", "run", "check", "report", "audit"}},
        {"Measure and predict scaling", {"scale", "predict"}},
        {"Share and compare results", {"bundle", "verify", "compare", "baseline"}},
        {"Data and weights", {"data", "weights", "infer"}},
        {"This machine and clusters", {"doctor", "submit"}},
    };
    for (CLI::App* command : root.get_subcommands({})) {
        command->group(more_commands);
        for (const auto& [group, names] : groups) {
            if (std::find(names.begin(), names.end(), command->get_name()) != names.end()) {
                command->group(group);
            }
        }
    }
}

CLI::App* add_verb(Dispatcher& dispatcher, const std::string& name, const std::string& description,
                   OutputOptions& output, Action run, CLI::App* parent) {
    CLI::App* verb = (parent == nullptr ? &dispatcher.root : parent)->add_subcommand(name, description);
    verb->set_help_flag("-h,--help", "Print this text and exit")->group(output_group);
    verb->add_flag("--json", output.json, "Print one JSON document on stdout, nothing else")
        ->group(output_group);
    verb->add_flag("--quiet", output.quiet, "Print nothing but errors on stderr")->group(output_group);
    verb->callback([&dispatcher, &output, run = std::move(run)] {
        dispatcher.action = [&output, run] {
            set_log_level(output.quiet ? LogLevel::error : LogLevel::info);
            return run();
        };
    });
    return verb;
}

void add_profile(CLI::App& verb, std::string& profile) {
    verb.add_option("--profile", profile, "Scale of the runs: smoke, laptop or paper")
        ->type_name("PROFILE")
        ->capture_default_str();
}

void add_store(CLI::App& verb, std::filesystem::path& store) {
    verb.add_option("--store", store, "Folder of the run records")->type_name("DIR")->capture_default_str();
}

CLI::Option* add_seeds(CLI::App& verb, SelectionOptions& options) {
    return verb.add_option("--seeds", options.seeds, "Instead of the profile's seeds: 0-4 or 0,2,7")
        ->type_name("LIST");
}

void add_protocol(CLI::App& verb, std::string& protocol) {
    verb.add_option(
            "--protocol", protocol,
            "Where paper and code disagree, follow the authors' code (as-run) or the paper (as-written)")
        ->type_name("as-run|as-written")
        ->capture_default_str()
        ->group(rare_group);
}

void add_weights(CLI::App& verb, SelectionOptions& options) {
    verb.add_option("--weights", options.weights,
                    "Folder of published weights (BiT-M-R50x1.npz, …) that replace pre-training")
        ->type_name("DIR")
        ->group(data_group);
}

void add_parents(CLI::App& verb, std::optional<int>& parents) {
    whole_within(
        verb.add_option("--parents", parents,
                        "Pre-training runs of every source and network, each fine-tuned with every "
                        "seed: the further ones tell how much one pre-training run decides (default: "
                        "1, or what the workload declares)"),
        1, plan::most_parents)
        ->group(rare_group);
}

void add_selection(CLI::App& verb, SelectionOptions& options) {
    verb.add_option("workload", options.workloads,
                    "Names or globs of workloads, as `transferscale list` prints them, or all")
        ->type_name("WORKLOAD")
        ->required();
    add_profile(verb, options.profile);
    verb.add_option("--cell", options.cells,
                    "Only these cells: a cell's id or a glob, as 'TARGET/*'; may be repeated")
        ->type_name("GLOB")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    add_seeds(verb, options);
    add_parents(verb, options.parents);
    add_store(verb, options.store);
    add_weights(verb, options);
    add_protocol(verb, options.protocol);
}

void add_ranks(CLI::App& verb, SelectionOptions& options) {
    constexpr int most_ranks = 65536;
    whole_within(verb.add_option("--ranks", options.ranks, "MPI ranks of every run"), 1, most_ranks)
        ->capture_default_str()
        ->group(ranks_group);
    add_oversubscribe(verb, options.oversubscribe);
    one_of(verb.add_option("--reduction", options.reduction,
                           "How ranks sum gradients: strict (the same bits on any number of ranks) or fast"),
           {"strict", "fast"})
        ->capture_default_str()
        ->group(ranks_group);
    add_fast_reduction(verb, options);
    add_precision(verb, options.precision);
    verb.add_flag(
            "--portable-bits", options.portable_bits,
            "Compute so that every x86 CPU with AVX2 gives the same bits; such runs have keys of their own")
        ->group(ranks_group);
}

void add_oversubscribe(CLI::App& verb, bool& oversubscribe) {
    verb.add_flag(
            "--oversubscribe", oversubscribe,
            "Also run more ranks than there are cores; such runs are marked and never a result of scaling")
        ->group(ranks_group);
}

void add_fast_reduction(CLI::App& verb, SelectionOptions& options) {
    constexpr std::int64_t least_bytes = 4096;
    constexpr std::int64_t most_bytes = std::int64_t{1} << 40; // more than any network's gradients
    one_of_names<plan::WireFormat>(
        verb.add_option("--wire", options.wire,
                        "With fast reduction: format of gradients sent between ranks"))
        ->capture_default_str()
        ->group(ranks_group);
    whole_within_or(
        verb.add_option(
            "--bucket-bytes", options.bucket_bytes,
            "With fast reduction: bytes of gradients that are summed at once; `measured`: the fastest "
            "size for these ranks, found before training"),
        least_bytes, most_bytes, measured_keyword)
        ->group(ranks_group);
}

void add_precision(CLI::App& verb, std::string& precision) {
    one_of_names<plan::Precision>(
        verb.add_option(
            "--precision", precision,
            "Number format of convolutions (short: fp32, bf16, fp16); all but float32 need a GPU"),
        {{"fp32", "float32"}, {"bf16", "bfloat16"}, {"fp16", "float16"}})
        ->capture_default_str()
        ->group(ranks_group);
}

CLI::Option* add_data_root(CLI::App& verb, std::filesystem::path& data) {
    return verb.add_option("--data", data, "Folder of the published data sets (default: TRANSFERSCALE_DATA)")
        ->type_name("DIR")
        ->group(data_group);
}

void add_data(CLI::App& verb, SelectionOptions& options) {
    constexpr int most_limited = 1'000'000'000; // more than any set or schedule has
    existing_folder(add_data_root(verb, options.data));
    whole_within(verb.add_option("--limit", options.limits.images,
                                 "At most N training images and N test images of each data set"),
                 1, most_limited)
        ->group(smaller_group);
    whole_within(verb.add_option("--steps", options.limits.steps,
                                 "At most N steps a run, its schedule shortened in proportion"),
                 1, most_limited)
        ->group(smaller_group);
    whole_within(verb.add_option("--batch", options.limits.batch, "At most N images in a batch"), 1,
                 most_limited)
        ->group(smaller_group);
}

namespace {

/// Scaling workloads are not among `all`: their runs need the machine to themselves and measure it, while the
/// others may share it and must give the same numbers anywhere. Nor are those of further parents, which
/// repeat the pre-training of others: at full scale they cost more than everything else together.
std::vector<std::string> scored_workloads(const plan::Catalog& catalog) {
    std::vector<std::string> ids = plan::workload_ids(catalog);
    std::erase_if(ids, [&catalog](const std::string& id) {
        const plan::WorkloadSpec& workload = catalog.workloads.at(id);
        return workload.scaling.has_value() || workload.parents > 1;
    });
    return ids;
}

bool is_glob(const std::string& name) {
    return name.find_first_of("*?[") != std::string::npos;
}

std::vector<std::string> matching(const std::vector<std::string>& ids, const std::string& glob) {
    std::vector<std::string> matches;
    std::copy_if(ids.begin(), ids.end(), std::back_inserter(matches),
                 [&glob](const std::string& id) { return glob_match(glob, id); });
    return matches;
}

std::vector<std::string> cell_texts(const plan::WorkloadSpec& workload) {
    std::vector<std::string> texts;
    for (const plan::CellId& cell : plan::workload_cells(workload)) {
        texts.push_back(cell.text());
    }
    return texts;
}

/// The cells that were asked for, of each workload: of several workloads a glob may select from some alone.
/// Workloads without any of them are left out. Throws Error(usage) for globs that select nothing anywhere.
std::map<std::string, std::vector<std::string>> cells_by_workload(const plan::Catalog& catalog,
                                                                  const std::vector<std::string>& workloads,
                                                                  const std::vector<std::string>& globs) {
    std::map<std::string, std::vector<std::string>> chosen;
    std::vector<std::string> all;
    for (const std::string& id : workloads) {
        const std::vector<std::string> texts = cell_texts(find(catalog.workloads, id, "workload"));
        all.insert(all.end(), texts.begin(), texts.end());
        for (const std::string& glob : globs) {
            if (!matching(texts, glob).empty()) {
                chosen[id].push_back(glob);
            }
        }
    }
    FaultList faults;
    for (const std::string& glob : globs) {
        if (matching(all, glob).empty()) {
            faults.add({"--cell", "'" + glob + "'", expected_names(glob, all),
                        "`transferscale list WORKLOAD` prints all cells"});
        }
    }
    faults.throw_if_any(ErrorKind::usage);
    return chosen;
}

std::vector<plan::Plan> expand_all(const plan::Catalog& catalog, const SelectionOptions& options,
                                   plan::PlanFilter filter) {
    const std::vector<std::string> workloads = all_of(catalog, options.workloads);
    const auto cells = cells_by_workload(catalog, workloads, options.cells);
    std::vector<plan::Plan> plans;
    for (const std::string& workload : workloads) {
        if (!options.cells.empty()) {
            const auto chosen = cells.find(workload);
            if (chosen == cells.end()) {
                continue;
            }
            filter.cells = chosen->second;
        }
        plans.push_back(plan::expand(catalog, workload, options.profile, filter));
    }
    return plans;
}

/// Ranks that fit: the devices of the profile's system, or this machine's cores.
int slots_of(const plan::Catalog& catalog, const std::string& profile) {
    const plan::ProfileSpec& spec = find(catalog.profiles, profile, "profile");
    if (spec.system.empty()) {
        return run::usable_cores();
    }
    const plan::SystemSpec& system = find(catalog.systems, spec.system, "system");
    return system.nodes * std::max(system.gpus_per_node, 1);
}

} // namespace

std::vector<std::string> all_of(const plan::Catalog& catalog, const std::vector<std::string>& workloads) {
    std::vector<std::string> ids;
    for (const std::string& id : workloads) {
        std::vector<std::string> meant{id};
        if (id == "all" || catalog.studies.contains(id)) {
            meant = scored_workloads(catalog);
            std::erase_if(meant, [&](const std::string& workload) {
                return id != "all" && catalog.workloads.at(workload).study != id;
            });
        } else if (is_glob(id)) {
            meant = matching(plan::workload_ids(catalog), id);
            if (meant.empty()) {
                plan::throw_unknown_name("workload", id, plan::workload_ids(catalog));
            }
        }
        ids.insert(ids.end(), meant.begin(), meant.end());
    }
    return ids;
}

std::string scaling_workload(const plan::Catalog& catalog, const std::optional<std::string>& named) {
    std::vector<std::string> ladders;
    for (const auto& [id, workload] : catalog.workloads) {
        if (workload.scaling) {
            ladders.push_back(id);
        }
    }
    std::string id = named.value_or(ladders.size() == 1 ? ladders.front() : "");
    if (std::find(ladders.begin(), ladders.end(), id) == ladders.end()) {
        plan::throw_unknown_name("--workload", id, ladders);
    }
    return id;
}

std::vector<plan::Plan> expand_selection(const plan::Catalog& catalog, const SelectionOptions& options) {
    plan::PlanFilter filter;
    filter.cells = options.cells;
    filter.protocol = options.protocol;
    filter.ranks = options.ranks;
    filter.reduction = options.reduction == "fast" ? plan::ReductionMode::fast : plan::ReductionMode::strict;
    filter.fast = fast_reduction(options);
    filter.precision = *plan::enum_value<plan::Precision>(options.precision);
    filter.portable_bits = options.portable_bits;
    if (options.seeds) {
        filter.seeds = plan::parse_seeds(*options.seeds);
    }
    filter.slots = slots_of(catalog, options.profile);
    filter.oversubscribe = options.oversubscribe;
    filter.limits = options.limits;
    filter.parents = options.parents;
    std::vector<plan::Plan> plans = expand_all(catalog, options, filter);
    if (options.weights.empty()) {
        return plans;
    }
    filter.weights = weights_of_folder(catalog, plans, options.weights,
                                       options.some_weights ? Missing::trained : Missing::fault);
    return expand_all(catalog, options, filter);
}

} // namespace suite::app
