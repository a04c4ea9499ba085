// A folder of declarations that is as small as it can be and valid; tests change one thing in it.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "suite/base/error.hpp"
#include "suite/plan/declare/catalog.hpp"
#include "suite/plan/plan.hpp"

namespace small_tree {

/// The faults of the Error(usage) that `call` throws; a failure of the test when it throws nothing.
template<typename Call>
std::vector<suite::Fault> faults_of(const Call& call) {
    try {
        static_cast<void>(call());
    } catch (const suite::Error& error) {
        EXPECT_EQ(error.kind(), suite::ErrorKind::usage);
        return error.faults();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

inline const std::map<std::string, std::string> valid_files{
    {"networks.toml", R"([[network]]
id = "small"
unit = "basic"
stem = "3x3-stride-2"
depths = [1, 1]
stem_channels = 8
stage_channels = [8, 16]
groups = 4
)"},
    {"recipes.toml", R"([[recipe]]
id = "pre"
kind = "pretrain"
optimizer = "sgd-agc"
base_lr = 0.01
lr_batch = 256
momentum = 0.9
nesterov = true
weight_decay = 1e-4
batch = 512
micro_batch = 32
schedule = "step"
workers = 8
warmup_epochs = 1.5
epochs = 90
decay_epochs = [30, 60, 80]
augmentation = "flip"

[[recipe]]
id = "fine"
kind = "finetune"
optimizer = "sgd-agc"
base_lr = 0.001
momentum = 0.9
nesterov = true
weight_decay = 0.0
batch = 128
micro_batch = 64
schedule = "hyperrule"
augmentation = "flip"

[[recipe.hyperrule]]
below = 20_000
boundaries = [100, 200, 300, 400, 500]

[[recipe.hyperrule]]
boundaries = [500, 3000, 6000, 9000, 10_000]
mixup_alpha = 0.1
)"},
    {"data/sets.toml", R"([[data_set]]
id = "photos"
title = "Photos"
task = "multiclass"
classes = 4
reader = "published"
train_images = 10_000
test_images = 100
image_size = 32
[data_set.pretrain]
small = "pre"

[[data_set]]
id = "pets"
title = "Pets"
task = "multiclass"
labels = ["cat", "dog"]
reader = "published"
train_images = 1000
test_images = 50
image_size = 32
metric = "top1"
finetune = "fine"

[[data_set]]
id = "chests"
title = "Chests"
task = "multilabel"
labels = ["Mass", "Edema", "Fracture"]
reader = "published"
train_images = 500
test_images = 50
image_size = 32

[[data_set]]
id = "lungs"
title = "Lungs"
task = "multilabel"
labels = ["Nodule", "Mass", "Edema"]
reader = "published"
train_images = 700
test_images = 70
image_size = 32

[[data_set]]
id = "chests+lungs"
title = "Chests and lungs"
task = "multilabel"
members = ["chests", "lungs"]
image_size = 32
)"},
    {"profiles.toml", R"([[profile]]
id = "full"
title = "as declared"
seeds = [0, 1]
)"},
    {"study.toml", R"([[study]]
id = "nobody2000"
title = "A study"
paper = "Nobody 2000"
pretraining_seed = 42
)"},
    {"w/workload.toml", R"([[workload]]
id = "w"
title = "A workload"
source = "Table 0"
study = "nobody2000"
axis = [
  { name = "target", values = ["pets"] },
  { name = "model", values = ["small"] },
  { name = "source", values = ["NAT"] },
  { name = "shots", values = ["full"] },
]
[workload.margins]
top1 = 1.0
[workload.chance]
top1 = "1/classes"

[[workload.sources]]
id = "NAT"
data_set = "photos"
)"},
};

/// A temporary folder "workloads" with these files; gone at the end of the test.
class Tree {
public:
    explicit Tree(std::map<std::string, std::string> files = valid_files) : files_(std::move(files)) {
        std::string pattern = (std::filesystem::temp_directory_path() / "plan-test-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) {
            throw std::runtime_error("no temporary folder");
        }
        parent_ = pattern;
    }
    Tree(const Tree&) = delete;
    Tree& operator=(const Tree&) = delete;
    ~Tree() { std::filesystem::remove_all(parent_); }

    /// Replaces the only place where the file says `old_text`.
    Tree& replace(const std::string& file, const std::string& old_text, const std::string& new_text) {
        std::string& text = files_.at(file);
        const std::size_t place = text.find(old_text);
        if (place == std::string::npos || text.find(old_text, place + 1) != std::string::npos) {
            throw std::runtime_error("not once in " + file + ": " + old_text);
        }
        text.replace(place, old_text.size(), new_text);
        return *this;
    }
    Tree& add(const std::string& file, const std::string& text) {
        files_[file] += text;
        return *this;
    }
    Tree& move(const std::string& from, const std::string& to) {
        files_[to] = files_.at(from);
        files_.erase(from);
        return *this;
    }
    /// The line of the only place where the file says this.
    [[nodiscard]] int line_of(const std::string& file, const std::string& text) const {
        const std::string& all = files_.at(file);
        const std::size_t place = all.find(text);
        if (place == std::string::npos || all.find(text, place + 1) != std::string::npos) {
            throw std::runtime_error("not once in " + file + ": " + text);
        }
        return 1 + static_cast<int>(
                       std::count(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(place), '\n'));
    }
    /// "workloads/FILE:LINE" of this text, as faults name it.
    [[nodiscard]] std::string where(const std::string& file, const std::string& text) const {
        return "workloads/" + file + ":" + std::to_string(line_of(file, text));
    }

    [[nodiscard]] std::filesystem::path root() const { return parent_ / "workloads"; }
    void write() const {
        std::filesystem::remove_all(root());
        std::filesystem::create_directories(root());
        for (const auto& [name, text] : files_) {
            std::filesystem::create_directories((root() / name).parent_path());
            std::ofstream(root() / name) << text;
        }
    }
    [[nodiscard]] suite::plan::Catalog load() const {
        write();
        return suite::plan::load_catalog(root());
    }
    /// What load() throws; a failure of the test when it throws nothing.
    [[nodiscard]] std::vector<suite::Fault> faults() const {
        return faults_of([this] { return load(); });
    }

private:
    std::filesystem::path parent_;
    std::map<std::string, std::string> files_;
};

/// One fault, at this place, whose words hold `found` and `expected`.
inline testing::Matcher<const suite::Fault&> fault(const std::string& where, const std::string& found,
                                                   const std::string& expected) {
    return testing::AllOf(testing::Field("where", &suite::Fault::where, where),
                          testing::Field("found", &suite::Fault::found, testing::HasSubstr(found)),
                          testing::Field("expected", &suite::Fault::expected, testing::HasSubstr(expected)));
}

/// "label#seed" -> key of a golden list that tests/fixtures/plan_keys.py wrote.
inline std::map<std::string, std::string> golden_keys(const std::string& name) {
    std::ifstream file(std::string(TRANSFERSCALE_SOURCE_DIR) + "/tests/golden/plan/" + name);
    std::string line;
    std::getline(file, line);
    EXPECT_EQ(line, "run,seed,key") << name;
    std::map<std::string, std::string> keys;
    while (std::getline(file, line)) {
        const std::size_t first = line.find(',');
        const std::size_t second = line.find(',', first + 1);
        keys[line.substr(0, first) + "#" + line.substr(first + 1, second - first - 1)] =
            line.substr(second + 1);
    }
    return keys;
}

inline std::map<std::string, std::string> keys_by_label(const std::vector<suite::plan::PlannedRun>& runs) {
    std::map<std::string, std::string> keys;
    for (const auto& run : runs) {
        keys[run.label + "#" + std::to_string(run.seed)] = run.key;
    }
    return keys;
}

/// The declarations of this repository, read once.
inline const suite::plan::Catalog& published() {
    static const suite::plan::Catalog catalog =
        suite::plan::load_catalog(std::filesystem::path(TRANSFERSCALE_SOURCE_DIR) / "workloads");
    return catalog;
}

} // namespace small_tree

namespace suite {
inline void PrintTo(const Fault& fault, std::ostream* out) {
    *out << to_string(fault);
}
} // namespace suite
