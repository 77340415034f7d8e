#include "pipeline/catalog_page.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "host/memory.h"
#include "oci/layout.h"

namespace ashlar::pipeline {
namespace {

constexpr std::string_view runtime = R"(name: Stone
image: example/stone
distribution: debian-13
tags: ["1.2", 1.2-debian13]
platforms: [linux/amd64, linux/arm64]
contents: {packages: [stone]}
interpreters:
  - {path: /bin/sh, reason: start is written in it | and nothing else}
accounts:
  run-as: mason
  users: [{name: mason, uid: 99, gid: 98}]
  groups: [{name: mason, gid: 98}]
environment: {LANG: C.UTF-8}
entrypoint: [stone, "two words"]
cmd: [--serve]
ports: [8080/tcp]
volumes: [/var/lib/stone]
work-dir: /srv
stop-signal: SIGQUIT
tests:
  - {name: serves, exit-code: 0}
)";
constexpr std::string_view dev = "image: example/stone\ndistribution: debian-13\nvariant: dev\ntags: [1.2-dev]\nplatforms: [linux/amd64]\ncontents: {packages: [stone, apt]}\n";
constexpr std::string_view info = R"(name: Stone
description: What a wall is made of
license: MIT
home: https://stone.example/
end-of-life: "2030-01-02"
end-of-life-source: its makers
support: not against weather
migrate:
  - Mortar is a package of its own.
)";

/// A lock of packages, each `name=version=source`, for both platforms; what begins with `arm64:` for that one alone.
plan::Lock lock_of(const std::vector<std::string>& packages) {
  plan::Lock lock;
  for (const std::string platform : {"linux/amd64", "linux/arm64"}) {
    for (std::string_view text : packages) {
      if (text.starts_with("arm64:")) {
        if (platform != "linux/arm64") continue;
        text.remove_prefix(6);
      } else if (text.starts_with("amd64:")) {
        if (platform != "linux/amd64") continue;
        text.remove_prefix(6);
      }
      const size_t first = text.find('='), second = text.find('=', first + 1);
      plan::LockedPackage package;
      package.name = text.substr(0, first);
      package.version = text.substr(first + 1, second - first - 1);
      package.source = text.substr(second + 1);
      lock.platforms[platform].packages.push_back(std::move(package));
    }
  }
  return lock;
}

oci::PlatformImage image_of(const std::string& platform, std::vector<std::uint64_t> layers) {
  oci::PlatformImage image;
  image.platform = oci::Platform::parse(platform).value();
  image.descriptor.size = 400;
  image.manifest.config.size = 600;
  for (const std::uint64_t size : layers) image.manifest.layers.emplace_back().size = size;
  return image;
}

class CatalogPage : public ::testing::Test {
 protected:
  void SetUp() override {
    write("/c/stone/1.2.yaml", runtime);
    write("/c/stone/1.2-dev.yaml", dev);
    write("/c/stone/info.yaml", info);
  }
  void write(const std::string& path, std::string_view content) { ASSERT_TRUE(files.write(path, content, host::Durability::Cache)); }
  std::vector<PageEntry> entries() {
    auto read = read_catalog(files, "/c");
    EXPECT_TRUE(read) << read.error().message;
    std::vector<PageEntry> out;
    for (CatalogEntry& entry : *read) out.push_back({std::move(entry), std::nullopt, {}});
    return out;
  }
  host::MemoryFiles files;
};

TEST_F(CatalogPage, SaysAllThatIsKnown) {
  std::vector<PageEntry> of = entries();
  ASSERT_EQ(of.size(), 2U);
  of[0].lock = lock_of({"apt=3.0=apt", "stone=1.2-1=stone"});
  of[1].lock = lock_of({"amd64:libgravel1=1.0-1+b1=gravel", "arm64:libgravel1=1.0-1+b2=gravel", "arm64:libonly=5=only", "stone=1.2-1=stone"});
  of[1].built = {image_of("linux/amd64", {4'000'000, 5'000'000}), image_of("linux/arm64", {3'000'000})};
  const std::string got = catalog_page(of);
  const std::string golden = std::string(ASHLAR_SOURCE_DIR) + "/tests/data/pipeline/catalog_page.md";
  if (std::getenv("ASHLAR_ACCEPT") != nullptr) std::ofstream(golden, std::ios::binary) << got;
  std::ifstream file(golden, std::ios::binary);
  ASSERT_TRUE(file) << golden;
  EXPECT_EQ(got, std::string(std::istreambuf_iterator<char>(file), {}));
  EXPECT_EQ(catalog_page(of), got) << "the same values give the same page";
}

TEST_F(CatalogPage, LeavesOutWhatIsNotKnown) {
  write("/c/stone/info.yaml", "description: What a wall is made of\n");
  const std::string page = catalog_page(entries());
  for (const char* word : {"Home", "Licence", "Limited support", "| package |", "Packages:", "MB", "End of life:"}) EXPECT_EQ(page.find(word), std::string::npos) << word << "\n" << page;
  EXPECT_TRUE(page.starts_with("# stone\nWhat a wall is made of."));
  EXPECT_NE(page.find("| `1.2`, `1.2-debian13` | runtime | yes | yes | mason (99:98) | not known |"), std::string::npos) << page;
  EXPECT_NE(page.find("| `1.2-dev` | dev | yes |  |"), std::string::npos) << page;
  EXPECT_LT(page.find("| `1.2`,"), page.find("| `1.2-dev`")) << "what runs comes first";
}

TEST_F(CatalogPage, TheTableHasARowAnImage) {
  write("/c/clay/3.yaml", "image: example/clay\ndistribution: debian-13\ncontents: {packages: [clay]}\ndates: {end-of-life: \"2031-05-06\"}\n");
  write("/c/clay/info.yaml", "description: Softer | cheaper\n");
  const auto all = read_catalog(files, "/c");
  ASSERT_TRUE(all);
  EXPECT_EQ(catalog_table(*all),
            "# Images\n| image | versions | what it is | end of life |\n|---|---|---|---|\n"
            "| [clay](clay.md) | 3 | Softer \\| cheaper | 2031-05-06 |\n| [stone](stone.md) | 1.2 (dev), 1.2 | What a wall is made of | 2030-01-02 |\n");
}

TEST_F(CatalogPage, TheTableTellsImagesOfOneVersionApart) {
  const std::string head = "image: example/stone\ndistribution: debian-13\ncontents: {packages: [stone]}\n";
  write("/c/stone/1.2-compat.yaml", head + "tags: [1.2-compat]\n");
  write("/c/stone/1.3.yaml", head + "tags: [\"1.3\", 1.3-debian13]\n");
  const auto all = read_catalog(files, "/c");
  ASSERT_TRUE(all);
  const std::string table = catalog_table(*all);
  EXPECT_NE(table.find("| 1.2-compat, 1.2 (dev), 1.2, 1.3 |"), std::string::npos) << table;
}

TEST_F(CatalogPage, TakesLocksAndImagesThatAreThere) {
  const auto all = read_catalog(files, "/c");
  ASSERT_TRUE(all);
  const CatalogEntry& entry = all->at(1);
  auto bare = page_entry(files, entry, "");
  ASSERT_TRUE(bare) << bare.error().message;
  EXPECT_FALSE(bare->lock);
  EXPECT_TRUE(bare->built.empty());

  auto layout = oci::LayoutWriter::open(files, "/layout");
  ASSERT_TRUE(layout);
  const auto config = layout->put(oci::media::config, oci::to_text(oci::Config{}));
  const auto layer = layout->put(oci::media::layer_tar, "layer");
  ASSERT_TRUE(config && layer);
  oci::Manifest manifest;
  manifest.config = *config;
  manifest.layers = {*layer};
  const auto root = layout->put(oci::media::manifest, oci::to_text(manifest));
  ASSERT_TRUE(root && layout->point("other-1", *root));
  auto lacking = page_entry(files, entry, "oci:/layout");
  ASSERT_TRUE(lacking) << lacking.error().message;
  EXPECT_TRUE(lacking->built.empty());
  ASSERT_TRUE(layout->point(build_tag(entry.definition, "1.2"), *root));
  auto built = page_entry(files, entry, "oci:/layout");
  ASSERT_TRUE(built) << built.error().message;
  ASSERT_EQ(built->built.size(), 1U);
  EXPECT_EQ(built->built[0].manifest.layers.at(0).size, 5U);

  EXPECT_FALSE(page_entry(files, entry, "oci:/nowhere"));
  EXPECT_FALSE(page_entry(files, entry, "oci:/layout:1.2")) << "a tag is one image's";
  write("/c/stone/1.2.lock.json", "{");
  EXPECT_FALSE(page_entry(files, entry, "")) << "a lock that does not read";
}

TEST(CatalogTag, NamesTheImage) {
  plan::Definition definition;
  definition.image = "registry.example/team/stone";
  EXPECT_EQ(build_tag(definition, "1.2"), "stone-1.2");
  definition.image = "stone";
  EXPECT_EQ(build_tag(definition, "latest"), "stone-latest");
}

}  // namespace
}  // namespace ashlar::pipeline
