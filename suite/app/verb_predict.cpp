// predict: what more ranks would do, from measured rungs.
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/prediction/measured_ladder.hpp"
#include "reports/prediction/prediction.hpp"
#include "suite/app/command_table.hpp"
#include "suite/app/verbs.hpp"
#include "suite/base/log.hpp"
#include "suite/base/names.hpp"
#include "suite/plan/declare/catalog.hpp"
#include "suite/plan/declare/ladder_file.hpp"
#include "suite/plan/network/cost.hpp"
#include "suite/store/store.hpp"

namespace suite::app {
namespace {

// The largest world size that is asked for: beyond any machine, far below any overflow.
constexpr int most_ranks = 1 << 20;
constexpr double gradient_element_bytes = 4; // fp32 on the wire

struct PredictOptions {
    std::string system; ///< empty: where the published ladder was measured, or of a store this machine
    int to = 1024;
    std::string model;
    std::filesystem::path rungs;
    std::filesystem::path store; ///< empty: none
    std::optional<std::string> workload;
    std::string profile = "laptop";
    std::string form = "sqrt";
    int calibrate = 0;
    int batch = 0;
    int accumulation = 0;
    double image_kilobytes = 0.0;
    double storage_gigabytes_per_second = 0.0;
    std::uint64_t seed = 0;
    std::filesystem::path out;
    OutputOptions output;
};

plan::SystemSpec system_of(const plan::Catalog& catalog, const std::string& name) {
    return name.ends_with(".toml") || name.find('/') != std::string::npos
               ? plan::load_system(name)
               : plan::find(catalog.systems, name, "system");
}

metrics::Fabric fabric_of(const plan::SystemSpec& system) {
    const plan::NetworkRates& network = *system.network;
    return {.ranks_per_node = system.ranks_per_node(),
            .nics_per_node = network.nics_per_node,
            .node_bytes_per_second = 1e9 * network.node_gigabytes_per_second,
            .nic_bytes_per_second = 1e9 * network.nic_gigabytes_per_second,
            .base_seconds = 1e-6 * network.base_microseconds,
            .ring_hop_seconds = 1e-6 * network.ring_hop_microseconds,
            .tree_hop_seconds = 1e-6 * network.tree_hop_microseconds,
            .network_hop_seconds = 1e-6 * network.network_hop_microseconds,
            .nic_seconds = 1e-6 * network.nic_microseconds,
            .overhead_seconds = 1e-6 * network.overhead_microseconds,
            .tree_bandwidth_share = network.tree_bandwidth_share,
            .nodes_per_cell = network.nodes_per_cell};
}

std::optional<metrics::StepForm> form_of(const std::string& word, FaultList& faults) {
    if (word == "auto") {
        return std::nullopt;
    }
    std::vector<std::string> valid{"auto"};
    for (const metrics::StepForm form : metrics::all_step_forms) {
        if (metrics::to_string(form) == word) {
            return form;
        }
        valid.emplace_back(metrics::to_string(form));
    }
    faults.add({"--form", "'" + word + "'", expected_names(word, valid), ""});
    return std::nullopt;
}

void find_option_faults(const PredictOptions& options, FaultList& faults) {
    const auto within = [&faults](const char* option, int value, int least) {
        if (value < least || value > most_ranks) {
            faults.add({option, fmt::format("{}", value),
                        fmt::format("a whole number from {} to {}", least, most_ranks), ""});
        }
    };
    within("--to", options.to, 2);
    within("--calibrate", options.calibrate, 0);
    within("--batch", options.batch, 0);
    within("--accumulation", options.accumulation, 0);
    const auto is_rate = [](double value) { return std::isfinite(value) && value >= 0; };
    if (!is_rate(options.image_kilobytes) || !is_rate(options.storage_gigabytes_per_second) ||
        (options.image_kilobytes > 0) != (options.storage_gigabytes_per_second > 0)) {
        faults.add({"--image-kilobytes, --storage-gigabytes-per-second",
                    fmt::format("{} and {}", options.image_kilobytes, options.storage_gigabytes_per_second),
                    "two numbers above 0, or neither", "give both to model the input"});
    }
}

std::vector<metrics::Rung> rungs_from(const std::filesystem::path& file, FaultList& faults) {
    std::vector<metrics::Rung> ladder;
    try {
        for (const plan::LadderRow& row : plan::read_ladder(file, faults)) {
            ladder.push_back({.ranks = row.ranks,
                              .images_per_second = row.images_per_second,
                              .sd = row.sd,
                              .place = row.place});
        }
    } catch (const Error& error) {
        for (const Fault& fault : error.faults()) {
            faults.add(fault);
        }
        return {};
    }
    if (faults.empty()) { // else rows are missing and the ladder's faults would be theirs
        metrics::find_ladder_faults(ladder, file.string(), faults);
    }
    return ladder;
}

// The rungs of a store are this machine's: they and what was trained stand in for a published ladder.
void take_measured(const PredictOptions& options, const plan::Catalog& catalog, plan::SystemSpec& system,
                   reports::PredictionRequest& request) {
    const plan::Plan plan =
        plan::expand(catalog, scaling_workload(catalog, options.workload), options.profile);
    const store::Store store(options.store, store::Access::read_only);
    reports::Records records(store);
    reports::MeasuredLadder ladder = reports::measured_ladder(plan, records);
    for (const std::string& rung : ladder.left_out) {
        log_warning("left out " + rung);
    }
    request.ladder = std::move(ladder.rungs);
    request.ladder_title = ladder.training.title.empty() ? options.store.string() : ladder.training.title;
    if (!ladder.left_out.empty()) {
        request.note = fmt::format("Left out: {}.", fmt::join(ladder.left_out, "; "));
    }
    system.ladder = std::move(ladder.training);
}

// Whose rungs these are; the published note belongs to the published rungs alone.
void take_ladder(const PredictOptions& options, const plan::Catalog& catalog, plan::SystemSpec& system,
                 reports::PredictionRequest& request, FaultList& faults) {
    if (!options.rungs.empty()) {
        request.ladder_title = options.rungs.string();
        request.ladder = rungs_from(options.rungs, faults);
    } else if (!options.store.empty()) {
        take_measured(options, catalog, system, request);
    } else if (system.ladder) {
        request.ladder_title = system.ladder->title;
        request.note = system.ladder->note;
        request.ladder = rungs_from(catalog.root / system.ladder->file, faults);
    } else {
        faults.add({"system " + system.id, "no published ladder", "measured rungs to calibrate on",
                    "give them with --rungs FILE, or a store that `scale` filled with --store DIR"});
    }
}

void take_training(const PredictOptions& options, const plan::Catalog& catalog,
                   const plan::SystemSpec& system, reports::PredictionRequest& request) {
    const plan::LadderSpec ladder = system.ladder.value_or(plan::LadderSpec{.images_per_rank_step = 128});
    const int batch = options.batch > 0 ? options.batch : ladder.images_per_rank_step;
    request.model = options.model.empty() ? ladder.model : options.model;
    request.shape.images_per_rank_step = batch;
    request.shape.fabric = fabric_of(system);
    if (!request.model.empty()) {
        const plan::NetworkSpec& network = plan::find(catalog.networks, request.model, "model");
        const double parameters = plan::parameter_count(network, static_cast<std::size_t>(ladder.classes));
        request.shape.bucket_bytes =
            metrics::bucket_plan(gradient_element_bytes * parameters, 1e6 * system.network->bucket_megabytes);
    }
    if (options.image_kilobytes > 0) {
        request.shape.input =
            metrics::Input{.bytes_per_image = 1e3 * options.image_kilobytes,
                           .storage_bytes_per_second = 1e9 * options.storage_gigabytes_per_second};
    }
    const int micro_batches = ladder.micro_batch > 0 ? std::max(1, batch / ladder.micro_batch) : 1;
    request.accumulation = options.accumulation > 0 ? options.accumulation : micro_batches;
}

reports::PredictionRequest request_of(const PredictOptions& options) {
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    const std::string name = !options.system.empty() ? options.system
                             : options.store.empty() ? "juwels-booster"
                                                     : "local";
    plan::SystemSpec system = system_of(catalog, name);
    FaultList faults;
    find_option_faults(options, faults);
    if (!system.network) {
        faults.add(
            {system.origin.text(), "no [system.network]", "the rates of its network", "add the table"});
    }
    reports::PredictionRequest request{.system = system.id,
                                       .system_title = system.title,
                                       .system_ranks = system.nodes * system.ranks_per_node(),
                                       .form = form_of(options.form, faults),
                                       .most_calibrated = options.calibrate,
                                       .to = options.to,
                                       .seed = options.seed};
    take_ladder(options, catalog, system, request, faults);
    faults.throw_if_any(ErrorKind::usage);
    take_training(options, catalog, system, request);
    return request;
}

int predict(const PredictOptions& options) {
    const reports::PredictionReport report = reports::predict(request_of(options));
    reports::WrittenFiles written;
    std::vector<std::string> files;
    if (!options.out.empty()) {
        written = reports::write_prediction(report, options.out);
        for (const std::filesystem::path& path : written.paths) {
            files.push_back(path.string());
        }
    }
    if (options.output.json) {
        nlohmann::ordered_json document = reports::to_json(report);
        document["files"] = files;
        fmt::print("{}\n", document.dump(2));
    } else {
        fmt::print("{}", reports::prediction_text(report));
        if (!files.empty()) {
            fmt::print("\nReport: {}\n", fmt::join(files, " "));
        }
    }
    written.throw_if_undrawn();
    return 0;
}

void add_training(CLI::App& verb, PredictOptions& options) {
    const std::string group = "The training that is predicted";
    verb.add_option("--model", options.model,
                    "Network whose gradients are reduced (default: the measured one)")
        ->type_name("NETWORK")
        ->group(group);
    verb.add_option("--batch", options.batch, "Images of a rank and step (default: as measured, else 128)")
        ->type_name("N")
        ->group(group);
    verb.add_option(
            "--accumulation", options.accumulation,
            "Backward passes of a step; the last one hides communication (default: as measured, else 1)")
        ->type_name("N")
        ->group(group);
    verb.add_option("--image-kilobytes", options.image_kilobytes, "Size of an image: models the input")
        ->type_name("KB")
        ->group(group);
    verb.add_option("--storage-gigabytes-per-second", options.storage_gigabytes_per_second,
                    "Read rate of the storage, for all ranks together")
        ->type_name("GB")
        ->group(group);
}

void add_fit(CLI::App& verb, PredictOptions& options) {
    const std::string group = "How the model is fitted";
    verb.add_option("--workload", options.workload,
                    "With --store: the scaling workload (default: the only one)")
        ->type_name("WORKLOAD")
        ->needs("--store")
        ->group(group);
    verb.add_option("--profile", options.profile, "With --store: its profile")
        ->type_name("PROFILE")
        ->capture_default_str()
        ->group(group);
    verb.add_option("--calibrate", options.calibrate, "Fit to measurements on up to N ranks only; 0: to all")
        ->type_name("N")
        ->capture_default_str()
        ->group(group);
    std::vector<std::string> forms{"auto"};
    for (const metrics::StepForm form : metrics::all_step_forms) {
        forms.emplace_back(metrics::to_string(form));
    }
    verb.add_option(
            "--form", options.form,
            "How the time of a step grows with ranks; auto: the form with the smallest leave-one-out error")
        ->type_name(fmt::format("{}", fmt::join(forms, "|")))
        ->capture_default_str()
        ->group(group);
    verb.add_option("--seed", options.seed, "Seed of the bootstrap and the simulation")
        ->type_name("N")
        ->capture_default_str()
        ->group(group);
}

} // namespace

void register_predict(Dispatcher& dispatcher) {
    auto options = std::make_shared<PredictOptions>();
    CLI::App* verb = add_verb(
        dispatcher, "predict",
        "Predicts efficiency on more ranks with a step-time model fitted to measured throughput, and "
        "tests the model on published scaling",
        options->output, [options] { return predict(*options); });
    verb->add_option("--system", options->system,
                     "A system of workloads/systems/, or a file like those (default: juwels-booster; with "
                     "--store: local)")
        ->type_name("SYSTEM");
    verb->add_option("--to", options->to, "Largest number of ranks to predict")
        ->type_name("N")
        ->capture_default_str();
    CLI::Option* rungs =
        verb->add_option(
                "--rungs", options->rungs,
                "Measured throughput, a CSV file gpus,images_per_s[,sd] (default: what was published for "
                "the system)")
            ->type_name("FILE");
    verb->add_option("--store", options->store,
                     "Measured throughput: what `transferscale scale` or `run` left in this store")
        ->type_name("DIR")
        ->excludes(rungs);
    verb->add_option("--out", options->out,
                     "Folder for predict-SYSTEM.md, .html, .json and .svg (default: no files)")
        ->type_name("DIR");
    add_training(*verb, *options);
    add_fit(*verb, *options);
}

} // namespace suite::app
