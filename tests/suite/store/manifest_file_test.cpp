// Manifests as files: what is written comes back, what was changed counts as absent.
#include <gmock/gmock.h>

#include "store_fixture.hpp"
#include "suite/base/files.hpp"
#include "suite/store/manifest_file.hpp"

namespace suite::store {
namespace {

plan::Manifest small_manifest(bool is_multilabel) {
    plan::Manifest manifest;
    manifest.data_set = "pets";
    manifest.reading = "pets name-lists version 1";
    manifest.root = "/data/pets";
    manifest.label_names = {"a", "b c"};
    manifest.is_multilabel = is_multilabel;
    manifest.watched = {{.path = "list.txt", .stamp = {.size_bytes = 12, .changed_ns = 1}}};
    manifest.train_samples = 1;
    manifest.paths.push_back("images/x 1.jpg");
    manifest.paths.push_back("images/y.png");
    manifest.stamps = {{.size_bytes = 5, .changed_ns = 7}, {}};
    if (is_multilabel) {
        manifest.label_marks = "01-1";
        manifest.patients = {4, 4};
    } else {
        manifest.classes = {1, 0};
        manifest.containers = {{.path = "a.tar", .stamp = {.size_bytes = 2048, .changed_ns = 3}}};
        manifest.container_of = {0, 0};
        manifest.offsets = {512, 1536};
    }
    manifest.notes = {"something"};
    return manifest;
}

void expect_same(const plan::Manifest& a, const plan::Manifest& b) {
    EXPECT_EQ(manifest_to_bytes(a), manifest_to_bytes(b));
    ASSERT_EQ(a.size(), b.size());
    EXPECT_EQ(a.paths[0], b.paths[0]);
    EXPECT_EQ(a.paths[1], b.paths[1]);
    EXPECT_EQ(a.stamps, b.stamps);
    EXPECT_EQ(a.classes, b.classes);
    EXPECT_EQ(a.label_marks, b.label_marks);
    EXPECT_EQ(a.patients, b.patients);
    EXPECT_EQ(a.offsets, b.offsets);
    EXPECT_EQ(a.label_names, b.label_names);
    EXPECT_EQ(a.train_samples, b.train_samples);
}

TEST(ManifestFile, ComesBackAsItWas) {
    for (const bool is_multilabel : {false, true}) {
        const plan::Manifest manifest = small_manifest(is_multilabel);
        expect_same(manifest_from_bytes(manifest_to_bytes(manifest), "m.h5"), manifest);
    }
}

TEST(ManifestFile, CacheKeepsWhatWasListed) {
    const testing::TemporaryFolder folder;
    const plan::ManifestCache cache = manifest_cache(folder.path() / "manifests");
    const plan::Manifest manifest = small_manifest(true);
    EXPECT_FALSE(cache.load(manifest));
    cache.save(manifest);
    const auto kept = cache.load(manifest);
    ASSERT_TRUE(kept);
    expect_same(*kept, manifest);
    plan::Manifest elsewhere = manifest;
    elsewhere.root = "/other/pets";
    EXPECT_FALSE(cache.load(elsewhere));
}

TEST(ManifestFile, EveryChangedByteMakesItAbsent) {
    const testing::TemporaryFolder folder;
    const plan::ManifestCache cache = manifest_cache(folder.path());
    const plan::Manifest manifest = small_manifest(false);
    const std::string bytes = manifest_to_bytes(manifest);
    for (std::size_t at = 0; at < bytes.size(); at += 211) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        publish_text(manifest_path(folder.path(), manifest), changed, ErrorKind::store, Durability::none);
        EXPECT_FALSE(cache.load(manifest)) << at;
    }
}

TEST(ManifestFile, CutFilesAreRefused) {
    const std::string bytes = manifest_to_bytes(small_manifest(true));
    for (const std::size_t size : {std::size_t{0}, std::size_t{100}, std::size_t{512}, bytes.size() - 1}) {
        EXPECT_THROW(static_cast<void>(manifest_from_bytes(std::string_view(bytes).substr(0, size), "m.h5")),
                     Error)
            << size;
    }
}

} // namespace
} // namespace suite::store
