#include "inventory/reading.h"

#include <gtest/gtest.h>
#include <map>

namespace ashlar::inventory {
namespace {

/// An image whose layers are uncompressed tar archives made in the test.
class TestImage final : public oci::ImageReader {
 public:
  struct Member { std::string path, content; FileType type = FileType::Regular; std::string link{}; };

  void add_layer(const std::vector<Member>& members) {
    Bytes tar;
    for (const Member& member : members) {
      TarEntry entry;
      entry.path = member.path;
      entry.type = member.type;
      entry.mode = 0644;
      entry.size = member.content.size();
      entry.link = member.link;
      append_tar_header(tar, entry);
      tar.insert(tar.end(), member.content.begin(), member.content.end());
      tar.resize(tar.size() + tar_padding(entry.size));
    }
    tar.resize(tar.size() + tar_end_size);
    const Digest digest = Digest::of(tar);
    which.manifest.layers.push_back({std::string(oci::media::layer_tar), digest, tar.size(), {}, {}});
    blobs_[digest] = std::move(tar);
  }
  void corrupt_last_layer() { blobs_[which.manifest.layers.back().digest].at(600) ^= 1; }

  Result<std::string> blob(const Digest& digest, size_t) override { return std::string(as_text(blobs_.at(digest))); }
  Result<std::unique_ptr<Source>> open(const Digest& digest) override { return std::make_unique<MemorySource>(blobs_.at(digest)); }
  oci::Descriptor root() const override { return which.descriptor; }

  oci::PlatformImage which{{}, {"", Digest::of(std::string_view("manifest")), 0, {}, {}}, {"", {"", Digest::of(std::string_view("config")), 0, {}, {}}, {}, {}}, {}};

 private:
  std::map<Digest, Bytes> blobs_;
};

std::vector<std::string> paths(const Contents& contents) {
  std::vector<std::string> out;
  for (const auto& [path, file] : contents.files) out.push_back(path);
  return out;
}

TEST(Contents, LayersTable) {
  using M = TestImage::Member;
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
    TestImage image;
    for (const auto& layer : row.layers) image.add_layer(layer);
    const auto contents = read_contents(image, image.which);
    ASSERT_TRUE(contents) << contents.error().message;
    EXPECT_EQ(paths(*contents), row.expected);
  }
}

TEST(Contents, HardLinksHaveTheContentOfTheirTarget) {
  TestImage image;
  image.add_layer({{"a", "same"}, {"b", "", FileType::HardLink, "a"}});
  const auto contents = read_contents(image, image.which);
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->files.at("b").content, Digest::of(std::string_view("same")));
}

TEST(Contents, ReadsBothFormsOfThePackageDatabase) {
  TestImage image;
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

TEST(Contents, ADatabaseThatAHigherLayerRemovedNamesNoPackages) {
  TestImage image;
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
  std::map<Place, Digest> digests;
  void begin(const TarEntry& entry, Place place) override {
    at_ = place;
    seen[place] = entry.path + "=";
  }
  void more(BytesView bytes) override {
    EXPECT_FALSE(bytes.empty());
    seen[at_] += as_text(bytes);
  }
  void end(const Digest& content) override { digests.insert_or_assign(at_, content); }

 private:
  Place at_;
};

TEST(Contents, OnlookersSeeEachFileOfTheirLayerAndTheFilesSayWhichIsTheirs) {
  TestImage image;
  const std::string large(600'000, 'x');
  image.add_layer({{"a", "old"}, {"b", "", FileType::HardLink, "a"}, {"./c", large}, {"empty", ""}});
  image.add_layer({{"a", "new"}, {"a", "newer"}, {"d", "", FileType::HardLink, "a"}, {"link", "", FileType::Symlink, "a"}});
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
  TestImage image;
  image.add_layer({{"etc/a", "old"}, {"etc/b", "gone"}, {"etc/c", "stays"}, {"etc/d", "a file"}, {"other", "not asked for"}});
  image.add_layer({{"etc/a", "new"}, {"etc/.wh.b", ""}, {"etc/d", "", FileType::Symlink, "a"}});
  const auto contents = read_contents(image, image.which, {.onlooker = {}, .keep = [](std::string_view path) { return path.starts_with("etc/"); }});
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->texts, (std::map<std::string, std::string>{{"etc/a", "new"}, {"etc/c", "stays"}}));
}

TEST(Contents, ManyLayersAreReadAsOneAfterTheOther) {
  TestImage image;
  for (int layer = 0; layer < 40; ++layer) image.add_layer({{"same", std::to_string(layer)}, {"own" + std::to_string(layer), std::string(static_cast<size_t>(layer) * 1000, 'y')}});
  const auto contents = read_contents(image, image.which);
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->files.size(), 41U);
  EXPECT_EQ(contents->files.at("same").content, Digest::of(std::string_view("39")));
  EXPECT_EQ(contents->files.at("own7").bytes, (Place{7, 1}));
}

TEST(Contents, ALayerWithOtherBytesIsRefused) {
  TestImage image;
  image.add_layer({{"a", "some content"}});
  image.corrupt_last_layer();
  const auto contents = read_contents(image, image.which);
  ASSERT_FALSE(contents);
  EXPECT_EQ(contents.error().kind, Kind::Corrupt);
  EXPECT_NE(contents.error().message.find("another digest"), std::string::npos) << contents.error().message;
}

}  // namespace
}  // namespace ashlar::inventory
