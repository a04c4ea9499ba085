#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "provenance_generated.hpp"
#include "reports/bundle/bundle.hpp"
#include "reports/bundle/compare.hpp"
#include "reports/bundle/ro_crate.hpp"
#include "reports/check/check.hpp"
#include "reports/format/summary.hpp"
#include "suite/app/reporting.hpp"
#include "suite/app/verbs.hpp"
#include "suite/base/files.hpp"
#include "suite/base/hash.hpp"

namespace suite::app {
namespace {

struct BundleOptions {
    SelectionOptions selection; ///< one workload, whole
    std::string workload;
    std::filesystem::path out;
    std::filesystem::path crate;
    std::string licence = "https://www.apache.org/licenses/LICENSE-2.0";
    std::vector<std::string> authors;
};

/// What is in a bundle, and the digest by which two copies can be told apart.
nlohmann::ordered_json document_of(const std::filesystem::path& file, std::string_view bytes,
                                   const reports::OpenedBundle& bundle) {
    return {{"file", file.string()},
            {"sha256", sha256_hex(bytes)},
            {"bytes", bytes.size()},
            {"workload", bundle.result.workload},
            {"profile", bundle.result.profile},
            {"runs", bundle.result.runs.size()},
            {"records", bundle.records},
            {"compared_with", reports::to_string(bundle.result.compared_with())},
            {"counts", reports::to_json(bundle.result.counts())},
            {"claims", bundle.result.claims.size()}};
}

void print(const nlohmann::ordered_json& document, const char* what, bool json) {
    if (json) {
        fmt::print("{}\n", document.dump(2));
        return;
    }
    fmt::print("{} {}: {} at {}, {} records of {} runs, {} bytes, SHA-256 {}\n", what,
               document["file"].get<std::string>(), document["workload"].get<std::string>(),
               document["profile"].get<std::string>(), document["records"].get<std::size_t>(),
               document["runs"].get<std::size_t>(), document["bytes"].get<std::size_t>(),
               document["sha256"].get<std::string>());
}

/// What workloads/papers.json says of this paper; null when it is not there.
nlohmann::json paper_of(const std::string& name) {
    const std::filesystem::path file = plan::default_catalog_root() / "papers.json";
    return nlohmann::json::parse(read_file(file, ErrorKind::usage)).value(name, nlohmann::json(nullptr));
}

/// A folder that is absent, empty, or holds an earlier crate.
void require_place_for_crate(const std::filesystem::path& folder) {
    namespace fs = std::filesystem;
    if (fs::exists(folder) &&
        !(fs::is_directory(folder) &&
          (fs::is_empty(folder) || fs::exists(folder / reports::crate_metadata_name)))) {
        throw Error(ErrorKind::usage, Fault{.where = "--ro-crate " + folder.string(),
                                            .found = "a folder with other files",
                                            .expected = "an empty or new folder",
                                            .fix = "name another folder"});
    }
}

/// The metadata last: a folder with it is whole.
void write_crate(const std::filesystem::path& folder, const std::vector<reports::CrateFile>& files) {
    make_folders(folder, ErrorKind::environment);
    std::filesystem::remove(folder / reports::crate_metadata_name);
    std::filesystem::remove_all(folder / "tables");
    make_folders(folder / "tables", ErrorKind::environment);
    for (const reports::CrateFile& file : files) {
        publish_text(folder / file.name, file.bytes, ErrorKind::environment);
    }
}

std::vector<reports::CrateFile> crate_of(const BundleOptions& options, const reports::CheckResult& result,
                                         const store::BundleContent& content, const std::string& bytes) {
    return reports::crate_files(result, content, bytes,
                                {.program_version = std::string(build_provenance::project_version),
                                 .licence = options.licence,
                                 .authors = options.authors,
                                 .paper = paper_of(result.paper)});
}

void require_an_output(const BundleOptions& options) {
    if (options.out.empty() && options.crate.empty()) {
        throw Error(ErrorKind::usage, Fault{.where = "bundle",
                                            .found = "neither --out nor --ro-crate",
                                            .expected = "a place for the bundle",
                                            .fix = "transferscale bundle " + options.workload + " --out " +
                                                   options.workload + ".h5"});
    }
    if (!options.crate.empty()) {
        require_place_for_crate(options.crate);
    }
}

int bundle(BundleOptions& options) {
    require_an_output(options);
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    options.selection.workloads = {options.workload};
    options.selection.some_weights = true;
    std::vector<plan::Plan> plans = expand_selection(catalog, options.selection);
    if (plans.size() != 1) {
        throw Error(ErrorKind::usage, Fault{.where = "WORKLOAD",
                                            .found = "'" + options.workload + "', " +
                                                     std::to_string(plans.size()) + " workloads",
                                            .expected = "one workload a bundle",
                                            .fix = "call bundle once for each"});
    }
    plan::Plan plan = std::move(plans.front());
    plan::References references = plan::load_references(catalog, plan.workload, plan.profile, plan.protocol);
    const reports::BundleSubject subject{.workload = find(catalog.workloads, plan.workload, "workload"),
                                         .profile = find(catalog.profiles, plan.profile, "profile"),
                                         .plan = std::move(plan),
                                         .references = std::move(references)};
    const store::Store store(options.selection.store, store::Access::read_only);
    reports::Records records(store, reports::Keep::for_bundles);
    reports::OpenedBundle made{.result = reports::check(subject.workload, subject.profile, subject.plan,
                                                        subject.references, records)};
    const store::BundleContent content = reports::bundle_content(subject, records, made.result);
    const std::string bytes = store::bundle_to_bytes(content);
    std::vector<reports::CrateFile> crate;
    if (!options.crate.empty()) {
        crate = crate_of(options, made.result, content, bytes);
        write_crate(options.crate, crate);
    }
    for (const reports::RunFacts& run : made.result.runs) {
        const bool ended = run.state == reports::RunState::finished || run.state == reports::RunState::failed;
        made.records += ended ? 1 : 0;
    }
    if (options.out.has_parent_path()) {
        make_folders(options.out.parent_path(), ErrorKind::environment);
    }
    if (!options.out.empty()) {
        publish_text(options.out, bytes, ErrorKind::environment);
    }
    const std::filesystem::path file = options.out.empty() ? options.crate / crate.front().name : options.out;
    nlohmann::ordered_json document = document_of(file, bytes, made);
    if (!crate.empty()) {
        document["ro_crate"] = options.crate.string();
    }
    print(document, "bundled", options.selection.output.json);
    log_damage(made.result);
    return made.result.damaged.empty() ? 0 : exit_code(ErrorKind::store);
}

struct VerifyOptions {
    OutputOptions output;
    std::filesystem::path file;
};

int verify(const VerifyOptions& options) {
    const std::string bytes = reports::read_bundle(options.file);
    const reports::OpenedBundle bundle = reports::open_bundle(bytes, options.file.string());
    print(document_of(options.file, bytes, bundle), "verified", options.output.json);
    return 0;
}

struct CompareOptions {
    OutputOptions output;
    std::filesystem::path a;
    std::filesystem::path b;
    reports::CompareRules rules;
};

int compare(const CompareOptions& options) {
    require_bundles({options.a, options.b});
    const reports::OpenedBundle a = reports::open_bundle(options.a);
    const reports::OpenedBundle b = reports::open_bundle(options.b);
    const reports::BundleComparison comparison = reports::compare_bundles(a.result, b.result);
    if (options.output.json) {
        fmt::print("{}\n", reports::to_json(comparison).dump(2));
    } else {
        fmt::print("{}", reports::compare_text(comparison, page_of_stdout()));
    }
    return reports::exit_code(comparison, options.rules);
}

} // namespace

void register_bundle(Dispatcher& dispatcher) {
    auto options = std::make_shared<BundleOptions>();
    CLI::App* verb =
        add_verb(dispatcher, "bundle",
                 "Packs a workload's records, references, verdicts and provenance into one HDF5 file",
                 options->selection.output, [options] { return bundle(*options); });
    verb->add_option("workload", options->workload, "A workload, as `transferscale list` names it")
        ->type_name("WORKLOAD")
        ->required();
    verb->add_option("--out", options->out, "The HDF5 file to write")->type_name("FILE");
    verb->add_option("--ro-crate", options->crate,
                     "Folder to write for a deposit: the bundle, its tables as CSV, a README and RO-Crate "
                     "metadata")
        ->type_name("DIR");
    verb->add_option("--license", options->licence,
                     "With --ro-crate: address of the licence that the deposit is given under")
        ->type_name("URL")
        ->capture_default_str();
    verb->add_option("--author", options->authors, "With --ro-crate: who ran it; may be repeated")
        ->type_name("NAME");
    add_profile(*verb, options->selection.profile);
    add_seeds(*verb, options->selection);
    add_parents(*verb, options->selection.parents);
    add_store(*verb, options->selection.store);
    add_weights(*verb, options->selection);
    add_protocol(*verb, options->selection.protocol);
}

void register_verify(Dispatcher& dispatcher) {
    auto options = std::make_shared<VerifyOptions>();
    CLI::App* verb = add_verb(dispatcher, "verify",
                              "Checks a bundle's checksum and recomputes everything in it from its records",
                              options->output, [options] { return verify(*options); });
    verb->add_option("file", options->file, "A bundle")->type_name("FILE")->required();
}

void register_compare(Dispatcher& dispatcher) {
    auto options = std::make_shared<CompareOptions>();
    CLI::App* verb =
        add_verb(dispatcher, "compare", "Compares results and speed of two bundles, cell by cell",
                 options->output, [options] { return compare(*options); });
    verb->add_option("a", options->a, "A bundle: the reference")->type_name("FILE")->required();
    verb->add_option("b", options->b, "A bundle of the same workload and profile")
        ->type_name("FILE")
        ->required();
    verb->add_flag("--strict", options->rules.strict,
                   "A cell that is missing or has too few runs fails the comparison");
    verb->add_option("--min-speed", options->rules.min_speed,
                     "Fail when the whole interval of B's speed over A's is below this")
        ->type_name("X");
}

} // namespace suite::app
