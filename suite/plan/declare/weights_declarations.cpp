// [[weights]]: published files of weights that stand in for pre-training runs.
#include <algorithm>
#include <set>

#include "suite/base/names.hpp"
#include "suite/plan/declare/declarations.hpp"

namespace suite::plan {
namespace {

void expect_three(TomlReader& reader, const char* key, const std::vector<double>& values) {
    reader.expect(values.size() == 3, key, values.size(), "3 values");
}

void expect_known(const WeightsSpec& spec, const std::string& what, const std::string& name, bool is_known,
                  const std::vector<std::string>& valid, Issues& issues) {
    if (!is_known) {
        issues.faults.add({.where = issues.lines.find(spec.origin, name).text(),
                           .found = what + " '" + name + "', which is defined nowhere",
                           .expected = expected_names(name, valid),
                           .fix = ""});
    }
}

} // namespace

void read_weights(TomlReader& reader, WeightsSpec& spec) {
    reader.required("network", spec.network);
    reader.required("data_set", spec.data_set);
    reader.required("file", spec.file);
    reader.required("classes", spec.classes);
    reader.required("mean", spec.mean);
    reader.required("std", spec.std);
    reader.required("obtain", spec.obtain);
    reader.required("licence", spec.licence);
    const bool is_name = !spec.file.empty() && spec.file.find('/') == std::string::npos;
    reader.expect(is_name, "file", spec.file, "a file's name");
    reader.expect_at_least("classes", spec.classes, 1);
    expect_three(reader, "mean", spec.mean);
    expect_three(reader, "std", spec.std);
    for (const double deviation : spec.std) {
        reader.expect_above_zero("std", deviation);
    }
}

void check_weights(const Catalog& catalog, Issues& issues) {
    std::set<std::pair<std::string, std::string>> replaced;
    for (const auto& [id, spec] : catalog.weights) {
        expect_known(spec, "network", spec.network, catalog.networks.contains(spec.network),
                     names_of(catalog.networks), issues);
        expect_known(spec, "data set", spec.data_set, catalog.data_sets.contains(spec.data_set),
                     names_of(catalog.data_sets), issues);
        if (!replaced.emplace(spec.network, spec.data_set).second) {
            issues.faults.add({.where = spec.origin.text(),
                               .found = "a second file for " + spec.network + " on " + spec.data_set,
                               .expected = "one for each network and data set",
                               .fix = ""});
        }
    }
}

} // namespace suite::plan
