// What tests of published data sets share: declarations, tar members, bytes in hexadecimal.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "suite/data/formats/tar_index.hpp"
#include "suite/data/on_disk/set.hpp"
#include "suite/plan/declare/catalog.hpp"
#include "tests/suite/data/support.hpp"

namespace suite::data::testing {

inline const plan::Catalog& catalog() {
    static const plan::Catalog loaded = plan::load_catalog(plan::default_catalog_root());
    return loaded;
}

inline plan::DataSetSpec spec_of(const std::string& id) {
    return plan::find(catalog().data_sets, id, "data set");
}

inline std::shared_ptr<const plan::Manifest> listed(const std::string& id,
                                                    const std::filesystem::path& root) {
    const plan::DataSetSpec spec = spec_of(id);
    const PublishedPlace place = find_published(spec, root, catalog().root);
    return std::make_shared<const plan::Manifest>(list_published(spec, place, catalog().root));
}

/// Bytes of a golden file's hexadecimal text.
inline std::string unhex(const std::string& text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
    }
    return bytes;
}

/// Header and padded contents; another type gets a right checksum, too.
inline std::string tar_member(std::string_view name, std::string_view text, char type = '0') {
    std::string block = tar_header(name, text.size());
    const int sum = std::stoi(block.substr(148, 6), nullptr, 8) + (type - '0');
    block[156] = type;
    block.replace(148, 6, fmt::format("{:06o}", sum));
    block += text;
    block.resize((block.size() + 511) / 512 * 512, '\0');
    return block;
}

inline const std::string tar_end_mark(1024, '\0');

} // namespace suite::data::testing
