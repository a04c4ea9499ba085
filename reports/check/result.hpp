// What a store holds of a workload, compared with its references and claims: plain values that every report
// is written from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/claims.hpp"
#include "metrics/parent_variance.hpp"
#include "metrics/sample.hpp"
#include "metrics/verdict.hpp"
#include "reports/check/rung.hpp"
#include "suite/plan/plan.hpp"
#include "suite/plan/reference.hpp"
#include "suite/store/record.hpp"

namespace reports {

/// A cell's numbers on one side that we did not measure now.
struct ReferenceSide {
    suite::plan::ReferenceKind kind = suite::plan::ReferenceKind::printed;
    metrics::Sample sample;
    std::string origin;
    std::optional<bool> bold; ///< as printed
    std::string where;        ///< "paper", "poster" or ""
};

/// What a cell is compared with: the paper's numbers, or what this suite once gave at the same profile.
enum class ComparedWith { published, recorded };
/// "published", "recorded".
[[nodiscard]] std::string_view to_string(ComparedWith side) noexcept;

struct SeedResult {
    std::uint64_t seed = 0;
    double value = 0.0;
    std::string key{}; ///< of the run
};

enum class RunState { finished, failed, damaged, absent };
/// "finished", "failed", "damaged", "absent".
[[nodiscard]] std::string_view to_string(RunState state) noexcept;

/// Facts of a record by name: commit, host, cpu, libraries; without those of the single run.
using Provenance = std::map<std::string, std::string>;

/// A planned run and what its record says; without a record everything after `metric` is empty.
struct RunFacts {
    std::string key;
    std::string cell;  ///< "" for pre-training
    std::string label; ///< for people
    std::uint64_t seed = 0;
    std::string parent; ///< key; "" for pre-training and from scratch
    RunState state = RunState::absent;
    suite::plan::RunKind kind = suite::plan::RunKind::finetune;
    std::string metric;
    std::optional<double> value{};
    std::string started{}; ///< UTC, as 2026-11-23T15:04:05Z
    std::string finished{};
    double train_seconds = 0.0;
    double wall_seconds = 0.0;
    std::optional<suite::store::Timing> timing{}; ///< not in records of earlier versions
    std::int64_t images_seen = 0;
    std::int64_t parameters = 0;
    std::string weights_digest{};
    std::optional<double> first_loss{};
    std::optional<double> last_loss{};
    std::vector<suite::store::LossEntry> losses{}; ///< most_losses_kept at most (reports/check/records.hpp)
    std::optional<std::size_t> provenance{};       ///< place in CheckResult::provenances

    [[nodiscard]] bool is_pretraining() const { return cell.empty(); }
};

/// How far pre-training runs of one source and network differ, from the cells of one metric.
struct SourceParents {
    std::string source; ///< as cells name it
    std::string model;
    std::string metric;
    std::optional<metrics::ParentVariance> variance; ///< nothing: not known from one pre-training run
};

/// Whether a cell and what it is compared with start from the same pre-training run ("parent").
enum class ParentSharing {
    none,   ///< from scratch: there is none
    shared, ///< the same run: its variance does not matter
    other,  ///< another run of the same recipe, as far as is known
};

/// What the workload declares of a cell's margin (suite/plan/plan.hpp).
struct DeclaredMargin {
    double points = 0.0;            ///< 0 for a cell that the profile does not plan
    double sds = 0.0;               ///< … but at least so many sds of the references of its group …
    std::optional<double> cap{};    ///< … and never more than this, points
    std::string group{};            ///< cells of one group share an sd
    std::optional<double> chance{}; ///< what guessing scores
};

/// The images that a mean was scored on, and how far it would move with another such set.
struct TestSetSide {
    std::size_t images = 0;     ///< 0: not known
    std::optional<double> se{}; ///< points
};

struct CellResult {
    suite::plan::CellId cell;
    std::string id;
    std::string metric;
    std::size_t planned = 0;        ///< runs; 0 for a cell that the profile does not plan
    std::vector<SeedResult> values; ///< of finished runs, in the plan's seed order
    DeclaredMargin declared{};
    std::vector<std::size_t> runs; ///< places in CheckResult::runs, one a planned seed
    metrics::Sample ours;
    std::optional<ReferenceSide> published;
    std::optional<ReferenceSide> baseline;
    TestSetSide test_set{};           ///< of ours
    TestSetSide published_test_set{}; ///< of `published`
    bool judged_by_baseline = false;
    metrics::CellComparison comparison; ///< with the judging side; reason: everything a reader must know
    bool is_limited = false;            ///< made smaller by hand: shown, but neither judged nor in any claim
    bool repeats_baseline = false;      ///< same seeds, same values, bit for bit
    std::vector<suite::plan::StandIn> stand_ins;
    std::vector<std::string> damaged; ///< messages about records that count as absent, each naming its file
    std::string parent;               ///< key of the pre-training run of `values`; "" from scratch
    std::vector<std::vector<SeedResult>> further{}; ///< finished runs from each further parent, as `values`
    std::vector<std::size_t> further_runs{};        ///< places of all of their runs in CheckResult::runs
    std::size_t parents = 0;                        ///< pre-training runs with a score here; 0 from scratch
    ParentSharing sharing = ParentSharing::none;
    std::size_t set_aside = 0;        ///< finished runs that are shown but count nowhere: flagged ones
    std::optional<RungResult> rung{}; ///< of a scaling workload; `values` are efficiencies then

    [[nodiscard]] const std::optional<ReferenceSide>& reference() const {
        return judged_by_baseline ? baseline : published;
    }
    [[nodiscard]] ComparedWith compared_with() const {
        return judged_by_baseline ? ComparedWith::recorded : ComparedWith::published;
    }
    [[nodiscard]] bool is_incomplete() const { return values.size() + set_aside < planned || planned == 0; }
};

/// What the variance between pre-training runs does to a claim.
struct ParentsEffect {
    std::size_t comparisons = 0; ///< between different pre-training runs whose variance is known
    metrics::ClaimVerdict verdict_without = metrics::ClaimVerdict::missing; ///< without that variance
    /// Of the "greater" comparison that is hardest to show, at the difference that was seen; nothing without
    /// one.
    std::optional<double> power{};
    std::optional<double> power_without{};
};

/// Whether a claim would come out the same on another test set; the trained networks are held fixed.
enum class TestSetVerdict { holds, fails, inconclusive, not_known };
/// "holds", "fails", "inconclusive", "not known".
[[nodiscard]] std::string_view to_string(TestSetVerdict verdict) noexcept;

/// One comparison of a claim over test images.
struct TestSetTerm {
    std::string label;
    std::optional<double> difference{}; ///< points; of several cells of the best mean
    std::optional<double> standard_error{};
    std::optional<double> p{};         ///< one-sided, small when the term is true
    std::optional<double> p_against{}; ///< one-sided, small when it is false
    std::string reason{};              ///< why there is no p; "" where there is
};

struct TestSetClaim {
    TestSetVerdict verdict = TestSetVerdict::not_known;
    std::optional<double> p{}; ///< of the claim, in its favour; none where no term has one
    std::optional<double> p_against{};
    std::vector<TestSetTerm> terms{};
};

struct ClaimResult {
    std::string id;
    std::string text;
    std::string where;
    metrics::ClaimResult ours;
    metrics::ClaimVerdict published =
        metrics::ClaimVerdict::missing;            ///< the published numbers under the same test
    std::optional<metrics::ClaimVerdict> baseline; ///< nothing where no baseline judges
    TestSetClaim test_set{}; ///< of our numbers: the outcomes of published runs an image are not published
    /// Ours fails exactly as the numbers that judge this profile do: known not to show it here, not a
    /// regression.
    bool expected = false;
    std::string differs;            ///< why this profile's verdict is not the published one; "" when it is
    std::vector<std::string> cells; ///< that its terms compare
    std::size_t parents = 0;        ///< the fewest pre-training runs of one of their sources; 0 from scratch
    std::optional<ParentsEffect> parents_effect{};
    bool incomplete = false; ///< one of them is missing or has fewer runs than planned
};

/// Cells by verdict; together they are all cells.
struct Counts {
    std::size_t identical = 0;
    std::size_t equivalent = 0;
    std::size_t different = 0;
    std::size_t inconclusive = 0;
    std::size_t missing = 0;
    std::size_t no_reference = 0;
    std::size_t size_unresolved = 0; ///< of the inconclusive: they differ, but by how much is not shown
    void add(const metrics::CellComparison& cell);
};

/// Claims by verdict on one set of numbers; together they are all claims.
struct ClaimCounts {
    std::size_t hold = 0;
    std::size_t fail = 0;     ///< unexpectedly
    std::size_t expected = 0; ///< fail as they do on the numbers that ours are compared with
    std::size_t inconclusive = 0;
    std::size_t missing = 0;
    void add(metrics::ClaimVerdict verdict, bool is_expected);
};

struct CheckResult {
    std::string workload;
    std::string title;
    std::string source; ///< "Table 1"
    std::string paper;
    std::string profile;
    std::string profile_title;
    std::string protocol = suite::plan::as_run;
    std::string limits{};         ///< by which runs were made smaller by hand (suite/plan/limits.hpp)
    std::size_t cells_as_run = 0; ///< planned cells whose runs are those of as-run: nothing differs there
    bool compares_with_baseline = false;
    std::string baseline_origin; ///< "" when none is recorded
    Provenance baseline_facts{}; ///< of the machine and build that recorded it; empty when none is recorded
    std::vector<CellResult> cells;
    std::vector<ClaimResult> claims;
    std::vector<SourceParents> parents; ///< of every source and network of the cells, whatever is selected
    std::vector<suite::plan::FigureSpec> figures;
    std::vector<std::string> damaged; ///< every message once
    std::vector<RunFacts> runs;       ///< all planned runs, in the plan's order, whatever is selected
    std::vector<Provenance> provenances;
    std::string caveat;      ///< of a scaling workload: to be said wherever its published absolutes stand
    bool is_scaling = false; ///< cells are rungs of a ladder

    [[nodiscard]] ComparedWith compared_with() const {
        return compares_with_baseline ? ComparedWith::recorded : ComparedWith::published;
    }
    [[nodiscard]] Counts counts() const;
    [[nodiscard]] ClaimCounts claim_counts() const; ///< on our numbers
    [[nodiscard]] ClaimCounts published_claim_counts() const;
};

/// Sorts the cells as they stand in `order`, others behind them.
void order_cells(CheckResult& result, const std::vector<suite::plan::CellId>& order);

/// How absence is treated by `check`.
struct ExitRules {
    bool strict = false;              ///< missing or fewer runs than planned counts as failed
    bool skip_missing = false;        ///< … or without a reference is skipped (77), for CTest
    bool strict_inconclusive = false; ///< as strict, and inconclusive counts as failed
    bool skip_inconclusive = false;   ///< … is skipped (77), for CTest
    bool gates = false; ///< of rungs only validity counts, no efficiency and no claim; nor unplanned rungs
};

/// 5 a record is damaged; 1 a cell is different or a claim fails unexpectedly (strict: or anything is missing
/// or incomplete, or nothing could be judged for want of a reference); 77 something is skipped by the rules;
/// 0.
[[nodiscard]] int exit_code(const CheckResult& result, const ExitRules& rules);

/// "CELL: reason" for every listed cell and claim that is missing or incomplete.
[[nodiscard]] std::vector<std::string> absences(const CheckResult& result);

/// Whether a test of this cell or claim passes, fails or is skipped because nothing was shown.
enum class TestOutcome { passed, failed, skipped };
[[nodiscard]] TestOutcome test_outcome(const CellResult& cell);
[[nodiscard]] TestOutcome test_outcome(const ClaimResult& claim);

} // namespace reports
