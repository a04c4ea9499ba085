#include "reports/bundle/ro_crate.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/format/csv.hpp"
#include "reports/format/summary.hpp"
#include "suite/base/error.hpp"
#include "suite/base/hash.hpp"

namespace reports {
namespace {

using nlohmann::ordered_json;
using suite::store::Table;

constexpr const char* workload_id = "#workload";
constexpr const char* software_id = "#transferscale";
constexpr const char* paper_fallback_id = "#paper";
constexpr const char* software_licence = "https://www.apache.org/licenses/LICENSE-2.0";

struct TableText {
    std::string_view table;
    std::string_view text;
};
constexpr TableText table_texts[] = {
    {"cells", "One row a cell: our mean, the reference, the difference and the verdict"},
    {"claims", "One row a claim of the paper: its verdict on our numbers and on the published ones"},
    {"parents", "One row a source and network: how far its pre-training runs differ, where it has several"},
    {"runs", "One row a planned run: key, seed, score, times"},
    {"metrics", "One row a score of a run"},
    {"losses", "Training losses: of each run the first, the last and evenly spaced ones"},
    {"failures", "One row a failed run: phase and reason"},
    {"provenance", "Facts of the runs: commit, compiler, libraries, host, CPU"},
    {"references", "The numbers that the cells are compared with, raw seeds where there are any"},
    {"scaling", "One row a finished scaling run: throughput, and where a step's time goes"},
    {"scaling_ranks", "One row a rank of a scaling run"},
    {"scaling_steps", "Steps of the scaling runs"},
    {"scaling_sweep", "Times of the all-reduce sweep after each scaling run"}};

/// Tables that have rows, but not the runs' configurations: those are in the bundle.
void add_tables(std::vector<CrateFile>& files, const std::string& workload,
                const suite::store::BundleContent& content) {
    for (const TableText& entry : table_texts) {
        const std::string name = fmt::format("/{}/{}", workload, entry.table);
        const auto table = std::ranges::find(content.tables, name, &std::pair<std::string, Table>::first);
        if (table != content.tables.end() && table->second.front().rows() > 0) {
            files.push_back({.name = fmt::format("tables/{}.csv", entry.table),
                             .description = std::string(entry.text),
                             .media_type = "text/csv",
                             .bytes = csv_of(table->second)});
        }
    }
}

std::string citation_of(const CheckResult& result, const nlohmann::json& paper) {
    if (paper.is_null()) {
        return result.paper;
    }
    const auto authors = paper.at("authors").get<std::vector<std::string>>();
    return fmt::format("{}: {}. {}{}. https://doi.org/{}", fmt::join(authors, ", "),
                       paper.at("title").get<std::string>(),
                       paper.contains("venue") ? paper["venue"].get<std::string>() + ", " : "",
                       paper.at("year").get<int>(), paper.at("doi").get<std::string>());
}

std::string readme_of(const CheckResult& result, const std::vector<CrateFile>& files,
                      const CrateFacts& facts) {
    const Summary summary = summary_of(result);
    std::string text =
        fmt::format("# {} of {}: runs at profile {}\n\n{}.\n\n{}\n\n{}\n\n{}\n\n{}\n\n"
                    "Made by TransferScale {}.\n\n## Files\n\n",
                    result.source, result.paper, result.profile, result.title, summary.comparison,
                    summary.cells, summary.claims, summary.parents, facts.program_version);
    for (const CrateFile& file : files) {
        text += fmt::format("- `{}`: {}.\n", file.name, file.description);
    }
    text += fmt::format(
        "- `{}`: what these files are, for machines (RO-Crate 1.1).\n\n"
        "Columns and units are those of the bundle; its tables carry them as the attribute `units`. "
        "`transferscale verify {}` recomputes every number of the bundle from the run records in it.\n\n"
        "## Cite\n\n{}\n\n## Licence\n\n{}\n",
        crate_metadata_name, files.front().name, citation_of(result, facts.paper), facts.licence);
    return text;
}

ordered_json reference_to(std::string_view id) {
    return {{"@id", id}};
}

/// When the runs of one set of facts began and ended; all runs where `provenance` is nothing.
struct Period {
    std::string first;
    std::string last;
    std::size_t runs = 0;
};

Period period_of(const CheckResult& result, std::optional<std::size_t> provenance) {
    Period period;
    for (const RunFacts& run : result.runs) {
        if (!run.provenance || run.finished.empty() || (provenance && run.provenance != provenance)) {
            continue;
        }
        period.first = period.first.empty() ? run.started : std::min(period.first, run.started);
        period.last = std::max(period.last, run.finished);
        ++period.runs;
    }
    return period;
}

std::string action_id(std::size_t provenance) {
    return fmt::format("#runs-{}", provenance);
}

std::string paper_id(const nlohmann::json& paper) {
    return paper.is_null() ? paper_fallback_id : "https://doi.org/" + paper.at("doi").get<std::string>();
}

std::string person_id(std::size_t place) {
    return fmt::format("#author-{}", place + 1);
}

/// The entities of a crate's graph.
class Graph {
public:
    Graph(const CheckResult& result, const std::vector<CrateFile>& files, const CrateFacts& facts)
        : result_(result), files_(files), facts_(facts) {}

    [[nodiscard]] ordered_json document() {
        add({{"@id", crate_metadata_name},
             {"@type", "CreativeWork"},
             {"conformsTo", reference_to("https://w3id.org/ro/crate/1.1")},
             {"about", reference_to("./")}});
        add_root();
        add_files();
        add_workload();
        add_paper();
        add_software();
        add_actions();
        add_licences();
        for (std::size_t i = 0; i < facts_.authors.size(); ++i) {
            add({{"@id", person_id(i)}, {"@type", "Person"}, {"name", facts_.authors[i]}});
        }
        return {{"@context",
                 {"https://w3id.org/ro/crate/1.1/context", {{"sha256", "https://schema.org/sha256"}}}},
                {"@graph", std::move(graph_)}};
    }

private:
    void add(ordered_json entity) { graph_.push_back(std::move(entity)); }

    [[nodiscard]] ordered_json authors() const {
        ordered_json list = ordered_json::array();
        for (std::size_t i = 0; i < facts_.authors.size(); ++i) {
            list.push_back(reference_to(person_id(i)));
        }
        return list;
    }

    void add_root() {
        ordered_json parts = ordered_json::array();
        for (const CrateFile& file : files_) {
            parts.push_back(reference_to(file.name));
        }
        ordered_json actions = ordered_json::array();
        for (std::size_t i = 0; i < result_.provenances.size(); ++i) {
            actions.push_back(reference_to(action_id(i)));
        }
        const Summary summary = summary_of(result_);
        ordered_json root{{"@id", "./"},
                          {"@type", "Dataset"},
                          {"name", fmt::format("{} of {}: runs at profile {}", result_.source, result_.paper,
                                               result_.profile)},
                          {"description", fmt::format("{}. {} {} {} {}", result_.title, summary.comparison,
                                                      summary.cells, summary.claims, summary.parents)},
                          {"datePublished", period_of(result_, std::nullopt).last.substr(0, 10)},
                          {"license", reference_to(facts_.licence)},
                          {"citation", reference_to(paper_id(facts_.paper))},
                          {"about", reference_to(workload_id)},
                          {"hasPart", std::move(parts)},
                          {"mentions", std::move(actions)}};
        if (!facts_.authors.empty()) {
            root["author"] = authors();
        }
        add(std::move(root));
    }

    void add_files() {
        for (const CrateFile& file : files_) {
            add({{"@id", file.name},
                 {"@type", "File"},
                 {"name", file.name},
                 {"description", file.description},
                 {"encodingFormat", file.media_type},
                 {"contentSize", std::to_string(file.bytes.size())},
                 {"sha256", suite::sha256_hex(file.bytes)}});
        }
    }

    void add_workload() {
        add({{"@id", workload_id},
             {"@type", "Dataset"},
             {"identifier", result_.workload},
             {"name", result_.title},
             {"description",
              fmt::format("{} of {} as a workload of TransferScale: {} cells and {} claims "
                          "at profile {} ({}), protocol {}",
                          result_.source, result_.paper, result_.cells.size(), result_.claims.size(),
                          result_.profile, result_.profile_title, result_.protocol)},
             {"isBasedOn", reference_to(paper_id(facts_.paper))}});
    }

    void add_paper() {
        ordered_json paper{{"@id", paper_id(facts_.paper)}, {"@type", "ScholarlyArticle"}};
        if (facts_.paper.is_null()) {
            paper["name"] = result_.paper;
            add(std::move(paper));
            return;
        }
        ordered_json writers = ordered_json::array();
        for (const auto& name : facts_.paper.at("authors")) {
            writers.push_back(reference_to("#" + name.get<std::string>()));
            add({{"@id", "#" + name.get<std::string>()}, {"@type", "Person"}, {"name", name}});
        }
        paper["name"] = facts_.paper.at("title");
        paper["author"] = std::move(writers);
        paper["datePublished"] = std::to_string(facts_.paper.at("year").get<int>());
        paper["identifier"] = paper_id(facts_.paper);
        paper["url"] = facts_.paper.at("url");
        add(std::move(paper));
    }

    void add_software() {
        add({{"@id", software_id},
             {"@type", "SoftwareApplication"},
             {"name", "TransferScale"},
             {"description", "States published transfer-learning results as workloads, reproduces and checks "
                             "them"},
             {"softwareVersion", facts_.program_version},
             {"license", reference_to(software_licence)},
             {"author", reference_to("#maintainers")}});
        add({{"@id", "#maintainers"}, {"@type", "Organization"}, {"name", "The TransferScale maintainers"}});
    }

    /// One action for each set of equal facts: the runs of one build on one machine.
    void add_actions() {
        ordered_json results = ordered_json::array();
        for (const CrateFile& file : files_) {
            results.push_back(reference_to(file.name));
        }
        for (std::size_t i = 0; i < result_.provenances.size(); ++i) {
            const Period period = period_of(result_, i);
            std::vector<std::string> said;
            for (const auto& [name, value] : result_.provenances[i]) {
                said.push_back(fmt::format("{}: {}", name, value));
            }
            ordered_json action{{"@id", action_id(i)},
                                {"@type", "CreateAction"},
                                {"name", fmt::format("{} runs of {} at profile {}", period.runs,
                                                     result_.workload, result_.profile)},
                                {"description", fmt::format("{}", fmt::join(said, "; "))},
                                {"startTime", period.first},
                                {"endTime", period.last},
                                {"instrument", reference_to(software_id)},
                                {"object", reference_to(workload_id)},
                                {"result", results}};
            if (!facts_.authors.empty()) {
                action["agent"] = authors();
            }
            add(std::move(action));
        }
    }

    void add_licences() {
        add({{"@id", software_licence}, {"@type", "CreativeWork"}, {"name", "Apache License, Version 2.0"}});
        if (facts_.licence != software_licence) {
            add({{"@id", facts_.licence}, {"@type", "CreativeWork"}, {"name", facts_.licence}});
        }
    }

    const CheckResult& result_;
    const std::vector<CrateFile>& files_;
    const CrateFacts& facts_;
    ordered_json graph_ = ordered_json::array();
};

} // namespace

std::vector<CrateFile> crate_files(const CheckResult& result, const suite::store::BundleContent& content,
                                   std::string bundle, const CrateFacts& facts) {
    if (period_of(result, std::nullopt).runs == 0) {
        throw suite::Error(suite::ErrorKind::store,
                           suite::Fault{.where = fmt::format("{} at {}", result.workload, result.profile),
                                        .found = "no finished run in the store",
                                        .expected = "runs to deposit",
                                        .fix = fmt::format("transferscale run {} --profile {}",
                                                           result.workload, result.profile)});
    }
    std::vector<CrateFile> files;
    files.push_back({.name = fmt::format("{}-{}.h5", result.workload, result.profile),
                     .description = "The bundle: run records, references, statistics, verdicts and "
                                    "provenance in one HDF5 file",
                     .media_type = "application/x-hdf5",
                     .bytes = std::move(bundle)});
    add_tables(files, result.workload, content);
    files.push_back({.name = "README.md",
                     .description = "What this folder holds, for people",
                     .media_type = "text/markdown",
                     .bytes = {}});
    files.back().bytes = readme_of(result, files, facts);
    files.push_back({.name = crate_metadata_name,
                     .description = "RO-Crate 1.1",
                     .media_type = "application/ld+json",
                     .bytes = {}});
    const std::vector<CrateFile> described(files.begin(), files.end() - 1);
    files.back().bytes = Graph(result, described, facts).document().dump(2) + "\n";
    return files;
}

} // namespace reports
