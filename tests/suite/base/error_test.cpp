#include "suite/base/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace suite {
namespace {

TEST(Error, OneLineAFaultInTheAgreedForm) {
    const Error error(ErrorKind::data,
                      {{"a.csv:3", "x", "a number", "correct the line"}, {"a.csv:9", "nothing", "", ""}}, 7);

    EXPECT_STREQ(error.what(), "error[E307] a.csv:3: found x, expected a number. Fix: correct the line\n"
                               "error[E307] a.csv:9: found nothing.");
    EXPECT_EQ(error.exit_code(), 3);
    EXPECT_EQ(error.faults().size(), 2U);
}

TEST(Error, EmptyPartsAreLeftOut) {
    EXPECT_EQ(to_string(Fault{.where = "seed", .found = "", .expected = "a number", .fix = ""}),
              "seed, expected a number.");
    EXPECT_EQ(to_string(Fault{.where = "", .found = "x", .expected = "y", .fix = ""}),
              "found x, expected y.");
}

TEST(Error, ControlCharactersOfForeignFilesAreSpelled) {
    EXPECT_EQ(to_string(Fault{.where = "f", .found = "\x1b[31mred\r\x7fµ", .expected = "", .fix = ""}),
              "f: found \\x1b[31mred\\x0d\\x7fµ.");
}

TEST(Error, KindsHaveTheAgreedExitCodesAndWordsThatReadBack) {
    const std::vector<std::pair<ErrorKind, int>> codes{
        {ErrorKind::comparison, 1},   {ErrorKind::usage, 2},   {ErrorKind::data, 3},
        {ErrorKind::weights, 4},      {ErrorKind::store, 5},   {ErrorKind::environment, 6},
        {ErrorKind::numeric, 7},      {ErrorKind::peer, 8},    {ErrorKind::corruption, 9},
        {ErrorKind::interrupted, 75}, {ErrorKind::skipped, 77}};
    for (const auto& [kind, code] : codes) {
        EXPECT_EQ(exit_code(kind), code);
        EXPECT_EQ(error_kind_from_string(to_string(kind)), kind);
    }
    EXPECT_THROW((void)error_kind_from_string("weather"), Error);
}

TEST(FaultList, ThrowsEverythingAtOnceOrNothing) {
    FaultList faults;
    EXPECT_NO_THROW(faults.throw_if_any(ErrorKind::usage));
    faults.add({"a", "1", "2", ""});
    faults.add({"b", "3", "4", ""});
    try {
        faults.throw_if_any(ErrorKind::usage);
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::usage);
        EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("error[E200] a: found 1"),
                                                 testing::HasSubstr("error[E200] b: found 3")));
    }
}

} // namespace
} // namespace suite
