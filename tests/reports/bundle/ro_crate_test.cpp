// Crates: every file is described with its size and digest, the graph holds together, and the same runs give
// the same bytes.
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/bundle/bundle.hpp"
#include "reports/bundle/ro_crate.hpp"
#include "reports/format/csv.hpp"
#include "suite/base/hash.hpp"
#include "tests/reports/synthetic.hpp"

namespace reports {
namespace {

using synthetic::FilledStore;
using testing::Contains;
using testing::HasSubstr;

constexpr const char* crate_cells = "pets/R50x1/*";

/// The crate of a store whose runs have begin and end.
class CrateTest : public testing::Test {
protected:
    CrateTest() : plan_(synthetic::expand(crate_cells)), store_(plan_, synthetic::around_fifty) {
        facts_.program_version = "1.2.3";
        facts_.licence = "https://creativecommons.org/licenses/by/4.0/";
        facts_.authors = {"A. Person"};
        facts_.paper = {{"title", "A paper"},
                        {"authors", {"B. Writer", "C. Writer"}},
                        {"year", 2021},
                        {"doi", "10.1/2"},
                        {"url", "https://example.org/paper"}};
        for (const auto& run : plan_.runs) {
            if (synthetic::is_cell(run)) {
                auto record = synthetic::record_of(run, synthetic::around_fifty(run));
                record.provenance["started"] = "2026-11-23T15:04:05Z";
                record.provenance["finished"] = fmt::format("2026-11-23T15:04:1{}Z", run.seed);
                store_.remove(run.cell, run.seed);
                store_.commit(record);
            }
        }
    }

    [[nodiscard]] std::vector<CrateFile> crate() const {
        const suite::plan::Catalog& catalog = small_tree::published();
        const BundleSubject subject{.workload = catalog.workloads.at(plan_.workload),
                                    .profile = catalog.profiles.at(plan_.profile),
                                    .plan = plan_,
                                    .references = {}};
        const synthetic::Store store(store_.folder(), synthetic::Access::read_only);
        Records records(store, Keep::for_bundles);
        const CheckResult result =
            check(subject.workload, subject.profile, subject.plan, subject.references, records);
        const suite::store::BundleContent content = bundle_content(subject, records, result);
        return crate_files(result, content, suite::store::bundle_to_bytes(content), facts_);
    }

    suite::plan::Plan plan_;
    FilledStore store_;
    CrateFacts facts_;
};

nlohmann::json entity(const nlohmann::json& document, const std::string& id) {
    for (const auto& entry : document.at("@graph")) {
        if (entry.at("@id") == id) {
            return entry;
        }
    }
    ADD_FAILURE() << "no entity " << id;
    return {};
}

/// Every {"@id": …} below an entity.
void collect_references(const nlohmann::json& value, std::set<std::string>& ids) {
    if (value.is_object() && value.size() == 1 && value.contains("@id")) {
        ids.insert(value["@id"].get<std::string>());
    } else if (value.is_structured()) {
        for (const auto& part : value) {
            collect_references(part, ids);
        }
    }
}

TEST_F(CrateTest, DescribesEveryFileWithItsSizeAndDigest) {
    const std::vector<CrateFile> files = crate();
    const auto document = nlohmann::json::parse(files.back().bytes);
    const auto root = entity(document, "./");

    ASSERT_EQ(files.back().name, crate_metadata_name);
    ASSERT_EQ(root.at("hasPart").size(), files.size() - 1);
    for (std::size_t i = 0; i + 1 < files.size(); ++i) {
        const auto described = entity(document, files[i].name);
        EXPECT_EQ(described.at("contentSize"), std::to_string(files[i].bytes.size())) << files[i].name;
        EXPECT_EQ(described.at("sha256"), suite::sha256_hex(files[i].bytes)) << files[i].name;
        EXPECT_THAT(root.at("hasPart"), Contains(nlohmann::json{{"@id", files[i].name}}));
    }
    EXPECT_EQ(files.front().name, "table1-laptop.h5");
}

TEST_F(CrateTest, SaysWhoseRunsTheyAreAndOfWhichPaper) {
    const auto document = nlohmann::json::parse(crate().back().bytes);

    EXPECT_EQ(entity(document, "./").at("datePublished"), "2026-11-23");
    EXPECT_EQ(entity(document, "./").at("license").at("@id"), facts_.licence);
    EXPECT_EQ(entity(document, "#author-1").at("name"), "A. Person");
    EXPECT_EQ(entity(document, "https://doi.org/10.1/2").at("name"), "A paper");
    EXPECT_EQ(entity(document, "#workload").at("@type"), "Dataset");
    EXPECT_EQ(entity(document, "#transferscale").at("softwareVersion"), "1.2.3");
    bool found = false;
    for (const auto& entry : document.at("@graph")) {
        if (entry.at("@type") == "CreateAction" && entry.at("endTime") == "2026-11-23T15:04:14Z") {
            EXPECT_EQ(entry.at("startTime"), "2026-11-23T15:04:05Z");
            EXPECT_THAT(entry.at("description").get<std::string>(), HasSubstr("cpu: a CPU"));
            EXPECT_EQ(entry.at("instrument").at("@id"), "#transferscale");
            found = true;
        }
    }
    EXPECT_TRUE(found);
}

TEST_F(CrateTest, RefersToNothingThatItDoesNotDescribe) {
    const auto document = nlohmann::json::parse(crate().back().bytes);
    std::set<std::string> ids;
    for (const auto& entry : document.at("@graph")) {
        EXPECT_TRUE(ids.insert(entry.at("@id").get<std::string>()).second) << entry.at("@id");
    }
    std::set<std::string> used;
    collect_references(document.at("@graph"), used);
    used.erase("https://w3id.org/ro/crate/1.1");
    for (const std::string& id : used) {
        EXPECT_TRUE(ids.contains(id)) << id;
    }
}

TEST_F(CrateTest, GivesTheSameBytesForTheSameRuns) {
    const auto a = crate();
    const auto b = crate();
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i].bytes, b[i].bytes) << a[i].name;
    }
}

TEST_F(CrateTest, NamesAPaperThatItKnowsNothingElseOf) {
    facts_.paper = nullptr;
    facts_.authors.clear();
    const auto document = nlohmann::json::parse(crate().back().bytes);
    EXPECT_THAT(entity(document, "#paper").at("name").get<std::string>(), HasSubstr("Cherti"));
    EXPECT_FALSE(entity(document, "./").contains("author"));
}

TEST_F(CrateTest, OfNoRunsIsRefused) {
    for (const auto& run : plan_.runs) {
        if (synthetic::is_cell(run)) {
            store_.remove(run.cell, run.seed);
        }
    }
    try {
        static_cast<void>(crate());
        FAIL() << "nothing was thrown";
    } catch (const suite::Error& error) {
        EXPECT_EQ(error.kind(), suite::ErrorKind::store);
        EXPECT_THAT(error.what(), HasSubstr("table1 at laptop: found no finished run"));
    }
}

TEST(Csv, QuotesWhatNeedsItAndLeavesMissingNumbersEmpty) {
    const suite::store::Table table{{"name", std::vector<std::string>{"plain", "a, \"b\"", "two\nlines"}},
                                    {"value", std::vector<double>{0.1, NAN, 1e-59}},
                                    {"count", std::vector<std::int64_t>{-1, 0, 1}}};
    EXPECT_EQ(csv_of(table), "name,value,count\nplain,0.1,-1\n\"a, \"\"b\"\"\",,0\n\"two\nlines\",1e-59,1\n");
}

} // namespace
} // namespace reports
