// Nothing that is not exactly a record is read as one, and no bytes crash the reader.
#include <array>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include "store_fixture.hpp"
#include "suite/base/error.hpp"
#include "suite/store/hdf5_io.hpp"
#include "suite/store/record_file.hpp"
#include "suite/store/user_block.hpp"

namespace suite::store {
namespace {

using testing::failed_record;
using testing::full_record;
using ::testing::HasSubstr;
using testing::minimal_record;

enum class Outcome { refused, equal, other };

Outcome try_read(std::string_view bytes, const RunRecord& original) {
    try {
        const RunRecord read = record_from_bytes(bytes, original.key, "x.h5");
        return same_result(read, original) ? Outcome::equal : Outcome::other;
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::store);
        return Outcome::refused;
    }
}

/// The same bytes with the digest that belongs to them.
std::string signed_again(std::string bytes) {
    const std::string digest = sha256_hex(std::string_view(bytes).substr(user_block_bytes));
    return bytes.replace(0, user_block_bytes, to_bytes(UserBlock{"record", record_schema, digest}));
}

TEST(DamagedRecord, IsNoticedWhicheverBitFlips) {
    const RunRecord record = minimal_record();
    std::string bytes = record_to_bytes(record);
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
        const char mask = static_cast<char>(1 << (bit % 8));
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
        ASSERT_EQ(try_read(bytes, record), Outcome::refused) << "bit " << bit;
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
    }
    ASSERT_EQ(try_read(bytes, record), Outcome::equal);
}

TEST(DamagedRecord, IsNoticedAtWhateverLengthItEnds) {
    const RunRecord record = full_record();
    const std::string bytes = record_to_bytes(record);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        ASSERT_EQ(try_read(std::string_view(bytes).substr(0, length), record), Outcome::refused) << length;
    }
    for (const std::size_t more : {1U, 2U, 511U, 512U, 4096U}) {
        EXPECT_EQ(try_read(bytes + std::string(more, '\0'), record), Outcome::refused) << more;
    }
    EXPECT_EQ(try_read(bytes + bytes, record), Outcome::refused);
}

/// Runs in a child, so that a crash fails one test and not the program; returns what wait() said.
template<typename Function>
int status_of_child(const Function& function) {
    const pid_t child = ::fork();
    if (child == 0) {
        function();
        ::_exit(0);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return status;
}

/// Reads the record with one byte changed and the digest mended, for every `stride`-th byte.
void expect_no_crash(const RunRecord& record, char mask, std::size_t stride) {
    const std::size_t batch = 512 * stride;
    const std::string bytes = record_to_bytes(record);
    for (std::size_t first = user_block_bytes; first < bytes.size(); first += batch) {
        const int status = status_of_child([&] {
            for (std::size_t at = first; at < std::min(first + batch, bytes.size()); at += stride) {
                std::string changed = bytes;
                changed[at] = static_cast<char>(changed[at] ^ mask);
                static_cast<void>(try_read(signed_again(std::move(changed)), record));
            }
        });
        EXPECT_EQ(status, 0) << "bytes from " << first << " with mask " << static_cast<int>(mask);
    }
}

TEST(HostileRecord, WithAMendedDigestCrashesNothing) {
    expect_no_crash(failed_record(), '\x01', 1);
    expect_no_crash(full_record(), '\xff', 3);
}

/// Changes to an HDF5 file that is whole in itself, made with the library; the message each must get.
class ForgedRecord : public ::testing::Test {
protected:
    /// A record's tables written by hand, so that any of them can be left out or replaced.
    static std::string forge(const std::string& replaced, const std::function<void(hid_t)>& by) {
        const RunRecord record = minimal_record();
        const Table run{{"key", std::vector<std::string>{record.key}},
                        {"status", std::vector<std::string>{"finished"}},
                        {"kind", std::vector<std::string>{"finetune"}},
                        {"cell", std::vector<std::string>{""}},
                        {"seed", std::vector<std::uint64_t>{0}},
                        {"parent", std::vector<std::string>{""}},
                        {"images_seen", std::vector<std::int64_t>{0}},
                        {"parameters", std::vector<std::int64_t>{0}},
                        {"train_seconds", std::vector<double>{0.0}},
                        {"wall_seconds", std::vector<double>{0.0}},
                        {"weights_digest", std::vector<std::string>{""}},
                        {"schema", std::vector<std::int64_t>{1}}};
        const std::vector<std::string> none;
        const std::vector<double> no_numbers;
        const std::vector<std::pair<std::string, Table>> tables{
            {"/run", run},
            {"/metrics",
             {{"name", none}, {"split", none}, {"value", no_numbers}, {"unit", none}, {"direction", none}}},
            {"/losses", {{"step", std::vector<std::int64_t>{}}, {"loss", no_numbers}, {"lr", no_numbers}}},
            {"/provenance", {{"name", none}, {"value", none}}}};
        Hdf5Image image = build_hdf5_image([&](hid_t file) {
            for (const auto& [name, table] : tables) {
                if (name != replaced) {
                    write_table(file, name, table);
                }
            }
            if (replaced != "/config") {
                write_text(file, "/config", record.config);
            }
            by(file);
        });
        image.bytes.resize(image.file_bytes, '\0');
        return signed_again(std::move(image.bytes));
    }
    static std::string message_of(const std::string& bytes) {
        try {
            static_cast<void>(record_from_bytes(bytes, minimal_record().key, "x.h5"));
        } catch (const Error& error) {
            return error.what();
        }
        return "read";
    }
    static std::string message_of(const std::string& replaced, const std::function<void(hid_t)>& by) {
        return message_of(forge(replaced, by));
    }
    static void make_dataset(hid_t file, const char* name, hid_t type, hid_t space, hid_t creation) {
        const DatasetHandle made(H5Dcreate2(file, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT),
                                 name);
    }
};

void nothing(hid_t /*file*/) {}

TEST_F(ForgedRecord, UnchangedIsTheRecordItself) {
    EXPECT_EQ(message_of("", nothing), "read");
}

TEST_F(ForgedRecord, WithoutATableIsRefused) {
    for (const char* name : {"/run", "/metrics", "/losses", "/provenance", "/config"}) {
        EXPECT_THAT(message_of(name, nothing), HasSubstr(std::string(name) + ": found no such dataset"));
    }
}

TEST_F(ForgedRecord, WithOtherColumnsIsRefused) {
    const std::vector<double> number{1.0};
    const std::vector<Table> tables{
        {{"step", std::vector<std::int64_t>{1}}, {"loss", number}},
        {{"loss", number}, {"step", std::vector<std::int64_t>{1}}, {"lr", number}},
        {{"step", std::vector<std::string>{"1"}}, {"loss", number}, {"lr", number}},
        {{"step", std::vector<std::uint64_t>{1}}, {"loss", number}, {"lr", number}}};
    for (const Table& table : tables) {
        EXPECT_THAT(message_of("/losses", [&](hid_t file) { write_table(file, "/losses", table); }),
                    HasSubstr("x.h5: /losses: found"));
    }
}

TEST_F(ForgedRecord, WithSeveralRunsIsRefused) {
    const std::string message = message_of("/run", [](hid_t file) {
        write_table(file, "/run", {{"key", std::vector<std::string>{"a", "b"}}});
    });
    EXPECT_THAT(message, HasSubstr("/run"));
    EXPECT_THAT(message, HasSubstr("status"));
}

TEST_F(ForgedRecord, WithAGroupInADatasetsPlaceIsRefused) {
    EXPECT_NE(message_of("/losses", [](hid_t file) { create_group(file, "/losses"); }), "read");
}

TEST_F(ForgedRecord, WithLinksThatLeadElsewhereIsRefused) {
    EXPECT_THAT(message_of("/losses",
                           [](hid_t file) {
                               checked(H5Lcreate_external("/etc/other.h5", "/losses", file, "/losses",
                                                          H5P_DEFAULT, H5P_DEFAULT),
                                       "linking");
                           }),
                HasSubstr("/losses: found no such dataset"));
    EXPECT_THAT(message_of("/losses",
                           [](hid_t file) {
                               checked(H5Lcreate_soft("/losses", file, "/losses", H5P_DEFAULT, H5P_DEFAULT),
                                       "linking");
                           }),
                HasSubstr("/losses: found no such dataset"));
}

TEST_F(ForgedRecord, WithForeignStorageOrHugeExtentsIsRefused) {
    const auto scores = [](const std::function<void(hid_t creation)>& choose,
                           std::array<hsize_t, 2> extents) {
        return message_of("", [&](hid_t file) {
            create_group(file, "/predictions");
            const PropertyListHandle creation(H5Pcreate(H5P_DATASET_CREATE), "list");
            choose(creation.get());
            const DataspaceHandle space(H5Screate_simple(2, extents.data(), nullptr), "space");
            make_dataset(file, "/predictions/scores", H5T_IEEE_F32LE, space.get(), creation.get());
        });
    };
    const std::array<hsize_t, 2> chunk{1, 1};
    EXPECT_THAT(scores([&](hid_t creation) { H5Pset_chunk(creation, 2, chunk.data()); }, {2, 2}),
                HasSubstr("chunked"));
    EXPECT_THAT(scores([&](hid_t creation) { H5Pset_external(creation, "/etc/hostname", 0, 16); }, {2, 2}),
                HasSubstr("external"));
    EXPECT_THAT(scores([](hid_t) {}, {hsize_t{1} << 40, hsize_t{1} << 20}), HasSubstr("inside the file"));
    EXPECT_THAT(scores([](hid_t) {}, {hsize_t{1} << 10, 1}), HasSubstr("inside the file")); // never allocated
    EXPECT_THAT(scores([](hid_t) {}, {hsize_t{1} << 62, 0}), HasSubstr("inside the file"));
    EXPECT_THAT(scores([](hid_t) {}, {0, hsize_t{1} << 62}), HasSubstr("inside the file"));
}

TEST_F(ForgedRecord, WithOtherTypesOrRanksIsRefused) {
    const auto forged = [](hid_t type, int rank) {
        return message_of("/config", [&](hid_t file) {
            const std::array<hsize_t, 2> extents{2, 2};
            const DataspaceHandle space(
                rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(rank, extents.data(), nullptr), "space");
            make_dataset(file, "/config", type, space.get(), H5P_DEFAULT);
        });
    };
    const DatatypeHandle variable(H5Tcopy(H5T_C_S1), "type");
    checked(H5Tset_size(variable.get(), H5T_VARIABLE), "variable length");
    EXPECT_THAT(forged(variable.get(), 0), HasSubstr("/config: found another type"));
    EXPECT_THAT(forged(H5T_IEEE_F64LE, 0), HasSubstr("/config: found another type"));
    EXPECT_THAT(forged(H5T_C_S1, 2), HasSubstr("/config: found rank 2, expected rank 0"));
    EXPECT_THAT(forged(H5T_C_S1, 0), HasSubstr("inside the file"));
}

TEST_F(ForgedRecord, TellsAllFaultsAtOnce) {
    Hdf5Image image = build_hdf5_image(nothing);
    image.bytes.resize(image.file_bytes, '\0');
    const std::string message = message_of(signed_again(std::move(image.bytes)));
    for (const char* name : {"/run", "/metrics", "/losses", "/provenance", "/config"}) {
        EXPECT_THAT(message, HasSubstr(name));
    }
}

} // namespace
} // namespace suite::store
