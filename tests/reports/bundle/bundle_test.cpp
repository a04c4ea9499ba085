// Bundles: what goes in comes out, what does not belong is refused, no changed byte passes, and two of them
// compare.
#include <cmath>
#include <random>

#include "reports/bundle/bundle.hpp"
#include "reports/bundle/compare.hpp"
#include "reports/bundle/tables.hpp"
#include "reports/format/event_log.hpp"
#include "reports/format/html.hpp"
#include "reports/format/json.hpp"
#include "reports/format/junit.hpp"
#include "reports/format/report_files.hpp"
#include "suite/store/bundle_file.hpp"
#include "suite/store/record_file.hpp"
#include "tests/reports/synthetic.hpp"

namespace reports {
namespace {

using suite::ErrorKind;
using synthetic::FilledStore;
using synthetic::RunRecord;
using testing::HasSubstr;

constexpr const char* bundled_cells = "pets/R50x1/*";
constexpr const char* bundled_cell = "pets/R50x1/S-MED";

/// A plan with its references, as `bundle` has it.
BundleSubject subject_of(const suite::plan::Plan& plan, const suite::plan::References& references) {
    const suite::plan::Catalog& catalog = small_tree::published();
    return {.workload = catalog.workloads.at(plan.workload),
            .profile = catalog.profiles.at(plan.profile),
            .plan = plan,
            .references = references};
}

struct Bundled {
    CheckResult result; ///< of the store
    std::string bytes;
};

Bundled bundle_of(const BundleSubject& subject, const std::filesystem::path& folder) {
    const synthetic::Store store(folder, synthetic::Access::read_only);
    Records records(store, Keep::for_bundles);
    Bundled bundled;
    bundled.result = check(subject.workload, subject.profile, subject.plan, subject.references, records);
    bundled.bytes = make_bundle(subject, records, bundled.result);
    return bundled;
}

/// A subject with a finished, a failed, a damaged, an unusable and a missing run, losses and times.
class BundleTest : public testing::Test {
protected:
    BundleTest() : plan_(synthetic::expand(bundled_cells)), store_(plan_, synthetic::around_fifty) {
        references_ = synthetic::baseline_of(plan_, synthetic::around_fifty);
        references_.published["pets/R50x1/1K-NAT"] = {
            .kind = suite::plan::ReferenceKind::printed,
            .metric = "top1",
            .printed = suite::plan::PrintedCell{.mean = 85.21,
                                                .sd = 0.58,
                                                .n = 5,
                                                .rounding_half_width = 0.005,
                                                .where = "paper",
                                                .bold = std::nullopt,
                                                .origin = "printed.csv:3"},
            .origin = "printed.csv:3"};
    }
    void spoil() {
        store_.remove(bundled_cell, 0);
        store_.damage(store_.path(bundled_cell, 1));
        const auto& failing = store_.run(bundled_cell, 2);
        store_.remove(bundled_cell, 2);
        store_.commit_failure(synthetic::failed_record_of(failing, "train", "loss is NaN\nat step 3"));
        const auto& unusable = store_.run(bundled_cell, 3);
        store_.remove(bundled_cell, 3);
        RunRecord record = synthetic::record_of(unusable, 50.0);
        record.metrics[1].value = NAN;
        store_.commit(record);
    }
    [[nodiscard]] Bundled bundled() const {
        return bundle_of(subject_of(plan_, references_), store_.folder());
    }

    suite::plan::Plan plan_;
    FilledStore store_;
    suite::plan::References references_;
};

ErrorKind kind_of_refusal(const std::string& bytes, std::string* message = nullptr) {
    try {
        static_cast<void>(open_bundle(bytes, "b.h5"));
    } catch (const suite::Error& error) {
        if (message != nullptr) {
            *message = error.what();
        }
        return error.kind();
    }
    return ErrorKind::skipped; // nothing was refused
}

TEST_F(BundleTest, EveryReportFromItEqualsTheReportFromTheStore) {
    spoil();
    const Bundled bundle = bundled();

    const OpenedBundle opened = open_bundle(bundle.bytes, "b.h5");

    ASSERT_EQ(bundle.result.damaged.size(), 2U);
    EXPECT_EQ(to_markdown(opened.result), to_markdown(bundle.result));
    EXPECT_EQ(to_csv(opened.result), to_csv(bundle.result));
    EXPECT_EQ(to_json(opened.result).dump(), to_json(bundle.result).dump());
    EXPECT_EQ(to_html(opened.result), to_html(bundle.result));
    EXPECT_EQ(to_junit(opened.result), to_junit(bundle.result));
    EXPECT_EQ(to_event_log(opened.result), to_event_log(bundle.result));
}

TEST_F(BundleTest, CountsTheRecordsItHolds) {
    const std::size_t whole = open_bundle(bundled().bytes, "b.h5").records;
    EXPECT_EQ(whole, plan_.runs.size());
    spoil();
    EXPECT_EQ(open_bundle(bundled().bytes, "b.h5").records, whole - 3); // the failed run has its record
}

TEST_F(BundleTest, EqualContentGivesEqualBytes) {
    EXPECT_EQ(bundled().bytes, bundled().bytes);
}

TEST_F(BundleTest, KeepsTimesTheFirstTheLastAndSomeLossesBetween) {
    const auto& run = store_.run(bundled_cell, 0);
    store_.remove(bundled_cell, 0);
    RunRecord record = synthetic::record_of(run, 50.0);
    record.timing = suite::store::Timing{.started_seconds = 1795460532.25, .data_seconds = 0.5};
    for (int step = 0; step < 1000; ++step) {
        record.losses.push_back({.step = step, .loss = 5.0 - 0.001 * step, .lr = 0.1});
    }
    store_.commit(record);

    const OpenedBundle opened = open_bundle(bundled().bytes, "b.h5");

    const RunFacts& facts = opened.result.runs[synthetic::cell(opened.result, bundled_cell).runs[0]];
    EXPECT_DOUBLE_EQ(*facts.first_loss, 5.0);
    EXPECT_DOUBLE_EQ(*facts.last_loss, 5.0 - 0.999);
    ASSERT_TRUE(facts.timing);
    EXPECT_EQ(facts.timing->started_seconds, 1795460532.25);
    EXPECT_THAT(to_event_log(opened.result), HasSubstr("\"time_ms\":1795460532250"));
}

TEST_F(BundleTest, NoChangedByteAndNoCutPasses) {
    const std::string bytes = bundled().bytes;
    std::mt19937_64 random(20261123);
    for (int i = 0; i < 100; ++i) {
        std::string changed = bytes;
        char& byte = changed[random() % changed.size()];
        byte = static_cast<char>(byte ^ static_cast<char>(1 + random() % 255));
        EXPECT_EQ(kind_of_refusal(changed), ErrorKind::corruption) << i;
    }
    for (const std::size_t kept : {bytes.size() - 1, bytes.size() / 2, std::size_t{600}}) {
        EXPECT_EQ(kind_of_refusal(bytes.substr(0, kept)), ErrorKind::corruption) << kept;
    }
    EXPECT_EQ(kind_of_refusal(bytes + '\0'), ErrorKind::corruption);
}

TEST_F(BundleTest, OtherFilesAreNamedForWhatTheyAre) {
    std::string message;
    EXPECT_EQ(kind_of_refusal("hello", &message), ErrorKind::store);
    EXPECT_THAT(message, HasSubstr("b.h5: found a file that is no bundle"));
    EXPECT_EQ(kind_of_refusal("", &message), ErrorKind::store);
    EXPECT_EQ(kind_of_refusal(suite::store::record_to_bytes(synthetic::record_of(plan_.runs.back(), 50.0)),
                              &message),
              ErrorKind::store);
    EXPECT_THAT(message, HasSubstr("found a record, expected a bundle"));
}

/// Of the program before schema 2: table6 at smoke.
const std::filesystem::path schema_1_bundle =
    std::filesystem::path(TRANSFERSCALE_SOURCE_DIR) / "tests/golden/reports/table6-smoke-schema1.h5";

TEST(BundleFiles, OfSchema1AreRead) {
    const OpenedBundle opened = open_bundle(schema_1_bundle);
    EXPECT_EQ(opened.records, 18U);
    EXPECT_EQ(opened.result.counts().identical, 6U); // "inconclusive" in its own words
    EXPECT_EQ(compare_bundles(opened.result, opened.result).cells[0].identical, 2U);
}

TEST(BundleFiles, OfViewsGiveTheSameCellsAndClaims) {
    for (const std::string view : {"fig7", "table5"}) {
        const suite::plan::Plan plan = suite::plan::expand(small_tree::published(), view, "smoke");
        const FilledStore store(plan, synthetic::around_fifty);
        const BundleSubject subject =
            subject_of(plan, suite::plan::load_references(small_tree::published(), view, "smoke"));

        const Bundled bundled = bundle_of(subject, store.folder());
        const OpenedBundle opened = open_bundle(bundled.bytes, view);

        EXPECT_EQ(to_json(opened.result), to_json(bundled.result)) << view;
        EXPECT_FALSE(opened.result.claims.empty()) << view;
    }
}

TEST(BundleFiles, ThatDoNotExistAreNamed) {
    try {
        static_cast<void>(open_bundle(std::filesystem::path("nowhere/b.h5")));
        FAIL() << "nothing was thrown";
    } catch (const suite::Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::store);
        EXPECT_THAT(error.what(), HasSubstr("nowhere/b.h5: found no such file"));
    }
}

/// A bundle made of a result that somebody has changed: its checksum is right, its content is not.
using Change = std::function<void(CheckResult&)>;

std::string changed_bundle(const BundleSubject& subject, const std::filesystem::path& folder,
                           const Change& change) {
    const synthetic::Store store(folder, synthetic::Access::read_only);
    Records records(store, Keep::for_bundles);
    CheckResult result = check(subject.workload, subject.profile, subject.plan, subject.references, records);
    change(result);
    return make_bundle(subject, records, result);
}

TEST_F(BundleTest, NumbersThatDoNotComeOutAgainAreAllNamed) {
    const BundleSubject subject = subject_of(plan_, references_);
    const std::string bytes = changed_bundle(subject, store_.folder(), [](CheckResult& result) {
        result.cells[0].comparison.verdict = metrics::Verdict::different;
        result.cells[1].ours.mean += 1e-9;
        result.runs[result.cells[2].runs[0]].value = 51.0;
        result.provenances[0]["cpu"] = "another";
        result.claims[0].ours.verdict = metrics::ClaimVerdict::holds;
    });
    std::string message;
    EXPECT_EQ(kind_of_refusal(bytes, &message), ErrorKind::corruption);
    EXPECT_THAT(message,
                HasSubstr("/table1/cells row 0 (pets/R50x1/S-MED) verdict: found different, expected "
                          "identical, as recomputed"));
    EXPECT_THAT(message, HasSubstr("/table1/cells row 1"));
    EXPECT_THAT(message, HasSubstr("/table1/claims row 0"));
    EXPECT_THAT(message, HasSubstr("value: found 51"));
}

TEST_F(BundleTest, RunsOfAnUnknownKindAreRefused) {
    const std::string bytes =
        changed_bundle(subject_of(plan_, references_), store_.folder(), [](CheckResult& result) {
            result.runs[0].kind = static_cast<suite::plan::RunKind>(99);
        });

    std::string message;
    EXPECT_EQ(kind_of_refusal(bytes, &message), ErrorKind::store);
    EXPECT_THAT(message, HasSubstr("a run of kind ''"));
}

TEST_F(BundleTest, ForeignRecordsAreRefused) {
    BundleSubject subject = subject_of(plan_, references_);
    subject.plan.cells.back().runs.pop_back(); // its last run belongs to no cell now
    std::string message;
    EXPECT_EQ(kind_of_refusal(bundle_of(subject, store_.folder()).bytes, &message), ErrorKind::store);
    EXPECT_THAT(message, HasSubstr("expected a run of the plan"));
}

TEST_F(BundleTest, ARecordUnderAnotherKeyIsRefused) {
    BundleSubject subject = subject_of(plan_, references_);
    const synthetic::Store store(store_.folder(), synthetic::Access::read_only);
    Records records(store, Keep::for_bundles);
    const CheckResult result =
        check(subject.workload, subject.profile, subject.plan, subject.references, records);
    std::map<std::string, suite::store::Lookup> kept;
    for (const auto& run : plan_.runs) {
        kept[run.key] = records.look_up(run.key);
        kept[run.key].record->config += " ";
    }
    Records changed(kept);
    std::string message;
    EXPECT_EQ(kind_of_refusal(make_bundle(subject, changed, result), &message), ErrorKind::store);
    EXPECT_THAT(message, HasSubstr("the SHA-256 of its configuration"));
}

TEST(BundleContents, ThatAreNoneAreRefused) {
    suite::store::BundleContent content{.groups = {"/w"}, .tables = {}, .texts = {{"/w/declaration", "{}"}}};
    std::string message;
    EXPECT_EQ(kind_of_refusal(suite::store::bundle_to_bytes(content), &message), ErrorKind::store);
    EXPECT_THAT(message, HasSubstr("b.h5: /contents: found no such dataset"));

    const bundle::ContentRow row{.workload = "w", .profile = "p", .version = "0"};
    content.tables = {{"/contents", suite::store::to_table(std::span(&row, 1), bundle::content_fields)}};
    EXPECT_EQ(kind_of_refusal(suite::store::bundle_to_bytes(content), &message), ErrorKind::store);
    EXPECT_THAT(message, HasSubstr("a declaration that does not read"));
}

/// Every run of the plan, `factor` times as long as its seed and cell say.
void publish_timed(FilledStore& store, const suite::plan::Plan& plan, double factor, double shift) {
    for (const auto& run : plan.runs) {
        if (synthetic::is_cell(run)) {
            store.remove(run.cell, run.seed);
            RunRecord record = synthetic::record_of(run, synthetic::around_fifty(run) + shift);
            record.train_seconds = factor * (1.0 + 0.01 * static_cast<double>(run.seed));
            store.commit(record);
        }
    }
}

TEST_F(BundleTest, ComparedWithItselfTwiceAsFastIsIdenticalAndTwiceAsFast) {
    publish_timed(store_, plan_, 2.0, 0.0);
    const CheckResult a = bundled().result;
    publish_timed(store_, plan_, 1.0, 0.0);
    const CheckResult b = bundled().result;

    const BundleComparison comparison = compare_bundles(a, b);

    EXPECT_EQ(comparison.counts().identical, 4U);
    EXPECT_EQ(comparison.cells[0].identical, 5U);
    ASSERT_TRUE(comparison.speed);
    EXPECT_NEAR(comparison.speed->ratio, 2.0, 1e-12);
    ASSERT_TRUE(comparison.cells[0].speed->ci95);
    // scipy 1.10: t.ppf(0.975, 8) times the standard error of two samples of log(1 + 0.01 k), k = 0 … 4
    EXPECT_NEAR(comparison.cells[0].speed->ci95->low, 2.0 * std::exp(-0.02261072736294587), 1e-9);
    EXPECT_EQ(exit_code(comparison, {}), 0);
    EXPECT_EQ(exit_code(comparison, {.min_speed = 1.9}), 0);
    EXPECT_EQ(exit_code(comparison, {.min_speed = 2.5}), 1);
}

TEST_F(BundleTest, ComparedWithShiftedValuesIsDifferent) {
    const CheckResult a = bundled().result;
    publish_timed(store_, plan_, 1.0, 7.0);
    const CheckResult b = bundled().result;

    const BundleComparison comparison = compare_bundles(a, b);

    EXPECT_EQ(comparison.counts().different, 4U);
    EXPECT_EQ(comparison.cells[0].identical, 0U);
    EXPECT_NEAR(*comparison.cells[0].comparison.difference, 7.0, 1e-9);
    EXPECT_EQ(exit_code(comparison, {}), 1);
}

TEST_F(BundleTest, ComparedWithFewerCellsMissesThem) {
    const CheckResult a = bundled().result;
    CheckResult b = a;
    b.cells.pop_back();

    const BundleComparison comparison = compare_bundles(a, b);

    EXPECT_EQ(comparison.counts().missing, 1U);
    EXPECT_EQ(comparison.cells.back().comparison.reason, "only bundle A has this cell");
    EXPECT_EQ(exit_code(comparison, {}), 0);
    EXPECT_EQ(exit_code(comparison, {.strict = true}), 1);
    b.profile = "smoke";
    EXPECT_THROW(static_cast<void>(compare_bundles(a, b)), suite::Error);
}

} // namespace
} // namespace reports
