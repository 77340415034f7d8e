#include "inventory/inner/landing.h"

#include <gtest/gtest.h>

#include "inventory/inner/reading_trial.h"

namespace ashlar::inventory {
namespace {

using trial::Strings;

const std::string database = "Package: expat\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.9\n";

TEST(Landing, CleansPathsByTheirText) {
  struct Row { std::string_view summary; std::string path, expected; };
  const Row rows[] = {
      {"as it is", "a/b", "a/b"}, {"the root", "./", ""}, {"a dot", ".", ""}, {"nothing", "", ""}, {"dots before", "././a", "a"}, {"slashes before", "//a", "a"},
      {"slashes and dots within", "var//lib/./dpkg/status", "var/lib/dpkg/status"}, {"slashes behind", "a/b//", "a/b"}, {"a step back", "var/lib/x/../dpkg/status", "var/lib/dpkg/status"},
      {"out of the root", "../../../var/x", "var/x"}, {"out of it later", "a/../../b", "b"}, {"names of dots", ".../..a/b..", ".../..a/b.."}, {"back to the root", "a/..", ""},
  };
  for (const Row& row : rows) EXPECT_EQ(clean_path(row.path), row.expected) << row.summary;
}

/// `path=content` of every file and `path -> target` of every symlink.
Strings tree_of(const Contents& contents) {
  Strings out;
  for (const auto& [path, file] : contents.files) {
    EXPECT_EQ(path, file.entry.path);
    if (file.entry.type == FileType::Symlink) out.push_back(path + " -> " + file.entry.link);
    else if (file.content) out.push_back(path + "=" + contents.texts.at(path));
  }
  return out;
}

Result<Contents> read_all(SampleImage& image) {
  return read_contents(image, image.which, {.onlooker = {}, .keep = [](std::string_view) { return true; }});
}

// What containerd, docker and umoci make of such layers.
TEST(Landing, MembersLandWhereRuntimesPutThem) {
  using M = Member;
  struct Row { std::string_view summary; std::vector<Members> layers; Strings expected; };
  const Row rows[] = {
      {"a path that steps back", {{M{"a/b", "old"}}, {M{"a/x/../b", "new"}}}, {"a/b=new"}},
      {"a path out of the root", {{M{"a/b", "old"}}, {M{"../../a/b", "new"}}}, {"a/b=new"}},
      {"doubled slashes", {{M{"a/b", "old"}}, {M{"a//./b", "new"}}}, {"a/b=new"}},
      {"through a symlink of a lower layer", {{M{"a/b", "old"}, symlink("v", "a")}, {M{"v/b", "new"}}}, {"a/b=new", "v -> a"}},
      {"through a symlink of its own layer", {{M{"a/b", "old"}}, {symlink("v", "a"), M{"v/b", "new"}}}, {"a/b=new", "v -> a"}},
      {"through an absolute symlink, which begins at the root", {{M{"a/b", "old"}, symlink("x/v", "/a")}, {M{"x/v/b", "new"}}}, {"a/b=new", "x/v -> /a"}},
      {"through a symlink that climbs out of the root", {{M{"a/b", "old"}, symlink("x/v", "../../../a")}, {M{"x/v/b", "new"}}}, {"a/b=new", "x/v -> ../../../a"}},
      {"through a symlink that leads nowhere yet", {{symlink("v", "a/c")}, {M{"v/b", "new"}}}, {"a/c/b=new", "v -> a/c"}},
      {"a whiteout through a symlink", {{M{"a/b", "old"}, M{"a/c", "c"}, symlink("v", "a")}, {M{"v/.wh.b", ""}}}, {"a/c=c", "v -> a"}},
      {"an opaque whiteout through a symlink", {{M{"a/b", "old"}, symlink("v", "a")}, {M{"v/n", "new"}, M{"v/.wh..wh..opq", ""}}}, {"a/n=new", "v -> a"}},
      {"a symlink is replaced, not followed", {{M{"a", "old"}, symlink("v", "a")}, {M{"v", "new"}}}, {"a=old", "v=new"}},
      {"a folder in the place of a symlink", {{M{"a/b", "old"}, symlink("v", "a")}, {folder("v"), M{"v/b", "new"}}}, {"a/b=old", "v/b=new"}},
      {"a symlink in the place of a folder that was written to", {{M{"v/b", "old"}}, {M{"v/c", "c"}, M{"a/x", "x"}, symlink("v", "a"), M{"v/b", "new"}}}, {"a/b=new", "a/x=x", "v -> a", "v/c=c"}},
      {"a hard link to what lies behind a symlink", {{M{"a/b", "old"}, symlink("v", "a")}, {hard_link("c", "v/b")}}, {"a/b=old", "c=old", "v -> a"}},
      {"a hard link through a symlink", {{M{"a/b", "old"}, M{"n", "new"}, symlink("v", "a")}, {hard_link("v/b", "./n")}}, {"a/b=new", "n=new", "v -> a"}},
      {"what aufs keeps for itself takes nothing away", {{M{".wh.plnk", "x"}, M{"a", "a"}}, {M{".wh..wh.aufs", ""}}}, {"a=a"}},
  };
  for (const Row& row : rows) {
    SampleImage image;
    for (const Members& layer : row.layers) image.add_layer(layer);
    const auto contents = read_all(image);
    ASSERT_TRUE(contents) << row.summary << ": " << contents.error().message;
    EXPECT_EQ(tree_of(*contents), row.expected) << row.summary;
  }
}

TEST(Landing, LayersThatNoRuntimeUnpacksAreCorrupt) {
  using M = Member;
  struct Row { std::string_view summary; Members upper; std::string_view cause; };
  const Row rows[] = {
      {"a whiteout of no name in the root", {M{".wh.", ""}}, "cannot read whiteout '.wh.': it names no file"},
      {"in a folder", {M{"var/lib/dpkg/.wh.", ""}}, "cannot read whiteout 'var/lib/dpkg/.wh.': it names no file"},
      {"a whiteout of its own folder", {M{"etc/.wh..", ""}}, "cannot read whiteout 'etc/.wh..': it names no file"},
      {"a whiteout of the folder above it", {M{"etc/.wh...", ""}}, "cannot read whiteout 'etc/.wh...': it names no file"},
      {"links that loop", {symlink("one", "two"), symlink("two", "one"), M{"one/x", ""}}, "cannot unpack 'one/x': the links on the way to it loop"},
      {"a hard link that steps back out of a symlink", {symlink("v", "var/lib"), M{"x", "x"}, hard_link("y", "v/../x")}, "cannot read hard link 'y': it climbs out of a folder that it entered through a symlink"},
      {"a hard link to nothing", {hard_link("y", "nothing")}, "its target 'nothing' is not in the image"},
  };
  for (const Row& row : rows) {
    SampleImage image;
    image.add_layer({{"var/lib/dpkg/status", database}, {"etc/os-release", "ID=debian\n"}});
    image.add_layer(row.upper);
    const auto contents = read_all(image);
    ASSERT_FALSE(contents) << row.summary;
    EXPECT_EQ(contents.error().kind, Kind::Corrupt) << row.summary;
    EXPECT_NE(contents.error().message.find(row.cause), std::string::npos) << row.summary << ": " << contents.error().message;
  }
}

TEST(Landing, APackageDatabaseIsReadWhereverItsLayerPutIt) {
  using M = Member;
  struct Row { std::string_view summary; std::vector<Members> layers; };
  const M none{"var/lib/dpkg/status", ""};
  const Row rows[] = {
      {"as it is", {{M{"var/lib/dpkg/status", database}}}},
      {"a path that steps back", {{none}, {M{"var/lib/x/../dpkg/status", database}}}},
      {"a path out of the root", {{none}, {M{"../../var/lib/dpkg/status", database}}}},
      {"through a symlink of its layer", {{none}, {symlink("v", "var"), M{"v/lib/dpkg/status", database}}}},
      {"through a symlink of a lower layer", {{none, symlink("v", "var")}, {M{"v/lib/dpkg/status", database}}}},
      {"a hard link", {{M{"x", database}, hard_link("var/lib/dpkg/status", "x")}}},
      {"a hard link to a file of a lower layer", {{M{"x", database}, none}, {hard_link("var/lib/dpkg/status", "x")}}},
      {"a hard link whose first name is gone", {{M{"x", database}, none}, {hard_link("var/lib/dpkg/status", "x")}, {M{".wh.x", ""}}}},
  };
  for (const Row& row : rows) {
    Target target = target_of(row.layers, {});
    const auto inventory = read_inventory(target);
    ASSERT_TRUE(inventory) << row.summary << ": " << inventory.error().message;
    ASSERT_EQ(inventory->contents.packages.size(), 1U) << row.summary;
    EXPECT_EQ(inventory->contents.packages[0].version, "2.9") << row.summary;
    ASSERT_EQ(inventory->found.components.size(), 1U) << row.summary;
    EXPECT_EQ(inventory->found.components[0].path, "var/lib/dpkg/status") << row.summary;
  }
}

TEST(Landing, WhatLeftItsPlaceIsNoDatabaseAnyMore) {
  using M = Member;
  Target target = target_of({{M{"var/lib/dpkg/status", database}, hard_link("x", "var/lib/dpkg/status")}, {M{"var/lib/dpkg/.wh.status", ""}}}, {});
  const auto inventory = read_inventory(target);
  ASSERT_TRUE(inventory) << inventory.error().message;
  EXPECT_TRUE(inventory->found.components.empty());
  EXPECT_TRUE(inventory->contents.packages.empty());
}

TEST(Landing, LayersAreHeldAgainstTheDigestsOfTheConfiguration) {
  const auto message_of = [](const auto& change) {
    SampleImage image;
    image.add_layer({{"a", "1"}});
    image.add_layer({{"b", "2"}});
    change(image.which.config.diff_ids);
    const auto contents = read_contents(image, image.which);
    EXPECT_TRUE(contents || contents.error().kind == Kind::Corrupt);
    return contents ? std::string() : contents.error().message;
  };
  EXPECT_EQ(message_of([](auto&) {}), "");
  EXPECT_NE(message_of([](auto& ids) { ids.pop_back(); }).find("its configuration has 1 layers and its manifest 2"), std::string::npos);
  EXPECT_NE(message_of([](auto& ids) { ids.push_back(ids[0]); }).find("its configuration has 3 layers and its manifest 2"), std::string::npos);
  EXPECT_NE(message_of([](auto& ids) { std::swap(ids[0], ids[1]); }).find("and the image's configuration says"), std::string::npos);
}

}  // namespace
}  // namespace ashlar::inventory
