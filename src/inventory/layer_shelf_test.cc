#include "inventory/layer_shelf.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "host/memory.h"
#include "inventory/inner/layer.h"
#include "inventory/inner/reading_trial.h"

namespace ashlar::inventory {
namespace {

using trial::all_of;
using trial::everything;
using trial::many_members;
using trial::Strings;

std::vector<Members> three_layers() { return {many_members(0), many_members(1), {{"l1/.wh..wh..opq", ""}, {"l2/node_modules/ms/package.json", R"({"name":"ms","version":"2"})"}}}; }

/// Everything, or the error.
Strings read_all(const std::vector<Members>& layers, const LayerShelf* shelf, size_t threads = 0) {
  Target target = target_of(layers, {});
  ReadOptions options = everything;
  options.shelf = shelf;
  options.threads = threads;
  const auto inventory = read_inventory(target, options);
  return inventory ? all_of(*inventory) : Strings{inventory.error().message};
}

/// Paths that were read, written or touched (`verb /path`), from the `from`th on.
Strings touched(const host::MemoryFiles& files, std::string_view verb, size_t from = 0) {
  Strings out;
  const auto all = files.touched();
  for (size_t at = from; at < all.size(); ++at) {
    if (all[at].starts_with(verb)) out.push_back(all[at].substr(verb.size() + 1));
  }
  std::ranges::sort(out);
  return out;
}

TEST(LayerShelf, TheSameComesOutWithAndWithoutIt) {
  host::MemoryFiles files;
  const LayerShelf shelf(files, "/layers", "program 1, scan");
  const Strings without = read_all(three_layers(), nullptr);
  ASSERT_GT(without.size(), 1000U);
  EXPECT_EQ(read_all(three_layers(), &shelf), without) << "the first time";
  const Strings kept = touched(files, "write");
  EXPECT_EQ(kept.size(), 3U);
  const size_t before = files.touched().size();
  for (const size_t threads : {1, 2, 8, 0}) EXPECT_EQ(read_all(three_layers(), &shelf, threads), without) << "again, on " << threads;
  EXPECT_TRUE(touched(files, "write", before).empty()) << "nothing was read anew";
  EXPECT_EQ(touched(files, "touch", before).size(), 12U) << "each of three layers four times: it was used";
}

TEST(LayerShelf, WhatWasKeptIsUsed) {
  host::MemoryFiles files;
  const LayerShelf shelf(files, "/layers", "scan");
  const std::vector<Members> layers = {{{"a", "first"}}};
  Target target = target_of(layers, {});
  const std::string key = shelf.key(target.which.manifest.layers[0], "sha1 false, md5 false, seen true");
  ASSERT_TRUE(read_inventory(target, {.shelf = &shelf}));
  auto kept = read_record(key, *shelf.find(key), 0);
  ASSERT_TRUE(kept) << kept.error().message;
  kept->layer.members.at(0).entry.mtime = 77;  // tells the record from the layer
  shelf.keep(key, to_record(key, kept->layer, kept->found));
  EXPECT_EQ(read_inventory(target, {.shelf = &shelf})->contents.files.at("a").entry.mtime, 77);
  const LayerShelf anew(files, "/layers", "scan", true);
  EXPECT_EQ(read_inventory(target, {.shelf = &anew})->contents.files.at("a").entry.mtime, 0) << "anew reads the layer";
  EXPECT_EQ(read_inventory(target, {.shelf = &shelf})->contents.files.at("a").entry.mtime, 0) << "and keeps that";
}

TEST(LayerShelf, OnlyTheLayerThatChangedIsReadAnew) {
  host::MemoryFiles files;
  const LayerShelf shelf(files, "/layers", "scan");
  std::vector<Members> layers = three_layers();
  (void)read_all(layers, &shelf);
  layers[2].push_back({"l3/new", "x"});
  const size_t before = files.touched().size();
  EXPECT_EQ(read_all(layers, &shelf), read_all(layers, nullptr));
  EXPECT_EQ(touched(files, "write", before).size(), 1U);
}

TEST(LayerShelf, WhereALayerStandsMakesNoDifference) {
  host::MemoryFiles files;
  const LayerShelf shelf(files, "/layers", "scan");
  (void)read_all({many_members(0), many_members(1)}, &shelf);
  const size_t before = files.touched().size();
  const std::vector<Members> turned = {many_members(1), {{"between", "x"}}, many_members(0)};
  EXPECT_EQ(read_all(turned, &shelf), read_all(turned, nullptr));
  EXPECT_EQ(touched(files, "write", before).size(), 1U) << "the one between";
}

TEST(LayerShelf, WhatIsAskedForDecides) {
  struct Row { std::string summary, made_by; ReadOptions options; bool with_onlooker; };
  const std::vector<Row> rows = {
      {"another program", "program 2, scan", {}, true},
      {"for another purpose", "program 1, sbom", {}, true},
      {"with SHA-1", "program 1, scan", {.sha1 = true}, true},
      {"with MD5", "program 1, scan", {.md5 = true}, true},
      {"nobody looks", "program 1, scan", {}, false},
  };
  host::MemoryFiles files;
  Target target = target_of({{{"a", "first"}, {"node_modules/ms/package.json", R"({"name":"ms","version":"2"})"}}}, {});
  const LayerShelf first(files, "/layers", "program 1, scan");
  ASSERT_TRUE(read_inventory(target, {.shelf = &first}));
  for (const Row& row : rows) {
    const LayerShelf shelf(files, "/layers", row.made_by);
    ReadOptions options = row.options;
    options.shelf = &shelf;
    const size_t before = files.touched().size();
    ASSERT_TRUE(row.with_onlooker ? bool(read_inventory(target, options)) : bool(read_contents(target, options))) << row.summary;
    EXPECT_EQ(touched(files, "write", before).size(), 1U) << row.summary;
  }
}

TEST(LayerShelf, ADamagedRecordIsRefusedAndMadeAnew) {
  host::MemoryFiles files;
  const LayerShelf shelf(files, "/layers", "scan");
  const std::vector<Members> layers = {{{"a", "first"}, {"node_modules/ms/package.json", R"({"name":"ms","version":"2"})"}, {"var/lib/dpkg/status", "Package: x\nVersion: 1\n"}}};
  const Strings expected = read_all(layers, &shelf);
  ASSERT_EQ(touched(files, "write").size(), 1U);
  const std::string path = touched(files, "write").front(), whole = files.read(path).value();
  const auto damaged = [&](const std::string& record, const std::string& how) {
    ASSERT_TRUE(files.write(path, record, host::Durability::Cache));
    EXPECT_EQ(read_all(layers, &shelf, 1), expected) << how;
    EXPECT_EQ(files.read(path).value(), whole) << how;
  };
  for (size_t at = 0; at < whole.size(); at += 3) {
    std::string record = whole;
    record[at] = static_cast<char>(record[at] ^ 0x20);
    damaged(record, "byte " + std::to_string(at));
    damaged(whole.substr(0, at), "cut at " + std::to_string(at));
  }
  damaged("", "empty");
  damaged(seal("ashlar layer 3", "nothing that fits"), "sealed, and no record");
  damaged(seal("ashlar layer 2", std::string(unseal("ashlar layer 3", whole)->begin(), unseal("ashlar layer 3", whole)->end())), "of another form");
  const std::string key = path.substr(path.size() - 65, 2) + path.substr(path.size() - 62);
  const auto kept = read_record(key, whole, 0);
  ASSERT_TRUE(kept) << kept.error().message;
  damaged(to_record(key, kept->layer, "\xff\xff"), "what was found does not read");
  damaged(to_record(std::string(64, '0'), kept->layer, kept->found), "another layer's");
}

TEST(LayerShelf, ALayerWithOtherBytesIsRefusedThoughItsRecordIsThere) {
  host::MemoryFiles files;
  const LayerShelf shelf(files, "/layers", "scan");
  SampleImage image;
  image.add_layer({{"a", "some content"}});
  ASSERT_TRUE(read_contents(image, image.which, {.shelf = &shelf}));
  image.corrupt_last_layer();
  const auto with = read_contents(image, image.which, {.shelf = &shelf}), without = read_contents(image, image.which);
  ASSERT_FALSE(with);
  EXPECT_EQ(with.error().kind, Kind::Corrupt);
  EXPECT_EQ(with.error().message, without.error().message);
}

TEST(LayerShelf, NothingIsKeptOfALayerWithOtherBytes) {
  host::MemoryFiles files;
  const LayerShelf shelf(files, "/layers", "scan");
  SampleImage image;
  image.add_layer({{"a", "some content"}});
  image.corrupt_last_layer();
  EXPECT_FALSE(read_contents(image, image.which, {.shelf = &shelf}));
  EXPECT_TRUE(touched(files, "write").empty());
}

TEST(LayerShelf, OneThatCannotBeWrittenToOnlyCostsTime) {
  const std::vector<Members> layers = {{{"a", "first"}}};
  const host::Scratch scratch;
  trial::put(scratch / "file", "in the place of a folder");
  const auto files = host::machine_files();
  const LayerShelf shelf(*files, scratch / "file" / "layers", "scan");
  for (int round = 0; round < 2; ++round) EXPECT_EQ(read_all(layers, &shelf), read_all(layers, nullptr));
}

TEST(LayerShelf, SeveralMayUseItAtOnce) {
  const host::Scratch scratch;
  const auto files = host::machine_files();
  const std::vector<Members> layers = three_layers();
  const Strings expected = read_all(layers, nullptr);
  for (int round = 0; round < 3; ++round) {
    std::vector<Strings> got(6);
    {
      std::vector<std::jthread> readers;
      for (size_t each = 0; each < got.size(); ++each) {
        readers.emplace_back([&, each] {
          const LayerShelf shelf(*files, scratch / std::to_string(round), "scan", each % 3 == 2);
          for (int turn = 0; turn < 3; ++turn) got[each] = read_all(layers, &shelf);
        });
      }
    }
    for (const Strings& each : got) EXPECT_EQ(each, expected);
  }
}

TEST(LayerRecord, EveryKindOfMemberComesBack) {
  Layer layer;
  std::vector<TarEntry> entries(7);
  entries[0] = {.path = "file", .mode = 04755, .uid = 1000, .gid = 4294967295U, .mtime = -1, .size = std::uint64_t{1} << 40, .xattrs = {{"security.capability", std::string("\0\xff", 2)}, {"user.x", ""}}};
  entries[1] = {.path = "hard", .type = FileType::HardLink, .link = "file"};
  entries[2] = {.path = "sym", .type = FileType::Symlink, .mode = 0777, .link = "/somewhere"};
  entries[3] = {.path = "char", .type = FileType::CharDevice, .device_major = 1, .device_minor = 300};
  entries[4] = {.path = "block", .type = FileType::BlockDevice, .device_major = 4294967295U};
  entries[5] = {.path = "folder", .type = FileType::Directory, .mtime = 1'900'000'000};
  entries[6] = {.path = std::string("n\xff\n", 3), .type = FileType::Fifo};
  Contents contents;
  for (size_t member = 0; member < entries.size(); ++member) {
    File file{.entry = entries[member], .content = {}, .layer = 4, .bytes = {4, member}};
    if (member < 2) file.content = Digest::of(std::string_view("x")), file.sha1 = std::string(40, 'a'), file.md5 = std::string(30, '0') + "f9", file.front = std::string("\x7f\0E", 3);
    layer.members.push_back(file);
    contents.files[file.entry.path] = file;
  }
  layer.texts = {{0, "text"}, {5, std::string("\0", 1)}};
  const auto back = read_record("key", to_record("key", layer, "found"), 4);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->found, "found");
  EXPECT_EQ(back->layer.texts, layer.texts);
  Contents again;
  for (const File& file : back->layer.members) again.files[file.entry.path] = file;
  EXPECT_EQ(all_of({again, {}}), all_of({contents, {}}));
  EXPECT_EQ(read_record("key", to_record("key", layer, "found"), 9)->layer.members.at(3).bytes, (Place{9, 3})) << "where it stands in this image";
}

}  // namespace
}  // namespace ashlar::inventory
