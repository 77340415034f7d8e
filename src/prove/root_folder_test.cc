// Unpacking images that mean harm.
#include "prove/inner/root_folder.h"

#include <gtest/gtest.h>

namespace ashlar::prove {
namespace {

inventory::Contents contents_of(const std::vector<TarEntry>& entries) {
  inventory::Contents contents;
  for (const TarEntry& entry : entries) contents.files[entry.path].entry = entry;
  return contents;
}

class NoBlobs final : public oci::ImageReader {
 public:
  Result<std::string> blob(const Digest&, size_t) override { return fail(Kind::NotFound, "none"); }
  Result<std::unique_ptr<Source>> open(const Digest&) override { return fail(Kind::NotFound, "none"); }
  oci::Descriptor root() const override { return {}; }
};

TarEntry symlink(std::string path, std::string to) {
  TarEntry entry{std::move(path), FileType::Symlink, 0777};
  entry.link = std::move(to);
  return entry;
}

TEST(RootFolder, nothing_leads_out_of_it) {
  struct Row {
    const char* summary;
    std::vector<TarEntry> entries;
    const char* error;
  };
  const Row rows[] = {
      {"a climbing path", {{"../x", FileType::Directory}}, "the path leads out of the image"},
      {"a climb in the middle", {{"a/../../x", FileType::Directory}}, "the path leads out of the image"},
      {"an empty part", {{"a//x", FileType::Directory}}, "the path leads out of the image"},
      {"below a symlink", {symlink("a", "/etc"), {"a/x", FileType::Directory}}, "'a' above it is no folder"},
      {"below a file", {{"a", FileType::Fifo}, {"a/b/c", FileType::Directory}}, "'a' above it is no folder"},
  };
  NoBlobs none;
  for (const Row& row : rows) {
    MemorySink sink;
    const Done done = write_root(none, contents_of(row.entries), {}, sink);
    ASSERT_FALSE(done) << row.summary;
    EXPECT_EQ(done.error().kind, Kind::Corrupt) << row.summary;
    EXPECT_NE(done.error().message.find(row.error), std::string::npos) << done.error().message;
  }
}

TEST(RootFolder, holds_folders_first_and_no_set_id_bit_or_device) {
  NoBlobs none;
  MemorySink sink;
  const auto contents = contents_of({{"a", FileType::Directory, 06755}, {"a/null", FileType::CharDevice, 0666}, symlink("a/link", "/etc/passwd"), {"b/c", FileType::Fifo, 04644}});
  ASSERT_TRUE(write_root(none, contents, {"/proc", "/srv/data"}, sink));
  MemorySource source(sink.bytes);
  TarReader reader(source);
  std::string told;
  for (;;) {
    const auto next = reader.next();
    ASSERT_TRUE(next) << next.error().message;
    if (!*next) break;
    told += (*next)->path + ((*next)->type == FileType::Directory ? "/ " : " ");
    EXPECT_EQ((*next)->mode & 06000u, 0u) << (*next)->path;
  }
  EXPECT_EQ(told, "a/ b/ proc/ srv/ srv/data/ a/link b/c ");
}

TEST(RootFolder, symlinks_are_followed_inside_the_image) {
  const auto contents = contents_of({symlink("a", "/b/c"), {"b/c", FileType::Directory}, symlink("b/c/up", "../../../d"), symlink("l1", "l2"), symlink("l2", "l1"), symlink("last", "/etc")});
  EXPECT_EQ(place_in(contents, "/a/x").value(), "/b/c/x");
  EXPECT_EQ(place_in(contents, "/a/up/x").value(), "/d/x") << "'..' ends at the image's root";
  EXPECT_EQ(place_in(contents, "/last").value(), "/last") << "the last name is kept";
  EXPECT_EQ(place_in(contents, "/../../x").value(), "/x");
  EXPECT_FALSE(place_in(contents, "/l1/x"));
}

}  // namespace
}  // namespace ashlar::prove
