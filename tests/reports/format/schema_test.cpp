// reports/SCHEMA.md against the tables of a bundle: names, order, types and units of all columns, both ways.
#include <fstream>
#include <set>
#include <sstream>

#include "reports/bundle/bundle.hpp"
#include "reports/bundle/scaling.hpp"
#include "tests/reports/synthetic.hpp"

namespace reports {
namespace {

using suite::store::Column;
using suite::store::Table;

struct DocumentedColumn {
    std::string name;
    std::string type;
    std::string unit;
};

std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells;
    std::stringstream rest(line.substr(1));
    for (std::string cell; std::getline(rest, cell, '|');) {
        const std::size_t first = cell.find_first_not_of(' ');
        const std::size_t last = cell.find_last_not_of(' ');
        cells.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
    }
    return cells;
}

/// "/W/cells" -> its columns, of every heading "### `/…`".
std::map<std::string, std::vector<DocumentedColumn>> documented_tables() {
    std::ifstream file(std::string(TRANSFERSCALE_SOURCE_DIR) + "/reports/SCHEMA.md");
    std::map<std::string, std::vector<DocumentedColumn>> tables;
    std::string name;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("#")) {
            const std::size_t begin = line.find("`/");
            name = begin == std::string::npos ? ""
                                              : line.substr(begin + 1, line.find('`', begin + 1) - begin - 1);
        } else if (!name.empty() && line.starts_with("| ") && !line.starts_with("| column | type ")) {
            const std::vector<std::string> cells = cells_of(line);
            tables[name].push_back({.name = cells.at(0), .type = cells.at(1), .unit = cells.at(2)});
        }
    }
    return tables;
}

/// In the words of SCHEMA.md; a flag is an integer to HDF5.
std::string type_of(const Column& column) {
    return std::holds_alternative<std::vector<std::string>>(column.values) ? "text"
           : std::holds_alternative<std::vector<double>>(column.values)    ? "number"
                                                                           : "integer";
}

void expect_documented(const std::string& name, const Table& table,
                       const std::vector<DocumentedColumn>& documented) {
    ASSERT_EQ(table.size(), documented.size()) << name;
    for (std::size_t i = 0; i < table.size(); ++i) {
        EXPECT_EQ(table[i].name, documented[i].name) << name;
        EXPECT_EQ(type_of(table[i]), documented[i].type == "flag" ? "integer" : documented[i].type)
            << name << " " << table[i].name;
        EXPECT_EQ(table[i].unit, documented[i].unit) << name << " " << table[i].name;
    }
}

TEST(BundleSchema, IsWhatItsDocumentSays) {
    const suite::plan::Plan plan = synthetic::expand("pets/R50x1/*");
    const synthetic::FilledStore filled(plan, synthetic::around_fifty);
    const suite::plan::Catalog& catalog = small_tree::published();
    const BundleSubject subject{.workload = catalog.workloads.at(plan.workload),
                                .profile = catalog.profiles.at(plan.profile),
                                .plan = plan,
                                .references = {}};
    const synthetic::Store store(filled.folder(), synthetic::Access::read_only);
    Records records(store, Keep::for_bundles);
    const CheckResult result =
        check(subject.workload, subject.profile, subject.plan, subject.references, records);
    auto tables = bundle_content(subject, records, result).tables;
    for (auto& scaling : bundle::ScalingTables().tables("/table1")) {
        tables.push_back(std::move(scaling));
    }

    const auto documented = documented_tables();

    std::set<std::string> written;
    for (const auto& [name, table] : tables) {
        const std::string heading = name == "/contents" ? name : "/W" + name.substr(name.rfind('/'));
        written.insert(heading);
        ASSERT_TRUE(documented.contains(heading)) << heading;
        expect_documented(heading, table, documented.at(heading));
    }
    for (const auto& [heading, columns] : documented) {
        EXPECT_TRUE(written.contains(heading)) << heading << " is documented, but no bundle has it";
    }
}

} // namespace
} // namespace reports
