#include "suite/app/verbs.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>

#include "suite/app/weights_folder.hpp"
#include "suite/base/error.hpp"
#include "suite/base/log.hpp"
#include "suite/plan/words.hpp"
#include "suite/run/launcher.hpp"

namespace suite::app {

namespace {

const std::string measured_word = "measured";

/// Nothing of it is taken silently where another reduction would ignore it.
plan::FastReduction fast_reduction(const SelectionOptions& options) {
    const plan::FastReduction fast{.wire = *plan::from_word<plan::WireFormat>(options.wire),
                                   .bucket_bytes =
                                       options.bucket_bytes.empty() || options.bucket_bytes == measured_word
                                           ? 0
                                           : std::stoull(options.bucket_bytes),
                                   .measured_buckets = options.bucket_bytes == measured_word};
    if (options.reduction != "fast" && !(fast == plan::FastReduction{})) {
        throw Error(ErrorKind::usage, {"--reduction", options.reduction + " with --wire or --bucket-bytes",
                                       "fast: strict reduction sums whole gradients in float32",
                                       "add --reduction fast, or leave --wire and --bucket-bytes"});
    }
    return fast;
}

} // namespace

CLI::App* add_verb(Dispatcher& dispatcher, const std::string& name, const std::string& description,
                   OutputOptions& output, Action run, CLI::App* parent) {
    CLI::App* verb = (parent == nullptr ? &dispatcher.root : parent)->add_subcommand(name, description);
    verb->add_flag("--json", output.json, "One JSON document on stdout and nothing else there");
    verb->add_flag("--quiet", output.quiet, "Only errors on stderr");
    verb->callback([&dispatcher, &output, run = std::move(run)] {
        dispatcher.action = [&output, run] {
            set_log_level(output.quiet ? LogLevel::error : LogLevel::info);
            return run();
        };
    });
    return verb;
}

std::filesystem::path default_store() {
    const char* named = std::getenv("TRANSFERSCALE_STORE");
    return named != nullptr && *named != '\0' ? named : "store";
}

void add_protocol(CLI::App& verb, std::string& protocol) {
    verb.add_option("--protocol", protocol,
                    "Where paper and code disagree: as-run (the authors' code) or as-written (the paper)")
        ->capture_default_str();
}

void add_weights(CLI::App& verb, SelectionOptions& options) {
    verb.add_option("--weights", options.weights,
                    "Folder of published weights (BiT-M-R50x1.npz, …) that replace pre-training");
}

void add_selection(CLI::App& verb, SelectionOptions& options) {
    options.store = default_store();
    verb.add_option("workload", options.workloads, "Workloads, as `transferscale list` names them, or all")
        ->required();
    verb.add_option("--profile", options.profile, "At what scale: smoke, laptop or paper")
        ->capture_default_str();
    add_protocol(verb, options.protocol);
    verb.add_option("--store", options.store, "Folder of the run records")->capture_default_str();
    verb.add_option("--seeds", options.seeds, "Instead of the profile's seeds: 0-4 or 0,2,7");
    add_weights(verb, options);
    verb.add_option("--cell", options.cells, "Only these cells: a cell's id or a glob; may be repeated")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_ranks(CLI::App& verb, SelectionOptions& options) {
    verb.add_option("--ranks", options.ranks, "Every run over this many MPI ranks")
        ->check(CLI::Range(1, 65536))
        ->capture_default_str();
    verb.add_flag("--oversubscribe", options.oversubscribe,
                  "Let more ranks run than there are cores; their records say so");
    verb.add_option("--reduction", options.reduction,
                    "How ranks sum gradients: strict (the same bits on any number of ranks) or fast")
        ->check(CLI::IsMember({"strict", "fast"}))
        ->capture_default_str();
    add_fast_reduction(verb, options);
    add_precision(verb, options.precision);
}

void add_fast_reduction(CLI::App& verb, SelectionOptions& options) {
    constexpr std::int64_t most_bytes = std::int64_t{1} << 40; // more than any network's gradients
    std::set<std::string> words;
    for (const auto& [value, word] : plan::words<plan::WireFormat>) {
        words.emplace(word);
    }
    verb.add_option("--wire", options.wire,
                    "With fast reduction: what gradients are rounded to on their way between ranks")
        ->check(CLI::IsMember(words))
        ->capture_default_str();
    verb.add_option(
            "--bucket-bytes", options.bucket_bytes,
            "With fast reduction: gradients are summed in pieces of about this size; measured: of the "
            "size that suits these ranks, found before training")
        ->check(CLI::IsMember({measured_word}) | CLI::Range(std::int64_t{4096}, most_bytes));
}

void add_precision(CLI::App& verb, std::string& precision) {
    static const std::map<std::string, std::string> short_words{
        {"fp32", "float32"}, {"bf16", "bfloat16"}, {"fp16", "float16"}};
    std::set<std::string> words;
    for (const auto& [value, word] : plan::words<plan::Precision>) {
        words.emplace(word);
    }
    verb.add_option(
            "--precision", precision,
            "What convolutions compute in (fp32, bf16, fp16 for short); others than float32 need a GPU")
        ->transform(CLI::Transformer(short_words).description("") & CLI::IsMember(words))
        ->capture_default_str();
}

void add_data(CLI::App& verb, SelectionOptions& options) {
    constexpr int most_limited = 1'000'000'000; // more than any set or schedule has
    verb.add_option("--data", options.data, "Folder of the published data sets (default: TRANSFERSCALE_DATA)")
        ->check(CLI::ExistingDirectory);
    verb.add_option("--limit", options.limits.images,
                    "Only so many training and test images of each data set; for trying out: no verdict")
        ->check(CLI::Range(1, most_limited));
    verb.add_option("--steps", options.limits.steps,
                    "Schedules shortened in proportion to so many steps; for trying out: no verdict")
        ->check(CLI::Range(1, most_limited));
    verb.add_option("--batch", options.limits.batch,
                    "Batches of at most so many images; for trying out: no verdict")
        ->check(CLI::Range(1, most_limited));
}

namespace {

/// Ladders are not among `all`: their runs need the machine to themselves and say something about it, while
/// the others may share it and must give the same numbers anywhere.
std::vector<std::string> scored_workloads(const plan::Catalog& catalog) {
    std::vector<std::string> ids = plan::workload_ids(catalog);
    std::erase_if(ids,
                  [&catalog](const std::string& id) { return catalog.workloads.at(id).scaling.has_value(); });
    return ids;
}

std::vector<plan::Plan> expand_all(const plan::Catalog& catalog, const SelectionOptions& options,
                                   const plan::PlanFilter& filter) {
    std::vector<plan::Plan> plans;
    for (const std::string& workload : all_of(catalog, options.workloads)) {
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
        const std::vector<std::string> meant =
            id == "all" ? scored_workloads(catalog) : std::vector<std::string>{id};
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
    filter.precision = *plan::from_word<plan::Precision>(options.precision);
    if (options.seeds) {
        filter.seeds = plan::parse_seeds(*options.seeds);
    }
    filter.slots = slots_of(catalog, options.profile);
    filter.oversubscribe = options.oversubscribe;
    filter.limits = options.limits;
    if (!options.data.empty()) { // workers inherit it
        ::setenv("TRANSFERSCALE_DATA", std::filesystem::absolute(options.data).c_str(), 1);
    }
    std::vector<plan::Plan> plans = expand_all(catalog, options, filter);
    if (options.weights.empty()) {
        return plans;
    }
    filter.weights = weights_of_folder(catalog, plans, options.weights,
                                       options.some_weights ? Missing::trained : Missing::fault);
    return expand_all(catalog, options, filter);
}

} // namespace suite::app
