// What several tests of suite/data share: declarations to open, golden files, gzip writing, temporary
// folders.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include "suite/base/error.hpp"
#include "suite/data/data_set.hpp"

namespace suite::data::testing {

inline nlohmann::json golden(const std::string& name) {
    std::ifstream file(std::filesystem::path(TRANSFERSCALE_SOURCE_DIR) / "tests/golden/data" / name);
    EXPECT_TRUE(file.good()) << name;
    return nlohmann::json::parse(file);
}

/// One gzip member.
inline std::string gzipped(std::string_view text) {
    z_stream stream{};
    EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string out(deflateBound(&stream, text.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(out.size() - stream.avail_out);
    deflateEnd(&stream);
    return out;
}

/// A folder of its own for each test, removed at the end.
class TemporaryFolder {
public:
    TemporaryFolder() {
        const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
        path_ = std::filesystem::temp_directory_path() /
                fmt::format("transferscale-{}-{}-{}", test->test_suite_name(), test->name(), ::getpid());
        std::filesystem::remove_all(path_);
        std::filesystem::create_directories(path_);
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    void write(const std::string& name, std::string_view bytes) const {
        std::ofstream(path_ / name, std::ios::binary) << bytes;
    }

private:
    std::filesystem::path path_;
};

inline std::vector<std::string> numbered_labels(int count) {
    std::vector<std::string> labels;
    for (int i = 0; i < count; ++i) {
        labels.push_back(fmt::format("class {}", i));
    }
    return labels;
}

/// A natural data set of `classes` classes at 16 x 16.
inline plan::DataSetSpec natural_spec(int classes, std::size_t train, std::size_t test) {
    plan::DataSetSpec spec;
    spec.id = "natural";
    spec.labels = numbered_labels(classes);
    spec.reader = plan::Reader::phantom_natural;
    spec.train_images = train;
    spec.test_images = test;
    spec.image_size = 16;
    spec.channels = 3;
    spec.world_seed = 7;
    spec.natural = plan::NaturalPhantom{.outlines = 4, .textures = 3, .palettes = 4, .layouts = 2};
    return spec;
}

/// A multi-label hospital at 16 x 16.
inline plan::DataSetSpec xray_spec(const std::string& id, const std::string& hospital,
                                   const std::vector<std::string>& labels, std::size_t train,
                                   std::size_t test) {
    plan::DataSetSpec spec;
    spec.id = id;
    spec.task = plan::Task::multilabel;
    spec.labels = labels;
    spec.reader = plan::Reader::phantom_xray;
    spec.train_images = train;
    spec.test_images = test;
    spec.image_size = 16;
    spec.channels = 1;
    spec.world_seed = 7;
    spec.xray = plan::XrayPhantom{.hospital = hospital};
    return spec;
}

/// The kind and the text of the Error that `call` throws; fails when it throws none.
template<typename Call>
std::string error_text(ErrorKind kind, Call&& call) {
    try {
        call();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), kind) << error.what();
        return error.what();
    }
    ADD_FAILURE() << "no error was thrown";
    return {};
}

} // namespace suite::data::testing
