// Declarations: TOML text through the readers of every kind.
#include "suite/plan/declare/declarations.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace {

using namespace suite::plan;

template<typename Spec, typename Read>
void read_as(const toml::table& table, Read&& read) {
    Issues issues;
    TomlReader reader(table, "input", issues);
    Spec spec;
    read(reader, spec);
    reader.finish();
}

/// Through every kind's reader, whatever kind it claims to be.
void read_as_every_kind(const toml::table& table) {
    DataSetLinks links;
    ProfileLinks profile_links;
    read_as<NetworkSpec>(table, read_network);
    read_as<DataSetSpec>(table, [&](auto& reader, auto& spec) { read_data_set(reader, spec, links); });
    read_as<RecipeSpec>(table, read_recipe);
    read_as<ProtocolSpec>(table, read_protocol);
    read_as<ProfileSpec>(table, [&](auto& reader, auto& spec) { read_profile(reader, spec, profile_links); });
    read_as<WorkloadSpec>(table, read_workload);
    read_as<SystemSpec>(table, read_system);
}

/// The document, and the tables of its arrays ("[[recipe]]").
void read_document(const toml::table& document) {
    read_as_every_kind(document);
    for (const auto& [key, node] : document) {
        if (const toml::array* array = node.as_array()) {
            for (const toml::node& element : *array) {
                if (const toml::table* table = element.as_table()) {
                    read_as_every_kind(*table);
                }
            }
        }
    }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    toml::table document;
    try {
        document = toml::parse(suite::fuzz::text_of(data, size), std::string_view("input"));
    } catch (const toml::parse_error&) {
        return 0;
    }
    suite::fuzz::expect_result_or_error([&document] { read_document(document); });
    return 0;
}
