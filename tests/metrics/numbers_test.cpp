#include "metrics/numbers.hpp"

#include "tests/metrics/golden.hpp"

namespace metrics {
namespace {

using golden::usage_message;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Numbers, ReadAsPeopleTypeThem) {
    EXPECT_THAT(parse_numbers("1,-2.5, 3e-2 ,+4,.5,4.9e-324", "--a"),
                ElementsAre(1.0, -2.5, 0.03, 4.0, 0.5, 4.9406564584124654e-324));
    EXPECT_THAT(parse_numbers("7", "--a"), ElementsAre(7.0));
}

TEST(Numbers, EveryBadEntryIsNamedByOptionAndPosition) {
    const std::string message =
        usage_message([] { (void)parse_numbers("1,,nan,inf,x,1e999,0x10,1 2,+-3", "--b"); });
    EXPECT_THAT(message, HasSubstr("--b number 2: found an empty number"));
    EXPECT_THAT(message, HasSubstr("--b number 3: found 'nan'"));
    EXPECT_THAT(message, HasSubstr("--b number 4: found 'inf'"));
    EXPECT_THAT(message, HasSubstr("--b number 5: found 'x'"));
    EXPECT_THAT(message, HasSubstr("--b number 6: found '1e999'"));
    EXPECT_THAT(message, HasSubstr("--b number 7: found '0x10'"));
    EXPECT_THAT(message, HasSubstr("--b number 8: found '1 2'"));
    EXPECT_THAT(message, HasSubstr("--b number 9: found '+-3'"));
    EXPECT_THAT(usage_message([] { (void)parse_numbers("", "--a"); }), HasSubstr("an empty number"));
    EXPECT_THAT(usage_message([] { (void)parse_numbers("1,2,", "--a"); }), HasSubstr("--a number 3"));
}

TEST(Numbers, SummaryHasMeanSdAndN) {
    const Sample sample = parse_summary("57.3,0.4,5", "--a-summary");
    EXPECT_EQ(sample.mean, 57.3);
    EXPECT_EQ(sample.sd, 0.4);
    EXPECT_EQ(sample.n, 5U);
    EXPECT_TRUE(sample.values.empty());
}

TEST(Numbers, SummariesReachFromTwoValuesWithoutSpreadToTheLargestExactCount) {
    EXPECT_EQ(parse_summary("1,0,2", "--a-summary").n, 2U);
    EXPECT_EQ(parse_summary("1,0,9007199254740992", "--a-summary").n, std::size_t{1} << 53);
    EXPECT_THAT(usage_message([] { (void)parse_summary("1,0,9007199254740994", "--a-summary"); }),
                HasSubstr("a whole n of 2 or more"));
    EXPECT_THAT(usage_message([] { (void)parse_summary("1,0,5,6", "--a-summary"); }), HasSubstr("4 fields"));
}

TEST(Numbers, BadSummariesAreNamed) {
    const auto message = [](const char* text) {
        return usage_message([&] { (void)parse_summary(text, "--a-summary"); });
    };
    EXPECT_THAT(message("57.3,0.4"), HasSubstr("2 fields"));
    EXPECT_THAT(message("57.3,-0.4,5"), HasSubstr("negative sd -0.4"));
    EXPECT_THAT(message("57.3,0.4,1"), HasSubstr("n = 1"));
    EXPECT_THAT(message("57.3,0.4,2.5"), HasSubstr("n = 2.5"));
    EXPECT_THAT(message("nan,x,"), testing::AllOf(HasSubstr("mean: found 'nan'"), HasSubstr("sd: found 'x'"),
                                                  HasSubstr("n: found an empty number")));
}

} // namespace
} // namespace metrics
