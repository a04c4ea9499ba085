// `transferscale data pack`.
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "suite/app/data_verbs.hpp"
#include "suite/app/option_values.hpp"
#include "suite/data/on_disk/shard_writer.hpp"

namespace suite::app {
namespace {

using json = nlohmann::ordered_json;
namespace fs = std::filesystem;

struct PackVerbOptions {
    std::string name;
    fs::path root;
    fs::path out;
    std::uint64_t shard_bytes = data::PackOptions{}.shard_bytes;
    OutputOptions output;
};

void print(const PackVerbOptions& options, const std::vector<data::PackedShard>& shards) {
    json document{{"name", options.name}, {"shards", json::array()}};
    for (const data::PackedShard& shard : shards) {
        document["shards"].push_back(
            {{"path", shard.path.string()}, {"images", shard.images}, {"bytes", shard.bytes}});
        if (!options.output.json) {
            fmt::print("{}: {} images, {} bytes\n", shard.path.string(), shard.images, shard.bytes);
        }
    }
    if (options.output.json) {
        fmt::print("{}\n", document.dump(2));
    }
}

int pack(const PackVerbOptions& options) {
    const plan::Catalog catalog = plan::load_catalog(plan::default_catalog_root());
    const plan::DataConfig config = declared_data(catalog, options.name);
    if (config.set.reader != plan::Reader::published || !config.members.empty()) {
        throw Error(ErrorKind::usage, Fault{.where = options.name,
                                            .found = "a set without published files of its own",
                                            .expected = "a published set",
                                            .fix = "pack the members of a superset one by one"});
    }
    const data::PublishedPlace place = place_or_throw(catalog, config.set, data_root_or_throw(options.root));
    auto manifest =
        std::make_shared<const plan::Manifest>(data::list_published(config.set, place, catalog.root));
    print(options, data::pack_published(manifest, {.out = options.out,
                                                   .shard_bytes = options.shard_bytes,
                                                   .progress = ImageProgress(options.name)}));
    return 0;
}

} // namespace

void add_data_pack(Dispatcher& dispatcher, CLI::App* data) {
    constexpr std::int64_t smallest_shard = std::int64_t{1} << 16;
    constexpr std::int64_t largest_shard = std::int64_t{1} << 40;
    auto options = std::make_shared<PackVerbOptions>();
    CLI::App* verb = add_verb(
        dispatcher, "pack",
        "Packs a published data set into tar shards, for file systems that like large reads", options->output,
        [options] { return pack(*options); }, data);
    verb->add_option("name", options->name, "Published data set")->type_name("DATASET")->required();
    verb->add_option("--root", options->root,
                     "Folder of its files, or of all sets' folders (default: TRANSFERSCALE_DATA)")
        ->type_name("DIR");
    verb->add_option("--out", options->out, "New data folder: gets NAME/train/*.tar, NAME/test/*.tar")
        ->type_name("DIR")
        ->required();
    whole_within(verb->add_option("--shard-bytes", options->shard_bytes, "Largest size of a shard"),
                 smallest_shard, largest_shard)
        ->capture_default_str();
}

} // namespace suite::app
