// [[layout]]: where published data sets lie and come from.
#include <algorithm>

#include "suite/plan/declare/declarations.hpp"

namespace suite::plan {
namespace {

bool has_digits(std::string_view text, std::size_t count) {
    return text.size() == count && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

bool is_hash(std::string_view text) {
    return (text.starts_with("md5:") && has_digits(text.substr(4), 32)) ||
           (text.starts_with("sha256:") && has_digits(text.substr(7), 64));
}

bool is_inside(const std::string& path) {
    return !path.empty() && path.front() != '/' && path.find("..") == std::string::npos;
}

/// What each kind cannot do without.
void require_parts(TomlReader& reader, const LayoutSpec& spec) {
    const bool is_table = spec.kind >= LayoutKind::nih;
    const bool has_own_test =
        spec.kind != LayoutKind::class_folders && spec.kind != LayoutKind::digit_folders && !is_table;
    reader.expect(is_table || !spec.train.empty(), "kind", std::string(enum_name(spec.kind)),
                  "a layout with train = […]");
    reader.expect(!has_own_test || !spec.test.empty(), "kind", std::string(enum_name(spec.kind)),
                  "a layout with test = […]");
    reader.expect(spec.kind != LayoutKind::text_lists || !spec.class_words.empty(), "kind",
                  std::string(enum_name(spec.kind)), "a layout with class_words = […]");
}

void read_edition(TomlReader& reader, EditionSpec& edition) {
    reader.required("title", edition.title);
    const bool has_train = reader.optional("train_images", edition.train_images);
    const bool has_test = reader.optional("test_images", edition.test_images);
    const bool has_columns = reader.optional("columns", edition.columns);
    if (!has_train && !has_test && !has_columns) {
        reader.add_fault(reader.origin(), "nothing that the edition is known by",
                         "train_images, test_images or columns");
    }
    reader.finish();
}

} // namespace

void read_layout(TomlReader& reader, LayoutSpec& spec) {
    reader.required("kind", spec.kind);
    reader.required("data_sets", spec.data_sets);
    reader.required("folders", spec.folders);
    reader.required("obtain", spec.obtain);
    reader.required("licence", spec.licence);
    reader.optional("needs_registration", spec.needs_registration);
    reader.optional("images", spec.images);
    reader.optional("gigabytes", spec.gigabytes);
    reader.expect_at_least("images", static_cast<std::int64_t>(spec.images), 1);
    reader.expect_above_zero("gigabytes", spec.gigabytes);
    reader.optional("train", spec.train);
    reader.optional("test", spec.test);
    reader.optional("class_names", spec.class_names);
    reader.optional("class_words", spec.class_words);
    reader.optional("label_bytes", spec.label_bytes);
    reader.optional("side", spec.side);
    reader.optional("hashes", spec.hashes);
    for (TomlReader& edition_reader : reader.tables("edition")) {
        read_edition(edition_reader, spec.editions.emplace_back());
    }
    reader.optional("all_views", spec.all_views);
    reader.optional("single_label", spec.single_label);
    reader.optional("validate_test", spec.validate_test);
    reader.expect(!spec.data_sets.empty(), "data_sets", spec.data_sets.size(), "at least one");
    reader.expect(!spec.folders.empty(), "folders", spec.folders.size(), "at least one");
    for (const std::string& folder : spec.folders) {
        reader.expect(is_inside(folder), "folders", folder, "folders below the data root");
    }
    for (const auto& [file, hash] : spec.hashes) {
        reader.expect(is_hash(hash), "hashes", hash, "md5:HEX or sha256:HEX in lower case");
    }
    reader.expect(spec.label_bytes >= 1 && spec.label_bytes <= 8, "label_bytes", spec.label_bytes, "1 to 8");
    reader.expect(spec.side >= 1 && spec.side <= 1024, "side", spec.side, "1 to 1024");
    require_parts(reader, spec);
}

} // namespace suite::plan
