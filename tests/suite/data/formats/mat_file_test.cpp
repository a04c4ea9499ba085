// MAT-files of level 5: against files that scipy wrote, and damaged ones.
#include <gmock/gmock.h>

#include "suite/data/formats/mat_file.hpp"
#include "tests/suite/data/on_disk/support.hpp"
#include "tests/support/encoders.hpp"

namespace suite::data {
namespace {

using ::testing::HasSubstr;
using Variables = std::vector<std::pair<std::string, std::vector<std::uint16_t>>>;

std::string faults_of(std::string_view bytes) {
    FaultList faults;
    static_cast<void>(read_mat_integers(bytes, "f.mat", faults));
    std::string text;
    for (const Fault& fault : faults.faults()) {
        text += to_string(fault);
    }
    return text;
}

// tests/fixtures/published_golden.py: name -> hexadecimal bytes, values.
TEST(MatFile, ReadsWhatScipyWrites) {
    const nlohmann::json golden = testing::golden("mat.json");
    for (const auto& [name, file] : golden.items()) {
        FaultList faults;
        const auto variables = read_mat_integers(testing::unhex(file["bytes"]), name, faults);
        EXPECT_TRUE(faults.empty()) << name;
        EXPECT_EQ(nlohmann::json(variables), file["values"]) << name;
    }
}

TEST(MatFile, ReadsPlainAndCompressedAlike) {
    const Variables variables{{"labels", {3, 1, 65535}}, {"ids", {7}}};
    for (const bool is_compressed : {true, false}) {
        FaultList faults;
        const auto found =
            read_mat_integers(suite::testing::mat_of(variables, is_compressed), "f.mat", faults);
        EXPECT_TRUE(faults.empty());
        EXPECT_THAT(found.at("labels"), ::testing::ElementsAre(3, 1, 65535));
        EXPECT_THAT(found.at("ids"), ::testing::ElementsAre(7));
    }
}

TEST(MatFile, EveryCutIsAFaultOrLosesWholeVariables) {
    const std::string whole = suite::testing::mat_of(Variables{{"labels", {3, 1, 2, 5}}}, false);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        FaultList faults;
        const auto found = read_mat_integers(std::string_view(whole).substr(0, size), "f.mat", faults);
        EXPECT_TRUE(found.empty()) << size;
        EXPECT_EQ(faults.empty(), size == 128) << size; // the header alone is a file without variables
    }
}

TEST(MatFile, RefusesWhatItCannotTrust) {
    const std::string whole = suite::testing::mat_of(Variables{{"labels", {3, 1, 2, 5}}}, false);
    const auto with_byte = [&whole](std::size_t at, char value) {
        std::string bytes = whole;
        bytes[at] = value;
        return bytes;
    };
    EXPECT_THAT(faults_of(with_byte(126, 'M')), HasSubstr("another header"));
    EXPECT_THAT(faults_of("MATLAB 7.3 MAT-file" + std::string(200, ' ')), HasSubstr("version 7.3"));
    EXPECT_THAT(faults_of(with_byte(131, 1)), HasSubstr("small element"));
    EXPECT_THAT(faults_of(with_byte(132, char(0x7f))), HasSubstr("bytes left"));
    EXPECT_THAT(faults_of(with_byte(144, 5)), HasSubstr("sparse or complex"));
    EXPECT_THAT(faults_of(with_byte(145, 8)), HasSubstr("sparse or complex"));
    EXPECT_THAT(faults_of(with_byte(160, 9)), HasSubstr("dimensions of 36 values"));
    EXPECT_THAT(faults_of(whole + whole.substr(128)), HasSubstr("for the second time"));
}

TEST(MatFile, RefusesABombWithoutUnpackingIt) {
    Variables variables{{"labels", std::vector<std::uint16_t>((std::size_t{16} << 20) / 2)}};
    EXPECT_THAT(faults_of(suite::testing::mat_of(variables, true)), HasSubstr("16 MiB or more"));
}

} // namespace
} // namespace suite::data
