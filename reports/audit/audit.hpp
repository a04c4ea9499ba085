// The publication against itself: its tables, marks and claims recomputed from the raw seeds that its authors
// published, without any run of ours.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "metrics/claims.hpp"
#include "metrics/sample.hpp"
#include "suite/plan/plan.hpp"
#include "suite/plan/reference.hpp"

namespace reports {

/// One cell of a table. Units are the metric's, percent.
struct AuditCell {
    suite::plan::CellId cell;
    std::string id;
    std::string metric;
    std::string raw_source;                      ///< the authors' name; "" where no raw seeds are known
    metrics::Sample raw;                         ///< n = 0: none
    std::vector<suite::plan::SeedValue> seeds{}; ///< behind `raw`, each with its line of `raw_file`
    std::string raw_file{};                      ///< below workloads/references/
    std::string raw_origin{};                    ///< the authors' file
    std::optional<suite::plan::PrintedCell> printed;
    std::optional<bool> mean_agrees; ///< the raw mean rounds to the printed one; none unless both are there
    std::optional<bool> sd_agrees;
    std::string reason;   ///< why there are no raw seeds; or that no table or figure shows the cell
    bool is_shown = true; ///< in a table or figure of the publication

    [[nodiscard]] std::optional<bool> agrees() const;
};

struct AuditTable {
    std::string id;
    std::vector<AuditCell> cells;
    std::string title{};
    std::string source{}; ///< where printed: "Table 1"
    std::string paper{};
};

/// Two sources on the same target, network and shots; difference and t are a minus b.
struct Contrast {
    std::string target;
    std::string model;
    std::string shots; ///< "full" or a number
    std::string metric;
    std::string a; ///< words of the table
    std::string b;
    std::string a_raw; ///< the authors' names
    std::string b_raw;
    bool is_paired = false; ///< by seed, on the seeds that both have; else Welch
    std::size_t n_a = 0;
    std::size_t n_b = 0;
    double difference = 0.0;
    std::optional<double> t; ///< none where no test exists: see reason
    std::optional<double> df;
    std::optional<double> p;          ///< two-sided
    std::optional<double> p_adjusted; ///< Benjamini–Hochberg over all contrasts of its test
    std::string reason;
};

/// One row of a table: a target and a network.
struct BoldRow {
    std::string table;
    std::string row;                       ///< "target/model"
    std::string file;                      ///< of the printed table
    std::string best;                      ///< source with the best mean
    std::string rival;                     ///< the source that it is hardest to tell from
    std::optional<double> p;               ///< against the rival, two-sided Welch; none where no test exists
    std::optional<std::string> published;  ///< the source in bold; none: no mark, or the mark is lost
    std::optional<std::string> recomputed; ///< the best, where it beats every other shown source at p < .05
    bool marks_lost = false;               ///< of some source of the row nobody knows whether it is bold
    bool agrees = true;                    ///< every known mark is as recomputed
};

struct AuditedClaim {
    std::string workload;
    std::string id;
    std::string text;
    std::string where;
    metrics::ClaimResult result;
    std::size_t cells_with_raw_seeds = 0; ///< only these can be left out one by one
    std::size_t cells = 0;
};

struct Audit {
    std::vector<AuditTable> tables;
    std::vector<Contrast> contrasts;
    std::vector<BoldRow> bold;
    std::vector<AuditedClaim> claims;

    [[nodiscard]] bool all_means_agree() const;
};

/// What an audit comes to. A number, mark or claim that several workloads show counts once.
struct AuditSummary {
    std::size_t printed = 0;   ///< numbers in tables and on posters
    std::size_t compared = 0;  ///< of them, with raw seeds
    std::size_t agreeing = 0;  ///< of those, mean and sd round to what is printed
    std::size_t raw_cells = 0; ///< with raw seeds, printed or not
    std::size_t bold_rows = 0;
    std::size_t bold_agreeing = 0;
    std::size_t claims = 0;
    std::size_t robust = 0;
    std::size_t robust_printed = 0; ///< as far as printed means and sds can tell
    std::size_t fragile = 0;
    std::size_t not_supported = 0;
    std::size_t not_judged = 0;
};
[[nodiscard]] AuditSummary summary_of(const Audit& audit);
/// Of the claims whose numbers are there.
[[nodiscard]] metrics::ClaimErrorRates error_rates_of(const Audit& audit);

/// Audits these workloads, in this order; none: every one that has reference files of its own. A cell,
/// contrast or claim that several of them have is listed once; tables keep theirs. Throws Error(usage) for
/// unknown names and faulty files.
[[nodiscard]] Audit audit(const suite::plan::Catalog& catalog, std::vector<std::string> workloads,
                          const std::string& profile);

/// Why few-shot contrasts have a seed-paired test beside Welch's.
inline constexpr std::string_view why_paired =
    "few-shot noise is mostly the draw of the training images, and the same seed draws the same images for "
    "every source: differences seed by seed take the draw out";

} // namespace reports
