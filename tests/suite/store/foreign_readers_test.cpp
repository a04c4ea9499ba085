// Other people's programs open what we write: h5dump, h5py, PyTables through pandas.
#include <array>
#include <cstdio>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store_fixture.hpp"
#include "suite/store/checkpoint_file.hpp"
#include "suite/store/record_file.hpp"

namespace suite::store {
namespace {

using testing::full_record;
using ::testing::HasSubstr;
using testing::spill;
using testing::TemporaryFolder;

struct Answer {
    int code = -1;
    std::string text;
};

Answer ask(const std::string& command) {
    Answer answer;
    std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    std::array<char, 4096> buffer{};
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
        answer.text.append(buffer.data(), count);
    }
    answer.code = ::pclose(pipe);
    return answer;
}

class ForeignReaders : public ::testing::Test {
protected:
    void SetUp() override { spill(path_, record_to_bytes(full_record())); }
    TemporaryFolder folder_;
    std::string path_ = (folder_.path() / "record.h5").string();
};

TEST_F(ForeignReaders, H5dumpPrintsARecord) {
    if (ask("h5dump --version").code != 0) {
        GTEST_SKIP() << "h5dump is not installed";
    }
    const Answer answer = ask("h5dump " + path_);
    EXPECT_EQ(answer.code, 0) << answer.text;
    EXPECT_THAT(answer.text, HasSubstr("DATASET \"metrics\""));
    EXPECT_THAT(answer.text, HasSubstr("91.25"));
    EXPECT_THAT(answer.text, HasSubstr("{\"seed\":7}"));
}

TEST_F(ForeignReaders, H5dumpPrintsACheckpoint) {
    if (ask("h5dump --version").code != 0) {
        GTEST_SKIP() << "h5dump is not installed";
    }
    write_checkpoint(path_, {.key = "k",
                             .tensors = {{"w", {2, 2}, 0}},
                             .values = {1.5F, 2.5F, 3.5F, 4.5F},
                             .arenas = {},
                             .step = 9});
    const Answer answer = ask("h5dump -d /values -d /tensors " + path_);
    EXPECT_EQ(answer.code, 0) << answer.text;
    EXPECT_THAT(answer.text, HasSubstr("(0): 1.5, 2.5, 3.5, 4.5"));
    EXPECT_THAT(answer.text, HasSubstr("\"2,2\""));
}

TEST_F(ForeignReaders, PandasAndH5pyReadATable) {
    const char* named = std::getenv("TRANSFERSCALE_TEST_PYTHON");
    const std::string python = named != nullptr ? named : "python3";
    if (ask(python + " -c 'import h5py, pandas, tables'").code != 0) {
        GTEST_SKIP() << python << " lacks h5py, pandas or tables";
    }
    const std::string script = "import h5py, pandas; p = \"" + path_ +
                               "\"\n"
                               "for t in (\"run\", \"metrics\", \"losses\", \"provenance\"):\n"
                               "    print(t, pandas.read_hdf(p, \"/\" + t).shape)\n"
                               "m = pandas.read_hdf(p, \"/metrics\")\n"
                               "print(\"value\", m[\"value\"][0], m[\"name\"][0])\n"
                               "f = h5py.File(p)\n"
                               "print(\"seed\", f[\"run\"][\"seed\"][0], f[\"config\"].asstr()[()])\n"
                               "print(\"scores\", f[\"predictions/scores\"].shape, f.userblock_size)\n";
    spill(folder_.path() / "read.py", script);
    const Answer answer = ask(python + " " + (folder_.path() / "read.py").string());
    EXPECT_EQ(answer.code, 0);
    for (const char* line : {"run (1, 12)", "metrics (2, 5)", "losses (3, 3)", "provenance (3, 2)",
                             "value 91.25", "seed 7 {\"seed\":7}", "scores (2, 3) 512"}) {
        EXPECT_THAT(answer.text, HasSubstr(line));
    }
}

} // namespace
} // namespace suite::store
