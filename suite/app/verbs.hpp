// The commands ("verbs") of the command line. One file per verb; main only dispatches.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "suite/app/environment.hpp"
#include "suite/plan/plan.hpp"

namespace suite::app {

/// What the chosen verb does once all options are read; returns the exit code.
using Action = std::function<int()>;

/// Collects the verbs; exactly one action is set when parsing succeeds.
struct Dispatcher {
    CLI::App& root;
    Action action;
};

/// Options of every verb.
struct OutputOptions {
    bool json = false;
    bool quiet = false;
};

/// Options of the verbs that select runs: plan run check report baseline.
struct SelectionOptions {
    std::vector<std::string> workloads;
    std::string profile = "laptop";
    std::string protocol = plan::as_run;
    std::filesystem::path store = environment().store;
    std::optional<std::string> seeds; ///< absent: the profile's
    std::vector<std::string> cells;
    std::optional<int> parents; ///< absent: the workload's
    int ranks = 1;
    std::string reduction = "strict";
    std::string wire = "float32";
    std::string bucket_bytes;   ///< "": the default of the ranks' library; a number, or "measured"
    bool oversubscribe = false; ///< more ranks than cores
    std::filesystem::path data = environment().data; ///< root of published data sets; empty: none
    plan::RunLimits limits{};
    std::filesystem::path weights; ///< folder of published weights; empty: every source is trained
    bool some_weights = false;     ///< a file that is not in the folder leaves its source to be trained
    std::string precision = "float32";
    bool portable_bits = false; ///< code paths that every x86 CPU with AVX2 has (plan::RunConfig)
    OutputOptions output;
};

/// Help texts of this program's form, --version.
void set_up_program(Dispatcher& dispatcher);

/// Sorts the commands of the program into the groups that its help shows.
void group_commands(CLI::App& root);

/// A subcommand with --json and --quiet; `run` is called after parsing when this verb was chosen. `parent`:
/// the verb that it is a part of, if any.
CLI::App* add_verb(Dispatcher& dispatcher, const std::string& name, const std::string& description,
                   OutputOptions& output, Action run, CLI::App* parent = nullptr);
/// --profile, --store (the default one), --seeds, --protocol, --weights: one option each.
void add_profile(CLI::App& verb, std::string& profile);
void add_store(CLI::App& verb, std::filesystem::path& store);
CLI::Option* add_seeds(CLI::App& verb, SelectionOptions& options);
void add_protocol(CLI::App& verb, std::string& protocol);
void add_weights(CLI::App& verb, SelectionOptions& options);
/// --parents.
void add_parents(CLI::App& verb, std::optional<int>& parents);
/// WORKLOAD… --profile --cell --seeds --parents --store --weights --protocol.
void add_selection(CLI::App& verb, SelectionOptions& options);
/// --ranks --oversubscribe --reduction --wire --bucket-bytes --precision: fast runs over several ranks and
/// other precisions have keys of their own.
void add_ranks(CLI::App& verb, SelectionOptions& options);
/// --oversubscribe.
void add_oversubscribe(CLI::App& verb, bool& oversubscribe);
/// --wire --bucket-bytes: of fast reduction.
void add_fast_reduction(CLI::App& verb, SelectionOptions& options);
/// --data, in the group of data options.
CLI::Option* add_data_root(CLI::App& verb, std::filesystem::path& data);
/// --data --limit --steps --batch: where published data sets are, and how runs are made smaller.
void add_data(CLI::App& verb, SelectionOptions& options);
/// --precision, by the names of plan::Precision.
void add_precision(CLI::App& verb, std::string& precision);
/// The keyword `all` as every workload but those of scaling and of further parents, globs (`fewshot-*`) as
/// those that they match, in the order of lists; other names as they are. Throws Error(usage) for a glob that
/// matches none.
[[nodiscard]] std::vector<std::string> all_of(const plan::Catalog& catalog,
                                              const std::vector<std::string>& workloads);
/// The workload of scaling that was named, or the only one. Throws Error(usage).
[[nodiscard]] std::string scaling_workload(const plan::Catalog& catalog,
                                           const std::optional<std::string>& named);
/// Plans of all named workloads that have one of the named cells; unknown names throw Error(usage). With a
/// folder of weights
/// every file that can replace a pre-training run must be in it (unless some_weights): Error(weights) with
/// all faults.
[[nodiscard]] std::vector<plan::Plan> expand_selection(const plan::Catalog& catalog,
                                                       const SelectionOptions& options);

void register_list(Dispatcher& dispatcher);
void register_plan(Dispatcher& dispatcher);
void register_reproduce(Dispatcher& dispatcher);
void register_run(Dispatcher& dispatcher);
void register_check(Dispatcher& dispatcher);
void register_audit(Dispatcher& dispatcher);
void register_report(Dispatcher& dispatcher);
void register_bundle(Dispatcher& dispatcher);
void register_verify(Dispatcher& dispatcher);
void register_compare(Dispatcher& dispatcher);
void register_scale(Dispatcher& dispatcher);
void register_stats(Dispatcher& dispatcher);
void register_baseline(Dispatcher& dispatcher);
void register_predict(Dispatcher& dispatcher);
void register_infer(Dispatcher& dispatcher);
void register_weights(Dispatcher& dispatcher);
void register_doctor(Dispatcher& dispatcher);
void register_submit(Dispatcher& dispatcher);
void register_data(Dispatcher& dispatcher);
void register_help(Dispatcher& dispatcher);
void register_completion(Dispatcher& dispatcher);
void register_man(Dispatcher& dispatcher);

} // namespace suite::app
