#include "inventory/inventory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "host/memory.h"
#include "inventory/inner/reading_trial.h"
#include "inventory/sample_image.h"

namespace ashlar::inventory {
namespace {

using trial::all_of;
using trial::everything;
using trial::lines_of;
using trial::many_members;
using trial::metadata;
using trial::Strings;

const std::string ms = R"({"name":"ms","version":"2.1.3"})";

Found collect(SampleImage& image, host::Files& files, ReadOptions options = {}) {
  Collector collector(files);
  options.onlooker = [&](size_t) { return collector.onlooker(); };
  const auto contents = read_contents(image, image.which, options);
  EXPECT_TRUE(contents) << contents.error().message;
  return collector.finish(*contents);
}

TEST(Inventory, ComponentsCarryPathAndLayer) {
  host::MemoryFiles files;
  SampleImage image;
  image.add_layer({{"./s/x-1.dist-info/METADATA", metadata("x", "1")}, {"./s/x-1.dist-info/RECORD", "x.py,,\n"}, {"etc/hosts", "x"}});
  image.add_layer({{"app/node_modules/ms/package.json", ms}, {"app/yarn.lock", "# yarn lockfile v1\n\nms@1:\n  version \"1.0.0\"\n"}});
  image.add_layer({{"t.jar", trial::zip({{"META-INF/maven/a/b/pom.properties", "groupId=a\nartifactId=b\nversion=3\n"}})}});
  EXPECT_EQ(lines_of(collect(image, files)), (Strings{"maven a:b 3 t.jar java@2", "npm ms 2.1.3 app/node_modules/ms/package.json npm@1", "pypi x 1 s/x-1.dist-info/METADATA python@0"}));
}

TEST(Inventory, WhatHigherLayersHideDoesNotCount) {
  host::MemoryFiles files;
  SampleImage image;
  image.add_layer({{"a/x-1.dist-info/METADATA", metadata("x", "1")}, {"b/y-1.dist-info/METADATA", metadata("y", "1")}, {"c/z-1.dist-info/METADATA", metadata("z", "1")}, {"d/w-1.dist-info/METADATA", "broken"}});
  image.add_layer({{"a/x-1.dist-info/METADATA", metadata("x", "2")}, {"b/.wh.y-1.dist-info", ""}, {"c/.wh..wh..opq", ""}, {"d/w-1.dist-info/.wh.METADATA", ""}});
  EXPECT_EQ(lines_of(collect(image, files)), (Strings{"pypi x 2 a/x-1.dist-info/METADATA python@1"})) << "notes of what is hidden do not count either";
}

TEST(Inventory, ALinkKeepsWhatItLeadsTo) {
  host::MemoryFiles files;
  SampleImage image;
  const auto jar = trial::zip({{"META-INF/maven/a/b/pom.properties", "groupId=a\nartifactId=b\nversion=3\n"}});
  image.add_layer({{"one.jar", jar}, hard_link("two.jar", "one.jar"), symlink("three.jar", "one.jar"), symlink("loop.jar", "loop.jar")});
  EXPECT_EQ(lines_of(collect(image, files)), (Strings{"maven a:b 3 one.jar java@0"})) << "once";
  image.add_layer({{".wh.one.jar", ""}});
  EXPECT_EQ(lines_of(collect(image, files)), (Strings{"maven a:b 3 two.jar java@0"})) << "under the name that stays";
}

// pnpm and uv lay packages down as hard links to a store whose names say nothing.
TEST(Inventory, EveryNameOfAHardLinkIsAsked) {
  const std::string left = metadata("left", "1");
  struct Row { std::string_view summary; std::vector<Members> layers; Strings expected; };
  const Row rows[] = {
      {"pnpm's store", {{{"root/.pnpm-store/ab/cd", ms}, hard_link("app/node_modules/ms/package.json", "root/.pnpm-store/ab/cd")}}, {"npm ms 2.1.3 app/node_modules/ms/package.json npm@0"}},
      {"in a lower layer", {{{"root/.pnpm-store/ab/cd", ms}}, {hard_link("app/node_modules/ms/package.json", "root/.pnpm-store/ab/cd")}}, {"npm ms 2.1.3 app/node_modules/ms/package.json npm@0"}},
      {"that is gone", {{{"store/ab", ms}}, {hard_link("app/node_modules/ms/package.json", "store/ab")}, {{".wh.store", ""}}}, {"npm ms 2.1.3 app/node_modules/ms/package.json npm@0"}},
      {"two applications", {{{"store/ab", ms}, hard_link("a/node_modules/ms/package.json", "store/ab"), hard_link("b/node_modules/ms/package.json", "store/ab")}}, {"npm ms 2.1.3 a/node_modules/ms/package.json npm@0", "npm ms 2.1.3 b/node_modules/ms/package.json npm@0"}},
      {"a link to a link", {{{"store/ab", ms}, hard_link("cd", "store/ab"), hard_link("a/node_modules/ms/package.json", "cd")}}, {"npm ms 2.1.3 a/node_modules/ms/package.json npm@0"}},
      {"uv's cache", {{{"root/.cache/x", left}, hard_link("s/left-1.dist-info/METADATA", "root/.cache/x")}}, {"pypi left 1 s/left-1.dist-info/METADATA python@0"}},
      {"a gem, whose name is its path's", {{{"x", "Gem::Specification.new"}, hard_link("s/specifications/rake-13.0.gemspec", "x")}}, {"gem rake 13.0 s/specifications/rake-13.0.gemspec gem@0"}},
      {"a name that a higher layer replaced", {{{"store/ab", ms}, hard_link("a/node_modules/ms/package.json", "store/ab")}, {{"a/node_modules/ms/package.json", R"({"name":"ms","version":"3.0.0"})"}}}, {"npm ms 3.0.0 a/node_modules/ms/package.json npm@1"}},
      {"an empty one", {{{"x", ""}, hard_link("s/left-1.dist-info/METADATA", "x")}}, {"note: cannot read 's/left-1.dist-info/METADATA': it names no package"}},
  };
  for (const Row& row : rows) {
    Target target = target_of(row.layers, {});
    const auto inventory = read_inventory(target);
    ASSERT_TRUE(inventory) << row.summary << ": " << inventory.error().message;
    EXPECT_EQ(lines_of(inventory->found), row.expected) << row.summary;
  }
}

TEST(Inventory, EveryNameOfAHardLinkIsAskedInFolders) {
  const trial::Scratch scratch;
  trial::put(scratch / ".store/ab", ms);
  std::filesystem::create_directories(scratch / "app/node_modules/ms");
  std::filesystem::create_hard_link(scratch / ".store/ab", scratch / "app/node_modules/ms/package.json");
  trial::put(scratch / ".store/status", "Package: expat\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.9\n");
  std::filesystem::create_directories(scratch / "var/lib/dpkg");
  std::filesystem::create_hard_link(scratch / ".store/status", scratch / "var/lib/dpkg/status");
  host::Machine machine = host::real_machine();
  auto target = open_target(machine, "dir:" + scratch.path().string()).value();
  for (const size_t threads : {1, 4}) {
    const auto inventory = read_inventory(target, {.threads = threads});
    ASSERT_TRUE(inventory) << inventory.error().message;
    EXPECT_EQ(lines_of(inventory->found), (Strings{"deb expat 2.9 var/lib/dpkg/status dpkg@0", "npm ms 2.1.3 app/node_modules/ms/package.json npm@0"}));
    EXPECT_EQ(inventory->contents.packages.size(), 1U);
  }
}

TEST(Inventory, AFileOfMoreNamesThanItsSizeAllowsIsNotRead) {
  Members members = {{"x", metadata("left", "1") + std::string(20 << 20, '\n')}};
  for (int each = 0; each < 20; ++each) members.push_back(hard_link("s" + std::to_string(each) + "/left-1.dist-info/METADATA", "x"));
  Target target = target_of({members}, {});
  const auto inventory = read_inventory(target);
  ASSERT_TRUE(inventory) << inventory.error().message;
  const Strings lines = lines_of(inventory->found);
  ASSERT_EQ(lines.size(), 20U);
  EXPECT_EQ(lines[0], "note: cannot read 's0/left-1.dist-info/METADATA': it goes by 21 names, too many for its size");
}

TEST(Inventory, EmptyAndShortFilesAreAsked) {
  host::MemoryFiles files;
  SampleImage image;
  image.add_layer({{"a/x.dist-info/METADATA", ""}, {"b/y.whl", "PK"}, {"n", ""}});
  EXPECT_EQ(lines_of(collect(image, files)), (Strings{"note: cannot read 'a/x.dist-info/METADATA': it names no package", "note: cannot read 'b/y.whl': it ends as no zip archive"}));
}

/// A jar of 40 MB that names one artifact.
std::string large_jar() {
  std::string noise(40 << 20, '\0');
  std::uint64_t random = 88172645463325252U;
  for (char& c : noise) random ^= random << 13, random ^= random >> 7, random ^= random << 17, c = static_cast<char>(random);
  return trial::zip({{"noise", noise, true}, {"META-INF/maven/a/b/pom.properties", "groupId=a\nartifactId=b\nversion=3\n"}});
}

TEST(Inventory, LargeFilesAreSpooledAndSmallOnesAreNot) {
  host::MemoryFiles files;
  SampleImage image;
  image.add_layer({{"large.jar", large_jar()}, {"large.txt", std::string(20 << 20, 'x')}, {"s/x-1.dist-info/METADATA", metadata("x", "1")}});
  EXPECT_EQ(lines_of(collect(image, files)), (Strings{"maven a:b 3 large.jar java@0", "pypi x 1 s/x-1.dist-info/METADATA python@0"}));
  EXPECT_EQ(files.touched(), (Strings{"spool /tmp"})) << "and what nobody wants is not";
  files.fail_at("/tmp", Error{Kind::Unavailable, "cannot write into folder '/tmp': no space left on device", {}});
  EXPECT_EQ(lines_of(collect(image, files)), (Strings{"pypi x 1 s/x-1.dist-info/METADATA python@0", "note: cannot read 'large.jar': cannot write into folder '/tmp': no space left on device"}));
}

TEST(Inventory, AFolderIsReadWhereItLies) {
  const trial::Scratch scratch;
  trial::put(scratch / "large.jar", large_jar());
  trial::put(scratch / "app/node_modules/ms/package.json", ms);
  std::filesystem::create_symlink("loop", scratch / "loop");
  std::filesystem::create_directory_symlink(".", scratch / "app/node_modules/round");
  host::Machine machine = host::real_machine();
  auto target = open_target(machine, "dir:" + scratch.path().string()).value();
  const auto inventory = read_inventory(target, {.keep = [](std::string_view path) { return path.ends_with(".json"); }, .md5 = true});
  ASSERT_TRUE(inventory) << inventory.error().message;
  EXPECT_EQ(lines_of(inventory->found), (Strings{"maven a:b 3 large.jar java@0", "npm ms 2.1.3 app/node_modules/ms/package.json npm@0"}));
  EXPECT_EQ(inventory->contents.texts.at("app/node_modules/ms/package.json"), ms) << "what the caller asked for comes of the same pass";
  EXPECT_FALSE(inventory->contents.files.at("large.jar").md5.empty());
}

TEST(Inventory, NamesOfOneFileAreToldApartByTheirPaths) {
  const trial::Scratch scratch;  // a folder is walked as a, a.b; paths are in the order a.b/x, a/x
  trial::put(scratch / "a/x.jar", trial::zip({{"META-INF/maven/a/b/pom.properties", "groupId=a\nartifactId=b\nversion=3\n"}}));
  std::filesystem::create_directory(scratch / "a.b");
  std::filesystem::create_hard_link(scratch / "a/x.jar", scratch / "a.b/x.jar");
  host::Machine machine = host::real_machine();
  auto target = open_target(machine, "dir:" + scratch.path().string()).value();
  const auto inventory = read_inventory(target);
  ASSERT_TRUE(inventory) << inventory.error().message;
  EXPECT_EQ(lines_of(inventory->found), (Strings{"maven a:b 3 a.b/x.jar java@0"}));
  EXPECT_EQ(inventory->contents.files.at("a/x.jar").entry.link, "a.b/x.jar");
  EXPECT_EQ(inventory->contents.files.at("a/x.jar").content, inventory->contents.files.at("a.b/x.jar").content);
}

/// Counts the files that pass.
struct Counter final : Onlooker {
  void begin(const TarEntry&, Place) override { ++files; }
  void more(BytesView) override {}
  void end() override { ++ends; }
  int files = 0, ends = 0;
};

TEST(Inventory, AnotherOnlookerSeesTheSamePass) {
  const trial::Scratch scratch;
  trial::put(scratch / "node_modules/ms/package.json", ms);
  trial::put(scratch / "other", "x");
  host::Machine machine = host::real_machine();
  auto target = open_target(machine, "dir:" + scratch.path().string()).value();
  std::deque<Counter> counters;  // two for each thread
  const auto inventory = read_inventory(target, {.onlooker = [&](size_t) { return &counters.emplace_back(); }, .threads = 2});
  ASSERT_TRUE(inventory);
  ASSERT_EQ(counters.size(), 4U);
  int seen = 0, ended = 0;
  for (const Counter& each : counters) seen += each.files, ended += each.ends;
  EXPECT_EQ(seen, 2);
  EXPECT_EQ(ended, 2);
  EXPECT_EQ(inventory->found.components.size(), 1U);
}

TEST(Inventory, WhoLooksBesideSeesAllThatWasRead) {
  for (const size_t threads : {1, 2}) {
    Target target = target_of({Members{{"app/node_modules/ms/package.json", ms}, {"other", "x"}}}, {});
    std::vector<size_t> seen;
    const auto inventory = read_inventory(target, {.threads = threads}, [&](const Contents& contents) { seen.push_back(contents.files.size()); });
    ASSERT_TRUE(inventory) << inventory.error().message;
    EXPECT_EQ(seen, (std::vector<size_t>{2})) << threads;
    EXPECT_EQ(inventory->found.components.size(), 1U) << threads;
  }
}

/// Files that are read whole and piece by piece, and hashed two at a time and alone.
const std::vector<std::string> of_every_size = [] {
  std::vector<std::string> out;
  for (const size_t size : {0U, 1U, 200'000U, (256U << 10) - 1, 256U << 10, 1'300'000U, 2U << 20, 5'000'001U}) {
    std::string& text = out.emplace_back(size, 'a');
    for (size_t at = 0; at < size; at += 7) text[at] = static_cast<char>(at * 31 >> 3);
  }
  return out;
}();

void expect_their_digests(const Contents& contents) {
  for (size_t each = 0; each < of_every_size.size(); ++each) {
    const File& file = contents.files.at("sizes/" + std::to_string(each));
    EXPECT_EQ(file.content, Digest::of(of_every_size[each])) << each;
    EXPECT_EQ(file.md5, md5_hex(as_bytes(of_every_size[each]))) << each;
    EXPECT_EQ(file.sha1.size(), 40U) << each;
  }
}

TEST(Inventory, AnImageIsTheSameOnAnyNumberOfThreads) {
  std::vector<Members> layers;
  for (int layer = 0; layer < 6; ++layer) layers.push_back(many_members(layer));
  for (size_t each = 0; each < of_every_size.size(); ++each) layers[3].push_back({"sizes/" + std::to_string(each), of_every_size[each]});
  layers.push_back({{"l1/.wh..wh..opq", ""}, {"l2/site/.wh.p1-0-1.dist-info", ""}, {"l1/node_modules/ms/package.json", ms}});
  Strings once;
  for (const size_t threads : {1, 2, 3, 8, 0}) {
    Target target = target_of(layers, {});
    ReadOptions options = everything;
    options.threads = threads;
    const auto inventory = read_inventory(target, options);
    ASSERT_TRUE(inventory) << inventory.error().message;
    if (once.empty()) once = all_of(*inventory);
    EXPECT_EQ(all_of(*inventory), once) << threads << " threads";
    expect_their_digests(inventory->contents);
  }
  EXPECT_GT(once.size(), 2000U);
}

TEST(Inventory, AFolderIsTheSameOnAnyNumberOfThreads) {
  const trial::Scratch scratch;
  for (const Member& member : many_members(0)) {
    if (member.type == FileType::Regular) trial::put(scratch / member.path, member.content);
    else std::filesystem::create_hard_link(scratch / member.link, scratch / member.path);
  }
  for (size_t each = 0; each < of_every_size.size(); ++each) trial::put(scratch / ("sizes/" + std::to_string(each)), of_every_size[each]);
  host::Machine machine = host::real_machine();
  Strings once;
  for (const size_t threads : {1, 2, 3, 8, 0}) {
    auto target = open_target(machine, "dir:" + scratch.path().string()).value();
    ReadOptions options = everything;
    options.threads = threads;
    const auto inventory = read_inventory(target, options);
    ASSERT_TRUE(inventory) << inventory.error().message;
    if (once.empty()) once = all_of(*inventory);
    EXPECT_EQ(all_of(*inventory), once) << threads << " threads";
    expect_their_digests(inventory->contents);
  }
  EXPECT_GT(once.size(), 400U);
}

TEST(Inventory, OfSeveralFilesThatCannotBeReadTheFirstIsTold) {
  const trial::Scratch scratch;
  for (const char* name : {"a", "b", "c", "d"}) trial::put(scratch / name, std::string(std::string_view(name) == "d" ? 100 : 1, 'x'));
  host::MemoryFiles files;  // has none of them
  for (const size_t threads : {1, 4}) {
    const auto contents = read_folder(files, scratch.path(), {.threads = threads});
    ASSERT_FALSE(contents);
    EXPECT_NE(contents.error().message.find("/a'"), std::string::npos) << contents.error().message;
  }
}

TEST(Inventory, EveryRowHasANameOfItsOwn) {
  std::vector<std::string_view> names;
  for (const Ecosystem& each : ecosystems()) {
    names.push_back(each.name);
    EXPECT_FALSE(each.summary.empty()) << each.name;
  }
  std::ranges::sort(names);
  EXPECT_TRUE(std::ranges::adjacent_find(names) == names.end());
}

TEST(ReadRange, IsWhole) {
  const ViewFile file(as_bytes("hello"));
  EXPECT_EQ(as_text(read_range(file, 1, 3).value()), "ell");
  EXPECT_EQ(read_range(file, 1, 5).error().message, "it ends before a part that it names");
  EXPECT_EQ(read_range(file, ~std::uint64_t{0}, 1).error().message, "it ends before a part that it names");
  EXPECT_EQ(read_range(file, 0, 5, 4).error().message, "a part of it has 5 bytes, more than 4");
}

}  // namespace
}  // namespace ashlar::inventory
