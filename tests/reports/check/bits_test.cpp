// Which cells repeat the recorded bits, and what explains those that do not.
#include "reports/check/bits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/format/summary.hpp"
#include "tests/reports/synthetic.hpp"

namespace reports {
namespace {

using synthetic::around_fifty;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

/// Eight cells equal to their baseline; a test moves recorded values and facts away from ours.
class Bits : public testing::Test {
protected:
    suite::plan::Plan plan_ = synthetic::expand("cifar10/*");
    suite::plan::References references_ = synthetic::baseline_of(plan_, around_fifty);
    synthetic::FilledStore store_{plan_, around_fifty};

    void move_recorded(const std::string& cell) {
        references_.baseline.at(cell).values.front().value += 0.01;
    }
    [[nodiscard]] BitsComparison compare() const { return compare_bits(store_.check(references_)); }
};

TEST_F(Bits, SayNothingWhereAllRepeat) {
    references_.baseline_facts = {{"cpu", "another CPU"}};
    const BitsComparison bits = compare();
    EXPECT_EQ(bits.cells, 8U);
    EXPECT_EQ(bits.differing, 0U);
    EXPECT_EQ(bits_text(bits), "");
}

TEST_F(Bits, NameTheCpuThatDiffersWithCounts) {
    move_recorded("cifar10/R50x1/S-MED");
    move_recorded("cifar10/R152x4/L-MED");
    references_.baseline_facts = {
        {"cpu", "another CPU"}, {"commit", "0123456789abcdef"}, {"mkl", "not in our records"}};

    const BitsComparison bits = compare();

    EXPECT_EQ(bits.differing, 2U);
    ASSERT_THAT(bits.facts, SizeIs(1));
    EXPECT_EQ(bits.facts[0].name, "cpu");
    EXPECT_THAT(bits_text(bits),
                AllOf(HasSubstr("2 of 8 cells do not repeat the recorded values bit for bit"),
                      HasSubstr("CPU (recorded: another CPU; here: a CPU)"),
                      HasSubstr("order their sums by CPU")));
    EXPECT_THAT(summary_of(store_.check(references_)).cells, HasSubstr(bits_text(bits)));
}

TEST_F(Bits, DoNotBlameTheCpuWhereOnlyTheProgramChanged) {
    move_recorded("cifar10/R50x1/S-MED");
    references_.baseline_facts = {{"cpu", "a CPU"}, {"commit", "fedcba"}};
    EXPECT_THAT(bits_text(compare()), AllOf(HasSubstr("commit (recorded: fedcba; here: 0123456789abcdef)"),
                                            Not(HasSubstr("order their sums"))));
}

TEST_F(Bits, AdmitWhatNoRecordedFactExplains) {
    move_recorded("cifar10/R50x1/S-MED");
    references_.baseline_facts = {{"cpu", "a CPU"}, {"commit", "0123456789abcdef"}};
    const BitsComparison bits = compare();
    EXPECT_THAT(bits.facts, IsEmpty());
    EXPECT_THAT(bits_text(bits), HasSubstr("No fact that both sides recorded explains it"));
}

} // namespace
} // namespace reports
