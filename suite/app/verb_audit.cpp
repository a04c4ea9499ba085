#include <memory>

#include <fmt/format.h>

#include "reports/audit/html.hpp"
#include "reports/audit/text.hpp"
#include "suite/app/command_table.hpp"
#include "suite/app/option_values.hpp"
#include "suite/app/verbs.hpp"

namespace suite::app {
namespace {

struct AuditOptions {
    std::vector<std::string> workloads;
    std::string profile = "laptop";
    std::filesystem::path store;
    std::string format = "text";
    std::filesystem::path out = "report";
    OutputOptions output;
};

int audit(const AuditOptions& options) {
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    const reports::Audit audit = reports::audit(catalog, all_of(catalog, options.workloads), options.profile);
    const bool writes_page = options.format == "html";
    const std::string page = writes_page ? reports::write_audit(audit, options.out).string() : "";
    if (options.output.json) {
        nlohmann::ordered_json document = reports::to_json(audit);
        if (writes_page) {
            document["files"] = {page};
        }
        fmt::print("{}\n", document.dump(1));
    } else if (writes_page) {
        fmt::print("Audit: {}\n", page);
    } else {
        fmt::print("{}", reports::audit_text(audit));
    }
    return audit.all_means_agree() ? 0 : exit_code(ErrorKind::comparison);
}

} // namespace

void register_audit(Dispatcher& dispatcher) {
    auto options = std::make_shared<AuditOptions>();
    CLI::App* verb =
        add_verb(dispatcher, "audit",
                 "Recomputes the published tables and claims from the authors' own seeds; trains nothing",
                 options->output, [options] { return audit(*options); });
    verb->add_option("workload", options->workloads,
                     "Names or globs of workloads, or all (default: those with published numbers)")
        ->type_name("WORKLOAD");
    one_of(
        verb->add_option("--format", options->format,
                         "text: on stdout; html: one page with every printed number, its raw seeds, and the "
                         "file and line of each, written into --out"),
        {"text", "html"})
        ->capture_default_str();
    verb->add_option("--out", options->out, "Folder of audit.html")->type_name("DIR")->capture_default_str();
    // Nothing is trained and no record read: both are there for scripts that hand them to every command.
    options->store = environment().store;
    verb->add_option("--profile", options->profile, "Accepted and ignored: published numbers have no profile")
        ->type_name("PROFILE")
        ->group(rare_group);
    verb->add_option("--store", options->store, "Accepted and ignored: no record is read")
        ->type_name("DIR")
        ->group(rare_group);
}

} // namespace suite::app
