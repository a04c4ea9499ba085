// .npz archives: round trips, the same bytes for the same arrays, and no flipped bit that goes unnoticed.
// Files made by others are read in tests/suite/app/weights_test.py.
#include "suite/data/formats/npz.hpp"

#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

#include "tests/suite/data/support.hpp"

namespace suite::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

NpzArray array_of(const std::string& key, std::vector<std::size_t> shape, float first) {
    return {key, std::move(shape), [first](std::span<float> values) {
                for (std::size_t i = 0; i < values.size(); ++i) {
                    values[i] = first + static_cast<float>(i);
                }
            }};
}

const std::vector<NpzArray> arrays = {array_of("b/kernel", {2, 3}, 1.0F), array_of("a", {4}, -2.5F),
                                      array_of("scalar", {}, 9.0F)};

std::string slurp(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Every array, by key, in the words of a test; empty when anything is at fault.
std::map<std::string, std::vector<float>> contents(const std::filesystem::path& path) {
    try {
        FaultList faults;
        const NpzFile file(path, ErrorKind::weights, faults);
        std::map<std::string, std::vector<float>> result;
        for (const NpzEntry& entry : file.entries()) {
            if (!entry.header || entry.header->elements() > 100) {
                return {};
            }
            std::vector<float>& values = result[entry.key + " " + shape_text(entry.header->shape)];
            values.resize(entry.header->elements());
            file.read(entry, values, faults);
        }
        return faults.empty() ? result : std::map<std::string, std::vector<float>>{};
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::weights);
        return {};
    }
}

TEST(Npz, ComesBackAsItWasWritten) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "w.npz";
    write_npz(path, arrays, ErrorKind::weights);
    const auto found = contents(path);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_THAT(found.at("b/kernel shape [2, 3]"), ElementsAre(1, 2, 3, 4, 5, 6));
    EXPECT_THAT(found.at("a shape [4]"), ElementsAre(-2.5, -1.5, -0.5, 0.5));
    EXPECT_THAT(found.at("scalar shape []"), ElementsAre(9));
}

TEST(Npz, TheSameArraysGiveTheSameBytesInEveryTimeZone) {
    const TemporaryFolder folder;
    std::vector<std::string> bytes;
    for (const char* zone : {"UTC", "Pacific/Auckland", "America/St_Johns"}) {
        ::setenv("TZ", zone, 1);
        ::tzset();
        write_npz(folder.path() / "w.npz", arrays, ErrorKind::weights);
        bytes.push_back(slurp(folder.path() / "w.npz"));
    }
    ::unsetenv("TZ");
    ::tzset();
    EXPECT_EQ(bytes[0], bytes[1]);
    EXPECT_EQ(bytes[0], bytes[2]);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(Npz, NoFlippedBitGivesOtherValuesUnderTheSameName) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "w.npz";
    write_npz(path, arrays, ErrorKind::weights);
    const std::string whole = slurp(path);
    const auto wanted = contents(path);
    std::size_t refused = 0;
    for (std::size_t i = 0; i < whole.size(); ++i) { // one bit of every byte
        std::string flipped = whole;
        flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i * 5 % 8)));
        folder.write("w.npz", flipped);
        const auto found = contents(path);
        refused += found.empty() ? 1U : 0U;
        for (const auto& [name, values] : found) {
            const auto original = wanted.find(name);
            EXPECT_TRUE(original == wanted.end() || original->second == values)
                << "byte " << i << " " << name;
        }
    }
    // The values and headers alone are more than half of the file.
    EXPECT_GT(refused, whole.size() / 2);
}

TEST(Npz, EveryTruncationIsRefused) {
    const TemporaryFolder folder;
    write_npz(folder.path() / "w.npz", arrays, ErrorKind::weights);
    const std::string whole = slurp(folder.path() / "w.npz");
    for (std::size_t length = 0; length < whole.size(); ++length) {
        folder.write("cut.npz", whole.substr(0, length));
        EXPECT_TRUE(contents(folder.path() / "cut.npz").empty()) << length;
    }
}

TEST(Npz, AFolderThatCannotBeWrittenIsNamed) {
    try {
        write_npz("/nowhere/w.npz", arrays, ErrorKind::weights);
        ADD_FAILURE() << "no error";
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("/nowhere/w.npz"));
    }
}

} // namespace
} // namespace suite::data
