// System files: strict, all faults at once, with their lines.
#include "tests/suite/plan/small_tree.hpp"

using small_tree::fault;
using small_tree::published;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

/// A temporary file; gone at the end of the test.
class SystemFile {
public:
    explicit SystemFile(const std::string& text) {
        std::string pattern = (std::filesystem::temp_directory_path() / "system-test-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) {
            throw std::runtime_error("no temporary folder");
        }
        folder_ = pattern;
        std::ofstream(path()) << text;
    }
    SystemFile(const SystemFile&) = delete;
    SystemFile& operator=(const SystemFile&) = delete;
    ~SystemFile() { std::filesystem::remove_all(folder_); }
    [[nodiscard]] std::filesystem::path path() const { return folder_ / "x.toml"; }
    [[nodiscard]] std::string line(int number) const {
        return path().string() + ":" + std::to_string(number);
    }
    [[nodiscard]] std::vector<suite::Fault> faults() const {
        return small_tree::faults_of([this] { return suite::plan::load_system(path()); });
    }

private:
    std::filesystem::path folder_;
};

const std::string head =
    "[[system]]\nid = \"x\"\ntitle = \"X\"\nnodes = 2\ngpus_per_node = 4\ncores_per_node = 8\n";

TEST(Systems, TheRepositoryHasOneFileForEach) {
    ASSERT_EQ(published().systems.size(),
              std::distance(std::filesystem::directory_iterator(published().root / "systems"), {}));
    for (const auto& [id, system] : published().systems) {
        EXPECT_EQ(suite::plan::load_system(published().root / "systems" / (id + ".toml")).network,
                  system.network);
    }
}

TEST(Systems, JuwelsBoosterIsThePapersMachine) {
    const auto& system = published().systems.at("juwels-booster");
    EXPECT_EQ(system.nodes, 936);
    EXPECT_EQ(system.ranks_per_node(), 4);
    ASSERT_TRUE(system.network && system.device && system.ladder);
    EXPECT_EQ(system.network->nics_per_node * system.network->nic_gigabytes_per_second, 88.0);
    EXPECT_EQ(system.network->nodes_per_cell, 48);
    EXPECT_EQ(system.ladder->images_per_rank_step, 128);
    EXPECT_THAT(system.ladder->note, HasSubstr("142 TFLOP/s"));
}

TEST(Systems, WithoutGpusRanksAreCores) {
    EXPECT_EQ(published().systems.at("local").ranks_per_node(), 2);
}

TEST(SystemFiles, DeclareNothingElseButOneSystem) {
    const SystemFile two(head + head);
    EXPECT_THAT(two.faults(), ElementsAre(fault(two.path().string(), "2 tables [[system]]", "one")));
    const SystemFile other(head + "[[network]]\nid = \"y\"\n");
    EXPECT_THAT(other.faults(), ElementsAre(fault(other.line(7), "unknown key 'network'", "")));
    const SystemFile empty("");
    EXPECT_THAT(empty.faults(), ElementsAre(fault(empty.path().string(), "0 tables [[system]]", "one")));
}

TEST(SystemFiles, AllFaultsOfANetworkComeAtOnce) {
    const SystemFile file(head + "[system.network]\nnics_per_node = 0\nnic_gigabytes_per_second = -22.0\n"
                                 "node_gigabytes_per_second = nan\nbase_microseconds = -1.0\n"
                                 "ring_hop_microseconds = 3.4\ntree_hop_microseconds = \"4\"\n"
                                 "network_hop_microsecond = 14.0\nnic_microseconds = 1.0\n"
                                 "overhead_microseconds = 2.0\ntree_bandwidth_share = 1.2\n"
                                 "bucket_megabytes = 0\n");
    EXPECT_THAT(file.faults(),
                testing::UnorderedElementsAre(
                    fault(file.line(8), "0 for 'nics_per_node'", "1 or more"),
                    fault(file.line(9), "-22 for 'nic_gigabytes_per_second'", "above 0"),
                    fault(file.line(10), "nan for 'node_gigabytes_per_second'", "finite"),
                    fault(file.line(11), "-1 for 'base_microseconds'", "0 or more"),
                    fault(file.line(13), "string for 'tree_hop_microseconds'", "a number"),
                    fault(file.line(7), "no key 'network_hop_microseconds'", "this key"),
                    fault(file.line(14), "unknown key 'network_hop_microsecond'", "network_hop_microseconds"),
                    fault(file.line(17), "1.2 for 'tree_bandwidth_share'", "1 or less"),
                    fault(file.line(18), "0 for 'bucket_megabytes'", "above 0")));
}

TEST(SystemFiles, UnreadableAndBrokenOnesAreNamed) {
    const SystemFile broken("[[system\n");
    EXPECT_THAT(broken.faults(), ElementsAre(fault(broken.line(1), "", "TOML")));
    try {
        (void)suite::plan::load_system("/no/such/system.toml");
        ADD_FAILURE() << "nothing was thrown";
    } catch (const suite::Error& error) {
        EXPECT_EQ(error.exit_code(), 2);
        EXPECT_THAT(error.what(), HasSubstr("/no/such/system.toml"));
    }
}

} // namespace
