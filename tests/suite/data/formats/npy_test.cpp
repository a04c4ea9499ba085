// .npy headers and files: what numpy.save writes, and what each kind of damage is called.
#include "suite/data/formats/npy.hpp"

#include <cstring>
#include <numeric>

#include <gmock/gmock.h>

#include "tests/suite/data/support.hpp"

namespace suite::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

std::string bytes_of(std::span<const float> values) {
    return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

std::optional<NpyHeader> parse(std::string_view file, FaultList& faults) {
    return parse_npy_header(file, file.size(), "f.npy", faults);
}

TEST(NpyHeader, IsWhatNumpyWrites) {
    // numpy 2.3: np.save(f, np.zeros((3, 40), 'f4')); f.read(128), and of shape (7,)
    const std::string dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 40), }";
    std::string wanted = std::string("\x93NUMPY\x01\x00\x76\x00", 10) + dictionary;
    wanted.append(127 - wanted.size(), ' ').push_back('\n');
    EXPECT_EQ(npy_header(std::array<std::size_t, 2>{3, 40}), wanted);
    EXPECT_THAT(npy_header(std::array<std::size_t, 1>{7}), HasSubstr("'shape': (7,), }"));
    for (std::size_t rank = 0; rank < 12; ++rank) {
        EXPECT_EQ(npy_header(std::vector<std::size_t>(rank, 12345)).size() % 64, 0U);
    }
}

TEST(NpyHeader, ReadsItsOwnAndOtherSpellings) {
    const std::array<float, 6> values{1, 2, 3, 4, 5, 6};
    const auto file = [&](const std::string& dictionary) {
        return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(dictionary.size()) + '\0' +
               dictionary + bytes_of(values);
    };
    for (const std::string& text :
         {npy_header(std::array<std::size_t, 2>{2, 3}) + bytes_of(values),
          file("{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L)}\n"), // Python 2
          file("{\"shape\":(2,3),\"descr\":\"<f4\",\"fortran_order\":False}")}) {
        FaultList faults;
        const auto header = parse(text, faults);
        ASSERT_TRUE(header && faults.empty()) << text;
        EXPECT_THAT(header->shape, ElementsAre(2, 3));
        EXPECT_FALSE(header->fortran_order);
        EXPECT_EQ(header->file_bytes(), text.size());
    }
}

TEST(NpyHeader, EveryTruncationIsOneFault) {
    const std::array<float, 2> values{1, 2};
    const std::string whole = npy_header(std::array<std::size_t, 1>{2}) + bytes_of(values);
    for (std::size_t length = 0; length < whole.size(); ++length) {
        FaultList faults;
        EXPECT_FALSE(parse(whole.substr(0, length), faults)) << length;
        EXPECT_EQ(faults.faults().size(), 1U) << length;
    }
}

TEST(NpyHeader, NoFlippedBitMakesItClaimOtherThanItsBytes) {
    const std::string whole = npy_header(std::array<std::size_t, 2>{3, 4}) + std::string(48, '\0');
    for (std::size_t i = 0; i < 8 * whole.size(); ++i) {
        std::string flipped = whole;
        flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ (1 << (i % 8)));
        FaultList faults;
        const auto header = parse(flipped, faults);
        EXPECT_EQ(header.has_value(), faults.empty());
        if (header) {
            EXPECT_EQ(header->elements(), 12U) << i;
            EXPECT_EQ(header->file_bytes(), whole.size()) << i;
        }
    }
}

TEST(NpyOrder, FirstIndexFastestBecomesLastIndexFastest) {
    const std::array<std::size_t, 3> shape{2, 3, 2};
    std::vector<float> fortran;
    for (int k = 0; k < 2; ++k) {
        for (int j = 0; j < 3; ++j) {
            for (int i = 0; i < 2; ++i) {
                fortran.push_back(static_cast<float>(100 * i + 10 * j + k));
            }
        }
    }
    std::vector<float> c(12);
    to_c_order(shape, fortran, c);
    EXPECT_THAT(c, ElementsAre(0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121));
}

TEST(NpyFile, IsReadInPiecesAndRefusesWhatIsNotFinite) {
    const TemporaryFolder folder;
    std::vector<float> values(1000);
    std::iota(values.begin(), values.end(), 0.0F);
    const auto path = folder.path() / "x.npy";
    const auto write = [&] {
        write_npy(path, std::array<std::size_t, 2>{10, 100}, ErrorKind::environment, [&](const auto& give) {
            give(std::span(values).first(300));
            give(std::span(values).subspan(300));
        });
    };
    write();
    NpyFile file(path, ErrorKind::data);
    EXPECT_THAT(file.shape(), ElementsAre(10, 100));
    std::vector<float> piece(100);
    file.read(250, piece);
    EXPECT_EQ(piece, std::vector(values.begin() + 250, values.begin() + 350));

    values[777] = std::nanf("");
    write();
    NpyFile bad(path, ErrorKind::data);
    EXPECT_NO_THROW(bad.read(0, piece));
    try {
        bad.read(700, piece);
        ADD_FAILURE() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::data);
        EXPECT_THAT(error.what(), HasSubstr("nan at element 777"));
    }
}

TEST(NpyFile, AFailedWriteLeavesNothing) {
    const TemporaryFolder folder;
    EXPECT_THROW(write_npy(folder.path() / "y.npy", std::array<std::size_t, 1>{1}, ErrorKind::environment,
                           [](const auto&) { throw Error(ErrorKind::numeric, Fault{}); }),
                 Error);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

} // namespace
} // namespace suite::data
