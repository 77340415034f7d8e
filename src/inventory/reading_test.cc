#include "inventory/reading.h"

#include <gtest/gtest.h>
#include <chrono>
#include <map>

#include "inventory/sample_image.h"

namespace ashlar::inventory {
namespace {

std::vector<std::string> paths(const Contents& contents) {
  std::vector<std::string> out;
  for (const auto& [path, file] : contents.files) out.push_back(path);
  return out;
}

TEST(Contents, LayersTable) {
  using M = Member;
  struct Row {
    std::string summary;
    std::vector<std::vector<M>> layers;
    std::vector<std::string> expected;
  };
  const std::vector<Row> rows = {
      {"one layer", {{M{"a", "1"}, M{"d/b", "2"}}}, {"a", "d/b"}},
      {"dots and slashes at the ends of names", {{M{"./a", "1"}, M{"d/", "", FileType::Directory}}}, {"a", "d"}},
      {"a higher layer replaces", {{M{"a", "1"}}, {M{"a", "22"}}}, {"a"}},
      {"a whiteout takes a file away", {{M{"d/a", "1"}, M{"d/b", "1"}}, {M{"d/.wh.a", ""}}}, {"d/b"}},
      {"a whiteout takes a folder away", {{M{"d", "", FileType::Directory}, M{"d/a", "1"}, M{"e", "1"}}, {M{".wh.d", ""}}}, {"e"}},
      {"an opaque whiteout empties a folder for lower layers alone", {{M{"d", "", FileType::Directory}, M{"d/a", "1"}}, {M{"d/.wh..wh..opq", ""}, M{"d/n", "1"}}}, {"d", "d/n"}},
      {"the order of opaque whiteouts does not matter", {{M{"d/a", "1"}}, {M{"d/n", "1"}, M{"d/.wh..wh..opq", ""}}}, {"d/n"}},
      {"a file in the place of a folder hides it", {{M{"d", "", FileType::Directory}, M{"d/a", "1"}}, {M{"d", "1"}}}, {"d"}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    SampleImage image;
    for (const auto& layer : row.layers) image.add_layer(layer);
    const auto contents = read_contents(image, image.which);
    ASSERT_TRUE(contents) << contents.error().message;
    EXPECT_EQ(paths(*contents), row.expected);
  }
}

TEST(Contents, HardLinksHaveTheContentOfTheirTarget) {
  SampleImage image;
  image.add_layer({{"a", "same"}, {"b", "", FileType::HardLink, 0644, "a"}});
  const auto contents = read_contents(image, image.which);
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->files.at("b").content, Digest::of(std::string_view("same")));
}

TEST(Contents, ReadsBothFormsOfThePackageDatabase) {
  SampleImage image;
  image.add_layer({{"var/lib/dpkg/status.d/libssl3t64", "Package: libssl3t64\nSource: openssl (3.5.1-1)\nVersion: 3.5.1-1+b1\nArchitecture: amd64\n"},
                   {"var/lib/dpkg/status.d/libssl3t64.md5sums", "00  usr/lib/x\n"},
                   {"var/lib/dpkg/status", "Package: bash\nStatus: install ok installed\nVersion: 5.2\nArchitecture: amd64\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n"}});
  const auto contents = read_contents(image, image.which);
  ASSERT_TRUE(contents) << contents.error().message;
  ASSERT_EQ(contents->packages.size(), 2u);
  EXPECT_EQ(contents->packages[0].name, "bash");
  EXPECT_EQ(contents->packages[0].source, "bash");
  EXPECT_EQ(contents->packages[1].source, "openssl");
  EXPECT_EQ(contents->packages[1].source_version, "3.5.1-1");
}

TEST(Contents, ADamagedPackageDatabaseIsRefusedUnlessTheCallerLooksPastIt) {
  SampleImage image;
  image.add_layer({{"var/lib/dpkg/status", "Package: bash\nVersion: 5.2\n\nPackage: zlib1g\n\x01\nVersion: 1\n\nPackage: sed\nVersion: 4.9\n"}});
  const auto strict = read_contents(image, image.which);
  ASSERT_FALSE(strict);
  EXPECT_EQ(strict.error().kind, Kind::Corrupt);
  EXPECT_EQ(strict.error().message, "cannot read line 5 of 'var/lib/dpkg/status': it is no field of the form 'Name: value'");
  const auto past = read_contents(image, image.which, {.damaged_databases = true});
  ASSERT_TRUE(past) << past.error().message;
  ASSERT_EQ(past->packages.size(), 2u) << "what does read is there";
  EXPECT_EQ(past->packages[1].name, "sed");
}

TEST(Contents, APackageHasWhatItsParagraphSays) {
  SampleImage image;
  image.add_layer({{"var/lib/dpkg/status.d/netbase", "Package: netbase\nVersion: 6.5\nArchitecture: all\nMaintainer: A Team <team@example.org>\nHomepage: https://example.org\n"
                                                     "Pre-Depends: a\nDepends: b (>= 1), c | d\nProvides: e\n"
                                                     "Conffiles:\n /etc/services 0123456789abcdef0123456789abcdef\n /etc/old 00 obsolete\n"}});
  const auto contents = read_contents(image, image.which);
  ASSERT_TRUE(contents) << contents.error().message;
  const InstalledPackage& package = contents->packages.at(0);
  EXPECT_EQ(package.maintainer, "A Team <team@example.org>");
  EXPECT_EQ(package.homepage, "https://example.org");
  EXPECT_EQ(package.pre_depends, "a");
  EXPECT_EQ(package.depends, "b (>= 1), c | d");
  EXPECT_EQ(package.provides, "e");
  EXPECT_EQ(package.conffiles, (std::map<std::string, std::string>{{"etc/services", "0123456789abcdef0123456789abcdef"}}));
  EXPECT_EQ(package.database, "var/lib/dpkg/status.d/netbase");
}

TEST(Contents, OtherHashesAndTheFrontAreThereWhenAskedFor) {
  SampleImage image;
  image.add_layer({{"a", "abc"}, {"b", "", FileType::HardLink, 0644, "a"}, {"c", "\x7f" "ELF and so on"}, {"empty", ""}});
  const auto with = read_contents(image, image.which, {.onlooker = {}, .keep = {}, .sha1 = true, .md5 = true});
  ASSERT_TRUE(with);
  for (const char* path : {"a", "b"}) {
    EXPECT_EQ(with->files.at(path).sha1, "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(with->files.at(path).md5, "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(with->files.at(path).front, "abc");
  }
  EXPECT_EQ(with->files.at("c").front, "\x7f" "ELF");
  EXPECT_EQ(with->files.at("empty").md5, "d41d8cd98f00b204e9800998ecf8427e");
  const auto without = read_contents(image, image.which);
  ASSERT_TRUE(without);
  EXPECT_EQ(without->files.at("a").sha1 + without->files.at("a").md5, "");
}

TEST(Contents, ADatabaseThatAHigherLayerRemovedNamesNoPackages) {
  SampleImage image;
  image.add_layer({{"var/lib/dpkg/status", "Package: bash\nVersion: 5.2\n"}});
  image.add_layer({{"var/lib/dpkg/.wh.status", ""}});
  const auto contents = read_contents(image, image.which);
  ASSERT_TRUE(contents);
  EXPECT_TRUE(contents->packages.empty());
}

/// Writes down what it sees.
class Witness final : public Onlooker {
 public:
  std::map<Place, std::string> seen;
  std::map<Place, Digest> digests;  ///< of what was seen
  void begin(const TarEntry& entry, Place place) override {
    at_ = place;
    seen[place] = entry.path + "=";
  }
  void more(BytesView bytes) override {
    EXPECT_FALSE(bytes.empty());
    seen[at_] += as_text(bytes);
  }
  void end() override { digests.insert_or_assign(at_, Digest::of(std::string_view(seen[at_]).substr(seen[at_].find('=') + 1))); }

 private:
  Place at_;
};

TEST(Contents, OnlookersSeeEachFileOfTheirLayerAndTheFilesSayWhichIsTheirs) {
  SampleImage image;
  const std::string large(600'000, 'x');
  image.add_layer({{"a", "old"}, {"b", "", FileType::HardLink, 0644, "a"}, {"./c", large}, {"empty", ""}});
  image.add_layer({{"a", "new"}, {"a", "newer"}, {"d", "", FileType::HardLink, 0644, "a"}, {"link", "", FileType::Symlink, 0777, "a"}});
  std::vector<Witness> witnesses(2);
  const auto contents = read_contents(image, image.which, {.onlooker = [&](size_t layer) { return &witnesses[layer]; }, .keep = {}});
  ASSERT_TRUE(contents) << contents.error().message;
  const auto seen = [&](const std::string& path) {
    const File& file = contents->files.at(path);
    EXPECT_EQ(witnesses[file.bytes.layer].digests.at(file.bytes), *file.content) << path;
    return witnesses[file.bytes.layer].seen.at(file.bytes);
  };
  EXPECT_EQ(seen("a"), "a=newer");
  EXPECT_EQ(seen("b"), "a=old") << "a hard link keeps the bytes of a file that a higher layer replaced";
  EXPECT_EQ(seen("c"), "c=" + large);
  EXPECT_EQ(seen("d"), "a=newer");
  EXPECT_EQ(seen("empty"), "empty=");
  EXPECT_EQ(witnesses[1].seen.size(), 2U);
  EXPECT_EQ(contents->files.at("d").bytes, contents->files.at("a").bytes);
}

TEST(Contents, TextsThatWereAskedForAreThoseOfTheHighestLayer) {
  SampleImage image;
  image.add_layer({{"etc/a", "old"}, {"etc/b", "gone"}, {"etc/c", "stays"}, {"etc/d", "a file"}, {"other", "not asked for"}});
  image.add_layer({{"etc/a", "new"}, {"etc/.wh.b", ""}, {"etc/d", "", FileType::Symlink, 0777, "a"}});
  const auto contents = read_contents(image, image.which, {.onlooker = {}, .keep = [](std::string_view path) { return path.starts_with("etc/"); }});
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->texts, (std::map<std::string, std::string>{{"etc/a", "new"}, {"etc/c", "stays"}}));
}

/// Files `NAME0.md5sums`, `NAME1.md5sums`, ... of empty lines.
Members lists(const std::string& name, size_t count, size_t each) {
  Members out;
  for (size_t at = 0; at < count; ++at) out.push_back({"var/lib/dpkg/info/" + name + std::to_string(at) + ".md5sums", std::string(each, '\n')});
  return out;
}

// Twelve such lists of 250 MB, 13.7 MB as a layer, took 12.3 GB.
TEST(Contents, TextsThatAreKeptHaveOneBoundTogether) {
  constexpr size_t mega = 1 << 20;
  const struct {
    const char* summary;
    std::vector<Members> layers;
    std::string refusal;  ///< empty: it is read
  } rows[] = {
      {"as much as there is room for", {lists("a", 2, 32 * mega), lists("b", 2, 32 * mega)}, ""},
      {"a list more", {lists("a", 2, 32 * mega), lists("b", 2, 32 * mega), lists("c", 1, 1)}, "'var/lib/dpkg/info/c0.md5sums': the texts that tell of packages and their files are larger than 128 MiB together"},
      {"the layer above hides them", {lists("a", 4, 32 * mega), {{"var/lib/dpkg/info/.wh..wh..opq", ""}, {"var/lib/dpkg/info/c0.md5sums", "x"}}}, "'var/lib/dpkg/info/c0.md5sums': the texts that tell"},
      {"one alone", {lists("a", 1, 129 * mega)}, "'var/lib/dpkg/info/a0.md5sums': the texts that tell"},
      {"what nobody asks for has no bound", {{{"opt/a", std::string(129 * mega, '\n')}}}, ""},
      {"a document that is parsed whole", {{{"usr/share/x.vex.json", std::string(16 * mega + 1, ' ')}}}, "'usr/share/x.vex.json': it is larger than 16 MiB"},
  };
  const auto keep = [](std::string_view path) { return path.ends_with(".md5sums") || path.ends_with(".json"); };
  for (const auto& row : rows) {
    SampleImage image;
    for (const Members& layer : row.layers) image.add_layer(layer);
    const auto contents = read_contents(image, image.which, {.keep = keep, .threads = 1});
    ASSERT_EQ(contents.has_value(), row.refusal.empty()) << row.summary << (contents ? "" : contents.error().message);
    if (contents) continue;
    EXPECT_EQ(contents.error().kind, Kind::Corrupt) << row.summary;
    EXPECT_NE(contents.error().message.find("cannot read " + row.refusal), std::string::npos) << row.summary << ": " << contents.error().message;
  }
}

// Each whiteout went through all files of its own layer: 30,000 over 30,000 took 36 seconds, a file `d` so often over its children 41.
TEST(Contents, WhatIsTakenAwayOftenIsTakenAwayInTime) {
  constexpr size_t count = 30'000;
  const auto repeated = [](Member member, const std::string& folder) {
    Members out;
    for (size_t at = 0; at < count; ++at) out.push_back({folder + std::to_string(at), ""});
    out.insert(out.end(), count, std::move(member));
    return out;
  };
  Members below;
  for (size_t at = 0; at < count; ++at) below.push_back({"d/below" + std::to_string(at), ""});
  const struct {
    const char* summary;
    Members layer;
    size_t files;
  } rows[] = {
      {"opaque whiteouts of one folder", repeated({"d/.wh..wh..opq", ""}, "d/own"), count},
      {"opaque whiteouts of the root", repeated({".wh..wh..opq", ""}, "d/own"), count},
      {"a file in the place of a folder", repeated({"d", ""}, "d/own"), count + 1},
      {"whiteouts of a folder", repeated({".wh.d", ""}, "d/own"), count},
  };
  for (const auto& row : rows) {
    SampleImage image;
    image.add_layer(below);
    image.add_layer(row.layer);
    const auto start = std::chrono::steady_clock::now();
    const auto contents = read_contents(image, image.which);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10)) << row.summary;
    ASSERT_TRUE(contents) << row.summary << contents.error().message;
    EXPECT_EQ(contents->files.size(), row.files) << row.summary;
    EXPECT_TRUE(contents->files.contains("d/own0") && !contents->files.contains("d/below0")) << row.summary;
  }
}

TEST(Contents, AHardLinkLeadsToWhatItsLayerHasThenToWhatLiesBelow) {
  const struct {
    const char* summary;
    Members below, layer;
    std::string content;  ///< of `link`; empty: refused
  } rows[] = {
      {"in its layer, over one below", {{"a", "old"}}, {{"a", "new"}, hard_link("link", "a")}, "new"},
      {"below", {{"a", "old"}}, {hard_link("link", "a")}, "old"},
      {"below, and replaced behind it", {{"a", "old"}}, {hard_link("link", "a"), {"a", "new"}}, "old"},
      {"below, and taken away before it", {{"a", "old"}}, {{".wh.a", ""}, hard_link("link", "a")}, ""},
      {"nowhere", {}, {hard_link("link", "a")}, ""},
  };
  for (const auto& row : rows) {
    SampleImage image;
    image.add_layer(row.below);
    image.add_layer(row.layer);
    const auto contents = read_contents(image, image.which);
    ASSERT_EQ(contents.has_value(), !row.content.empty()) << row.summary;
    if (contents) EXPECT_EQ(contents->files.at("link").content, Digest::of(row.content)) << row.summary;
    else EXPECT_NE(contents.error().message.find("cannot read hard link 'link': its target 'a' is not in the image"), std::string::npos) << contents.error().message;
  }
}

TEST(Contents, ManyLayersAreReadAsOneAfterTheOther) {
  SampleImage image;
  for (int layer = 0; layer < 40; ++layer) image.add_layer({{"same", std::to_string(layer)}, {"own" + std::to_string(layer), std::string(static_cast<size_t>(layer) * 1000, 'y')}});
  const auto contents = read_contents(image, image.which);
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->files.size(), 41U);
  EXPECT_EQ(contents->files.at("same").content, Digest::of(std::string_view("39")));
  EXPECT_EQ(contents->files.at("own7").bytes, (Place{7, 1}));
}

TEST(Contents, ALayerWithOtherBytesIsRefused) {
  SampleImage image;
  image.add_layer({{"a", "some content"}});
  image.corrupt_last_layer();
  const auto contents = read_contents(image, image.which);
  ASSERT_FALSE(contents);
  EXPECT_EQ(contents.error().kind, Kind::Corrupt);
  EXPECT_NE(contents.error().message.find("another digest"), std::string::npos) << contents.error().message;
}

}  // namespace
}  // namespace ashlar::inventory
