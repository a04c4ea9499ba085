#include "reports/check/baseline.hpp"

#include "suite/base/hash.hpp"
#include "tests/reports/synthetic.hpp"

namespace reports {
namespace {

namespace plan = suite::plan;
namespace fs = std::filesystem;
using suite::store::Access;
using suite::store::Store;
using synthetic::FilledStore;
using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

const std::string pets_cell = "pets/R50x1/1K-NAT";

class RecordedBaseline : public testing::Test {
protected:
    plan::Plan plan_ = synthetic::expand("pets/*", "smoke", {0, 1});
    FilledStore store_{plan_, [](const plan::PlannedRun& run) { return synthetic::around_fifty(run) / 3.0; }};
    [[nodiscard]] Baseline make(bool allow_dirty = false) const {
        return make_baseline(
            plan_, Store(store_.folder(), Access::read_only),
            {.recorded = "2026-11-23T00:00:00Z", .command = "baseline record", .allow_dirty = allow_dirty});
    }
    /// What make() throws.
    [[nodiscard]] suite::Error error() const {
        try {
            static_cast<void>(make());
        } catch (const suite::Error& error) {
            return error;
        }
        ADD_FAILURE() << "nothing was thrown";
        return {suite::ErrorKind::usage, suite::Fault{}};
    }
};

/// The workloads folder of this repository in a place where a baseline may be written.
class CopiedWorkloads {
public:
    CopiedWorkloads() {
        fs::copy(fs::path(TRANSFERSCALE_SOURCE_DIR) / "workloads", folder_.path() / "workloads",
                 fs::copy_options::recursive);
        fs::remove_all(folder() / "baseline");
    }
    [[nodiscard]] fs::path folder() const { return folder_.path() / "workloads/cherti2021/table1"; }
    [[nodiscard]] plan::References references() const {
        return plan::load_references(plan::load_catalog(folder_.path() / "workloads"), "table1", "smoke");
    }

private:
    suite::store::testing::TemporaryFolder folder_;
};

TEST_F(RecordedBaseline, HoldsEveryValueExactlyInTheOrderOfThePlan) {
    const Baseline baseline = make();

    EXPECT_THAT(baseline.csv,
                StartsWith("cell,metric,seed,value,key\npets/R50x1/S-MED,top1,0,16.633333333333333,"));
    EXPECT_EQ(std::count(baseline.csv.begin(), baseline.csv.end(), '\n'), 1 + 8 * 2);
    EXPECT_EQ(make().csv, baseline.csv);
    EXPECT_THAT(baseline.json,
                AllOf(HasSubstr("\"host\": \"node-1\""), HasSubstr("\"commit\": \"0123456789abcdef\""),
                      HasSubstr(suite::sha256_hex(baseline.csv))));
}

TEST_F(RecordedBaseline, IsReadBackAsAReference) {
    const CopiedWorkloads workloads;
    EXPECT_THAT(write_baseline(make(), workloads.folder() / "baseline", "smoke"), SizeIs(2));

    const plan::References references = workloads.references();

    const plan::Reference& reference = references.baseline.at(pets_cell);
    ASSERT_EQ(reference.values.size(), 2U);
    EXPECT_EQ(reference.values[0].value, synthetic::around_fifty(store_.run(pets_cell, 0)) / 3.0)
        << "bit for bit";
    EXPECT_EQ(reference.values[1].key, store_.run(pets_cell, 1).key);
    EXPECT_EQ(reference.kind, plan::ReferenceKind::baseline);
    EXPECT_THAT(reference.origin,
                AllOf(HasSubstr("smoke"), HasSubstr("2026-11-23"), HasSubstr("node-1 (a CPU)")));
    EXPECT_EQ(references.judging(pets_cell), &references.baseline.at(pets_cell));
}

TEST_F(RecordedBaseline, IsRefusedWhenItWasEdited) {
    const CopiedWorkloads workloads;
    write_baseline(make(), workloads.folder() / "baseline", "smoke");
    std::ofstream(workloads.folder() / "baseline" / "smoke.csv", std::ios::app) << "\n";

    EXPECT_THROW(static_cast<void>(workloads.references()), suite::Error);
}

TEST_F(RecordedBaseline, NamesEveryMissingRun) {
    store_.remove(pets_cell, 0);
    store_.remove("pets/R152x4/L-MED", 1);

    const suite::Error error = this->error();

    EXPECT_EQ(error.exit_code(), 1);
    EXPECT_THAT(error.faults(), SizeIs(2));
    EXPECT_THAT(error.what(), AllOf(HasSubstr(pets_cell + " seed 0"), HasSubstr("pets/R152x4/L-MED seed 1")));
}

TEST_F(RecordedBaseline, IsNotMadeFromDamagedRecords) {
    store_.damage(store_.path(pets_cell, 1));

    EXPECT_EQ(error().exit_code(), 5);
}

TEST_F(RecordedBaseline, IsNotMadeFromChangedSourcesUnlessAllowed) {
    const plan::PlannedRun& run = store_.run(pets_cell, 1);
    store_.remove(pets_cell, 1);
    suite::store::RunRecord record = synthetic::record_of(run, 50.0);
    record.provenance["dirty"] = "yes";
    store_.commit(record);

    EXPECT_EQ(error().exit_code(), 1);
    EXPECT_THAT(make(true).json, HasSubstr("\"dirty\": \"no, yes\""));
}

} // namespace
} // namespace reports
